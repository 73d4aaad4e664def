"""Tables that people hold in their hands: how their files are read, and how ours are written."""

from .reading import TABLES, read_rows, read_strictly, warn
from .rows import RECORD_LIMIT, BadRow, Row
from .writing import FORMATS, inert, table_writer, write_table

__all__ = [
    "FORMATS",
    "RECORD_LIMIT",
    "TABLES",
    "BadRow",
    "Row",
    "inert",
    "read_rows",
    "read_strictly",
    "table_writer",
    "warn",
    "write_table",
]
