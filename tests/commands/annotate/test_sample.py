import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from standfirst.annotate.design.sampling import closed_units, read_design
from standfirst.annotate.label_studio.local_server import LocalServer
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.corpus import load_units
from standfirst.labels import Annotation, Gold, read_gold, write_annotations, write_gold
from standfirst.models import Model
from standfirst.study.folder import StudyFolder

DEMO = Path(__file__).parents[3] / "corpus" / "demo" / "articles.jsonl"
COURT = "court"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Make a study of the bundled articles with a test part, a coded round and two models."""
    folder = tmp_path_factory.mktemp("sampling")
    assert run("init", "deals", cwd=folder).code == 0
    root = folder / "deals"
    # The corpus grows at its end, and what is drawn from these articles stays.
    first = DEMO.read_text(encoding="utf-8").splitlines(keepends=True)[:140]
    (folder / "articles.jsonl").write_text("".join(first), encoding="utf-8")
    assert run("corpus", "add", str(folder / "articles.jsonl"), cwd=root).code == 0
    words = ("annotate", "sample", "200", "--test", "40", "--seed", "5")
    assert run(*words, cwd=root).code == 0
    study = StudyFolder.find(root)
    texts = {unit["unit_id"]: unit for unit in load_units(study.corpus)}
    write_gold(
        study.gold,
        [
            Gold(
                row.unit_id,
                "framing",
                ("legality" if COURT in texts[row.unit_id]["text"].lower() else "other",),
                "single",
                article_id=row.article_id,
            )
            for row in read_design(study.design)
        ],
    )
    for name, seed in (("one", "0"), ("two", "1")):
        options = ("--encoder", "tfidf", "--folds", "2", "--seed", seed, "-o", f"models/{name}")
        done = run("train", *options, cwd=root)
        assert done.code == 0, done.err
        assert "units of the test part and its articles are left out of training" in done.err
    return root


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Path:
    """Give a copy of that study."""
    import shutil

    return Path(shutil.copytree(template, tmp_path / "deals"))


def test_training_sees_nothing_of_test_articles(template: Path) -> None:
    """No text that stands in a test unit's article alone was learned from."""
    from standfirst.models.labelled.same_text import hash_texts

    study = StudyFolder.find(template)
    units = load_units(study.corpus).to_list()
    shut = closed_units(units, read_design(study.design))
    learned = set(Model.load(template / "models" / "one").trained_on.tolist())
    inside = set(hash_texts(u["text"] for u in units if u["unit_id"] in shut).tolist())
    outside = set(hash_texts(u["text"] for u in units if u["unit_id"] not in shut).tolist())

    assert len(shut) > 40
    assert not learned & (inside - outside)


@pytest.mark.parametrize(
    "words",
    [
        ("--rule", "entropy", "--model", "models/one"),
        ("--rule", "margin", "--model", "models/one", "--dimension", "framing"),
        ("--rule", "least-confidence", "--model", "models/one", "--mix", "0.5"),
        ("--rule", "rare", "--model", "models/one", "--label", "framing=legality"),
        ("--rule", "precise", "--model", "models/one", "--target", "framing=legality:0.01"),
        ("--rule", "disagreement", "--model", "models/one", "--model", "models/two"),
        ("--rule", "diversity", "--encoder", "tfidf"),
        ("--rule", "coreset", "--encoder", "tfidf"),
        ("--rule", "keyword", "--keyword", "court|judge"),
    ],
)
def test_every_rule_from_the_command(
    study: Path, run: Callable[..., Any], words: tuple[str, ...]
) -> None:
    """Thirty units, with probabilities that stand for the pool, none of them closed or drawn."""
    before = read_design(study / "annotations" / "design.jsonl")
    done = run("annotate", "sample", "30", *words, "--json", cwd=study)
    assert done.code == 0, done.err
    summary = json.loads(done.out)
    rows = read_design(study / "annotations" / "design.jsonl")
    new = rows[len(before) :]
    units = load_units(StudyFolder.find(study).corpus).to_list()

    assert rows[: len(before)] == before
    assert (summary["round"], summary["drawn"], len(new)) == ("2", 30, 30)
    assert {row.unit_id for row in new}.isdisjoint(closed_units(units, before))
    assert {row.unit_id for row in new}.isdisjoint(row.unit_id for row in before)
    # The weights of a draw add up to about its pool.
    assert sum(1 / row.probability for row in new) == pytest.approx(new[0].n_pool, rel=0.35)
    by_model = "--model" in words or "--encoder" in words
    assert {row.mix for row in new} == {(0.5 if "--mix" in words else 0.2) if by_model else None}
    if {"rare", "precise"} & {*words}:
        model = Model.load(study / "models" / "one")
        legality = model.dimensions[0].label_ids.index("legality")
        texts = {unit["unit_id"]: unit["text"] for unit in units}
        asked = model.predict([texts[row.unit_id] for row in new])["framing"].probabilities
        # Probabilities lie on a line over the root of what the rule looks at.
        score = asked[:, legality]
        score = score * (1 - score) if "precise" in words else score
        chances = [row.probability for row in new]
        assert np.corrcoef(score**0.5, chances)[0, 1] == pytest.approx(1)
    assert {row.target for row in new} == {words[-1] if "--target" in words else ""}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "rare"), "'rare' needs a model; name one with --model"),
        (("--rule", "disagreement", "--model", "models/one"), "one model cannot disagree"),
        (("--rule", "rare", "--model", "models/one"), "name it: --label DIMENSION=LABEL"),
        (
            ("--rule", "rare", "--model", "models/one", "--label", "framing=legalty"),
            "did you mean 'legality'?",
        ),
        (("--rule", "rare", "--model", "models/one", "--label", "legality"), "DIMENSION=LABEL"),
        (
            ("--rule", "entropy", "--model", "models/one", "--dimension", "stance"),
            "unknown dimension of the model: 'stance'; known: framing",
        ),
        (("--rule", "entropy", "--model", "nowhere"), "nowhere: no such model"),
        (("--rule", "keyword"), "add a regular expression: --keyword"),
        (("--model", "models/one"), "a random draw uses no model; leave --model out"),
        (("--mix", "0.5"), "--mix: is for rules that use a model"),
        (("--rule", "entropy", "--model", "models/one", "--mix", "0"), "--mix: 0.0; use a share"),
        (("--rule", "diversity", "--encoder", "minlm"), "did you mean 'minilm'?"),
        (("--test", "10"), "the test part is drawn already; leave --test out"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    study: Path, run: Callable[..., Any], words: tuple[str, ...], said: str
) -> None:
    """A rule without what it needs, or with what it does not: one line, and the design stays."""
    file = study / "annotations" / "design.jsonl"
    before = file.read_bytes()
    done = run("annotate", "sample", "10", *words, cwd=study)

    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert said in done.err
    assert file.read_bytes() == before


def test_a_model_that_knows_the_test_part_is_refused(
    study: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    """A model trained outside of the study on all units may not lead a draw."""
    units = load_units(StudyFolder.find(study).corpus).to_list()
    rows = [
        {"text": u["text"], "article_id": u["article_id"], "framing": "a" if i % 2 else "b"}
        for i, u in enumerate(units)
    ]
    data = tmp_path / "all.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ("--data", str(data), "--label", "framing", "--encoder", "tfidf", "--folds", "2")
    assert run("train", *words, "-o", "models/all", cwd=study).code == 0
    by = ("--rule", "entropy", "--model", "models/all")
    done = run("annotate", "sample", "10", *by, cwd=study)

    assert done.code == 1
    assert "models/all: has learned from" in done.err
    assert "units of the test part" in done.err


def test_gold_of_another_codebook_is_refused(study: Path, run: Callable[..., Any]) -> None:
    """What coders answered to other definitions is no gold for these."""
    gold = StudyFolder.find(study).gold
    write_gold(gold, [replace(row, revision="0123456789ab") for row in read_gold(gold)])
    done = run("train", "--encoder", "tfidf", cwd=study)
    asked = run("evaluate", "models/one", cwd=study)

    assert (done.code, asked.code) == (1, 1)
    assert "was resolved by revision 0123456789ab" in done.err
    assert "standfirst labels diff OLD NEW" in done.err
    assert asked.err == done.err


def test_definitions_lead_a_draw_and_nothing_else(study: Path, run: Callable[..., Any]) -> None:
    """Before anything is coded, the codebook ranks units; as a measurement it is refused."""
    made = run("train", "--definitions", "--encoder", "hashed-pieces", cwd=study)
    assert made.code == 0, made.err
    by = ("--rule", "rare", "--label", "framing=legality", "--model", "models/definitions")
    drawn = run("annotate", "sample", "10", *by, cwd=study)
    asked = run("evaluate", "models/definitions", cwd=study)
    tagged = run("tag", "models/definitions", str(DEMO), "-o", "tags.csv", cwd=study)

    assert drawn.code == 0, drawn.err
    assert [row.rule for row in read_design(StudyFolder.find(study).design)[-10:]] == ["rare"] * 10
    assert (asked.code, tagged.code) == (1, 1)
    assert "it ranks units for coding, and measures nothing" in asked.err
    assert "it ranks units for coding, and measures nothing" in tagged.err
    assert not (study / "tags.csv").exists()


def test_evaluate_asks_the_test_part(study: Path, run: Callable[..., Any]) -> None:
    """Without a file, a model is scored on the gold of the test part, and on nothing else."""
    done = run("evaluate", "models/one", "--json", cwd=study)

    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["dimensions"]["framing"]["n"] == 40


def test_evaluate_tells_what_is_missing(study: Path, run: Callable[..., Any]) -> None:
    """No test part, no gold on it, another codebook: one line each."""
    place = StudyFolder.find(study)
    gold = place.gold.read_bytes()
    place.gold.unlink()
    uncoded = run("evaluate", "models/one", cwd=study)
    place.gold.write_bytes(gold)
    book = place.codebook_path.read_text(encoding="utf-8")
    changed = book.replace("definition: ", "definition: Now ", 1)
    place.codebook_path.write_text(changed, encoding="utf-8")
    other = run("evaluate", "models/one", cwd=study)
    place.codebook_path.write_text(book, encoding="utf-8")
    place.design.unlink()
    undrawn = run("evaluate", "models/one", cwd=study)

    assert [one.code for one in (uncoded, other, undrawn)] == [1, 1, 1]
    assert "no gold answer on the 40 units of the test part; code them" in uncoded.err
    assert "standfirst labels diff MODEL/codebook.yaml codebook.yaml" in other.err
    assert "has no test part; name labelled rows with --data" in undrawn.err


def test_audit_from_the_command(study: Path, run: Callable[..., Any]) -> None:
    """Coders who always give way when they see a suggestion, and never agree otherwise."""
    words = ("--assist", "0.5", "--coder", "ann", "--coder", "bo", "--seed", "2")
    drawn = run("annotate", "sample", "120", *words, cwd=study)
    assert drawn.code == 0, drawn.err
    assert "60 units may get suggestions, 60 are coded blind" in drawn.out
    place = StudyFolder.find(study)
    units = {unit["unit_id"]: unit for unit in load_units(place.corpus)}
    rows = [row for row in read_design(place.design) if row.round == "2"]
    model = Model.load(study / "models" / "one")
    (dimension,) = model.dimensions
    chosen = model.predict([units[row.unit_id]["text"] for row in rows])["framing"].chosen
    said = [tuple(compress(dimension.label_ids, one)) for one in chosen]
    # Where the model gives no label there is nothing to agree with, on either side.
    counted = Counter(row.assisted for row, labels in zip(rows, said, strict=True) if labels)
    write_annotations(
        place.annotations,
        [
            Annotation(
                row.unit_id,
                row.coders[0],
                "framing",
                labels if row.assisted and labels else ("security",),
                suggestion="kept" if row.assisted else "none",
                seconds=4.0 if row.assisted else 9.0,
                round="2",
            )
            for row, labels in zip(rows, said, strict=True)
        ],
    )
    done = run("annotate", "audit", "--model", "models/one", "--json", cwd=study)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    effect = found["effects"][0]
    table = run("annotate", "audit", "--model", "models/one", cwd=study)

    assert (effect["n_blind"], effect["n_assisted"]) == (counted[False], counted[True])
    assert counted.total() > 100
    assert (effect["blind"], effect["assisted"]) == (0.0, 1.0)
    assert [one["coder"] for one in found["effects"]] == ["", "ann", "bo"]
    assert "+100.0%" in table.out
    assert "median time a unit: 9.0 s blind, 4.0 s assisted" in table.out
    status = run("annotate", "status", cwd=study)
    assert status.code == 0
    assert status.out.splitlines()[-1].split()[:5] == ["all", "360", "120", "0", "240"]


def test_audit_without_an_experiment_is_one_line(study: Path, run: Callable[..., Any]) -> None:
    """No answers yet: what to do is reported."""
    done = run("annotate", "audit", "--model", "models/one", cwd=study)

    assert (done.code, done.out) == (1, "")
    assert "draw a round: standfirst annotate sample N --assist 0.5" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.server
def test_audit_of_answers_on_a_server(
    study: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    sign_up: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One coder takes every suggestion over, the other changes every one: as told by the audit."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    coders = {"eva@example.org": "prediction", "fay@example.org": "prediction-changed"}
    named = [word for email in coders for word in ("--coder", email)]
    words = ("--round", "audited", "--assist", "0.5", *named)
    assert run("annotate", "sample", "16", *words, cwd=study).code == 0
    words = ("--round", "audited", "--model", "models/one", "--json")
    pushed = json.loads(run("annotate", "push", *words, cwd=study).out)["projects"]
    assert [one["suggestions"]["n_sent"] for one in pushed] == [4, 4]
    for project, (email, origin) in zip(pushed, coders.items(), strict=True):
        server = sign_up(email).server
        for row in list(tasks_of(server, project["project"])):
            shown = server.raw("GET", f"/api/tasks/{row['id']}/")["predictions"]
            answer = result({"framing": ["security"]})
            body = {"result": answer, "lead_time": 7}
            if shown:
                (said,) = [one for one in shown[0]["result"] if one["from_name"] == "framing"]
                kept = origin == "prediction"
                taken = result({"framing": said["value"]["choices"]}) if kept else answer
                body = {"result": [taken[0] | {"origin": origin}], "lead_time": 3}
                body["parent_prediction"] = shown[0]["id"]
            server.raw("POST", f"/api/tasks/{row['id']}/annotations/", json=body)
    pulled = run("annotate", "pull", cwd=study)
    assert pulled.code == 0, pulled.err
    done = run("annotate", "audit", "--model", "models/one", "--json", cwd=study)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    everybody, eva, fay = found["effects"]

    assert [one["coder"] for one in (eva, fay)] == list(coders)
    assert (eva["n_blind"], eva["n_assisted"], eva["n_kept"], eva["n_changed"]) == (4, 4, 4, 0)
    assert (fay["n_blind"], fay["n_assisted"], fay["n_kept"], fay["n_changed"]) == (4, 4, 0, 4)
    assert (eva["blind"], eva["assisted"]) == (0, 1)
    assert (fay["blind"], fay["assisted"]) == (0, 0)
    assert everybody["difference"]["value"] == 0.5
    assert (found["n_not_shown"], found["n_exposed"]) == (0, 0)
    assert (found["seconds_blind"], found["seconds_assisted"]) == (7, 3)
