"""Options that commands on articles share."""

from typing import Annotated

import typer

__all__ = ["DateOrderOption", "date_order_of"]

DateOrderOption = Annotated[
    str | None,
    typer.Option(
        help="What comes first in dates such as 03/04/2024: day or month; as the other dates "
        "of the file show, if not given."
    ),
]


def date_order_of(name: str | None) -> str:
    """Check the order of dates that the user named; empty when none was."""
    from ...corpus.reading.dates import ORDERS
    from ...errors import UnknownNameError

    if name is not None and name not in ORDERS:
        raise UnknownNameError("--date-order", name, ORDERS)
    return name or ""
