from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from standfirst.errors import InputError
from standfirst.models import Model, Report, TrainingSet, distil, evaluate, train
from standfirst.models.labelled.same_text import hash_texts
from standfirst.models.training.distil import make_pool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pool() -> list[str]:
    """Give unlabelled texts like those of training, in other words around them."""
    kinds = (
        "The minister said the plan will work and save lives in town {}.",
        "Campaigners called the scheme cruel and unlawful near region {}.",
        "The vote is due on day {} of the year.",
    )
    return [kind.format(n) for n in range(100) for kind in kinds]


@pytest.mark.parametrize("student", ["hashed", "hashed-pieces"])
def test_student_answers_as_its_teacher(
    report: Report, data: TrainingSet, pool: list[str], student: str, tmp_path: Path
) -> None:
    """On easy texts nothing is lost, in labels and in probabilities, and the bundle says so."""
    made = distil(report.model, pool, student=student, gold=data)

    assert made.agreement["stance"] > 0.95
    teacher, own = made.gold["stance"]
    assert own.macro_f1 >= 0.95 * teacher.macro_f1
    assert made.n_seen == len(data)
    asked = [text.replace("town", "county") for text in pool[:30]]
    wanted = report.model.predict(asked)["stance"].probabilities
    assert np.abs(made.model.predict(asked)["stance"].probabilities - wanted).mean() < 0.1
    made.model.save(tmp_path / "fast")
    loaded = Model.load(tmp_path / "fast")
    assert loaded.metrics["distilled"]["dimensions"]["stance"]["kept"] == pytest.approx(
        own.macro_f1 / teacher.macro_f1, abs=1e-6
    )
    assert "Learned from another model" in (tmp_path / "fast" / "CARD.md").read_text()


def test_gold_is_never_in_the_pool() -> None:
    """Neither the gold's texts, in any case or spacing, nor other texts of its articles."""
    texts = ["Talks fail.", "talks  fail.", "They signed.", "No comment.", "Yes."]
    articles = ["a", "b", "c", "c", "d"]
    pool = make_pool(texts, articles, leave_out=["TALKS FAIL."], leave_out_articles=["c"])

    assert pool == ["Yes."]
    assert len(make_pool([str(n) for n in range(300)], limit=100)) == 100


def test_pool_counts_as_seen(report: Report, data: TrainingSet, pool: list[str]) -> None:
    """An evaluation on texts of the pool, or of the teacher's training, is told."""
    student = distil(report.model, pool).model

    assert np.isin(hash_texts(pool), student.trained_on).all()
    assert evaluate(student, data).n_seen == len(data)


def test_what_taught_the_teacher_taught_the_student(report: Report, pool: list[str]) -> None:
    """A student names the sets of its teacher, so that a score on them is told to flatter."""
    about = replace(report.model.about, other_tasks=("babe",))
    teacher = replace(report.model, about=about, _table=[])

    assert distil(teacher, pool).model.about.other_tasks == ("babe",)


def test_same_bytes(report: Report, pool: list[str], tmp_path: Path) -> None:
    """The same teacher, pool and seed give the same bundle."""
    for name in ("a", "b"):
        distil(report.model, pool).model.save(tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_refusals(report: Report, data: TrainingSet, tmp_path: Path) -> None:
    """A small pool, and a teacher that reads more than the text."""
    with pytest.raises(InputError, match="99 texts are left"):
        distil(report.model, [str(n) for n in range(99)])
    context = {"title": tuple(f"Title {n}." for n in range(len(data)))}
    wide = TrainingSet(
        data.source, data.codebook, data.texts, data.answers, data.groups, "group", context
    )
    reader = train(wide, encoder="tfidf", context="title", n_folds=2).model
    with pytest.raises(InputError, match="reads title beside the text"):
        distil(reader, [str(n) for n in range(200)])
