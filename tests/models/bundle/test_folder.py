import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import html

from standfirst.benchmarks.damaged_bundles import fuzz
from standfirst.errors import BundleError, ExistsError, MissingFileError
from standfirst.models import Model, Report, TrainingSet, from_file, train
from standfirst.models.bundle.card import card_page, write_card
from standfirst.models.bundle.record import read_manifest
from standfirst.models.encoders.side_by_side import Beside

TEXTS = ["The minister said it will work.", "A cruel and unlawful scheme.", "", "\ud800 odd"]


@pytest.fixture
def folder(report: Report, tmp_path: Path) -> Path:
    """Give a bundle that a test may damage."""
    report.model.save(tmp_path / "model")
    return tmp_path / "model"


def test_round_trip(report: Report, folder: Path) -> None:
    """A model that was stored answers as it did."""
    before, after = report.model.predict(TEXTS), Model.load(folder).predict(TEXTS)

    for name, answer in before.items():
        assert np.array_equal(answer.chosen, after[name].chosen)
        assert np.allclose(answer.probabilities, after[name].probabilities)


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", ["1", "4"])
def test_same_data_same_bytes(
    data: TrainingSet,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_threads: str,
) -> None:
    """Training again gives every file to the byte, however many fits stand side by side."""
    monkeypatch.setenv("STANDFIRST_THREADS", n_threads)
    train(data, encoder="tfidf", n_folds=3).model.save(tmp_path / "again")

    for path in sorted(folder.iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["static", "hashed-pieces+static"])
def test_an_encoder_that_was_taken_out(data: TrainingSet, tmp_path: Path, name: str) -> None:
    """A bundle of an encoder that is gone is refused in one line that says what to do."""
    model = train(data, encoder="hashed-pieces", n_folds=2).model
    encoder: Any = model.encoder
    if "+" in name:
        model = train(data, encoder="hashed-pieces+hashed", n_folds=2).model
        both: Any = model.encoder
        first, second = both.parts
        encoder = Beside([first, replace(second, name="static")])
    replace(model, encoder_name=name, encoder=encoder).save(tmp_path / "old")

    with pytest.raises(BundleError) as refused:
        Model.load(tmp_path / "old")
    assert str(refused.value) == (
        f"{tmp_path / 'old'}: its encoder 'static' was taken out of Standfirst; "
        "train it again, for example with hashed-pieces"
    )


def test_no_text_of_training_is_kept(folder: Path) -> None:
    """No sentence of the training data stands in the bundle."""
    assert not any(b"save lives in region" in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    "name",
    ["CARD.html", "CARD.md", "codebook.yaml", "golden.json", "metrics.json", "weights.safetensors"],
)
def test_every_file_is_guarded(folder: Path, name: str) -> None:
    """One changed byte, or a missing file, is refused in one line."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} was changed or damaged"):
        Model.load(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        Model.load(folder)


def test_a_bundle_of_before_has_no_page(folder: Path, report: Report) -> None:
    """A model that was saved without CARD.html loads, and gets one when it is saved again."""
    (folder / "CARD.html").unlink()
    manifest = read_manifest(folder)
    files = {name: one for name, one in manifest.files.items() if name != "CARD.html"}
    before = manifest.model_copy(update={"files": files}).signed()
    (folder / "manifest.json").write_text(before.model_dump_json())
    model = Model.load(folder)
    model.save(folder)

    assert model.predict(TEXTS).keys() == report.model.predict(TEXTS).keys()
    assert (folder / "CARD.html").is_file()


def test_the_page_says_what_the_card_says(report: Report) -> None:
    """Both hold the same words; markup and addresses in a codebook's texts stay text."""
    attack = "<script>1</script> [a](javascript:1) ![b](http://x/y) <http://x/> & *c*"
    model = report.model
    codebook = replace(model.codebook, title=attack)
    card = write_card(replace(model, codebook=codebook))
    root = html.document_fromstring(card_page(card, attack))
    shown = " ".join(root.find("body").text_content().split())

    assert root.find(".//h1").text_content() == f"Model: {attack}"
    assert root.find(".//title").text_content() == attack
    assert not root.xpath("//script | //a | //img | //em")
    assert "default-src 'none'" in root.xpath("//meta[@http-equiv]")[0].get("content")
    for name, entry in model.metrics["dimensions"].items():
        assert f"{name} {entry['n']} {entry['n_groups']} {entry['n_folds']}" in shown


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format_version": 99}, "has the format version 99"),
        ({"format": "pickle"}, "is not a model of Standfirst; name another folder"),
        ({"codebook": "other"}, "manifest.json was changed or damaged"),
        ({"surprise": 1}, "manifest.json was changed or damaged"),
    ],
)
def test_changed_manifest(folder: Path, change: dict[str, object], told: str) -> None:
    """A newer, a foreign and a changed manifest are told apart."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(BundleError, match=told):
        Model.load(folder)


def test_strange_manifests(folder: Path) -> None:
    """Whatever stands there: a refusal in one line, and nothing of it is run."""
    rng = np.random.default_rng(0)
    whole = (folder / "manifest.json").read_bytes()
    strange = [b"", b"[]", b"null", b"\x80\x04cos\nsystem\n", b"[" * 10_000, whole[:100]]
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.integers(len(damaged))] = rng.integers(256)
        strange.append(bytes(damaged))
    for content in strange:
        (folder / "manifest.json").write_bytes(content)
        # A blank that became another blank says the same.
        if content.split() == whole.split():
            continue
        with pytest.raises(BundleError) as refused:
            Model.load(folder)
        assert "\n" not in str(refused.value)


def test_what_is_no_model(tmp_path: Path, report: Report) -> None:
    """A folder without a manifest is no model, and is not written over."""
    with pytest.raises(MissingFileError, match="no such model"):
        Model.load(tmp_path / "none")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="is not a model"):
        Model.load(tmp_path)
    with pytest.raises(ExistsError, match="holds something other"):
        report.model.save(tmp_path)
    shutil.rmtree(tmp_path)


@pytest.mark.slow
def test_hostile_bundles() -> None:
    """A hundred damaged or hostile bundles are refused in one line, or load; no pickle runs."""
    counts, wrong = fuzz(100, seed=1)

    assert wrong == []
    assert counts.total() == 100
    assert sum(n for name, n in counts.items() if name.endswith("refused")) > 50


def test_manifest_says_what_a_score_rests_on(folder: Path, data: TrainingSet) -> None:
    """Data, groups, folds, seed, the encoder's hash and versions stand in the manifest."""
    told = json.loads((folder / "manifest.json").read_text())

    assert told["training"]["data"] == data.fingerprint
    assert (told["training"]["n_folds"], told["training"]["seed"]) == (3, 0)
    assert told["training"]["grouped_by"] == "article_id"
    assert len(told["encoder"]["sha256"]) == 64
    assert {"python", "numpy", "scikit-learn", "standfirst"} <= told["versions"].keys()
    assert "REFORMS" in (folder / "CARD.md").read_text()


def test_the_card_tells_the_languages_of_the_texts(tmp_path: Path) -> None:
    """They are found in the texts: a codebook that was inferred from a file knows none."""
    verbs = ["rechaza", "apoya"]
    rows = [
        f"El gobierno {verbs[k % 2]} hoy el plan número {k} de los jueces,{verbs[k % 2]},a{k // 2}"
        for k in range(40)
    ]
    rows += [
        f"Le ministre défend le projet de loi numéro {k} devant les députés,apoya,f{k}"
        for k in range(5)
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["text,stance,article_id", *rows]))
    made = train(from_file(path, "stance"), encoder="tfidf", n_folds=2, effort="fast").model

    assert made.about.languages == ["es", "fr"]
    assert "texts in es, fr, as detected" in write_card(made)
