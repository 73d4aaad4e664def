import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from standfirst.errors import InputError
from standfirst.labels import Annotation, infer_from_annotations
from standfirst.measure.checks.coders import compare_coders, omegas
from standfirst.measure.inputs.tagged import TaggedDimension, Tags

Bools = NDArray[np.bool_]

LABELS = ("law", "money", "other")


def tags_of(answers: Bools, *, multiple: bool = False, crossed: bool = True) -> Tags:
    """Make tags of units u0, u1, ... from which labels each was given."""
    units = pa.array([f"u{i}" for i in range(len(answers))])
    given = answers.astype(bool)
    dimension = TaggedDimension(
        "frame", LABELS, multiple, given.astype(np.float32), given, crossed, 0
    )
    return Tags("tags", units, {"frame": dimension}, pa.table({}))


def said(answers: dict[str, Bools], *, n: int) -> list[Annotation]:
    """Make annotations from each coder's labels, shape (n_units, n_labels), articles of two."""
    return [
        Annotation(
            f"u{i}",
            coder,
            "frame",
            tuple(label for k, label in enumerate(LABELS) if given[i, k]),
            article_id=f"a{i // 2}",
        )
        for coder, given in answers.items()
        for i in range(n)
    ]


def simulated(n: int, skill: float, seed: int) -> tuple[dict[str, Bools], Bools]:
    """Make four coders who have the truth nine times in ten, and a model with a skill."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    eye = np.eye(3, dtype=bool)

    def answer(right: float) -> Bools:
        picked = np.where(rng.random(n) < right, truth, rng.integers(3, size=n))
        return np.asarray(eye[picked])

    return {coder: answer(0.85) for coder in ("ann", "bo", "cy", "dee")}, answer(skill)


def test_by_hand() -> None:
    """Three coders and three units many times over: what each is compared with can be counted."""
    law, money, other = np.eye(3, dtype=bool)
    n = 90
    answers = {
        "ann": np.tile([law, money, other], (n // 3, 1)),
        "bo": np.tile([law, money, law], (n // 3, 1)),
        "cy": np.tile([law, law, other], (n // 3, 1)),
    }
    model = np.tile([law, money, law], (n // 3, 1))
    rows = said(answers, n=n)
    made = compare_coders(rows, infer_from_annotations(rows), tags_of(model))["frame"]
    by_name = {one.coder: one for one in made.coders}

    # Left out ann: on the first unit the others agree (law); on the second and third they are even.
    assert by_name["ann"].model_f1 == by_name["ann"].coder_f1 == 1.0
    # Left out bo: others law, even, other: model and bo right on the first, wrong on the third.
    assert by_name["bo"].model_f1 == by_name["bo"].coder_f1
    # Left out cy: others law, money, even: the model has both, cy the first only.
    assert by_name["cy"].model_f1 == 1.0
    assert by_name["cy"].coder_f1 == pytest.approx(1 / 3)
    # On the second unit the model agrees with both others, and cy with neither.
    assert (by_name["cy"].model_advantage, by_name["cy"].coder_advantage) == (1.0, 2 / 3)
    assert by_name["bo"].model_advantage == by_name["bo"].coder_advantage == 1.0
    assert made.n_units == n


@pytest.mark.slow
def test_a_model_as_good_as_coders_can_stand_in_for_them() -> None:
    """Omega rises with epsilon; a model like the coders reaches 1, a poor one does not."""
    answers, good = simulated(1200, 0.85, 1)
    rows = said(answers, n=1200)
    book = infer_from_annotations(rows)
    as_good = compare_coders(rows, book, tags_of(good))["frame"]
    poor = compare_coders(rows, book, tags_of(simulated(1200, 0.3, 2)[1]))["frame"]

    curve = [one.omega for one in as_good.omega]
    assert curve == sorted(curve)
    assert curve[-1] == 1.0
    assert as_good.difference.low < 0 < as_good.difference.high  # type: ignore[operator]
    assert [one.omega for one in poor.omega] == [0.0] * 5
    assert poor.difference.high < 0  # type: ignore[operator]
    assert as_good.rho > poor.rho
    assert as_good.model_f1 - as_good.coder_f1 == pytest.approx(as_good.difference.value)


def test_a_multiple_choice_is_compared_label_by_label() -> None:
    """A unit's labels are questions of their own; where the others are even nothing is said."""
    answers, model = simulated(200, 0.9, 3)
    both = {coder: given | np.roll(given, 1, axis=1) for coder, given in answers.items()}
    rows = said(both, n=200)
    made = compare_coders(
        rows,
        infer_from_annotations(rows),
        tags_of(model | np.roll(model, 1, axis=1), multiple=True),
    )["frame"]

    assert {one.label for one in made.labels} == set(LABELS)
    assert made.model_f1 == pytest.approx(np.mean([one.model_f1 for one in made.labels]))
    assert 0.8 < made.coder_f1 < 1


def test_labels_that_only_the_model_gives_count_as_errors() -> None:
    """A label that no coder knows agrees with nobody, and never as often as a right answer."""
    answers, _ = simulated(120, 0.9, 4)
    plain = {coder: np.roll(given & [True, True, False], 0) for coder, given in answers.items()}
    for given in plain.values():
        given[~given.any(axis=1), 0] = True
    never = np.tile(np.array([False, False, True]), (120, 1))
    rows = said(plain, n=120)
    made = compare_coders(rows, infer_from_annotations(rows), tags_of(never))["frame"]

    assert made.model_f1 == 0
    assert [one.omega for one in made.omega] == [0.0] * 5


def test_what_was_learned_or_suggested_is_left_out() -> None:
    """Units of training count only for a model that was crossed; suggested answers never do."""
    answers, model = simulated(120, 0.9, 5)
    rows = said(answers, n=120)
    book = infer_from_annotations(rows)
    learned = {f"u{i}" for i in range(40)}
    crossed = compare_coders(rows, book, tags_of(model), learned=learned)["frame"]
    plain = compare_coders(rows, book, tags_of(model, crossed=False), learned=learned)
    shown = [
        Annotation(
            r.unit_id, r.coder, r.dimension, r.labels, suggestion="kept", article_id=r.article_id
        )
        if r.coder == "dee"
        else r
        for r in rows
    ]
    blind = compare_coders(shown, book, tags_of(model))

    assert (crossed.n_units, plain["frame"].n_units) == (120, 80)
    assert "40 units that the model learned from are left out" in plain.notes[0]
    assert "120 answers with a suggestion in view are left out" in blind.notes[0]
    assert [one.coder for one in blind["frame"].coders] == ["ann", "bo", "cy"]
    assert (
        "name the model with --model"
        in compare_coders(rows, book, tags_of(model, crossed=False)).notes[0]
    )


def test_too_few_coders_or_units_are_refused() -> None:
    """Two coders, or three with twenty units, are no comparison: one line says what it takes."""
    answers, model = simulated(60, 0.9, 6)
    two = said({name: answers[name] for name in ("ann", "bo")}, n=60)
    short = said(answers, n=20)
    for rows in (two, short):
        with pytest.raises(InputError, match="have 3 people code the same 30 units"):
            compare_coders(rows, infer_from_annotations(rows), tags_of(model))


def test_published_correction() -> None:
    """The p-values are adjusted as Benjamini and Yekutieli do: three of 0.02 are not enough."""
    # Gaps whose one-sided p is just below .05, and far below it.
    gap = np.r_[np.ones(17), -np.ones(83)].astype(int)
    model, coder = gap <= 0, gap >= 0
    of = np.repeat(np.arange(3), 100)
    sure = omegas(np.tile(model, 3), np.tile(coder, 3), of, np.ones(3, bool), (0.0,))

    assert sure[0].omega == 1.0
    near = np.r_[np.ones(22), -np.ones(36), np.zeros(42)].astype(int)
    unsure = omegas(np.tile(near <= 0, 3), np.tile(near >= 0, 3), of, np.ones(3, bool), (0.0,))
    alone = omegas(near <= 0, near >= 0, np.zeros(100, int), np.ones(1, bool), (0.0,))
    assert unsure[0].omega == 0.0
    assert alone[0].omega == 1.0
