"""Corrected regressions: equal to what others compute, right on average, and refused in time."""

import csv
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import sparse

from standfirst.errors import InputError, UnknownNameError
from standfirst.labels.gold.gold import Gold
from standfirst.measure import Tags, outcomes, regression
from standfirst.measure.inputs.tagged import TaggedDimension
from standfirst.measure.regressions.clustered import dependent_column, fit_clustered
from standfirst.tables import write_table

Floats = NDArray[np.float64]

N_UNITS, N_GOLD = 3000, 300
OUTLETS = ("Courier", "Herald", "Post")


def corpus(seed: int) -> tuple[Tags, NDArray[np.bool_], dict[str, pa.Array]]:
    """Make units of articles; the model finds the label less often in the Post than it is there."""
    rng = np.random.default_rng(seed)
    article = np.arange(N_UNITS) // 5
    outlet = rng.integers(0, 3, N_UNITS // 5)[article]
    own = rng.normal(size=N_UNITS // 5)[article]
    lean = rng.normal(size=N_UNITS // 5)[article]
    score = -0.5 + 0.5 * own + 0.4 * lean + np.array([0.0, 0.3, 1.0])[outlet]
    truth = rng.random(N_UNITS) < 1 / (1 + np.exp(-score))
    shown = 2.0 * truth - 1 - 0.8 * (outlet == 2) + rng.normal(size=N_UNITS)
    p = 1 / (1 + np.exp(-1.5 * shown))
    both = np.column_stack([1 - p, p]).astype(np.float32)
    given = np.column_stack([p <= 0.5, p > 0.5])
    one = TaggedDimension("stance", ("neutral", "critique"), False, both, given, True, 0)  # noqa: FBT003
    ids = pa.array([f"u{i}" for i in range(N_UNITS)])
    columns = {
        "outlet": pa.array([OUTLETS[k] for k in outlet]),
        "lean": pa.array(lean),
        "article_id": pa.array([f"a{k}" for k in article]),
    }
    return Tags("tags", ids, {"stance": one}, pa.table(columns), ()), truth, columns


def coded(truth: NDArray[np.bool_], n: int, seed: int) -> list[Gold]:
    """Draw units at random, and say what is true of them."""
    rows = np.random.default_rng(seed).permutation(len(truth))[:n].tolist()
    return [
        Gold(f"u{i}", "stance", ("critique" if truth[i] else "neutral",), "single") for i in rows
    ]


def numbers(seed: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Give a matrix, an outcome that leaves 0 and 1, and clusters."""
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [np.ones(400), rng.integers(0, 2, 400).astype(float), rng.normal(2024, 2, 400)]
    )
    y = 0.3 + 0.1 * x[:, 1] + 0.02 * (x[:, 2] - 2024) + rng.normal(0, 0.5, 400)
    return x, np.asarray(y, np.float64), rng.integers(0, 60, 400)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares_are_those_of_statsmodels(weighted: bool) -> None:  # noqa: FBT001
    """Coefficients and clustered variances agree, with years in thousands, too."""
    models = pytest.importorskip("statsmodels.api")
    x, y, clusters = numbers(1)
    weight = np.random.default_rng(2).uniform(1, 9, len(y)) if weighted else np.ones(len(y))
    made = fit_clustered(sparse.csr_matrix(x), y, clusters, weight=weight)
    other = models.WLS(y, x, weights=weight).fit(cov_type="cluster", cov_kwds={"groups": clusters})

    assert made is not None
    assert made.n_clusters == len(set(clusters.tolist()))
    assert made.values == pytest.approx(other.params, rel=1e-8)
    assert made.errors == pytest.approx(other.bse, rel=1e-8)


@pytest.mark.filterwarnings("ignore")
def test_logit_is_that_of_statsmodels() -> None:
    """The same for log-odds, also of outcomes below 0 and above 1, which its GLM takes."""
    models = pytest.importorskip("statsmodels.api")
    x, y, clusters = numbers(3)
    x[:, 2] -= 2024
    made = fit_clustered(sparse.csr_matrix(x), y, clusters, logit=True)
    other = models.GLM(y, x, family=models.families.Binomial()).fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters}
    )

    assert made is not None
    assert made.values == pytest.approx(other.params, abs=1e-8)
    assert made.errors == pytest.approx(other.bse, abs=1e-8)


def test_a_logit_without_a_solution() -> None:
    """Where a group has all or nothing there are no finite log-odds, and none are given."""
    x = np.column_stack([np.ones(40), np.repeat([0, 1], 20)])
    y = np.concatenate([np.arange(20) % 2, np.ones(20)])

    assert fit_clustered(sparse.csr_matrix(x), y, np.arange(40), logit=True) is None


def test_a_column_that_says_nothing_new() -> None:
    """The first one that is a combination of others is named by its number."""
    x, _, _ = numbers(4)
    doubled = np.column_stack([x, x[:, 1] + 3 * x[:, 0]])

    assert dependent_column(sparse.csr_matrix(x)) is None
    assert dependent_column(sparse.csr_matrix(doubled)) == 3


def test_the_mean_of_outcomes_is_the_corrected_share() -> None:
    """By the definition: mean probability plus mean miss; and all labels together are 1."""
    tags, truth, columns = corpus(5)
    gold = coded(truth, N_GOLD, 6)
    table, _ = outcomes(tags, gold, None, columns=columns)
    p = tags.dimensions["stance"].probabilities[:, 1].astype(float)
    rows = [int(row.unit_id[1:]) for row in gold]
    critique = np.array(table["critique_dsl"])

    assert critique.mean() == pytest.approx(p.mean() + (truth[rows] - p[rows]).mean())
    assert critique + np.array(table["neutral_dsl"]) == pytest.approx(np.ones(N_UNITS), abs=1e-5)
    assert table["stance_dsl"][rows[0]].as_py()[1] == critique[rows[0]]
    assert table.column_names[:4] == ["unit_id", "outlet", "lean", "article_id"]


def test_a_corrected_regression_is_right_where_the_naive_one_is_not() -> None:
    """Over 60 draws of gold the corrected coefficient is the true one on average, and is covered.

    `benchmarks/share_coverage.py` measures it on real data.
    """
    tags, truth, columns = corpus(7)
    x = np.column_stack(
        [
            np.ones(N_UNITS),
            *(np.array(columns["outlet"]) == name for name in OUTLETS[1:]),
        ]
    )
    true = np.linalg.lstsq(x, truth.astype(float), rcond=None)[0]
    values, covered = [], 0
    for seed in range(60):
        made = regression(
            "critique ~ outlet",
            tags,
            coded(truth, N_GOLD, seed),
            None,
            columns,
            clusters=[columns["article_id"]],
        )
        one = made["outlet[Post]"]
        values.append(one.corrected.value)
        covered += one.corrected.low <= true[2] <= one.corrected.high

    assert one.naive is not None
    assert one.naive.high < true[2]
    assert np.mean(values) == pytest.approx(true[2], abs=0.03)
    assert covered / 60 > 0.85
    assert made.n_clusters == N_UNITS // 5
    assert one.detectable == pytest.approx(2.802 * one.corrected.error, rel=1e-3)


def test_all_gold_is_the_truth() -> None:
    """Where every unit is coded, all that remains is the regression of the truth."""
    tags, truth, columns = corpus(8)
    made = regression("critique ~ outlet*lean", tags, coded(truth, N_UNITS, 0), None, columns)

    for one in made.coefficients:
        assert one.gold is not None
        assert one.corrected.value == pytest.approx(one.gold.value, abs=1e-6)
        assert one.corrected.error == pytest.approx(one.gold.error, rel=1e-6)


def test_what_ties_units() -> None:
    """Articles with a near-duplicate are one cluster; units without an article are their own."""
    tags, truth, columns = corpus(9)
    article = columns["article_id"].to_pylist()
    copies = ["c1" if name in ("a0", "a7") else "" for name in article]
    alone = [None if name == "a1" else name for name in article]
    made = regression(
        "critique ~ lean",
        tags,
        coded(truth, N_GOLD, 1),
        None,
        columns,
        clusters=[pa.array(alone), pa.array(copies)],
    )

    # Two of 600 articles are one, and one falls apart into its five units.
    assert made.n_clusters == 600 - 1 - 1 + 5


def test_what_is_refused() -> None:
    """Groups that gold cannot correct, columns that say the same, labels that are not there."""
    tags, truth, columns = corpus(10)
    gold = coded(truth, N_GOLD, 1)
    rare = columns["outlet"].to_pylist()
    rare[:3] = ["Gazette"] * 3
    more = {**columns, "rare": pa.array(rare), "again": columns["outlet"]}
    cases = {
        "critique ~ rare": r"rare\[Gazette\] has \d coded units.*--rule equal --by rare",
        "critique ~ outlet + again": r"again\[Herald\] is a combination of the columns before it",
        "stance ~ outlet": "'stance' is a dimension; name one of its labels: stance=critique",
    }
    for formula, message in cases.items():
        with pytest.raises(InputError, match=message):
            regression(formula, tags, gold, None, more)
    with pytest.raises(UnknownNameError, match="unknown label: 'critic'; did you mean 'critique'"):
        regression("critic ~ outlet", tags, gold, None, more)


def test_coded_units_that_are_all_alike_give_no_interval() -> None:
    """Gold of one label in the first group tells no share of exactly 0, and says so."""
    tags, truth, columns = corpus(2)
    courier = np.array(columns["outlet"]) == "Courier"
    gold = coded(truth & ~courier, N_GOLD, 2)
    made = regression("critique ~ outlet", tags, gold, None, columns)
    intercept, *others = made.coefficients

    assert intercept.gold is None
    assert intercept.corrected.error > 0.001
    assert all(other.gold is not None for other in others)
    assert any("critique by (intercept): all coded units there are alike" in n for n in made.notes)


def test_r_gives_the_same(tmp_path: Path) -> None:
    """R's own least squares on the written outcomes have the coefficients that are printed here."""
    r = shutil.which("Rscript")
    if r is None:
        pytest.skip("R is not installed")
    tags, truth, columns = corpus(11)
    gold = coded(truth, N_GOLD, 2)
    table, _ = outcomes(tags, gold, None, columns=columns)
    write_table(table, tmp_path / "outcomes.csv")
    script = (
        'd <- read.csv("outcomes.csv", fileEncoding = "UTF-8-BOM"); '
        "m <- lm(critique_dsl ~ outlet + lean, data = d); "
        'write.csv(data.frame(value = coef(m)), "coefficients.csv")'
    )
    subprocess.run([r, "-e", script], cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "coefficients.csv").open(encoding="utf-8") as lines:
        by_r: dict[str, Any] = {row[""]: float(row["value"]) for row in csv.DictReader(lines)}
    made = regression("critique ~ outlet + lean", tags, gold, None, columns)

    assert by_r["outletPost"] == pytest.approx(made["outlet[Post]"].corrected.value, abs=1e-8)
    assert by_r["lean"] == pytest.approx(made["lean"].corrected.value, abs=1e-8)
