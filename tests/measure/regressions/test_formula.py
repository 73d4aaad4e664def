"""Formulas, and the matrices that they make."""

import numpy as np
import pyarrow as pa
import pytest

from standfirst.errors import InputError, UnknownNameError
from standfirst.measure.regressions.formula import Factor, parse_formula
from standfirst.measure.regressions.predictors import predictors


def test_what_is_read() -> None:
    """A star stands for both columns and their product, and nothing is there twice."""
    made = parse_formula("stance=critique ~ outlet*`word count` + outlet + C(page)")

    outlet, count = Factor("outlet"), Factor("word count")
    assert made.outcome == "stance=critique"
    assert made.terms == (
        (outlet,),
        (count,),
        (outlet, count),
        (Factor("page", categorical=True),),
    )
    assert made.columns == ["outlet", "word count", "page"]


@pytest.mark.parametrize(
    "text",
    [
        "critique",
        "critique ~",
        "~ outlet",
        "critique ~ outlet ~ month",
        "critique ~ outlet +",
        "critique ~ log(outlet)",
        "critique ~ C(outlet",
        "critique ~ outlet month",
        'critique ~ {__import__("os").getcwd()}',
        "critique ~ outlet - 1",
    ],
)
def test_what_is_no_formula(text: str) -> None:
    """One line says what a formula looks like, and nothing is evaluated."""
    with pytest.raises(InputError, match="critique ~ outlet"):
        parse_formula(text)


def test_a_product_needs_its_parts() -> None:
    """Without them its coefficient would depend on which group happens to be the first."""
    with pytest.raises(InputError, match="outlet:month without month by itself; write outlet"):
        parse_formula("critique ~ outlet + outlet:month")


def test_the_matrix() -> None:
    """Texts are groups, numbers are numbers unless C() says else, and products are products."""
    columns = {
        "outlet": pa.array(["b", "a", "b", "", "c"]),
        "page": pa.array([10, 9, 10, 9, 9]),
    }
    numbers = predictors(parse_formula("x ~ outlet*page"), columns, 5)
    groups = predictors(parse_formula("x ~ C(page)"), columns, 5)

    assert numbers.kept.tolist() == [True, True, True, False, True]
    assert numbers.names == (
        "(intercept)",
        "outlet[b]",
        "outlet[c]",
        "page",
        "outlet[b]:page",
        "outlet[c]:page",
    )
    assert numbers.matrix.toarray().tolist() == [
        [1, 1, 0, 10, 10, 0],
        [1, 0, 0, 9, 0, 0],
        [1, 1, 0, 10, 10, 0],
        [1, 0, 1, 9, 0, 9],
    ]
    assert groups.names == ("(intercept)", "page[10]")
    assert np.flatnonzero(groups.first["page[9]"]).tolist() == [1, 3, 4]


def test_columns_of_no_use() -> None:
    """What is not there, or says nothing, is named."""
    columns = {"outlet": pa.array(["a", "a"]), "page": pa.array([1, 1])}
    with pytest.raises(UnknownNameError, match="unknown column: 'outlt'; did you mean 'outlet'"):
        predictors(parse_formula("x ~ outlt"), columns, 2)
    with pytest.raises(InputError, match="outlet has one group only"):
        predictors(parse_formula("x ~ outlet"), columns, 2)
    with pytest.raises(InputError, match="page has one value only"):
        predictors(parse_formula("x ~ page"), columns, 2)
