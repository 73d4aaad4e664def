"""A plan as it is handed out: how many labels for which share, agreement and score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..estimates.results import DimensionShares, Shares, Tidy, columns
from ..inputs.tagged import Tags
from .planning import (
    POSITIVES,
    RARE,
    agreement_units,
    curve_units,
    implied_variance,
    labels_at_random,
    labels_by_score,
)

if TYPE_CHECKING:
    from ...labels import Agreement

__all__ = [
    "Plan",
    "Requirement",
    "plan_agreement",
    "plan_new_agreement",
    "plan_score",
    "plan_share",
    "plan_shares",
    "unknown_score",
]

Floats = NDArray[np.float64]

_WAYS = {
    "gold alone": "drawn at random, without a model",
    "random": "drawn at random, corrected by the model",
    "precise": "drawn by --rule precise, corrected by the model",
    "two coders": "units that two coders both code",
    "training": "labels to train on",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many labels one goal takes in one way of drawing them."""

    what: str
    """`share`, `agreement` or `macro-F1`."""
    of: str
    """Dimension, or ``DIMENSION=LABEL``."""
    goal: float
    """The half-width, the lower bound of alpha, or macro-F1, between 0 and 1."""
    way: str
    """How labels are drawn or used: `gold alone`, `random`, `precise`, `two coders`, `training`."""
    n_labels: int | None
    """How many in all; None where it cannot be reached or told."""
    n_reckoned: int | None = None
    """How many to reckon with, where the number stands on a promise that is too good, or the far
    end of a range."""
    at_best: bool = False
    """Whether the number is such a promise."""
    basis: str = ""
    """What the number rests on."""

    def __str__(self) -> str:
        if self.n_labels is None:
            return "cannot be told" if self.what == "macro-F1" else "cannot be reached"
        if self.at_best:
            return f"at best {self.n_labels:,}, reckon with {self.n_reckoned:,}"
        if self.n_reckoned is not None and self.n_reckoned != self.n_labels:
            return f"{self.n_labels:,} to {self.n_reckoned:,}"
        return f"{self.n_labels:,}" + (" or more" if self.n_reckoned is None else "")


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Tidy):
    """How many labels a study takes.

    Examples
    --------
    >>> from standfirst.measure import Plan, plan_share
    >>> Plan((plan_share(0.5, 0.05),)).requirements[0].n_labels
    385
    """

    requirements: tuple[Requirement, ...]
    """One for each goal and way."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""

    def __repr__(self) -> str:
        rows = [["what", "of", "goal", "labels", "how", "rests on"]]
        for requirement in self.requirements:
            goal = f"{requirement.goal:.3g}"
            if requirement.what == "share":
                goal = f"half-width {100 * requirement.goal:.3g} %"
            rows.append(
                [
                    requirement.what,
                    requirement.of,
                    goal,
                    str(requirement),
                    _WAYS[requirement.way],
                    requirement.basis,
                ]
            )
        return "\n".join([*columns(rows, indent=""), *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        made: str = self.to_pandas().to_html(index=False)
        return made

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {"requirements": list(self.rows()), "notes": list(self.notes)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: one row for each goal and way."""
        yield from (asdict(requirement) for requirement in self.requirements)


def plan_share(
    share: float,
    half_width: float,
    n_units: int | None = None,
    *,
    of: str = "",
    level: float = 0.95,
) -> Requirement:
    """Plan for a share of which nothing is known but how large it may be.

    Parameters
    ----------
    share
        What is expected, between 0 and 1; 0.5 takes most.
    half_width
        Half the width of the interval, between 0 and 1.
    n_units
        Size of the corpus; None where it is large.
    of
        What it is the share of, for the table.
    level
        Coverage of the interval.

    Examples
    --------
    >>> plan_share(0.5, 0.05).n_labels
    385
    """
    n = labels_at_random(share * (1 - share), half_width, n_units, level=level)
    basis = f"an expected share of {share:.3g}"
    return Requirement("share", of, half_width, "gold alone", n, n, basis=basis)


def plan_shares(
    tags: Tags, half_width: float, *, measured: Shares | None = None, level: float = 0.95
) -> list[Requirement]:
    r"""Plan for the shares of all labels that a corpus was tagged with.

    Parameters
    ----------
    tags
        The tags of all units.
    half_width
        Half the width of the intervals, between 0 and 1.
    measured
        The shares by the gold that there is; None before anything was coded.
    level
        Coverage of the intervals.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.measure import plan_shares, read_tags
    >>> rows = [
    ...     f'{{"unit_id": "u{i}", "stance": "for", "stance_prob": [0.75, 0.25]}}\n'
    ...     for i in range(400)
    ... ]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text("".join(rows))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> [(row.of, row.way) for row in plan_shares(tags, 0.05)][:2]
    [('stance=for', 'gold alone'), ('stance=for', 'random')]
    """
    known: Mapping[str, DimensionShares] = (
        {shares.dimension: shares for shares in measured.dimensions} if measured else {}
    )
    made: list[Requirement] = []
    for dimension in tags.dimensions.values():
        for k, label in enumerate(dimension.labels):
            p = dimension.probabilities[:, k].astype(np.float64)
            made += _of_label(
                f"{dimension.name}={label}",
                p,
                half_width,
                gold=known.get(dimension.name),
                k=k,
                level=level,
            )
    return made


def plan_agreement(agreement: "Agreement", lower: float) -> Requirement:
    """Plan for the lower bound of alpha by a pilot: its interval narrows as units come in.

    Parameters
    ----------
    agreement
        What was measured on the units that two or more people have coded.
    lower
        Where the interval may begin, between -1 and 1.

    Examples
    --------
    >>> from standfirst.labels import Annotation, agreement, infer_from_annotations
    >>> from standfirst.measure import plan_agreement
    >>> coded = {"ann": "AABBABABAABB", "bo": "AABBABABAABA"}
    >>> rows = [
    ...     Annotation(f"u{i}", who, "tone", (label,), article_id=f"a{i}")
    ...     for who, all in coded.items()
    ...     for i, label in enumerate(all)
    ... ]
    >>> (tone,) = agreement(rows, infer_from_annotations(rows))
    >>> plan_agreement(tone, 0.6).way
    'two coders'
    """
    alpha, n = agreement.alpha, agreement.n_units
    basis = f"{n} units that two or more have coded"
    if alpha.value is None or alpha.low is None or alpha.value <= lower or n < 2:
        return Requirement("agreement", agreement.dimension, lower, "two coders", None, basis=basis)
    wider = (alpha.value - alpha.low) / (alpha.value - lower)
    needed = max(2, int(np.ceil(n * wider**2)))
    return Requirement(
        "agreement", agreement.dimension, lower, "two coders", needed, needed, basis=basis
    )


def plan_new_agreement(
    alpha: float, lower: float, share: float, *, level: float = 0.95
) -> Requirement:
    """Plan for alpha's lower bound before anything was coded; see `planning.agreement_units`."""
    n = agreement_units(alpha, lower, share, level=level)
    basis = f"an expected alpha of {alpha:.3g} and a label on {share:.3g} of the units"
    return Requirement("agreement", "", lower, "two coders", n, n, basis=basis)


def plan_score(dimension: str, points: Sequence[tuple[int, float]], goal: float) -> Requirement:
    """Plan for a held-out macro-F1 by a learning curve.

    Parameters
    ----------
    dimension
        Id of the dimension.
    points
        Number of labels and macro-F1, several a size.
    goal
        The macro-F1 that is wanted, between 0 and 1.

    Examples
    --------
    >>> from standfirst.measure import plan_score
    >>> points = [(100, 0.50), (200, 0.58), (400, 0.64), (800, 0.68)]
    >>> plan_score("stance", points, 0.7).what
    'macro-F1'
    """
    early, late = curve_units(points, goal)
    most = max(n for n, _ in points)
    basis = f"a learning curve up to {most} labels, read to {2 * most}"
    return Requirement("macro-F1", dimension, goal, "training", early, late, basis=basis)


def unknown_score(dimension: str, goal: float, n_labels: int) -> Requirement:
    """Say that a score cannot be planned for yet."""
    basis = f"{n_labels} labels, too few for a curve"
    return Requirement("macro-F1", dimension, goal, "training", None, basis=basis)


def _of_label(
    of: str, p: Floats, half_width: float, *, gold: DimensionShares | None, k: int, level: float
) -> Iterator[Requirement]:
    doubt, n_units = p * (1 - p), len(p)
    variance, share, worse = float(doubt.mean()), float(p.mean()), 1.0
    basis, promised = "the model's probabilities", True
    estimate = None if gold is None else gold.labels[k].corrected
    if gold is not None and estimate is not None:
        shown = implied_variance(estimate, gold.n_gold, n_units, level=level)
        worse = max(1.0, shown / max(variance, 1e-12))
        variance, share = shown, estimate.share
        basis = f"{gold.n_gold} coded units"
        promised = share * gold.n_gold < POSITIVES
    best = promised and share < RARE
    alone = labels_at_random(share * (1 - share), half_width, n_units, level=level)
    yield Requirement("share", of, half_width, "gold alone", alone, alone, basis=basis)
    for way, n in (
        ("random", labels_at_random(variance, half_width, n_units, level=level)),
        ("precise", labels_by_score(worse * doubt, half_width, level=level)),
    ):
        reckoned = min(n_units, -(-3 * n // 2)) if best else n
        yield Requirement("share", of, half_width, way, n, reckoned, at_best=best, basis=basis)
