"""Add articles to a corpus, in parts of a fixed number of new ones.

A part is made aside, by one of several processes, and gets its name when all parts before it have
theirs. So a run that was killed and is started again with the same inputs finds its parts, skips
their articles and goes on, and ends with the same bytes as a run that was left alone. Adding the
same files again adds nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyarrow import parquet

from ...errors import StudyError
from ...files import locked
from ...progress import Progress
from ..article import Article, content_id
from ..preparation import Preparation
from ..reading.fields import Reject
from .amend import AMENDABLE, amend
from .near_duplicates import find_copies
from .part import PART, Draft, Job, Made, make
from .prepare import prepare
from .rejects import rejects_kept
from .store import (
    part_path,
    parts,
    publish_part,
    read_preparation,
    sweep,
    write_preparation,
)
from .workers import in_order

__all__ = ["Added", "add", "as_before"]

_EACH = 100
_DEFAULT = Preparation()


@dataclass(slots=True)
class Added:
    """What became of the records of one run.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add
    >>> with TemporaryDirectory() as folder:
    ...     articles = [
    ...         Article("a1", "Talks", "Talks resume."),
    ...         Article("a1", "Talks", "Talks resume."),
    ...     ]
    ...     done = add(Path(folder) / "corpus", articles)
    ...     done.read, done.added, done.known
    (2, 1, 1)
    """

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
    without_rules: dict[str, int] = field(default_factory=dict)
    """Language without rules for its sentences to number of new articles with units."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Reason to number of rejected records."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Files that were not read, or not to their end, and why."""
    amended: dict[str, int] = field(default_factory=dict)
    """Field to number of articles that were there already and got another value."""
    keep: str = "all"
    """Whether the copies have units (``all``) or not (``first``)."""


def add(
    folder: Path,
    records: Iterable[Article | Reject],
    preparation: Preparation = _DEFAULT,
    *,
    keep: str | None = None,
    correct: Collection[str] = (),
    n_workers: int = 1,
    progress: Progress | None = None,
) -> Added:
    """Add articles to a corpus: clean, tell the language, cut, store, find near-duplicates.

    Parameters
    ----------
    folder
        The corpus folder; made when missing.
    records
        What a reader yields.
    preparation
        How articles are made ready. A corpus that keeps debris, or repairs encodings, goes on so.
    keep
        What becomes of near-duplicates: ``all`` have units, or only the ``first`` that was added;
        as it was before if None, and all in a new corpus.
    correct
        Fields, of `AMENDABLE`, that articles which are there already take over from the first
        record that is theirs, unless it is empty there. Their ids and units stay.
    n_workers
        Number of processes. What is written does not depend on it.
    progress
        Receives how many records were read and units cut so far.

    Returns
    -------
    The counts. Every record that was read is in exactly one of `added`, `known`, `aside` and
    `rejected`.

    Raises
    ------
    StudyError
        The corpus was made ready in another way, or another run is writing to it.
    TaskError
        A worker was killed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add
    >>> with TemporaryDirectory() as folder:
    ...     done = add(
    ...         Path(folder) / "corpus",
    ...         [Article("a1", "Talks", "Talks resume. The minister left.")],
    ...     )
    ...     done.added, done.units
    (1, 2)
    """
    with locked(folder):
        sweep(folder)
        preparation = _set_up(folder, preparation, keep)
        counts = Added(keep=preparation.keep)
        with rejects_kept(folder / "rejects.jsonl") as reject:
            run = _Run(folder, preparation, counts, reject, progress, correct=correct)
            for made in in_order(make, run.jobs(records), n_workers):
                publish_part(*made.files)
                run.count(made)
        counts.amended = amend(folder, run.corrections).changed
        counts.copies = find_copies(folder)
        return counts


class _Run:
    """One run's way through the records."""

    def __init__(
        self,
        folder: Path,
        preparation: Preparation,
        counts: Added,
        reject: Callable[[Reject], None],
        progress: Progress | None,
        *,
        correct: Collection[str],
    ) -> None:
        self._folder, self._preparation, self._counts = folder, preparation, counts
        self._reject, self._progress = reject, progress
        self._known = _known(folder)
        self._before = dict(self._known) if correct else {}
        self._correct = [name for name in AMENDABLE if name in correct]
        self.corrections: dict[str, dict[str, str]] = {}
        self._number = len(parts(folder))

    def jobs(self, records: Iterable[Article | Reject]) -> Iterator[Job]:
        """Give the parts to be made."""
        drafts: list[Draft] = []
        for record in records:
            self._counts.read += 1
            draft = self._draft(record)
            if isinstance(draft, Reject):
                self._counts.rejected += 1
                reason = draft.reason.split(":", 1)[0]
                self._counts.reasons[reason] = self._counts.reasons.get(reason, 0) + 1
                if draft.record is None:
                    self._counts.passed_over[draft.file] = draft.reason
                self._reject(draft)
            elif draft is None:
                self._counts.known += 1
            else:
                drafts.append(draft)
            if len(drafts) == PART:
                yield self._job(drafts)
                drafts = []
            if self._progress is not None and self._counts.read % _EACH == 0:
                n_read, n_units = self._counts.read, self._counts.units
                what = f"{n_read:,} records read, {n_units:,} units"
                self._progress(what, n_read, None, "")
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
        for language, n in made.without_rules.items():
            before = self._counts.without_rules.get(language, 0)
            self._counts.without_rules[language] = before + n

    def _job(self, drafts: list[Draft]) -> Job:
        name = f"{self._number:05}.parquet"
        self._number += 1
        articles, units = (part_path(self._folder, kind, name) for kind in ("articles", "units"))
        return Job(drafts, self._preparation, articles, units)

    def _draft(self, record: Article | Reject) -> Draft | Reject | None:
        """Make a record ready for a part; None when it is there already."""
        if isinstance(record, Reject):
            return record
        digest = content_id(record.title, record.text)
        if self._correct and (known := self._stored(record, digest)):
            given = {name: getattr(record, name) for name in self._correct}
            filled = {name: value for name, value in given.items() if value}
            self.corrections.setdefault(known, filled)
            return None
        if record.id in self._known:
            if self._known[record.id] == digest:
                return None
            reason = f"the id is taken by an article with another text: {record.id!r}"
            return Reject.of(record.file, record.record, reason, record.text)
        cleaned = prepare(record, self._preparation)
        if isinstance(cleaned, Reject):
            return cleaned
        self._known[record.id] = digest
        return Draft(cleaned, digest)

    def _stored(self, record: Article, digest: str) -> str:
        """Find the id of the article that a record is, among those that were there before.

        Its title may have been missed then.
        """
        if self._before.get(record.id) == digest:
            return record.id
        if "title" in self._correct:
            untitled = content_id("", record.text)
            name = untitled if record.id == digest else record.id
            if self._before.get(name) == untitled:
                return name
        return ""


def as_before(old: Preparation | None, new: Preparation, keep: str | None) -> Preparation:
    """Take from how a corpus is prepared what a run need not say again."""
    if old is None:
        return new.changed(keep=keep)
    return replace(
        new,
        keep_debris=old.keep_debris,
        fix_encoding=old.fix_encoding or new.fix_encoding,
        near_duplicates=old.near_duplicates,
    ).changed(keep=keep or old.keep)


def _set_up(folder: Path, new: Preparation, keep: str | None) -> Preparation:
    """Refuse to mix units that are made in different ways."""
    old = read_preparation(folder)
    preparation = as_before(old, new, keep)
    if old is not None and parts(folder):
        cut = replace(preparation, keep=old.keep, fix_encoding=old.fix_encoding)
        if different := old.differences(cut):
            problem = f"was cut by other settings ({', '.join(different)})"
            raise StudyError(folder, problem, "cut it again with: standfirst corpus cut")
        if new.keep_debris and not old.keep_debris:
            remedy = "leave --keep-debris out, or make another study"
            raise StudyError(folder, "holds articles that were cleaned", remedy)
    if preparation != old:
        write_preparation(folder, preparation)
    return preparation


def _known(folder: Path) -> dict[str, str]:
    known: dict[str, str] = {}
    for part in parts(folder):
        table = parquet.ParquetFile(part).read(columns=["id", "hash"])
        known.update(zip(table["id"].to_pylist(), table["hash"].to_pylist(), strict=True))
    return known
