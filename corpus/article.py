"""The article: what a reader yields and what every later stage starts from.

An article's id is the user's own where there is one, else a hash of its title and raw text, so that
the same article has the same id on every machine and is not added twice.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

__all__ = ["Article", "content_id", "framed"]


def content_id(*parts: str) -> str:
    """Derive a stable id of 16 hexadecimal digits from texts.

    The parts are hashed with their lengths, so that moving a border between two changes the id.

    Examples
    --------
    >>> content_id("Talks resume", "The talks resumed on Monday.")
    'a8882dbde26928e6'
    >>> content_id("ab", "c") == content_id("a", "bc")
    False
    """
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(framed(part))
    return digest.hexdigest()


def framed(part: str) -> bytes:
    """Return a part as it is hashed: its length, then its bytes."""
    raw = part.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(8, "little") + raw


@dataclass(frozen=True, slots=True)
class Article:
    """One news article.

    Examples
    --------
    >>> from standfirst.corpus import Article
    >>> Article("a1", "Talks resume", "The minister left.", outlet="Harbour Post").published
    ''
    """

    id: str
    """The user's id, or a hash of the content."""
    title: str
    """The headline; empty when the source has none."""
    text: str
    """The body; paragraphs are separated by line breaks."""
    outlet: str = ""
    """Who published it."""
    published: str = ""
    """ISO date or date and time, as given; empty when unknown."""
    url: str = ""
    """Where it was published."""
    language: str = ""
    """ISO 639-1 code; empty when unknown."""
    meta: dict[str, Any] = field(default_factory=dict)
    """Every further column of the source."""
    file: str = ""
    """Where it was read from."""
    record: int | None = None
    """Number of its line or record in that file, from 1."""
