"""Every block of code in the README and the docs runs, or names the test that runs it."""

import csv
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pytest
import typer
import yaml
from pyarrow import parquet

from standfirst.annotate import read_design
from standfirst.cli import app
from standfirst.corpus import load_units
from standfirst.labels import Codebook, parse_codebook, parse_mapping, read_annotations
from standfirst.tests.docs.blocks import Block, blocks, commands

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "corpus" / "demo"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks(page)]
OTHERS = {"r", "stata", "text"}
"""Languages that nothing here can run, and what commands print."""


def name(block: Block) -> str:
    """Name a block by its page and line."""
    return f"{block.page.relative_to(ROOT)}:{block.line}"


def of(*languages: str) -> pytest.MarkDecorator:
    """Give a test each block of these languages."""
    chosen = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=map(name, chosen))


def test_languages_are_known() -> None:
    """Each block says what it is, and there is a test for each language."""
    known = {"python", "sh", "sql", "toml", "yaml"} | OTHERS

    assert [name(block) for block in BLOCKS if block.language not in known] == []


@of("sh")
def test_commands_are_ones(block: Block) -> None:
    """Each line of a shell block is a command that the command line takes, with its options."""
    root: Any = typer.main.get_command(app)
    for words in commands(block):
        if words[0] != "standfirst":
            assert words[0] in {"cd", "pip", "ray"}
            continue
        command, context, left = root, click.Context(root, info_name="standfirst"), words[1:]
        while isinstance(command, click.Group) and left and not left[0].startswith("-"):
            _, command, left = command.resolve_command(context, left)
            assert command is not None
        command.make_context(str(command.name), list(left))


@of("python", "sh", "sql", "yaml")
def test_marks_name_tests(block: Block) -> None:
    """What does not run here names a test that does."""
    if block.page.name == "tutorial.md" or not block.mark:
        return
    named = re.fullmatch(r"run by (tests/[\w/]+\.py)", block.mark)

    assert named is not None, block.mark
    assert (ROOT / named[1]).is_file()


@of("toml", "yaml")
def test_settings_can_be_read(block: Block) -> None:
    """A codebook, a mapping, settings of a study: each is one that the reader takes."""
    if block.language == "toml":
        assert tomllib.loads(block.text)
    elif "dimensions" in yaml.safe_load(block.text):
        assert parse_codebook(block.text, name(block)).dimensions
    elif not block.mark:
        assert parse_mapping(block.text, book(BEFORE), book(AFTER), name(block))


BEFORE = {"framing": ["law", "costs", "weather", "other", "security"], "tone": ["warm", "cold"]}
AFTER = {"framing": ["legality", "economy", "other", "security"]}


def book(dimensions: dict[str, list[str]]) -> Codebook:
    """Make the codebook that the example of a mapping leads from, or to."""
    given = [
        {"id": key, "question": f"Which of {len(dimensions)}?", "labels": [
            {"id": label, "definition": f"{label} {len(dimensions)}"} for label in labels
        ]}
        for key, labels in dimensions.items()
    ]  # fmt: skip
    document = {"id": "news", "title": "News", "version": "1", "dimensions": given}
    return parse_codebook(yaml.safe_dump(document), "news")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Make a coded study with a model, and beside it the files that the docs speak of."""
    folder = tmp_path_factory.mktemp("docs")
    study = folder / "study"

    def done(*words: str) -> None:
        ended = run(*words, cwd=study if study.exists() else folder)
        assert ended.code == 0, (words, ended.err)

    done("init", "study")
    # Five outlets, so that each has enough coded units to be compared.
    lines = (DEMO / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    news = [row | {"outlet": row["writer"]} for row in map(json.loads, lines)]
    (folder / "all.jsonl").write_text("\n".join(map(json.dumps, news)), encoding="utf-8")
    done("corpus", "add", str(folder / "all.jsonl"))
    done("annotate", "sample", "300", "--test", "100")
    drawn = {row.unit_id for row in read_design(study / "annotations" / "design.jsonl")}
    tasks = json.loads((DEMO / "readings.json").read_bytes())
    tasks = [task for task in tasks if task["data"]["unit_id"] in drawn]
    (study / "project-1.json").write_text(json.dumps(tasks), encoding="utf-8")
    done("annotate", "import", "project-1.json")
    done("labels", "gold")
    done("train", "--fast", "--encoder", "tfidf")
    for copy in ("models/deals", "models/NAME", "MODEL", "model"):
        shutil.copytree(study / "models" / "transfer-deals", study / copy)
    units = {row["unit_id"]: row for row in load_units(study / "corpus")}
    coded: dict[str, dict[str, Any]] = {}
    for line in (study / "annotations" / "gold.jsonl").read_bytes().splitlines():
        answer = json.loads(line)
        row = coded.setdefault(answer["unit_id"], dict(units[answer["unit_id"]]))
        row[answer["dimension"]] = "|".join(answer["labels"])
    rows = [row for row in coded.values() if "stance" in row]
    for number, row in enumerate(rows):
        row |= {"sentiment": ("good", "bad")[number % 3 == 0], "meta": {"target": "minister"}}
    columns = ["unit_id", "article_id", "text", "before", "after", "stance"]
    write_table(study / "coded.csv", rows[:150], columns)
    write_table(study / "held_out.csv", rows[200:260], columns)
    write_table(study / "later.csv", rows[260:], columns)
    drawn_rows = [row | {"probability": 150 / len(units)} for row in rows[:150]]
    write_table(study / "drawn.csv", drawn_rows, ["unit_id", "stance", "probability"])
    write_table(study / "coded_units.csv", rows[:80], ["unit_id", "stance"])
    answers = [
        {"unit": row.unit_id, "coder": row.coder, "dimension": row.dimension,
         "label": "|".join(row.labels)}
        for row in read_annotations(study / "annotations" / "annotations.jsonl")
    ]  # fmt: skip
    write_table(study / "coders.csv", answers, ["unit", "coder", "dimension", "label"])
    unseen = (DEMO / "unseen.jsonl").read_text(encoding="utf-8").splitlines()
    articles = [json.loads(line) for line in unseen[:16]]
    write_table(study / "articles.csv", articles, ["id", "title", "text"])
    parquet.write_table(pa.Table.from_pylist(articles), study / "dump.parquet")
    for path in (study / "coded.jsonl", study / "news" / "a.jsonl", study / "articles" / "a.jsonl"):
        path.parent.mkdir(exist_ok=True)
        given = rows[:150] if path.name == "coded.jsonl" else articles
        path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    done("corpus", "units", "-o", "units.parquet")
    for of, to in (
        ("units.parquet", "tags/corpus.parquet"),
        ("units.parquet", "tags.parquet"),
        ("news", "tags/2026"),
    ):
        done("tag", "models/deals", of, "-o", to)
    return folder


def write_table(path: Path, rows: list[dict[str, Any]], columns: list[str]) -> None:
    """Write some columns of rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, columns, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


RUN = [
    page
    for page in PAGES
    if page.name != "tutorial.md"
    and any(not block.mark and block.language in {"python", "sh"} for block in blocks(page))
]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_pages_run(
    page: Path, world: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run one after another, in a study that is as the page supposes."""
    here = world / f"page-{page.stem}"
    shutil.copytree(world / "study", here)
    monkeypatch.chdir(here)
    rows = [json.loads(line) for line in Path("coded.jsonl").read_text().splitlines()]
    names: dict[str, Any] = {
        "texts": [row["text"] for row in rows],
        "labels": [row["stance"] for row in rows],
        "articles": [row["article_id"] for row in rows],
    }
    failed = []
    for block in blocks(page):
        if block.mark:
            continue
        if block.language == "python":
            exec(block.text, names)  # noqa: S102 - the text is ours
        for words in commands(block) if block.language == "sh" else ():
            if words[0] == "standfirst":
                done = run(*words[1:], cwd=here)
                if done.code:
                    said = done.err.strip().splitlines()[-1:]
                    failed.append(f"{name(block)}: {' '.join(words)}: {said}")

    assert failed == []
