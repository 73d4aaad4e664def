from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.errors import CodebookError, RevisionError
from standfirst.labels import (
    Annotation,
    Codebook,
    Dimension,
    Label,
    diff_codebooks,
    migrate_annotations,
    parse_mapping,
    read_log,
    touched,
    undo_migration,
    write_log,
)


def book(*labels: Label) -> Codebook:
    return Codebook("b", "t", "1", (Dimension("frame", "Which?", labels, "multiple"),))


COST = Label("cost", "Cost", "Money spent from public budgets.")
TRADE = Label("trade", "Trade", "Goods sold across borders.")
LAW = Label("law", "Law", "Courts, statutes, rights.")
DUTY = Label("duty", "Duty", "What conscience demands.")
OLD = book(COST, TRADE, LAW, DUTY)
ECONOMY = Label("economy", "Economy", "Money spent from public budgets, goods sold across borders.")
NEW = book(ECONOMY, Label("legality", "Law", "Courts, statutes, rights."), DUTY)
MAPPING = "frame:\n  rename: {law: legality}\n  merge: {cost: economy, trade: economy}\n"


def kinds(old: Codebook, new: Codebook) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(change.kind, change.labels, change.became) for change in diff_codebooks(old, new)]


def test_no_change_is_no_change() -> None:
    """A codebook differs in nothing from itself."""
    assert kinds(OLD, OLD) == []


def test_renamed_merged_and_redefined() -> None:
    """Each old label's lot is reported."""
    assert kinds(OLD, NEW) == [
        ("merged", ("cost",), ("economy",)),
        ("merged", ("trade",), ("economy",)),
        ("renamed", ("law",), ("legality",)),
    ]
    assert kinds(book(LAW, DUTY), book(LAW, Label("duty", "Duty", "Other."))) == [
        ("redefined", ("duty",), ("duty",))
    ]


def test_split_added_and_removed() -> None:
    """A label whose words went to two is split; one that is gone is removed; a new one is added."""
    assert kinds(book(ECONOMY, DUTY), book(COST, TRADE, DUTY)) == [
        ("split", ("economy",), ("cost", "trade"))
    ]
    assert kinds(book(LAW, DUTY, COST), book(LAW, COST)) == [("removed", ("duty",), ())]
    assert kinds(book(LAW, COST), book(LAW, COST, DUTY)) == [("added", (), ("duty",))]


def test_what_a_change_touches() -> None:
    """Annotations that carry the label are counted."""
    rows = [
        Annotation(f"u{i}", "ann", "frame", (x,)) for i, x in enumerate(("law", "duty", "duty"))
    ]
    changes = diff_codebooks(OLD, book(COST, TRADE, LAW))

    assert [(t.n_annotations, t.n_units) for t in touched(changes, rows, [])] == [(2, 2)]


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("", "frame.cost: is not in the new codebook; use rename, merge, drop or recode"),
        ("frame: {rename: {cost: economy, trade: economy, law: legality}}", "use merge"),
        ("frame: {rename: {cots: economy}}", "frame.cots: is not a label of the old codebook"),
        ("frame: {merge: {cost: econmy}}", "becomes 'econmy'"),
        ("fram: {drop: [cost]}", "fram: is not a dimension of the old codebook"),
        ("frame: {remove: [cost]}", "known: rename, merge, drop, recode"),
    ],
)
def test_a_mapping_that_leaves_something_open_is_refused(mapping: str, problem: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(CodebookError) as caught:
        parse_mapping(mapping, OLD, NEW, "map.yaml")

    assert problem in str(caught.value)
    assert str(caught.value).startswith("map.yaml:1: ")


def test_redefined_labels_need_a_word() -> None:
    """A label that means something else is kept or coded again by decision only."""
    changed = book(COST, TRADE, LAW, Label("duty", "Duty", "Other."))
    with pytest.raises(CodebookError, match=r"frame\.duty: was redefined; use keep or recode"):
        parse_mapping("", OLD, changed, "m")

    assert parse_mapping("frame: {keep: [duty]}", OLD, changed, "m")


def test_a_third_codebook_is_refused() -> None:
    """Rows of another revision are not touched."""
    rules = parse_mapping(MAPPING, OLD, NEW, "m")
    with pytest.raises(RevisionError, match="labels diff OLD NEW"):
        migrate_annotations(
            [Annotation("u", "a", "frame", ("law",), revision="ffffffffffff")], OLD, NEW, rules
        )


ROWS = st.lists(
    st.builds(
        Annotation,
        unit_id=st.text("uvw", min_size=1, max_size=3),
        coder=st.sampled_from(["ann", "bo"]),
        dimension=st.just("frame"),
        labels=st.sets(st.sampled_from(["cost", "trade", "law", "duty"])).map(
            lambda chosen: tuple(x for x in ("cost", "trade", "law", "duty") if x in chosen)
        ),
        revision=st.just(OLD.revision),
    )
)
MAPPINGS = st.sampled_from(
    [
        MAPPING,
        "frame: {drop: [cost, trade, law]}",
        "frame: {recode: [cost], drop: [trade], rename: {law: legality}}",
        "frame: {merge: {cost: economy, trade: economy}, recode: [law]}",
    ]
)


@given(ROWS, MAPPINGS)
def test_no_annotation_disappears_without_a_line(rows: list[Annotation], mapping: str) -> None:
    """Every row is there after, or in the log; and the log leads back to what was."""
    migrated, log = migrate_annotations(rows, OLD, NEW, parse_mapping(mapping, OLD, NEW, "m"))

    assert len(rows) == len(migrated) + sum(line.became is None for line in log)
    assert all(set(row.labels) <= set(NEW.dimensions[0].label_ids) for row in migrated)
    assert all(row.revision == NEW.revision for row in migrated)
    assert undo_migration(migrated, log, OLD, NEW) == rows


def test_the_log_comes_back(tmp_path: Path) -> None:
    """The log is a file like the others."""
    rows = [Annotation("u", "a", "frame", ("law",), revision=OLD.revision)]
    _, log = migrate_annotations(rows, OLD, NEW, parse_mapping(MAPPING, OLD, NEW, "m"))
    write_log(tmp_path / "log.jsonl", log)

    assert read_log(tmp_path / "log.jsonl") == log
