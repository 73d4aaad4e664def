"""News in, units out: read, clean, deduplicate, segment, store."""

from .article import Article, content_id
from .clean import Cleaned, Removal, clean
from .cut import cut
from .fields import Fields, Reject
from .read import READERS, read_articles
from .rejects import keep_rejects, load_rejects
from .segment import SEGMENTERS, Segmenter, get_segmenter, sentences
from .store import Added, Options, add, load_articles, load_units, units_table
from .unit import KINDS, UNIT_FEATURES, Unit, unit_ids

__all__ = [
    "KINDS",
    "READERS",
    "SEGMENTERS",
    "UNIT_FEATURES",
    "Added",
    "Article",
    "Cleaned",
    "Fields",
    "Options",
    "Reject",
    "Removal",
    "Segmenter",
    "Unit",
    "add",
    "clean",
    "content_id",
    "cut",
    "get_segmenter",
    "keep_rejects",
    "load_articles",
    "load_rejects",
    "load_units",
    "read_articles",
    "sentences",
    "unit_ids",
    "units_table",
]
