"""The reader of feeds: RSS, Atom, and the feeds of Europe Media Monitor, an article from each item.

lxml goes item by item, without entities and without the network; feedparser would load the whole
feed, and takes broken XML for what it may have meant.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = ["read_feed"]

_NAMES = {
    "encoded": "full_text", "content": "full_text", "description": "text", "summary": "text",
    "title": "title", "link": "url", "pubdate": "published", "published": "published",
    "updated": "updated", "date": "published", "guid": "guid", "creator": "author",
    "author": "author", "language": "language", "source": "outlet",
}  # fmt: skip


def read_feed(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each item of a feed: its full text, or its teaser without one."""
    from lxml import etree

    number, channel = 0, ""
    walker = etree.iterparse(
        stream, resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True
    )
    try:
        for _, node in walker:
            kind = etree.QName(node).localname.lower()
            if kind in ("item", "entry"):
                number += 1
                yield to_article({"outlet": channel} | _record(node), fields, name, number)
                node.clear()
                while node.getprevious() is not None:
                    channel = channel or _title(node.getprevious())
                    del node.getparent()[0]
            elif not channel:
                channel = _title(node) if _is_of_channel(node) else ""
    except etree.XMLSyntaxError as error:
        yield Reject.of(name, number + 1 if number else None, f"broken XML: {error.msg}")
        return
    if number == 0:
        yield Reject.of(name, None, "no feed: an item (RSS) or entry (Atom) is read from XML")


def _is_of_channel(node: Any) -> bool:
    parent = node.getparent()
    return parent is not None and str(parent.tag).rpartition("}")[2] in ("channel", "feed", "rss")


def _title(node: Any) -> str:
    return (node.text or "").strip() if str(node.tag).rpartition("}")[2] == "title" else ""


def _record(item: Any) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for node in item:
        if not isinstance(node.tag, str):
            continue
        tag = node.tag.rpartition("}")[2]
        key = _NAMES.get(tag.lower(), tag)
        value = "".join(node.itertext()).strip() or node.get("href", "")
        if value and key not in record:
            record[key] = value
    if "updated" in record:
        record.setdefault("published", record["updated"])
    return record
