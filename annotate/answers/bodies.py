"""The parts of Label Studio's JSON that are read, and their types.

Everything else in a body is ignored. What Label Studio sends to a model's backend is here, too;
people's answers, which it sends along with every task, are ignored there.
"""

import math
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "AnswerBody",
    "PersonBody",
    "PredictBody",
    "RegionBody",
    "Seconds",
    "SetupBody",
    "SuggestedBody",
    "TaskBody",
    "WebhookBody",
]


def _seconds(value: Any) -> Any:
    odd = isinstance(value, float) and not (math.isfinite(value) and value >= 0)
    return None if odd else value


Seconds = Annotated[float | None, BeforeValidator(_seconds)]
"""A time; NaN and the like count as unknown, and the answer is kept."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class PersonBody(_Body):
    """Who answered."""

    id: int | None = None
    email: str | None = None


class RegionBody(_Body):
    """One control's value."""

    id: str | None = None
    from_name: str = ""
    type: str = ""
    value: dict[str, Any] = Field(default_factory=dict)
    origin: str | None = None


class SuggestedBody(_Body):
    """The suggestion that an answer began from."""

    id: int | None = None
    result: list[RegionBody] = Field(default_factory=list)


class AnswerBody(_Body):
    """One coder's answer on one task."""

    id: int | None = None
    completed_by: int | str | PersonBody | None = None
    result: list[RegionBody] | None
    was_cancelled: bool = False
    lead_time: Seconds = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    parent_prediction: int | None = None
    prediction: SuggestedBody | None = None


class DataBody(_Body):
    """What a task says about its unit, or its article's units."""

    unit_id: str
    article_id: str = ""
    codebook: str = ""
    round: str = ""
    view: str = ""
    units: list[tuple[str, int, int]] = Field(default_factory=list)


class TaskBody(_Body):
    """A task with its answers."""

    id: int | None = None
    project: int | None = None
    data: DataBody
    annotations: list[Any]
    drafts: list[Any] = Field(default_factory=list)
    predictions: list[Any] = Field(default_factory=list)
    total_predictions: int = 0

    @property
    def n_predictions(self) -> int:
        """How many suggestions the server holds for it."""
        return max(len(self.predictions), self.total_predictions)


class AskedTask(_Body):
    """A task for which suggestions are requested."""

    id: int
    data: dict[str, Any]


class PredictBody(_Body):
    """`POST /predict`."""

    tasks: list[AskedTask]


class SetupBody(_Body):
    """`POST /setup`; the token that comes with it is not read."""

    project: str = ""


class WebhookBody(_Body):
    """`POST /webhook`."""

    action: str
    annotations: list[Any] = Field(default_factory=list)
