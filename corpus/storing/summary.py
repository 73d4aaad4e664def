"""Count what a corpus holds, reading only the columns that are counted."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from pyarrow import parquet

from ..reading.dates import read_date
from .rejects import load_rejects
from .store import articles_table, parts, read_preparation, units_table

__all__ = ["size", "summary"]

_AROUND = re.compile(
    r"^(?:https?://)?(?:www\.)?|^the |\s*\([^)]*\)$|,? the$|\.(?:com|org|net|co\.\w\w|\w\w)/?$"
)


def summary(folder: Path, outlets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Count articles, units, outlets, dates, near-duplicates and rejects.

    Parameters
    ----------
    folder
        The corpus folder.
    outlets
        Other names of outlets, to be replaced.

    Returns
    -------
    Name to count. `first` and `last` are dates, `dates_not_read` counts those in no known form,
    `outlets_alike` maps an outlet to other names that may be its own, `unit` and `keep` say how the
    corpus was cut, and `clusters` counts the groups that the `copies` are in, with a first article
    each.

    Raises
    ------
    StudyError
        The corpus is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, summary
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     counted = summary(Path(folder))
    ...     counted["articles"], counted["units"]
    (1, 2)
    """
    columns = ["published", "removed", "outlet", "aside", "language"]
    table = articles_table(folder, columns, outlets or {})
    preparation = read_preparation(folder)
    dates = [date for date in table["published"].to_pylist() if date]
    read = sorted(date for date in map(read_date, dates) if date)
    removed: Counter[str] = Counter()
    for pieces in table["removed"].filter(pc.not_equal(table["removed"], "[]")).to_pylist():
        removed.update(gone["reason"] for gone in json.loads(pieces))
    n_clusters = n_copies = 0
    if (folder / "clusters.parquet").exists():
        first = parquet.read_table(folder / "clusters.parquet", columns=["first"])["first"]
        n_clusters = pc.sum(first).as_py() or 0
        n_copies = len(first) - n_clusters
    counts = _counts(table["outlet"])
    rejects = load_rejects(folder / "rejects.jsonl")
    reasons = Counter(reject.reason.split(":", 1)[0] for reject in rejects)
    return {
        "articles": len(table),
        "units": _n_units(folder, preparation is not None and preparation.keep == "first"),
        "set_aside": pc.sum(pc.not_equal(table["aside"], "")).as_py() or 0,
        "first": read[0] if read else None,
        "last": read[-1] if read else None,
        "dates_not_read": len(dates) - len(read),
        "outlets": counts,
        "outlets_alike": _alike(counts),
        "languages": _counts(table["language"]),
        "clusters": n_clusters,
        "copies": n_copies,
        "unit": preparation.unit if preparation is not None else "",
        "keep": preparation.keep if preparation is not None else "all",
        "removed": dict(removed.most_common()),
        "rejects": len(rejects),
        "reject_reasons": dict(reasons.most_common()),
    }


def size(folder: Path) -> tuple[int, int]:
    """Count the articles and the units of a corpus, zero where there is none yet.

    Only the ends of its files are read, except where near-duplicates have no units.
    """
    if not parts(folder):
        return 0, 0
    preparation = read_preparation(folder)
    n_articles = sum(parquet.read_metadata(path).num_rows for path in parts(folder))
    return n_articles, _n_units(folder, preparation is not None and preparation.keep == "first")


def _alike(outlets: Mapping[str, int]) -> dict[str, list[str]]:
    """Group the names of outlets that differ in case, marks, articles or ends of addresses.

    The most frequent name of a group stands for it.
    """
    groups: dict[str, list[str]] = {}
    for outlet in filter(None, outlets):
        groups.setdefault(_bare(outlet), []).append(outlet)
    return {names[0]: names[1:] for names in groups.values() if len(names) > 1}


def _bare(outlet: str) -> str:
    """Return what two spellings of an outlet's name share."""
    plain = unicodedata.normalize("NFKD", outlet.casefold())
    plain = _AROUND.sub("", "".join(char for char in plain if not unicodedata.combining(char)))
    return re.sub(r"[\W_]+", "", plain) or outlet


def _n_units(folder: Path, filtered: bool) -> int:  # noqa: FBT001
    if filtered:
        return len(units_table(folder, ("article_id",)))
    names = [part.name for part in parts(folder)]
    return sum(parquet.read_metadata(folder / "units" / name).num_rows for name in names)


def _counts(column: Any) -> dict[str, int]:
    counted = pc.value_counts(column).to_pylist()
    rows = sorted(counted, key=lambda row: (-row["counts"], row["values"]))
    return {row["values"]: row["counts"] for row in rows}
