"""The methods section of a paper, with a study's numbers filled in, and what reviewers ask for.

Only what is known is written. What the authors alone know is marked for them, never left blank.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .contents import Contents, as_text

__all__ = ["BIBTEX", "Item", "latex", "markdown", "reforms"]

_RULES = {
    "random": "a simple random sample",
    "stratified": "a random sample, stratified in proportion to size",
    "equal": "a random sample of equal size from each stratum",
    "two-stage": "random units of randomly drawn blocks of articles",
}
_SOURCES = {
    "krippendorff": "Krippendorff 2018",
    "angelopoulos": "Angelopoulos et al. 2023",
    "zrnic": "Zrnic and Candès 2024",
    "tenenbein": "Tenenbein 1970",
    "sarndal": "Särndal et al. 1992",
    "kapoor": "Kapoor et al. 2024",
}

BIBTEX = """\
@book{krippendorff2018, author = {Krippendorff, Klaus}, title = {Content Analysis: An Introduction
  to Its Methodology}, edition = {4}, publisher = {SAGE}, year = {2018}}
@book{sarndal1992, author = {S{\\"a}rndal, Carl-Erik and Swensson, Bengt and Wretman, Jan},
  title = {Model Assisted Survey Sampling}, publisher = {Springer}, year = {1992}}
@article{tenenbein1970, author = {Tenenbein, Aaron}, title = {A Double Sampling Scheme for
  Estimating from Binomial Data with Misclassifications}, journal = {Journal of the American
  Statistical Association}, volume = {65}, number = {331}, pages = {1350--1361}, year = {1970}}
@article{angelopoulos2023, author = {Angelopoulos, Anastasios N. and Bates, Stephen and
  Fannjiang, Clara and Jordan, Michael I. and Zrnic, Tijana}, title = {Prediction-Powered
  Inference}, journal = {Science}, volume = {382}, pages = {669--674}, year = {2023}}
@article{zrnic2024, author = {Zrnic, Tijana and Cand{\\`e}s, Emmanuel J.}, title =
  {Cross-Prediction-Powered Inference}, journal = {Proceedings of the National Academy of
  Sciences}, volume = {121}, year = {2024}}
@article{kapoor2024, author = {Kapoor, Sayash and others}, title = {{REFORMS}: Consensus-Based
  Recommendations for Machine-Learning-Based Science}, journal = {Science Advances}, volume = {10},
  year = {2024}}
"""
"""The sources of the methods paragraph."""


def markdown(contents: Contents) -> str:
    """Write the methods paragraph in Markdown."""
    return " ".join(_sentences(contents))


def latex(contents: Contents) -> str:
    """Write the methods paragraph in LaTeX, with citations by the keys of `BIBTEX`."""
    text = markdown(contents)
    for plain, quoted in (
        ("\\", "\\textbackslash{}"), ("%", "\\%"), ("&", "\\&"), ("#", "\\#"), ("_", "\\_"),
        ("$", "\\$"), ("{", "\\{"), ("}", "\\}"), ("~", "\\textasciitilde{}"),
        ("^", "\\textasciicircum{}"),
    ):  # fmt: skip
        text = text.replace(plain, quoted)
    text = text.replace("\\textbackslash\\{\\}", "\\textbackslash{}")
    for key, named in _SOURCES.items():
        text = text.replace(named, f"\\citealp{{{key}{named[-4:]}}}")
    return text


def _sentences(contents: Contents) -> Iterator[str]:
    corpus, book = contents.corpus, contents.codebook
    when = f" published from {corpus.first} to {corpus.last}" if corpus.first else ""
    n_outlets = len(corpus.outlets)
    outlets = f" of {_number(n_outlets, 'outlet')}" if n_outlets else ""
    yield (
        f"We measured in {_number(corpus.n_articles, 'article')}{outlets}{when}, cut into "
        f"{_number(corpus.n_units, corpus.unit)}."
    )
    for one in contents.rounds:
        rule = _RULES.get(
            one.rule, f"a random sample with probabilities set by the rule {one.rule}"
        )
        strata = f" ({_number(one.n_strata, 'stratum')})" if one.n_strata > 1 else ""
        part = "As a test part that no model learned from" if one.part == "test" else "For coding"
        yield (
            f"{part} we drew {rule} of {_number(one.n_drawn, corpus.unit)} out of "
            f"{one.n_pool:,}{strata} (round {one.name}, seed {one.seed})."
        )
    if contents.coding is not None:
        yield from _coded(contents)
    if contents.model is not None:
        yield from _trained(contents)
    if contents.shares is not None:
        yield from _shares(contents)
    yield (
        f"All was done with Standfirst {contents.version}; the codebook is {book.id} "
        f"{book.version}, revision {book.revision}."
    )


def _coded(contents: Contents) -> Iterator[str]:
    coding = contents.coding
    if coding is None:
        return
    unit = contents.corpus.unit
    blind = (
        "without any suggestion in view"
        if not coding.n_suggested
        else f"{coding.n_suggested:,} of them with a model's suggestion in view"
    )
    yield (
        f"{_number(coding.n_coders, 'coder')} answered {_number(coding.n_units, unit)}, {blind}; "
        f"{coding.n_twice:,} were coded by two or more independently."
    )
    alphas = [
        f"{one.dimension} {one.alpha} ({one.n_units:,} units)"
        for one in contents.agreement
        if one.alpha.value is not None
    ]
    if alphas:
        yield (
            "Agreement by Krippendorff's alpha, with 95 % intervals that resample articles, was "
            f"{'; '.join(alphas)} {_cite('krippendorff')}."
        )
    if coding.rules:
        rules = ", ".join(f"{name} {n:,}" for name, n in coding.rules.items())
        yield f"Answers were resolved to one a unit and question ({rules})."


def _trained(contents: Contents) -> Iterator[str]:
    model = contents.model
    if model is None:
        return
    yield (
        f"A classifier (features: {model.encoder}; one linear head a question, with calibrated "
        f"probabilities) was trained on {model.n_rows:,} coded units of "
        f"{_number(model.n_groups, model.grouped_by)}."
    )
    scores = [
        f"{name} {one['macro_f1']:.2f} [{one['macro_f1_low']:.2f}, {one['macro_f1_high']:.2f}] "
        f"({one['n']:,} units)"
        for name, one in model.scores.items()
        if "macro_f1_low" in one
    ]
    if scores:
        yield (
            f"On units held out by {model.grouped_by} in {model.n_folds} folds its macro-F1 was "
            f"{'; '.join(scores)}."
        )


def _shares(contents: Contents) -> Iterator[str]:
    made = contents.shares
    if made is None:
        return
    worth = [
        f"{one.dimension} {one.n_gold:,} (worth {one.worth:,.0f} without a model)"
        for one in made.dimensions
        if one.worth is not None
    ]
    level = f"{100 * made.level:g} %"
    yield (
        "Shares of labels were estimated by the difference estimator, that is, the mean "
        "probability of all tagged units plus the design-weighted mean error on coded units "
        f"({_cite('sarndal')[1:-1]}; {_cite('angelopoulos')[1:-1]}), where no unit's probability "
        "came from a model that had "
        f"learned from it {_cite('zrnic')}, with {level} intervals of Wilson's form; "
        f"coded units: {'; '.join(worth) or 'see the table'}."
    )


def _cite(key: str) -> str:
    return f"({_SOURCES[key]})"


def _number(n: int, noun: str) -> str:
    if n == 1:
        return f"1 {noun}"
    plural = {"stratum": "strata", "same text": "same texts"}.get(noun, f"{noun}s")
    return f"{n:,} {plural}"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist REFORMS."""

    number: str
    """Module and letter, such as ``3b``."""
    asks: str
    """What is asked for, in short."""
    answer: str
    """What the study's files say; empty where only its authors can say it."""


def reforms(contents: Contents) -> list[Item]:
    """Fill in the 32 items of REFORMS (Kapoor et al. 2024) as far as the study's files know."""
    known = dict(_answers(contents))
    return [Item(number, asks, known.get(number, "")) for number, asks in _ITEMS.items()]


_ITEMS: Mapping[str, str] = {
    "1a": "population the claim is about",
    "1b": "why this population",
    "1c": "why machine learning",
    "2a": "data that others can get",
    "2b": "code that others can get",
    "2c": "computing environment",
    "2d": "documentation of data and code",
    "2e": "how to reproduce the results",
    "3a": "source of the data",
    "3b": "sampling frame",
    "3c": "why the data suit the question",
    "3d": "outcome variable",
    "3e": "number of units",
    "3f": "missing data",
    "3g": "how far the sample stands for the population",
    "4a": "what was left out",
    "4b": "impossible or damaged records",
    "4c": "how data were transformed",
    "5a": "models",
    "5b": "why these models",
    "5c": "how performance was evaluated",
    "5d": "how the model was selected",
    "5e": "settings",
    "5f": "baselines",
    "6a": "separation of training and test",
    "6b": "dependence and duplicates between them",
    "6c": "whether the features may be used",
    "7a": "measures of performance",
    "7b": "uncertainty",
    "7c": "statistical tests",
    "8a": "evidence of validity elsewhere",
    "8b": "where the findings should not hold",
}


def _answers(contents: Contents) -> Iterator[tuple[str, str]]:
    corpus, book = contents.corpus, contents.codebook
    frame = f"{corpus.n_units:,} units ({corpus.unit}) of {corpus.n_articles:,} articles"
    yield "2b", f"Standfirst {contents.version}"
    if contents.model is not None:
        versions = ", ".join(f"{name} {one}" for name, one in contents.model.versions.items())
        yield "2c", versions
    yield "2e", f"{len(contents.files)} files with the SHA-256 that this page lists"
    if corpus.outlets:
        yield "3a", ", ".join(f"{name} ({n:,} articles)" for name, n in corpus.outlets)
    yield "3b", frame
    asked = "; ".join(f"{one.id}: {one.question}" for one in book.dimensions)
    yield "3d", asked
    coded = "" if contents.coding is None else f"; {contents.coding.n_units:,} coded"
    yield "3e", frame + coded
    if contents.shares is not None:
        gaps = [note for note in contents.shares.notes if "no gold" in note]
        yield "3f", "; ".join(gaps) or "every drawn unit has an answer or at most 5 % have none"
        yield "3g", "coded units were drawn from all units with known probabilities"
    yield "4a", f"{corpus.n_left_out:,} articles set aside (other languages, or copies)"
    yield "4c", f"articles were cut into units ({corpus.unit}); debris of web pages was taken out"
    if contents.model is None:
        return
    model = contents.model
    yield "5a", f"linear heads on {model.encoder}"
    yield "5c", f"{model.n_folds} folds, grouped by {model.grouped_by}"
    yield "5d", "features, penalty and rules chosen inside the training side of each fold"
    yield "5e", f"seed {model.seed}; the model's card lists the rest"
    yield "5f", "the most frequent label, and chance by shares, stand in the model's card"
    yield "6a", "no unit is scored, or corrects a share, by a model that learned from it"
    yield "6b", f"units of one {model.grouped_by}, and equal texts, stay on one side of a fold"
    yield "6c", "the text, and what stands around it in the article"
    scores = "; ".join(
        f"{one.dimension} {as_text(one.macro_f1, share=False)}" for one in contents.quality
    )
    yield "7a", f"macro-F1, precision, recall, calibration error ({scores})"
    yield "7b", "95 % intervals that resample articles; for shares, by the design"
