"""The choice that none of the labels applies, from the codebook to gold, by every way."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from standfirst.annotate.answers.from_label_studio import Read, read_tasks
from standfirst.annotate.answers.merge import merge_answers
from standfirst.annotate.other_tools.exchange import (
    export_lines,
    export_tasks,
    import_lines,
    import_tasks,
)
from standfirst.annotate.page.checks import answer_problems, config_problems
from standfirst.annotate.page.config import labeling_config
from standfirst.annotate.page.tasks import result, task
from standfirst.errors import CodebookError
from standfirst.labels import (
    Annotation,
    agreement,
    dump_codebook,
    guide_html,
    guide_markdown,
    migrate_annotations,
    parse_codebook,
    parse_mapping,
    read_annotations,
    read_coded,
    resolve,
    settle,
    write_long,
)

TEXT = """
id: tolls
title: Tolls
version: 1
dimensions:
- id: side
  question: Whose side?
  required: false
  none: No side is taken
  labels: [{id: for, name: For}, {id: against, name: Against}]
- id: frames
  question: Which frames?
  choice: multiple
  none: "true"
  labels: [{id: law, name: Law}, {id: cost, name: Cost}]
"""
BOOK = parse_codebook(TEXT, "tolls.yaml")
OLD = parse_codebook(
    TEXT.replace('  none: "true"\n', "  required: false\n"),
    "old.yaml",
)
UNITS = [{"unit_id": f"u{i}", "article_id": f"a{i}", "text": f"Text {i}."} for i in range(4)]
TIME = "2026-03-01T09:00:00Z"


def answered(number: int, coder: str, side: str, *frames: str) -> list[Annotation]:
    """Make one coder's answers on a unit; no frames say that none applies."""
    unit = f"u{number}"
    about: dict[str, Any] = {"article_id": f"a{number}", "created": TIME, "revision": BOOK.revision}
    return [
        Annotation(unit, coder, "side", (side,), **about),
        Annotation(unit, coder, "frames", frames, **about),
    ]


def read(*choices: dict[str, list[str]]) -> Read:
    """Read one answer on each unit, as Label Studio exports it."""
    tasks: list[dict[str, Any]] = []
    for number, (unit, chosen) in enumerate(zip(UNITS, choices, strict=False)):
        answer = {"id": number, "completed_by": "ann", "result": result(chosen), "updated_at": TIME}
        tasks.append({"id": number, **task(unit, revision=BOOK.revision), "annotations": [answer]})
    return read_tasks(tasks, BOOK)


def test_in_the_codebook() -> None:
    """For one label it is a label; for several a text of its own, which the revision knows."""
    side, frames = BOOK.dimensions

    assert [(label.id, label.name) for label in side.labels][-1] == ("none", "No side is taken")
    assert (frames.label_ids, frames.none) == (("law", "cost"), "None of these")
    assert parse_codebook(dump_codebook(BOOK), "again") == BOOK
    assert BOOK.revision != OLD.revision
    assert "No side is taken" in guide_markdown(BOOK)
    assert "None of these" in guide_markdown(BOOK)
    assert "None of these" in guide_html(BOOK)
    with pytest.raises(CodebookError, match=r"labels\[3\]\.id: 'none' is the id of labels\[1\]"):
        parse_codebook(TEXT.replace("{id: against", "{id: none}, {id: against"), "t")
    with pytest.raises(CodebookError, match="'none' is the id of the choice that none applies"):
        parse_codebook(TEXT.replace("{id: law", "{id: none}, {id: law"), "t")


def test_on_the_page() -> None:
    """Coders find it among the choices; an adjudicator also where coders leave the set empty."""
    pages = {view: fromstring(labeling_config(BOOK, view=view)) for view in ("unit", "article")}
    asked = fromstring(labeling_config(OLD, view="adjudication"))

    for root in pages.values():
        last = [list(control.iter("Choice"))[-1] for control in root.iter("Choices")]
        assert [choice.get("alias") for choice in last] == ["none", "none"]
        assert last[1].get("value") == "None of these"
    assert not config_problems(labeling_config(BOOK), BOOK)
    assert "differ in: none" in " ".join(config_problems(labeling_config(OLD), BOOK))
    assert [x.get("alias") for x in asked.iter("Choice")].count("none") == 2
    assert [x.get("alias") for x in fromstring(labeling_config(OLD)).iter("Choice")].count(
        "none"
    ) == 1
    assert not answer_problems(result({"side": ["none"], "frames": ["none"]}), BOOK)


def test_what_is_stated_is_an_answer() -> None:
    """None is an answer, nothing is left open, and none beside a label is set aside."""
    got = read(
        {"side": ["none"], "frames": ["none"]}, {"side": ["for"]}, {"frames": ["law", "none"]}
    )
    rows = {(row.unit_id, row.dimension): (row.status, row.labels) for row in got.annotations}

    assert rows["u0", "side"] == ("answered", ("none",))
    assert rows["u0", "frames"] == ("answered", ())
    assert rows["u1", "frames"] == ("open", ())
    assert ("u2", "frames") not in rows
    assert "frames: law, and that none applies" in got.rejects[0].reason


def test_what_was_open_can_be_answered(tmp_path: Path) -> None:
    """A coder who first leaves the question open, and later states none, has answered."""
    path = tmp_path / "annotations.jsonl"
    first, second = read({"side": ["for"]}), read({"side": ["for"], "frames": ["none"]})
    second.annotations = [replace(r, created="2026-03-02T09:00:00Z") for r in second.annotations]
    merge_answers(path, first)
    merge_answers(path, second)
    merge_answers(path, second)
    frames = [row.status for row in read_annotations(path) if row.dimension == "frames"]

    assert frames == ["open", "answered"]


@pytest.mark.parametrize("form", ["label-studio", "prodigy", "doccano", "csv"])
def test_it_goes_out_and_comes_back(form: str, tmp_path: Path) -> None:
    """What is exported for another tool is read as the same answers."""
    rows = [*answered(0, "ann", "none"), *answered(1, "ann", "for", "law")]
    path = tmp_path / f"ann.{'csv' if form == 'csv' else 'jsonl'}"
    if form == "csv":
        write_long(path, rows)
        got = read_coded(path, codebook=BOOK)
    elif form == "label-studio":
        export_tasks(path, UNITS, BOOK, annotations=rows)
        got = import_tasks(path, BOOK).annotations
    else:
        export_lines(path, form, UNITS, BOOK, annotations=rows)
        got = import_lines(path, form, BOOK, coder="ann").annotations

    facts = {(row.unit_id, row.dimension): (row.status, row.labels) for row in got}
    assert facts == {(row.unit_id, row.dimension): (row.status, row.labels) for row in rows}


def test_a_cell_may_say_none(tmp_path: Path) -> None:
    """Code and text of the choice stand for it in a table."""
    path = tmp_path / "coded.csv"
    cells = ["none", "None of these", "[]", "law"]
    lines = [f"u{i},ann,frames,{cell}" for i, cell in enumerate(cells)]
    path.write_text("\n".join(["unit,coder,dimension,label", *lines, ""]))
    rows = read_coded(path, codebook=BOOK)

    assert [(row.labels, row.status) for row in rows] == [
        *[((), "answered")] * 3,
        (("law",), "answered"),
    ]


def test_agreement_and_gold_count_it() -> None:
    """Coders who both state none agree, and none is what holds."""
    rows = [
        *answered(0, "ann", "none"),
        *answered(0, "bo", "none"),
        *answered(1, "ann", "for", "law"),
        *answered(1, "bo", "for", "law"),
    ]
    gold = {(row.unit_id, row.dimension): row.labels for row in resolve(rows, BOOK)}

    assert [measured.n_units for measured in agreement(rows, BOOK)] == [2, 2]
    assert [measured.alpha.value for measured in agreement(rows, BOOK)] == [1.0, 1.0]
    assert gold["u0", "side"] == ("none",)
    assert gold["u0", "frames"] == ()


def test_a_codebook_that_gains_it() -> None:
    """What was left empty by a page without the choice still says that none applies."""
    about: dict[str, Any] = {"created": TIME, "revision": OLD.revision}
    rows = [
        Annotation("u0", "ann", "side", ("for",), **about),
        Annotation("u0", "ann", "frames", (), "open", **about),
    ]
    rules = parse_mapping("frames: {accept: true}", OLD, BOOK, "changes.yaml")
    migrated, log = migrate_annotations(rows, OLD, BOOK, rules)

    assert [row.status for row in settle(migrated, BOOK).annotations] == ["answered", "answered"]
    assert [(line.action, line.was.status) for line in log] == [("changed", "open")]
