"""The readers of web pages: HTML files, and WARC archives as crawlers and Common Crawl keep them.

Trafilatura extracts the text of an article, without comments and in favour of precision: on real
news pages that gives the better F1 (``benchmarks/extraction.py``), and what it leaves out is mostly
debris. Pages that hold no article are rejects.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article
from .databases.download import Download
from .databases.factiva import factiva_page
from .fields import Fields, Reject, to_article
from .formats import articles_of_download, download_of_text
from .markup import inner_text

__all__ = ["extract", "read_html", "read_warc"]

_HEAD = 64 * 2**10
_DOWNLOAD = re.compile(
    rb"\d+ of \d+ DOCUMENT|End of Document|LOAD-DATE|Load-Date|ProQuest document ID|LENGTH:"
)


def extract(page: bytes | str, url: str = "") -> dict[str, Any] | None:
    """Find the article in a web page.

    Parameters
    ----------
    page
        The HTML.
    url
        Where it was published, when it is known.

    Returns
    -------
    Text, title, date, outlet, author and URL as far as the page has them; None when it holds no
    article.
    """
    import trafilatura

    # What these libraries log of a page is told by its reject.
    for library in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    page_text = trafilatura.bare_extraction(
        page, url=url or None, include_comments=False, favor_precision=True, with_metadata=True
    )
    if page_text is None or isinstance(page_text, dict) or not (page_text.text or "").strip():
        return None
    return {
        "text": page_text.text,
        "title": page_text.title or "",
        "published": page_text.date or "",
        "outlet": page_text.sitename or page_text.hostname or "",
        "url": url or page_text.url or "",
        "author": page_text.author,
    }


def read_html(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from an HTML file, or those of a download of a database."""
    page = stream.read(RECORD_LIMIT + 1)
    if len(page) > RECORD_LIMIT:
        yield Reject.of(name, 1, TOO_LONG, page)
    elif not page.strip():
        yield Reject.of(name, None, "the file is empty")
    elif download := factiva_page(page) or _download(page):
        yield from articles_of_download(download, name)
    else:
        yield _article(page, "", name, 1)


def _download(page: bytes) -> Download | None:
    """Split a page as the text of such a download, in which a ruler parts as a line does."""
    if _DOWNLOAD.search(page) is None:
        return None
    from lxml import etree, html

    try:
        tree = html.fromstring(page)
    except (etree.ParserError, ValueError):
        return None
    for ruler in tree.iter("hr"):
        ruler.tag, ruler.text = "p", "_" * 60
    return download_of_text(inner_text(tree).replace("\n", "\n\n"))


def read_warc(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each HTML response of a WARC archive.

    Responses that are no HTML, or no success, are not articles and are passed over. Records are
    numbered over all records of the archive.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    number = last = 0
    tail = _Tail(stream)
    try:
        for number, record in enumerate(
            ArchiveIterator(cast("BinaryIO", tail), parse_http=False), 1
        ):
            last = record.stream_pos
            if record.record_type != WarcRecordType.response:
                continue
            declared = record.content_length
            if declared <= RECORD_LIMIT:
                # An archive that was cut gives what is left of its last record, and no error.
                record.freeze()
            cut = record.content_length < declared
            record.parse_http(auto_decode="all")
            http = record.http_headers
            if http is None or http.status_code != 200:
                continue
            if "html" not in (record.http_content_type or ""):
                continue
            url = str(record.headers.get("WARC-Target-URI", ""))
            page = record.reader.read(RECORD_LIMIT + 1)
            if cut:
                reason = "broken WARC: the archive ends in the middle of this record"
                yield Reject.of(name, number, reason, f"{url}\n{page[:1000]!r}")
            elif len(page) > RECORD_LIMIT:
                yield Reject.of(name, number, TOO_LONG, f"{url}\n{page[:1000]!r}")
            else:
                yield _article(page, url, name, number)
    except (ValueError, RuntimeError, OSError) as error:
        yield Reject.of(name, number + 1, f"broken WARC: {error}")
        return
    if number == 0:
        yield Reject.of(name, None, "no WARC record")
    elif head := tail.unfinished_head(last):
        reason = "broken WARC: the archive ends in the head of this record"
        yield Reject.of(name, number, reason, head)


class _Tail:
    """A stream that remembers its end: an archive that is cut in a record's head gives no error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = 0
        self._last = b""

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._stream.read(size)
        self._size += len(chunk)
        self._last = (self._last + chunk)[-_HEAD:]
        return chunk

    def tell(self) -> int:
        """Return how much was read."""
        return self._size

    def unfinished_head(self, last: int) -> bytes:
        """Return the unfinished head at or behind the last record, which begins at `last`."""
        head = self._last.rpartition(b"\r\n\r\n")[2]
        begun = head.startswith(b"WARC/") or b"WARC/".startswith(head)
        return head if begun and self._size - len(head) >= last else b""


def _article(page: bytes, url: str, name: str, number: int) -> Article | Reject:
    try:
        page_text = extract(page, url)
    except (ValueError, RecursionError, AssertionError) as error:
        return Reject.of(name, number, f"broken HTML: {error}", page)
    if page_text is None:
        shown = f"{url}\n".encode() + page if url else page
        return Reject.of(name, number, "no article on this page", shown)
    return to_article(page_text, Fields(), name, number)
