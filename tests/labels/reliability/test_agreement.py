import json
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.intervals import draw_groups
from standfirst.labels import (
    Agreement,
    Annotation,
    Codebook,
    Dimension,
    Label,
    agreement,
    agreement_as_text,
    missed_gate,
)
from standfirst.labels.reliability.alpha import Sums, alpha

DATA = Path(__file__).parents[3].parent / "shared" / "data"
SECTION_C = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
SECTION_A = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
SECTION_B = ("a a b b d c c c e d d a", "b a b b b c c c e d d d")


def coded(table: tuple[str, ...], scale: str = "nominal", draws: int = 0) -> Agreement:
    """Measure a table with one line a coder and one column a unit; a dot is no answer."""
    labels = sorted({cell for line in table for cell in line.split()} - {"."})
    dimension = Dimension("d", "?", tuple(Label(x, x) for x in labels), scale=scale)  # type: ignore[arg-type]
    rows = [
        Annotation(f"u{unit:03}", f"c{coder}", "d", (cell,))
        for coder, line in enumerate(table)
        for unit, cell in enumerate(line.split())
        if cell != "."
    ]
    return agreement(rows, Codebook("b", "t", "1", (dimension,)), draws=draws)[0]


@pytest.mark.parametrize(
    ("table", "scale", "published"),
    [
        (SECTION_A, "nominal", 0.095),
        (SECTION_B, "nominal", 0.692),
        (SECTION_C, "nominal", 0.743),
        (SECTION_C, "ordinal", 0.815),
    ],
)
def test_krippendorff_2011(table: tuple[str, ...], scale: str, published: float) -> None:
    """The paper's sections A, B and C give the values that the paper prints."""
    assert coded(table, scale).alpha.value == pytest.approx(published, abs=6e-4)


def test_gwet_2014() -> None:
    """The same table gives the other coefficients as Gwet's handbook and irrCAC print them."""
    found = coded(SECTION_C)

    assert found.other.percent == pytest.approx(0.81818, abs=1e-5)
    assert found.other.fleiss == pytest.approx(0.76117, abs=1e-5)
    assert found.other.ac1 == pytest.approx(0.77544, abs=1e-5)


@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
def test_second_opinion(scale: str) -> None:
    """The package krippendorff gives the same on random tables with gaps."""
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(0)
    for _ in range(10):
        table = rng.integers(0, 6, (4, 30))
        lines = tuple(" ".join("." if x == 5 else str(x) for x in line) for line in table)
        expected = krippendorff.alpha(
            np.where(table == 5, np.nan, table.astype(float)), level_of_measurement=scale
        )

        assert coded(lines, scale).alpha.value == pytest.approx(expected, abs=1e-12)


def test_cohen_is_scikit_learns() -> None:
    """For two coders Cohen's kappa is scikit-learn's."""
    from sklearn.metrics import cohen_kappa_score

    one, other = (line.split() for line in SECTION_B)

    assert coded(SECTION_B).other.cohen == pytest.approx(cohen_kappa_score(one, other))


def multiple(answers: dict[str, list[str]]) -> Agreement:
    labels = tuple(Label(x, x) for x in "abcdm")
    book = Codebook("b", "t", "1", (Dimension("d", "?", labels, "multiple"),))
    rows = [
        Annotation(f"u{i}", coder, "d", tuple(cell))
        for coder, cells in answers.items()
        for i, cell in enumerate(cells)
    ]
    return agreement(rows, book, draws=0)[0]


def test_masi_by_hand() -> None:
    """Two units, ab/abcd and c/c: observed and expected disagreement as fractions."""
    within = 1 - Fraction(1, 2) * Fraction(2, 3)
    overlap = 1 - Fraction(1, 4) * Fraction(2, 3)
    observed = 2 * within
    # Among the four answers ab, abcd, c, c: each pair both ways round.
    expected = 2 * (within + 2 * 1 + 2 * overlap)
    alpha = 1 - 3 * observed / expected

    assert multiple({"x": ["ab", "c"], "y": ["abcd", "c"]}).alpha.value == pytest.approx(
        float(alpha)
    )


def test_masi_published() -> None:
    """Who is on three pictures: the worked example in crowd-kit's own tests (Apache 2.0).

    It prints .5455 where sets are equal or not, and .6673 with MASI, which takes .67 for two
    thirds; with thirds as Passonneau has them it is .6667.
    """
    pictures = {"A": ["d", "c", "c"], "B": ["d", "c", "cm"]}
    whole = {"A": ["d", "c", "c"], "B": ["d", "c", "x"]}

    assert coded(tuple(" ".join(cells) for cells in whole.values())).alpha.value == pytest.approx(
        0.5454545454545454
    )
    assert multiple(pictures).alpha.value == pytest.approx(0.6673336668334168, abs=1e-3)
    assert multiple(pictures).alpha.value == pytest.approx(2 / 3)


def test_masi_second_opinion() -> None:
    """NLTK's alpha with MASI gives the same, up to its rounding of thirds to two digits."""
    metrics = pytest.importorskip("nltk.metrics")
    agreement_module = pytest.importorskip("nltk.metrics.agreement")
    answers = {
        "x": ["ab", "c", "a", "bd", "abc", "d", "b", "ac"],
        "y": ["abcd", "c", "ab", "d", "ab", "d", "c", "ac"],
    }
    task = agreement_module.AnnotationTask(
        [(c, i, frozenset(cell)) for c, cells in answers.items() for i, cell in enumerate(cells)],
        distance=metrics.masi_distance,
    )

    assert multiple(answers).alpha.value == pytest.approx(task.alpha(), abs=5e-3)


@given(st.permutations(range(4)))
def test_order_of_coders_does_not_matter(order: list[int]) -> None:
    """Alpha does not know who is who."""
    assert coded(tuple(SECTION_C[i] for i in order)).alpha.value == pytest.approx(0.743, abs=5e-4)


def test_coders_at_chance_are_called_so() -> None:
    """Annotations made by dice get a verdict and a note in words, and miss every gate."""
    rng = np.random.default_rng(3)
    labels = tuple(Label(x, x) for x in "abc")
    rows = [
        Annotation(f"u{u}", f"c{c}", "d", ("abc"[rng.integers(3)],), article_id=f"a{u // 5}")
        for u in range(300)
        for c in range(3)
    ]
    found = agreement(rows, Codebook("b", "t", "1", (Dimension("d", "?", labels),)))

    assert any("no better than chance" in note for note in found[0].warnings)
    assert "these annotations say nothing" in next(iter(agreement_as_text(found)))
    assert missed_gate(found, 0.8, 0.667)


def test_undefined_is_not_perfect() -> None:
    """One label throughout is 0/0, and one coder is nobody to agree with: both are said."""
    same, alone = coded(("a a a a", "a a a a")), coded(("a b a b",))

    assert same.alpha.value is None
    assert any("0/0" in note for note in same.warnings)
    assert alone.alpha.value is None
    assert any("no unit has two answers" in note for note in alone.warnings)
    assert missed_gate([same], 0.8, None) == ["d: alpha undefined is below 0.8"]


def test_intervals_resample_articles() -> None:
    """Where whole articles go wrong, articles give a wider interval than units."""
    rng = np.random.default_rng(1)
    rows = []
    for article in range(40):
        good = rng.random() < 0.6
        for unit in range(10):
            truth = "ab"[rng.integers(2)]
            other = truth if good else "ab"[rng.integers(2)]
            name = f"{article}-{unit}"
            rows += [
                Annotation(name, c, "d", (x,), article_id=str(article))
                for c, x in (("x", truth), ("y", other))
            ]
    book = Codebook("b", "t", "1", (Dimension("d", "?", (Label("a", "a"), Label("b", "b"))),))
    by_article = agreement(rows, book)[0].alpha
    loose = [Annotation(r.unit_id, r.coder, "d", r.labels) for r in rows]
    by_unit = agreement(loose, book)[0].alpha

    assert by_article.width is not None
    assert by_unit.width is not None
    assert by_article.width > 1.3 * by_unit.width


def test_rounds_and_pairs() -> None:
    """Each round and each pair of coders has its own figures."""
    labels = (Label("a", "a"), Label("b", "b"))
    rows = [
        Annotation(
            f"{name}{u}", coder, "d", ("ab"[u % 2] if ok else "ab"[(u // 2) % 2],), round=name
        )
        for name, good in (("first", False), ("second", True))
        for u in range(12)
        for coder, ok in (("x", True), ("y", good))
    ]
    found = agreement(rows, Codebook("b", "t", "1", (Dimension("d", "?", labels),)), draws=50)[0]

    assert [(r.round, r.n_units) for r in found.rounds] == [("first", 12), ("second", 12)]
    assert found.rounds[1].alpha.value == pytest.approx(1)
    assert found.pairs[0].coders == ("x", "y")
    assert found.pairs[0].alpha.value == pytest.approx(found.alpha.value)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
@pytest.mark.parametrize(
    ("name", "dimension", "printed"),
    [
        ("babe", "bias", ".400"),
        ("babe", "opinion", ".416"),
        ("csta_immigration", "topic", ".64"),
    ],
)
def test_published_data(name: str, dimension: str, printed: str) -> None:
    """Real data give the printed digits, a thousand draws included, in under five seconds."""
    rows, seen = [], set()
    for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for answer in row["annotations"]:
            label = answer["labels"].get(dimension)
            if label is not None:
                seen.add(label)
                article = row["article_id"] or ""
                rows.append(
                    Annotation(
                        row["id"], answer["annotator"], dimension, (label,), article_id=article
                    )
                )
    labels = tuple(Label(label, label) for label in sorted(seen))
    start = time.process_time()
    found = agreement(rows, Codebook("b", "t", "1", (Dimension(dimension, "?", labels),)))[0]

    assert time.process_time() - start < 5
    assert f"{found.alpha.value:.{len(printed) - 1}f}".lstrip("0") == printed


@pytest.mark.parametrize(
    ("n_articles", "shares", "least"),
    [
        (20, [0.7, 0.2, 0.1], 0.92),
        (10, [0.7, 0.2, 0.1], 0.90),
        (20, [0.5, 0.5], 0.92),
        (10, [0.5, 0.5], 0.90),
    ],
)
def test_intervals_hold_alpha_over_few_articles(
    n_articles: int, shares: list[float], least: float
) -> None:
    """Over few articles of 8 sentences, nine and a half of ten intervals hold the true alpha."""
    rng = np.random.default_rng(5)
    k = len(shares)

    def sums(n_articles: int) -> Sums:
        """Let two coders read articles, some of which are harder than others."""
        topics = rng.dirichlet(2 * np.array(shares), n_articles).cumsum(axis=1)
        truth = (rng.random((n_articles, 8, 1)) > topics[:, None, :-1]).sum(axis=2)
        errors = rng.beta(2, 18, (n_articles, 1))
        said = [
            np.where(rng.random(truth.shape) < errors, rng.choice(k, truth.shape, p=shares), truth)
            for _ in range(2)
        ]
        totals = sum(np.stack([(x == j).sum(axis=1) for j in range(k)], axis=1) for x in said)
        observed = 2.0 * (said[0] != said[1]).sum(axis=1)
        return Sums(observed, np.asarray(totals, np.float64), 1 - np.eye(k))

    true = alpha(sums(50_000), draw_groups(50_000, 0, 0)).value
    assert true is not None
    drawn = draw_groups(n_articles, 500, 0)
    found = [alpha(sums(n_articles), drawn).numbers() for _ in range(600)]

    covered = np.mean([low <= true <= high for _, low, high in found])
    assert least <= covered <= 0.98


def test_perfect_agreement_over_few_articles_is_not_certain() -> None:
    """An interval of no width is explained, and one over few articles is called rough."""
    book = Codebook("b", "t", "1", (Dimension("d", "?", (Label("yes", "Yes"), Label("no", "No"))),))
    rows = [
        Annotation(f"u{k}", coder, "d", ("yes" if k % 2 else "no",), article_id=f"a{k // 2}")
        for k in range(20)
        for coder in ("ann", "bo")
    ]
    (found,) = agreement(rows, book)

    assert (found.alpha.low, found.alpha.high) == (1, 1)
    assert any("in other units up to 3 in 20 may differ" in note for note in found.warnings)
    assert any("rests on 10 articles; take it as rough" in note for note in found.warnings)
