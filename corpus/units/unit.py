"""The unit: what one person judges.

By default a sentence; also a window of sentences, a paragraph, or the article.

``text == article.text[start:end]`` always holds, so that a judgement can be traced to its sentence.
The id is a hash of the article's id, the kind, the text and its number among equal texts of the
article: cleaning a line of debris out of an article moves offsets, but no id, and annotations stay
with their sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import pyarrow as pa

from ..article import framed

__all__ = ["KINDS", "UNIT_SCHEMA", "Unit", "unit_ids"]

KINDS = ("sentence", "window", "paragraph", "article")
"""The kinds of unit that an article can be cut into."""

UNIT_SCHEMA = pa.schema(
    [
        ("unit_id", pa.string()),
        ("article_id", pa.string()),
        ("index", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("text", pa.string()),
        ("kind", pa.string()),
        ("cluster", pa.string()),
        ("title", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("outlet", pa.string()),
        ("published", pa.string()),
        ("language", pa.string()),
    ]
)
"""The columns of a table of units, in order. `cluster` is shared by near-duplicate articles."""


_FIRST = framed("0")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of an article, with the context that a coder sees.

    Examples
    --------
    >>> from standfirst.corpus import Article, cut
    >>> article = Article("a1", "Talks resume", "Talks resume. The minister left.")
    >>> first, second = cut(article)
    >>> second.text, second.before, article.text[second.start : second.end] == second.text
    ('The minister left.', 'Talks resume.', True)
    """

    unit_id: str
    """Stable id of 16 hexadecimal digits."""
    article_id: str
    """Id of the article that it is cut from."""
    index: int
    """Position among the article's units, from 0."""
    start: int
    """Offset of its first character in the article's text."""
    end: int
    """Offset behind its last character."""
    text: str
    """The unit itself, ``article.text[start:end]``."""
    kind: str = "sentence"
    """One of `KINDS`."""
    cluster: str = ""
    """Id shared by near-duplicate articles; the article's own id when it has none."""
    title: str = ""
    """The article's headline."""
    before: str = ""
    """The units just before it, joined by a space."""
    after: str = ""
    """The units just after it, joined by a space."""
    outlet: str = ""
    """The article's outlet."""
    published: str = ""
    """The article's date."""
    language: str = ""
    """The article's language."""


def unit_ids(article_id: str, kind: str, texts: Iterable[str]) -> list[str]:
    """Name the units of one article, in order.

    Examples
    --------
    >>> unit_ids("a1", "sentence", ["No.", "Yes.", "No."])
    ['3a0337be3a81889b', '00e0aefb2ff3e838', '090d25aba362eaf8']
    """
    # As `content_id` of the four parts; what all units share is hashed once.
    shared = blake2b(framed(article_id) + framed(kind), digest_size=8)
    seen: dict[str, int] = {}
    ids = []
    for text in texts:
        nth = seen.get(text, 0)
        seen[text] = nth + 1
        digest = shared.copy()
        digest.update(framed(text) + (framed(str(nth)) if nth else _FIRST))
        ids.append(digest.hexdigest())
    return ids
