"""What a draw can be stratified by: outlet, month, article, cluster, language, or keywords.

Each is a function of one unit; a new one is a function and a line in `STRATA`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...corpus.reading.dates import month_of
from ...errors import InputError, UnknownNameError

__all__ = ["STRATA", "strata_of"]

STRATA: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "outlet": lambda unit: str(unit.get("outlet") or ""),
    "month": lambda unit: month_of(str(unit.get("published") or "")),
    "article": lambda unit: str(unit["article_id"]),
    "cluster": lambda unit: str(unit.get("cluster") or unit["article_id"]),
    "language": lambda unit: str(unit.get("language") or ""),
}
"""Name to the stratum of a unit."""


def strata_of(
    units: Iterable[Mapping[str, Any]], by: Sequence[str] = (), *, keyword: str = ""
) -> dict[str, str]:
    """Return the stratum of every unit.

    Parameters
    ----------
    units
        Rows of a table of units.
    by
        Names in `STRATA`; with several, a stratum is a combination.
    keyword
        A regular expression; units that match it and units that do not are kept apart, so that
        rare matter can be drawn more often. Upper and lower case are the same.

    Raises
    ------
    UnknownNameError
        There is no such name.
    InputError
        The keyword is no regular expression.

    Examples
    --------
    >>> units = [{"unit_id": "u1", "article_id": "a1", "text": "A court", "outlet": "Post"}]
    >>> strata_of(units, ["outlet"], keyword="court|judge")
    {'u1': 'Post | keyword'}
    """
    for name in by:
        if name not in STRATA:
            raise UnknownNameError("stratum", name, list(STRATA))
    try:
        pattern = re.compile(keyword, re.IGNORECASE) if keyword else None
    except re.error as error:
        raise InputError("--keyword", f"{keyword!r}: {error}", "mend the expression") from error
    strata = {}
    for unit in units:
        parts = [STRATA[name](unit) or "unknown" for name in by]
        if pattern is not None:
            parts.append("keyword" if pattern.search(unit["text"]) else "no keyword")
        strata[str(unit["unit_id"])] = " | ".join(parts)
    return strata
