from pathlib import Path

import pytest

from standfirst.labels import (
    Annotation,
    Codebook,
    Condition,
    Dimension,
    Label,
    agreement,
    agreement_as_text,
    annotations_dataset,
    disagreements,
    read_annotations,
    read_coded,
    resolve,
    settle,
    ties,
    write_annotations,
    write_long,
)

TONE = Dimension("tone", "?", (Label("warm", "Warm"), Label("cold", "Cold")))
FRAME = Dimension("frame", "?", (Label("law", "Law"), Label("cost", "Cost")), "multiple", False)  # noqa: FBT003
WHY = Dimension("why", "?", (Label("a", "A"), Label("b", "B")), when=Condition("tone", ("cold",)))
DEEP = Dimension("deep", "?", (Label("c", "C"), Label("d", "D")), when=Condition("why", ("a",)))
BOOK = Codebook("b", "t", "1", (TONE, FRAME, WHY, DEEP))


def unit(unit_id: str, coder: str, **answers: str) -> list[Annotation]:
    """Make the answers of one coder on a unit; "" is an answer that was left open."""
    return [
        Annotation(unit_id, coder, name, tuple(x.split()), "answered" if x else "open", unit_id)
        for name, x in answers.items()
    ]


def test_empty_answers_are_told_apart() -> None:
    """None applies, condition not met, left open and skipped are four things."""
    rows = [
        *unit("u1", "ann", tone="warm", frame="", why="", deep=""),
        *unit("u2", "ann", tone="cold", frame="law", why="", deep=""),
        Annotation("u3", "ann", "frame", (), "skipped"),
    ]
    got = [row.status for row in settle(rows, BOOK).annotations]

    assert got == [
        *("answered", "answered", "not asked", "not asked"),
        *("answered", "answered", "open", "not asked"),
        "skipped",
    ]


def test_nothing_submitted_is_no_answer() -> None:
    """Where an answer is required, a unit that was sent off empty was not answered."""
    rows = unit("u1", "ann", tone="", frame="", why="")

    assert [row.status for row in settle(rows, BOOK).annotations] == ["open", "open", "not asked"]
    alone = Codebook("b", "t", "1", (FRAME,))
    (frame,) = settle(unit("u1", "ann", frame=""), alone).annotations
    assert frame.status == "answered"


def test_what_an_adjudicator_leaves_open_stays_open() -> None:
    """A decision on one question says nothing on the others."""
    rows = [
        Annotation("u1", "chair", "tone", ("warm",), round="adjudication"),
        Annotation("u1", "chair", "frame", (), "open", round="adjudication"),
    ]

    assert settle(rows, BOOK).annotations == tuple(rows)


def test_the_condition_follows_corrections() -> None:
    """An answer counts as it was asked when it was given."""
    rows = [
        Annotation("u", "ann", "tone", ("warm",), created="2026-01-01T00:00:00Z"),
        Annotation("u", "ann", "tone", ("cold",), created="2026-01-02T00:00:00Z"),
        Annotation("u", "ann", "why", ("a",), created="2026-01-01T00:00:00Z"),
        Annotation("u", "ann", "why", ("b",), created="2026-01-02T00:00:00Z"),
    ]

    assert [r.status for r in settle(rows, BOOK).annotations][2:] == ["not asked", "answered"]


def test_none_applies_counts_in_agreement_and_gold() -> None:
    """Two who agree that nothing applies agree, one who differs differs, and gold holds both."""
    rows = [
        row
        for u, (ann, bo) in enumerate([("law", "law"), ("", ""), ("", ""), ("cost", ""), ("", "")])
        for coder, frame in (("ann", ann), ("bo", bo))
        for row in unit(f"u{u}", coder, tone="warm", frame=frame)
    ]
    frame = agreement(rows, BOOK, dimensions=["frame"])[0]
    gold = {row.unit_id: row for row in resolve(rows, BOOK) if row.dimension == "frame"}

    assert (frame.n_units, frame.n_answers) == (5, 10)
    assert frame.alpha.value is not None
    assert frame.alpha.value < 1
    assert any("none applies" in warning for warning in frame.warnings)
    assert {u: (row.labels, row.rule) for u, row in gold.items()} == {
        "u0": (("law",), "unanimous"),
        **dict.fromkeys(("u1", "u2", "u4"), ((), "unanimous")),
    }
    assert [row.unit_id for row in ties(rows, BOOK) if row.dimension == "frame"] == ["u3"]
    assert [clash.n_units for clash in disagreements(rows, BOOK)] == [1]


def test_answers_to_a_question_that_was_not_asked_are_left_out() -> None:
    """They count neither in agreement nor in gold, and a note says how many."""
    rows = [
        *unit("u1", "ann", tone="warm", why="a"),
        *unit("u1", "bo", tone="warm", why="b"),
        *unit("u2", "ann", tone="cold", why="a"),
        *unit("u2", "bo", tone="cold", why="a"),
    ]
    why = agreement(rows, BOOK, dimensions=["why"])[0]

    assert (why.n_units, why.n_answers) == (1, 2)
    assert any("2 answers left out" in warning for warning in why.warnings)
    assert [row.unit_id for row in resolve(rows, BOOK) if row.dimension == "why"] == ["u2"]


def test_a_question_without_answers_waits() -> None:
    """It has no figures yet, and the others have theirs."""
    rows = [*unit("u1", "ann", tone="warm", why=""), *unit("u1", "bo", tone="cold", why="")]
    tone, why = agreement([*rows, *unit("u2", "ann", tone="cold", why="")], BOOK)

    assert list(agreement_as_text([why])) == ["why: no answers yet"]
    assert (tone.n_units, why.n_units, why.alpha.value) == (1, 0, None)
    assert why.warnings == ("no answers yet",)


def test_files_keep_the_meaning(tmp_path: Path) -> None:
    """JSON Lines and long CSV give back what was written; files from before are read."""
    rows = list(
        settle(
            [
                *unit("u1", "ann", tone="warm", frame="", why="", deep=""),
                *unit("u2", "ann", tone="cold", frame="law cost", why="", deep=""),
                Annotation("u3", "ann", "frame", (), "skipped", "u3"),
            ],
            BOOK,
        ).annotations
    )
    write_annotations(tmp_path / "a.jsonl", rows)
    write_long(tmp_path / "a.csv", rows)
    (tmp_path / "old.jsonl").write_text(
        '{"unit_id":"u","coder":"ann","dimension":"frame","labels":[],"status":"open"}\n'
    )
    table = annotations_dataset(rows, BOOK)

    def statuses(found: list[Annotation]) -> set[tuple[str, str, tuple[str, ...], str]]:
        return {(row.unit_id, row.dimension, row.labels, row.status) for row in found}

    assert statuses(read_annotations(tmp_path / "a.jsonl")) == statuses(rows)
    assert statuses(read_coded(tmp_path / "a.csv", codebook=BOOK)) == statuses(rows)
    assert read_annotations(tmp_path / "old.jsonl")[0].status == "open"
    assert table["frame"][:] == [[], [0, 1], None]


@pytest.mark.parametrize("labels", ["law", ""])
def test_an_empty_cell_of_a_table_is_an_answer_where_several_may_hold(
    tmp_path: Path, labels: str
) -> None:
    """Without a status, what a table says of a multiple choice is what was answered."""
    path = tmp_path / "coded.csv"
    path.write_text(f"unit,coder,dimension,label\nu1,ann,frame,{labels}\nu1,ann,tone,\n")
    frame, tone = read_coded(path, codebook=BOOK)

    assert (frame.status, frame.labels) == ("answered", tuple(labels.split()))
    assert tone.status == "open"
