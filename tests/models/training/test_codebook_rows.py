"""A codebook teaches beside labelled rows, and says so."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from standfirst.labels import Codebook, Dimension, Gold, Label
from standfirst.models import Model, TrainingSet, from_rows, from_study, train
from standfirst.models.training.codebook_rows import read_codebook

BOOK = Codebook(
    "b",
    "B",
    "1",
    (
        Dimension(
            "tone",
            "How does it sound?",
            (
                Label(
                    "warm",
                    "Warm",
                    "Kind and grateful talk about the harbour.",
                    include=("Thanks, praise and welcome.",),
                    examples=("A grateful harbour praises kind pilots.",),
                ),
                Label(
                    "cold",
                    "Cold",
                    "Angry and bitter talk about the harbour.",
                    include=("Blame, anger and scorn.",),
                    examples=("An angry harbour blames bitter pilots.",),
                    counterexamples=("Thanks, says the pilot.",),
                ),
            ),
        ),
    ),
)
WARM = ("grateful", "kind", "praise", "welcome", "thanks")
COLD = ("angry", "bitter", "blame", "scorn", "anger")


def rows(n: int, book: Codebook | None = BOOK) -> TrainingSet:
    """Make labelled rows, each with one word of its label's five."""
    return from_rows(
        [
            {"text": f"{words[k % 5]} number {k}", "tone": label, "article_id": str(k)}
            for k in range(n)
            for label, words in (("warm", WARM), ("cold", COLD))
        ],
        "tone",
        codebook=book,
    )


def test_what_a_codebook_says() -> None:
    """Definitions come with the label's name; a counterexample of two is the other's example."""
    said = read_codebook(rows(5))
    numbers, truth = said.of(BOOK.dimension("tone"))

    assert said.texts[0] == "Warm. Kind and grateful talk about the harbour."
    assert said.texts[-1] == "Thanks, says the pilot."
    assert numbers.tolist() == list(range(7))
    assert truth[-1].tolist() == [True, False]


def test_a_copy_of_a_labelled_row_does_not_teach() -> None:
    """An example that stands among the rows, whatever its case, would answer them by heart."""
    data = from_rows(
        [
            {"text": "a grateful harbour praises kind pilots.", "tone": "warm"},
            {"text": "Something else.", "tone": "cold"},
        ],
        "tone",
        codebook=BOOK,
    )

    assert "A grateful harbour praises kind pilots." not in read_codebook(data).texts
    assert len(read_codebook(data).texts) == 6


def test_a_text_of_the_test_part_does_not_teach() -> None:
    """A study's example that was drawn into its test part, too, is not learned from."""
    articles = [("a", "It is warm."), ("b", "An angry  harbour blames bitter pilots.")]
    table = pa.table(
        {
            "unit_id": [name for name, _ in articles],
            "article_id": [name for name, _ in articles],
            "cluster": ["", ""],
            "text": [text for _, text in articles],
            **{name: ["", ""] for name in ("before", "after", "title")},
        }
    )
    gold = [Gold(name, "tone", ("warm",), "single") for name, _ in articles]

    def said(*left_out: str) -> tuple[str, ...]:
        return read_codebook(from_study(table, gold, BOOK, leave_out=left_out)).texts

    assert BOOK.dimensions[0].labels[1].examples[0] not in said("b")
    assert len(said("b")) == len(read_codebook(rows(5)).texts) - 1


@pytest.mark.slow
def test_a_model_says_how_far_its_codebook_taught(tmp_path: Path) -> None:
    """Manifest and card name the share; a codebook that says nothing leaves no trace."""
    report = train(rows(8), encoder="tfidf", effort="fast", n_folds=2)
    report.model.save(tmp_path / "taught")
    plain = train(rows(8, None), encoder="tfidf", effort="fast", n_folds=2).model
    plain.save(tmp_path / "plain")
    manifest = json.loads((tmp_path / "taught" / "manifest.json").read_text())
    share = manifest["training"]["codebook_taught"]["tone"]

    assert 0 < share <= 1
    assert Model.load(tmp_path / "taught").about == report.model.about
    assert f"tone {share:.0%}" in (tmp_path / "taught" / "CARD.md").read_text()
    assert plain.about.codebook_taught is None or not plain.about.codebook_taught
    assert "**Codebook**" not in (tmp_path / "plain" / "CARD.md").read_text()
