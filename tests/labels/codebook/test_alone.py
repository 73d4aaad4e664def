"""A label that never stands with another: in the file, on the page, in answers, gold and tags."""

from pathlib import Path

import numpy as np
import pytest

from standfirst.annotate.page.config import instructions
from standfirst.errors import CodebookError
from standfirst.labels import (
    Annotation,
    agreement,
    dump_codebook,
    json_schema,
    parse_codebook,
    resolve,
)
from standfirst.models import from_rows, train
from standfirst.models.heads.decision import Rule

BOOK = """
id: frames
title: Frames
version: 1
dimensions:
- id: frame
  question: Which?
  choice: multiple
  labels:
  - id: law
  - id: cost
  - {id: other, name: Other, definition: Nothing else applies., alone: true}
"""


def _row(unit: str, coder: str, *labels: str) -> Annotation:
    return Annotation(unit, coder, "frame", labels, article_id=unit)


def test_codebook_keeps_it() -> None:
    """It is written and read back, and changes the revision, as it changes what is asked."""
    book = parse_codebook(BOOK, "-")
    plain = parse_codebook(BOOK.replace(", alone: true", ""), "-")

    assert book.dimensions[0].alone == {"other"}
    assert parse_codebook(dump_codebook(book), "-") == book
    assert "alone" not in dump_codebook(plain)
    assert book.revision != plain.revision
    assert "Never together with another answer" in instructions(book)
    assert "Never together" not in instructions(plain)
    assert json_schema(book)["properties"]["frame"]["then"] == {"maxItems": 1}


def test_refused_with_a_single_choice() -> None:
    """Where one label is chosen, every label stands alone."""
    with pytest.raises(CodebookError, match=r"labels\[2\]\.alone.*use choice: multiple"):
        parse_codebook(BOOK.replace("multiple", "single"), "-")


def test_contradictions_do_not_count() -> None:
    """Beside another label it is left out, which is said; alone, or with its like, it is kept."""
    book = parse_codebook(BOOK, "-")
    rows = [
        _row("u1", "ann", "law", "other"),
        _row("u1", "bo", "law"),
        _row("u2", "ann", "other"),
        _row("u2", "bo", "other"),
        _row("u3", "ann", "cost"),
        _row("u3", "bo", "cost", "other"),
    ]
    made = agreement(rows, book)[0]

    assert made.alpha.value == 1
    assert "2 answers hold a label that stands alone beside others" in " ".join(made.warnings)
    assert [gold.labels for gold in resolve(rows, book)] == [("law",), ("other",), ("cost",)]


@pytest.mark.slow
def test_rows_and_tags(tmp_path: Path) -> None:
    """What is learned from and what is given hold it alone, also after a model was saved."""
    book = parse_codebook(BOOK, "-")
    texts = [f"{word} {n}" for n in range(20) for word in ("court rules", "crowns spent", "rain")]
    answers = [("law", "other"), ("cost",), ("other",)] * 20
    rows = [{"text": t, "frame": list(a)} for t, a in zip(texts, answers, strict=True)]
    data = from_rows(rows, ["frame"], codebook=book)
    model = train(data, encoder="tfidf").model
    model.save(tmp_path / "model")
    given = type(model).load(tmp_path / "model").predict(["court rules rain", *texts])["frame"]

    assert data.answers["frame"][:3] == (("law",), ("cost",), ("other",))
    assert not (given.chosen[:, 2] & given.chosen[:, :2].any(axis=1)).any()
    assert given.chosen[1:].any(axis=0).all()


def test_decision_gives_the_side_that_leads() -> None:
    """Of a label that stands alone and others, whichever is surer is given."""
    rule = Rule.none(3, np.array([False, False, True]))
    chosen = rule.decide(
        np.array([[0.6, 0.7, 0.9], [0.6, 0.9, 0.7], [0.1, 0.1, 0.6], [0.1, 0.2, 0.3]]),
        multiple=True,
    )

    assert chosen.tolist() == [
        [False, False, True],
        [True, True, False],
        [False, False, True],
        [False, False, False],
    ]
