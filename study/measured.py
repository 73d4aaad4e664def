"""What a study's tags and gold give together: all that its report measures."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StandfirstError
from ..labels import resolve
from ..measure.checks.coder_comparison import CoderComparison
from ..measure.checks.coders import compare_coders
from ..measure.checks.quality import CodedUnits, DimensionQuality, quality
from ..measure.checks.sensitivity import Variant, variants
from ..measure.estimates.effects import Trend
from ..measure.estimates.results import Shares
from ..measure.inputs.tagged import Tags
from ..measure.inputs.usable_gold import usable_gold
from ..measure.regressions.coefficients import Regression
from ..measure.regressions.corrected_regression import regression
from ..measure.regressions.formula import parse_formula
from ..measure.regressions.trends import trends
from .files import StudyFiles
from .inputs import Inputs, inputs_of, usable_answers

__all__ = ["Measured", "explain", "measure"]

_MOST_CELLS = 60
_SPEAKER = "speaker"
"""Id of the dimension that says who speaks, in the ready codebooks."""
_RULES = ("majority", "dawid-skene")


@dataclass(frozen=True, slots=True)
class Measured:
    """What tags and gold give together; empty where there are none."""

    inputs: Inputs | None = None
    """The tags of the corpus, and the gold that corrects them."""
    shares: Shares | None = None
    """Of the whole corpus."""
    cells: Mapping[str, Shares] = field(default_factory=dict)
    """By ``month`` and by ``outlet``."""
    trends: Sequence[Trend] = ()
    """The rise of each share in a month."""
    quality: Sequence[DimensionQuality] = ()
    """How good the tags are on coded units."""
    coders: CoderComparison | None = None
    """The model beside each coder."""
    variants: Sequence[Variant] = ()
    """The shares under other choices."""
    paths: Sequence[Path] = ()
    """The files of tags, and the manifests of models, that were read."""

    @property
    def tags(self) -> Tags | None:
        """The tags of the corpus."""
        return None if self.inputs is None else self.inputs.tags

    @property
    def model(self) -> Path | None:
        """The model that wrote them."""
        return None if self.inputs is None else self.inputs.model


def measure(
    files: StudyFiles,
    path: Path | None,
    *,
    columns: Sequence[str] = (),
    beside: Sequence[Path] = (),
) -> Measured:
    """Measure all that a report says.

    Parameters
    ----------
    files
        The study's files.
    path
        The tags of its corpus; found in the study if None.
    columns
        Further columns of the tags to read where they are there.
    beside
        Tags of the same units by other models.

    Raises
    ------
    StandfirstError
        As `inputs.inputs_of`, and as `measure.shares`.
    """
    given = inputs_of(files.study, path, columns=columns, files=files)
    whole = given.shares()
    resolved = {"as reported": given.gold}
    for rule in _RULES:
        with suppress(StandfirstError):
            answers = resolve(files.annotations, files.codebook, rule=rule)
            resolved[f"gold by {rule}"] = usable_answers(files, answers)
    others = {
        _name_of(other): other
        for other in (inputs_of(files.study, tags, files=files) for tags in beside)
    }
    tagged = [given, *others.values()]
    return Measured(
        given,
        replace(whole, notes=(*given.notes, *whole.notes)),
        dict(_cells(given, files.units)),
        _trends(given),
        list(_quality(given, files.units)),
        _coders(files, given),
        variants(
            given.tags,
            resolved,
            given.design if isinstance(given.design, Sequence) else (),
            learned=given.learned,
            others={name: (other.tags, other.learned) for name, other in others.items()},
        ),
        [
            *(Path(inputs.tags.where) for inputs in tagged),
            *(inputs.model / "manifest.json" for inputs in tagged if inputs.model is not None),
        ],
    )


def explain(given: Inputs, formula: str) -> Regression:
    """Explain a label by columns, as `measure regression` does."""
    ties = given.columns(["article_id", "cluster"])
    return regression(
        formula,
        given.tags,
        given.gold,
        given.design,
        given.columns([*parse_formula(formula).columns, "published"]),
        clusters=list(ties.values()),
        learned=given.learned,
    )


def _name_of(other: Inputs) -> str:
    if other.model is None:
        return f"tags {Path(other.tags.where).stem}"
    manifest = json.loads((other.model / "manifest.json").read_bytes())
    return f"model {other.model.name} ({manifest['encoder']['name']})"


def _cells(given: Inputs, units: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Shares]]:
    """Measure by month and outlet; outlets are compared with the largest."""
    outlets = Counter(str(unit["outlet"]) for unit in units if unit["outlet"])
    for name in ("month", "outlet"):
        by = given.cells([name])
        if not 1 < len(by.unique()) <= _MOST_CELLS:
            continue
        against = outlets.most_common(1)[0][0] if name == "outlet" and outlets else None
        if against is not None:
            try:
                yield name, given.shares(by=by, by_names=[name], compare=True, against=against)
            except StandfirstError:
                # The largest outlet is not corrected; the cells can be shown all the same.
                pass
            else:
                continue
        yield name, given.shares(by=by, by_names=[name])


def _trends(given: Inputs) -> Sequence[Trend]:
    known = given.columns(["published", "article_id", "cluster"])
    try:
        rises, _ = trends(
            given.tags,
            given.gold,
            given.design,
            known.pop("published"),
            clusters=list(known.values()),
            learned=given.learned,
        )
    except (KeyError, StandfirstError):
        return ()
    return rises


def _coders(files: StudyFiles, given: Inputs) -> CoderComparison | None:
    try:
        return compare_coders(files.annotations, files.codebook, given.tags, learned=given.learned)
    except StandfirstError:
        # It takes three coders with thirty units each.
        return None


def _quality(given: Inputs, units: Sequence[Mapping[str, Any]]) -> Iterator[DimensionQuality]:
    """Score the tags on the gold that shares are corrected by."""
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in given.gold:
        answers.setdefault(row.dimension, {})[row.unit_id] = row.labels
    about = {str(unit["unit_id"]): unit for unit in units}
    tags = given.tags
    for name, tagged in tags.dimensions.items():
        if name not in answers:
            continue
        usable = usable_gold(tags, tagged, answers[name], given.design, given.learned)
        rows = usable.sample.index
        there = [about[unit] for unit in tags.unit_ids.take(rows).to_pylist()]
        coded = CodedUnits(
            name,
            tagged.labels,
            tagged.multiple,
            usable.truth,
            tagged.judged[rows],
            tagged.probabilities[rows].astype(np.float64),
            usable.sample.weight,
            tuple(str(unit["article_id"]) for unit in there),
        )
        kinds = {
            "outlet": [str(unit["outlet"] or "not known") for unit in there],
            "month": [str(unit["published"] or "")[:7] or "not known" for unit in there],
            "length": [_length(str(unit["text"])) for unit in there],
            **_speakers(name, [str(unit["unit_id"]) for unit in there], answers),
        }
        yield quality(coded, kinds)


def _speakers(
    dimension: str,
    unit_ids: Sequence[str],
    answers: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> dict[str, list[str]]:
    """Give who speaks in each unit, where a question of the codebook asks it."""
    said = answers.get(_SPEAKER)
    if said is None or dimension == _SPEAKER:
        return {}
    return {_SPEAKER: [" + ".join(said.get(unit, ())) or "not known" for unit in unit_ids]}


def _length(text: str) -> str:
    n = len(text.split())
    return "1 to 12 words" if n <= 12 else "13 to 25 words" if n <= 25 else "26 words or more"
