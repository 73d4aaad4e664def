"""News in, units out: read, clean, deduplicate, segment, store."""

from .article import Article, content_id
from .clean import Cleaned, Removal, clean
from .cut import cut
from .fields import Fields, Reject
from .ingest import Added, add
from .part import Options, aside
from .prepare import rehearse
from .read import READERS, read_articles
from .recut import Recut, recut
from .rejects import keep_rejects, load_rejects
from .segment import SEGMENTERS, Segmenter, get_segmenter, sentences
from .store import KEEP, Setup, load_articles, load_units, read_setup, units_table
from .summary import summary
from .unit import KINDS, UNIT_SCHEMA, Unit, unit_ids

__all__ = [
    "KEEP",
    "KINDS",
    "READERS",
    "SEGMENTERS",
    "UNIT_SCHEMA",
    "Added",
    "Article",
    "Cleaned",
    "Fields",
    "Options",
    "Recut",
    "Reject",
    "Removal",
    "Segmenter",
    "Setup",
    "Unit",
    "add",
    "aside",
    "clean",
    "content_id",
    "cut",
    "get_segmenter",
    "keep_rejects",
    "load_articles",
    "load_rejects",
    "load_units",
    "read_articles",
    "read_setup",
    "recut",
    "rehearse",
    "sentences",
    "summary",
    "unit_ids",
    "units_table",
]
