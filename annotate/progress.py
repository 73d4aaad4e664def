"""How far the coding is: what is left, per round and coder, and how long it will take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ..labels import Annotation, current
from .sample import Drawn

__all__ = ["Progress", "progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """The work of one coder in one round."""

    round: str
    """The coding round."""
    coder: str
    """Who; empty for readings that nobody in particular was given."""
    n_units: int
    """Readings to do."""
    n_done: int
    """Units that were answered or skipped."""
    n_skipped: int
    """How many of them were skipped."""
    n_open: int
    """Units that were submitted without an answer on some dimension."""
    seconds: float | None
    """Median time per unit; None while nothing is known."""

    @property
    def n_left(self) -> int:
        """Readings that are still to do."""
        return max(self.n_units - self.n_done, 0)

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left, at the median pace."""
        return None if self.seconds is None else self.n_left * self.seconds


def progress(design: Sequence[Drawn], annotations: Iterable[Annotation]) -> list[Progress]:
    """Compare the design with the annotations.

    Parameters
    ----------
    design
        What was drawn.
    annotations
        What came back; units outside the design are counted under their own round.

    Returns
    -------
    One row per round and coder, in the order of the rounds; where the design names no coders, a row
    with an empty name holds the readings that are left for anybody.

    Examples
    --------
    >>> rows = [Annotation("u1", "ann", "stance", ("favour",), round="1", seconds=8.0)]
    >>> (one,) = progress([], rows)
    >>> one.n_done, one.n_left, one.seconds
    (1, 0, 8.0)
    """
    rounds = {row.unit_id: row.round for row in design}
    answers: dict[tuple[str, str], dict[str, list[Annotation]]] = {}
    for row in current(annotations):
        key = (rounds.get(row.unit_id, row.round), row.coder)
        answers.setdefault(key, {}).setdefault(row.unit_id, []).append(row)
    wanted: dict[tuple[str, str], int] = {}
    for drawn in design:
        for coder in drawn.coders or [""] * drawn.n_coders:
            wanted[drawn.round, coder] = wanted.get((drawn.round, coder), 0) + 1
    # Readings that anybody may do are used up by whoever does them.
    for (coding_round, coder), units in answers.items():
        if (coding_round, coder) not in wanted and (coding_round, "") in wanted:
            wanted[coding_round, ""] -= len(units)
    order = list(dict.fromkeys(row.round for row in design))
    places = sorted(
        {*wanted, *answers},
        key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key),
    )
    return [_row(place, max(wanted.get(place, 0), 0), answers.get(place, {})) for place in places]


def _row(place: tuple[str, str], n_units: int, units: dict[str, list[Annotation]]) -> Progress:
    times = [rows[0].seconds for rows in units.values() if rows[0].seconds is not None]
    return Progress(
        round=place[0],
        coder=place[1],
        n_units=max(n_units, len(units)),
        n_done=len(units),
        n_skipped=sum(any(row.status == "skipped" for row in rows) for rows in units.values()),
        n_open=sum(any(row.status == "open" for row in rows) for rows in units.values()),
        seconds=median(times) if times else None,
    )
