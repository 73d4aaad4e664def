"""A regression of a label on columns, corrected for the classifier's errors.

Least squares (or logit) of corrected outcomes, with variances by clusters. Beside it stand the
regression of the tags, which takes the classifier's errors for findings, and that of the coded
units alone. Clusters are articles, joined where they are near-duplicates, and blocks of a test part
that was drawn by blocks; the intervals speak of articles like these, not of these articles only.

References
----------
Egami, N. et al. (2023). Using imperfect surrogates for downstream inference: design-based
supervised learning for social science applications of large language models. NeurIPS.
Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review 19 (2.8 standard errors: the
effect that a two-sided test at 5 % finds four times of five).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import InputError
from ...labels.gold.gold import Gold
from ..estimates.cells import Cells
from ..estimates.effects import Effect
from ..estimates.estimation import LEAST_IN_CELL
from ..inputs.tagged import Tags
from ..inputs.usable_gold import Design
from .clustered import Fit, dependent_column, fit_clustered
from .coefficients import Coefficient, Regression
from .corrected_outcomes import Outcome, outcome_of
from .formula import Formula, parse_formula
from .predictors import Predictors, months_since_first, predictors

__all__ = ["explain", "join_clusters", "regression"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEW_CLUSTERS = 40
_POWER = 0.8
_NO_ERROR = 1e-10
"""What rounding leaves of a standard error of 0."""


def regression(
    formula: str,
    tags: Tags,
    gold: Iterable[Gold],
    design: Design,
    columns: Mapping[str, pa.Array],
    *,
    clusters: Sequence[pa.Array] = (),
    logit: bool = False,
    learned: Collection[str] | None = None,
    level: float = 0.95,
) -> Regression:
    r"""Explain how often a label holds by columns of the units.

    Parameters
    ----------
    formula
        Such as ``critique ~ outlet + month``; see `parse_formula`. Where they are no columns of
        their own, ``month`` is the month of `published`, a group, and ``trend`` the number of
        months since the first, a number.
    tags, gold, design, learned
        As `shares`.
    columns
        Name of each column to its values, shape (n_units,): texts, truth values or numbers.
    clusters
        What ties units: the same article, the same cluster of near-duplicates; each of shape
        (n_units,), null or empty where a unit is tied to no other.
    logit
        Whether log-odds are explained; else the share.
    level
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    InputError, UnknownNameError, LeakError
        The formula cannot be read, names what is not there, or has more in it than the gold can
        correct; or as `shares`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import pyarrow as pa
    >>> from standfirst.labels import Gold
    >>> from standfirst.measure import read_tags, regression
    >>> rows = [
    ...     f'{{"unit_id": "u{i}", "stance": "for", "stance_prob": [0.75, 0.25]}}\n'
    ...     for i in range(40)
    ... ]
    >>> gold = [
    ...     Gold(f"u{i}", "stance", ("no" if i % 3 else "for",), "single")
    ...     for i in range(20)
    ... ]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text("".join(rows))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> outlets = {"outlet": pa.array(["Post", "Mail"] * 20)}
    >>> fitted = regression(
    ...     "no ~ outlet", tags, gold, {row.unit_id: 0.5 for row in gold}, outlets
    ... )
    >>> [row.name for row in fitted.coefficients]
    ['(intercept)', 'outlet[Post]']
    """
    parsed = parse_formula(formula)
    outcome = outcome_of(parsed.outcome, tags, gold, design, learned)
    known = _with_time(columns)
    matrix = predictors(parsed, known, len(tags))
    made = explain(
        parsed, outcome, matrix, join_clusters(clusters, outcome), logit=logit, level=level
    )
    alike = [
        note
        for name in parsed.columns
        if pa.types.is_string(known[name].type)
        for note in Cells.of(pc.fill_null(known[name], "")).near_equal(name)
    ]
    return replace(made, notes=(*made.notes, *alike))


def _with_time(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Add the columns ``month`` and ``trend`` where `published` tells them."""
    known = dict(columns)
    if "published" in known:
        text = pc.fill_null(known["published"].cast(pa.string()), "")
        month = pc.utf8_slice_codeunits(text, 0, 7)
        right = pc.match_substring_regex(month, r"^\d{4}-\d{2}$")
        known.setdefault("month", pc.if_else(right, month, None))
        known.setdefault("trend", months_since_first(text))
    return known


def join_clusters(ties: Sequence[pa.Array], outcome: Outcome) -> Ints:
    """Give the cluster of each unit, as a number, shape (n_units,).

    Units are in one cluster if anything ties them, or if they were drawn together for the test
    part.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(outcome.dimension.given)
    rows, nodes, n_nodes = [], [], n
    for tie in ties:
        text = tie.cast(pa.string())
        coded = pc.if_else(pc.equal(text, ""), None, text).dictionary_encode()
        there = np.flatnonzero(coded.is_valid().to_numpy(zero_copy_only=False))
        rows.append(there)
        nodes.append(n_nodes + coded.indices.drop_null().to_numpy().astype(np.int64))
        n_nodes += len(coded.dictionary)
    sample = outcome.coded.sample
    for drawn in sample.rounds:
        if drawn.two_stage:
            rows.append(sample.index[drawn.rows])
            nodes.append(n_nodes + drawn.strata)
            n_nodes += int(drawn.strata.max()) + 1
    if not rows:
        return np.arange(n)
    pairs = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_matrix((np.ones(len(pairs[0]), np.int8), pairs), shape=(n_nodes, n_nodes))
    return np.asarray(connected_components(graph, directed=False)[1][:n], np.int64)


def explain(
    formula: Formula,
    outcome: Outcome,
    made: Predictors,
    clusters: Ints,
    *,
    logit: bool = False,
    level: float = 0.95,
) -> Regression:
    """Fit a regression three times: on tags, on the coded units alone, and corrected."""
    sample = outcome.coded.sample
    row_of = np.cumsum(made.kept) - 1
    coded = made.kept[sample.index]
    gold_rows = row_of[sample.index[coded]]
    notes = list(outcome.coded.notes)
    matrix, clusters = made.matrix, clusters[made.kept]
    if lost := len(made.kept) - matrix.shape[0]:
        notes.append(f"{lost:,} of {len(made.kept):,} units have no value in some column: left out")
    _refuse(formula, made, gold_rows)
    n_gold_clusters = len(np.unique(clusters[gold_rows]))
    n_columns = matrix.shape[1]
    if n_gold_clusters <= n_columns:
        problem = f"{n_gold_clusters} clusters of coded units, and {n_columns} coefficients"
        raise InputError("formula", problem, "code more articles, or explain by less")
    if n_gold_clusters < _FEW_CLUSTERS:
        notes.append(
            f"the coded units lie in {n_gold_clusters} articles or clusters only; below "
            f"{_FEW_CLUSTERS} intervals are somewhat too narrow"
        )
    whole = fit_clustered(matrix, outcome.corrected[made.kept], clusters, logit=logit)
    if whole is None:
        problem = "the logit has no finite solution: some groups have a corrected share of 0 or 1"
        raise InputError("formula", problem, "explain by less, or leave --logit out")
    naive = fit_clustered(matrix, outcome.naive[made.kept], clusters, logit=logit)
    alone = fit_clustered(
        matrix[gold_rows],
        outcome.truth[coded],
        clusters[gold_rows],
        weight=sample.weight[coded] * len(sample),
        logit=logit,
    )
    if naive is None or alone is None:
        which = " and ".join(n for n, f in (("tags", naive), ("gold", alone)) if f is None)
        notes.append(f"the logit of {which} alone has no finite solution")
    # What the gold tells is what limits: the coded clusters, less the coefficients.
    freedom = n_gold_clusters - n_columns
    z = _quantile(level, None) + _quantile(2 * _POWER - 1, None)
    coefficients = []
    alike, certain = [], []
    for k, name in enumerate(made.names):
        effect = _effect(whole, k, freedom, level)
        if effect is None:
            certain.append(name)
            value = float(whole.values[k])
            effect = Effect(value, value, value, 0.0, 1.0)
        by_tags = None if naive is None else _effect(naive, k, naive.n_clusters - 1, level)
        by_gold = None if alone is None else _effect(alone, k, freedom, level)
        if alone is not None and by_gold is None:
            alike.append(name)
        coefficients.append(Coefficient(name, by_tags, by_gold, effect, z * effect.error))
    label = outcome.dimension.labels[outcome.column]
    if certain:
        notes.append(
            f"{label} by {', '.join(certain)}: corrected by gold, all units there are alike; an "
            "interval without width says nothing of other units: explain by less"
        )
    if alike:
        notes.append(
            f"{label} by {', '.join(alike)}: all coded units there are alike, so that gold alone "
            "gives no interval"
        )
    return Regression(
        str(formula),
        outcome.dimension.name,
        outcome.dimension.labels[outcome.column],
        "logit" if logit else "ols",
        tuple(coefficients),
        matrix.shape[0],
        len(gold_rows),
        whole.n_clusters,
        n_gold_clusters,
        tuple(notes),
        level,
    )


def _refuse(formula: Formula, made: Predictors, gold_rows: Ints) -> None:
    """Refuse groups that the gold cannot correct, and columns that say nothing new."""
    coded = made.matrix[gold_rows]
    dependent = dependent_column(made.matrix)
    if dependent is not None:
        problem = f"{made.names[dependent]} is a combination of the columns before it"
        raise InputError("formula", problem, "leave one of them out")
    counts = np.asarray((coded != 0).sum(axis=0)).ravel()
    few = [
        (name, int(n))
        for name, n, group in zip(made.names, counts, made.groups, strict=True)
        if group and n < LEAST_IN_CELL
    ]
    first = ((name, int(inside[gold_rows].sum())) for name, inside in made.first.items())
    few += [(name, n) for name, n in first if n < LEAST_IN_CELL]
    if few:
        name, n = few[0]
        more = f" (and {len(few) - 1} more)" if len(few) > 1 else ""
        units = "unit" if n == 1 else "units"
        problem = f"{name} has {n} coded {units}{more}, and takes {LEAST_IN_CELL} to be corrected"
        by = ",".join(formula.columns)
        remedy = (
            f"draw for it: standfirst annotate sample 100 --rule equal --by {by}; "
            "or explain by fewer groups (trend instead of month)"
        )
        raise InputError("formula", problem, remedy)
    if dependent_column(coded) is not None:
        problem = f"{coded.shape[0]} coded units do not tell its columns apart"
        raise InputError("formula", problem, "code more units, or explain by less")


def _effect(fit: Fit, k: int, freedom: int, level: float) -> Effect | None:
    """Give a coefficient with its interval; None where nothing differs, and so nothing tells it."""
    from scipy import special

    value, error = float(fit.values[k]), float(fit.errors[k])
    if error < _NO_ERROR:
        return None
    half = _quantile(level, freedom) * error
    p = float(2 * special.stdtr(freedom, -abs(value) / error))
    return Effect(value, value - half, value + half, error, p)


def _quantile(level: float, freedom: int | None) -> float:
    from scipy import special

    upper = (1 + level) / 2
    return float(special.ndtri(upper) if freedom is None else special.stdtrit(freedom, upper))
