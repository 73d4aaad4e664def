"""Sound files of every format that is read, each record with a mark, for `fuzz.py` to damage."""

import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import zstandard
from pyarrow import parquet

__all__ = [
    "N_ROWS",
    "archives",
    "articles",
    "databases",
    "delimited",
    "documents",
    "lines",
    "pages",
    "rows",
    "tables",
]

N_ROWS = 12
"""Records in a list."""


def rows(**more: Callable[[int], Any]) -> list[dict[str, Any]]:
    """Make records with a mark each."""
    text = "The minister said that mark{:04} will work by spring. Campaigners called it cruel."
    return [
        {"id": f"a{n}", "title": f"Day {n}", "text": text.format(n)}
        | {name: made(n) for name, made in more.items()}
        for n in range(N_ROWS)
    ]


def delimited(records: Sequence[dict[str, Any]], delimiter: str = ",") -> bytes:
    """Write records as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def lines(records: Sequence[dict[str, Any]]) -> bytes:
    """Write records as JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def workbook(records: Sequence[dict[str, Any]]) -> bytes:
    """Write records as a workbook."""
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(records[0]))
    for record in records:
        sheet.append(list(record.values()))
    book.save(out)
    return out.getvalue()


def table(records: Sequence[dict[str, Any]]) -> bytes:
    """Write records as Parquet."""
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(records)), out)
    return out.getvalue()


def tables(records: Sequence[dict[str, Any]]) -> dict[str, bytes]:
    """Write records in every format of tables."""
    return {
        "r.csv": delimited(records),
        "r.tsv": delimited(records, "\t"),
        "r.jsonl": lines(records),
        "r.xlsx": workbook(records),
        "r.parquet": table(records),
    }


def pages() -> dict[str, bytes]:
    """Write what is one article a file, and archives of pages."""
    body = "".join(f"<p>{row['text']} {row['text']}</p>" for row in rows())
    html = f"<html><head><title>Day</title></head><body><article>{body}</article></body></html>"
    payload = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html.encode()
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{0}>\r\n"
    head += "WARC-Target-URI: http://news.example/{0}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
    head += "Content-Type: application/http; msgtype=response\r\nContent-Length: {1}\r\n\r\n"
    records = [head.format(n, len(payload)).encode() + payload + b"\r\n\r\n" for n in range(3)]
    return {
        "p.html": html.encode(),
        "p.md": b"# Day\n\n" + rows()[0]["text"].encode(),
        "p.warc": b"".join(records),
        "p.warc.gz": b"".join(map(gzip.compress, records)),
    }


def articles() -> dict[str, bytes]:
    """Write articles in every format that lists them, plain and compressed."""
    found = tables(rows(outlet=lambda n: f"Outlet {n % 3}", date=lambda n: f"2026-01-{n + 1:02}"))
    found["r.json"] = json.dumps(rows()).encode()
    found["wide.csv"] = found["r.csv"].decode().encode("utf-16")
    found["wide.jsonl"] = found["r.jsonl"].decode().encode("utf-16")
    found["r.txt"] = rows()[0]["text"].encode()
    found["r.jsonl.gz"] = gzip.compress(found["r.jsonl"])
    found["r.csv.zst"] = zstandard.compress(found["r.csv"])
    return found


def _zipped(**parts: bytes | str) -> bytes:
    """Write a zip archive; in names, ``__`` is a slash and ``_`` a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def _pdf(text: str) -> bytes:
    """Write a PDF of one page and one line."""
    content = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode()
    page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page + b"/MediaBox[0 0 600 800]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + table + trailer % (len(objects) + 1, len(out))


def _xls(records: Sequence[dict[str, Any]]) -> bytes:
    """Write records as a workbook of the oldest kind, which is a row of its cells (BIFF 2)."""
    cells = [list(records[0]), *(list(record.values()) for record in records)]
    out = b"\x09\0\x04\0\x02\0\x10\0"
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            raw = str(value).encode()
            body = row.to_bytes(2, "little") + column.to_bytes(2, "little") + b"\0\0\0"
            body += bytes([len(raw)]) + raw
            out += b"\x04\0" + len(body).to_bytes(2, "little") + body
    return out + b"\x0a\0\0\0"


def documents() -> dict[str, bytes]:
    """Write documents of every kind, and workbooks of the old one."""
    told = [row["text"] for row in rows()[:3]]
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    paragraphs = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in told)
    body = "".join(f"<t:p>{one}</t:p>" for one in told)
    return {
        "d.docx": _zipped(word__document_xml=f'<w:d xmlns:w="{word}">{paragraphs}</w:d>'),
        "d.odt": _zipped(content_xml=f'<d xmlns:t="{text}">{body}</d>'),
        "d.rtf": ("{\\rtf1\\ansi{\\fonttbl\\f0 Arial;} " + "\\par ".join(told) + "}").encode(),
        "d.pdf": _pdf(told[0]),
        "d.xls": _xls(rows()),
    }


def databases() -> dict[str, bytes]:
    """Write feeds, and downloads of databases with many articles in a text or a page."""
    told = rows()

    def each(template: str) -> str:
        return "".join(template.format(**row) for row in told)

    item = "<item><title>{title}</title><link>http://x.org/{id}</link><pubDate>Mon, 01 Jan 2024 "
    item += "10:00:00 GMT</pubDate><description>{text}</description></item>"
    entry = "<entry><title>{title}</title><updated>2024-01-01</updated><content>{text}</content>"
    entry += "</entry>"
    number = "POST000020240101ek11{id:0>5}"
    older = "1 of 12 DOCUMENTS\n\nThe Post\n\nMay 2, 2023\n\n{title}\n\nLENGTH: 9 words\n\n"
    newer = "{title}\nThe Post\nMay 2, 2023 Tuesday\n\nCopyright 2023\n\nBody\n\n{text}\n\n"
    coded = "HD\n{title}\nPD\n2 May 2023\nSN\nThe Post\nLP\n{text}\nTD\nMore.\nAN\n"
    shown = "{title}\n9 words\n2 May 2023\nThe Post\nPOST\nEnglish\nCopyright 2023\n\n"
    codes = "<tr><td>HD</td><td>{title}</td></tr><tr><td>PD</td><td>2 May 2023</td></tr>"
    codes += "<tr><td>LP</td><td><p>{text}</p></td></tr><tr><td>AN</td><td>Document "
    page = each(f"<div class='article'><table>{codes}{number}</td></tr></table></div>")
    return {
        "f.rss": f"<rss><channel>{each(item)}</channel></rss>".encode(),
        "f.xml": f"<feed xmlns='http://www.w3.org/2005/Atom'>{each(entry)}</feed>".encode(),
        "nexis-older.txt": each(f"{older}{{text}}\n\n").encode(),
        "nexis-newer.txt": each(f"{newer}End of Document\n\n").encode(),
        "factiva-coded.txt": each(f"{coded}Document {number}\n").encode(),
        "factiva-shown.txt": each(f"{shown}{{text}}\n\nDocument {number}\n\n").encode(),
        "factiva.html": f"<html><body>{page}</body></html>".encode(),
    }


def archives() -> dict[str, bytes]:
    """Write archives, one in another, of files plain and compressed."""
    listed = lines(rows()[:4])
    inner = _zipped(b_csv=delimited(rows()[4:8]), c_txt=rows()[8]["text"])
    packed, out = gzip.compress(lines(rows()[9:])), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("a.jsonl", listed), ("b.zip", inner), ("c.jsonl.gz", packed)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    whole = _zipped(a_jsonl=listed, b_zip=inner, c_jsonl_gz=packed)
    return {
        "z.zip": whole,
        "z": whole,
        "z.tar": out.getvalue(),
        "z.tgz": gzip.compress(out.getvalue()),
    }
