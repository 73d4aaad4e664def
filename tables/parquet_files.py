"""Parquet, by pyarrow, in batches."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from .rewinding import rewindable
from .rows import BadRow, Row, doubled

__all__ = ["UNPACKED_LIMIT", "open_parquet", "parquet_rows"]

UNPACKED_LIMIT = 2**30
"""How many bytes a compressed Parquet file may have when it is unpacked."""

_IN_MEMORY = 64 * 2**20


@contextmanager
def open_parquet(stream: BinaryIO) -> Iterator[Any]:
    """Open a Parquet file.

    One that is compressed as a whole is unpacked first, into a temporary file if it is large.

    Raises
    ------
    pyarrow.ArrowInvalid
        It is none, two of its columns have the same name, or it is larger than `UNPACKED_LIMIT`
        when it is unpacked.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as unpacked:
        try:
            seekable = rewindable(stream, cast("BinaryIO", unpacked), UNPACKED_LIMIT)
        except ValueError as error:
            raise pa.ArrowInvalid(str(error)) from error
        file = parquet.ParquetFile(cast("Any", seekable))
        if problem := doubled(file.schema_arrow.names):
            raise pa.ArrowInvalid(problem)
        yield file


def parquet_rows(
    stream: BinaryIO, *, encoding: str | None = None, report: Callable[[str], object] = str
) -> Iterator[Row | BadRow]:
    """Read the rows of a Parquet file.

    Parameters
    ----------
    stream
        The file, decompressed; it is not closed.
    encoding, report
        As for the other formats; of no use here.
    """
    import pyarrow as pa

    del encoding, report
    number = 0
    try:
        with open_parquet(stream) as file:
            for batch in file.iter_batches(batch_size=1_000):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, record)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        problem = f"broken Parquet: {str(error).splitlines()[0]}"
        yield BadRow(number + 1 if number else None, problem, "write the file again")
        return
    if number == 0:
        yield BadRow(None, "the file is empty", "write the file again")
