"""What a report says, as plain values: the page is made of these and of nothing else.

A part that a study has nothing for is missing, with the reason and the command that would give it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...intervals import Estimate
from ...labels.codebook.codebook import Codebook
from ...labels.reliability.agreement import Agreement
from ...labels.reliability.disagreements import Clash
from ...labels.reliability.report import agreement_as_json
from ..checks.coder_comparison import CoderComparison
from ..checks.quality import DimensionQuality
from ..checks.sensitivity import Variant
from ..estimates.effects import Trend
from ..estimates.results import Shares
from ..regressions.coefficients import Regression

__all__ = [
    "Article",
    "Asked",
    "Coding",
    "Contents",
    "Corpus",
    "Light",
    "Missing",
    "Model",
    "Round",
    "Sentence",
    "Verdict",
]


Verdict = Literal["yes", "partly", "no", "not known"]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was measured in."""

    n_articles: int
    n_units: int
    unit: str
    """What articles were cut into, such as ``sentence``."""
    outlets: tuple[tuple[str, int], ...]
    """The largest outlets and their number of articles."""
    n_outlets: int
    """All of them."""
    first: str
    """Date of the oldest article; empty where no date is known."""
    last: str
    """Date of the newest."""
    languages: tuple[str, ...]
    n_left_out: int = 0
    """Articles that were added and are not measured: in other languages, or copies of others."""


@dataclass(frozen=True, slots=True)
class Round:
    """One draw of units."""

    name: str
    part: str
    """``test`` or ``coding``."""
    rule: str
    n_drawn: int
    n_pool: int
    """Units that it could draw from."""
    n_strata: int
    seed: int
    mix: float | None


@dataclass(frozen=True, slots=True)
class Coding:
    """Who answered what."""

    n_units: int
    """Units with an answer."""
    n_twice: int
    """Units that two or more coders answered."""
    n_coders: int
    n_suggested: int
    """Units that somebody answered with a model's suggestion in view."""
    n_answers: int
    """Pairs of a unit and a question that somebody answered."""
    gold: Mapping[str, int]
    """Id of each dimension to the number of its resolved answers."""
    rules: Mapping[str, int]
    """How answers were resolved, and how many."""


@dataclass(frozen=True, slots=True)
class Model:
    """What tagged the corpus."""

    name: str
    version: str
    encoder: str
    n_rows: int
    n_groups: int
    grouped_by: str
    n_folds: int
    seed: int
    scores: Mapping[str, Mapping[str, Any]]
    """Held-out scores as training measured them, by dimension."""
    versions: Mapping[str, str]
    """Of what computed."""


@dataclass(frozen=True, slots=True)
class Light:
    """A question that decides whether the page may be believed, and its answer."""

    question: str
    answer: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for beyond the study itself; files are named as they lie in it."""

    tags: str = ""
    """The tags that were named; empty where they were found."""
    beside: tuple[str, ...] = ()
    """Tags by other models."""
    formulas: tuple[str, ...] = ()
    """Of regressions."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a section is not there."""

    reason: str
    command: str = ""
    """What would give it."""

    @classmethod
    def of(cls, error: Exception, root: Path) -> "Missing":
        """Take what a refusal says: the reason, and behind the semicolon what to do.

        Files are named as they lie in the study, since the page travels without the folder `root`.
        """
        said = str(error).replace(f"{root}/", "").removeprefix(f"{root}: ")
        reason, _, command = said.partition("; ")
        return cls(reason, command)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit of an article."""

    unit_id: str
    start: int
    """First character in the article's text."""
    end: int
    """The one behind the last."""
    tags: Mapping[str, tuple[str, ...]]
    """Id of the dimension to the labels that the model gave."""
    sure: Mapping[str, float]
    """Probability of the answer, 0 to 1, by dimension."""
    gold: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What people said, by dimension."""
    words: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    """The words that speak most for the answer, with their effects on its log-odds."""
    alike: tuple[str, ...] = ()
    """Ids of the coded units that are most like it, where no words are given."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article to read."""

    id: str
    title: str
    outlet: str
    published: str
    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a report says."""

    title: str
    codebook: Codebook
    corpus: Corpus
    rounds: tuple[Round, ...] = ()
    coding: Coding | None = None
    agreement: tuple[Agreement, ...] = ()
    clashes: tuple[Clash, ...] = ()
    model: Model | None = None
    shares: Shares | None = None
    cells: Mapping[str, Shares] = field(default_factory=dict)
    """Shares by ``month`` and by ``outlet``."""
    trends: tuple[Trend, ...] = ()
    """Rise of each share in a month."""
    regressions: tuple[Regression, ...] = ()
    """Those that were asked for."""
    quality: tuple[DimensionQuality, ...] = ()
    coders: CoderComparison | None = None
    """The model beside each coder; None where fewer than three coded the same units."""
    variants: tuple[Variant, ...] = ()
    lights: tuple[Light, ...] = ()
    articles: tuple[Article, ...] = ()
    n_unread: int = 0
    """Articles that are left out of the page, to keep it small."""
    missing: Mapping[str, Missing] = field(default_factory=dict)
    """Id of a section to why it is not there."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files of the study that everything was computed from, with their SHA-256."""
    version: str = ""
    """Of Standfirst."""
    asked: Asked = Asked()

    def numbers(self) -> dict[str, Any]:
        """Give every number of the page, as ``measure ... --json`` gives them where it does."""
        return {
            "asked": asdict(self.asked),
            "corpus": asdict(self.corpus),
            "rounds": [asdict(drawn) for drawn in self.rounds],
            "coding": None if self.coding is None else asdict(self.coding),
            "agreement": agreement_as_json(self.agreement)["dimensions"],
            "shares": None if self.shares is None else self.shares.as_json(),
            "cells": {name: made.as_json().get("groups", {}) for name, made in self.cells.items()},
            "differences": [
                gap.as_json() for made in self.cells.values() for gap in made.differences
            ],
            "trends": [trend.as_json() for trend in self.trends],
            "regressions": [regression.as_json() for regression in self.regressions],
            "quality": {quality.dimension: asdict(quality) for quality in self.quality},
            "coders": None if self.coders is None else self.coders.as_json()["dimensions"],
            "variants": [_variant(variant) for variant in self.variants],
            "model": None if self.model is None else asdict(self.model),
            "lights": [asdict(light) for light in self.lights],
        }


def _variant(variant: Variant) -> dict[str, Any]:
    labels = {label: made.as_json() for label, made in variant.labels.items()}
    return {"dimension": variant.dimension, "name": variant.name, "labels": labels}


def as_text(estimate: Estimate, *, share: bool = True) -> str:
    """Write a number with its interval, as a share or as a coefficient.

    Examples
    --------
    >>> as_text(Estimate(0.5, 0.4, 0.6)), as_text(Estimate(None))
    ('50.0 % [40.0, 60.0]', '-')
    """
    if estimate.value is None:
        return "-"
    if not share:
        return str(estimate)
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:.1f} %"
    ends = f"[{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
    return f"{100 * estimate.value:.1f} % {ends}"


def name_of(codebook: Codebook, dimension: str, labels: Sequence[str]) -> str:
    """Write labels by the names that coders read.

    Labels that the codebook does not have stay as they are.
    """
    known = {
        label.id: label.name for d in codebook.dimensions if d.id == dimension for label in d.labels
    }
    return " + ".join(known.get(label, label) for label in labels) or "none"
