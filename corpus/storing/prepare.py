"""Make a record ready for a corpus: repair its encoding on request, clean it, or refuse it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..article import Article
from ..cleaning.debris import Cleaned, clean
from ..line_breaks import unwrap
from ..preparation import Preparation
from ..reading.fields import Reject
from .part import PART, finished

__all__ = ["prepare", "rehearse"]


def prepare(record: Article, preparation: Preparation) -> Cleaned | Reject:
    """Clean an article, or tell why nothing of it is left."""
    read = _repaired(record) if preparation.fix_encoding else record
    if preparation.keep_debris:
        # Lines of a fixed width are no debris: each of them would be a sentence.
        cleaned = Cleaned(replace(read, text=unwrap(read.text)))
    else:
        cleaned = clean(read)
    if not cleaned.article.text:
        return Reject.of(record.file, record.record, "nothing but debris", record.text)
    return cleaned if read is record else replace(cleaned, repaired=True)


def rehearse(
    records: Iterable[Article | Reject], preparation: Preparation
) -> Iterator[Cleaned | Reject]:
    r"""Show what `add` would make of records, and keep nothing: cleaned articles, and rejects.

    What the articles of an outlet have in common is looked for among as many of them as in a run
    on an empty corpus.

    Examples
    --------
    >>> from standfirst.corpus import Article, Preparation, rehearse
    >>> text = (
    ...     "The minister left on Monday.\n\nShare this article\n\nTalks resume on Tuesday."
    ... )
    >>> [
    ...     row.text
    ...     for cleaned in rehearse([Article("a1", "Talks", text)], Preparation())
    ...     for row in cleaned.removed
    ... ]
    ['Share this article']
    """
    waiting: list[Cleaned] = []
    for record in records:
        cleaned = record if isinstance(record, Reject) else prepare(record, preparation)
        if isinstance(cleaned, Reject):
            yield cleaned
            continue
        waiting.append(cleaned)
        if len(waiting) == PART:
            yield from finished(waiting, preparation)
            waiting = []
    yield from finished(waiting, preparation)


def _repaired(article: Article) -> Article:
    import ftfy

    title, text = ftfy.fix_encoding(article.title), ftfy.fix_encoding(article.text)
    same = (title, text) == (article.title, article.text)
    return article if same else replace(article, title=title, text=text)
