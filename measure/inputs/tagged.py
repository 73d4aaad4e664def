"""Tags as arrays: what `tag` wrote, with labels and probabilities of all units.

Only the columns that are needed are read, and texts are not. The names of the labels in the order
of their probabilities are the codebook's; a table of tags does not tell them, so that without a
codebook they are found from the tags: a label's own probability is high where the label was given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import InputError, MissingFileError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from datasets import Dataset

__all__ = [
    "TaggedDimension",
    "Tags",
    "dimensions_of",
    "read_tags",
    "unit_ids_of",
    "units_and_models_of",
]

_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?$"
_TEXTS = ("unit_id", "article_id", "cluster", "model_version", "text", "published")
_SUFFIXES = (".parquet", ".jsonl", ".csv")
_NOT_TAGS = {"articles", "rejects"}
_FEW = 10_000
_ROUNDED = 0.01
_MOST_OFF = 0.05
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class TaggedDimension:
    """What a model said of all units on one dimension."""

    name: str
    """Id of the dimension."""
    labels: tuple[str, ...]
    """Ids of the labels, in the order of the columns below."""
    multiple: bool
    """Whether a unit takes any number of labels."""
    probabilities: NDArray[np.float32]
    """Of the labels, shape (n_units, n_labels); those of `NAME_cross` where it is there."""
    given: NDArray[np.bool_]
    """Which labels were given, same shape; where the model abstained, the most probable one."""
    crossed: bool
    """Whether no unit's probabilities come from a model that learned from that unit."""
    n_abstained: int
    """Units on which the model gave no label."""
    n_not_asked: int = 0
    """Units that were not asked, because the dimension has a condition."""
    abstained: NDArray[np.bool_] | None = None
    """On which units the model gave no label, shape (n_units,); on none if None."""

    def counts(self) -> dict[str, int]:
        """Count the units that got each label; those on which the model abstained are left out."""
        given = self.given if self.abstained is None else self.given[~self.abstained]
        return dict(zip(self.labels, given.sum(axis=0).tolist(), strict=True))

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which labels would be given by a model that did not learn from the unit.

        The tags themselves where nothing else is known. Tags on units of training are right by
        heart, and would tell of no error.
        """
        if not self.crossed:
            return self.given
        if self.multiple:
            return np.asarray(self.probabilities >= _EVEN)
        best = self.probabilities.argmax(axis=1)
        return np.asarray(best[:, None] == np.arange(len(self.labels)))


@dataclass(frozen=True, slots=True, repr=False)
class Tags:
    r"""The tags of a population of units.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.measure import read_tags
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text(
    ...         '{"unit_id": "u1", "stance": "for", "stance_prob": [0.9, 0.1]}\n'
    ...     )
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> tags.unit_ids.to_pylist(), tags.dimensions["stance"].counts()
    (['u1'], {'for': 1, 'no': 0})
    >>> tags.to_pandas().columns.tolist()
    ['unit_id', 'stance', 'stance=for', 'stance=no']
    """

    where: str
    """File or folder, as told to the user."""
    unit_ids: pa.Array
    """Ids of the units, shape (n_units,)."""
    dimensions: Mapping[str, TaggedDimension]
    """Id to dimension, in the order of the table."""
    columns: pa.Table
    """Further columns that were asked for."""
    models: tuple[str, ...] = ()
    """The versions of the models that wrote them: the beginning of their manifest's hash."""

    def __len__(self) -> int:
        return len(self.unit_ids)

    def rows_of(self, unit_ids: Sequence[str]) -> NDArray[np.int64]:
        """Give the row of each unit; -1 for units that are not tagged."""
        found = pc.index_in(pa.array(unit_ids, pa.string()), value_set=self.unit_ids)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)

    def to_arrow(self) -> pa.Table:
        """Give a row a unit: its id, and for each dimension the label and the probabilities.

        The columns are `unit_id`; for each dimension NAME its label (a list of labels in multiple
        choice), null where the model abstained or the question was not asked, and NAME=LABEL,
        the probability of each label; then the further columns that were read.
        """
        made: dict[str, Any] = {"unit_id": self.unit_ids}
        for name, one in self.dimensions.items():
            given = _as_given(one)
            kind = pa.list_(pa.string()) if one.multiple else pa.string()
            made[name] = pa.array(given, kind)
            for number, label in enumerate(one.labels):
                made[f"{name}={label}"] = pa.array(one.probabilities[:, number], pa.float32())
        others = (name for name in self.columns.column_names if name not in made)
        return pa.table(made | {name: self.columns[name] for name in others})

    def to_pandas(self) -> "pd.DataFrame":
        """Give the same as a data frame."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> "pl.DataFrame":
        """Give the same as a data frame of Polars, which must be installed."""
        import polars as pl

        made: pl.DataFrame = pl.from_arrow(self.to_arrow())
        return made

    def to_dataset(self) -> "Dataset":
        """Give the same as a dataset."""
        from datasets import Dataset

        return Dataset(self.to_arrow())

    def __repr__(self) -> str:
        by = f" by {', '.join(self.models)}" if self.models else ""
        lines = [f"Tags of {len(self):,} units{by}, read from {self.where}"]
        for name, one in self.dimensions.items():
            counts = sorted(one.counts().items(), key=lambda pair: -pair[1])
            shown = ", ".join(f"{label} {n:,}" for label, n in counts)
            rest = f"; no label on {one.n_abstained:,}" if one.n_abstained else ""
            rest += f"; not asked of {one.n_not_asked:,}" if one.n_not_asked else ""
            lines.append(f"  {name}: {shown}{rest}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = repr(self).splitlines()
        cells = (row.strip().partition(": ") for row in rows)
        body = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(what)}</td></tr>" for name, _, what in cells
        )
        return f"<p>{escape(head)}</p><table>{body}</table>"


def _as_given(one: TaggedDimension) -> list[Any]:
    """Give the label of each unit, or its labels; None where the model gave none."""
    names = np.array(one.labels, dtype=object)
    silent = np.zeros(len(one.given), bool) if one.abstained is None else one.abstained
    if one.multiple:
        pairs = zip(one.given, silent, strict=True)
        return [None if none else names[row].tolist() for row, none in pairs]
    return [
        None if none else names[number]
        for number, none in zip(one.given.argmax(axis=1), silent, strict=True)
    ]


def read_tags(
    path: Path,
    *,
    labels: Mapping[str, Sequence[str]] | None = None,
    seen: Mapping[str, Sequence[str]] | None = None,
    only: Sequence[str] | None = None,
    columns: Sequence[str] = (),
) -> Tags:
    r"""Read tags.

    Parameters
    ----------
    path
        A file, or a folder that `tag` wrote.
    labels
        Id of each dimension to the labels in the order of their probabilities, from the model or
        its codebook; found from the tags if None.
    seen
        Labels that occur in gold, which help to name those that the tags never give.
    only
        Dimensions to read; all if None.
    columns
        Further columns to read where they are there.

    Raises
    ------
    MissingFileError, InputError
        There is no such file, it holds no tags, a unit stands in it twice, or the labels cannot be
        told.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.measure import read_tags
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text(
    ...         '{"unit_id": "u1", "stance": "for", "stance_prob": [0.9, 0.1]}\n'
    ...     )
    ...     list(read_tags(path, labels={"stance": ["for", "no"]}).dimensions)
    ['stance']
    """
    table = _table(path, columns, only)
    names = [n for n in table.column_names if f"{n}_prob" in table.column_names]
    if "unit_id" not in table.column_names or not names:
        problem = "holds no tags: no columns unit_id, NAME and NAME_prob"
        raise InputError(path, problem, "name what `standfirst tag` wrote")
    if only and (missing := [name for name in only if name not in names]):
        problem = f"has no tags of {missing[0]!r} (it has {', '.join(names)})"
        raise InputError(path, problem, "name one of these")
    if not len(table):
        raise InputError(path, "holds no unit", "tag some articles")
    ids = table["unit_id"].cast(pa.string()).combine_chunks()
    n_twice = len(ids) - pc.count_distinct(ids).as_py()
    if n_twice:
        problem = f"{n_twice} units stand in it twice, so that they would count twice"
        raise InputError(path, problem, "tag each unit once, with one model")
    versions: tuple[str, ...] = ()
    if "model_version" in table.column_names:
        versions = tuple(sorted(pc.unique(table["model_version"]).to_pylist()))
        if len(versions) > 1:
            problem = f"was tagged by {len(versions)} models ({', '.join(versions)})"
            raise InputError(path, problem, "measure the tags of one model at a time")
    dimensions = {
        name: _dimension(path, table, name, (labels or {}).get(name), (seen or {}).get(name, ()))
        for name in names
        if only is None or name in only
    }
    extra = table.select([n for n in dict.fromkeys(columns) if n in table.column_names])
    return Tags(str(path), ids, dimensions, extra, versions)


def _table(path: Path, extra: Sequence[str], only: Sequence[str] | None) -> pa.Table:
    tables = [_read(file, extra, only) for file in _files(path)]
    try:
        return pa.concat_tables(tables, promote_options="default")
    except pa.ArrowException as error:
        problem = "its files have different columns"
        raise InputError(path, problem, "name the folder of one run") from error


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise MissingFileError(path, "no such tags", "run: standfirst tag MODEL FILES -o TAGS")
    if not path.is_dir():
        return [path]
    inner = path / "tags" if (path / "tags").is_dir() else path
    files = sorted(
        file
        for file in inner.iterdir()
        if file.suffix in _SUFFIXES and file.stem not in _NOT_TAGS and file.name[0] not in "._"
    )
    if not files:
        raise InputError(path, "holds no tags", "name what `standfirst tag` wrote")
    return files


def _read(
    file: Path, extra: Sequence[str], only: Sequence[str] | None, *, most: int | None = None
) -> pa.Table:
    if file.suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise InputError(file, f"unknown format {file.suffix!r}", f"use one of {known}")
    try:
        if most is not None and file.suffix == ".parquet":
            return _head(file, most)
        return _READERS[file.suffix](file, extra, only)
    except (pa.ArrowException, UnicodeDecodeError, ValueError, OSError) as error:
        problem = f"cannot be read: {str(error).splitlines()[0]}"
        raise InputError(file, problem, "tag again") from error


def _wanted(names: Sequence[str], extra: Sequence[str], only: Sequence[str] | None) -> list[str]:
    dimensions = [n for n in names if f"{n}_prob" in names and (only is None or n in only)]
    ends = ("", "_prob", "_cross", "_confidence", "_abstained")
    wanted = {"unit_id", "model_version", *extra}
    wanted |= {f"{name}{end}" for name in dimensions for end in ends}
    return [name for name in names if name in wanted]


def _parquet(file: Path, extra: Sequence[str], only: Sequence[str] | None) -> pa.Table:
    from pyarrow import parquet

    names = parquet.read_schema(file).names
    return parquet.read_table(file, columns=_wanted(names, extra, only))


def _head(file: Path, most: int) -> pa.Table:
    from pyarrow import parquet

    with parquet.ParquetFile(file) as opened:
        schema = opened.schema_arrow
        columns = _wanted(schema.names, (), None)
        for batch in opened.iter_batches(batch_size=most, columns=columns):
            return pa.Table.from_batches([batch])
    return schema.empty_table()


def _jsonl(file: Path, extra: Sequence[str], only: Sequence[str] | None) -> pa.Table:
    from pyarrow import json

    table = json.read_json(file)
    return table.select(_wanted(table.column_names, extra, only))


def _csv(file: Path, extra: Sequence[str], only: Sequence[str] | None) -> pa.Table:
    from pyarrow import csv

    with file.open("rb") as stream:
        header = stream.readline().decode("utf-8-sig").strip()
    kinds = dict.fromkeys((name.strip('"') for name in header.split(",")), pa.string())
    options = csv.ConvertOptions(column_types=kinds, strings_can_be_null=True, null_values=["NA"])
    parse = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(file, convert_options=options, parse_options=parse)
    table = table.select(_wanted(table.column_names, extra, only))
    for number, name in enumerate(table.column_names):
        if name.endswith(("_prob", "_cross")):
            split = pc.split_pattern(table[name], "|")
            column = pa.chunked_array(
                [pc.cast(c, pa.list_(pa.float32())) for c in split.chunks], pa.list_(pa.float32())
            )
            table = table.set_column(number, name, column)
        elif name in extra and name not in _TEXTS:
            table = table.set_column(number, name, _numbers(table[name]))
    return table


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Make numbers of texts where each of them is one: the tags of a CSV hold no types.

    Codes with leading zeros, and columns that are empty, stay as they are.
    """
    written = pc.drop_null(column)
    if not len(written) or not pc.all(pc.match_substring_regex(written, _NUMBER)).as_py():
        return column
    whole = not pc.any(pc.match_substring(written, ".")).as_py()
    try:
        return pc.cast(column, pa.int64() if whole else pa.float64())
    except pa.ArrowInvalid:
        return column


_READERS = {".parquet": _parquet, ".jsonl": _jsonl, ".csv": _csv}


def _dimension(
    path: Path,
    table: pa.Table,
    name: str,
    labels: Sequence[str] | None,
    seen: Sequence[str],
) -> TaggedDimension:
    crossed = f"{name}_cross" in table.column_names
    probabilities = _matrix(path, table, f"{name}_prob")
    column = table[name].combine_chunks()
    multiple = _is_multiple(path, name, column, probabilities)
    if not multiple and pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), None, column)
    units, values = _pairs(column, multiple=multiple)
    if labels is None:
        labels = _named(f"{path}: {name}", units, values, probabilities, seen)
    elif len(labels) != probabilities.shape[1]:
        problem = f"{name}: {probabilities.shape[1]} probabilities for {len(labels)} labels"
        raise InputError(path, problem, "name the model that wrote the tags")
    codes = pc.index_in(values, value_set=pa.array(labels, pa.string()))
    if codes.null_count:
        strange = values.filter(pc.is_null(codes))[0].as_py()
        problem = f"{name}: tagged {strange!r}, which is not a label of this codebook"
        raise InputError(path, problem, "tag again with a model of this revision")
    given = np.zeros(probabilities.shape, bool)
    given[units, codes.to_numpy(zero_copy_only=False)] = True
    abstained: NDArray[np.bool_] = np.zeros(len(table), bool)
    if not multiple:
        abstained = np.asarray(~given.any(axis=1))
        given[abstained, probabilities[abstained].argmax(axis=1)] = True
    used = _matrix(path, table, f"{name}_cross") if crossed else probabilities
    # Who is not asked does not abstain; the most probable label is what an answer would have been.
    n_not_asked = _not_asked(table, name, column)
    n_abstained = max(0, int(abstained.sum()) - n_not_asked)
    silent = abstained if not multiple else _is_null(column)
    return TaggedDimension(
        name, tuple(labels), multiple, used, given, crossed, n_abstained, n_not_asked, silent
    )


def _is_multiple(
    path: Path, name: str, column: pa.Array, probabilities: NDArray[np.float32]
) -> bool:
    """Tell whether a unit takes any number of labels."""
    if not pa.types.is_string(column.type):
        return bool(pa.types.is_list(column.type))
    # In a CSV lists are joined; probabilities of a single choice add up to 1.
    n_off = int((np.abs(probabilities.sum(axis=1) - 1) > _ROUNDED).sum())
    joined = bool(pc.any(pc.match_substring_regex(column, r"\||^\[\]$")).as_py())
    if n_off and not joined and n_off < _MOST_OFF * len(column):
        problem = f"{name}: the probabilities of {n_off} units do not add up to 1"
        raise InputError(path, problem, "tag again, or take these units out")
    return joined or n_off > 0


def _not_asked(table: pa.Table, name: str, column: pa.Array) -> int:
    """Count the units without a label on which the model did not abstain either."""
    if f"{name}_abstained" not in table.column_names or not column.null_count:
        return 0
    abstained = table[f"{name}_abstained"].combine_chunks()
    if pa.types.is_string(abstained.type):
        abstained = pc.equal(pc.utf8_lower(abstained), "true")
    untold = pc.and_(column.is_null(), pc.invert(pc.fill_null(abstained, False)))  # noqa: FBT003
    return int(pc.sum(untold).as_py() or 0)


def _is_null(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), bool)


def _matrix(path: Path, table: pa.Table, name: str) -> NDArray[np.float32]:
    column = table[name].combine_chunks()
    flat = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    n = len(column)
    if column.null_count or not len(flat):
        problem = f"{name}: units without probabilities"
        raise InputError(path, problem, "shares need them on all units; tag again")
    if pc.count_distinct(pc.list_value_length(column)).as_py() > 1:
        raise InputError(path, f"{name}: not as many probabilities on each unit", "tag again")
    matrix: NDArray[np.float32] = flat.reshape(n, -1)
    if not np.isfinite(matrix).all() or matrix.min() < 0 or matrix.max() > 1.0001:
        raise InputError(path, f"{name}: not probabilities from 0 to 1", "tag again")
    return matrix


def _pairs(column: pa.Array, *, multiple: bool) -> tuple[NDArray[np.int64], pa.Array]:
    """Give the units and labels of all tags, a pair each."""
    if multiple:
        if not pa.types.is_list(column.type):
            column = pc.split_pattern(pc.fill_null(column, ""), "|")
        units = pc.list_parent_indices(column).to_numpy().astype(np.int64)
        values = pc.list_flatten(column).cast(pa.string())
        full = pc.invert(pc.is_in(values, value_set=pa.array(["", "[]"])))
        return units[full.to_numpy(zero_copy_only=False)], values.filter(full)
    there = column.is_valid()
    rows = np.flatnonzero(there.to_numpy(zero_copy_only=False))
    return rows, column.filter(there).cast(pa.string())


def _named(
    where: str,
    units: NDArray[np.int64],
    values: pa.Array,
    probabilities: NDArray[np.float32],
    seen: Sequence[str],
) -> tuple[str, ...]:
    """Find which probability is which label's: high where the label was given."""
    from scipy.optimize import linear_sum_assignment

    coded = values.dictionary_encode()
    given = coded.dictionary.to_pylist()
    n_labels = probabilities.shape[1]
    if len(given) > n_labels:
        problem = f"{len(given)} labels were given, and there are {n_labels} probabilities"
        raise InputError(where, problem, "tag again")
    codes = coded.indices.to_numpy(zero_copy_only=False)
    rise = np.zeros((len(given), n_labels))
    middle = probabilities.mean(axis=0)
    for number in range(len(given)):
        rise[number] = probabilities[units[codes == number]].mean(axis=0) - middle
    rows, columns = linear_sum_assignment(-rise)
    names: list[str | None] = [None] * n_labels
    for row, column in zip(rows, columns, strict=True):
        names[column] = given[row]
    untold = [k for k, label in enumerate(names) if label is None]
    unused = sorted(set(seen) - set(given))
    if untold and not (len(untold) == 1 and len(unused) == 1):
        problem = (
            f"{len(untold)} of {n_labels} labels are never given, so that their names are open"
        )
        raise InputError(where, problem, "name the model that wrote the tags: --model MODEL")
    if untold:
        names[untold[0]] = unused[0]
    return tuple(str(label) for label in names)


def dimensions_of(path: Path) -> dict[str, bool]:
    """Tell which dimensions were tagged, and whether each takes several labels."""
    multiple: dict[str, bool] = {}
    for file in _files(path)[:1]:
        table = _read(file, (), None, most=_FEW)
        for name in table.column_names:
            if f"{name}_prob" in table.column_names and len(table):
                column = table[name].combine_chunks()
                probabilities = _matrix(path, table, f"{name}_prob")
                multiple[name] = _is_multiple(path, name, column, probabilities)
    if not multiple:
        problem = "holds no tags: no columns NAME and NAME_prob"
        raise InputError(path, problem, "name what `standfirst tag` wrote")
    return multiple


def unit_ids_of(path: Path) -> list[str]:
    """Read the ids of the units of a table of tags, and nothing else."""
    return units_and_models_of(path)[0]


def units_and_models_of(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Read which units were tagged, and the versions of the models that did it."""
    table = _table(path, (), ())
    if "unit_id" not in table.column_names:
        raise InputError(path, "holds no tags: no column unit_id", "name what `tag` wrote")
    ids: list[str] = table["unit_id"].cast(pa.string()).to_pylist()
    named = "model_version" in table.column_names
    models = sorted(filter(None, pc.unique(table["model_version"]).to_pylist())) if named else []
    return ids, tuple(models)
