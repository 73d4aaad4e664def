"""Does a page say what its study says? Every number is computed again and compared.

The page is a function of the study's files alone, so that it is written a second time and both are
held side by side: the files by their hashes, the numbers by their names, and what is to be read by
sections. A digit that somebody changed anywhere in the page, also in a drawing, is found.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingFileError
from .contents import Asked
from .page import unpacked

__all__ = ["Difference", "asked_of", "files_of", "verify"]

_BEFORE, _SHOWN = 30, 80
"""Signs of a text that are shown before it differs, and in all."""


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
    differences = [
        *_compared(page.files, study.files, "file "),
        *_compared(page.numbers, study.numbers, "number "),
        *_compared_texts(page.texts, study.texts),
    ]
    if not _same_articles(page.articles, study.articles):
        other = Difference("articles", "other texts, tags or answers", "those of its files")
        differences.append(other)
    return differences or [Difference("the page", "other markup", "its own, to the byte")]


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
    texts: dict[str, list[str]]
    """What is to be read in each section, and where the marks of its drawings stand."""
    articles: str
    """As they are packed."""


def _parts(path: Path, text: str) -> _Parts:
    from lxml import etree, html

    try:
        root = html.document_fromstring(text)
        numbers = json.loads(root.get_element_by_id("numbers").text or "")
        articles = root.get_element_by_id("articles").text or ""
        sections = {section.get("id") or "": section for section in root.iter("section")}
        rows = sections["methods"].xpath(".//tr[td/code]")
        flat = dict(_flat(numbers))
    except (etree.LxmlError, KeyError, ValueError, RecursionError) as error:
        raise InputError(path, "is no report of Standfirst, or damaged", "name a report") from error
    files = {row[0].text_content(): row[1].text_content() for row in rows}
    texts = {name: _read(section) for name, section in sections.items()}
    head = root.find(".//header")
    texts["header"] = [] if head is None else _read(head)
    # Where a mark stands is an attribute, not text.
    for name, section in sections.items():
        marks = section.xpath(".//svg//*[not(self::title)]")
        texts[f"{name} (drawings)"] = [" ".join(mark.attrib.values()) for mark in marks]
    return _Parts(files, flat, texts, articles)


def _read(element: Any) -> list[str]:
    return [" ".join(text.split()) for text in element.itertext() if text.strip()]


def _same_articles(page: str, study: str) -> bool:
    """Tell whether the same is packed, also where another machine has packed it otherwise."""
    if page == study:
        return True
    raw = unpacked(study)
    try:
        return unpacked(page, most=len(raw)) == raw
    except (ValueError, zlib.error):
        return False


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Give every number by its path, such as ``shares.dimensions.stance.n_gold``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{index}")
    else:
        yield name, json.dumps(value, ensure_ascii=False)


def _compared(page: dict[str, str], study: dict[str, str], kind: str) -> Iterator[Difference]:
    for name in dict.fromkeys([*page, *study]):
        on_page, in_study = page.get(name, "nothing"), study.get(name, "nothing")
        if on_page != in_study:
            yield Difference(f"{kind}{name}", on_page, in_study)


def _compared_texts(
    page: dict[str, list[str]], study: dict[str, list[str]]
) -> Iterator[Difference]:
    from difflib import SequenceMatcher

    for name in dict.fromkeys([*page, *study]):
        on_page, in_study = page.get(name, []), study.get(name, [])
        matcher = SequenceMatcher(None, on_page, in_study, autojunk=False)
        for what, a, b, c, d in matcher.get_opcodes():
            if what != "equal":
                there, here = " ".join(on_page[a:b]), " ".join(in_study[c:d])
                same = takewhile(lambda signs: signs[0] == signs[1], zip(there, here, strict=False))
                start = max(sum(1 for _ in same) - _BEFORE, 0)
                yield Difference(f"section {name}", _cut(there, start), _cut(here, start))


def _cut(text: str, start: int) -> str:
    """Give the part of a text in which two begin to differ."""
    end = start + _SHOWN
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}" if text else "nothing"
