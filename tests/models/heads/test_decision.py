import numpy as np
import numpy.typing as npt
import pytest

from standfirst.errors import InputError
from standfirst.models.heads.calibration import softmax
from standfirst.models.heads.decision import STEADY_FROM, Goal, find_rule, parse_goal
from standfirst.models.scores import score

Drawn = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]


def draw(shares: tuple[float, ...], *, multiple: bool, seed: int = 0, n: int = 12_000) -> Drawn:
    """Draw calibrated probabilities and the truth that they promise."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, len(shares))) + np.log(shares)
    if multiple:
        probability = 1 / (1 + np.exp(-logits))
        return probability, rng.random(probability.shape) < probability
    probability = softmax(logits)
    chosen = (probability.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return probability, np.eye(len(shares), dtype=bool)[chosen]


@pytest.mark.slow
@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("goal", [Goal("precision", 0.8), Goal("recall", 0.8)])
def test_a_promise_holds_on_other_rows(goal: Goal, multiple: bool) -> None:  # noqa: FBT001
    """Each label (in single choice: each but the most frequent) reaches what was asked for."""
    probability, target = draw((0.6, 0.3, 0.1), multiple=multiple)
    rule = find_rule(probability, target, np.zeros(3), goal, multiple=multiple)
    others, truth = draw((0.6, 0.3, 0.1), multiple=multiple, seed=1)
    answer = rule.decide(others, multiple=multiple)
    names = ("usual", "some", "rare")
    found = score(truth, answer, names, np.arange(len(truth)), multiple=multiple)

    for name in names if multiple or goal.kind == "precision" else names[1:]:
        assert getattr(found.labels[name], goal.kind) >= 0.8 - 0.05
        # Not for free: the rule is no stricter than it must be.
        assert found.labels[name].recall > 0.02
    if not multiple:
        assert (answer.sum(axis=1) <= 1).all()
        assert (answer.any(axis=1).mean() < 1) == (goal.kind == "precision")


@pytest.mark.parametrize("goal", [Goal("precision", 0.8), Goal("recall", 0.8)])
def test_a_promise_of_few_rows_is_kept_on_others(goal: Goal) -> None:
    """Over 60 sets of 300 rows, the common labels miss it one time in ten, not every other time."""
    others, truth = draw((0.6, 0.4), multiple=True, seed=1000)
    missed = 0
    for seed in range(60):
        probability, target = draw((0.6, 0.4), multiple=True, seed=seed, n=300)
        rule = find_rule(probability, target, np.zeros(2), goal, multiple=True)
        answer = rule.decide(others, multiple=True)
        whole = answer if goal.kind == "precision" else truth
        shares = (answer & truth).sum(axis=0) / whole.sum(axis=0)
        missed += int((shares < goal.value).sum())

    # 120 labels; 12 are expected, and more than 24 would be a chance of one in a thousand.
    assert missed <= 24


def test_few_answers_reach_a_promise_where_they_are_surest() -> None:
    """Ten of ten are no proof of nine in ten, and are surer than nine of ten."""
    probability = np.array([[0.99 - 0.03 * k] for k in range(10)])
    target = np.ones((10, 1), bool)
    target[8] = False
    rule = find_rule(probability, target, np.zeros(1), Goal("precision", 0.9), multiple=True)

    assert rule.decide(probability, multiple=True).sum() == 8


def test_a_promise_that_cannot_be_kept_gives_no_label() -> None:
    """Where no cut is precise enough, the label is never given."""
    rng = np.random.default_rng(0)
    target = np.eye(2, dtype=bool)[rng.integers(0, 2, 500)]
    probability = softmax(rng.normal(0, 0.1, (500, 2)))
    for multiple in (False, True):
        rule = find_rule(
            probability, target, np.zeros(2), Goal("precision", 0.95), multiple=multiple
        )
        answer = rule.decide(probability, multiple=multiple)

        # A few rows may keep it by chance.
        assert answer.mean() < 0.05


@pytest.mark.parametrize(
    "told", ["f1", "precision", "precision=", "precision=2", "recall=x", "recall=0", "macro-f1=1"]
)
def test_goals_that_are_none(told: str) -> None:
    """They are refused with what can be written."""
    with pytest.raises(InputError, match=r"write macro-f1, precision=0\.9 or recall=0\.9"):
        parse_goal(told)


def test_few_rows_do_not_move_the_decision_of_a_single_choice() -> None:
    """Below STEADY_FROM rows the calibration's shift is taken back; with more it stays."""
    shift = np.array([0.5, -0.5])
    probability, target = draw((0.9, 0.1), multiple=False, n=STEADY_FROM)
    few = find_rule(probability[:-1], target[:-1], shift, Goal(), multiple=False)
    # Two more rules are proposed; none is a point better than a perfect one.
    enough = find_rule(target.astype(float), target, shift, Goal(), multiple=False)

    assert few.bonus.tolist() == [-0.5, 0.5]
    assert enough.bonus.tolist() == [0, 0]


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("goal", [Goal(), Goal("precision", 0.8), Goal("recall", 0.8)])
def test_rounding_decides_nothing(goal: Goal, multiple: bool) -> None:  # noqa: FBT001
    """Rows at a cut, and labels that are equal, fall the same way on another processor."""
    probability, target = draw((0.6, 0.3, 0.1), multiple=multiple, n=200)
    # Twenty rows of each kind: ties stand at every cut.
    probability, target = np.repeat(probability[:10], 20, axis=0), target[:200]
    probability[:20] = probability[:20].mean(axis=1, keepdims=True)
    rule = find_rule(probability, target, np.zeros(3), goal, multiple=multiple)
    rng = np.random.default_rng(0)
    answer = rule.decide(probability, multiple=multiple)
    for _ in range(20):
        noisy = probability * (1 + 1e-13 * rng.standard_normal(probability.shape))
        again = find_rule(noisy, target, np.zeros(3), goal, multiple=multiple)

        assert np.array_equal(rule.decide(noisy, multiple=multiple), answer)
        assert np.array_equal(again.decide(noisy, multiple=multiple), answer)
