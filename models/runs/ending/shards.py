"""Copy shards, one or many into one file, leaving out the units of some articles."""

import csv
import io
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

__all__ = ["copy_shards"]

Shard = tuple[BinaryIO, Collection[str]]
"""An open shard, and the ids of the articles that are left out."""


def copy_shards(form: str, shards: Iterable[Shard], path: Path) -> int:
    """Copy shards into one file, in order.

    Parameters
    ----------
    form
        Their format, one of `tables.FORMATS`.
    shards
        Taken one by one; at least one.
    path
        What is written.

    Returns
    -------
    The number of units written.
    """
    return _COPIERS[form](shards, path)


def _parquet(shards: Iterable[Shard], path: Path) -> int:
    writer: parquet.ParquetWriter | None = None
    n_rows = 0
    try:
        for stream, out in shards:
            with parquet.ParquetFile(stream) as file:
                if writer is None:
                    writer = parquet.ParquetWriter(path, file.schema_arrow, compression="zstd")
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    if out:
                        gone = pc.is_in(table["article_id"], pa.array(sorted(out), pa.string()))
                        table = table.filter(pc.invert(gone))
                    writer.write_table(table)
                    n_rows += len(table)
    finally:
        if writer is not None:
            writer.close()
    return n_rows


class _Line(msgspec.Struct):
    article_id: str


def _jsonl(shards: Iterable[Shard], path: Path) -> int:
    decoder, n_rows = msgspec.json.Decoder(_Line), 0
    with path.open("wb") as target:
        for stream, out in shards:
            for line in stream:
                if not out or decoder.decode(line).article_id not in out:
                    target.write(line)
                    n_rows += 1
    return n_rows


def _csv(shards: Iterable[Shard], path: Path) -> int:
    n_rows = 0
    header: list[str] | None = None
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        rows = csv.writer(target)
        for stream, out in shards:
            text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            cells = csv.reader(text)
            first = next(cells)
            if header is None:
                header = first
                rows.writerow(header)
            column = header.index("article_id")
            # An id that a spreadsheet would run was made inert, with an apostrophe before it.
            gone = {*out, *(f"'{article_id}" for article_id in out)}
            for row in cells:
                if row[column] not in gone:
                    rows.writerow(row)
                    n_rows += 1
            text.detach()
    return n_rows


_COPIERS: dict[str, Callable[[Iterable[Shard], Path], int]] = {
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".csv": _csv,
}
