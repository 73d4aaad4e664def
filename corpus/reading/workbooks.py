"""The reader of Excel workbooks: an article from each row of each sheet, row by row by openpyxl."""

from collections.abc import Iterator
from typing import BinaryIO

from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = ["read_xlsx"]


def read_xlsx(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row; the first row of a sheet that holds anything is its header.

    Values are taken as they were last computed; no formula is run.
    """
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        yield Reject.of(name, None, f"broken workbook: {error}")
        return
    n_rows = 0
    try:
        for sheet in book.worksheets:
            header: list[str] | None = None
            where = f"{name}[{sheet.title}]" if len(book.worksheets) > 1 else name
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                if all(cell is None for cell in row):
                    continue
                if header is None:
                    header = [str(cell).strip() if cell is not None else "" for cell in row]
                    continue
                n_rows += 1
                cells = {key: cell for key, cell in zip(header, row, strict=False) if key}
                yield to_article(cells, fields, where, number)
    finally:
        book.close()
    if n_rows == 0:
        yield Reject.of(name, None, "the file is empty")
