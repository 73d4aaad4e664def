"""The plan: one line for each drawn unit, with its probability and its coders.

A draw is only as good as what is known about it. Every drawn unit carries the probability with
which it was drawn in its round, out of the units that no earlier round had taken; with it, shares
can be estimated without bias however the draw was tilted (see `shares`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ...errors import InputError
from ...files import write_jsonl
from ...labels.annotations.annotation import read_rows

__all__ = ["Drawn", "assign", "assist", "read_design", "write_design"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One unit that was drawn for coding.

    Examples
    --------
    >>> from standfirst.annotate import Drawn
    >>> row = Drawn("u1", "a1", "coding", "1", "random", "", 0.25, 400, 0)
    >>> row.probability, row.coders
    (0.25, ())
    """

    unit_id: str
    """The unit."""
    article_id: str
    """Its article."""
    part: Literal["test", "coding"]
    """`test`: set aside at random, coded blind, never seen by training or by a model's rule."""
    round: str
    """The coding round."""
    rule: str
    """Name of the rule, as in `RULES`; `two-stage` for the test part."""
    stratum: str
    """Where it was drawn from: a stratum, a region of k-means, for the test part the clusters that
    were drawn together; empty when the rule has none."""
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
    assisted: bool = True
    """Whether the coder may be shown a model's suggestion; never in the test part, nor where two
    coders judge independently."""
    mix: float | None = None
    """Share of a model's draw that was simple random; None for rules without a model."""
    models: tuple[str, ...] = ()
    """What the rule went by: models or an encoder, as they were named."""
    target: str = ""
    """The share that the round is to tell, as ``DIMENSION=LABEL:HALF_WIDTH``; empty if none."""


def assign(
    rows: Sequence[Drawn], coders: Sequence[str], *, overlap: float = 0.0, seed: int = 0
) -> list[Drawn]:
    """Assign units to coders: a share to two coders each, the rest evenly to one.

    Parameters
    ----------
    rows
        Drawn units.
    coders
        The coders. Without names only the number of readings is set.
    overlap
        Share of units that two coders judge independently, between 0 and 1.
    seed
        Seed of the choice of units.

    Raises
    ------
    InputError
        The share is not between 0 and 1, or there are not two coders for it.

    Examples
    --------
    >>> from standfirst.annotate import Drawn, assign
    >>> rows = [
    ...     Drawn(f"u{i}", "a1", "coding", "1", "random", "", 0.5, 8, 0) for i in range(4)
    ... ]
    >>> [len(row.coders) for row in assign(rows, ["ann", "bo"], overlap=0.5)]
    [1, 2, 2, 1]
    """
    if not 0 <= overlap <= 1:
        raise InputError("--overlap", str(overlap), "use a share from 0 to 1")
    if len(set(coders)) != len(coders):
        raise InputError("--coder", "a coder is named twice", "name each coder once")
    if overlap and len(coders) == 1:
        raise InputError("--overlap", "one coder cannot overlap", "name two coders or more")
    n_double = math.ceil(round(overlap * len(rows), 6))
    double = set(np.random.default_rng([seed, 2]).permutation(len(rows))[:n_double].tolist())
    assigned, turn = [], 0
    for position, row in enumerate(rows):
        n_coders = 2 if position in double else 1
        who = tuple(coders[(turn + i) % len(coders)] for i in range(n_coders)) if coders else ()
        turn += n_coders
        assigned.append(replace(row, coders=who, n_coders=n_coders))
    return assigned


def assist(rows: Sequence[Drawn], share: float, *, seed: int = 0) -> list[Drawn]:
    """Choose by chance the units on which each coder may see suggestions; the rest stays blind.

    Test units and units of two coders stay blind always. Of the others each coder gets the same
    share, so that blind and assisted answers of one coder can be compared (see `audit`). This
    suggests nothing by itself: it limits what a push with a model may do.

    Parameters
    ----------
    rows
        Assigned units.
    share
        Share of each coder's own units, between 0 and 1.
    seed
        Seed of the choice.

    Raises
    ------
    InputError
        The share is not between 0 and 1.

    Examples
    --------
    >>> row = Drawn("u1", "a1", "coding", "1", "random", "", 0.5, 8, 0, coders=("ann",))
    >>> rows = [replace(row, unit_id=f"u{i}") for i in range(4)]
    >>> sum(row.assisted for row in assist(rows, 0.5))
    2
    """
    if not 0 <= share <= 1:
        raise InputError("--assist", str(share), "use a share from 0 to 1")
    by_coder: dict[tuple[str, ...], list[int]] = {}
    for position, row in enumerate(rows):
        if row.part == "coding" and row.n_coders == 1:
            by_coder.setdefault(row.coders, []).append(position)
    rng = np.random.default_rng([seed, 3])
    shown: set[int] = set()
    for _, positions in sorted(by_coder.items()):
        n_shown = round(share * len(positions))
        shown.update(positions[i] for i in rng.permutation(len(positions))[:n_shown])
    return [replace(row, assisted=position in shown) for position, row in enumerate(rows)]


def read_design(path: Path) -> list[Drawn]:
    """Read the design; empty when nothing was drawn yet.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.annotate import read_design
    >>> read_design(Path("no-such-file.jsonl"))
    []
    """
    return read_rows(path, Drawn) if Path(path).exists() else []


def write_design(path: Path, design: Iterable[Drawn]) -> None:
    """Write the design, one drawn unit a line, in the order in which it was drawn.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.annotate import Drawn, read_design, write_design
    >>> row = Drawn("u1", "a1", "coding", "1", "random", "", 0.5, 2, 0)
    >>> with TemporaryDirectory() as folder:
    ...     write_design(Path(folder) / "design.jsonl", [row])
    ...     read_design(Path(folder) / "design.jsonl") == [row]
    True
    """
    write_jsonl(path, (asdict(row) for row in design))
