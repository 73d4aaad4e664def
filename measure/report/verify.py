"""Does a page say what its study says? Every number is computed again and compared.

The page is a function of the study's files alone, so that it is written a second time and both are
held side by side: the files by their hashes, the numbers by their place, and what is to be read by
sections. A digit that somebody changed anywhere in the page, also in a drawing, is found.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingFileError
from .contents import Asked
from .page import unpacked_articles

__all__ = ["Difference", "asked_of", "files_of", "verify"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the page says otherwise."""

    where: str
    """File, number or section."""
    page: str
    """What the page says."""
    study: str
    """What the study gives."""

    def __str__(self) -> str:
        return f"{self.where}: the page says {self.page}, the study gives {self.study}"


def verify(path: Path, written: str) -> list[Difference]:
    """Compare a page with the one that its study gives now.

    Parameters
    ----------
    path
        The page.
    written
        The page as it is written now; see `page.html`.

    Returns
    -------
    All differences; nothing when the page is right.

    Raises
    ------
    MissingFileError, InputError
        There is no such file, or it is no report.
    """
    text = _text(path)
    if text == written:
        return []
    page, study = _parts(path, text), _parts(path, written)
    found = [
        *_compared(page.files, study.files, "file "),
        *_compared(page.numbers, study.numbers, "number "),
    ]
    found += _words(page.words, study.words)
    if page.articles != study.articles:
        found.append(Difference("articles", "other texts, tags or answers", "those of its files"))
    if not found:
        found = [Difference("the page", "other markup", "its own, to the byte")]
    return found


def files_of(path: Path) -> dict[str, str]:
    """Read from a page which files of its study it rests on, by name, with their SHA-256.

    Raises
    ------
    InputError
        It is no report.
    """
    from lxml import etree, html

    try:
        root = html.document_fromstring(path.read_bytes())
    except (etree.LxmlError, ValueError) as error:
        raise InputError(path, "is no report of Standfirst, or damaged", "name a report") from error
    rows = root.xpath(".//section[@id='methods']//tr[td/code]")
    return {row[0].text_content(): row[1].text_content() for row in rows}


def asked_of(path: Path) -> Asked:
    """Read what a page was asked for, so that it can be made again.

    Raises
    ------
    MissingFileError, InputError
        As `verify`.
    """
    numbers = _parts(path, _text(path)).numbers

    def strings(name: str) -> tuple[str, ...]:
        names = (f"asked.{name}.{number}" for number in range(len(numbers)))
        return tuple(str(json.loads(numbers[n])) for n in takewhile(numbers.__contains__, names))

    tags = str(json.loads(numbers.get("asked.tags", '""')))
    return Asked(tags, strings("beside"), strings("formulas"))


def _text(path: Path) -> str:
    if not path.is_file():
        raise MissingFileError(path, "no such report", "run: standfirst report")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8 text", "name a report") from error


@dataclass(frozen=True, slots=True)
class _Parts:
    files: dict[str, str]
    numbers: dict[str, str]
    words: dict[str, list[str]]
    articles: Any


def _parts(path: Path, text: str) -> _Parts:
    from lxml import etree, html

    try:
        root = html.document_fromstring(text)
        numbers = json.loads(root.get_element_by_id("numbers").text or "")
        articles = unpacked_articles(root.get_element_by_id("articles").text or "")
        sections = {one.get("id") or "": one for one in root.iter("section")}
        rows = sections["methods"].xpath(".//tr[td/code]")
    except (etree.LxmlError, KeyError, ValueError, OSError, EOFError) as error:
        raise InputError(path, "is no report of Standfirst, or damaged", "name a report") from error
    files = {row[0].text_content(): row[1].text_content() for row in rows}
    words = {
        name: [t.strip() for t in one.itertext() if t.strip()] for name, one in sections.items()
    }
    head = root.find(".//header")
    words["header"] = [] if head is None else [t.strip() for t in head.itertext() if t.strip()]
    # Where a dot stands is an attribute, not text.
    for name, one in sections.items():
        marks = one.xpath(".//*[local-name()='circle' or local-name()='line']")
        words[f"{name} (drawings)"] = [" ".join(m.attrib.values()) for m in marks]
    return _Parts(files, dict(_flat(numbers)), words, articles)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Give every number by its place, such as ``shares.dimensions.stance.n_gold``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{place}")
    else:
        yield name, json.dumps(value, ensure_ascii=False)


def _compared(page: dict[str, str], study: dict[str, str], kind: str) -> Iterator[Difference]:
    for name in dict.fromkeys([*page, *study]):
        one, other = page.get(name, "nothing"), study.get(name, "nothing")
        if one != other:
            yield Difference(f"{kind}{name}", one, other)


def _words(page: dict[str, list[str]], study: dict[str, list[str]]) -> Iterator[Difference]:
    from difflib import SequenceMatcher

    for name in dict.fromkeys([*page, *study]):
        one, other = page.get(name, []), study.get(name, [])
        for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            if what != "equal":
                told = (" ".join(words)[:80] or "nothing" for words in (one[a:b], other[c:d]))
                yield Difference(f"section {name}", *told)
