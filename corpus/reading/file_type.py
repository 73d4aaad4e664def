"""Guess what a file is from its first bytes, where its name does not say."""

import zlib

import zstandard

__all__ = ["HEAD", "compressed", "kind"]

HEAD = 4096
"""How many bytes are looked at."""

_COMPRESSED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}
_KINDS = {
    b"PAR1": ".parquet",
    b"WARC/": ".warc",
    b"PK\x03\x04": ".xlsx",
    b"%PDF": ".pdf",
    b"{\\rtf": ".rtf",
}
_TEXTS = {b"{": ".jsonl", b"[": ".json", b"<": ".html"}
_MARK = b"\xef\xbb\xbf"


def compressed(head: bytes) -> str:
    r"""Return a file's compression as a suffix; empty when it has none.

    Examples
    --------
    >>> compressed(b"\x1f\x8b\x08"), compressed(b"Talks resume")
    ('.gz', '')
    """
    return next((name for mark, name in _COMPRESSED.items() if head.startswith(mark)), "")


def kind(head: bytes) -> str:
    """Return a file's format as a suffix; empty when its first bytes do not say.

    Examples
    --------
    >>> kind(b'{"text": "Talks resume."}'), kind(b"<!doctype html>"), kind(b"id,text")
    ('.jsonl', '.html', '')
    """
    try:
        match compressed(head):
            case ".gz":
                head = zlib.decompressobj(31).decompress(head, HEAD)
            case ".zst":
                head = zstandard.ZstdDecompressor().decompressobj().decompress(head)
    except (zlib.error, zstandard.ZstdError):
        return ""
    text = head.removeprefix(_MARK).lstrip()
    kinds = (
        *(name for mark, name in _KINDS.items() if head.startswith(mark)),
        *(name for mark, name in _TEXTS.items() if text.startswith(mark)),
    )
    return next(iter(kinds), "")
