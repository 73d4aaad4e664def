import numpy as np
import pytest

from standfirst.models.cascade.promise import (
    ALL,
    HeldOut,
    Promise,
    agreement,
    choose_level,
    unlike_held_out,
)

Q = ("stance",)


def draw(rng: np.random.Generator, n_articles: int, size: int) -> HeldOut:
    """Draw texts whose student errs as often as its sureness says, alike within an article."""
    n = n_articles * size
    of_article = np.repeat(rng.normal(0, 1, n_articles), size)
    odds = 2.5 + 1.5 * rng.normal(0, 1, n) + of_article
    sure = 1 / (1 + np.exp(-odds))
    # Half of the articles' texts share their luck.
    luck = np.where(rng.random(n) < 0.5, np.repeat(rng.random(n_articles), size), rng.random(n))
    agreed = luck < sure
    return HeldOut(Q, sure[:, None], agreed[:, None, None], np.repeat(np.arange(n_articles), size))


@pytest.mark.slow
@pytest.mark.parametrize(("n_articles", "size"), [(1_500, 1), (400, 4)])
@pytest.mark.parametrize("rate", [0.95, 0.98])
def test_promise_holds_in_19_of_20(n_articles: int, size: int, rate: float) -> None:
    """On texts without end, the level that was chosen on a sample keeps the rate."""
    rng = np.random.default_rng(0)
    all_texts = draw(rng, 40_000, size)
    broken = n_useful = 0
    for _ in range(100):
        made = choose_level(draw(rng, n_articles, size), rate)
        broken += bool(all_texts.kept(made.level).mean() < rate)
        n_useful += made.sent_on < 0.9

    # 5 are expected at most, and 10 in less than 3 of 100 such tests.
    assert broken <= 9
    assert n_useful == 100


def test_units_of_an_article_count_less() -> None:
    """Disagreements that come together are less evidence than as many apart."""
    same = np.arange(400) % 20 > 0
    apart = agreement(same, np.arange(400))
    together = agreement(np.sort(same), np.arange(400) // 10)

    assert apart.value == together.value == 0.95
    assert together.numbers()[1] < apart.numbers()[1] - 0.02


def test_few_articles_assure_little() -> None:
    """Two long articles in which everything agrees say hardly more than two texts."""
    n = 1_300
    sure = np.linspace(0.5, 1, n, dtype=np.float64)[:, None]
    agreed = np.ones((n, 1, 1), bool)
    levels = [
        choose_level(HeldOut(Q, sure, agreed, np.arange(n) % n_articles), 0.97).level
        for n_articles in (2, 130)
    ]

    assert levels[0] == ALL
    assert levels[1] < 0.5


def test_published_bound() -> None:
    """Clopper and Pearson's interval of 18 in 20, as tables have it: .683 to .988."""
    share = agreement(np.arange(20) > 1, np.arange(20))

    assert [round(number, 3) for number in share.numbers()] == [0.9, 0.683, 0.988]


def test_nothing_is_promised_on_too_little() -> None:
    """A student that always agrees answers nothing where 200 texts cannot assure .99."""
    always = HeldOut(Q, np.full((200, 1), 0.99), np.ones((200, 1, 1), bool), np.arange(200))

    assert choose_level(always, 0.99).level == ALL
    assert choose_level(always, 0.99).sent_on == 1
    assert choose_level(always, 0.98).sent_on == 0


def test_every_question_keeps_the_rate() -> None:
    """A student that is right on one question and often wrong on another answers little."""
    rng = np.random.default_rng(0)
    sure = rng.random(4_000)
    right = np.ones(4_000, bool)
    agreed = np.stack([right, rng.random(4_000) < sure], axis=1)[:, None, :]
    held = HeldOut(("a", "b"), sure[:, None], agreed, np.arange(4_000))
    made = choose_level(held, 0.95)

    assert made.agreement["a"].value == 1
    assert 0.95 <= (made.agreement["b"].value or 0) < 0.97
    assert 0.5 < made.sent_on < 1


def test_the_first_that_is_sure_answers() -> None:
    """A later student is asked only where an earlier one was not sure."""
    sure = np.array([[0.9, 0.95], [0.2, 0.95], [0.2, 0.3]])
    agreed = np.array([[True, False], [False, True], [False, False]])[:, :, None]
    held = HeldOut(Q, sure, agreed, np.arange(3))

    assert held.stages(0.8).tolist() == [0, 1, 2]
    assert held.kept(0.8)[:, 0].tolist() == [True, True, True]


def test_other_texts_are_noticed() -> None:
    """A share sent on that chance does not explain, and only that; few articles tell nothing."""
    promise = Promise(0.97, 0.8, (0.7, 0.3), {}, 3_000, 1_000)

    assert "unlike those" in (unlike_held_out(promise, 0.5, 1_000) or "")
    assert "unlike those" in (unlike_held_out(promise, 0.1, 1_000) or "")
    assert unlike_held_out(promise, 0.34, 100_000) is None
    assert unlike_held_out(promise, 0.5, 20) is None
