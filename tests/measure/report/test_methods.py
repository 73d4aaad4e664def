"""The methods paragraph: what is known is in it, what is not is neither blank nor made up."""

import re
from dataclasses import replace

import pytest

from standfirst.labels import Codebook
from standfirst.measure.estimates.results import DimensionShares, Estimate, LabelShares, Shares
from standfirst.measure.report.contents import Coding, Contents, Corpus, Model, Round
from standfirst.measure.report.methods import BIBTEX, latex, markdown, reforms

SIGNS = ("backslash", "asciitilde", "asciicircum", "less", "greater", "bar")


@pytest.fixture
def contents(codebook: Codebook) -> Contents:
    """Make what a report of an invented study says."""
    share = Estimate(0.2, 0.15, 0.26)
    labels = (LabelShares("rights_critique", Estimate(0.3), share, share, share, share),)
    return Contents(
        title="Ships & deals",
        codebook=codebook,
        corpus=Corpus(
            120, 2400, "sentence", (("Post_1", 70), ("News", 50)), 2,
            "2026-01-01", "2026-02-28", ("en",),
        ),
        rounds=(
            Round("test", "test", "two-stage", 100, 2400, 30, 7, None),
            Round("1", "coding", "precise", 200, 2300, 1, 7, 0.2),
        ),
        coding=Coding(290, 90, 3, 0, 300, {"stance": 290}, {"majority": 80, "single": 210}),
        model=Model(
            "deals", "0123456789ab", "minilm", 200, 80, "article", 5, 7,
            {"stance": {"n": 200, "macro_f1": 0.71, "macro_f1_low": 0.66, "macro_f1_high": 0.76}},
            {"python": "3.11"},
        ),
        shares=Shares((DimensionShares("stance", 2400, 290, labels, 410.0, 0.9),)),
        version="1.2",
    )  # fmt: skip


def test_the_paragraph_tells_the_whole_way(contents: Contents) -> None:
    """Sampled, coded, trained, held out, corrected: each with its number, and no blank."""
    text = markdown(contents)

    for fact in (
        "120 articles of 2 outlets", "cut into 2,400 sentences",
        "which no model learned from, we drew 100 of 2,400 sentences", "30 blocks of articles",
        "200 of 2,300 sentences", "the rule precise, 20 % of them with equal probabilities",
        "3 coders answered 290 sentences", "90 of them were answered by two or more",
        "290 answers, one a unit and question: 80 by majority, 210 given by one coder; 10 stayed",
        "200 coded sentences of 80 articles", "0.71 [0.66, 0.76] (200 units)",
        "in all 2,400 sentences", "stance 0.90", "stance 290 (as precise as 410 without a model)",
        "Standfirst 1.2",
    ):  # fmt: skip
        assert fact in text
    assert not re.search(r"None|nan|\(\)|\?\?|  ", text)


def test_latex_cites_what_bibtex_has(contents: Contents) -> None:
    """Every key stands in the sources, and signs of the text do not become commands."""
    evil = 'r_1 100% & #2 {a} \\input{b} $x$ ~^ <|> "'
    rounds = (replace(contents.rounds[0], name=evil), contents.rounds[1])
    text = latex(replace(contents, rounds=rounds))
    _, _, body = text.partition("\n")
    keys = re.findall(r"\\citealp\{(\w+)\}", body)
    commands = set(re.findall(r"\\([a-z]+)", body))

    assert keys
    assert all(f"{{{key}," in BIBTEX for key in keys)
    assert BIBTEX.count("{") == BIBTEX.count("}")
    assert not re.search(r'(?<!\\)[%&#_$~^]|"', body)
    assert commands == {"citealp", *(f"text{name}" for name in SIGNS)}
    assert body.count("{") == body.count("}")


def test_the_checklist_has_32_items(contents: Contents) -> None:
    """What the files know is filled in; what only authors know is left to them."""
    items = {one.number: one for one in reforms(contents)}
    bare = {one.number: one for one in reforms(replace(contents, model=None, shares=None))}

    assert len(items) == 32
    assert "2,400 units (sentence) of 120 articles" in items["3b"].answer
    assert not items["1b"].answer
    assert not bare["5a"].answer
