import json
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.answers.from_label_studio import Read
from standfirst.annotate.other_tools.doccano import doccano_labels
from standfirst.annotate.other_tools.exchange import (
    export_lines,
    export_tasks,
    import_lines,
    import_tasks,
)
from standfirst.annotate.other_tools.which_tool import FORMATS, guess_format
from standfirst.errors import InputError, MissingFileError, UnknownNameError
from standfirst.labels import Annotation, Codebook, load_codebook, ready_codebooks

BOOK = load_codebook(ready_codebooks()["transfer-deals"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[Annotation]]:
    """Draw units whose texts are hard to carry, and what coders said of them."""
    units = [
        {"unit_id": f"u{i}", "article_id": "a1", "text": text, "title": draw(TEXTS), "index": i}
        for i, text in enumerate(draw(st.lists(TEXTS, min_size=1, max_size=4)))
    ]
    rows = []
    for unit in units:
        for coder in draw(st.sets(st.sampled_from(["ann", "bo@x.org"]))):
            rows += [
                Annotation(
                    str(unit["unit_id"]),
                    coder,
                    dimension.id,
                    labels,
                    "answered" if labels else draw(st.sampled_from(["open", "skipped"])),
                    "a1",
                    "2026-03-01T09:00:00Z",
                    draw(st.none() | st.floats(0.25, 900)),
                    draw(st.sampled_from(["none", "kept", "changed", "ignored"])),
                    "1",
                    "5f3a",
                    "label-studio:1/2/3",
                    draw(TEXTS),
                    draw(TEXTS),
                )
                for dimension in BOOK.dimensions
                for most in [1 if dimension.choice == "single" else 3]
                for chosen in [draw(st.sets(st.sampled_from(dimension.label_ids), max_size=most))]
                for labels in [tuple(x for x in dimension.label_ids if x in chosen)]
            ]
    return units, rows


def there_and_back(
    form: str, units: list[dict[str, Any]], rows: list[Annotation], name: str = "t.jsonl"
) -> tuple[list[dict[str, Any]], Any]:
    """Export, and import what was written."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        rounds = {unit["unit_id"]: "1" for unit in units}
        n_lines = export_lines(path, form, units, BOOK, annotations=rows, rounds=rounds)
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert len(lines) == n_lines
        return lines, import_lines(path, form, BOOK)


@pytest.mark.slow
@given(studies())
def test_prodigy_keeps_everything(study: tuple[list[dict[str, Any]], list[Annotation]]) -> None:
    """Coders, labels, skips, times, comments, speakers and texts come back equal."""
    units, rows = study
    lines, read = there_and_back("prodigy", units, rows)

    assert not read.rejects
    assert sorted(read.annotations, key=str) == sorted(rows, key=str)
    assert {(line["unit_id"], line["text"]) for line in lines} == {
        (unit["unit_id"], unit["text"]) for unit in units
    }


@pytest.mark.slow
@given(studies())
def test_doccano_keeps_labels_and_texts(
    study: tuple[list[dict[str, Any]], list[Annotation]],
) -> None:
    """One coder's labels come back equal; the coder is the file's name."""
    units, rows = study
    rows = [
        replace(row, coder="ann", comment="so", speaker_name="Ana", revision=BOOK.revision)
        for row in rows
        if row.coder == "ann" and row.labels
    ]
    lines, read = there_and_back("doccano", units, rows, "ann.jsonl")

    def content(found: list[Annotation]) -> set[tuple[Any, ...]]:
        return {
            (r.unit_id, r.coder, r.dimension, r.labels, r.revision, r.comment, r.speaker_name)
            for r in found
            if r.labels
        }

    assert not read.rejects
    assert content(read.annotations) == content(rows)
    assert [line["text"] for line in lines] == [unit["text"] for unit in units]


def write(path: Path, *lines: Any) -> Path:
    """Write lines as they are, or as JSON."""
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_what_prodigy_writes(tmp_path: Path) -> None:
    """A line of `db-out`: coder, time, label; bad lines are reported."""
    line = {
        "text": "The court sat.",
        "unit_id": "u1",
        "dimension": "stance",
        "_task_hash": 77,
        "accept": ["legal_check"],
        "answer": "accept",
        "_timestamp": 1772355600,
        "_annotator_id": "deals-ann",
        "_session_id": "deals-ann",
        "options": [],
    }
    bad = [
        "{",
        [],
        line | {"dimension": "mood"},
        line | {"accept": ["bogus"]},
        line | {"accept": ["legal_check", "rights_critique"]},
        line | {"answer": "reject"},
        line | {"_annotator_id": "", "_session_id": None},
        {"answer": "accept"},
    ]
    skipped = line | {"answer": "ignore", "dimension": "position"}
    unanswered = {"text": "x", "unit_id": "u2", "dimension": "stance"}
    path = write(tmp_path / "out.jsonl", line, skipped, unanswered, *bad)
    read = import_lines(path, "prodigy", BOOK)

    one, two = read.annotations
    assert (one.coder, one.labels, one.created) == (
        "deals-ann",
        ("legal_check",),
        "2026-03-01T09:00:00Z",
    )
    assert one.source == "prodigy:77"
    assert (two.status, two.labels) == ("skipped", ())
    reasons = [f"{reject.record} {reject.reason}" for reject in read.rejects]
    assert len(reasons) == len(bad)
    for part in (
        "broken JSON",
        "'mood' is not",
        "'bogus' is not",
        "on a single",
        "'reject'",
        "coder",
    ):
        assert any(part in reason for reason in reasons), part


def test_what_doccano_writes(tmp_path: Path) -> None:
    """Labels with or without their dimension, comments, and lines that nobody has worked on."""
    data = {"text": "The court sat.", "unit_id": "u1", "id": 5}
    path = write(
        tmp_path / "bo.jsonl",
        data | {"label": ["stance:legal_check", "Opposes"], "Comments": ["hm"]},
        data | {"unit_id": "u2", "label": []},
        data | {"label": ["bogus"]},
        data | {"label": ["stance:legal_check", "stance:rights_critique"]},
        {"text": "no unit", "label": ["legal_check"]},
    )
    read = import_lines(path, "doccano", BOOK)

    got = {row.dimension: (row.labels, row.status) for row in read.annotations}
    assert got["stance"] == (("legal_check",), "answered")
    assert got["position"] == (("opposes",), "answered")
    assert got["framing"] == ((), "open")
    assert {(row.coder, row.comment, row.source) for row in read.annotations} == {
        ("bo", "hm", "doccano:5")
    }
    assert [reject.record for reject in read.rejects] == [3, 4, 5]


def read_as(form: str, path: Path) -> Read:
    """Import a file as the command does."""
    if form == "label-studio":
        return import_tasks(path, BOOK)
    return import_lines(path, form, BOOK)


@pytest.mark.parametrize("wrote", FORMATS)
def test_another_tools_file_is_refused_by_name(wrote: str, tmp_path: Path) -> None:
    """The message names the tool and its option, whatever the file is read as."""
    unit = {"unit_id": "u1", "article_id": "a1", "text": "The court sat."}
    answers = [Annotation("u1", "ann", "stance", ("legal_check",), created="2026-03-01T09:00:00Z")]
    for rows in (answers, []):
        path = tmp_path / f"{wrote}.json"
        if wrote == "label-studio":
            export_tasks(path, [unit], BOOK, annotations=rows)
        else:
            export_lines(path, wrote, [unit], BOOK, annotations=rows)
        assert guess_format(path) == wrote
        for form in set(FORMATS) - {wrote}:
            with pytest.raises(InputError) as caught:
                read_as(form, path)
            said = f"no answer as {form} writes it; it looks like a file of {wrote}"
            assert said in str(caught.value)
            assert str(caught.value).endswith(f"import it with --format {wrote}")


def test_no_tools_file(tmp_path: Path) -> None:
    """Where no line fits and no sign tells, the first problem is named; a blank file is blank."""
    path = write(tmp_path / "x.jsonl", {"text": "x", "unit": 3}, "{")
    with pytest.raises(
        InputError, match=r"x\.jsonl:1: no answer as doccano .*try another --format"
    ):
        import_lines(path, "doccano", BOOK)

    assert import_lines(write(tmp_path / "blank.jsonl"), "prodigy", BOOK).n_tasks == 0


def test_label_types_have_keys_and_colours() -> None:
    """What doccano imports: each label once, with a key of its own and a colour."""
    labels = doccano_labels(BOOK)

    assert len({one["text"] for one in labels}) == sum(len(d.labels) for d in BOOK.dimensions)
    assert len({one["suffix_key"] for one in labels}) == len(labels)
    assert all(re.fullmatch("#[0-9a-f]{6}", one["background_color"]) for one in labels)


def test_refusals(tmp_path: Path, codebook: Codebook) -> None:
    """No such file, no such format, two coders for doccano: one line each."""
    rows = [Annotation("u1", coder, "stance", ("legal_check",)) for coder in ("ann", "bo")]
    with pytest.raises(MissingFileError):
        import_lines(tmp_path / "none.jsonl", "prodigy", codebook)
    with pytest.raises(UnknownNameError, match="did you mean 'doccano'"):
        import_lines(tmp_path / "none.jsonl", "docano", codebook)
    with pytest.raises(UnknownNameError, match="known: label-studio, prodigy, doccano"):
        export_lines(tmp_path / "x.jsonl", "csv", [], codebook)
    with pytest.raises(InputError, match=r"name one with --coder \(ann, bo\)"):
        export_lines(tmp_path / "x.jsonl", "doccano", [], codebook, annotations=rows)


@pytest.mark.parametrize(
    ("form", "status"),
    # doccano does not keep that somebody skipped.
    [
        *((form, "answered") for form in FORMATS),
        ("label-studio", "skipped"),
        ("prodigy", "skipped"),
    ],
)
def test_no_damaged_name_takes_an_answer_away(form: str, status: Any, tmp_path: Path) -> None:
    """Whichever name of a record is damaged: each answer is as it was, or there is a reject."""
    labels = ("humanitarian",) if status == "answered" else ()
    units = [{"unit_id": unit, "text": "The court sat."} for unit in ("u1", "u2")]
    answers = [
        Annotation(unit["unit_id"], "ann", dimension.id, shown, status, created="2026-03-01T09:00Z")
        for unit in units
        for dimension in BOOK.dimensions
        for shown in [
            labels if dimension.id == "framing" else dimension.label_ids[:1] * len(labels)
        ]
    ]
    path = tmp_path / "ann.json"
    if form == "label-studio":
        export_tasks(path, units, BOOK, annotations=answers)
    else:
        export_lines(path, form, units, BOOK, annotations=answers)
    sound = path.read_text()
    read = read_as(form, path)
    expected = {(a.unit_id, a.coder, a.dimension): (a.labels, a.status) for a in read.annotations}

    assert len(expected) == len(answers)
    for match in re.finditer(r'"(\w+)": ', sound[: sound.index('"u2"')]):
        path.write_text(f"{sound[: match.end(1) - 1]}#{sound[match.end(1) :]}")
        read = read_as(form, path)
        given = {(a.unit_id, a.coder, a.dimension): (a.labels, a.status) for a in read.annotations}
        if not read.rejects:
            assert given == expected, match[1]
