"""What CONTRIBUTING.md says holds: its examples run, and the files that it names are there."""

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from standfirst.labels import Annotation, load_codebook, ready_codebooks
from standfirst.models import from_file, train

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
REGISTRIES = {
    "standfirst.annotate.design.rules": "RULES",
    "standfirst.corpus.reading.read": "READERS",
    "standfirst.labels.gold.rules": "RULES",
    "standfirst.models.encoders.registry": "ENCODERS",
    "standfirst.models.runs.engines.engine": "ENGINES",
}


@pytest.fixture(autouse=True)
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and take out of the registries what an example puts there."""
    monkeypatch.chdir(tmp_path)
    known = [getattr(importlib.import_module(name), held) for name, held in REGISTRIES.items()]
    before = [dict(registry) for registry in known]
    yield
    for registry, kept in zip(known, before, strict=True):
        registry.clear()
        registry.update(kept)


def run(heading: str, **given: Any) -> dict[str, Any]:
    """Run the example below a heading, and return what it defined."""
    code = re.search(rf"### {heading}\n.*?```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    names = dict(given)
    exec(code.group(1), names)  # noqa: S102 - the text is ours
    return names


def test_reader() -> None:
    """A reader of CONTRIBUTING reads its suffix; a bad record is a reject."""
    Path("news.lines").write_text("Ruling | A court ruled.\nno bar\n")
    article, reject = run("Reader")["articles"]

    assert (article.title, article.text) == ("Ruling", "A court ruled.")
    assert (reject.record, reject.raw.strip()) == (2, "no bar")


def labelled() -> Path:
    path = Path("rows.jsonl")
    rows = [
        {"text": text.format(number), "stance": label, "group": str(number)}
        for number in range(12)
        for label, text in (("for", "It works in {}."), ("no", "Critics call plan {} a cruel one."))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.slow
def test_encoder() -> None:
    """An encoder of CONTRIBUTING trains a model that can be saved and loaded."""
    vectors = run("Encoder")["vectors"]
    model = train(from_file(labelled(), ["stance"]), encoder="lengths", n_folds=2).model
    model.save(Path("model"))
    answer = type(model).load(Path("model")).predict(["It works in 3."])["stance"]

    assert vectors.tolist() == [[14.0, 2.0], [13.0, 1.0]]
    assert answer.chosen.tolist() == [[True, False]]


def test_sampling_rule() -> None:
    """A rule of CONTRIBUTING draws without repetition, with probabilities that add up to n."""
    names = run("Sampling rule")

    assert len(set(names["drawn"])) == 5
    assert sum(names["probabilities"]) * 20 / 5 == pytest.approx(5)


def test_engine() -> None:
    """An engine of CONTRIBUTING runs every task."""
    train(from_file(labelled(), ["stance"]), encoder="tfidf", n_folds=2).model.save(Path("model"))
    Path("news.jsonl").write_text('{"id": "a", "text": "It works in Lurani. Talks resume."}\n')

    assert run("Engine")["summary"].units == 2


def test_way_of_resolving_labels() -> None:
    """A way of resolving of CONTRIBUTING leaves open what it calls even."""
    book = load_codebook(ready_codebooks()["transfer-deals"])
    one, other = book.dimensions[0].label_ids[:2]
    said = {"u1": (one, one, other), "u2": (one, other, *book.dimensions[0].label_ids[2:4])}
    rows = [
        Annotation(unit, f"coder {number}", book.dimensions[0].id, (label,))
        for unit, labels in said.items()
        for number, label in enumerate(labels)
    ]
    gold = run("Way of resolving labels", annotations=rows, codebook=book)["gold"]

    assert [(answer.unit_id, answer.labels) for answer in gold] == [("u1", (one,))]


def test_files_are_there() -> None:
    """Every file and folder that CONTRIBUTING names is there."""
    named = set(re.findall(r"`([a-z_]+/(?:[\w/]+\.(?:py|md))?)`", TEXT))

    assert {"corpus/", "tables/reading.py", "models/labelled/folds.py"} <= named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_make_targets() -> None:
    """Every target of make that CONTRIBUTING names is one."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_citation() -> None:
    """CITATION.cff names the version and the licence of the package."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert cited["authors"] == project["authors"]
