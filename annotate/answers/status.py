"""Progress of the coding: what is left, per round and coder, and how long it will take.

Times come from Label Studio, which counts while a page lies open; now and then one is an hour.
So the typical time is a median, and the time left is estimated by a mean without the tenth of the
times at either end: the median is less than the mean, and would promise too much.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from ...labels import Annotation, current, is_decision, readings
from ..design.plan import Drawn
from .identities import Identities

__all__ = ["Workload", "trimmed_mean", "workloads"]

_TRIM = 0.1


@dataclass(frozen=True, slots=True)
class Workload:
    """The work of one coder in one round.

    Examples
    --------
    >>> from standfirst.annotate import Drawn, workloads
    >>> rows = [Drawn("u1", "a1", "coding", "1", "random", "", 0.5, 2, 0, coders=("ann",))]
    >>> [(row.coder, row.n_units, row.n_left) for row in workloads(rows, [])]
    [('ann', 1, 1)]
    """

    round: str
    """The coding round."""
    coder: str
    """Who; empty for readings that are assigned to nobody."""
    n_units: int
    """Readings to do, and those done without being assigned."""
    n_done: int
    """Units that were answered or skipped."""
    n_skipped: int
    """How many of them were skipped."""
    n_open: int
    """Units that were submitted without an answer on some dimension."""
    n_left: int
    """Readings that are still to do."""
    seconds: float | None
    """Median time per unit; None while nothing is known."""
    pace: float | None
    """Trimmed mean time per unit, of this coder, else of all; None while nothing is known."""

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left."""
        if not self.n_left:
            return 0.0
        return None if self.pace is None else self.n_left * self.pace


def workloads(
    design: Sequence[Drawn],
    annotations: Iterable[Annotation],
    identities: Identities | None = None,
) -> list[Workload]:
    """Compare the design with the annotations.

    Parameters
    ----------
    design
        What was drawn.
    annotations
        What came back; units outside the design are counted under their own round.
    identities
        Who is who, where the design names coders otherwise than their answers do.

    Returns
    -------
    One row per round and coder, in the order of the rounds; where the design names no coders, a row
    with an empty name holds the readings that are left for anybody.

    Examples
    --------
    >>> rows = [Annotation("u1", "ann", "stance", ("favour",), round="1", seconds=8.0)]
    >>> (work,) = workloads([], rows)
    >>> work.n_done, work.n_left, work.seconds
    (1, 0, 8.0)
    """
    rounds = {row.unit_id: row.round for row in design}
    answers: dict[tuple[str, str], dict[str, list[Annotation]]] = {}
    known = identities or Identities()
    rows = known.apply(annotations)
    # A decision is no reading of the round whose unit it decides, and replaces none.
    for row in (*current(readings(rows)), *current(filter(is_decision, rows))):
        own = is_decision(row) or row.unit_id not in rounds
        key = (row.round if own else rounds[row.unit_id], row.coder)
        answers.setdefault(key, {}).setdefault(row.unit_id, []).append(row)
    given: dict[tuple[str, str], set[str]] = {}
    free: dict[str, dict[str, int]] = {}
    for drawn in design:
        for coder in map(known.name, drawn.coders):
            given.setdefault((drawn.round, coder), set()).add(drawn.unit_id)
        if not drawn.coders:
            free.setdefault(drawn.round, {})[drawn.unit_id] = drawn.n_coders
    for coding_round, wanted in free.items():
        # Readings that anybody may do are used up by whoever does them, two of a unit at most
        # where two are wanted.
        done = [units for (name, _), units in answers.items() if name == coding_round]
        for unit_id in wanted:
            wanted[unit_id] = max(0, wanted[unit_id] - sum(unit_id in units for units in done))
    order = list(dict.fromkeys(row.round for row in design))
    keys = sorted(
        {*given, *answers, *((name, "") for name in free)},
        key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key),
    )
    everybody = trimmed_mean([t for units in answers.values() for t in _times(units)])
    made = []
    for key in keys:
        n_free = sum(free.get(key[0], {}).values()) if not key[1] else 0
        made.append(_row(key, given.get(key, set()), n_free, answers.get(key, {}), everybody))
    return made


def trimmed_mean(times: Collection[float]) -> float | None:
    """Return the mean without the tenth at either end; None where there are no times.

    Examples
    --------
    >>> trimmed_mean([5.0] * 9 + [3600.0])
    5.0
    """
    cut = int(_TRIM * len(times))
    kept = sorted(times)[cut : len(times) - cut]
    return mean(kept) if kept else None


def _times(units: Mapping[str, Sequence[Annotation]]) -> list[float]:
    return [rows[0].seconds for rows in units.values() if rows[0].seconds is not None]


def _row(
    key: tuple[str, str],
    given: set[str],
    n_free: int,
    units: dict[str, list[Annotation]],
    everybody: float | None,
) -> Workload:
    times = _times(units)
    own = trimmed_mean(times)
    n_left = len(given - set(units)) + n_free
    return Workload(
        round=key[0],
        coder=key[1],
        n_units=len(units) + n_left,
        n_done=len(units),
        n_skipped=sum(any(row.status == "skipped" for row in rows) for rows in units.values()),
        n_open=sum(any(row.status == "open" for row in rows) for rows in units.values()),
        n_left=n_left,
        seconds=median(times) if times else None,
        pace=everybody if own is None else own,
    )
