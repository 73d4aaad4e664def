"""Texts as bytes, so that fast code need not make a Python string of each.

Arrow keeps a column of strings as one buffer of UTF-8 and the offset at which each string begins.
That is what the compiled encoders read; nothing is copied. A list of Python strings is brought to
the same form.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Strings", "Texts", "as_strings", "batches"]

Texts: TypeAlias = "Sequence[str] | pa.Array | pa.ChunkedArray | Strings"
"""A list of strings, a column of Arrow, or what `as_strings` made of one."""


@dataclass(frozen=True, slots=True)
class Strings:
    """UTF-8 of texts, one after the other."""

    data: npt.NDArray[np.uint8]
    """The bytes."""
    offsets: npt.NDArray[np.int64]
    """Where each text begins, and where the last ends, shape (n_texts + 1,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def text(self, row: int) -> str:
        """Return one text."""
        return (
            self.data[self.offsets[row] : self.offsets[row + 1]]
            .tobytes()
            .decode("utf-8", "surrogatepass")
        )

    def texts(self) -> list[str]:
        """Return all texts as Python strings."""
        return [self.text(row) for row in range(len(self))]


def as_strings(texts: Texts) -> Strings:
    """Bring texts to bytes.

    Examples
    --------
    >>> found = as_strings(pa.array(["Talks", "fail é"]).slice(1))
    >>> found.text(0), found.offsets.tolist()
    ('fail é', [5, 12])
    """
    if isinstance(texts, Strings):
        return texts
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if isinstance(texts, pa.ChunkedArray):  # no chunk at all
        texts = pa.array([], pa.string())
    if not isinstance(texts, pa.Array):
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum([0, *map(len, raw)], dtype=np.int64)
        return Strings(np.frombuffer(b"".join(raw), np.uint8), ends)
    large = pa.types.is_large_string(texts.type)
    if not large and not pa.types.is_string(texts.type):
        texts = texts.cast(pa.string())
    _, starts, data = texts.buffers()
    if len(texts) == 0 or starts is None:
        return as_strings([])
    size = 8 if large else 4
    offsets = np.frombuffer(
        starts, np.int64 if large else np.int32, len(texts) + 1, texts.offset * size
    )
    content = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    # Compiled code is made for one kind of array: what may be written to would be another.
    content.flags.writeable = False
    return Strings(content, offsets.astype(np.int64))


def batches(strings: Strings, n_rows: int) -> Iterator[tuple[int, Strings]]:
    """Cut texts into runs of limited length, each with the number of its first text."""
    for start in range(0, len(strings), n_rows):
        yield start, Strings(strings.data, strings.offsets[start : start + n_rows + 1])
