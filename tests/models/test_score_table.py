"""How a model and the report of its training show themselves, on a console and in a notebook."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from standfirst.models import Model, Report


def test_a_dozen_lines(report: Report) -> None:
    """Both say in a few lines what they rest on, each score with its interval, n and chance."""
    shown = {str(report), str(report.model)}

    for text in shown:
        assert len(text.splitlines()) <= 12
        assert "article_id" in text
        for one in report.dimensions:
            score = one.score
            interval = f"{score.macro_f1:.3f}  [{score.low:.3f}, {score.high:.3f}]"
            line = next(row for row in text.splitlines() if row.startswith(one.dimension))
            assert interval in line
            assert f"{score.chance:.3f}" in line
            assert line.split()[-2:] == [str(score.n), str(score.n_groups)]


@pytest.mark.parametrize("kind", ["report", "model"])
def test_a_notebook_shows_a_picture(report: Report, kind: str) -> None:
    """The scores are drawn, with chance beside them; texts of the data stay text."""
    scores: Any = report.model.metrics["dimensions"]
    evil: Any = {name: {**one, "warnings": ["<script>1</script>"]} for name, one in scores.items()}
    model = replace(report.model, metrics={"dimensions": evil})
    shown: Report | Model = report if kind == "report" else model
    root = html.fromstring(f"<div>{shown._repr_html_()}</div>")

    n = len(report.dimensions)
    assert len(root.xpath(".//svg//g[contains(@class, 'corrected')]")) == n
    assert len(root.xpath(".//svg//g[contains(@class, 'count')]")) == n
    assert len(root.xpath(".//table//tr")) == n + 1
    assert not root.xpath(".//script")


def test_what_has_no_scores(report: Report) -> None:
    """A model that was never scored says what it is, and draws nothing."""
    model: Model = replace(report.model, metrics={})

    assert model.codebook.revision in str(model)
    assert "macro-F1" not in str(model)
    assert "<svg" not in model._repr_html_()
