"""The readers of web pages: HTML files, and WARC archives as crawlers and Common Crawl keep them.

Trafilatura extracts the text of an article, without comments and in favour of precision: on real
news pages that gives the better F1 (``benchmarks/extraction.py``), and what it leaves out is mostly
debris. Pages that hold no article are rejects.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = ["extract", "read_html", "read_warc"]


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
    """Read one article from an HTML file."""
    page = stream.read(RECORD_LIMIT + 1)
    if len(page) > RECORD_LIMIT:
        yield Reject.of(name, 1, TOO_LONG, page)
    elif not page.strip():
        yield Reject.of(name, None, "the file is empty")
    else:
        yield _article(page, "", name, 1)


def read_warc(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each HTML response of a WARC archive.

    Responses that are no HTML, or no success, are not articles and are passed over. Records are
    numbered over all records of the archive.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    number = 0
    try:
        for number, record in enumerate(ArchiveIterator(stream, auto_decode="all"), 1):
            if record.record_type != WarcRecordType.response:
                continue
            http = record.http_headers
            if http is None or http.status_code != 200:
                continue
            if "html" not in (record.http_content_type or ""):
                continue
            url = str(record.headers.get("WARC-Target-URI", ""))
            page = record.reader.read(RECORD_LIMIT + 1)
            if len(page) > RECORD_LIMIT:
                reason = TOO_LONG
                yield Reject.of(name, number, reason, f"{url}\n{page[:1000]!r}")
            else:
                yield _article(page, url, name, number)
    except (ValueError, RuntimeError, io.UnsupportedOperation) as error:
        yield Reject.of(name, number + 1, f"broken WARC: {error}")
        return
    if number == 0:
        yield Reject.of(name, None, "no WARC record")


def _article(page: bytes, url: str, name: str, number: int) -> Article | Reject:
    try:
        page_text = extract(page, url)
    except (ValueError, RecursionError, AssertionError) as error:
        return Reject.of(name, number, f"broken HTML: {error}", page)
    if page_text is None:
        shown = f"{url}\n".encode() + page if url else page
        return Reject.of(name, number, "no article on this page", shown)
    return to_article(page_text, Fields(), name, number)
