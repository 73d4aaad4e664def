"""The leak guard: no model that has learned from the test part may lead what is drawn or scored."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import LeakError

if TYPE_CHECKING:
    from ..annotate.design.plan import Drawn
    from ..models import Model

__all__ = ["refuse_taught", "taught_by"]

Units = Sequence[Mapping[str, Any]]


def refuse_taught(
    models: "Sequence[Model]", names: Sequence[str], units: Units, design: "Sequence[Drawn]"
) -> None:
    """Refuse models that have learned from the test part: what they say would lead draws to it.

    Raises
    ------
    LeakError
        A model has learned from a text that is in the test part and nowhere else.
    """
    from ..annotate.design.test_part import closed_units

    shut = closed_units(units, design)
    test = {row.unit_id for row in design if row.part == "test"}
    for model, name in zip(models, names, strict=True):
        taught = taught_by(model, units)
        texts = {unit["unit_id"]: unit["text"] for unit in units if unit["unit_id"] in taught}
        elsewhere = {text for unit_id, text in texts.items() if unit_id not in shut}
        known = [unit_id for unit_id in taught & test if texts[unit_id] not in elsewhere]
        if known:
            problem = f"has learned from {len(known)} units of the test part"
            raise LeakError(name, problem, "train it in the study: standfirst train")


def taught_by(model: "Model", units: Units) -> set[str]:
    """Return the ids of the units whose text a model has learned from."""
    from ..models.labelled.same_text import hash_texts

    hashes = hash_texts(str(unit["text"]) for unit in units).tolist()
    known = set(model.trained_on.tolist())
    return {str(u["unit_id"]) for u, text in zip(units, hashes, strict=True) if text in known}
