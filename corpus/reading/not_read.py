"""Kinds of files that are not read, each with a reason and what to do instead."""

from pathlib import PurePosixPath

__all__ = ["why_not_read"]

_AS_TABLE = "save it as .xlsx or .csv"
_AS_TEXT = "save it as .docx, .odt or .txt"
_NO_TEXT = "a picture, and there is no text recognition: turn it into text first"
_SOUND = "a recording: write down what is said in it"
_WEB = "a part of a web page: add the page itself (.html)"
_MAIL = "save the text of each message as .txt or .html"
_KINDS = {
    f"a spreadsheet of OpenDocument, which is not read: {_AS_TABLE}": ".ods .fods .ots",
    "a spreadsheet of Apple Numbers, which is not read: export it as .xlsx or .csv": ".numbers",
    f"a workbook in binary form, which is not read: {_AS_TABLE}": ".xlsb",
    "a document of Apple Pages, which is not read: export it as .docx": ".pages",
    "a Word document of the old kind, which is not read: save it as .docx": ".doc .dot",
    f"a document of another program, which is not read: {_AS_TEXT}": ".wpd .wps .fodt .tex",
    f"slides, which are not read: {_AS_TEXT}": ".ppt .pptx .odp .key",
    f"a mail, which is not read: {_MAIL}": ".eml .msg .emlx",
    f"a mailbox, which is not read: {_MAIL}": ".mbox .pst .ost .mbx",
    "an e-book, which is not read: save it as .docx, .html or .txt": ".epub .mobi .azw .azw3 .fb2",
    "a browser's archive, which is not read: save the page as .html": ".mht .mhtml .webarchive",
    "an archive, which is not read: unpack it, or pack it as .zip": ".7z .rar .dmg .iso .cab",
    "a file of R, which is not read: write it with write.csv or arrow": ".rds .rdata .rda",
    "a file of SPSS, Stata or SAS, which is not read: write it as .csv": ".sav .por .dta .sas7bdat",
    "a pickle, which is never loaded: write it as .csv, .jsonl or .parquet": ".pkl .pickle .joblib",
    "a database, which is not read: write its table as .csv": ".db .sqlite .sqlite3 .mdb .accdb",
    "a table, which is not read: write it as .parquet or .csv": ".feather .arrow .avro .orc .h5",
    "references without texts: add the texts themselves": ".ris .bib .enw .nbib",
    _NO_TEXT: ".png .jpg .jpeg .gif .tif .tiff .bmp .webp .heic .heif .svg .psd .eps .djvu .xps",
    _SOUND: ".mp3 .mp4 .m4a .wav .ogg .flac .mov .avi .mkv .webm",
    _WEB: ".css .js .woff .woff2 .ttf .ico",
}
_REASONS = {suffix: reason for reason, kinds in _KINDS.items() for suffix in kinds.split()}


def why_not_read(name: str) -> str:
    """Say why a file of this name is not read, and what to do; empty where nothing is known.

    Examples
    --------
    >>> why_not_read("news/table.ODS")
    'a spreadsheet of OpenDocument, which is not read: save it as .xlsx or .csv'
    >>> why_not_read("news/a.txt")
    ''
    """
    return _REASONS.get(PurePosixPath(name.lower()).suffix, "")
