"""The design: which units are drawn for coding, by which rule, and with which probability.

A draw is only as good as what is known about it. Every drawn unit carries the probability with
which it was drawn in its round, out of the units that no earlier round had taken; with it, shares
can be estimated without bias however the draw was tilted. A test part is drawn first, at random,
and stays the same for the whole study.

A rule is a class with one method and one line in `RULES`. Rules that look at a model's answers
need `Pool.scores` and must draw with known probabilities too; taking the top of a ranking has
none, and is not offered.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from ..errors import InputError, StudyError, UnknownNameError
from ..files import write_jsonl
from ..labels.annotation import read_rows

__all__ = [
    "RULES",
    "Drawn",
    "Pool",
    "Rule",
    "assign",
    "draw",
    "read_design",
    "set_test_aside",
    "write_design",
]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One unit that was drawn for coding."""

    unit_id: str
    """The unit."""
    article_id: str
    """Its article."""
    part: Literal["test", "coding"]
    """`test`: set aside at random, coded blind, never seen by training or by a model's rule."""
    round: str
    """The coding round."""
    rule: str
    """Name of the rule, as in `RULES`."""
    stratum: str
    """Where it was drawn from; empty when the rule has no strata."""
    probability: float
    """Probability of being drawn in this round, between 0 (excluded) and 1."""
    n_pool: int
    """Number of units that the round could draw from."""
    seed: int
    """Seed of the draw."""
    coders: tuple[str, ...] = ()
    """Who codes it; empty when nobody was named."""
    n_coders: int = 1
    """How many coders judge it, independently of each other."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The units that a rule can draw from, in the order of their ids."""

    unit_ids: Sequence[str]
    """Ids, sorted."""
    strata: Sequence[str]
    """Stratum of each unit; all the same when there are none."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """What a model says about each unit, for rules that ask; arrays of shape (n_units, ...)."""


class Rule(Protocol):
    """A way of drawing units with known probabilities."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float]]:
        """Give the positions of n units in the pool, and the inclusion probability of each."""


class SimpleRandom:
    """Every unit has the same chance."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float]]:
        """Draw n of N units without replacement; the probability is n / N."""
        n_pool = len(pool.unit_ids)
        chosen = rng.permutation(n_pool)[:n]
        return chosen.tolist(), [n / n_pool] * n


@dataclass(frozen=True, slots=True)
class Stratified:
    """A simple random draw within each stratum."""

    allocation: Literal["proportional", "equal"] = "proportional"
    """Units per stratum: by its size, or the same for all as far as they have units."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float]]:
        """Draw n units; the probability is n_h / N_h of the unit's stratum h."""
        members = _members(pool.strata)
        sizes = {name: len(places) for name, places in members.items()}
        chosen: list[int] = []
        probabilities: list[float] = []
        for name, wanted in _allocate(sizes, n, self.allocation).items():
            places = members[name]
            chosen += [places[i] for i in rng.permutation(len(places))[:wanted]]
            probabilities += [wanted / len(places)] * wanted
        return chosen, probabilities


class OnePerStratum:
    """One unit of each of n strata, such as one of each cluster of near-duplicate articles."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float]]:
        """Draw n of C clusters and one unit of each; the probability is n / (C N_c)."""
        members = list(_members(pool.strata).values())
        if n > len(members):
            problem = f"{n} units wanted, and there are {len(members)} clusters"
            raise InputError("sample", problem, f"draw at most {len(members)}")
        picked = [members[i] for i in rng.permutation(len(members))[:n]]
        chosen = [places[int(rng.integers(len(places)))] for places in picked]
        return chosen, [n / (len(members) * len(places)) for places in picked]


RULES: dict[str, Rule] = {
    "random": SimpleRandom(),
    "stratified": Stratified(),
    "equal": Stratified("equal"),
    "one-per-cluster": OnePerStratum(),
}
"""The rules by name. `equal` is stratified with the same number of units in each stratum."""


def draw(
    units: Iterable[Mapping[str, Any]],
    n: int,
    *,
    design: Sequence[Drawn] = (),
    rule: str = "random",
    strata: Mapping[str, str] | None = None,
    coding_round: str = "1",
    part: Literal["test", "coding"] = "coding",
    seed: int = 0,
    scores: Mapping[str, Any] | None = None,
) -> list[Drawn]:
    """Draw units that no earlier round has taken.

    Parameters
    ----------
    units
        Rows with `unit_id` and `article_id`. Their order does not matter.
    n
        How many to draw.
    design
        What was drawn before.
    rule
        Name of the rule.
    strata
        Stratum by unit id, for rules that have strata.
    coding_round
        Name of the new round.
    part
        What the units are for.
    seed
        Seed of the draw.
    scores
        What a model says about each unit, in the order of the sorted ids of the pool.

    Returns
    -------
    The new rows, in the order of the draw, which is random and therefore a good order to code in.

    Raises
    ------
    StudyError
        Fewer than n units are left, or the round's name is taken.

    Examples
    --------
    >>> units = [{"unit_id": f"u{i}", "article_id": "a1"} for i in range(8)]
    >>> [(row.unit_id, row.probability) for row in draw(units, 2, seed=1)]
    [('u5', 0.25), ('u0', 0.25)]
    """
    if rule not in RULES:
        raise UnknownNameError("rule", rule, list(RULES))
    taken = {row.unit_id for row in design}
    if any(row.round == coding_round and row.part == part for row in design):
        problem = f"round {coding_round!r} is drawn already"
        raise StudyError("sample", problem, "name another round with --round")
    articles = {u["unit_id"]: u["article_id"] for u in units if u["unit_id"] not in taken}
    if n > len(articles):
        problem = f"{n} units wanted, {len(articles)} left of {len(articles) + len(taken)}"
        raise StudyError("sample", problem, "draw fewer, or add articles")
    if n < 1:
        raise InputError("sample", f"{n} units wanted", "draw at least one")
    ids = sorted(articles)
    strata = strata or {}
    pool = Pool(ids, [strata.get(unit_id, "") for unit_id in ids], scores or {})
    chosen, probabilities = RULES[rule].draw(pool, n, np.random.default_rng(seed))
    rows = [
        Drawn(
            unit_id=ids[place],
            article_id=articles[ids[place]],
            part=part,
            round=coding_round,
            rule=rule,
            stratum=pool.strata[place],
            probability=float(probability),
            n_pool=len(ids),
            seed=seed,
        )
        for place, probability in zip(chosen, probabilities, strict=True)
    ]
    # Strata come out one after the other; coders should not meet them like that.
    order = np.random.default_rng([seed, 1]).permutation(len(rows))
    return rows if rule == "random" else [rows[i] for i in order]


def set_test_aside(
    units: Iterable[Mapping[str, Any]], n: int, *, design: Sequence[Drawn] = (), seed: int = 0
) -> list[Drawn]:
    """Draw the test part: simple random, once, before any other draw.

    Raises
    ------
    StudyError
        There is a test part already, or something was drawn before it, so that it could not
        stand for all units any more.
    """
    if any(row.part == "test" for row in design):
        raise StudyError("sample", "the test part is drawn already", "leave --test out")
    if design:
        problem = f"{len(design)} units are drawn already, so a test part would miss them"
        raise StudyError("sample", problem, "draw the test part in the first round")
    return draw(units, n, design=design, coding_round="test", part="test", seed=seed)


def assign(
    rows: Sequence[Drawn], coders: Sequence[str], *, overlap: float = 0.0, seed: int = 0
) -> list[Drawn]:
    """Say who codes what: a share for two coders, the rest dealt out evenly.

    Parameters
    ----------
    rows
        Drawn units.
    coders
        Who there is. Without names only the number of readings is set.
    overlap
        Share of units that two coders judge independently, between 0 and 1.
    seed
        Seed of the choice of units.

    Raises
    ------
    InputError
        The share is not between 0 and 1, or there are not two coders for it.
    """
    if not 0 <= overlap <= 1:
        raise InputError("--overlap", str(overlap), "use a share from 0 to 1")
    if len(set(coders)) != len(coders):
        raise InputError("--coder", "somebody is named twice", "name each coder once")
    if overlap and len(coders) == 1:
        raise InputError("--overlap", "one coder cannot overlap", "name two coders or more")
    n_double = math.ceil(round(overlap * len(rows), 6))
    double = set(np.random.default_rng([seed, 2]).permutation(len(rows))[:n_double].tolist())
    assigned, turn = [], 0
    for place, row in enumerate(rows):
        n_coders = 2 if place in double else 1
        who = tuple(coders[(turn + i) % len(coders)] for i in range(n_coders)) if coders else ()
        turn += n_coders
        assigned.append(replace(row, coders=who, n_coders=n_coders))
    return assigned


def read_design(path: Path) -> list[Drawn]:
    """Read the design; empty when nothing was drawn yet."""
    return read_rows(path, Drawn) if Path(path).exists() else []


def write_design(path: Path, design: Iterable[Drawn]) -> None:
    """Write the design, one drawn unit a line, in the order in which it was drawn."""
    write_jsonl(path, (asdict(row) for row in design))


def _members(strata: Sequence[str]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for place, name in enumerate(strata):
        members.setdefault(name, []).append(place)
    return dict(sorted(members.items()))


def _allocate(sizes: Mapping[str, int], n: int, allocation: str) -> dict[str, int]:
    # Webster's method: the next unit goes where weight / (2 given + 1) is largest. Each stratum
    # gets one first, because a stratum without any would have the probability 0.
    if n < len(sizes):
        problem = f"{n} units wanted from {len(sizes)} strata"
        raise InputError("sample", problem, f"draw at least {len(sizes)}, or use coarser strata")
    weights = {name: 1 if allocation == "equal" else size for name, size in sizes.items()}
    given = dict.fromkeys(sizes, 1)
    queue = [(-weights[name] / 3, name) for name in sizes if sizes[name] > 1]
    heapq.heapify(queue)
    for _ in range(n - len(sizes)):
        _, name = heapq.heappop(queue)
        given[name] += 1
        if given[name] < sizes[name]:
            heapq.heappush(queue, (-weights[name] / (2 * given[name] + 1), name))
    return given
