import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from standfirst.errors import BundleError, InputError
from standfirst.models import Model, Report, TrainingSet, train
from standfirst.models.cascade.folder import (
    copy_model,
    describe_cascade,
    load_cascade,
    save_cascade,
)
from standfirst.models.cascade.sureness import agrees
from standfirst.models.labelled.same_text import hash_texts
from standfirst.models.tagging.tags import tag_units
from standfirst.models.training.teach_cascade import Taught, split_pool, teach_cascade

pytestmark = pytest.mark.slow

RATE = 0.95


def test_answers_are_those_of_the_stage(with_students: Path, cascade_pool: list[str]) -> None:
    """Labels, probabilities and cross-predictions are the ones that the named stage gives alone."""
    cascade = load_cascade(with_students, RATE)
    texts = cascade_pool[:200]
    answers = cascade.predict(texts)
    stage_of = answers["stance"].stage
    assert stage_of is not None
    stages = [*(student.model for student in cascade.students), Model.load(with_students)]
    alone = [stage.predict(texts) for stage in stages]

    assert len(set(stage_of.tolist())) > 1
    for name, answer in answers.items():
        assert answer.cross is not None
        for row, stage in enumerate(stage_of.tolist()):
            own = alone[stage][name]
            assert np.array_equal(answer.probabilities[row], own.probabilities[row])
            assert np.array_equal(answer.chosen[row], own.chosen[row])
            assert own.cross is not None
            assert np.array_equal(answer.cross[row], own.cross[row])


def test_a_tag_depends_on_its_text_alone(with_students: Path, cascade_pool: list[str]) -> None:
    """Whatever stands beside it, in whatever order, in a list or a column."""
    cascade = load_cascade(with_students, RATE)
    texts = cascade_pool[:120]
    whole = tag_units(cascade, pa.table({"text": texts})).to_pylist()
    order = np.random.default_rng(0).permutation(len(texts)).tolist()
    mixed = tag_units(cascade, pa.table({"text": [texts[row] for row in order]})).to_pylist()
    singly = [tag_units(cascade, pa.table({"text": [text]})).to_pylist()[0] for text in texts]
    listed = cascade.predict(texts)["stance"].stage
    assert listed is not None

    assert [mixed[order.index(row)] for row in range(len(texts))] == whole
    assert singly == whole
    assert [cascade.stages[number] for number in listed] == [row["stage"] for row in whole]


def test_the_promise_is_kept_on_new_texts(with_students: Path, cascade_pool: list[str]) -> None:
    """Of texts that no stage has seen, the asked share gets the teacher's answer."""
    cascade = load_cascade(with_students, RATE)
    texts = [" ".join(text.split()[::-1]) for text in cascade_pool]
    own, wanted = cascade.predict(texts), Model.load(with_students).predict(texts)

    for name, answer in own.items():
        assert agrees(answer, wanted[name]).mean() >= RATE
    stage = own["stance"].stage
    assert stage is not None
    assert (stage < 2).any()


def test_held_out_is_held_out(report: Report, taught: Taught, cascade_pool: list[str]) -> None:
    """Students have not learned from a held-out text or another of its article."""
    articles = [str(row // 3) for row in range(len(cascade_pool))]
    parts = split_pool(cascade_pool, articles, report.model.trained_on)
    groups = np.unique(parts.articles[parts.held])
    learned = hash_texts(
        text for text, out in zip(cascade_pool, parts.held, strict=True) if not out
    )

    assert parts.held.sum() == len(taught.held) > 490
    assert not np.isin(parts.articles[~parts.held], groups).any()
    for student in taught.students:
        seen = student.model.trained_on
        assert np.array_equal(seen, np.union1d(report.model.trained_on, learned))


def test_what_the_teacher_learned_from_is_not_held_out(report: Report, data: TrainingSet) -> None:
    """Its own training texts, and the other texts of their articles, are only learned from."""
    texts = [*data.texts[:3], *(f"A sentence, number {n}." for n in range(300))]
    articles = ["a", "b", "c", "a", *(str(n) for n in range(299))]
    parts = split_pool(texts, articles, report.model.trained_on)

    assert not (parts.held | parts.tune)[:4].any()
    assert parts.held[4:].sum() == 99


def test_same_bytes(
    report: Report, cascade_pool: list[str], saved_model: Path, tmp_path: Path
) -> None:
    """The same teacher, pool and seed give the same students."""
    for name in ("a", "b"):
        made = teach_cascade(report.model, cascade_pool[:600], students=["hashed"], rate=0.9)
        copy_model(saved_model, tmp_path / name)
        save_cascade(tmp_path / name, made.students, made.held, made.n_pool)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*")]

    assert len(files) > 12
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_students_go_with_their_teacher(
    with_students: Path, data: TrainingSet, tmp_path: Path
) -> None:
    """A copied folder works; a model that was trained again refuses the students of the old one."""
    folder = tmp_path / "moved"
    copy_model(with_students, folder)
    with pytest.raises(InputError, match=r"has no students.*standfirst distil"):
        load_cascade(folder, RATE)
    (with_students / "cascade").rename(folder / "cascade")
    version = describe_cascade(folder, RATE).version
    load_cascade(folder, RATE)
    assert describe_cascade(folder, 0.9).version != version

    train(data, encoder="tfidf", n_folds=2, seed=3).model.save(folder)
    with pytest.raises(BundleError, match=r"students of another model.*make its students again"):
        load_cascade(folder, RATE)
    (folder / "cascade").rename(with_students / "cascade")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("cascade.json", "cascade.json was changed or damaged"),
        ("held_out.safetensors", "held_out.safetensors was changed or damaged"),
        ("1-hashed/weights.safetensors", "weights.safetensors was changed or damaged"),
        ("2-hashed-pieces/manifest.json", "2-hashed-pieces"),
    ],
)
def test_damage_is_noticed(with_students: Path, tmp_path: Path, file: str, message: str) -> None:
    """Of each file, when the cascade is loaded."""
    copy_model(with_students, tmp_path / "m")
    for path in (with_students / "cascade").rglob("*.*"):
        target = tmp_path / "m" / "cascade" / path.relative_to(with_students / "cascade")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    damaged = tmp_path / "m" / "cascade" / file
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)

    with pytest.raises(BundleError, match=message):
        load_cascade(tmp_path / "m", RATE)


def test_another_student_is_noticed(with_students: Path, tmp_path: Path) -> None:
    """A sound bundle in the place of a student is not taken for it."""
    copy_model(with_students, tmp_path / "m")
    entry = json.loads((with_students / "cascade" / "cascade.json").read_text())
    for name in ("cascade.json", "held_out.safetensors"):
        content = (with_students / "cascade" / name).read_bytes()
        (tmp_path / "m" / "cascade").mkdir(exist_ok=True)
        (tmp_path / "m" / "cascade" / name).write_bytes(content)
    for student in entry["students"]:
        copy_model(
            with_students / "cascade" / "1-hashed", tmp_path / "m/cascade" / student["folder"]
        )

    with pytest.raises(BundleError, match="is another student"):
        load_cascade(tmp_path / "m", RATE)


def test_refusals(report: Report, with_students: Path) -> None:
    """Too few texts for the rate, when students are taught and when they are asked."""
    texts = [f"The vote is due on day {n}." for n in range(300)]
    with pytest.raises(
        InputError, match=r"100 texts of \d+ articles that can be held out assure 0.9\d\d at most"
    ):
        teach_cascade(report.model, texts, rate=0.99)
    with pytest.raises(
        InputError, match=r"--cascade 0.999: 49\d held-out texts of \d+ articles assure 0.99\d\d"
    ):
        describe_cascade(with_students, 0.999)
