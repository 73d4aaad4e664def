"""Add articles to a corpus, in parts of a fixed number of new ones.

A part is made aside, by one of several processes, and gets its name when all parts before it have
theirs. So a run that was killed and is started again with the same inputs finds its parts, skips
their articles and goes on, and ends with the same bytes as a run that was left alone. Adding the
same files again adds nothing.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyarrow import parquet

from ...errors import StudyError
from ...files import locked
from ..article import Article, content_id
from ..reading.fields import Reject
from .near_duplicates import find_copies
from .part import PART, Draft, Job, Made, Options, make
from .prepare import prepare
from .rejects import rejects_kept
from .store import Setup, parts, read_setup, write_setup
from .workers import in_order

__all__ = ["Added", "add", "part_path", "publish_part", "sweep"]

_EACH = 100
_DEFAULT = Options()


@dataclass(slots=True)
class Added:
    """What became of the records of one run."""

    read: int = 0
    """Records that were read; the sum of the next four."""
    added: int = 0
    """New articles."""
    known: int = 0
    """Articles that were there already."""
    aside: int = 0
    """New articles in a language that the study does not keep; stored without units."""
    rejected: int = 0
    """Records that could not be used."""
    units: int = 0
    """New units."""
    removed: dict[str, int] = field(default_factory=dict)
    """Reason to number of pieces of debris taken out of new articles."""
    copies: int = 0
    """Articles of the whole corpus that are near-duplicates of another one, beyond the first."""
    repaired: int = 0
    """New articles whose encoding was repaired, at the user's wish."""
    keep: str = "all"
    """Whether the copies have units (``all``) or not (``first``)."""


def add(
    folder: Path,
    records: Iterable[Article | Reject],
    options: Options = _DEFAULT,
    *,
    keep: str | None = None,
    n_workers: int = 1,
    progress: Callable[[Added], None] | None = None,
) -> Added:
    """Add articles to a corpus: clean, tell the language, cut, store, find near-duplicates.

    Parameters
    ----------
    folder
        The corpus folder; made when missing.
    records
        What a reader yields.
    options
        How articles are made ready.
    keep
        What becomes of near-duplicates: ``all`` have units, or only the ``first`` that was added;
        as it was before if None, and all in a new corpus.
    n_workers
        Number of processes. What is written does not depend on it.
    progress
        Called now and then with the counts so far.

    Returns
    -------
    The counts. Every record that was read is in exactly one of `added`, `known`, `aside` and
    `rejected`.

    Raises
    ------
    StudyError
        The corpus was cut in another way, or another run is writing to it.
    TaskError
        A worker was killed.
    """
    with locked(folder):
        sweep(folder)
        counts = Added(keep=_set_up(folder, options, keep).keep)
        with rejects_kept(folder / "rejects.jsonl") as reject:
            run = _Run(folder, options, counts, reject, progress)
            for made in in_order(make, run.jobs(records), n_workers):
                publish_part(*made.files)
                run.count(made)
        counts.copies = find_copies(folder)
        return counts


class _Run:
    """One run's way through the records."""

    def __init__(
        self,
        folder: Path,
        options: Options,
        counts: Added,
        reject: Callable[[Reject], None],
        progress: Callable[[Added], None] | None,
    ) -> None:
        self._folder, self._options, self._counts = folder, options, counts
        self._reject, self._progress = reject, progress
        self._known = _known(folder)
        self._number = len(parts(folder))

    def jobs(self, records: Iterable[Article | Reject]) -> Iterator[Job]:
        """Give the parts to be made."""
        drafts: list[Draft] = []
        for record in records:
            self._counts.read += 1
            draft = self._draft(record)
            if isinstance(draft, Reject):
                self._counts.rejected += 1
                self._reject(draft)
            elif draft is None:
                self._counts.known += 1
            else:
                drafts.append(draft)
            if len(drafts) == PART:
                yield self._job(drafts)
                drafts = []
            if self._progress is not None and self._counts.read % _EACH == 0:
                self._progress(self._counts)
        if drafts:
            yield self._job(drafts)

    def count(self, made: Made) -> None:
        """Add what a part holds to the counts."""
        self._counts.added += made.added
        self._counts.aside += made.aside
        self._counts.repaired += made.repaired
        self._counts.units += made.units
        for reason, n in made.removed.items():
            self._counts.removed[reason] = self._counts.removed.get(reason, 0) + n

    def _job(self, drafts: list[Draft]) -> Job:
        name = f"{self._number:05}.parquet"
        self._number += 1
        articles, units = (part_path(self._folder, kind, name) for kind in ("articles", "units"))
        return Job(drafts, self._options, articles, units)

    def _draft(self, record: Article | Reject) -> Draft | Reject | None:
        """Make a record ready for a part; None when it is there already."""
        if isinstance(record, Reject):
            return record
        digest = content_id(record.title, record.text)
        if record.id in self._known:
            if self._known[record.id] == digest:
                return None
            reason = f"the id {record.id!r} is taken by an article with another text"
            return Reject.of(record.file, record.record, reason, record.text)
        cleaned = prepare(record, self._options)
        if isinstance(cleaned, Reject):
            return cleaned
        self._known[record.id] = digest
        return Draft(cleaned, digest)


def part_path(folder: Path, kind: str, name: str) -> Path:
    """Give the path at which a table is written before it gets its name."""
    aside = folder / kind / f".{name}.part"
    aside.parent.mkdir(parents=True, exist_ok=True)
    return aside


def publish_part(units: Path, articles: Path) -> None:
    """Give a part its names; the articles last, because they make it count."""
    for aside in (units, articles):
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(aside.with_name(aside.name.removeprefix(".").removesuffix(".part")))


def sweep(folder: Path) -> None:
    """Remove what a killed run left aside."""
    for kind in ("articles", "units"):
        for left in (folder / kind).glob(".*.part"):
            left.unlink()


def _set_up(folder: Path, options: Options, keep: str | None) -> Setup:
    """Refuse to mix units that are cut in different ways."""
    old = read_setup(folder)
    setup = Setup.of(options, keep or (old.keep if old is not None else "all"))
    if old is not None and parts(folder) and replace(setup, keep=old.keep) != old:
        told = f"was cut by other settings ({differences(old, setup)})"
        raise StudyError(folder, told, "cut it again with: standfirst corpus cut")
    if setup != old:
        write_setup(folder, setup)
    return setup


def differences(old: Setup, new: Setup) -> str:
    """Tell in words how two ways of cutting differ."""
    names = ("unit", "context", "size", "stride", "languages", "keep")
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in names)
    return ", ".join(
        f"{name} {_told(was)}, now {_told(now)}" for name, was, now in pairs if was != now
    )


def _told(value: object) -> str:
    return (" ".join(value) or "all") if isinstance(value, tuple) else str(value)


def _known(folder: Path) -> dict[str, str]:
    known: dict[str, str] = {}
    for part in parts(folder):
        table = parquet.ParquetFile(part).read(columns=["id", "hash"])
        known.update(zip(table["id"].to_pylist(), table["hash"].to_pylist(), strict=True))
    return known
