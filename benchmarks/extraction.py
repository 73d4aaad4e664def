"""HTML to article text: Standfirst beside trafilatura alone, on 181 real news pages.

F1 over runs of four words, each page weighing the same, as the benchmark that the pages come from
counts it. Needs ``../shared/data`` beside the checkout; ``--smoke`` takes five of the pages.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import trafilatura

from standfirst.corpus import Article, clean
from standfirst.corpus.reading.web_pages import extract

DATA = Path(__file__).parents[2] / "shared" / "data"


def runs(text: str) -> Counter[tuple[str, ...]]:
    """Count the runs of four words; a shorter text is one run."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(len(words) - 3, 1)))


def scores(golden: list[str], found: list[str]) -> tuple[float, float, float]:
    """Give F1, precision and recall."""
    right = wrong = missed = 0.0
    for wanted, given in zip(map(runs, golden), map(runs, found), strict=True):
        both, extra = (wanted & given).total(), (given - wanted).total()
        lost = (wanted - given).total()
        every = both + extra + lost
        right, wrong, missed = right + both / every, wrong + extra / every, missed + lost / every
    precision, recall = right / (right + wrong), right / (right + missed)
    return 2 * precision * recall / (precision + recall), precision, recall


def whole(page: bytes) -> str:
    """Extract and clean, as `corpus add` does."""
    found = extract(page)
    return clean(Article("", "", str(found["text"]))).article.text if found else ""


CANDIDATES: dict[str, Callable[[bytes], str]] = {
    "trafilatura alone": lambda page: trafilatura.extract(page) or "",
    "standfirst, extraction": lambda page: str((extract(page) or {"text": ""})["text"]),
    "standfirst, extraction and cleaning": whole,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    most = 5 if parser.parse_args().smoke else None
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        return
    lines = (DATA / "extraction_aeb.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:most]]
    pages = [gzip.decompress((DATA / row["html"]).read_bytes()) for row in rows]
    print(f"| {len(pages)} pages | F1 | precision | recall | pages per CPU second |")
    print("|---|---|---|---|---|")
    for name, find in CANDIDATES.items():
        begin = time.process_time()
        found = [find(page) for page in pages]
        rate = len(pages) / (time.process_time() - begin)
        f1, precision, recall = scores([row["text"] for row in rows], found)
        print(f"| {name} | {f1:.4f} | {precision:.4f} | {recall:.4f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
