"""A corpus as people hold it in a notebook: a folder of articles and units, and what is done to it.

The functions of this room do the work; here they have one object, whose methods can be found by
typing a dot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...arguments import checked
from ...errors import InputError
from ...progress import Progress
from ...tables.in_memory import Rows
from ..article import Article
from ..preparation import Preparation
from ..reading.fields import Fields, Reject
from ..reading.in_memory import read_articles_of_table
from ..reading.read import read_articles
from .add import Added, add
from .rejects import load_rejects
from .store import load_articles, load_units
from .summary import size, summary

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Corpus", "records_of"]


def records_of(
    articles: str | Path | Sequence[str | Path] | Rows,
    *,
    fields: Fields | None = None,
    form: str | None = None,
) -> Iterator[Article | Reject]:
    """Read articles from files, or from a table in memory.

    Parameters
    ----------
    articles
        A path or several (files, folders, globs, URLs), or a table.
    fields
        Names of columns; what is None is guessed.
    form
        Format of all files; by their suffix if None.

    Raises
    ------
    StandfirstError
        As `read_articles` and `read_articles_of_table`.
    """
    if isinstance(articles, str | Path):
        return read_articles([articles], fields=fields, form=form)
    if isinstance(articles, Sequence) and all(isinstance(one, str | Path) for one in articles):
        if not articles:
            raise InputError("articles", "an empty list", "name files, or give a table")
        paths = [str(one) for one in articles]
        return read_articles(paths, fields=fields, form=form)
    if form is not None:
        raise InputError("format", "is for files", "leave it out for a table in memory")
    table: Any = articles
    return read_articles_of_table(table, fields=fields)


@dataclass(frozen=True, slots=True, repr=False)
class Corpus:
    """A folder of articles and their units.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Corpus
    >>> with TemporaryDirectory() as folder:
    ...     corpus = Corpus(Path(folder) / "corpus")
    ...     done = corpus.add([{"title": "Talks", "body": "Talks resume. The minister left."}])
    ...     print(corpus.units()["text"][:])
    ...     print(repr(corpus).replace(folder, "."))
    ['Talks resume.', 'The minister left.']
    Corpus in ./corpus: 1 article, 2 units
    """

    folder: Path
    """The folder; it need not be there before something is added."""
    preparation: Preparation = field(default_factory=Preparation)
    """How new articles are made ready."""
    outlets: Mapping[str, str] = field(default_factory=dict)
    """Name of an outlet in the articles to the name by which it is counted."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @property
    def n_articles(self) -> int:
        """Number of articles, those that are set aside included; 0 before anything was added."""
        return size(self.folder)[0]

    @property
    def n_units(self) -> int:
        """Number of units."""
        return size(self.folder)[1]

    @checked
    def add(
        self,
        articles: str | Path | Sequence[str | Path] | Rows,
        *,
        text: str | None = None,
        title: str | None = None,
        id: str | None = None,  # noqa: A002 - named as the column is
        outlet: str | None = None,
        published: str | None = None,
        url: str | None = None,
        language: str | None = None,
        date_order: str = "",
        format: str | None = None,  # noqa: A002 - named as the option is
        keep: str | None = None,
        n_workers: int = 1,
        progress: Progress | None = None,
    ) -> Added:
        """Add articles: read, clean, tell the language, cut into units, find near-duplicates.

        Parameters
        ----------
        articles
            A path or several (files, folders, globs, URLs), or a table in memory: a data frame of
            pandas or Polars, a dataset, an Arrow table, a list of dicts.
        text, title, id, outlet, published, url, language
            Names of columns; guessed if None. Where one is named, articles that are there already
            take over their title, outlet, date and URL.
        date_order
            What comes first in dates such as 03/04/2024, ``day`` or ``month``; as the other dates
            show if empty.
        format
            Format of all files, such as ``csv``; by their suffix if None.
        keep
            Near-duplicates: ``all`` have units, or only the ``first``; as before if None.
        n_workers
            Number of processes.
        progress
            Receives how many records were read.

        Returns
        -------
        The counts; what cannot be used is among `rejects`.

        Raises
        ------
        StandfirstError
            As `read_articles` and `add`.
        """
        from ..reading.dates import ORDERS

        if date_order not in ("", *ORDERS):
            problem, known = f"{date_order!r} is no order of dates", " or ".join(ORDERS)
            raise InputError("date_order", problem, f"use {known}")
        columns = (text, title, id, outlet, published, url, language)
        fields = Fields(*columns, order=date_order, languages=self.preparation.languages)
        named = {"title": title, "outlet": outlet, "published": published or date_order, "url": url}
        return add(
            self.folder,
            records_of(articles, fields=fields, form=format),
            self.preparation,
            keep=keep,
            correct=[name for name, column in named.items() if column],
            n_workers=n_workers,
            progress=progress,
        )

    def articles(self, columns: Sequence[str] = ()) -> "Dataset":
        """Load the articles, or some of their columns; see `load_articles`."""
        return load_articles(self.folder, columns, outlets=self.outlets)

    def units(self, columns: Sequence[str] = (), *, article: str = "") -> "Dataset":
        """Load the units, or some of their columns, or those of one article; see `load_units`."""
        return load_units(self.folder, columns, article=article, outlets=self.outlets)

    def rejects(self) -> list[Reject]:
        """Load what could not be used, with its file, line and reason."""
        return load_rejects(self.folder / "rejects.jsonl")

    def summary(self) -> dict[str, Any]:
        """Count articles, units, outlets, dates, near-duplicates and rejects; see `summary`."""
        return summary(self.folder, self.outlets)

    def __repr__(self) -> str:
        n_articles, n_units = size(self.folder)
        n_rejects = len(self.rejects()) if n_articles else 0
        rejected = f", {n_rejects:,} rejects" if n_rejects else ""
        parts = f"{_counted(n_articles, 'article')}, {_counted(n_units, 'unit')}{rejected}"
        return f"Corpus in {self.folder}: {parts}"

    def _repr_html_(self) -> str:
        head = f"<p>{escape(repr(self))}</p>"
        if not self.n_articles:
            return head
        shown = {
            name: ", ".join(f"{key or '(none)'} {n}" for key, n in value.items())
            if isinstance(value, dict)
            else value
            for name, value in self.summary().items()
        }
        rows = "".join(
            f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{escape(str(value))}</td></tr>"
            for name, value in shown.items()
            if value not in (None, "", 0)
        )
        return f"{head}<table>{rows}</table>"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
