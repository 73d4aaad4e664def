"""``standfirst tag`` over a generated corpus of 200,000 articles, tier by tier, beside its peers.

    python benchmarks/whole.py run ROWS.jsonl [NAME ...] [--articles N] [--folder DIR] [--venvs DIR]
    python benchmarks/whole.py table ROWS.jsonl [--picture PNG]

``run`` measures tiers and peers (all, or those that are named) and appends a row for each to
ROWS.jsonl; ``table`` prints what stands there, the last row of each, and draws it. The corpus is
that of `ingest.write` (ten sentences an article); with --folder it and the models are kept for the
next run. Every tier learns from the same 600 of its sentences, labelled by their verb, and tags

* ``articles``: raw JSON Lines to shards, with one process and with two: read, clean, cut, tag;
* ``units``: the same sentences, ready, from Parquet to shards, with one process;
* ``labels``: a fifth of them, from an Arrow table in memory to one, on one thread, as peers do.

A tier that would take hours tags a share of the corpus, which the table tells. Seconds are those of
the run as ``_SUCCESS`` has them (loading the model is in, Python's start is not); memory is the
peak of the largest process, and of all together. Peers get sentences as a Python list and give
labels, on one thread, in environments of their own (see ``tag.py``); they neither read nor write.
Their seconds and those of ``labels`` are CPU seconds, the better of two runs.

On two cores, the corpus of 200,000 takes about 25 minutes in all, and 1.5 GB of disk.
"""

import argparse
import json
import tempfile
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from standfirst.benchmarks.ingest import write
from standfirst.benchmarks.scale import tagged
from standfirst.benchmarks.tag import peer, quickest
from standfirst.corpus import Article, read_articles
from standfirst.corpus.units.cut import unit_rows
from standfirst.corpus.units.unit import UNIT_SCHEMA
from standfirst.models import Model, from_file, train

ROOT = Path(__file__).resolve().parents[1]
TIERS = {
    "hashed": 200_000,
    "hashed-pieces": 200_000,
    "static": 200_000,
    "tfidf": 20_000,
    "minilm-int8": 200,
    "minilm": 200,
    "mpnet": 40,
}
"""Tier to how many articles of the 200,000 it tags."""
SHARES = {
    "TfidfVectorizer(1-2) + LR": 400_000,
    "fastText predict": 1_000_000,
    "spaCy textcat_bow, nlp.pipe": 40_000,
    "model2vec encode + LR": 200_000,
    "datasets.map(TF-IDF + LR)": 200_000,
    "sentence-transformers on torch + LR": 1_000,
}
"""Peer to how many sentences of the 2 million it tags."""
WHOLE = 200_000
LEARN = 600
VERBS = {
    "critique": ("rejected", "questioned"),
    "support": ("defended", "welcomed"),
    "neutral": ("delayed", "published", "amended"),
}


class Corpus:
    """The corpus, what is learned from it, and the models, in a folder."""

    def __init__(self, folder: Path, n_articles: int) -> None:
        self.folder, self.n = folder, n_articles
        self.news = folder / f"news-{n_articles}.jsonl"
        if not self.news.is_file():
            write(self.news, n_articles)

    def articles(self, n: int) -> Path:
        """Give the first articles as a file."""
        path = self.folder / f"news-{n}.jsonl"
        if not path.is_file():
            with self.news.open() as lines, path.open("w") as out:
                out.writelines(islice(lines, n))
        return path

    def units(self, n: int) -> Path:
        """Give the sentences of the first articles as a file of ready units."""
        path = self.folder / f"units-{n}.parquet"
        if not path.is_file():
            aside = path.with_suffix(".part")
            with parquet.ParquetWriter(aside, UNIT_SCHEMA, compression="zstd") as out:
                articles = read_articles([str(self.articles(n))])
                while some := list(islice(articles, 5_000)):
                    texts = [one for one in some if isinstance(one, Article)]
                    rows = [row for one in texts for row in unit_rows(one, "sentence", 0, 3, 3)]
                    out.write_table(pa.table([*zip(*rows, strict=True)], schema=UNIT_SCHEMA))
            aside.rename(path)
        return path

    def sentences(self, n: int) -> list[str]:
        """Give the first sentences."""
        n_articles = min(n // 10 + 20, self.n)
        found: list[str] = parquet.read_table(self.units(n_articles), columns=["text"])[
            "text"
        ].to_pylist()
        return found[:n]

    def learn(self) -> list[dict[str, str]]:
        """Give labelled sentences."""
        rows = []
        for k, text in enumerate(self.sentences(2 * LEARN)):
            verbs = [name for name, them in VERBS.items() if set(them) & set(text.split())]
            if verbs:
                rows.append({"text": text, "stance": verbs[0], "article_id": f"a{k // 10}"})
        return rows[:LEARN]

    def model(self, tier: str) -> Path:
        """Give the folder of a trained model."""
        path = self.folder / tier
        if not path.is_dir():
            rows = self.folder / "learn.jsonl"
            rows.write_text("".join(json.dumps(row) + "\n" for row in self.learn()))
            train(from_file(rows, ["stance"]), encoder=tier, n_folds=2).model.save(path)
        return path


def of_tier(corpus: Corpus, tier: str, n: int) -> list[dict[str, Any]]:
    """Run the command over articles with one process and two, and over units with one."""
    model, found = corpus.model(tier), []
    ways = (("articles", corpus.articles(n), 1), ("articles", corpus.articles(n), 2))
    for way, source, processes in (*ways, ("units", corpus.units(n), 1)):
        with tempfile.TemporaryDirectory(dir=corpus.folder) as scratch:
            given = ["--processes", str(processes), "--no-near-duplicates"]
            # A slow tier's share must give each process some shards, too.
            given += [] if n > 10_000 else ["--shard-mb", str(n * 1_700 / 8 / 2**20)]
            watch, counts = tagged(model, source, Path(scratch) / "out", *given)
        found.append(
            {
                "name": tier,
                "way": way,
                "processes": processes,
                "of": corpus.n * 10,
                "units": counts["units"],
                "seconds": counts["seconds"],
                "largest_mb": max(watch.peaks.values()),
                "all_mb": sum(watch.peaks.values()),
            }
        )
    units = parquet.read_table(corpus.units(n)).slice(0, max(10 * n // 5, 100))
    seconds = len(units) / quickest(Model.load(model), units)
    size = {"of": corpus.n * 10, "units": len(units), "seconds": seconds}
    return [*found, {"name": tier, "way": "labels", "processes": 1, **size}]


def of_peer(corpus: Corpus, name: str, n: int, venvs: Path) -> list[dict[str, Any]]:
    """Run a peer; nothing where its environment is missing."""
    learn, units = corpus.learn(), corpus.sentences(n)
    rows = {"texts": [r["text"] for r in learn], "labels": [r["stance"] for r in learn]}
    told = peer(name, rows, units, venvs)
    if told is None:
        return []
    peak = {"largest_mb": told["peak"], "all_mb": told["peak"]}
    size = {"of": corpus.n * 10, "units": len(units), "seconds": told["cpu"]}
    return [{"name": name, "way": "peer", "processes": 1, **size, **peak}]


def run(options: argparse.Namespace) -> None:
    """Measure, and append what is found."""
    chosen = options.names or [*TIERS, *SHARES]
    ready = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory()
    with ready as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        corpus = Corpus(Path(folder), options.articles)
        for name in chosen:
            try:
                if name in TIERS:
                    n = max(TIERS[name] * options.articles // WHOLE, 20)
                    found = of_tier(corpus, name, n)
                else:
                    n = max(SHARES[name] * options.articles // WHOLE, 200)
                    found = of_peer(corpus, name, n, options.venvs)
            except ImportError as error:
                print(f"{name}: left out: {error}")
                continue
            with options.rows.open("a") as out:
                out.writelines(json.dumps(row) + "\n" for row in found)
            for row in found:
                print(
                    f"{told(row)}: {row['units'] / row['seconds']:,.0f} units a second", flush=True
                )


def told(row: dict[str, Any]) -> str:
    """Name what was measured."""
    ways = {"units": "units, one process", "labels": "labels, one thread"}
    ways["peer"] = "peer, one thread"
    cores = "one process" if row["processes"] == 1 else f"{row['processes']} processes"
    return f"{row['name']} ({ways.get(row['way'], f'articles, {cores}')})"


def table(options: argparse.Namespace) -> None:
    """Print the last row of each, and how many times as fast each tier is as each peer."""
    rows = {told(row): row for row in map(json.loads, options.rows.read_text().splitlines())}
    print("| what | of the sentences | units a second | largest process, MB | all, MB |")
    print("|---|---|---|---|---|")
    for name, row in rows.items():
        share = f"{row['units']:,} of {row['of']:,}" if row["units"] < row["of"] * 0.99 else "all"
        peaks = [f"{row[one]:,.0f}" if one in row else "" for one in ("largest_mb", "all_mb")]
        print(f"| {name} | {share} | {row['units'] / row['seconds']:,.0f} | {' | '.join(peaks)} |")
    rates = {
        (row["name"], row["way"]): row["units"] / row["seconds"]
        for row in rows.values()
        if row["way"] in ("labels", "peer")
    }
    peers = [name for name, way in rates if way == "peer"]
    print(f"\n| labels, one thread, over | {' | '.join(peers)} |\n|---|{'---|' * len(peers)}")
    for (name, way), rate in rates.items():
        if way == "labels":
            cells = [f"{rate / rates[one, 'peer']:,.3g}" for one in peers]
            print(f"| {name} | {' | '.join(cells)} |")
    if options.picture:
        picture(rows, options.picture)


def picture(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw units a second on a scale of powers of ten."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rates = {name: row["units"] / row["seconds"] for name, row in rows.items()}
    names = sorted(rates, key=rates.__getitem__)
    colours = {"articles": "#123f63", "units": "#1f7fbb", "labels": "#8fc1e3", "peer": "#b8b8b8"}
    figure, axis = plt.subplots(figsize=(8.5, 0.27 * len(names) + 0.8), constrained_layout=True)
    bars = axis.barh(
        names, [rates[name] for name in names], color=[colours[rows[n]["way"]] for n in names]
    )
    axis.bar_label(bars, [f" {rates[name]:,.0f}" for name in names], fontsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.set_xscale("log")
    axis.set_xlim(right=max(rates.values()) * 6)
    axis.set_xlabel("sentences a second (blue: Standfirst)")
    figure.savefig(path, dpi=80)


def main() -> None:
    """Measure, or tell what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part")
    runs = parts.add_parser("run")
    runs.add_argument("rows", type=Path)
    runs.add_argument("names", nargs="*", choices=[[], *TIERS, *SHARES])
    runs.add_argument("--articles", type=int, default=WHOLE)
    runs.add_argument("--folder", type=Path)
    runs.add_argument("--venvs", type=Path, default=ROOT.parent / "venvs")
    tables = parts.add_parser("table")
    tables.add_argument("rows", type=Path)
    tables.add_argument("--picture", type=Path)
    options = parser.parse_args()
    if options.part is None:
        parser.print_help()
    else:
        {"run": run, "table": table}[options.part](options)


if __name__ == "__main__":
    main()
