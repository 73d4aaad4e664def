"""Make a record ready for a corpus: repair its encoding on request, clean it, or refuse it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..article import Article
from ..cleaning.debris import Cleaned, clean
from ..reading.fields import Reject
from .part import PART, Options, finished

__all__ = ["prepare", "rehearse"]


def prepare(record: Article, options: Options) -> Cleaned | Reject:
    """Clean an article, or tell why nothing of it is left."""
    read = _repaired(record) if options.fix_encoding else record
    cleaned = Cleaned(read) if options.keep_debris else clean(read)
    if not cleaned.article.text:
        return Reject.of(record.file, record.record, "nothing but debris", record.text)
    return cleaned if read is record else replace(cleaned, repaired=True)


def rehearse(records: Iterable[Article | Reject], options: Options) -> Iterator[Cleaned | Reject]:
    """Show what `add` would make of records, and keep nothing: cleaned articles, and rejects.

    What the articles of an outlet have in common is looked for among as many of them as in a run
    on an empty corpus.
    """
    waiting: list[Cleaned] = []
    for record in records:
        one = record if isinstance(record, Reject) else prepare(record, options)
        if isinstance(one, Reject):
            yield one
            continue
        waiting.append(one)
        if len(waiting) == PART:
            yield from finished(waiting, options)
            waiting = []
    yield from finished(waiting, options)


def _repaired(article: Article) -> Article:
    import ftfy

    title, text = ftfy.fix_encoding(article.title), ftfy.fix_encoding(article.text)
    same = (title, text) == (article.title, article.text)
    return article if same else replace(article, title=title, text=text)
