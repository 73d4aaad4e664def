from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import distance

from standfirst.annotate.design.inclusion import inclusion_probabilities, systematic
from standfirst.annotate.design.model_rules import SCORES, distances
from standfirst.annotate.design.pool import Aim, Pool, Scores
from standfirst.annotate.design.sampling import MODEL_RULES
from standfirst.errors import InputError

RNG = np.random.default_rng(7)
FIRST = RNG.dirichlet([1, 1, 4], 40)
SECOND = RNG.dirichlet([2, 1, 1], 40)
MANY = RNG.random((40, 3))
VECTORS = RNG.normal(size=(40, 5)).astype(np.float32)


def pool(*answers: NDArray[np.float64], multiple: bool = False, aim: Aim | None = None) -> Pool:
    """Make a pool of 40 units with a model's or two models' answers."""
    scores = Scores(
        [{"stance": one} for one in answers or (FIRST, SECOND)],
        frozenset({"stance"} if multiple else ()),
        VECTORS,
        distances(VECTORS, VECTORS[:3]),
    )
    ids = [f"u{i:02}" for i in range(40)]
    return Pool(ids, [""] * 40, scores, aim or Aim("stance", 1))


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=30),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.2, 1.0]),
)
def test_probabilities_add_up(scores: list[float], n: int, mix: float) -> None:
    """They are above 0, at most 1, add up to n, and a higher score never has less."""
    n = min(n, len(scores))
    found = inclusion_probabilities(np.array(scores), n, mix=mix)

    assert found.sum() == pytest.approx(n)
    assert (found > 0).all()
    assert (found <= 1 + 1e-9).all()
    order = np.argsort(scores)
    assert (np.diff(found[order]) >= -1e-9).all()
    # The random part leaves nobody below its even share, or nearly so where others are certain.
    assert mix < 1 or np.allclose(found, n / len(scores))


@given(st.lists(st.floats(0.01, 5), min_size=2, max_size=25), st.data())
def test_a_systematic_draw_has_its_size(scores: list[float], data: st.DataObject) -> None:
    """N different units, whatever the probabilities; the certain ones among them."""
    n = data.draw(st.integers(1, len(scores)))
    chances = inclusion_probabilities(np.array(scores), n)
    drawn = systematic(chances, np.random.default_rng(data.draw(st.integers(0, 99))))

    assert len(drawn) == len(set(drawn.tolist())) == n
    assert set(np.flatnonzero(chances >= 1).tolist()) <= set(drawn.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("rule", sorted(SCORES))
def test_probabilities_of_active_draws_are_true(rule: str) -> None:
    """Over many draws each unit comes as often as its probability says."""
    drawn: Counter[int] = Counter()
    stated: dict[int, float] = {}
    n_draws, given_pool = 2000, pool(aim=Aim("stance", 1, power=1.0))
    for seed in range(n_draws):
        chosen, chances, _ = MODEL_RULES[rule].draw(given_pool, 12, np.random.default_rng(seed))
        drawn.update(chosen)
        stated.update(zip(chosen, chances, strict=True))

    assert sum(drawn.values()) == 12 * n_draws
    assert max(stated.values()) > 1.5 * min(stated.values())
    for place, chance in stated.items():
        error = 4 * (chance * (1 - chance) / n_draws) ** 0.5
        assert drawn[place] / n_draws == pytest.approx(chance, abs=error + 1e-9)


def test_diversity_draws_from_every_region() -> None:
    """A far-off handful gets units of its own, and probabilities are those of its region."""
    vectors = np.vstack([VECTORS[:36], VECTORS[36:] + 50])
    given_pool = Pool([f"u{i}" for i in range(40)], [""] * 40, Scores(vectors=vectors), Aim())
    for seed in range(20):
        chosen, chances, strata = MODEL_RULES["diversity"].draw(
            given_pool, 12, np.random.default_rng(seed)
        )
        assert len(set(chosen)) == 12
        assert sum(place >= 36 for place in chosen) >= 2
        # Each region's units, weighted, add up to its size, and all to the pool.
        assert sum(1 / chance for chance in chances) == pytest.approx(40)
        assert len(set(strata)) == 3


def test_scores_of_doubt_on_hand_sized_answers() -> None:
    """Sure, torn between two, torn between all: as can be reckoned by hand."""
    answers = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    given_pool = Pool(["a", "b", "c"], [""] * 3, Scores([{"d": answers}]), Aim())
    found = {name: SCORES[name](given_pool) for name in ("least-confidence", "margin", "entropy")}

    assert found["least-confidence"].tolist() == pytest.approx([0, 1 / 2, 2 / 3])
    assert found["margin"].tolist() == pytest.approx([0, 1, 1])
    assert found["entropy"].tolist() == pytest.approx([0, np.log(2) / np.log(3), 1])


def test_disagreement_is_zero_among_those_who_agree() -> None:
    """Two models with the same doubts do not disagree; two that are sure of different labels do."""
    same = SCORES["disagreement"](pool(FIRST, FIRST))
    sure = np.tile([1.0, 0.0, 0.0], (40, 1))
    other = np.tile([0.0, 1.0, 0.0], (40, 1))

    assert same == pytest.approx(np.zeros(40), abs=1e-12)
    assert SCORES["disagreement"](pool(sure, other)) == pytest.approx(np.full(40, np.log(2)))


def test_labels_of_a_multiple_choice_are_doubted_one_by_one() -> None:
    """A label at one half is doubtful, though the row adds up to more than 1."""
    answers = np.array([[0.5, 0.5, 0.5], [1.0, 1.0, 0.0]])
    scores = Scores([{"d": answers}], frozenset({"d"}))
    given_pool = Pool(["a", "b"], [""] * 2, scores, Aim())

    assert SCORES["entropy"](given_pool).tolist() == pytest.approx([1, 0])
    assert SCORES["least-confidence"](given_pool).tolist() == pytest.approx([0.5, 0])


def test_rare_search_leans_to_the_label() -> None:
    """Units with a high probability of the label come more often, and power 0 forgets it."""
    places, chances, _ = MODEL_RULES["rare"].draw(pool(), 39, np.random.default_rng(0))
    by_score = dict(zip(places, chances, strict=True))
    flat = MODEL_RULES["rare"].draw(pool(aim=Aim("stance", 1, power=0)), 12, RNG)[1]
    label = np.mean([FIRST[:, 1], SECOND[:, 1]], axis=0)
    likely, unlikely = int(label.argmax()), min(by_score, key=lambda place: label[place])

    assert by_score[likely] > by_score[unlikely]
    assert flat == pytest.approx([0.3] * 12)


def test_precise_draws_where_the_variance_is() -> None:
    """Probabilities follow the root of p (1 - p) of the label; without one, of all labels."""
    made = pool(FIRST, aim=Aim("stance", 1, mix=0.2))
    places, chances, _ = MODEL_RULES["precise"].draw(made, 6, np.random.default_rng(0))
    root = np.sqrt(FIRST[:, 1] * (1 - FIRST[:, 1]))
    expected = inclusion_probabilities(root, 6, mix=0.2)
    everything = SCORES["precise"](pool(FIRST, aim=Aim("stance")))

    assert chances == pytest.approx(expected[places].tolist())
    assert everything == pytest.approx((FIRST * (1 - FIRST)).sum(axis=1))


@pytest.mark.parametrize(
    ("rule", "scores", "said"),
    [
        ("entropy", Scores(), "name one with --model"),
        ("disagreement", Scores([{"stance": FIRST}]), "1 models cannot disagree"),
        ("rare", Scores([{"stance": FIRST}]), "name it: --label"),
        ("precise", Scores([{"stance": FIRST}]), "name it: --target"),
        ("coreset", Scores(), "name an encoder"),
        ("diversity", Scores(), "name an encoder"),
    ],
)
def test_what_a_rule_lacks_is_reported(rule: str, scores: Scores, said: str) -> None:
    """A rule without its model, label or vectors is refused with what to name."""
    with pytest.raises(InputError, match=said):
        MODEL_RULES[rule].draw(Pool(["a"] * 40, [""] * 40, scores), 4, RNG)


TWO = np.random.default_rng(8).dirichlet([1, 2], 40)


def committee(*, multiple: bool = False, dimension: str = "") -> Pool:
    """Make a pool of 40 units on which two models answer two questions."""
    answers = [{"stance": FIRST, "tone": TWO}, {"stance": SECOND, "tone": TWO[::-1]}]
    if multiple:
        answers = [{**answers[0], "stance": MANY}, {**answers[1], "stance": MANY[::-1]}]
    many = frozenset({"stance"} if multiple else ())
    return Pool([f"u{i:02}" for i in range(40)], [""] * 40, Scores(answers, many), Aim(dimension))


def rows_of(pool: Pool, name: str, unit: int) -> list[list[NDArray[np.float64]]]:
    """Give the distributions on a unit by model: one, or one for each label of several."""
    made = []
    for answers in pool.scores.answers:
        row = answers[name][unit]
        several = name in pool.scores.multiple
        made.append([np.array([p, 1 - p]) for p in row] if several else [row])
    return made


def second_to_first(row: NDArray[np.float64]) -> float:
    """Give how close the second answer comes to the first."""
    second, first = sorted(row.tolist())[-2:]
    return float(1 - (first - second))


DOUBTS: dict[str, Any] = {
    "least-confidence": lambda row: 1 - max(row),
    "margin": second_to_first,
    "entropy": lambda row: stats.entropy(row) / np.log(len(row)),
}


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("dimension", ["", "stance", "tone"])
@pytest.mark.parametrize("rule", sorted(DOUBTS))
def test_doubt_is_the_mean_over_models_questions_and_labels(
    rule: str,
    dimension: str,
    multiple: bool,  # noqa: FBT001
) -> None:
    """Unit by unit: each label of several is a question of yes or no."""
    made = committee(multiple=multiple, dimension=dimension)
    names = [dimension] if dimension else ["stance", "tone"]
    expected = [
        np.mean(
            [
                np.mean([DOUBTS[rule](row) for row in rows])
                for name in names
                for rows in rows_of(made, name, unit)
            ]
        )
        for unit in range(40)
    ]

    assert SCORES[rule](made) == pytest.approx(np.array(expected))


@pytest.mark.parametrize("multiple", [False, True])
def test_disagreement_is_the_divergence_of_jensen_and_shannon(multiple: bool) -> None:  # noqa: FBT001
    """The mean over questions of scipy's distance, squared."""
    made = committee(multiple=multiple)
    expected = [
        np.mean(
            [
                np.mean(
                    [
                        distance.jensenshannon(one, other) ** 2
                        for one, other in zip(*rows_of(made, name, unit), strict=True)
                    ]
                )
                for name in ("stance", "tone")
            ]
        )
        for unit in range(40)
    ]

    assert SCORES["disagreement"](made) == pytest.approx(np.array(expected))


def test_three_models_disagree_around_their_mean() -> None:
    """The entropy of the mean less the mean entropy (McCallum and Nigam), as scipy has it."""
    third = np.roll(FIRST, 1, axis=1)
    each = np.array([FIRST, SECOND, third])
    expected = stats.entropy(each.mean(axis=0), axis=1) - stats.entropy(each, axis=2).mean(axis=0)

    assert SCORES["disagreement"](pool(FIRST, SECOND, third)) == pytest.approx(expected)


def test_a_label_is_scored_by_the_mean_of_the_models() -> None:
    """Rare: its probability; precise: p (1 - p) of it."""
    made = replace(committee(), aim=Aim("stance", 2))
    p = (FIRST[:, 2] + SECOND[:, 2]) / 2

    assert SCORES["rare"](made) == pytest.approx(p)
    assert SCORES["precise"](made) == pytest.approx(p * (1 - p))


def test_draws_follow_the_score_to_its_power() -> None:
    """Chances follow score ** power with a random part; what has no score has the random part."""
    score = np.array([np.nan, -1.0, 0.0, 1.0, 4.0, 9.0, 16.0, 25.0])
    made = Pool(list("abcdefgh"), list("ssssttuu"), Scores(distance=score), Aim(power=0.5, mix=0.4))
    chosen, chances, strata = MODEL_RULES["coreset"].draw(made, 3, np.random.default_rng(1))
    expected = 3 * (0.4 / 8 + 0.6 * np.array([0, 0, 0, 1, 2, 3, 4, 5]) / 15)

    assert chances == pytest.approx(expected[list(chosen)].tolist())
    assert list(strata) == [made.strata[i] for i in chosen]
    assert len(set(chosen)) == 3


def test_distances_are_scipys() -> None:
    """To the nearest unit drawn before, of thousands; to the middle where none was."""
    rng = np.random.default_rng(9)
    vectors = rng.integers(0, 60, (5000, 3)).astype(np.float32)
    drawn = vectors[:7]
    middle = vectors.mean(axis=0, keepdims=True)

    assert distances(vectors, drawn) == pytest.approx(
        distance.cdist(vectors, drawn).min(axis=1), abs=1e-2
    )
    assert distances(vectors, vectors[:0]) == pytest.approx(
        distance.cdist(vectors, middle)[:, 0], abs=1e-2
    )
