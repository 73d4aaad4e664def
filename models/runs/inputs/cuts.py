"""Cut a large file into ranges that can be read on their own.

JSON Lines is cut at line ends near multiples of a size, found by looking there only. CSV is cut
between records, found by reading it once, because a quoted cell may hold line ends. Parquet is cut
at row groups. A compressed file cannot be entered in the middle, so that whoever reads a range
reads past what is before it: it is cut into at most `MOST_PASSES`. Other formats, and files in
other alphabets than UTF-8, are read whole.
"""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from ....corpus.reading.source import Source
from ....tables.encodings import HEAD, decoded, encoding_of
from ....tables.separated import Dialect, dialect_of, records
from .pieces import Piece, open_parquet, open_source

__all__ = ["CELLS", "LINES", "MOST_PASSES", "Sized", "cut_input"]

Sized = tuple[Piece, int]
"""A piece, and its size in bytes, unpacked, about."""

MOST_PASSES = 16
"""Into how many ranges a compressed file is cut at most."""

LINES = (".jsonl", ".ndjson")
"""Formats with one record a line."""

CELLS = (".csv", ".tsv")
"""Formats whose records may span lines."""

_UNPACKED = 4
_CHUNK = 2**20


class _Input(NamedTuple):
    path: str
    name: str
    form: str
    size: int


def cut_input(path: str, name: str, form: str, stored: int, shard: int) -> list[Sized]:
    """Cut a file into pieces, each with its size.

    Parameters
    ----------
    path, name, form
        As in `Piece`.
    stored
        Bytes as they are stored.
    shard
        Bytes of a piece, about.
    """
    source = open_source(path)
    if stored > shard or source.compression:
        source = replace(source, compression=source.packing())
    size = stored * (_UNPACKED if source.compression else 1)
    item = _Input(path, name, form, stored)
    whole = Piece(path, name, form)
    pieces: list[Sized] = []
    try:
        if size > shard and item.form == ".parquet":
            pieces = list(_row_ranges(item, source, shard))
        elif size > shard and item.form in LINES:
            pieces = list(_line_ranges(item, source, shard))
        elif size > shard and item.form in CELLS:
            pieces = list(_cell_ranges(item, source, shard))
    except (pa.ArrowException, OSError, EOFError, ValueError):
        # A damaged file is read whole, so that the message says where it breaks.
        pieces = []
    return pieces if len(pieces) > 1 else [(whole, size)]


def _row_ranges(item: _Input, source: Source, shard: int) -> Iterator[Sized]:
    with open_parquet(source) as file:
        groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
    start = first = held = 0
    for group in groups:
        n_rows, size = group.num_rows, group.total_byte_size
        # A row group that is larger than a task is cut by rows.
        parts = max(1, min(size // shard, n_rows))
        for part in range(1, parts + 1):
            held += size // parts
            end = first + n_rows * part // parts
            if held >= shard or (part == parts and group is groups[-1]):
                yield Piece(item.path, item.name, item.form, start, end), held
                start, held = end, 0
        first += n_rows


def _line_ranges(item: _Input, source: Source, shard: int) -> Iterator[Sized]:
    with source.open() as stream:
        head = stream.read(HEAD)
    # One list over many lines is known by its first line alone.
    if encoding_of(head) not in ("utf-8", "utf-8-sig") or _is_list(head):
        return
    if source.compression:
        cuts = _thinned(_passed_cuts(source, shard))
    else:
        cuts = _sought_cuts(item, source, shard)
    for start, end in pairwise(cuts):
        before = b"" if start == 0 else codecs.BOM_UTF8
        yield Piece(item.path, item.name, item.form, start, end, before, None), end - start


def _is_list(head: bytes) -> bool:
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


def _sought_cuts(item: _Input, source: Source, shard: int) -> list[int]:
    """Find the line ends near every `shard` bytes, by looking there only."""
    cuts = [0]
    with source.open() as stream:
        for near in range(shard, item.size, shard):
            if near <= cuts[-1]:
                continue
            stream.seek(near)
            at = near
            while block := stream.read(64 * 2**10):
                line_end = block.find(b"\n")
                if line_end >= 0:
                    cuts.append(at + line_end + 1)
                    break
                at += len(block)
    return [*(cut for cut in cuts if cut < item.size), item.size]


def _passed_cuts(source: Source, shard: int) -> list[int]:
    """Find the line ends near every `shard` bytes of a stream that must be read from its start."""
    cuts, near, at = [0], shard, 0
    with source.open() as stream:
        while block := stream.read(_CHUNK):
            while near < at + len(block):
                line_end = block.find(b"\n", max(near - at, 0))
                if line_end < 0:
                    break
                cuts.append(at + line_end + 1)
                near = cuts[-1] + shard
            at += len(block)
    return [*(cut for cut in cuts if cut < at), at]


def _cell_ranges(item: _Input, source: Source, shard: int) -> Iterator[Sized]:
    with source.open() as stream:
        head = stream.read(HEAD)
        if encoding_of(head) not in ("utf-8", "utf-8-sig"):
            return
    delimiter = "\t" if item.form == ".tsv" else None
    dialect = dialect_of(head, "utf-8-sig", delimiter)
    with source.open() as stream:
        cell_cuts = list(_cell_cuts(stream, dialect, head, shard))
    if source.compression:
        kept = _thinned([at for at, _ in cell_cuts])
        cell_cuts = [pair for pair in cell_cuts if pair[0] in kept]
    (begin, head_lines), *_ = cell_cuts
    header = codecs.BOM_UTF8 + head[:begin].removeprefix(codecs.BOM_UTF8)
    if dialect_of(header, "utf-8-sig", delimiter) != dialect:
        # Only with the rows below it is the header known as one.
        return
    for (start, lines), (end, _) in pairwise(cell_cuts):
        if start == begin:
            # The first range reads the header in its place.
            yield Piece(item.path, item.name, item.form, 0, end), end
        else:
            shift = lines - head_lines
            yield Piece(item.path, item.name, item.form, start, end, header, shift), end - start


def _cell_cuts(
    stream: BinaryIO, dialect: Dialect, head: bytes, shard: int
) -> Iterator[tuple[int, int]]:
    """Yield the end of the header, of a record near every `shard` bytes, and of the file.

    Each with the number of lines before it.
    """
    at = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    stream.read(at)
    last, n_lines = -1, 0
    with decoded(stream, "utf-8") as text:
        rows = records(text.readline, dialect.delimiter, dialect.skipped)
        for k, record in enumerate(rows):
            at += sum(len(line.encode("utf-8", "surrogateescape")) for line in record.lines)
            n_lines = record.line - 1 + len(record.lines)
            if last < 0:
                if k < dialect.skipped or not any(record.cells):
                    continue
                if at > len(head):
                    raise ValueError("no header")
            elif at - last < shard:
                continue
            last = at
            yield at, n_lines
    if at > last:
        yield at, n_lines


def _thinned(cuts: list[int]) -> list[int]:
    """Keep at most `MOST_PASSES` ranges of about the same size."""
    n_ranges = len(cuts) - 1
    if n_ranges <= MOST_PASSES:
        return cuts
    kept = sorted({round(k * n_ranges / MOST_PASSES) for k in range(MOST_PASSES + 1)})
    return [cuts[k] for k in kept]
