"""What ``standfirst distil --cascade`` writes and prints: the students, and what they are worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..shared.options import print_json
from .score_tables import interval_text
from .tag_report import promise_lines

if TYPE_CHECKING:
    from ...models import TrainingSet
    from ...models.cascade.promise import HeldOut
    from ...models.training.teach_cascade import Taught

__all__ = ["report_cascade", "write_cascade"]

_RATES = (0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
"""Rates that are shown beside the one that was asked for."""


def write_cascade(taught: "Taught", model: Path, target: Path) -> None:
    """Write students into the folder of their teacher, or into a copy of it."""
    from ...models.cascade.folder import copy_model, save_cascade

    if not (target.exists() and target.samefile(model)):
        copy_model(model, target)
    save_cascade(target, taught.students, taught.held, taught.n_pool)


def report_cascade(
    target: Path,
    rate: float,
    held: "HeldOut",
    gold: "TrainingSet | None",
    *,
    seed: int,
    as_json: bool,
) -> None:
    """Say what a cascade is worth: at a rate, at others, and on gold.

    Parameters
    ----------
    target
        The folder of the teacher.
    rate
        What was asked for.
    held
        What students and teacher said on held-out texts.
    gold
        Labelled rows, where there are any.
    seed
        Of the bootstrap.
    as_json
        Print JSON.
    """
    from ...models import evaluate
    from ...models.cascade.folder import describe_cascade, load_cascade
    from ...models.cascade.promise import choose_level, most_assured
    from ...models.model import Model

    students = describe_cascade(target, rate)
    others = {
        other: choose_level(held, other).sent_on
        for other in _RATES
        if other != rate and most_assured(held.articles) >= other
    }
    scores: dict[str, Any] = {}
    if gold is not None:
        alone = evaluate(Model.load(target), gold, seed=seed)
        together = evaluate(load_cascade(target, rate), gold, seed=seed)
        scores = {name: (alone.scores[name], together.scores[name]) for name in alone.scores}
    if as_json:
        facts = {"model": str(target), **students.as_json(), "sent_on_at": others}
        facts["dimensions"] = {
            name: {"teacher": teacher.as_json(), "cascade": cascade.as_json()}
            for name, (teacher, cascade) in scores.items()
        }
        print_json(facts)
        return
    lines = promise_lines(students)
    shown = ", ".join(f"{share:.1%} at {other:g}" for other, share in others.items())
    lines.append(f"sent on to the model at other rates: {shown}")
    for name, (teacher, cascade) in scores.items():
        pair = f"model {interval_text(teacher)}, cascade {interval_text(cascade)}"
        lines.append(f"{name}: macro-F1 on gold ({teacher.n} rows): {pair}")
    print("\n".join(lines))
    print(
        f"\nstudents written to {target / 'cascade'}; use them: standfirst tag {target} ... ",
        end="",
    )
    print(f"--cascade {rate:g}")
