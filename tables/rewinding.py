"""Make a stream that only runs forwards one that can be read from any point."""

import bz2
import gzip
import lzma
import zipfile
from typing import BinaryIO

__all__ = ["rewindable"]

_BLOCK = 2**20
_SLOW = (bz2.BZ2File, gzip.GzipFile, lzma.LZMAFile, zipfile.ZipExtFile)
"""These can go back, but unpack everything again from the start."""


def rewindable(stream: BinaryIO, spool: BinaryIO, limit: int) -> BinaryIO:
    """Return the stream, or a copy of it where going back in it is slow or impossible.

    Parameters
    ----------
    stream
        The file, at its start.
    spool
        An empty temporary file, which takes the copy.
    limit
        How many bytes are copied at most.

    Raises
    ------
    ValueError
        The stream is longer than that.
    """
    if stream.seekable() and not isinstance(stream, _SLOW):
        return stream
    while block := stream.read(_BLOCK):
        spool.write(block)
        if spool.tell() > limit:
            raise ValueError(f"more than {limit // 2**20} MB when it is unpacked")
    spool.seek(0)
    return spool
