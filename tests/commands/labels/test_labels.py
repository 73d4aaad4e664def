import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from standfirst.labels import (
    Annotation,
    load_codebook,
    read_annotations,
    read_gold,
    ready_codebooks,
    write_annotations,
)
from standfirst.models.bundle.record import FORMAT_VERSION, EncoderEntry, Manifest
from standfirst.study.folder import StudyFolder

Run = Callable[..., Any]


@pytest.fixture(name="run")
def labels(run: Run) -> Run:
    """Give a function that runs ``standfirst labels WORDS`` in a folder."""
    return partial(run, "labels")


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    """Give a study on the codebook `stance`, with three coders' answers on four units."""
    made = StudyFolder.create(
        tmp_path / "s", ready_codebooks()["stance"].read_text(encoding="utf-8")
    )
    revision = load_codebook(made.codebook_path).revision
    answers = {"ann": "ffan", "bo": "ffna", "cy": "fann"}
    names = {"f": "favour", "a": "against", "n": "neither"}
    rows = [
        Annotation(f"u{i}", coder, "stance", (names[x],), article_id=f"x{i}", revision=revision)
        for coder, cells in answers.items()
        for i, x in enumerate(cells)
    ]
    write_annotations(made.annotations, rows)
    return made


def test_check(tmp_path: Path, run: Run) -> None:
    """A sound codebook is called so; a broken one gives all problems and exit code 1."""
    good = run("check", str(ready_codebooks()["transfer-deals"]), "--json", cwd=tmp_path)
    (tmp_path / "bad.yaml").write_text("id: x\ntitel: y\n")
    bad = run("check", "bad.yaml", cwd=tmp_path)

    assert json.loads(good.out)["dimensions"]["stance"]["labels"]["legal_check"] == "4"
    assert bad.code == 1
    assert "bad.yaml:2: titel: is not a field of a codebook" in bad.err
    assert "title: is missing" in bad.err


def test_gold(study: StudyFolder, run: Run) -> None:
    """Gold is written with rule and votes, and the rest is counted as ties."""
    done = run("gold", "--json", cwd=study.root)

    figures = json.loads(done.out)["dimensions"]["stance"]
    assert figures == {"rules": {"majority": 3, "unanimous": 1}, "tied": 0}
    assert [gold.labels[0] for gold in read_gold(study.gold)] == [
        "favour",
        "favour",
        "neither",
        "neither",
    ]
    assert run("gold", "--rule", "vote", cwd=study.root).code == 1


def test_diff_and_migrate(study: StudyFolder, run: Run) -> None:
    """A renamed label is shown by diff, refused without a mapping, and rewritten by one, once."""
    old = study.root / "old.yaml"
    text = study.codebook_path.read_text(encoding="utf-8")
    old.write_text(text)
    study.codebook_path.write_text(text.replace("id: favour", "id: pro"))
    changed = json.loads(run("diff", "old.yaml", "codebook.yaml", "--json", cwd=study.root).out)
    (study.root / "map.yaml").write_text("stance: {}\n")
    words = ("migrate", "old.yaml", "codebook.yaml", "--map", "map.yaml")
    refused = run(*words, cwd=study.root)
    (study.root / "map.yaml").write_text("stance: {rename: {favour: pro}}\n")
    done, again = (run(*words, cwd=study.root) for _ in range(2))

    assert [(one["kind"], one["n_annotations"]) for one in changed] == [("renamed", 5)]
    assert refused.code == 1
    assert "stance.favour: is not in the new codebook" in refused.err
    assert "12 annotations read, 12 written, 5 in the log" in done.out
    assert sum(row.labels == ("pro",) for row in read_annotations(study.annotations)) == 5
    assert "this migration was done before" in again.err


@pytest.mark.slow
def test_revisions_are_kept_and_compared(study: StudyFolder, run: Run) -> None:
    """Each revision stays in the study from the first command on, and diff and migrate find it."""
    first = load_codebook(study.codebook_path)
    run("check", cwd=study.root)
    text = study.codebook_path.read_text(encoding="utf-8")
    none = run("diff", cwd=study.root)
    study.codebook_path.write_text("# a remark\n" + text.replace("id: favour", "id: pro"))
    run("check", cwd=study.root)
    study.codebook_path.write_text("# another\n" + text.replace("id: favour", "id: pro"))
    changed = run("diff", cwd=study.root)
    named = run("diff", first.revision, cwd=study.root)
    (study.root / "map.yaml").write_text("stance: {rename: {favour: pro}}\n")
    done = run("migrate", "--map", "map.yaml", cwd=study.root)

    kept = sorted(path.name for path in (study.root / "codebooks").iterdir())
    second = load_codebook(study.codebook_path).revision
    assert kept == [f"001-{first.revision}.yaml", f"002-{second}.yaml"]
    assert (none.code, "keeps no earlier revision" in none.err) == (1, True)
    assert "stance: favour -> pro renamed; touches 5 annotations" in changed.out
    assert named.out == changed.out
    assert done.code == 0


@pytest.mark.slow
def test_an_interrupted_migration_goes_on(study: StudyFolder, run: Run) -> None:
    """Killed after its log was written it is run again; late answers get a log of their own."""
    before = study.annotations.read_bytes()
    run("check", cwd=study.root)
    text = study.codebook_path.read_text(encoding="utf-8")
    study.codebook_path.write_text(text.replace("id: favour", "id: pro"))
    (study.root / "map.yaml").write_text("stance: {rename: {favour: pro}}\n")
    words = ("migrate", "--map", "map.yaml")
    run(*words, cwd=study.root)
    after = study.annotations.read_bytes()
    study.annotations.write_bytes(before)
    again = run(*words, cwd=study.root)
    went_on = study.annotations.read_bytes()
    late = dataclasses.replace(read_annotations(study.annotations)[0], coder="late")
    old = load_codebook(min((study.root / "codebooks").iterdir())).revision
    late = dataclasses.replace(late, labels=("favour",), revision=old)
    write_annotations(study.annotations, [*read_annotations(study.annotations), late])
    added = run(*words, cwd=study.root)
    refused = run(*words, cwd=study.root)

    assert (again.code, went_on) == (0, after)
    assert "13 annotations read, 13 written, 1 in the log" in added.out
    assert len(list(study.annotations.parent.glob("migration-*.jsonl"))) == 2
    assert "this migration was done before" in refused.err


def test_guide_schema_export_and_coders(study: StudyFolder, run: Run) -> None:
    """The other commands write what they say."""
    for name in ("guide.html", "guide.md"):
        assert run("guide", "-o", name, cwd=study.root).code == 0
        assert (study.root / name).stat().st_size > 1000
    assert run("guide", "-o", "guide.pdf", cwd=study.root).code == 1
    assert json.loads(run("schema", cwd=study.root).out)["properties"]["stance"]["enum"]
    assert run("export", "wide.csv", "--wide", cwd=study.root).code == 0
    assert "coder_ann" in (study.root / "wide.csv").read_text()
    assert "costs" in run("coders", cwd=study.root).out
    assert run("coders", "--json", cwd=study.root).code == 0


def test_another_revision_is_refused_and_its_models_are_named(study: StudyFolder, run: Run) -> None:
    """A changed definition stops gold and agreement; diff says what it touches, models too."""
    old = study.root / "old.yaml"
    text = study.codebook_path.read_text(encoding="utf-8")
    old.write_text(text, encoding="utf-8")
    for name, revision in (("first", load_codebook(old).revision), ("other", "0000")):
        manifest = Manifest(
            format="standfirst-model",
            format_version=FORMAT_VERSION,
            codebook="stance",
            codebook_revision=revision,
            encoder=EncoderEntry(name="hashed", settings={}, sha256="0" * 64),
            dimensions=(),
            training={},
            versions={},
            files={},
        ).signed()
        (study.models / name).mkdir(parents=True)
        (study.models / name / "manifest.json").write_text(manifest.model_dump_json())
    (study.models / "foreign").mkdir()
    (study.models / "foreign" / "manifest.json").write_text('{"manifest_version": 3}')
    assert "definition: " in text
    study.codebook_path.write_text(text.replace("definition: ", "definition: Only if ", 1))

    refused = run("gold", cwd=study.root)
    shown = run("diff", "old.yaml", "codebook.yaml", cwd=study.root)
    data = json.loads(run("diff", "old.yaml", "codebook.yaml", "--json", cwd=study.root).out)

    assert refused.code == 1
    assert "coded by another codebook than revision" in refused.err
    assert "12 of 12 with " in refused.err
    assert "standfirst labels diff OLD NEW" in refused.err
    assert "models of the old codebook, which must be trained again: first" in shown.out
    assert data[0]["models"] == ["first"]
    assert "foreign: is not a model of Standfirst" in shown.err


def test_annotations_go_out_as_a_table(study: StudyFolder, run: Run) -> None:
    """Parquet keeps the labels' names and order; another suffix is refused."""
    from datasets import Dataset

    done = run("export", "coded.parquet", cwd=study.root)
    table = Dataset.from_parquet(
        str(study.root / "coded.parquet"), cache_dir=str(study.root / "cache")
    )
    refused = run("export", "coded.xlsx", cwd=study.root)

    assert done.code == 0
    assert table.num_rows == 12
    assert table.features["stance"].names == ["favour", "against", "neither"]
    assert "name it .csv or .parquet" in refused.err
