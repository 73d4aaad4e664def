"""How long a run will take, told from its first records."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ...corpus import Article, Reject
from ..model import Model
from ..tagging.blocks import Counts, tag_blocks
from .inputs.pieces import Lines, read_piece
from .run import Prepared

__all__ = ["seconds_a_byte"]

_ARTICLES = 40
_LONGEST = 3.0
_OVERHEAD = 1.15


def seconds_a_byte(prepared: Prepared) -> float:
    """Tag the first records of what is left, write nothing, and measure.

    Returns
    -------
    Seconds that one process takes for a byte of input; start-up is left out. It is rough: files
    that are mostly not text (web pages) go faster than told.
    """
    model = Model.load(Path(prepared.job.model))
    records = _records(prepared)
    begun = time.monotonic()
    size, spent, counts = 0, 0.0, Counts()
    while time.monotonic() - begun < _LONGEST and (some := list(islice(records, _ARTICLES))):
        size += sum(len(one.text.encode()) for one in some if isinstance(one, Article))
        start = time.perf_counter()
        for _ in tag_blocks(model, some, counts, prepared.job.preparation):
            pass
        spent += time.perf_counter() - start
    return spent / max(size * _OVERHEAD, 1)


def _records(prepared: Prepared) -> Iterator[Article | Reject]:
    for task in prepared.left:
        for piece in task.pieces:
            yield from read_piece(piece, prepared.job.fields, Lines())
