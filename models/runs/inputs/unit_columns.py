"""Ready units from Parquet, column by column: Arrow in and Arrow out.

A row that is out of the common (no text, a NUL byte), a batch with broken text, and a file whose
columns have types that are not expected go record by record, as all other formats do. Both ways
give the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....corpus import Article, Fields, Reject, content_id
from ....corpus.reading.fields import (
    columns_of,
    date_of,
    language_code,
    named,
    plain,
    to_article,
)
from ....corpus.reading.read import BROKEN
from ....tables import RECORD_LIMIT
from ...tagging.ready_units import Rows, about_of
from ...tagging.tags import UNIT_COLUMNS
from ...tagging.units import OF_ARTICLE
from .pieces import Lines, Piece, batches, open_parquet, open_source, read_piece

__all__ = ["read_units"]

_BATCH = 1_000
_VISIBLE = r"[\pL\pN\pP\pS]"
_OFFSETS = ("start", "end")


def read_units(
    piece: Piece, fields: Fields, lines: Lines, needs: Sequence[str]
) -> Iterator[Rows | Article | Reject]:
    """Read the ready units of a piece, in order.

    Parameters
    ----------
    piece, fields, lines
        As in `read_piece`.
    needs
        The columns of context that the model wants.
    """
    if piece.form != ".parquet":
        yield from read_piece(piece, fields, lines)
        return
    number = piece.start
    try:
        for first, batch in _whole(piece) if piece.whole else batches(piece, _BATCH):
            yield from _units(batch, fields, piece.name, first, needs)
            number = first + len(batch)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        problem = str(error).splitlines()[0]
        record = number + 1 if number or not piece.whole else None
        yield Reject.of(piece.name, record, f"broken Parquet: {problem}")
        return
    except BROKEN as error:
        if piece.whole:
            yield Reject.of(piece.name, None, f"cannot be read to its end: {error}")
        else:
            yield Reject.of(piece.name, number + 1, f"broken Parquet: {error}")
        return
    if not number:
        yield Reject.of(piece.name, None, "the file is empty")


def _whole(piece: Piece) -> Iterator[tuple[int, Any]]:
    first = 0
    with open_parquet(open_source(piece.path)) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            yield first, batch
            first += len(batch)


def _units(
    batch: pa.RecordBatch, fields: Fields, file: str, first: int, needs: Sequence[str]
) -> Iterator[Rows | Article | Reject]:
    """Take a batch column by column, what is out of the common record by record."""
    columns = _Columns.of(batch, fields, needs)
    if columns is None:
        for number, record in enumerate(batch.to_pylist(), first + 1):
            yield to_article(record, fields, file, number)
        return
    strange = columns.strange()
    edges = [-1, *strange.tolist(), len(batch)]
    for before, at in pairwise(edges):
        if at - before > 1:
            yield columns.rows(file, first, before + 1, at)
        if at < len(batch):
            (record,) = batch.slice(at, 1).to_pylist()
            yield to_article(record, fields, file, first + at + 1)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a batch, by what they hold."""

    text: pa.Array
    of_article: dict[str, pa.Array]
    """The columns that say something of the article: title, id, outlet ..."""
    meta: dict[str, pa.Array]
    """The columns that no field claims."""
    needs: tuple[str, ...]

    @classmethod
    def of(cls, batch: pa.RecordBatch, fields: Fields, needs: Sequence[str]) -> "_Columns | None":
        """Return the columns of a batch; None where they must be read record by record."""
        names = batch.schema.names
        columns = columns_of(dict.fromkeys(names), fields)
        known = set(names)
        if len(known) < len(names) or not known.issuperset(named(fields)) or "text" not in columns:
            return None
        used = set(columns.values())
        wanted = {"unit_id", "article_id", *_OFFSETS, *needs} - {"title"} - used
        meta = {name: batch.column(name) for name in sorted(wanted & known)}
        text = batch.column(columns["text"])
        if not _is_text(text.type) or not all(
            _is_whole(column.type) if name in _OFFSETS else _is_text(column.type)
            for name, column in meta.items()
        ):
            return None
        of_article = {}
        try:
            batch.validate(full=True)
            for name, source in columns.items():
                if name != "text":
                    of_article[name] = _plain(batch.column(source), name, fields)
        except (pa.ArrowException, _StrangeError):
            return None
        return cls(text.cast(pa.string()), of_article, meta, tuple(needs))

    def strange(self) -> npt.NDArray[np.int64]:
        """Return the rows whose text may be of no use."""
        seen = pc.match_substring_regex(self.text, _VISIBLE)
        fine = pc.and_not(seen, pc.match_substring(self.text, "\0"))
        fine = pc.and_(fine, pc.less_equal(pc.utf8_length(self.text), RECORD_LIMIT))
        return np.flatnonzero(~_true(fine).to_numpy(zero_copy_only=False))

    def rows(self, file: str, first: int, start: int, end: int) -> Rows:
        """Return some rows, none of which is strange."""
        n = end - start
        text = self.text.slice(start, n)
        known = {name: column.slice(start, n) for name, column in self.of_article.items()}
        meta = {name: column.slice(start, n) for name, column in self.meta.items()}
        blank = pa.repeat("", n)
        title = known.get("title", blank)
        ids = _filled(
            known.get("id", blank), lambda at: content_id(title[at].as_py(), text[at].as_py())
        )
        article_ids, unit_ids = _strings(meta, "article_id", n), _strings(meta, "unit_id", n)
        named_so = pc.not_equal(article_ids, "")
        unit_ids = pc.if_else(pc.and_(pc.equal(unit_ids, ""), named_so), ids, unit_ids)
        unit_ids = _filled(
            unit_ids, lambda at: content_id(ids[at].as_py(), "row", text[at].as_py())
        )
        article_ids = pc.if_else(named_so, article_ids, ids)
        context = {
            name: title if name == "title" else _strings(meta, name, n) for name in self.needs
        }
        units = pa.table(
            [unit_ids, article_ids, *_places(meta, text), text, *context.values()],
            names=[*UNIT_COLUMNS, *context],
        )
        about = {name: known.get(name, blank) for name in OF_ARTICLE}
        about["file"] = pa.repeat(file, n)
        about["record"] = pa.array(np.arange(first + start + 1, first + end + 1))
        return Rows(units, about_of(article_ids, about))


class _StrangeError(Exception):
    """A batch must be read record by record."""


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind))


def _plain(column: pa.Array, name: str, fields: Fields) -> pa.Array:
    """Make values plain text as `to_article` does, each different one once."""
    if pa.types.is_nested(column.type):
        raise _StrangeError
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = [plain(value) for value in coded.dictionary.to_pylist()]
    if any("\0" in value for value in values):
        raise _StrangeError
    stripped = [value.strip() for value in values]
    if name == "language":
        stripped = [language_code(value) for value in stripped]
    elif name == "published":
        stripped = [date_of(value, fields) for value in stripped]
    return pa.array(stripped, pa.string()).take(coded.indices).fill_null("")


def _strings(meta: Mapping[str, pa.Array], name: str, n: int) -> pa.Array:
    return meta[name].cast(pa.string()).fill_null("") if name in meta else pa.repeat("", n)


def _filled(column: pa.Array, give: Callable[[int], str]) -> pa.Array:
    """Fill in what is empty."""
    empty = pc.equal(column, "")
    rows = np.flatnonzero(empty.to_numpy(zero_copy_only=False))
    if not len(rows):
        return column
    return pc.replace_with_mask(column, empty, pa.array(map(give, rows.tolist()), pa.string()))


def _true(column: pa.Array) -> pa.Array:
    """Take null as false."""
    return pc.fill_null(column, pa.scalar(value=False))


def _places(meta: Mapping[str, pa.Array], text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the offsets; those of the text itself where one is missing."""
    ends = pc.utf8_length(text)
    if not meta.keys() >= set(_OFFSETS):
        return pa.repeat(pa.scalar(0, pa.int32()), len(text)), ends
    fine = None
    for name in _OFFSETS:
        low, high = (pa.scalar(bound, pa.int64()) for bound in (0, 2**31 - 1))
        inside = pc.and_(pc.greater_equal(meta[name], low), pc.less_equal(meta[name], high))
        fine = inside if fine is None else pc.and_(fine, inside)
    fine = _true(fine)
    start, end = (pc.if_else(fine, meta[name], 0) for name in _OFFSETS)
    return start.cast(pa.int32()), pc.if_else(fine, end.cast(pa.int32()), ends)
