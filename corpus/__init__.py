"""News in, units out: read, clean, deduplicate, segment, store."""

from ..arguments import check_all
from .article import Article, content_id
from .cleaning.debris import Cleaned, Removal, clean
from .preparation import KEEP, Preparation
from .reading.fields import Fields, Reject
from .reading.read import READERS, read_articles
from .storing.add import Added, add
from .storing.amend import AMENDABLE, Amended, meta_columns, set_fields
from .storing.corpus import Corpus
from .storing.part import aside
from .storing.prepare import rehearse
from .storing.recut import Recut, recut
from .storing.rejects import keep_rejects, load_rejects
from .storing.store import load_articles, load_units, read_preparation
from .storing.summary import summary
from .units.cut import cut
from .units.segment import SEGMENTERS, Segmenter, get_segmenter, sentences
from .units.unit import KINDS, UNIT_SCHEMA, Unit, unit_ids

__all__ = [
    "AMENDABLE",
    "KEEP",
    "KINDS",
    "READERS",
    "SEGMENTERS",
    "UNIT_SCHEMA",
    "Added",
    "Amended",
    "Article",
    "Cleaned",
    "Corpus",
    "Fields",
    "Preparation",
    "Recut",
    "Reject",
    "Removal",
    "Segmenter",
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
    "meta_columns",
    "read_articles",
    "read_preparation",
    "recut",
    "rehearse",
    "sentences",
    "set_fields",
    "summary",
    "unit_ids",
]

check_all(globals(), __all__)
