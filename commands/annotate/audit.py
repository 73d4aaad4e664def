"""``standfirst annotate audit``: how far suggestions pull coders towards the model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...study.contents import annotations_of, units_of
from ..shared.options import JsonOption, StudyOption, find_study, print_json, print_table, say

if TYPE_CHECKING:
    from ...annotate.suggestions.anchoring import Audit
    from ...intervals import Estimate
    from ...models import Model

__all__ = ["audit"]


def audit(
    model: Annotated[Path, typer.Option(help="The model whose suggestions were shown.")],
    study: StudyOption = None,
    round: Annotated[str | None, typer.Option(help="Only this round.")] = None,
    level: Annotated[float, typer.Option(help="Coverage of intervals.", min=0.5, max=0.999)] = 0.95,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.", min=0)] = 0,
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

    place = find_study(study)
    design = [row for row in read_design(place.design) if round in (None, row.round)]
    if not design:
        raise StudyError(place.design, "no unit is drawn", "draw: standfirst annotate sample 100")
    annotations = annotations_of(place)
    (loaded,) = load_models([model])
    units = {unit["unit_id"]: unit for unit in units_of(place)}
    coded = {row.unit_id for row in annotations} & {row.unit_id for row in design}
    drawn = [units[unit_id] for unit_id in sorted(coded) if unit_id in units]
    suggested = _suggested(loaded, drawn)
    labels = {one.id: one.label_ids for one in loaded.dimensions}
    found = audit(design, annotations, suggested, labels, level=level, seed=seed)
    if json:
        print_json(_as_json(found))
    else:
        _told(found, level)
    if n_known := len(taught_by(loaded, drawn)):
        say(f"note: the model has learned from {n_known} of these units and knows their answers")


def _suggested(
    model: "Model", units: list[dict[str, Any]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    from ...study.suggester import ModelSuggester

    said = ModelSuggester(model, "").suggest(units)
    return {
        (unit["unit_id"], dimension): labels
        for unit, one in zip(units, said, strict=True)
        for dimension, labels in one.labels.items()
    }


def _as_json(found: "Audit") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found)


def _told(found: "Audit", level: float) -> None:
    print("Share of answers that are what the model says")
    print_table(
        ["dimension", "coder", "blind", "assisted", "effect", f"{level:.0%} interval", "kept"],
        [
            [
                one.dimension,
                one.coder or "all",
                f"{one.blind:.1%} of {one.n_blind}",
                f"{one.assisted:.1%} of {one.n_assisted}",
                f"{one.assisted - one.blind:+.1%}",
                _interval(one.difference),
                f"{one.n_kept} of {one.n_kept + one.n_changed} seen",
            ]
            for one in found.effects
        ],
    )
    print("\nShares of the labels")
    print_table(
        ["dimension", "label", "blind", "assisted", "shift", f"{level:.0%} interval"],
        [
            [
                one.dimension,
                one.label,
                f"{one.blind:.1%}",
                f"{one.assisted:.1%}",
                f"{one.assisted - one.blind:+.1%}",
                _interval(one.difference),
            ]
            for one in found.shifts
        ],
    )
    if found.seconds_blind is not None and found.seconds_assisted is not None:
        blind, assisted = found.seconds_blind, found.seconds_assisted
        print(f"\nmedian time a unit: {blind:.1f} s blind, {assisted:.1f} s assisted")
    say(f"intervals resample {found.n_articles} articles")
    if found.n_not_shown:
        say(f"{found.n_not_shown} answers were to be assisted and had no suggestion in view")
    if found.n_exposed:
        say(f"warning: {found.n_exposed} answers were to be blind and had a suggestion in view")


def _interval(one: "Estimate") -> str:
    if one.low is None or one.high is None:
        return "too few articles"
    return f"{one.low:+.1%} to {one.high:+.1%}"
