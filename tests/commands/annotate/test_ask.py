import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.design.sampling import read_design
from standfirst.annotate.language_models.endpoint import KEY
from standfirst.labels import load_codebook, read_annotations, read_gold, write_annotations
from standfirst.measure import read_tags
from standfirst.study.folder import StudyFolder
from standfirst.tests.chat_endpoint import Answer, Endpoint, chat

CODEBOOK = """\
id: ferry
title: What is said of the ferry
version: "1"
unit: sentence
dimensions:
  - id: tone
    question: How does the sentence speak of the ferry?
    help: Only the ferry counts, not the harbour.
    labels:
      - id: warm
        name: Warm
        definition: It is praised.
        include: [thanks to the crew]
        exclude: [praise of the harbour]
        examples: ["The old ferry never failed us."]
      - id: cold
        name: Cold
        definition: It is blamed.
      - id: flat
        name: Neither
  - id: topic
    question: What is it about?
    choice: multiple
    required: false
    labels:
      - {id: money, name: Money, definition: "Fares, costs, wages."}
      - {id: safety, name: Safety}
      - {id: rest, name: Something else, alone: true}
  - id: who
    question: Who is blamed?
    when: {dimension: tone, labels: [cold]}
    labels:
      - {id: crew, name: The crew}
      - {id: board, name: The board}
"""
SENTENCES = (
    "The ferry to the island was praised by everyone on day {n}.",
    "A late boat on day {n} made the teachers angry.",
    "Fares rose by {n} crowns, the harbour board said.",
    "Nobody could say when tour {n} would leave the quay.",
)
SECRET = 'sk-test/41"c0ffee=='
GOOD = {"tone": "warm", "topic": ["safety"], "who": None}


@pytest.fixture
def endpoint(endpoint: Endpoint) -> Endpoint:
    """Give a chat endpoint on loopback that answers well."""
    endpoint.answer = lambda _unit, _call: chat(json.dumps(GOOD))
    return endpoint


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Make a study of 24 sentences, 4 of them in the test part and 8 in a round of coding."""
    folder = tmp_path_factory.mktemp("asking")
    (folder / "ferry.yaml").write_text(CODEBOOK)
    assert run("init", "study", "--codebook", "ferry.yaml", cwd=folder).code == 0
    root = folder / "study"
    rows = [
        {
            "id": f"a{n}",
            "title": f"The island, day {n}",
            "text": " ".join(line.format(n=4 * n + i) for i, line in enumerate(SENTENCES)),
            "outlet": ("Herald", "Courier")[n % 2],
            "published": "2026-03-02",
        }
        for n in range(6)
    ]
    lines = [json.dumps(row) for row in rows]
    (folder / "articles.jsonl").write_text("\n".join(lines) + "\n")
    done = run("corpus", "add", str(folder / "articles.jsonl"), cwd=root)
    assert done.code == 0, done.err
    done = run("annotate", "sample", "8", "--test", "4", cwd=root)
    assert done.code == 0, done.err
    return root


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Path:
    """Give a copy of that study."""
    shutil.copytree(template, tmp_path / "study")
    return tmp_path / "study"


def words(endpoint: Endpoint, *more: str) -> tuple[str, ...]:
    """Write the command."""
    return ("annotate", "ask", "--endpoint", endpoint.url, "--model", "org/small:q4", *more)


def folder_of(study: Path) -> Path:
    """Give the folder of the only coder that is a model."""
    (folder,) = (study / "annotations" / "language_models").iterdir()
    return folder


def rejects_of(study: Path) -> list[dict[str, Any]]:
    """Read what was of no use."""
    lines = (folder_of(study) / "rejects.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_drawn_units_are_answered(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """Each drawn unit is asked once, and labels, raw answer, tokens and time are kept apart."""
    done = run(*words(endpoint, "--json"), cwd=study)
    told = json.loads(done.out)
    design = read_design(study / "annotations" / "design.jsonl")
    rows = read_annotations(folder_of(study) / "annotations.jsonl")
    first = json.loads((folder_of(study) / "answers.jsonl").read_text().splitlines()[0])
    about = json.loads((folder_of(study) / "prompt.json").read_text())
    rounds = {row.unit_id: row.round for row in design}

    assert done.code == 0, done.err
    assert told["n_units"] == told["n_answered"] == told["n_new"] == len(endpoint.texts) == 12
    assert told["n_rejected"] == told["n_failed"] == told["n_left"] == 0
    assert {row.coder for row in rows} == {told["coder"]} == {about["coder"]}
    assert told["coder"].startswith("llm:org/small:q4@")
    assert {row.unit_id: row.round for row in rows} == rounds
    assert {(row.dimension, row.labels, row.status) for row in rows} == {
        ("tone", ("warm",), "answered"),
        ("topic", ("safety",), "answered"),
        ("who", (), "not asked"),
    }
    assert json.loads(first["reply"]["content"]) == GOOD
    assert (first["reply"]["n_prompt"], first["reply"]["n_answer"]) == (100, 10)
    assert about["served_as"] == {"small-q4": 12}
    assert not (study / "annotations" / "annotations.jsonl").exists()


def test_the_prompt_is_the_codebook_and_the_page(
    endpoint: Endpoint, study: Path, run: Callable[..., Any]
) -> None:
    """The model is told what coders read and sees what coders see."""
    assert run(*words(endpoint, "--limit", "1"), cwd=study).code == 0
    (body,) = endpoint.bodies
    system, user = (message["content"] for message in body["messages"])
    schema = body["response_format"]["json_schema"]["schema"]

    for said in (
        "How does the sentence speak of the ferry?",
        "Only the ferry counts, not the harbour.",
        "- warm (Warm): It is praised.",
        "belongs here: thanks to the crew",
        "does not belong here: praise of the harbour",
        "example: The old ferry never failed us.",
        "never together with another label",
        "Ask it only where tone is cold; otherwise it is null.",
    ):
        assert said in system
    assert set(json.loads(user)) >= {"title", "outlet", "published", "text"}
    assert schema["properties"]["tone"]["enum"] == ["warm", "cold", "flat"]
    assert body["temperature"] == 0


WRONG: dict[str, tuple[Answer, str]] = {
    "cut": (chat('{"tone": "warm", "topic": [', "length"), "cut"),
    "cut but whole": (chat(json.dumps(GOOD), "length"), "cut"),
    "no JSON": (chat("The tone is warm."), "not JSON"),
    "a list": (chat("[1, 2]"), "not a JSON object"),
    "other label": (chat(json.dumps(GOOD | {"tone": "hot"})), "no label 'hot'"),
    "a name": (chat(json.dumps(GOOD | {"tone": "Warm"})), "no label 'Warm'"),
    "two for one": (chat(json.dumps(GOOD | {"tone": ["warm"]})), "is not one label"),
    "alone": (chat(json.dumps(GOOD | {"topic": ["rest", "money"]})), "beside another label"),
    "open": (chat(json.dumps(GOOD | {"tone": "cold"})), "who: left open"),
    "missing": (chat('{"tone": "warm"}'), "topic: no answer"),
    "twice": (chat('{"tone": "warm", "tone": "cold", "topic": []}'), "answered twice"),
    "empty": (chat(""), "empty"),
    "nothing": (chat(None), "empty"),
    "deep": (chat("[" * 100_000), "not JSON"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_never_a_label(
    endpoint: Endpoint, study: Path, run: Callable[..., Any], kind: str
) -> None:
    """An answer of no use is a reject with its raw text; the others count, and nothing is lost."""
    wrong, reason = WRONG[kind]
    endpoint.answer = lambda _unit, call: wrong if call == 2 else chat(json.dumps(GOOD))
    done = run(*words(endpoint, "--json"), cwd=study)
    told = json.loads(done.out)
    again = run(*words(endpoint, "--json"), cwd=study)
    rejects = rejects_of(study)
    content = json.loads(wrong[2])["choices"][0]["message"]["content"] or ""
    rows = read_annotations(folder_of(study) / "annotations.jsonl")

    assert done.code == 0, done.err
    assert (told["n_answered"], told["n_rejected"], told["n_failed"]) == (11, 1, 0)
    assert len({row.unit_id for row in rows}) == 11
    assert len(rejects) == 1
    assert reason in rejects[0]["reason"]
    assert content.startswith(rejects[0]["raw"])
    assert (json.loads(again.out)["n_new"], len(endpoint.texts)) == (0, 12)


FAILED: dict[str, Answer] = {
    "500": (500, {"retry-after": "0"}, b'{"error": {"message": "out of memory"}}'),
    "429": (429, {"retry-after": "0"}, b'{"error": "slow down"}'),
    "503": (503, {"retry-after": "0"}, b'{"error": {"message": "Loading model"}}'),
    "400": (400, {}, b'{"error": {"message": "context is too long"}}'),
    "HTML": (200, {"content-type": "text/html"}, b"<html>Log in</html>"),
    "wrong JSON": (200, {}, b'{"choices": []}'),
    "other JSON": (200, {}, b"[3]"),
    "no JSON": (200, {}, b'{"choices": [{"mess'),
    "nothing": (200, {}, b""),
    "huge": (200, {}, b'{"choices": "' + b"x" * (3 << 20) + b'"}'),
    "short": (200, {"content-length": "400"}, b'{"choices": '),
}


@pytest.mark.parametrize("kind", FAILED)
def test_a_failure_is_asked_again(
    endpoint: Endpoint, study: Path, run: Callable[..., Any], kind: str
) -> None:
    """What brought no answer is set aside with its reason, and the next run asks only that."""
    bad: list[str] = []

    def answer(unit: dict[str, Any], call: int) -> Answer:
        bad[:] = bad or ([unit["text"]] if call == 3 else [])
        return FAILED[kind] if unit["text"] in bad else chat(json.dumps(GOOD))

    endpoint.answer = answer
    done = run(*words(endpoint, "--json", "--tries", "1"), cwd=study)
    told = json.loads(done.out)
    endpoint.answer = lambda _unit, _call: chat(json.dumps(GOOD))
    again = json.loads(run(*words(endpoint, "--json"), cwd=study).out)

    assert done.code == 0, done.err
    assert (told["n_answered"], told["n_rejected"], told["n_failed"]) == (11, 0, 1)
    assert len(rejects_of(study)) == 1
    assert (again["n_new"], again["n_answered"], again["n_failed"]) == (1, 12, 0)
    assert len(endpoint.texts) == 13


@pytest.mark.parametrize("kind", ["500", "429", "503"])
def test_a_passing_failure_passes(
    endpoint: Endpoint, study: Path, run: Callable[..., Any], kind: str
) -> None:
    """A request that fails for a passing reason is made again in the same run."""
    endpoint.answer = lambda _unit, call: FAILED[kind] if call <= 3 else chat(json.dumps(GOOD))
    told = json.loads(run(*words(endpoint, "--json", "--threads", "2"), cwd=study).out)

    assert (told["n_answered"], told["n_failed"], len(endpoint.texts)) == (12, 0, 15)


@pytest.mark.slow
def test_a_slow_endpoint_is_left(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """No answer in time is a failure, and the run goes on."""
    release = threading.Event()

    def answer(_unit: dict[str, Any], call: int) -> Answer:
        if call == 1:
            release.wait(60)
        return chat(json.dumps(GOOD))

    endpoint.answer = answer
    done = run(*words(endpoint, "--json", "--tries", "1", "--timeout", "1.5"), cwd=study)
    release.set()
    told = json.loads(done.out)

    assert told["n_failed"] >= 1
    assert told["n_answered"] + told["n_failed"] == 12
    assert "no answer in 1.5 s" in rejects_of(study)[0]["reason"]


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {}, "the key in STANDFIRST_LLM_KEY is missing or refused"),
        (404, {}, "no such address or model: HTTP 404 (model 'small' not found)"),
        (302, {"location": "http://127.0.0.1:9/steal"}, "leads elsewhere"),
    ],
)
def test_a_closed_door_ends_the_run(
    endpoint: Endpoint,
    study: Path,
    run: Callable[..., Any],
    status: int,
    headers: dict[str, str],
    said: str,
) -> None:
    """What no other request can get past is said in one line, after one request."""
    body = json.dumps({"error": {"message": "model 'small' not found"}}).encode()
    endpoint.answer = lambda _unit, _call: (status, headers, body)
    done = run(*words(endpoint), cwd=study)

    assert (done.code, len(endpoint.texts)) == (1, 1)
    assert said in done.err.splitlines()[-1]
    assert (
        "12 units: 0 answered, 0 with an answer of no use, 1 without an answer, 11 not asked"
        in (done.out)
    )


def test_a_dead_endpoint_ends_the_run(
    endpoint: Endpoint, study: Path, run: Callable[..., Any]
) -> None:
    """After five failures in a row the run ends; what was answered before is kept."""
    endpoint.answer = lambda _unit, call: chat(json.dumps(GOOD)) if call < 3 else FAILED["500"]
    done = run(*words(endpoint, "--tries", "1"), cwd=study)

    assert (done.code, len(endpoint.texts)) == (1, 7)
    assert "2 answered, 0 with an answer of no use, 5 without an answer, 5 not asked" in done.out
    assert "HTTP 500 (out of memory)" in done.err


def leaks(root: Path, secret: str) -> list[Path]:
    """Find files that hold a secret, written plainly or as JSON writes it."""
    forms = [secret.encode(), json.dumps(secret)[1:-1].encode()]
    files = [path for path in root.rglob("*") if path.is_file()]
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.mark.parametrize("kind", ["answer", "label", "error", "page", "model"])
def test_the_key_is_nowhere(
    endpoint: Endpoint,
    study: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """A key that the endpoint sends back stands in no file and no line, whatever it is put into."""
    monkeypatch.setenv(KEY, SECRET)
    echoes = {
        "answer": chat(f"Your key is {SECRET}"),
        "label": chat(json.dumps(GOOD | {"tone": SECRET})),
        "error": (400, {}, json.dumps({"error": {"message": f"bad {SECRET} for you"}}).encode()),
        "page": (200, {}, f"<html>Bearer {SECRET}</html>".encode()),
        "model": chat(json.dumps(GOOD), model=SECRET, system_fingerprint=f"x{SECRET}"),
    }
    endpoint.answer = lambda _unit, _call: echoes[kind]
    done = run(*words(endpoint), cwd=study)

    assert set(endpoint.keys) == {f"Bearer {SECRET}"}
    assert leaks(study, SECRET) == []
    assert SECRET not in done.out + done.err


def test_no_key_without_need(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """Without a key in the environment none is sent."""
    run(*words(endpoint, "--limit", "1"), cwd=study)

    assert endpoint.keys == [""]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://models.example.org/v1", "without TLS"),
        ("https://ann:secret1@models.example.org/v1", "may hold a secret"),
        ("https://models.example.org/v1?key=secret1", "may hold a secret"),
        ("ftp://models.example.org", "no web address"),
        ("models", "no web address"),
    ],
)
def test_addresses_that_are_refused(
    study: Path, run: Callable[..., Any], url: str, said: str
) -> None:
    """Texts and keys go nowhere without TLS, and no secret comes in by the address."""
    done = run("annotate", "ask", "--endpoint", url, "--model", "m", cwd=study)

    assert done.code == 1
    assert said in done.err
    assert "secret1" not in done.err
    assert not (study / "annotations" / "language_models").exists()


def test_a_plan_asks_nothing(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """A plan makes no request; after some answers it goes by what they took."""
    prices = ("--prompt-price", "1000", "--answer-price", "10000")
    before = json.loads(run(*words(endpoint, "--plan", "--json", *prices), cwd=study).out)
    asked = len(endpoint.texts)
    run(*words(endpoint, "--limit", "4"), cwd=study)
    after = json.loads(run(*words(endpoint, "--plan", "--json", *prices), cwd=study).out)

    assert (asked, before["n_calls"], before["seconds"], before["is_measured"]) == (0, 12, None, 0)
    assert before["n_prompt"] > 12 * 100
    assert (after["n_known"], after["n_calls"]) == (4, 8)
    assert (after["n_prompt"], after["n_answer"]) == (800, 80)
    assert after["cost"] == pytest.approx(0.8 + 0.8)


def test_a_budget_holds(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """A budget is not passed, in one run or in several; without it the rest is asked."""
    most = ("--most-tokens", "10", "--token-budget", "1000", "--threads", "3")
    first = json.loads(run(*words(endpoint, "--json", *most), cwd=study).out)
    n_first = len(endpoint.texts)
    second = json.loads(run(*words(endpoint, "--json", *most), cwd=study).out)
    n_second = len(endpoint.texts)
    rest = json.loads(run(*words(endpoint, "--json", "--most-tokens", "10"), cwd=study).out)

    assert 0 < n_first <= n_second < 12
    assert first["stopped"] == "the budget is spent"
    assert first["n_answered"] + first["n_left"] == 12
    assert second["n_prompt"] + second["n_answer"] <= 1000
    assert (rest["n_answered"], len(endpoint.texts)) == (12, 12)


@pytest.mark.slow
def test_killed_and_started_again(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """A run that is killed has lost no answer: the next asks what was not answered, and adds up."""
    held, release = threading.Event(), threading.Event()

    def answer(_unit: dict[str, Any], call: int) -> Answer:
        if call == 5:
            held.set()
            release.wait(120)
        wrong = chat('{"tone"', "length")
        return wrong if call == 2 else chat(json.dumps(GOOD))

    endpoint.answer = answer
    command = [sys.executable, "-m", "standfirst", *words(endpoint, "--threads", "1")]
    process = subprocess.Popen(command, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert held.wait(120)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    release.set()
    before = list(endpoint.texts)
    told = json.loads(run(*words(endpoint, "--json"), cwd=study).out)

    assert process.returncode == -signal.SIGKILL
    assert all(endpoint.texts.count(text) == 1 for text in before[:4])
    assert sorted(endpoint.texts[5:]) == sorted({*endpoint.texts} - {*before[:4]})
    assert (told["n_units"], told["n_new"], told["n_answered"], told["n_rejected"]) == (
        12,
        8,
        11,
        1,
    )


def test_the_cache_can_be_lost(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """A study that was copied without its cache asks nothing twice; a broken cache says so."""
    run(*words(endpoint), cwd=study)
    cache = study / ".standfirst" / "language-models.sqlite"
    cache.write_bytes(b"no database at all, by any means" * 64)
    broken = run(*words(endpoint), cwd=study)
    cache.unlink()
    told = json.loads(run(*words(endpoint, "--json"), cwd=study).out)

    assert broken.code == 1
    assert "remove it" in broken.err
    assert (told["n_new"], told["n_answered"], len(endpoint.texts)) == (0, 12, 12)


def test_what_comes_next(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """Without gold people code first; with gold the answers are checked; tags are measured."""
    first = run(*words(endpoint), cwd=study).err.splitlines()[-1]
    coder = json.loads(run(*words(endpoint, "--json"), cwd=study).out)["coder"]
    revision = load_codebook(study / "codebook.yaml").revision
    gold = [
        {"unit_id": row.unit_id, "dimension": "tone", "labels": ["warm"], "rule": "single"}
        | {"revision": revision}
        for row in read_design(study / "annotations" / "design.jsonl")
    ]
    path = StudyFolder.find(study).gold
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in gold))
    second = run(*words(endpoint), cwd=study).err.splitlines()[-1]
    tags = ("--corpus", "-o", "tags/small.parquet")
    third = run(*words(endpoint, *tags), cwd=study).err.splitlines()[-1]

    assert first.startswith("next: ")
    assert "annotate validate" not in first
    assert f"standfirst annotate validate {coder}  # " in second
    assert "standfirst measure shares tags/small.parquet  # " in third


def test_asked_again_and_in_other_words(
    endpoint: Endpoint, study: Path, run: Callable[..., Any]
) -> None:
    """Both ask all units once more, one by the same words, and are kept as coders apart."""
    coder = json.loads(run(*words(endpoint, "--json"), cwd=study).out)["coder"]
    names = []
    for option in ("--again", "--reworded"):
        told = json.loads(run(*words(endpoint, option, "--json"), cwd=study).out)
        twice = json.loads(run(*words(endpoint, option, "--json"), cwd=study).out)
        names.append(told["coder"])
        assert (told["n_new"], twice["n_new"], told["n_answered"]) == (12, 0, 12)
    bodies = [json.dumps(body) for body in endpoint.bodies]
    systems = [body["messages"][0]["content"] for body in endpoint.bodies]
    files = (study / "annotations" / "language_models").glob("*/prompt.json")
    about = [json.loads(path.read_text()) for path in files]
    both = run(*words(endpoint, "--again", "--reworded"), cwd=study)

    assert len({coder, *names}) == 3
    assert bodies[:12] == bodies[12:24]
    assert systems[24] != systems[0]
    assert systems[24].index("- flat (Neither)") < systems[24].index("- warm (Warm)")
    assert {(one.get("variant"), one.get("of")) for one in about} == {
        (None, None),
        ("again", coder),
        ("reworded", coder),
    }
    assert both.code == 2


def test_another_codebook_is_another_coder(
    endpoint: Endpoint, study: Path, run: Callable[..., Any]
) -> None:
    """A word of the codebook, a model or a parameter changes the coder, and all is asked anew."""
    run(*words(endpoint, "--limit", "1"), cwd=study)
    book = study / "codebook.yaml"
    book.write_text(book.read_text().replace("It is praised.", "It is praised or thanked."))
    run(*words(endpoint, "--limit", "1"), cwd=study)
    run(*words(endpoint, "--limit", "1", "--temperature", "0.5"), cwd=study)

    assert len(endpoint.texts) == 3
    assert len(list((study / "annotations" / "language_models").iterdir())) == 3


def test_gold_is_people_s(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """A model that has answered all changes nothing of gold; nor do its rows among people's."""
    run(*words(endpoint), cwd=study)
    place = StudyFolder.find(study)
    machine = read_annotations(folder_of(study) / "annotations.jsonl")
    people = [
        row.__class__(row.unit_id, "ann", "tone", ("cold",), revision=row.revision)
        for row in machine
        if row.dimension == "tone"
    ]
    write_annotations(place.annotations, people)
    assert run("labels", "gold", cwd=study).code == 0
    before = place.gold.read_bytes()
    write_annotations(place.annotations, [*people, *machine])
    assert run("labels", "gold", cwd=study).code == 0

    assert place.gold.read_bytes() == before
    assert {row.labels for row in read_gold(place.gold)} == {("cold",)}


def test_answers_are_in_the_cache_before_the_run_ends(
    endpoint: Endpoint, study: Path, run: Callable[..., Any]
) -> None:
    """An answer is written when it comes, and the cache holds neither text nor instructions."""
    counted: list[int] = []
    cache = study / ".standfirst" / "language-models.sqlite"

    def answer(_unit: dict[str, Any], _call: int) -> Answer:
        with sqlite3.connect(cache) as database:
            counted.append(database.execute("SELECT count(*) FROM replies").fetchone()[0])
        database.close()
        return chat(json.dumps(GOOD))

    endpoint.answer = answer
    run(*words(endpoint, "--threads", "1"), cwd=study)

    assert counted == list(range(12))
    assert b"ferry" not in cache.read_bytes()


def test_answers_become_tags(endpoint: Endpoint, study: Path, run: Callable[..., Any]) -> None:
    """Asked about all units, a model is a tagger; where it gave nothing of use it abstains."""

    def answer(unit: dict[str, Any], _call: int) -> Answer:
        if "Nobody" in unit["text"]:
            return chat(json.dumps(GOOD | {"tone": "cold", "topic": [], "who": "board"}))
        return chat("no idea") if "Fares" in unit["text"] else chat(json.dumps(GOOD))

    endpoint.answer = answer
    early = run(*words(endpoint, "--corpus", "--limit", "3", "-o", "tags/llm.parquet"), cwd=study)
    done = run(*words(endpoint, "--corpus", "-o", "tags/llm.parquet"), cwd=study)
    book = load_codebook(study / "codebook.yaml")
    labels = {dimension.id: dimension.label_ids for dimension in book.dimensions}
    tags = read_tags(study / "tags" / "llm.parquet", labels=labels)
    drawn = run(*words(endpoint, "-o", "tags/llm.parquet"), cwd=study)

    assert early.code == 1
    assert "21 of 24 units of the corpus have no answer" in early.err
    assert done.code == 0, done.err
    assert (len(tags), len(endpoint.texts)) == (24, 24)
    assert tags.dimensions["tone"].crossed
    assert tags.dimensions["tone"].n_abstained == 6
    assert tags.dimensions["who"].n_not_asked == 12
    assert tags.dimensions["topic"].multiple
    assert drawn.code == 2
