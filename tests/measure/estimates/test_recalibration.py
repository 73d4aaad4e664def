"""Probabilities that do not fit the gold."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from standfirst.errors import InputError
from standfirst.labels.gold.gold import Gold
from standfirst.measure import Tags, shares
from standfirst.measure.estimates.estimators import Population, corrected
from standfirst.measure.estimates.recalibration import (
    _chances,
    misfit,
    recalibrated,
    tempered,
)
from standfirst.measure.inputs.samples import from_probabilities
from standfirst.measure.inputs.tagged import TaggedDimension
from standfirst.measure.inputs.usable_gold import Coded

Bools = NDArray[np.bool_]


def corpus(seed: int, heat: float, n: int = 4000) -> tuple[TaggedDimension, Bools]:
    """Make three labels, of which the third is rare, and a model that is too sure of itself."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet((0.8, 0.8, 0.1), n)
    truth = np.eye(3, dtype=bool)[(p.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)]
    shown = tempered(p, heat, multiple=False).astype(np.float32)
    given = np.eye(3, dtype=bool)[shown.argmax(axis=1)]
    return TaggedDimension("d", ("a", "b", "c"), False, shown, given, True, 0), truth  # noqa: FBT003


def coded(truth: Bools, n: int, seed: int = 0) -> Coded:
    """Draw units at random."""
    index = np.random.default_rng(seed).permutation(len(truth))[:n]
    return Coded(from_probabilities(index, None, len(truth)), truth[index], ())


def test_what_fits_is_left_alone() -> None:
    """Calibrated probabilities are hardly ever touched: in none of 40 draws of gold."""
    one, truth = corpus(1, 1.0)

    assert all(recalibrated(one, coded(truth, 200, seed))[1] is None for seed in range(40))


@pytest.mark.parametrize("heat", [3.0, 0.4])
def test_what_does_not_fit_is_mended(heat: float) -> None:
    """The temperature is found, on both sides, and said; the most probable label stays."""
    one, truth = corpus(2, heat)
    made, note = recalibrated(one, coded(truth, 400))
    right = tempered(one.probabilities, 1 / heat, multiple=False)

    assert note is not None
    assert ("too sure" if heat > 1 else "too little sure") in note
    assert (
        np.abs(made.probabilities - right).mean() < 0.25 * np.abs(one.probabilities - right).mean()
    )
    assert made.probabilities.sum(axis=1) == pytest.approx(np.ones(len(truth)), abs=1e-5)
    assert (made.probabilities.argmax(axis=1) == one.probabilities.argmax(axis=1)).all()
    assert abs(misfit(made.probabilities, truth, multiple=False)) < 10


def test_several_labels() -> None:
    """Where labels are questions of their own, each is mended as one."""
    one, truth = corpus(3, 3.0)
    hot = tempered(one.probabilities, 2.5, multiple=True).astype(np.float32)
    several = replace(one, multiple=True, probabilities=hot)
    made, note = recalibrated(several, coded(truth, 400))

    assert note is not None
    before, after = (abs(misfit(of.probabilities, truth, multiple=True)) for of in (several, made))
    assert after < before / 3


def test_no_other_answer_and_a_model_that_did_not_expect_it() -> None:
    """Then nothing tells how often other answers occur, and no share is made up."""
    one, truth = corpus(4, 1.0)
    ids = pa.array([f"u{i}" for i in range(len(truth))])
    tags = Tags("tags", ids, {"d": one}, pa.table({}), ())
    gold = [Gold(f"u{i}", "d", ("a",), "single") for i in range(100)]

    with pytest.raises(InputError, match=r"all 100 coded units have the same answer.*--rule rare"):
        shares(tags, gold, None, learned=())


def test_it_is_said_beside_the_shares() -> None:
    """Shares of a model that is too sure are wider for it, and say why."""
    one, truth = corpus(5, 4.0)
    index = np.random.default_rng(6).permutation(len(truth))[:300]
    ids = pa.array([f"u{i}" for i in range(len(truth))])
    gold = [Gold(f"u{i}", "d", (one.labels[int(truth[i].argmax())],), "single") for i in index]
    made = shares(Tags("tags", ids, {"d": one}, pa.table({}), ()), gold, None, learned=())

    assert any("d: the model is too sure of itself on the gold" in note for note in made.notes)
    for label, true in zip(made["d"].labels, truth.mean(axis=0), strict=True):
        assert label.corrected is not None
        assert label.corrected.share == pytest.approx(true, abs=0.06)


@pytest.mark.filterwarnings("ignore")
def test_ppi_gives_the_same_as_ppi_python() -> None:
    """By --method ppi++ the shares are those of ppi-python, to 1e-9."""
    ppi_py = pytest.importorskip("ppi_py")
    one, truth = corpus(7, 1.0)
    # Shares of a single choice are moved by what 32 bits lack of 1; these need not add up to it.
    one = replace(one, multiple=True)
    index = np.random.default_rng(8).permutation(len(truth))[:300]
    ids = pa.array([f"u{i}" for i in range(len(truth))])
    gold = [Gold(f"u{i}", "d", (one.labels[int(truth[i].argmax())],), "single") for i in index]
    tags = Tags("tags", ids, {"d": one}, pa.table({}), ())
    made = shares(tags, gold, None, method="ppi++", learned=())["d"]
    p = one.probabilities.astype(float)
    others = np.delete(p, index, axis=0)
    expected = ppi_py.ppi_mean_pointestimate(truth[index].astype(float), p[index], others)
    tilted = {f"u{i}": 0.05 + 0.05 * (n % 2) for n, i in enumerate(index)}

    assert [one.corrected.share for one in made.labels if one.corrected] == pytest.approx(
        np.ravel(expected), abs=1e-9
    )
    with pytest.raises(InputError, match=r"PPI\+\+ takes gold that was drawn at random"):
        shares(tags, gold, tilted, method="ppi++", learned=())


def labels_alone(
    seed: int, n: int = 2000, *, multiple: bool = False
) -> tuple[TaggedDimension, Bools]:
    """Make tags without probabilities: wrong on a fifth of all units, always towards one label."""
    rng = np.random.default_rng(seed)
    truth = np.eye(3, dtype=bool)[rng.choice(3, n, p=[0.3, 0.2, 0.5])]
    if multiple:
        truth |= rng.random((n, 3)) < 0.1
    tilted = rng.random(n) < 0.2
    given = np.where(tilted[:, None], np.array([False, False, True]), truth)
    return (
        TaggedDimension(
            "d",
            ("a", "b", "c"),
            multiple,
            probabilities=given.astype(np.float32),
            given=given,
            crossed=True,
            n_abstained=0,
        ),
        truth,
    )


@pytest.mark.parametrize("multiple", [False, True])
def test_labels_alone_get_their_probabilities_from_gold(multiple: bool) -> None:  # noqa: FBT001
    """What a label without a probability is worth is told by gold, apart for each label."""
    one, truth = labels_alone(1, multiple=multiple)
    made, note = recalibrated(one, coded(truth, 1000))
    said_c = one.given[:, 2] if multiple else one.given.argmax(axis=1) == 2
    right = truth[said_c].mean(axis=0)

    assert note is not None
    assert "labels without probabilities" in note
    assert made.probabilities.min() > 0
    assert made.probabilities.max() < 1
    assert made.probabilities[said_c, 2].mean() == pytest.approx(right[2], abs=0.05)
    assert abs(misfit(made.probabilities, truth, multiple=multiple)) < 6


def test_a_unit_s_probability_does_not_know_its_answer() -> None:
    """Another answer of one coded unit leaves that unit's own probabilities as they are."""
    one, truth = labels_alone(2)
    gold = coded(truth, 100)
    other = gold.truth.copy()
    other[0] = np.roll(other[0], 1)
    unit = gold.sample.index[0]
    before = recalibrated(one, gold)[0].probabilities[unit]
    after = recalibrated(one, replace(gold, truth=other))[0].probabilities[unit]

    assert before.tolist() == after.tolist()


def test_a_label_that_no_coded_unit_has_is_not_ruled_out() -> None:
    """Fifty coded units without a label leave its share open up to 3 in 50, as they do alone.

    The rule of three: Hanley, J. A. & Lippman-Hand, A. (1983). JAMA 249.
    """
    truth = np.zeros((2000, 2), bool)
    truth[:, 0] = np.arange(2000) >= 120
    truth[:, 1] = ~truth[:, 0]
    given = truth.copy()
    given[np.arange(120, 2000, 5)] = [False, True]
    one = TaggedDimension(
        "d", ("a", "b"), multiple=False, probabilities=given.astype(np.float32), given=given,
        crossed=True, n_abstained=0,
    )  # fmt: skip
    sample = from_probabilities(np.arange(200, 2000, 36), None, 2000)
    gold = Coded(sample, truth[sample.index], ())
    p = recalibrated(one, gold)[0].probabilities
    own = p[sample.index].astype(float)
    made = corrected(Population.of(p), sample, own, gold.truth, multiple=False)

    assert len(gold.truth) == 50
    assert not gold.truth[:, 1].any()
    assert made.low[1] < 0.01
    assert made.high[1] > 3 / 50


@pytest.mark.parametrize("multiple", [False, True])
def test_the_misfit_is_a_score_by_what_it_promises(multiple: bool) -> None:  # noqa: FBT001
    """The Brier score less its mean over all answers that could be, by its standard deviation."""
    rng = np.random.default_rng(9)
    p = rng.random((7, 3)) if multiple else rng.dirichlet((1, 1, 2), 7)
    truth = rng.random((7, 3)) < p if multiple else np.eye(3, dtype=bool)[rng.integers(0, 3, 7)]
    mean = variance = 0.0
    for row in p:
        if multiple:
            each = [[(q, (1 - q) ** 2), (1 - q, q**2)] for q in row]
        else:
            each = [[(q, float(((np.eye(3)[k] - row) ** 2).sum())) for k, q in enumerate(row)]]
        for cases in each:
            expected = sum(q * score for q, score in cases)
            mean += expected
            variance += sum(q * (score - expected) ** 2 for q, score in cases)
    score = ((truth - p) ** 2).sum()

    assert misfit(p, truth, multiple=multiple) == pytest.approx((score - mean) / variance**0.5)


@pytest.mark.parametrize("multiple", [False, True])
def test_the_misfit_of_those_who_are_certain(multiple: bool) -> None:  # noqa: FBT001
    """Right, they fit; wrong once, they are off beyond all errors."""
    truth = np.eye(2, dtype=bool)[[0, 1, 1]]
    wrong = np.eye(2, dtype=bool)[[0, 1, 0]]

    assert misfit(truth.astype(float), truth, multiple=multiple) == 0
    assert misfit(truth.astype(float), wrong, multiple=multiple) == np.inf


@pytest.mark.parametrize("heat", [0.25, 0.5, 1.0, 3.0])
def test_probabilities_to_a_power(heat: float) -> None:
    """One label's odds against another are raised to the power; of several, those against none."""
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    single = tempered(p, heat, multiple=False)
    several = tempered(p, heat, multiple=True)

    assert single.sum(axis=1) == pytest.approx([1, 1])
    assert single[:, 0] / single[:, 1] == pytest.approx((p[:, 0] / p[:, 1]) ** heat)
    assert several / (1 - several) == pytest.approx((p / (1 - p)) ** heat)
    assert np.isfinite(np.log(tempered(np.eye(2), heat, multiple=False))).all()


@pytest.mark.parametrize(("heat", "words"), [(3.0, "too sure"), (0.4, "too little sure")])
def test_the_note_tells_the_temperature(heat: float, words: str) -> None:
    """By how many standard errors the gold is off, and the power that mends it, inverted."""
    one, truth = corpus(2, heat)
    gold = coded(truth, 400)
    off = misfit(one.probabilities[gold.sample.index], gold.truth, multiple=False)
    _, note = recalibrated(one, gold)

    assert note is not None
    assert note.startswith(f"d: the model is {words} of itself on the gold")
    assert f"its Brier score is {abs(off):.1f} standard errors off" in note
    temperature = float(note.rpartition("temperature ")[2])
    assert temperature == pytest.approx(heat, rel=0.35)


@pytest.mark.parametrize("multiple", [False, True])
def test_the_power_makes_the_gold_most_likely(multiple: bool) -> None:  # noqa: FBT001
    """The mean of five fits, each on four fifths of the gold, is near the fit on all of it."""
    one, truth = corpus(2, 3.0)
    one = replace(one, multiple=multiple)
    gold = coded(truth, 400)
    p = one.probabilities[gold.sample.index]
    powers = np.linspace(0.1, 1, 181)
    likely = []
    for power in powers:
        fitted = tempered(p, power, multiple=multiple)
        missed = np.log1p(-fitted)[~gold.truth].sum() if multiple else 0
        likely.append(np.log(fitted)[gold.truth].sum() + missed)
    _, note = recalibrated(one, gold)

    assert note is not None
    temperature = float(note.rpartition("temperature ")[2])
    assert temperature == pytest.approx(1 / powers[int(np.argmax(likely))], rel=0.05)


@pytest.mark.parametrize("multiple", [False, True])
def test_each_fold_is_mended_by_the_others(multiple: bool) -> None:  # noqa: FBT001
    """Coded units of one fold share a temperature, and there are five; the rest has their mean."""
    one, truth = corpus(2, 3.0)
    one = replace(one, multiple=multiple)
    gold = coded(truth, 400)
    made, _ = recalibrated(one, gold)
    p = made.probabilities[gold.sample.index].astype(float)
    raw = one.probabilities[gold.sample.index].astype(float)
    odds, raw_odds = (np.log(x[:, 0] / (1 - x[:, 0] if multiple else x[:, 1])) for x in (p, raw))
    clear = (np.abs(raw_odds) > 1) & (np.abs(raw_odds) < 6)
    heats = odds[clear] / raw_odds[clear]
    five = np.unique(heats.round(3))
    rest = np.setdiff1d(np.arange(4000), gold.sample.index)[:300]
    tempers = [
        tempered(
            one.probabilities[rest],
            float(heats[np.abs(heats - heat) < 1e-3].mean()),
            multiple=multiple,
        )
        for heat in five
    ]

    assert len(five) == 5
    assert made.probabilities[rest] == pytest.approx(np.mean(tempers, axis=0), abs=1e-3)


@pytest.mark.parametrize(
    ("tags", "answers", "chances"),
    [
        # a and b occur twice each: their shares in all gold weigh as one unit.
        ("AAAB", "aabb", {"Aa": (2 + 1 / 2) / 4, "Ab": (1 + 1 / 2) / 4, "Ba": (1 / 2) / 2}),
        # b occurs once: one more of it with each tag, so that two units are added to each.
        (
            "AAABB",
            "aaaab",
            {
                "Aa": (3 + 4.5 / 6) / 5,
                "Ab": (0 + 1.5 / 6 + 1) / 5,
                "Ba": (1 + 4.5 / 6) / 4,
                "Bb": (1 + 1.5 / 6 + 1) / 4,
            },
        ),
    ],
)
def test_chances_of_labels_by_hand(tags: str, answers: str, chances: dict[str, float]) -> None:
    """How often a tag is which label, with the share of the label in all gold as one unit."""
    shown = np.eye(2, dtype=bool)[["AB".index(tag) for tag in tags]]
    truth = np.eye(2, dtype=bool)[["ab".index(label) for label in answers]]
    made = _chances(shown, truth)

    assert {key: made["AB".index(key[0]), "ab".index(key[1])] for key in chances} == pytest.approx(
        chances
    )
    assert made.sum(axis=1) == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("n_true", "with_tag", "without"),
    [
        (2, (1 + 2.5 / 5) / 3, (1 + 2.5 / 5) / 3),
        (1, (0 + 1.5 / 5 + 1) / 5, (1 + 1.5 / 5 + 1) / 5),
        (0, (0 + 0.5 / 5 + 1) / 5, (0 + 0.5 / 5 + 1) / 5),
    ],
)
def test_chances_of_one_label_of_several(n_true: int, with_tag: float, without: float) -> None:
    """Four coded units, two with the tag: a label that hardly occurs is taken to, and not to."""
    shown = np.array([[True, False], [True, False], [False, True], [False, True]])
    truth = np.array([[n_true > 0], [False], [n_true > 1], [False]])

    assert _chances(shown, truth)[:, 0] == pytest.approx([without, with_tag])


@pytest.mark.slow
def test_tilted_labels_are_covered() -> None:
    """Corrected intervals hold the true share in 19 of 20 draws, and those of counts in none."""
    held, naive = np.zeros(3), np.zeros(3)
    for draw in range(400):
        one, truth = labels_alone(draw)
        ids = pa.array([f"u{i}" for i in range(len(truth))])
        index = np.random.default_rng([draw, 1]).permutation(len(truth))[:100].tolist()
        gold = [Gold(f"u{i}", "d", (one.labels[truth[i].argmax()],), "single") for i in index]
        made = shares(Tags("t", ids, {"d": one}, pa.table({})), gold, None)
        true, count = truth.mean(axis=0), one.given.mean(axis=0)
        for k, best in enumerate(row.corrected for row in made["d"].labels):
            assert best is not None
            assert best.low is not None
            assert best.high is not None
            held[k] += best.low <= true[k] <= best.high
        half = 1.96 * np.sqrt(count * (1 - count) / len(truth))
        naive += abs(count - true) <= half

    assert (held / 400).min() >= 0.92
    assert naive.max() == 0
