"""What a score does not show, or shows not to hold, in plain sentences.

`train`, `evaluate` and `compare` print the same ones, because a number is read the same way
wherever it comes from: as skill, and as what the labels promise.
"""

from ..heads.decision import Goal
from ..scores import NOISE, LabelScore, Score, assured_share

__all__ = ["find_cautions"]

_FEW = 20
_FEW_ROWS = 100


def find_cautions(score: Score, goal: Goal) -> tuple[str, ...]:
    """Return what the reader of a score should know, a sentence each.

    Parameters
    ----------
    score
        Of rows that the model has not seen.
    goal
        What its labels should be good at.
    """
    cautions = []
    least = max(score.baseline, score.chance)
    if score.low <= least + NOISE:
        cautions.append(
            f"no better than chance, as far as {score.n} rows tell: the interval reaches down to "
            f"{least:.3f}, which needs no reading"
        )
    if goal.kind != "macro-f1":
        cautions += _on_promise(score, goal)
    return (*cautions, *_on_size(score))


def _on_size(score: Score) -> list[str]:
    """Say where the rows are too few for the score and its interval."""
    notes = []
    rare = [f"{n} ({one.support})" for n, one in score.labels.items() if 0 < one.support < _FEW]
    if rare:
        notes.append(
            f"few rows have {', '.join(rare)}: their scores are rough, and the interval may be too "
            "narrow"
        )
    if score.n < _FEW_ROWS:
        notes.append(f"{score.n} rows are few; take the scores as rough")
    elif score.n_groups < _FEW:
        notes.append(f"the interval rests on {score.n_groups} groups; take it as rough")
    return notes


def _on_promise(score: Score, goal: Goal) -> list[str]:
    """Say where a goal is not kept on these rows, and where they are too few to tell."""
    missed, unsure, never = [], [], []
    for name, label in score.labels.items():
        hits, n = _trials(label, goal)
        if not label.support:
            continue
        if not n:
            never.append(name)
        elif hits < (goal.value - NOISE) * n:
            missed.append(f"{name} {hits / n:.2f}")
        elif assured_share(hits, n) < goal.value - NOISE:
            unsure.append(f"{name} ({hits} of {n})")
    cautions = []
    if missed:
        cautions.append(
            f"{goal} is not kept on these rows: {', '.join(missed)}; ask for more, or label more "
            "rows"
        )
    if unsure:
        cautions.append(
            f"too few rows to tell whether {goal} is kept: {', '.join(unsure)}; it may be missed "
            "on others"
        )
    if never:
        cautions.append(f"never given, for the sake of {goal}: {', '.join(never)}")
    return cautions


def _trials(label: LabelScore, goal: Goal) -> tuple[int, int]:
    """Return the successes of a promise, and how often it was put to the test."""
    hits = round(label.recall * label.support)
    if goal.kind == "recall":
        return hits, label.support
    return hits, label.n_given
