"""Labelled rows, from a file or from memory: made with whatever tool their users have.

JSON Lines, CSV, TSV or Parquet; answers as a value, a list or ``a|b``, on the row itself or inside
an object `labels`. A column inside another object is named with a dot, as ``meta.target``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError, UnknownNameError
from ...labels.codebook.codebook import Codebook, Dimension
from ...tables import read_strictly, warn
from ...tables.answers import MISSING, AnswerCells, Cell, is_empty
from ...tables.in_memory import as_arrow
from ...tables.parquet_files import arrow_rows
from ..views import VIEWS, Span
from .answer_columns import column_answers
from .folds import join_groups
from .training_set import Answer, TrainingSet, find_dimension, known_answer
from .votes import agreed_shares

__all__ = ["from_file", "from_rows"]

_GROUP_COLUMNS = ("group", "article_id")


def from_file(
    path: str | Path,
    dimensions: str | Sequence[str],
    *,
    text: str = "text",
    group: str | None = None,
    codebook: Codebook | None = None,
    target: str | None = None,
    votes: bool = False,
    missing: Collection[str] = MISSING,
) -> TrainingSet:
    r"""Read a labelled file.

    Parameters
    ----------
    path
        JSON Lines, CSV, TSV or Parquet.
    dimensions
        Names of the columns that hold the answers: a value, a list, or ``a|b``. A column may also
        stand inside an object `labels`, as ``{"labels": {"stance": "critique"}}``. One list or
        ``a|b`` makes the dimension multiple choice; there an empty cell says that no label applies,
        and null or NA that nobody answered.
    text
        The column of the text.
    group
        The column that ties rows; by default `group` or `article_id`, and the row alone when there
        is neither.
    codebook
        Dimensions and labels; inferred from the columns when None.
    target
        The column that names the target of each text; by default `target`, where there is one.
        Columns that end in ``_from`` and ``_to`` (or ``_start`` and ``_end``) instead say where it
        is; without them, it is looked for.
    votes
        Weight each row by how many of its coders agree with its label, as the column NAME_votes
        tells: a share, ``a:3|b:1``, or an object label to number.
    missing
        Spellings of no answer, and of no group; what was taken so is logged.

    Raises
    ------
    InputError, UnknownNameError, UnknownLabelError
        A column, row or label cannot be used; the message names file and line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.models import from_file
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "coded.csv"
    ...     _ = path.write_text(
    ...         "text,stance,article_id\nIt is cruel.,no,a\nIt will work.,for,b\n"
    ...     )
    ...     data = from_file(path, "stance")
    ...     data.answers, data.grouped_by
    ({'stance': (('no',), ('for',))}, 'article_id')
    """
    path = Path(path)
    return _from_records(
        read_strictly(path, report=warn(path)),
        path,
        dimensions,
        text=text,
        group=group,
        codebook=codebook,
        target=target,
        votes=votes,
        missing=missing,
    )


def from_rows(
    rows: Any,
    dimensions: str | Sequence[str],
    *,
    text: str = "text",
    group: str | None = None,
    codebook: Codebook | None = None,
    target: str | None = None,
    votes: bool = False,
    missing: Collection[str] = MISSING,
) -> TrainingSet:
    """Take labelled rows from memory.

    Parameters
    ----------
    rows
        A data frame, a `datasets.Dataset` (a `ClassLabel` gives its names), an Arrow table, or a
        list of dicts.
    dimensions, text, group, codebook, target, votes, missing
        As in `from_file`.

    Raises
    ------
    InputError, UnknownNameError, UnknownLabelError
        A column, row or label that cannot be used; the row is told, from 1.

    Examples
    --------
    >>> rows = [{"text": "It is cruel.", "stance": "critique", "article_id": "a"}]
    >>> rows += [{"text": "It will work.", "stance": "support", "article_id": "b"}]
    >>> from_rows(rows, "stance").answers
    {'stance': (('critique',), ('support',))}
    """
    return _from_records(
        enumerate(_records(rows), 1),
        "rows",
        dimensions,
        text=text,
        group=group,
        codebook=codebook,
        target=target,
        votes=votes,
        missing=missing,
    )


def _records(rows: Any) -> Iterator[Mapping[str, Any]]:
    """Give the rows of a table in memory as dicts."""
    import pyarrow as pa

    try:
        rows = as_arrow(rows)
    except pa.ArrowException as error:
        problem = str(error).splitlines()[0]
        raise InputError("the rows", problem, "give all cells of a column one type") from error
    if isinstance(rows, pa.Table):
        yield from arrow_rows(rows)
        return
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        problem = f"are a {type(rows).__name__}"
        raise InputError("the rows", problem, "give a data frame, a Dataset or a list of dicts")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise InputError(f"rows:{number}", f"is a {type(row).__name__}", "give a dict a row")
        yield row


def _from_records(
    records: Iterable[tuple[int, Mapping[str, Any]]],
    path: str | Path,
    dimensions: str | Sequence[str],
    *,
    text: str,
    group: str | None,
    codebook: Codebook | None,
    target: str | None,
    votes: bool,
    missing: Collection[str],
) -> TrainingSet:
    dimensions = list(dict.fromkeys([dimensions] if isinstance(dimensions, str) else dimensions))
    texts: list[str] = []
    numbers: list[int] = []
    keys: list[str | None] = []
    known = {} if codebook is None else {d.id: _spellings(d) for d in codebook.dimensions}
    reader = AnswerCells(missing, known)
    raw: dict[str, list[Cell]] = {dimension: [] for dimension in dimensions}
    cells: dict[str, list[Any]] = {dimension: [] for dimension in dimensions}
    context: dict[str, list[str]] = {column: [] for column in VIEWS}
    spans: list[Span | None] = []
    columns: set[str] = set()
    used_group, used_target = group, target or "target"
    dotted = [name for name in (text, group, target, *dimensions) if name and "." in name]
    for number, row in records:
        where = f"{path}:{number}"
        flat = _flatten(row, dotted)
        if not columns or not columns.issuperset(flat):
            columns.update(flat)
        if used_group is None:
            used_group = next((name for name in _GROUP_COLUMNS if name in flat), None)
        if text not in flat and number == 1 and Path(path).suffix.lower() in ("", ".parquet"):
            break
        texts.append(_text(flat, text, columns, where))
        numbers.append(number)
        key = flat.get(used_group) if used_group is not None else None
        without = is_empty(key) or reader.is_missing(key, str(used_group))
        keys.append(None if without else str(key))
        for dimension in dimensions:
            try:
                raw[dimension].append(
                    reader.read(flat[dimension], dimension)
                    if dimension in flat
                    else reader.absent(dimension)
                )
            except ValueError as error:
                remedy = "write a name, a list of names, or a|b"
                raise InputError(where, f"{dimension}: {error}", remedy) from error
            cells[dimension].append(flat.get(f"{dimension}_votes"))
        for column, values in context.items():
            value = flat.get(used_target if column == "target" else column)
            values.append("" if value is None else str(value))
        spans.append(_span(flat, used_target, texts[-1], where))
    asked = [f"{dimension}_votes" for dimension in dimensions] if votes else []
    needed = (text, *dimensions, *filter(None, (group, target)), *asked)
    if absent := [name for name in needed if name not in columns]:
        raise UnknownNameError(f"column of {path}:", absent[0], sorted(columns))
    given, multiple, messages = column_answers(raw, numbers, codebook)
    for message in (*reader.messages(), *messages):
        warn(path)(message)
    if codebook is None:
        codebook = _infer(given, multiple)
    answers = {
        dimension: tuple(
            known_answer(answer, definition, f"{path}:{number}")
            for answer, number in zip(given[dimension], numbers, strict=True)
        )
        for dimension in dimensions
        for definition in [find_dimension(codebook, dimension)]
    }
    read: dict[str, Sequence[Any]] = {n: tuple(v) for n, v in context.items() if any(v)}
    if "target" in read and any(span is not None for span in spans):
        read["target_span"] = tuple(spans)
    weights = (
        None
        if not votes
        else {
            dimension: agreed_shares(
                answers[dimension], cells[dimension], [f"{path}:{n}" for n in numbers]
            )
            for dimension in dimensions
        }
    )
    return TrainingSet(
        str(path),
        codebook,
        tuple(texts),
        answers,
        join_groups(texts, keys),
        used_group or "row",
        read,
        weights,
    )


def _infer(raw: Mapping[str, list[Answer]], listed: Collection[str]) -> Codebook:
    from ...labels import infer_codebook

    columns = {
        name: [answer for answer in answers if answer is not None] for name, answers in raw.items()
    }
    return infer_codebook(columns, listed)


def _spellings(dimension: Dimension) -> frozenset[str]:
    return frozenset((*dimension.label_ids, *(label.name for label in dimension.labels)))


def _flatten(row: Mapping[str, Any], dotted: Sequence[str]) -> dict[str, Any]:
    """Turn what is nested in `labels`, or named with a dot, into columns of its own."""
    flat = dict(row)
    nested = row.get("labels")
    if isinstance(nested, Mapping):
        flat = {**nested, **{key: value for key, value in row.items() if key != "labels"}}
    for name in dotted:
        outer, _, _ = name.partition(".")
        held = row.get(outer)
        if isinstance(held, Mapping):
            flat |= {f"{outer}.{key}": value for key, value in held.items()}
    return flat


def _span(flat: Mapping[str, Any], target: str, text: str, where: str) -> Span | None:
    """Read where the target is, if the row says so."""
    for first, last in (("from", "to"), ("start", "end")):
        start, end = flat.get(f"{target}_{first}"), flat.get(f"{target}_{last}")
        if is_empty(start) or is_empty(end):
            continue
        try:
            span = int(start), int(end)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            span = -1, -1
        if not 0 <= span[0] < span[1] <= len(text):
            problem = f"{target} from {start!r:.20} to {end!r:.20}, in a text of {len(text)}"
            raise InputError(where, problem, "give characters, from 0, as in text[from:to]")
        return span
    return None


def _text(row: Mapping[str, Any], column: str, columns: Collection[str], where: str) -> str:
    if column not in row:
        raise UnknownNameError(f"column ({where}) for the text:", column, sorted(columns))
    value = row[column]
    if not isinstance(value, str) or not value.strip():
        problem = f"no text in the column {column!r}"
        raise InputError(where, problem, "fill it in, or remove the row")
    return value
