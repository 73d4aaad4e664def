from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.label_studio.adjudication import disputed, push_disputed
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.sync import pull
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.labels import Annotation, Codebook, Dimension, Label, resolve

STANCE = Dimension("stance", "?", (Label("for", "For"), Label("no", "No")))
FRAMES = Dimension("frames", "?", (Label("law", "Law"), Label("cost", "Cost")), "multiple")
BOOK = Codebook("b", "t", "1", (STANCE, FRAMES))
UNITS = {unit: {"unit_id": unit, "article_id": "a", "text": f"Text of {unit}"} for unit in "uvwx"}


def said(
    unit: str, coder: str, stance: str, frames: tuple[str, ...] = ("law",)
) -> list[Annotation]:
    """Make the rows of one answer."""
    return [
        Annotation(unit, coder, "stance", (stance,), round="1", comment="hm" * (coder == "ann")),
        Annotation(unit, coder, "frames", frames, round="1"),
    ]


ROWS = [
    *said("u", "ann", "for"),
    *said("u", "bo", "for"),
    *said("u", "cy", "no"),
    *said("v", "ann", "for"),
    *said("v", "bo", "no"),
    *said("w", "ann", "no"),
    *said("w", "bo", "no"),
    *said("x", "ann", "no", ("law",)),
    *said("x", "bo", "no", ("law", "cost")),
]


def test_ties_come_first_then_the_others() -> None:
    """A unit needs a decision where coders differ; what they agree on is not in question."""
    found = disputed(ROWS, BOOK)

    assert [(one.unit_id, one.dimensions, one.tied) for one in found] == [
        ("v", ("stance",), True),
        ("x", ("frames",), True),
        ("u", ("stance",), False),
    ]
    assert [one.unit_id for one in disputed(ROWS, BOOK, only_ties=True)] == ["v", "x"]


def test_a_decision_does_not_shorten_the_list() -> None:
    """An adjudicator is no coder, so that the list stays the same while it is worked off."""
    ruling = Annotation("v", "chair", "stance", ("no",), round="adjudication")

    assert disputed([*ROWS, ruling], BOOK) == disputed(ROWS, BOOK)
    assert disputed([*ROWS, *said("v", "chair", "no")], BOOK, adjudicators=["chair"]) == disputed(
        ROWS, BOOK
    )


@given(st.lists(st.tuples(st.sampled_from("uv"), st.sampled_from("abc"), st.booleans())))
def test_what_is_left_is_settled(answers: list[tuple[str, str, bool]]) -> None:
    """Every unit is either unanimous or single in gold, or on the list."""
    rows = [Annotation(u, c, "stance", ("for" if yes else "no",)) for u, c, yes in answers]
    listed = {one.unit_id for one in disputed(rows, BOOK)}

    settled = {g.unit_id for g in resolve(rows, BOOK) if g.rule in {"unanimous", "single"}}
    assert listed | settled == {row.unit_id for row in rows}
    assert not listed & settled


@pytest.mark.server
def test_on_the_server(server: Server, tmp_path: Path) -> None:
    """Readings are shown without or with names, brought up to date, and decisions become gold."""

    def send(rows: list[Annotation], *, names: bool = False) -> tuple[int, int, dict[str, Any]]:
        pushed = push_disputed(
            server,
            UNITS,
            BOOK,
            disputed(rows, BOOK),
            title="Four units",
            state=tmp_path / "projects.json",
            names=names,
        )
        tasks = {row["data"]["unit_id"]: row for row in tasks_of(server, pushed.project)}
        return pushed.project, pushed.n_sent, tasks

    project, n_sent, hidden = send(ROWS)
    assert (n_sent, set(hidden)) == (3, {"u", "v", "x"})
    assert sorted(hidden["v"]["data"]["readings_stance"].split("\n")) in (
        ["A: For", "B: No", "They differ:"],
        ["A: No", "B: For", "They differ:"],
    )
    assert hidden["v"]["data"]["readings_frames"] == "All say: Law"
    cy = [replace(row, speaker_name="Ana") for row in said("v", "cy", "no")]
    _, n_sent, shown = send([*ROWS, *cy], names=True)
    assert n_sent == 0
    assert shown["v"]["data"]["readings_stance"] == "They differ:\nann: For\nbo, cy: No"
    assert shown["x"]["data"]["readings_frames"] == "They differ:\nann: Law\nbo: Law + Cost"
    assert shown["v"]["data"]["remarks"] == "ann noted: hm\ncy named as speaker: Ana"

    api = server.client.annotations
    api.create(id=shown["v"]["id"], result=result({"stance": ["no"]}))
    api.create(id=shown["x"]["id"], result=[], was_cancelled=True)
    decided = pull(server, project, BOOK)
    gold = {(g.unit_id, g.dimension): g for g in resolve([*ROWS, *decided.annotations], BOOK)}
    assert not decided.rejects
    assert (gold["v", "stance"].rule, gold["v", "stance"].labels) == ("adjudicated", ("no",))
    assert gold["v", "frames"].rule == "unanimous"
    assert ("x", "frames") not in gold
    _, _, still = send(ROWS)
    assert still["v"]["data"] == shown["v"]["data"]
    assert still["u"]["data"] == hidden["u"]["data"]


@pytest.mark.server
@pytest.mark.slow
def test_an_adjudicator_states_none(server: Server, tmp_path: Path) -> None:
    """That none of several labels applies is a decision; a question left open is none."""
    book = replace(BOOK, dimensions=(STANCE, replace(FRAMES, required=False)))
    rows = [
        *said("v", "ann", "for", ("law",)),
        *said("v", "bo", "no", ("cost",)),
        *said("x", "ann", "no", ("law",)),
        *said("x", "bo", "no", ("cost",)),
    ]
    pushed = push_disputed(
        server,
        UNITS,
        book,
        disputed(rows, book),
        title="None of several",
        state=tmp_path / "projects.json",
    )
    tasks = {row["data"]["unit_id"]: row["id"] for row in tasks_of(server, pushed.project)}
    api = server.client.annotations
    api.create(id=tasks["v"], result=result({"stance": ["no"], "frames": ["none"]}))
    api.create(id=tasks["x"], result=result({"stance": ["no"]}))
    decided = pull(server, pushed.project, book)
    gold = {(g.unit_id, g.dimension): g for g in resolve([*rows, *decided.annotations], book)}

    assert not decided.rejects
    assert (gold["v", "frames"].rule, gold["v", "frames"].labels) == ("adjudicated", ())
    assert ("x", "frames") not in gold
