"""The rules by name. A rule is a class with one method and one line in `RULES`.

The rules in this module need no model; those that do are in `model_rules`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import InputError
from .allocation import allocate, draw_within, members_of
from .model_rules import SCORES, Diverse, Scored
from .pool import Pool, Rule

__all__ = ["MODEL_RULES", "RULES", "OnePerStratum", "SimpleRandom", "Stratified"]

Draw = tuple[Sequence[int], Sequence[float], Sequence[str]]


class SimpleRandom:
    """Every unit has the same chance."""

    def draw(self, pool: Pool, n: int, rng: np.random.Generator) -> Draw:
        """Draw n of N units without replacement; the probability is n / N."""
        n_pool = len(pool.unit_ids)
        chosen = rng.permutation(n_pool)[:n].tolist()
        return chosen, [n / n_pool] * n, [pool.strata[position] for position in chosen]


@dataclass(frozen=True, slots=True)
class Stratified:
    """A simple random draw within each stratum."""

    allocation: Literal["proportional", "equal"] = "proportional"
    """Units per stratum: by its size, or the same for all as far as they have units."""

    def draw(self, pool: Pool, n: int, rng: np.random.Generator) -> Draw:
        """Draw n units; the probability is n_h / N_h of the unit's stratum h."""
        members = members_of(pool.strata)
        sizes = {name: len(positions) for name, positions in members.items()}
        weights = dict.fromkeys(sizes, 1) if self.allocation == "equal" else sizes
        return draw_within(members, allocate(sizes, n, weights), rng)


class OnePerStratum:
    """One unit of each of n strata, such as one of each cluster of near-duplicate articles."""

    def draw(self, pool: Pool, n: int, rng: np.random.Generator) -> Draw:
        """Draw n of C clusters and one unit of each; the probability is n / (C N_c)."""
        members = list(members_of(pool.strata).values())
        if n > len(members):
            problem = f"{n} units wanted, and there are {len(members)} clusters"
            raise InputError("sample", problem, f"draw at most {len(members)}")
        picked = [members[i] for i in rng.permutation(len(members))[:n]]
        chosen = [positions[int(rng.integers(len(positions)))] for positions in picked]
        probabilities = [n / (len(members) * len(positions)) for positions in picked]
        return chosen, probabilities, [pool.strata[position] for position in chosen]


MODEL_RULES: dict[str, Rule] = {
    **{name: Scored(score) for name, score in SCORES.items()},
    "diversity": Diverse(),
}
"""The rules that go by a model's answers, or an encoder's vectors."""

RULES: dict[str, Rule] = {
    "random": SimpleRandom(),
    "stratified": Stratified(),
    "equal": Stratified("equal"),
    "keyword": Stratified("equal"),
    "one-per-cluster": OnePerStratum(),
    **MODEL_RULES,
}
"""The rules by name. `equal` is stratified with the same number of units in each stratum, and
`keyword` is that with what a keyword matches as a stratum."""
