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
from standfirst.measure.estimates.recalibration import misfit, recalibrated, tempered
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
