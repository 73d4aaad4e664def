import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.design.sampling import read_design
from standfirst.annotate.language_models.asking import Asked, questions
from standfirst.annotate.language_models.cache import Cached
from standfirst.annotate.language_models.endpoint import Reply
from standfirst.annotate.language_models.prompt import Variant, make_prompt
from standfirst.annotate.language_models.records import folder_of, keep
from standfirst.labels import (
    ADJUDICATION,
    Annotation,
    load_codebook,
    read_annotations,
    write_annotations,
)
from standfirst.models import Model
from standfirst.study.contents import units_of
from standfirst.study.folder import StudyFolder
from standfirst.study.labelled import labelled_rows
from standfirst.study.machine_tags import machine_tags
from standfirst.tables import write_table

CODEBOOK = """\
id: ferry
title: What is said of the ferry
version: "1"
unit: sentence
dimensions:
  - id: tone
    question: How does the sentence speak of the ferry?
    labels:
      - {id: warm, name: Warm}
      - {id: cold, name: Cold, examples: ["The tour left late."]}
      - {id: flat, name: Neither}
  - id: topic
    question: What is it about?
    choice: multiple
    required: false
    labels:
      - {id: money, name: Money}
      - {id: safety, name: Safety}
"""
LABELS = ("warm", "cold", "flat")
SENTENCES = (
    "The ferry to {} was praised by {} and {}.",
    "The tour to {} left {} late, and {} asked why.",
    "Fares to {} rose, said {} of {}.",
    "A new mast for {} was brought from {} by {}.",
)
SMALL = "small"


def truth(unit: dict[str, Any]) -> str:
    """Say what holds of a sentence."""
    text = str(unit["text"])
    return "warm" if "praised" in text else "cold" if "late" in text else "flat"


def topics(unit: dict[str, Any]) -> tuple[str, ...]:
    """Say what a sentence is about."""
    found = (("money", "Fares"), ("safety", "mast"), ("safety", "late"))
    return tuple(name for name, word in found if word in str(unit["text"]))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Make a study of 160 sentences; 100 are drawn, and three people have coded them."""
    folder = tmp_path_factory.mktemp("validating")
    (folder / "ferry.yaml").write_text(CODEBOOK)
    assert run("init", "study", "--codebook", "ferry.yaml", cwd=folder).code == 0
    root = folder / "study"
    chance = random.Random(7)

    def name() -> str:
        # Articles that resemble each other would all be closed with the test part.
        return "".join(chance.choice("klmnprst") + chance.choice("aeiou") for _ in range(4)).title()

    rows = [
        {
            "id": f"a{n}",
            "title": f"The way to {name()}",
            "text": " ".join(line.format(name(), name(), name()) for line in SENTENCES),
            "outlet": ("Herald", "Courier")[n % 2],
            "published": "2026-03-02",
        }
        for n in range(40)
    ]
    (folder / "articles.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    assert run("corpus", "add", str(folder / "articles.jsonl"), cwd=root).code == 0
    done = run("annotate", "sample", "60", "--test", "40", cwd=root)
    assert done.code == 0, done.err
    study = StudyFolder.find(root)
    by_id = {unit["unit_id"]: unit for unit in units_of(study)}
    revision = load_codebook(study.codebook_path).revision
    people = []
    for row in read_design(study.design):
        for coder in ("ann", "bo", "cy"):
            right = truth(by_id[row.unit_id])
            said = chance.choice(LABELS) if chance.random() < 0.1 else right
            common = {"article_id": row.article_id, "round": row.round, "revision": revision}
            people.append(Annotation(row.unit_id, coder, "tone", (said,), **common))  # type: ignore[arg-type]
            topic = topics(by_id[row.unit_id]) if chance.random() < 0.95 else ("safety",)
            people.append(Annotation(row.unit_id, coder, "topic", topic, **common))  # type: ignore[arg-type]
    write_annotations(study.annotations, people)
    assert run("labels", "gold", cwd=root).code == 0
    return root


@pytest.fixture
def study(template: Path, tmp_path: Path) -> StudyFolder:
    """Give a copy of that study."""
    shutil.copytree(template, tmp_path / "study")
    return StudyFolder.find(tmp_path / "study")


def answered(
    study: StudyFolder,
    say: Callable[[dict[str, Any], random.Random], str],
    *,
    corpus: bool = False,
    variant: Variant = "",
) -> str:
    """Have a model answer all drawn units, and return its name; an empty answer is of no use."""
    book = load_codebook(study.codebook_path)
    prompt = make_prompt(book, SMALL, variant=variant)
    design = read_design(study.design)
    by_id = {unit["unit_id"]: unit for unit in units_of(study)}
    units = list(by_id.values()) if corpus else [by_id[row.unit_id] for row in design]
    asked = questions(prompt, units, "http://127.0.0.1/v1")
    chance = random.Random(11)
    replies = {}
    for question in asked:
        unit = by_id[question.unit_ids[0]]
        label = say(unit, chance)
        content = json.dumps({"tone": label, "topic": topics(unit)}) if label else ""
        reply = Reply(
            content, cut=False, model=SMALL, fingerprint="", n_prompt=100, n_answer=10, seconds=1
        )
        replies[question.key] = Cached(question.key, "2026-03-09T09:00:00+00:00", reply)
    keep(
        folder_of(study.annotations, prompt.coder),
        prompt,
        book,
        asked,
        Asked(replies, (), len(asked), stopped="", is_broken=False),
        units=units,
        rounds={row.unit_id: row.round for row in design},
        endpoint="http://127.0.0.1/v1",
    )
    return prompt.coder


def tilted(unit: dict[str, Any], chance: random.Random) -> str:
    """Be wrong on a fifth of all units, always towards one label."""
    return "flat" if chance.random() < 0.2 else truth(unit)


def test_a_good_model_may_tag_and_never_alone(study: StudyFolder, run: Callable[..., Any]) -> None:
    """A tilted model may be a tagger with correction; the verdict says in which way it leans."""
    coder = answered(study, tilted)
    done = run("annotate", "validate", "llm:small", "--dimension", "tone", cwd=study.root)
    told = run("annotate", "validate", coder, "--dimension", "tone", "--json", cwd=study.root).out
    tone = json.loads(told)["dimensions"]["tone"]
    leans = {one["label"]: one["difference"] for one in tone["leans"] if not one["outlet"]}

    assert done.code == 0, done.err
    assert f"{coder} may be used as a tagger with correction; it may not be used alone" in done.out
    assert "alternative annotator test: omega by epsilon" in done.out
    assert (
        "standfirst annotate ask --endpoint http://127.0.0.1/v1 --model small --corpus -o "
        f"tags/{coder.removeprefix('llm:')}.parquet  # all "
    ) in done.err.splitlines()[-1]
    assert "outlet Courier: right on" in done.out
    assert leans["flat"]["low"] > 0 > leans["warm"]["high"]
    assert tone["quality"]["macro_f1"]["low"] > tone["constant_f1"]
    assert 0 < tone["with_people"]["value"] < tone["among_people"]["value"] < 1


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (lambda _unit, _chance: "warm", "one and the same answer to all"),
        (lambda _unit, chance: chance.choice(LABELS), "not surely above chance"),
        (
            lambda unit, chance: "" if chance.random() < 0.3 else truth(unit),
            "answers (",
        ),
    ],
    ids=["constant", "random", "unusable"],
)
def test_a_useless_model_is_refused(
    study: StudyFolder,
    run: Callable[..., Any],
    say: Callable[[dict[str, Any], random.Random], str],
    reason: str,
) -> None:
    """One answer to all, chance, and too many answers of no use are refused with the reason."""
    coder = answered(study, say)
    done = run("annotate", "validate", coder, "--dimension", "tone", cwd=study.root)

    assert done.code == 1
    assert f"{coder} may not be used" in done.err
    assert reason in done.err


def test_too_little_gold_is_no_verdict(study: StudyFolder, run: Callable[..., Any]) -> None:
    """With fewer than 30 units of blind gold a model is refused, and told how many it takes."""
    answered(study, tilted)
    lines = study.gold.read_text().splitlines()
    kept = [line for line in lines if json.loads(line)["dimension"] == "tone"][:20]
    study.gold.write_text("\n".join(kept) + "\n")
    done = run("annotate", "validate", "llm:small", cwd=study.root)

    assert done.code == 1
    assert "it takes 30 units with blind gold and an answer; there are 20" in done.err


def test_several_labels(study: StudyFolder, run: Callable[..., Any]) -> None:
    """A multiple choice is checked as well; labels that nobody ever gave allow no verdict."""
    answered(study, tilted)
    words = ("annotate", "validate", "llm:small", "--dimension", "topic")
    done = run(*words, cwd=study.root)
    rows = [json.loads(line) for line in study.gold.read_text().splitlines()]
    empty = [row | {"labels": [] if row["dimension"] == "topic" else row["labels"]} for row in rows]
    study.gold.write_text("".join(json.dumps(row) + "\n" for row in empty))
    without = run(*words, cwd=study.root)

    assert done.code == 0, done.err
    assert "topic: may be used as a tagger, corrected by gold; not alone" in done.out
    assert without.code == 1
    assert "none of its labels occurs in the blind gold of 100 units" in without.err


def test_examples_of_the_codebook_do_not_count(study: StudyFolder, run: Callable[..., Any]) -> None:
    """A unit that the prompt shows with its label says nothing of the model."""
    book = study.codebook_path
    by_id = {unit["unit_id"]: str(unit["text"]) for unit in units_of(study)}
    drawn = [by_id[row.unit_id] for row in read_design(study.design)]
    shown = next(text for text in drawn if "late" in text)
    book.write_text(book.read_text().replace("The tour left late.", shown))
    answered(study, tilted)
    done = run("annotate", "validate", "llm:small", "--dimension", "tone", cwd=study.root)

    assert "left out, as the prompt shows them with their label: 1 units" in done.err


def test_whether_answers_stay(study: StudyFolder, run: Callable[..., Any]) -> None:
    """What a model says when asked again, or in other words, stands beside and decides nothing."""
    words = ("annotate", "validate", "llm:small", "--dimension", "tone")
    coder = answered(study, tilted)
    before = run(*words, cwd=study.root)
    answered(study, tilted, variant="again")
    answered(study, lambda _unit, _chance: "flat", variant="reworded")
    done = run(*words, cwd=study.root)
    told = json.loads(run(*words, "--json", cwd=study.root).out)
    again, reworded = told["dimensions"]["tone"]["stability"]

    assert before.code == done.code == 0, done.err
    assert "once more (annotate ask --again) and in other words" in before.err
    assert "asked again: the same on 1.000 [1.000, 1.000] of 100 units" in done.out
    assert "asked in other words: the same on ." in done.out
    assert "whether its answers stay" not in done.err
    assert (again["how"], again["n_units"], again["same"]["value"]) == ("again", 100, 1)
    assert reworded["same"]["low"] < reworded["same"]["value"] < reworded["same"]["high"] < 1
    assert told["coder"] == coder


def test_names_of_models(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Without answers, with another name, or with a name that fits two, one line says so."""
    before = run("annotate", "validate", "llm:small", cwd=study.root)
    first = answered(study, tilted)
    other = run("annotate", "validate", "llm:smal", cwd=study.root)
    book = study.codebook_path
    book.write_text(book.read_text().replace("The tour left", "The tours left"))
    second = answered(study, tilted)
    both = run("annotate", "validate", "llm:small", cwd=study.root)

    assert "no language model has answered yet" in before.err
    assert "did you mean" in other.err or "known" in other.err
    assert first != second
    assert "stands for 2 coders" in both.err
    assert {before.code, other.code, both.code} == {1}


def test_another_revision_is_refused(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Answers by an older codebook are not held against the present one's gold."""
    answered(study, tilted)
    book = study.codebook_path
    book.write_text(book.read_text().replace("How does the sentence", "In which way does it"))
    study.gold.unlink()
    done = run("annotate", "validate", "llm:small", cwd=study.root)

    assert done.code == 1
    assert "coded by another codebook" in done.err
    assert "ask again" in done.err


def test_agreement_sets_a_machine_beside_people(
    study: StudyFolder, run: Callable[..., Any]
) -> None:
    """`agreement --machine` names it, and leaves people's figures as they are."""
    coder = answered(study, tilted)
    alone = json.loads(run("annotate", "agreement", "--json", cwd=study.root).out)
    done = run("annotate", "agreement", "--machine", "llm:small", cwd=study.root)
    words = ("annotate", "agreement", "--machine", coder, "--json")
    beside = json.loads(run(*words, cwd=study.root).out)
    alone_tone, tone = (one["dimensions"]["tone"] for one in (alone, beside))
    pairs = tone.pop("pairs")

    assert f"ann / {coder} (a machine)" in done.out
    assert pairs[:3] == alone_tone.pop("pairs")
    assert [pair["machine"] for pair in pairs] == [False] * 3 + [True] * 3
    assert tone == alone_tone


@pytest.mark.slow
def test_a_machine_in_people_s_file_is_no_person(
    study: StudyFolder, run: Callable[..., Any]
) -> None:
    """A model's rows among people's, in a round of adjudication, change no gold and no alpha."""
    coder = answered(study, tilted)
    machine = read_annotations(folder_of(study.annotations, coder) / "annotations.jsonl")
    people = read_annotations(study.annotations)
    gold = study.gold.read_bytes()
    alone = run("annotate", "validate", coder, "--json", cwd=study.root).out
    decisions = [
        Annotation(row.unit_id, coder, row.dimension, row.labels, round=ADJUDICATION)
        for row in machine
    ]
    write_annotations(study.annotations, [*people, *decisions])
    assert run("labels", "gold", "--adjudicator", coder, cwd=study.root).code == 0

    assert study.gold.read_bytes() == gold
    assert run("annotate", "validate", coder, "--json", cwd=study.root).out == alone


def test_shares_are_corrected(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Shares take a model's answers as tags; gold moves them from what the tilted model counts."""
    coder = answered(study, tilted, corpus=True)
    write_table(machine_tags(study, coder), study.tags / "small.parquet")
    done = run("measure", "shares", "--dimension", "tone", "--json", cwd=study.root)
    flat = json.loads(done.out)["dimensions"]["tone"]["labels"]["flat"]

    assert done.code == 0, done.err
    assert flat["count"]["share"] > flat["corrected"]["high"] > 0.5 > flat["corrected"]["low"]


def test_examples_of_the_codebook_correct_nothing(
    study: StudyFolder, run: Callable[..., Any]
) -> None:
    """Shares by a model's answers leave out gold on units that the prompt shows, and say so."""
    words = ("measure", "shares", "--dimension", "tone", "--json")
    coder = answered(study, tilted, corpus=True)
    tags = study.tags / "small.parquet"
    write_table(machine_tags(study, coder), tags)
    before = run(*words, cwd=study.root)
    book = study.codebook_path
    by_id = {unit["unit_id"]: str(unit["text"]) for unit in units_of(study)}
    coding = [row.unit_id for row in read_design(study.design) if row.part == "coding"]
    shown = next(text for unit in coding if "late" in (text := by_id[unit]))
    book.write_text(book.read_text().replace("The tour left late.", shown))
    write_table(machine_tags(study, answered(study, tilted, corpus=True)), tags)
    done = run(*words, cwd=study.root)
    n_before, n_gold = (
        json.loads(one.out)["dimensions"]["tone"]["n_gold"] for one in (before, done)
    )

    assert before.code == done.code == 0, done.err
    assert n_gold == n_before - 1
    assert "1 unit with gold is an example of the codebook" in done.err
    assert "left out of the gold" not in before.err


def test_tags_of_another_revision_are_refused(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Answers to other questions than the codebook's are not counted."""
    coder = answered(study, tilted, corpus=True)
    write_table(machine_tags(study, coder), study.tags / "small.parquet")
    book = study.codebook_path
    book.write_text(book.read_text().replace("How does the sentence", "In which way does it"))
    revision = load_codebook(book).revision
    for path in (study.annotations, study.gold):
        rows = [json.loads(line) | {"revision": revision} for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("measure", "shares", "--dimension", "tone", cwd=study.root)

    assert done.code == 1
    assert "was asked by revision" in done.err
    assert "ask again" in done.err


def test_answers_rank_units_for_coding(study: StudyFolder, run: Callable[..., Any]) -> None:
    """A rule draws the label that a model saw more often, and keeps out of the test part."""
    by_id = {unit["unit_id"]: unit for unit in units_of(study)}
    before = read_design(study.design)
    answered(study, lambda unit, _chance: truth(unit), corpus=True)
    words = ("annotate", "sample", "30", "--rule", "rare", "--label", "tone=warm")
    done = run(*words, "--model", "llm:small", "--round", "2", cwd=study.root)
    drawn = [row for row in read_design(study.design) if row.round == "2"]
    n_warm = sum(truth(by_id[row.unit_id]) == "warm" for row in drawn)
    shut = {row.article_id for row in before if row.part == "test"}
    doubt = ("annotate", "sample", "30", "--rule", "margin", "--model", "llm:small")
    refused = run(*doubt, cwd=study.root)

    assert done.code == 0, done.err
    assert len(drawn) == 30
    assert 2 * n_warm > len(drawn)
    assert all(0 < row.probability <= 1 for row in drawn)
    assert shut.isdisjoint(row.article_id for row in drawn)
    assert refused.code == 1
    assert "'margin' needs to know how sure a model is" in refused.err


def test_ranking_takes_answers_on_all_units(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Answers on drawn units alone rank nothing; one line says what to ask."""
    answered(study, tilted)
    words = ("annotate", "sample", "30", "--rule", "rare", "--label", "tone=warm")
    done = run(*words, "--model", "llm:small", cwd=study.root)

    assert done.code == 1
    assert "units that can be drawn have no answer" in done.err
    assert "annotate ask --corpus" in done.err


@pytest.mark.slow
def test_answers_teach_and_are_never_scored(study: StudyFolder, run: Callable[..., Any]) -> None:
    """A model that learns from a language model, too, is scored on people's answers alone.

    Gold and annotations stay as they are; units with gold and the test part's articles keep out.
    """
    by_id = {unit["unit_id"]: unit for unit in units_of(study)}
    coder = answered(study, tilted, corpus=True)
    before = study.gold.read_bytes(), study.annotations.read_bytes()
    words = ("train", "--label", "tone", "--encoder", "tfidf", "--fast", "--folds", "3")
    alone = json.loads(run(*words, "-o", "alone", "--json", cwd=study.root).out)
    done = run(*words, "--from-coder", "llm:small", "-o", "taught", cwd=study.root)
    taught = Model.load(study.root / "taught")
    scores = json.loads((study.root / "taught" / "metrics.json").read_text())
    rows, _ = labelled_rows(study, ["tone"], coder="llm:small")
    plain, _ = labelled_rows(study, ["tone"])
    design = read_design(study.design)
    shut = {row.article_id for row in design if row.part == "test"}
    closed = {str(u["text"]) for u in by_id.values() if u["article_id"] in shut}
    weak = rows.weak
    weights = (rows.weights or {})["tone"]

    assert done.code == 0, done.err
    assert weak is not None
    assert f"units that {coder} labelled, of weight 0.2" in done.out
    assert scores["dimensions"]["tone"]["n"] == alone["dimensions"]["tone"]["n"] == len(plain)
    assert taught.about.weak == {"coder": coder, "n_rows": int(weak.rows.sum()), "weight": 0.2}
    assert taught.about.data == plain.fingerprint
    assert weights[weak.rows].max() < weights[~weak.rows].min()
    assert closed.isdisjoint(
        text for text, by_machine in zip(rows.texts, weak.rows, strict=True) if by_machine
    )
    assert (study.gold.read_bytes(), study.annotations.read_bytes()) == before


def test_only_a_study_has_a_language_model(study: StudyFolder, run: Callable[..., Any]) -> None:
    """Labels of a file, a model that has answered nothing new, and tuning are refused in a line."""
    answered(study, tilted)
    data = run(
        "train",
        "--from-coder",
        "llm:small",
        "--data",
        "x.csv",
        "--label",
        "tone",
        "-o",
        "m",
        cwd=study.root,
    )
    tuned = run("train", "--from-coder", "llm:small", "--fine-tune", "minilm", cwd=study.root)
    other = run("train", "--from-coder", "llm:other", cwd=study.root)

    assert (data.code, tuned.code, other.code) == (2, 2, 1)
    assert "llm:small@" in other.err
