"""Where a study stands: what it holds, what is odd in it, and what comes next.

It works at any time, and asks no server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .inventory import GATE, Inventory
from .next_step import Step, next_step
from .oddities import Oddity, oddities

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["Status", "status_of"]


@dataclass(frozen=True, slots=True, repr=False)
class Status:
    """Where a study stands.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Study
    >>> with TemporaryDirectory() as folder:
    ...     status = Study.create(Path(folder) / "deals").status()
    >>> status.facts["articles"], status.odd
    (0, ())
    """

    study: str
    """The study's folder."""
    facts: Mapping[str, Any]
    """What it holds, as JSON values."""
    rows: tuple[tuple[str, str], ...]
    """The same in words, a line for each part."""
    odd: tuple[Oddity, ...]
    """What should be known before its figures are used."""
    next: Step
    """What comes next."""

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        noted = [{"what": one.what, "remedy": one.remedy} for one in self.odd]
        after = {"command": self.next.command, "why": self.next.why}
        return {"study": self.study, **self.facts, "odd": noted, "next": after}

    def lines(self) -> list[str]:
        """Give what there is and what is odd, in lines."""
        parts = [f"{name:9}  {what}" for name, what in self.rows]
        return [*parts, *(f"odd: {one}" for one in self.odd)]

    def __repr__(self) -> str:
        return "\n".join([*self.lines(), f"next: {self.next}"])

    def _repr_html_(self) -> str:
        rows = [*self.rows, *(("odd", str(one)) for one in self.odd), ("next", str(self.next))]
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(what)}</td></tr>" for name, what in rows
        )
        return f"<table>{cells}</table>"


def status_of(study: "StudyFolder") -> Status:
    """Look where a study stands."""
    have = Inventory(study, draws=1000)
    facts, odd, step = _facts(have), oddities(have), next_step(have)
    rows = tuple((name, what) for name, what in _rows(have, facts))
    return Status(str(study.root), facts, rows, tuple(odd), step)


def _facts(have: Inventory) -> dict[str, Any]:
    """Gather what there is as JSON values."""
    n_articles, n_units = have.size
    n_missing, n_ties = have.unresolved
    per: dict[str, int] = {}
    for row in have.gold:
        per[row.dimension] = per.get(row.dimension, 0) + 1
    coders: dict[str, int] = {}
    for work in have.workloads:
        if work.coder:
            coders[work.coder] = coders.get(work.coder, 0) + work.n_done
    return {
        "codebook": None
        if have.codebook is None
        else {"id": have.codebook.id, "revision": have.codebook.revision},
        "articles": n_articles,
        "units": n_units,
        "drawn": len(have.design),
        "test": sum(row.part == "test" for row in have.design),
        "rounds": _rounds(have),
        "coders": coders,
        "agreement": [
            {
                "dimension": one.dimension,
                "alpha": one.alpha.value,
                "low": one.alpha.low,
                "high": one.alpha.high,
                "n_units": one.n_units,
            }
            for one in have.agreement
        ],
        "gold": {"dimensions": per, "units": len({row.unit_id for row in have.gold})},
        "answers_without_gold": n_missing,
        "ties": n_ties,
        "models": [
            {"name": one.path.name, "rows": one.n_rows, "macro_f1": dict(one.macro_f1)}
            for one in have.models
            if not one.problem
        ],
        "tags": [
            {"name": one.path.name, "units": one.n_units, "of_the_corpus": one.n_shared}
            for one in have.tags
            if not one.problem
        ],
        "report": have.report is not None,
        "changed_since_report": have.changed_since_report,
    }


def _rounds(have: Inventory) -> list[dict[str, Any]]:
    left: dict[str, int] = {}
    for work in have.workloads:
        left[work.round] = left.get(work.round, 0) + work.n_left
    drawn: dict[str, int] = {}
    for row in have.design:
        drawn[row.round] = drawn.get(row.round, 0) + 1
    return [{"round": name, "units": n, "left": left.get(name, 0)} for name, n in drawn.items()]


def _rows(have: Inventory, facts: dict[str, Any]) -> list[list[str]]:
    """Say what there is, a line for each part of the study."""
    book, unit = have.codebook, have.study.preparation().unit
    rows = [["study", f"{have.study.settings().title or have.study.root.name}"]]
    rows += [["codebook", "-" if book is None else f"{book.id} {book.version}, {book.revision}"]]
    rows += [["articles", f"{facts['articles']:,}, {facts['units']:,} {unit}s"]]
    rounds = [
        f"{one['units']:,} in round {one['round']}"
        + (f" ({one['left']:,} readings left)" if one["left"] else "")
        for one in facts["rounds"]
        if one["round"] != "test"
    ]
    tests = [f"{facts['test']:,} for testing"] if facts["test"] else []
    rows += [["drawn", "; ".join([*rounds, *tests]) or "nothing"]]
    coders = ", ".join(f"{name} {n:,}" for name, n in facts["coders"].items())
    rows += [["coded", coders or "nothing"]]
    for one in have.agreement:
        passed = "" if (one.alpha.value or 0.0) >= GATE else f", below {GATE}"
        rows += [["agreement", f"{one.dimension} {one.alpha} on {one.n_units:,} units{passed}"]]
    if have.annotations and not have.agreement:
        rows += [["agreement", "not known"]]
    gold = ", ".join(f"{name} {n:,}" for name, n in facts["gold"]["dimensions"].items())
    rows += [["gold", gold or "nothing"]]
    for model in have.models:
        scores = ", ".join(f"{name} {score:.2f}" for name, score in model.macro_f1)
        if not model.problem:
            what = f"models/{model.path.name}, {model.n_rows:,} rows ({model.encoder})"
            rows += [["model", f"{what}; macro-F1 {scores}" if scores else what]]
    for tags in have.tags:
        if not tags.problem:
            own = f", {tags.n_shared:,} of the study" if tags.n_shared else ""
            rows += [["tags", f"tags/{tags.path.name}, {tags.n_units:,} units{own}"]]
    known = have.corpus_tags and have.gold and have.design
    rows += [["shares", "can be measured" if known else "cannot be measured yet"]]
    rows += [["report", "-" if have.report is None else have.report.name]]
    return rows
