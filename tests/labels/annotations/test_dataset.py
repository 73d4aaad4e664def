"""Annotations as a table with declared labels."""

import pytest

from standfirst.errors import UnknownLabelError
from standfirst.labels import Annotation, Codebook, Dimension, Label, annotations_dataset

BOOK = Codebook(
    "b",
    "t",
    "1",
    (
        Dimension("stance", "?", (Label("no", "No"), Label("for", "For"))),
        Dimension("frame", "?", (Label("law", "Law"), Label("cost", "Cost")), "multiple"),
    ),
)


def row(unit: str, coder: str, dimension: str, *labels: str, when: str = "") -> Annotation:
    return Annotation(unit, coder, dimension, labels, created=when, article_id=f"of {unit}")


def test_labels_stand_in_the_codebooks_order() -> None:
    """One row a coder and unit; the latest answer counts, and what was not answered is None."""
    table = annotations_dataset(
        [
            row("u2", "ann", "stance", "for"),
            row("u1", "bo", "frame", "law", "cost", when="2026-03-01"),
            row("u1", "bo", "stance", "no", when="2026-03-01"),
            row("u1", "bo", "stance", "for", when="2026-03-02"),
        ],
        BOOK,
    )

    assert table.features["stance"].names == ["no", "for"]
    assert table.features["frame"].feature.names == ["law", "cost"]
    assert table.to_list() == [
        {
            "unit_id": "u1", "article_id": "of u1", "coder": "bo", "round": "",
            "created": "2026-03-02", "revision": "", "speaker_name": "",
            "stance": 1, "frame": [0, 1],
        },
        {
            "unit_id": "u2", "article_id": "of u2", "coder": "ann", "round": "",
            "created": "", "revision": "", "speaker_name": "", "stance": 1, "frame": None,
        },
    ]  # fmt: skip


def test_a_label_of_another_codebook_is_refused() -> None:
    """Numbers never stand for what the codebook does not have."""
    with pytest.raises(UnknownLabelError, match="unknown label 'against'"):
        annotations_dataset([row("u", "ann", "stance", "against")], BOOK)
