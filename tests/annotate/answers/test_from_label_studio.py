import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.answers.from_label_studio import read_tasks
from standfirst.annotate.answers.merge import merge_answers
from standfirst.annotate.other_tools.exchange import export_tasks, import_tasks
from standfirst.annotate.page.tasks import result, task, with_annotations
from standfirst.errors import InputError, MissingFileError
from standfirst.labels import (
    Annotation,
    Codebook,
    Condition,
    load_codebook,
    read_annotations,
    ready_codebooks,
    write_annotations,
)

CODEBOOK = load_codebook(ready_codebooks()["transfer-deals"])
UNIT = {"unit_id": "u1", "article_id": "a1", "text": "The court sat.", "index": 0}


def exported(*answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Make an export with one task."""
    made = task(UNIT, revision="5f3a", coding_round="1")
    return [made | {"id": 7, "project": 3, "annotations": list(answers)}]


def answer(choices: dict[str, list[str]], **more: Any) -> dict[str, Any]:
    """Make an answer as Label Studio exports it."""
    return {
        "id": 9,
        "completed_by": {"id": 1, "email": "ann@x.org"},
        "result": result(choices),
    } | more


@st.composite
def rows(draw: st.DrawFn) -> list[Annotation]:
    """Draw the annotations of some coders on some units."""
    made = []
    for number, coder in enumerate(draw(st.sets(st.sampled_from("abcd"), min_size=1))):
        skipped = draw(st.booleans())
        comment = draw(st.sampled_from(["", "😀 “so so”", "خبر\nعاجل", "<b>&amp;</b>"]))
        speaker = draw(st.sampled_from(["", "Ana Söderström", "عمر 😀"]))
        seconds = draw(st.none() | st.floats(0.25, 900))
        for dimension in CODEBOOK.dimensions:
            most = 1 if dimension.choice == "single" else 7
            chosen = draw(st.sets(st.sampled_from(dimension.label_ids), max_size=most))
            labels = () if skipped else tuple(x for x in dimension.label_ids if x in chosen)
            labels = dimension.compatible(labels)
            made.append(
                Annotation(
                    "u1",
                    f"{coder}@x.org",
                    dimension.id,
                    labels,
                    "skipped" if skipped else "answered" if labels else "open",
                    "a1",
                    f"2026-03-01T09:00:0{number}Z",
                    seconds,
                    round="1",
                    revision="5f3a",
                    source="label-studio:-/-/-",
                    comment="" if skipped else comment,
                    speaker_name="" if skipped else speaker,
                )
            )
    return made


@pytest.mark.slow
@given(rows())
def test_round_trip_through_json(annotations: list[Annotation]) -> None:
    """What is written as Label Studio's JSON is read back equal."""
    tasks = with_annotations([task(UNIT, revision="5f3a", coding_round="1")], annotations)
    read = read_tasks(json.loads(json.dumps(list(tasks))), CODEBOOK)

    assert not read.rejects
    assert sorted(read.annotations, key=str) == sorted(annotations, key=str)


@pytest.mark.parametrize(
    ("who", "coder"),
    [
        ({"id": 4, "email": "ann@x.org"}, "ann@x.org"),
        ({"id": 4}, "bo@x.org"),
        (4, "bo@x.org"),
        (5, "5"),
        ("cy", "cy"),
    ],
)
def test_coder_is_known_by_address(who: Any, coder: str) -> None:
    """The e-mail address where there is one, else the number as text."""
    tasks = exported(answer({"stance": ["legal_check"]}, completed_by=who))
    read = read_tasks(tasks, CODEBOOK, coders={4: "bo@x.org"})
    named = read_tasks(tasks, CODEBOOK, coders={4: "bo@x.org"}, coder="me")

    assert {row.coder for row in read.annotations} == {coder}
    assert {row.coder for row in named.annotations} == {"me"}


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        (answer({"stance": ["bogus"]}), "stance: 'bogus' is not a label of the codebook"),
        (
            answer({"stance": ["legal_check", "neutral_reporting"]}),
            "stance: legal_check and neutral_reporting on a single choice",
        ),
        (answer({"mood": ["good"]}), "control 'mood' is not a dimension of the codebook"),
        (answer({}, completed_by=None), "does not say whose it is"),
        (answer({}, lead_time="long"), "lead_time: Input should be a valid number"),
    ],
)
def test_what_does_not_fit_is_set_aside(given_: dict[str, Any], reason: str) -> None:
    """One bad answer is a reject that holds it; the others go on."""
    good = answer({"stance": ["legal_check"]}, completed_by={"email": "bo@x.org"})
    read = read_tasks(exported(given_, good), CODEBOOK, where="export.json")

    (reject,) = read.rejects
    assert (reject.file, reject.record) == ("export.json", 1)
    assert "task 7, unit u1" in reject.reason
    assert reason in reject.reason
    assert json.loads(reject.raw) == given_
    assert ("legal_check",) in [row.labels for row in read.annotations if row.coder == "bo@x.org"]


def test_tasks_of_others_are_set_aside() -> None:
    """A task without our id cannot be traced to a unit."""
    read = read_tasks([{"data": {"text": "x"}, "annotations": []}, "junk"], CODEBOOK)

    assert [reject.record for reject in read.rejects] == [1, 2]
    assert "data.unit_id" in read.rejects[0].reason


def test_suggestions_leave_a_trace() -> None:
    """Kept, changed, ignored, or never shown: per dimension."""
    regions = result({"stance": ["legal_check"], "position": ["neither"], "framing": ["economy"]})
    regions[0]["origin"], regions[1]["origin"] = "prediction", "prediction-changed"
    regions[2]["origin"] = "manual"
    blind = answer({"stance": ["legal_check"]}, completed_by=2)
    read = read_tasks(exported(answer({}, result=regions, parent_prediction=5), blind), CODEBOOK)

    got = {(row.coder, row.dimension): row.suggestion for row in read.annotations}
    assert [got["ann@x.org", d.id] for d in CODEBOOK.dimensions] == [
        "kept",
        "changed",
        "ignored",
        "changed",
    ]
    assert {got["2", d.id] for d in CODEBOOK.dimensions} == {"none"}


def test_names_without_aliases_are_understood() -> None:
    """A config that somebody wrote by hand stores what coders read."""
    read = read_tasks(exported(answer({"position": ["Opposes"]})), CODEBOOK)

    assert ("opposes",) in [row.labels for row in read.annotations]


def test_files_without_a_server(tmp_path: Path) -> None:
    """Export, then import, twice: the same file to the byte, rejects included."""
    path, annotations = tmp_path / "tasks.json", tmp_path / "annotations.jsonl"
    given_ = [
        Annotation("u1", "ann@x.org", "stance", ("legal_check",), created="2026-03-01T09:00:00Z")
    ]
    assert export_tasks(path, [UNIT], CODEBOOK, annotations=given_, rounds={"u1": "2"}) == 1
    assert path.with_suffix(".xml").read_text(encoding="utf-8").startswith("<View>")
    kept = merge_answers(annotations, import_tasks(path, CODEBOOK))
    before = annotations.read_bytes()
    again = merge_answers(annotations, import_tasks(path, CODEBOOK))

    assert (kept.n_new, again.n_new, annotations.read_bytes()) == (4, 0, before)
    assert {row.round for row in read_annotations(annotations)} == {"2"}


def test_same_answer_with_a_moved_time_stays_one_row(tmp_path: Path) -> None:
    """The server moves a time stamp also when the answer did not change."""
    path = tmp_path / "annotations.jsonl"
    for hour in ("09", "10"):
        one = answer({"stance": ["legal_check"]}, updated_at=f"2026-03-01T{hour}:00:00Z")
        kept = merge_answers(path, read_tasks(exported(one), CODEBOOK))

    assert kept.n_annotations == len(CODEBOOK.dimensions)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("text,stance\n", "not JSON"),
        ('{"tasks": []}', "holds a dict"),
        ('[{"id": 1, "stance": "x"}]', "JSON-MIN"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    """Lossy exports and other files get one line that says what to export."""
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=problem):
        import_tasks(path, CODEBOOK)
    with pytest.raises(MissingFileError):
        import_tasks(tmp_path / "none.json", CODEBOOK)


def test_same_codebook(codebook: Codebook) -> None:
    """The tests above use the codebook of the fixtures."""
    assert codebook == CODEBOOK


def test_empty_answers_of_a_page_are_told_apart() -> None:
    """None applies, not asked, and an answer to a question that was not asked."""
    stance, position, *_, framing = CODEBOOK.dimensions
    when = Condition("stance", ("rights_critique",))
    book = replace(
        CODEBOOK,
        dimensions=(stance, replace(position, when=when), replace(framing, required=False)),
    )
    hidden = answer({"stance": ["legal_check"]})
    shown = answer({"stance": ["rights_critique"], "position": ["neither"]}, completed_by="bo")
    wrong = answer({"stance": ["legal_check"], "position": ["neither"]}, completed_by="cy")
    read = read_tasks(exported(hidden, shown, wrong), book)

    got = {(row.coder, row.dimension): (row.status, row.labels) for row in read.annotations}
    assert {got[coder, "framing"] for coder in ("ann@x.org", "bo", "cy")} == {("answered", ())}
    assert got["ann@x.org", "position"] == got["cy", "position"] == ("not asked", ())
    assert got["bo", "position"] == ("answered", ("neither",))
    (reject,) = read.rejects
    assert "position is answered, although its condition does not hold" in reject.reason


def test_an_answer_from_before_is_not_doubled(tmp_path: Path) -> None:
    """A file that holds an empty answer as open stays as it is when the answer comes again."""
    frames = load_codebook(ready_codebooks()["generic-frames"])
    when = {"updated_at": "2026-03-01T09:00:00Z"}
    read = read_tasks(exported(answer({}, **when)), frames)
    path = tmp_path / "annotations.jsonl"
    old = [replace(row, status="open") for row in read.annotations]
    write_annotations(path, old)
    merged = merge_answers(path, read)

    assert [row.status for row in read.annotations] == ["answered"] * len(old)
    assert merged.n_new == 0
    assert read_annotations(path) == old
