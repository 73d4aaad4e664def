"""``standfirst annotate audit``: how far suggestions pull coders towards the model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...study.contents import annotations_of, units_of
from ..shared import completion
from ..shared.next_step import say_next
from ..shared.options import (
    JsonOption,
    StudyOption,
    check_round,
    find_study,
    print_json,
    print_table,
    say,
)

if TYPE_CHECKING:
    from ...annotate.suggestions.anchoring import Audit
    from ...intervals import Estimate
    from ...models import Model

__all__ = ["audit"]


def audit(
    model: Annotated[
        Path,
        typer.Option(
            help="The model whose suggestions were shown.", autocompletion=completion.models
        ),
    ],
    study: StudyOption = None,
    round: Annotated[
        str | None, typer.Option(help="Only this round.", autocompletion=completion.rounds)
    ] = None,
    level: Annotated[float, typer.Option(help="Coverage of intervals.", min=0.5, max=0.999)] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.", min=0)] = 0,
    json: JsonOption = False,
) -> None:
    """Compare blind and assisted answers: how much more often coders agree with what they see.

    Draw a round with --assist 0.5 and push it with --model: chance then decides on which units
    each coder sees suggestions.

    Example: standfirst annotate audit --model models/deals
    """
    from ...annotate.design.plan import read_design
    from ...annotate.suggestions.anchoring import audit
    from ...errors import StudyError
    from ...study.leaks import taught_by
    from ...study.unit_scores import load_models

    folder = find_study(study)
    plan = read_design(folder.design)
    check_round(round, (row.round for row in plan))
    design = [row for row in plan if round in (None, row.round)]
    if not design:
        raise StudyError(folder.design, "no unit is drawn", "draw: standfirst annotate sample 100")
    annotations = annotations_of(folder)
    (loaded,) = load_models([model])
    units = {unit["unit_id"]: unit for unit in units_of(folder)}
    coded = {row.unit_id for row in annotations} & {row.unit_id for row in design}
    drawn = [units[unit_id] for unit_id in sorted(coded) if unit_id in units]
    suggested = _suggested(loaded, drawn)
    labels = {dimension.id: dimension.label_ids for dimension in loaded.dimensions}
    result = audit(design, annotations, suggested, labels, level=level, seed=seed)
    if json:
        print_json(_as_json(result))
    else:
        _print(result, level)
    if n_known := len(taught_by(loaded, drawn)):
        say(f"note: the model has learned from {n_known} of these units, and knows their answers")
    say_next(folder, "annotate audit", quiet=json)


def _suggested(
    model: "Model", units: list[dict[str, Any]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    from ...study.suggester import ModelSuggester

    suggestions = ModelSuggester(model, "").suggest(units)
    return {
        (unit["unit_id"], dimension): labels
        for unit, suggestion in zip(units, suggestions, strict=True)
        for dimension, labels in suggestion.labels.items()
    }


def _as_json(result: "Audit") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(result)


def _print(result: "Audit", level: float) -> None:
    print("Share of answers that are what the model says")
    print_table(
        ["dimension", "coder", "blind", "assisted", "effect", f"{level:.0%} interval", "kept"],
        [
            [
                effect.dimension,
                effect.coder or "all",
                f"{effect.blind:.1%} of {effect.n_blind}",
                f"{effect.assisted:.1%} of {effect.n_assisted}",
                f"{effect.assisted - effect.blind:+.1%}",
                _interval(effect.difference),
                f"{effect.n_kept} of {effect.n_kept + effect.n_changed} seen",
            ]
            for effect in result.effects
        ],
    )
    print("\nShares of the labels")
    print_table(
        ["dimension", "label", "blind", "assisted", "shift", f"{level:.0%} interval"],
        [
            [
                shift.dimension,
                shift.label,
                f"{shift.blind:.1%}",
                f"{shift.assisted:.1%}",
                f"{shift.assisted - shift.blind:+.1%}",
                _interval(shift.difference),
            ]
            for shift in result.shifts
        ],
    )
    if result.seconds_blind is not None and result.seconds_assisted is not None:
        blind, assisted = result.seconds_blind, result.seconds_assisted
        print(f"\nmedian time a unit: {blind:.1f} s blind, {assisted:.1f} s assisted")
    say(f"intervals resample {result.n_articles} articles")
    if result.n_not_shown:
        say(f"{result.n_not_shown} answers were to be assisted and had no suggestion in view")
    if result.n_exposed:
        say(f"warning: {result.n_exposed} answers were to be blind and had a suggestion in view")


def _interval(difference: "Estimate") -> str:
    if difference.low is None or difference.high is None:
        return "too few articles"
    return f"{difference.low:+.1%} to {difference.high:+.1%}"
