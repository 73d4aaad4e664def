"""From columns and a formula to the matrix of a regression, with few non-zero entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import InputError, UnknownNameError
from .formula import Factor, Formula

__all__ = ["Predictors", "months_since_first", "predictors"]

INTERCEPT = "(intercept)"

_MANY = 500
"""Columns of a matrix from which on a text is no group but a text."""


@dataclass(frozen=True, slots=True)
class Predictors:
    """The matrix of a regression."""

    matrix: Any
    """A sparse matrix, shape (n_kept, n_columns); the first column is the intercept."""
    names: tuple[str, ...]
    """Names of its columns: ``outlet[Post]`` for the units of a group."""
    groups: tuple[bool, ...]
    """Whether a column is 1 for units of a group and 0 for the others, or of such ones' product."""
    first: Mapping[str, NDArray[np.bool_]]
    """The first groups, which have no column: which units lie in them, shape (n_kept,)."""
    kept: NDArray[np.bool_]
    """Units that have a value in every column, shape (n_units,)."""


def predictors(formula: Formula, columns: Mapping[str, pa.Array], n_units: int) -> Predictors:
    """Make the matrix of a formula.

    Of the groups in a column the first in order is what the others are compared with.

    Parameters
    ----------
    formula
        What explains.
    columns
        Name of each column to its values, shape (n_units,): texts, truth values or numbers.
    n_units
        How many units there are.

    Raises
    ------
    UnknownNameError, InputError
        There is no such column, or it has no use: one value only, or hundreds of groups.
    """
    from scipy import sparse

    kept = np.ones(n_units, bool)
    for name in formula.columns:
        if name not in columns:
            raise UnknownNameError("column:", name, sorted(columns))
        kept &= _known(columns[name])
    rows = np.flatnonzero(kept)
    blocks: list[Any] = [sparse.csr_matrix(np.ones((len(rows), 1)))]
    names, groups = [INTERCEPT], [True]
    made: dict[Factor, _Block] = {}
    first: dict[str, NDArray[np.bool_]] = {}
    for term in formula.terms:
        block, of_block, grouped = None, [""], True
        for factor in term:
            if factor not in made:
                made[factor] = _block(factor, columns[factor.name].take(pa.array(rows)))
            part = made[factor]
            if part.first is not None:
                first[part.first[0]] = part.first[1]
            of_block = [f"{a}:{b}".strip(":") for b in part.names for a in of_block]
            block = part.matrix if block is None else _products(block, part.matrix)
            grouped &= part.first is not None
        blocks.append(block)
        names += of_block
        groups += [grouped] * len(of_block)
    matrix = sparse.hstack(blocks, format="csr")
    return Predictors(matrix, tuple(names), tuple(groups), first, kept)


def months_since_first(published: pa.Array) -> pa.Array:
    """Give the number of months since the first one, from dates such as ``2026-03-05``.

    Null where there is no month.

    Examples
    --------
    >>> months_since_first(pa.array(["2025-12-31", "2026-02", "", None])).to_pylist()
    [0.0, 2.0, None, None]
    """
    month = pc.utf8_slice_codeunits(pc.fill_null(published.cast(pa.string()), ""), 0, 7)
    right = pc.match_substring_regex(month, r"^\d{4}-\d{2}$")
    month = pc.if_else(right, month, None)
    year = pc.utf8_slice_codeunits(month, 0, 4).cast(pa.int64())
    number = pc.utf8_slice_codeunits(month, 5, 7).cast(pa.int64())
    months = pc.add(pc.multiply(year, 12), number)
    return pc.subtract(months, pc.min(months)).cast(pa.float64())


def _known(column: pa.Array) -> NDArray[np.bool_]:
    known = column.is_valid()
    if pa.types.is_floating(column.type):
        known = pc.and_(known, pc.fill_null(pc.is_finite(column), False))  # noqa: FBT003
    elif not _is_number(column):
        known = pc.and_(known, pc.not_equal(pc.fill_null(column.cast(pa.string()), ""), ""))
    return np.asarray(known.to_numpy(zero_copy_only=False), bool)


def _is_number(column: pa.Array) -> bool:
    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind))


@dataclass(frozen=True, slots=True)
class _Block:
    """The columns of one factor."""

    matrix: Any
    names: list[str]
    first: tuple[str, NDArray[np.bool_]] | None = None


def _block(factor: Factor, column: pa.Array) -> _Block:
    from scipy import sparse

    if _is_number(column) and not factor.categorical:
        values = column.to_numpy(zero_copy_only=False).astype(np.float64)
        if not len(values) or values.min() == values.max():
            problem = f"{factor.name} has one value only"
            raise InputError("formula", problem, "leave it out")
        return _Block(sparse.csr_matrix(values[:, None]), [factor.name])
    coded = column.cast(pa.string()).dictionary_encode()
    names = coded.dictionary.to_pylist()
    if len(names) < 2:
        raise InputError("formula", f"{factor.name} has one group only", "leave it out")
    if len(names) > _MANY:
        problem = f"{factor.name} has {len(names):,} groups"
        raise InputError("formula", problem, "take a column with fewer")
    order = sorted(range(len(names)), key=lambda i: _in_order(names[i], _is_number(column)))
    rank = np.argsort(order)[coded.indices.to_numpy(zero_copy_only=False)]
    inside = np.flatnonzero(rank > 0)
    shape = (len(rank), len(names) - 1)
    matrix = sparse.csr_matrix((np.ones(len(inside)), (inside, rank[inside] - 1)), shape=shape)
    ordered = [f"{factor.name}[{names[i]}]" for i in order]
    return _Block(matrix, ordered[1:], (ordered[0], rank == 0))


def _in_order(name: str, number: bool) -> tuple[float, str]:  # noqa: FBT001
    return (float(name), "") if number else (0.0, name)


def _products(left: Any, right: Any) -> Any:
    from scipy import sparse

    columns = [left.multiply(right[:, [k]]) for k in range(right.shape[1])]
    return sparse.hstack(columns, format="csr")
