"""The test part: drawn at random before anything else, and closed with all that resembles it.

Sentences of one article are alike, and syndicated articles are the same. If the test part were
drawn sentence by sentence, the rest of each article would stand in training, and the score would
flatter. So clusters of near-duplicate articles are drawn first, by size, and units within them;
every unit of such a cluster is closed to coding, to models' rules and to training from then on.

All units have the same probability n / N: large clusters are drawn more often, and give no more
units for it (a self-weighting draw in two stages). Clusters that are too small to give their number
are put together at random. The more clusters, the more is known from n units, and the more is
closed; as many are drawn as close a fifth of all units.

References
----------
Särndal, C.-E., Swensson, B. & Wretman, J. (1992). Model Assisted Survey Sampling, section 4.5.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import InputError, StudyError
from .inclusion import inclusion_probabilities, systematic
from .plan import Drawn

__all__ = ["CLOSED", "closed_units", "cluster_of", "open_units", "set_test_aside"]

CLOSED = 0.2
"""Share of all units that the test part may close."""

Units = Iterable[Mapping[str, Any]]


def cluster_of(unit: Mapping[str, Any]) -> str:
    """Return the cluster of near-duplicate articles of a unit, or else its article."""
    return str(unit.get("cluster") or unit["article_id"])


def closed_units(units: Units, design: Sequence[Drawn]) -> set[str]:
    """Return the ids of the units of the test part and of all others in their clusters.

    Clusters are those of today: an article that came in later and resembles a test article is
    closed, too.

    Examples
    --------
    >>> units = [{"unit_id": f"u{i}", "article_id": f"a{i // 2}"} for i in range(4)]
    >>> row = Drawn("u0", "a0", "test", "test", "two-stage", "a0", 0.25, 4, 0)
    >>> sorted(closed_units(units, [row]))
    ['u0', 'u1']
    """
    test = {row.unit_id for row in design if row.part == "test"}
    if not test:
        return set()
    table = [(str(unit["unit_id"]), cluster_of(unit)) for unit in units]
    clusters = {cluster for unit_id, cluster in table if unit_id in test}
    return test | {unit_id for unit_id, cluster in table if cluster in clusters}


def open_units(units: Units, design: Sequence[Drawn]) -> list[Mapping[str, Any]]:
    """Return the units that a coding round can draw from, sorted by id.

    These are all but those drawn before and those of the test part's clusters.

    Examples
    --------
    >>> from standfirst.annotate import Drawn, open_units
    >>> units = [{"unit_id": f"u{i}", "article_id": f"a{i}"} for i in range(3)]
    >>> drawn = Drawn("u0", "a0", "coding", "1", "random", "", 0.5, 3, 0)
    >>> [row["unit_id"] for row in open_units(units, [drawn])]
    ['u1', 'u2']
    """
    rows = list(units)
    shut = closed_units(rows, design) | {row.unit_id for row in design}
    left = [unit for unit in rows if unit["unit_id"] not in shut]
    return sorted(left, key=lambda unit: str(unit["unit_id"]))


def set_test_aside(
    units: Units, n: int, *, design: Sequence[Drawn] = (), seed: int = 0, most: float = CLOSED
) -> list[Drawn]:
    """Draw the test part: clusters by size, units within them, once and before any other draw.

    Parameters
    ----------
    units
        Rows with `unit_id`, `article_id` and, where there is one, `cluster`.
    n
        How many units to draw.
    design
        What was drawn before: nothing.
    seed
        Seed of the draw.
    most
        Share of all units that may be closed. Two clusters are drawn at least.

    Returns
    -------
    The new rows, in random order; `stratum` names the clusters that were drawn as one.

    Raises
    ------
    StudyError
        There is a test part already, or something was drawn before it, so that it could not
        stand for all units any more; or there are not so many units.

    Examples
    --------
    >>> from standfirst.annotate import set_test_aside
    >>> units = [{"unit_id": f"u{i}", "article_id": f"a{i // 2}"} for i in range(40)]
    >>> rows = set_test_aside(units, 4)
    >>> len(rows), {row.part for row in rows}, {row.probability for row in rows}
    (4, {'test'}, {0.1})
    """
    if any(row.part == "test" for row in design):
        raise StudyError("sample", "the test part is drawn already", "leave --test out")
    if design:
        problem = f"{len(design)} units are drawn already, so a test part would miss them"
        raise StudyError("sample", problem, "draw the test part in the first round")
    if n < 1:
        raise InputError("sample", f"{n} test units wanted", "draw at least one")
    rows = sorted(units, key=lambda unit: str(unit["unit_id"]))
    if n > len(rows):
        problem = f"{n} test units wanted, {len(rows)} there"
        raise StudyError("sample", problem, "draw fewer, or add articles")
    clusters: dict[str, list[int]] = {}
    for position, unit in enumerate(rows):
        clusters.setdefault(cluster_of(unit), []).append(position)
    blocks, n_blocks = _blocks(clusters, n, len(rows), most, seed)
    sizes = np.array([len(positions) for _, positions in blocks], np.float64)
    first = inclusion_probabilities(sizes, n_blocks)
    rng = np.random.default_rng([seed, 4])
    second = np.zeros(len(rows))
    order: list[int] = []
    of: dict[int, str] = {}
    for block in systematic(first, rng).tolist():
        name, positions = blocks[block]
        # With the first stage, every unit has probability n / N.
        second[positions] = n / len(rows) / first[block]
        order += [positions[i] for i in rng.permutation(len(positions))]
        of.update(dict.fromkeys(positions, name))
    drawn = systematic(second, rng, order=np.array(order, np.int64))
    return [
        Drawn(
            unit_id=str(rows[position]["unit_id"]),
            article_id=str(rows[position]["article_id"]),
            part="test",
            round="test",
            rule="two-stage",
            stratum=of[position],
            probability=n / len(rows),
            n_pool=len(rows),
            seed=seed,
            assisted=False,
        )
        for position in rng.permutation(drawn).tolist()
    ]


def _blocks(
    clusters: Mapping[str, list[int]], n: int, n_units: int, most: float, seed: int
) -> tuple[list[tuple[str, list[int]]], int]:
    """Choose how many blocks of clusters to draw, and build them."""
    low, high = min(2, n), n
    while low < high:
        middle = (low + high + 1) // 2
        blocks = _build(clusters, -(-n // middle), seed)
        sizes = np.array([len(positions) for _, positions in blocks], np.float64)
        fits = middle <= len(blocks)
        if fits and inclusion_probabilities(sizes, middle) @ sizes <= most * n_units:
            low = middle
        else:
            high = middle - 1
    blocks = _build(clusters, -(-n // low), seed)
    return blocks, min(low, len(blocks))


def _build(clusters: Mapping[str, list[int]], least: int, seed: int) -> list[tuple[str, list[int]]]:
    """Put clusters with fewer units than `least` together until they have as many."""
    names = sorted(clusters)
    blocks: list[tuple[str, list[int]]] = []
    open_block: tuple[str, list[int]] | None = None
    for i in np.random.default_rng([seed, 5]).permutation(len(names)).tolist():
        name, positions = names[i], clusters[names[i]]
        if open_block is None and len(positions) >= least:
            blocks.append((name, positions))
            continue
        open_block = (
            (name, positions)
            if open_block is None
            else (open_block[0], [*open_block[1], *positions])
        )
        if len(open_block[1]) >= least:
            blocks.append(open_block)
            open_block = None
    if open_block is not None:
        last = blocks.pop() if blocks else ("", [])
        blocks.append((last[0] or open_block[0], [*last[1], *open_block[1]]))
    return blocks
