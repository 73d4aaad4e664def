"""How large a report is, how long it takes, and how quick its search is.

A study is made of 1,500 articles that are put together from the sentences of real news, with
invented tags of two dimensions on all of them and invented answers of two coders on 400. Printed:
the size of the page, seconds to gather the numbers and to write the page, and in headless Chromium
how long a search over all articles takes.

    python benchmarks/report.py [../shared/data] [--articles 1500] [--smoke]
"""

import argparse
import json
import shutil
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from standfirst.annotate.design.sampling import draw, write_design
from standfirst.corpus import add, load_units, read_articles
from standfirst.labels import (
    Annotation,
    load_codebook,
    ready_codebooks,
    resolve,
    write_annotations,
    write_gold,
)
from standfirst.measure.report.page import html
from standfirst.study.folder import StudyFolder
from standfirst.study.reporting import contents_of

SENTENCES = 20
DIMENSIONS = ("stance", "position")


def make(folder: Path, texts: list[str], n_articles: int) -> StudyFolder:
    """Make the study."""
    news = folder / "news.jsonl"
    stream = cycle(texts)
    with news.open("w", encoding="utf-8") as out:
        for number in range(n_articles):
            row = {
                "id": f"a{number}",
                "title": next(stream)[:80],
                "text": " ".join(islice(stream, SENTENCES)),
                "outlet": f"Outlet {number % 15}",
                "published": f"{2024 + number % 2}-{1 + number % 12:02}-05",
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    codebook = ready_codebooks()["transfer-deals"].read_text(encoding="utf-8")
    study = StudyFolder.create(folder / "study", codebook, title="A benchmark")
    add(study.corpus, read_articles([str(news)]))
    units = list(load_units(study.corpus, ["unit_id", "article_id", "text"]))
    book = load_codebook(study.codebook_path)
    drawn = draw(units, min(400, len(units) // 3), rule="random", seed=1)
    write_design(study.design, drawn)
    rng = np.random.default_rng(1)
    ids = [unit["unit_id"] for unit in units]
    columns: dict[str, object] = {"unit_id": ids}
    chosen = {row.unit_id for row in drawn}
    answers = []
    for name in DIMENSIONS:
        labels = book.dimension(name).label_ids
        p = rng.dirichlet(np.full(len(labels), 0.4), len(units))
        truth = (p.cumsum(axis=1) > rng.random((len(units), 1))).argmax(axis=1)
        column = pa.array(p.tolist(), pa.list_(pa.float32()))
        columns |= {
            name: [labels[k] for k in p.argmax(axis=1)],
            f"{name}_prob": column,
            f"{name}_cross": column,
            f"{name}_abstained": [False] * len(units),
        }
        for number, unit in enumerate(units):
            if unit["unit_id"] in chosen:
                for coder in ("ann", "bo"):
                    k = rng.integers(len(labels)) if rng.random() < 0.1 else truth[number]
                    answers.append(
                        Annotation(
                            unit["unit_id"],
                            coder,
                            name,
                            (labels[k],),
                            article_id=unit["article_id"],
                            revision=book.revision,
                        )
                    )
    write_annotations(study.annotations, answers)
    write_gold(study.gold, resolve(answers, book))
    study.tags.mkdir(exist_ok=True)
    parquet.write_table(pa.table(columns), study.tags / "corpus.parquet")
    return study


def search(page: Path) -> float | None:
    """Give the slowest of some searches, in milliseconds; None without a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_selector("html[data-ready=true]", timeout=60_000)
        slowest = 0.0
        for word in ("government", "the", "no such word anywhere", "m"):
            took = opened.evaluate(
                """word => {
                  const field = document.getElementById("f-search");
                  field.value = word;
                  const start = performance.now();
                  field.dispatchEvent(new Event("input", { bubbles: true }));
                  return performance.now() - start;
                }""",
                word,
            )
            slowest = max(slowest, float(took))
        browser.close()
    return slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--smoke", action="store_true", help="a tiny run")
    options = parser.parse_args()
    if not options.data.is_dir():
        print("skipped: needs ../shared/data")
        return
    texts = [
        json.loads(line)["text"]
        for path in sorted(options.data.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()[:8000]
    ]
    texts = [" ".join(text.split()) for text in texts if 30 < len(text) < 300]
    n_articles = 30 if options.smoke else options.articles
    with tempfile.TemporaryDirectory() as name:
        study = make(Path(name), texts, n_articles)
        start = time.perf_counter()
        contents = contents_of(study)
        gathered = time.perf_counter()
        page = html(contents)
        written = time.perf_counter()
        path = Path(name) / "report.html"
        path.write_text(page, encoding="utf-8")
        n_units = contents.corpus.n_units
        print(f"{len(contents.articles)} articles, {n_units} units")
        print(f"page: {path.stat().st_size / 1e6:.2f} MB")
        print(f"numbers {gathered - start:.1f} s, page {written - gathered:.1f} s")
        slowest = search(path)
        print("search: no browser" if slowest is None else f"slowest search: {slowest:.0f} ms")


if __name__ == "__main__":
    main()
