"""Parquet, by pyarrow, in batches.

Where a file says that a column holds the numbers of named classes, as `datasets` writes a
`ClassLabel`, its rows have the names: numbers would be taken for labels.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from .rewinding import rewindable
from .rows import BadRow, Row, doubled

__all__ = ["UNPACKED_LIMIT", "arrow_rows", "class_names", "open_parquet", "parquet_rows"]

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
            classes = class_names(file.schema_arrow)
            for batch in file.iter_batches(batch_size=1_000):
                for record in arrow_rows(batch, classes):
                    number += 1
                    yield Row(number, record)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        problem = f"broken Parquet: {str(error).splitlines()[0]}"
        yield BadRow(number + 1 if number else None, problem, "write the file again")
        return
    if number == 0:
        yield BadRow(None, "the file is empty", "write the file again")


def arrow_rows(
    table: Any, classes: Mapping[str, Sequence[str]] | None = None
) -> Iterator[dict[str, Any]]:
    """Give the rows of an Arrow table or batch, with the names of classes for their numbers.

    Parameters
    ----------
    table
        The table.
    classes
        From `class_names`; looked up when None.
    """
    if classes is None:
        classes = class_names(table.schema)
    for record in table.to_pylist():
        for column, names in classes.items():
            record[column] = _named(record[column], names)
        yield record


def class_names(schema: Any) -> dict[str, Sequence[str]]:
    """Give the names of the classes of each column that holds their numbers.

    Parameters
    ----------
    schema
        Of Arrow; what `datasets` notes in its metadata is read, and left aside where it is damaged.
    """
    try:
        noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features: Mapping[str, Any] = noted["info"]["features"]
        found = {name: _classes(one) for name, one in features.items() if name in schema.names}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
    return {name: names for name, names in found.items() if names}


def _classes(feature: Any) -> Sequence[str]:
    """Give the names of a class label, or of a list of them."""
    inner = feature.get("feature", feature) if isinstance(feature, Mapping) else feature
    if isinstance(inner, Mapping) and inner.get("_type") == "ClassLabel":
        return [str(name) for name in inner.get("names") or ()]
    return ()


def _named(value: Any, names: Sequence[str]) -> Any:
    """Give the name of a class; None for -1, which is none, and what is no class as it is."""
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if not isinstance(value, int) or value >= len(names):
        return value
    return names[value] if value >= 0 else None
