"""The methods section of a paper, with a study's numbers filled in, and what reviewers ask for.

Only what is known is written. What the authors alone know is marked for them, never left blank.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..estimates.results import Shares
from .contents import Coding, Contents, Model, Round, as_text

__all__ = ["BIBTEX", "Item", "latex", "markdown", "reforms"]

_RULES = {
    "random": "at random",
    "stratified": "at random, in proportion to size from each of {strata}",
    "equal": "at random, equally many from each of {strata}",
    "two-stage": "at random in two stages, {strata} first and then within them",
}
_RESOLVED = {
    "single": "given by one coder",
    "unanimous": "unanimous",
    "majority": "by majority",
    "dawid-skene": "by the model of Dawid and Skene 1979",
    "adjudicated": "by an adjudicator",
}
_SOURCES = {
    "krippendorff": "Krippendorff 2018",
    "dawid": "Dawid and Skene 1979",
    "angelopoulos": "Angelopoulos et al. 2023",
    "zrnic": "Zrnic and Candès 2024",
    "holm": "Holm 1979",
    "sarndal": "Särndal et al. 1992",
    "kapoor": "Kapoor et al. 2024",
}

BIBTEX = """\
@book{krippendorff2018, author = {Krippendorff, Klaus}, title = {Content Analysis: An Introduction
  to Its Methodology}, edition = {4}, publisher = {SAGE}, year = {2018}}
@book{sarndal1992, author = {S{\\"a}rndal, Carl-Erik and Swensson, Bengt and Wretman, Jan},
  title = {Model Assisted Survey Sampling}, publisher = {Springer}, year = {1992}}
@article{dawid1979, author = {Dawid, A. P. and Skene, A. M.}, title = {Maximum Likelihood
  Estimation of Observer Error-Rates Using the {EM} Algorithm}, journal = {Journal of the Royal
  Statistical Society, Series C}, volume = {28}, number = {1}, pages = {20--28}, year = {1979}}
@article{holm1979, author = {Holm, Sture}, title = {A Simple Sequentially Rejective Multiple Test
  Procedure}, journal = {Scandinavian Journal of Statistics}, volume = {6}, number = {2},
  pages = {65--70}, year = {1979}}
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
    text = markdown(contents).translate(_IN_LATEX)
    for key, named in _SOURCES.items():
        text = text.replace(named, f"\\citealp{{{key}{named[-4:]}}}")
    return f"% needs \\usepackage{{natbib}}\n{text}"


_IN_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "%&#_${}"},
        "\\": "\\textbackslash{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        "<": "\\textless{}",
        ">": "\\textgreater{}",
        "|": "\\textbar{}",
        # `\textquotedbl` is not in LaTeX's own encoding of fonts.
        '"': "''",
    }
)


def _sentences(contents: Contents) -> Iterator[str]:
    yield from _corpus(contents)
    yield from (_drawn(contents, drawn) for drawn in contents.rounds)
    if contents.coding is not None:
        yield from _coded(contents, contents.coding)
    if contents.model is not None:
        yield from _trained(contents, contents.model)
    if contents.shares is not None:
        yield from _shares(contents, contents.shares)
    book = contents.codebook
    yield (
        f"All was done with Standfirst {contents.version}; the codebook is {book.id} "
        f"{book.version}, revision {book.revision}."
    )


def _corpus(contents: Contents) -> Iterator[str]:
    corpus = contents.corpus
    when = f" published from {corpus.first} to {corpus.last}" if corpus.first else ""
    if corpus.first and corpus.first == corpus.last:
        when = f" published on {corpus.first}"
    outlets = f" of {_number(corpus.n_outlets, 'outlet')}" if corpus.n_outlets else ""
    yield (
        f"We measured {_listed([dimension.id for dimension in contents.codebook.dimensions])} in "
        f"{_number(corpus.n_articles, 'article')}{outlets}{when}, cut into "
        f"{_number(corpus.n_units, corpus.unit)}."
    )
    if corpus.n_left_out:
        verb = "was" if corpus.n_left_out == 1 else "were"
        yield (
            f"{_number(corpus.n_left_out, 'further article')} {verb} left out, in other languages "
            "or copies of others."
        )


def _drawn(contents: Contents, drawn: Round) -> str:
    test = drawn.part == "test"
    strata = _number(drawn.n_strata, "block of articles" if test else "stratum")
    how = _RULES.get(drawn.rule, f"at random, with probabilities set by the rule {drawn.rule}")
    if drawn.rule in ("stratified", "equal") and drawn.n_strata < 2:
        how = _RULES["random"]
    mix = "" if drawn.mix is None else f", {100 * drawn.mix:g} % of them with equal probabilities"
    part = "As a test part, which no model learned from," if test else "For coding"
    return (
        f"{part} we drew {drawn.n_drawn:,} of {_number(drawn.n_pool, contents.corpus.unit)} "
        f"{how.format(strata=strata)}{mix} (round {drawn.name}, seed {drawn.seed})."
    )


def _coded(contents: Contents, coding: Coding) -> Iterator[str]:
    blind = (
        f"{coding.n_suggested:,} of them with a model's suggestion in view"
        if coding.n_suggested
        else "without any suggestion in view"
    )
    twice = f"{coding.n_twice:,} of them were" if coding.n_twice else "none of them was"
    yield (
        f"{_number(coding.n_coders, 'coder')} answered "
        f"{_number(coding.n_units, contents.corpus.unit)}, {blind}; {twice} answered by two or "
        "more."
    )
    alphas = [
        f"{agreement.dimension} {agreement.alpha} ({agreement.n_units:,} units)"
        for agreement in contents.agreement
        if agreement.alpha.value is not None
    ]
    if alphas:
        yield (
            "Agreement by Krippendorff's alpha, with 95 % intervals that resample articles, was "
            f"{'; '.join(alphas)} {_cite('krippendorff')}."
        )
    n_gold = sum(coding.gold.values())
    if n_gold:
        rules = ", ".join(
            f"{n:,} {_RESOLVED.get(name, f'by {name}')}" for name, n in coding.rules.items()
        )
        n_open = coding.n_answers - n_gold
        still = f"; {n_open:,} stayed open" if n_open > 0 else ""
        yield f"This gave {n_gold:,} answers, one a unit and question: {rules}{still}."


def _trained(contents: Contents, model: Model) -> Iterator[str]:
    unit = contents.corpus.unit
    yield (
        f"A classifier (features: {model.encoder}; one linear head a question, with calibrated "
        f"probabilities) was trained on {_number(model.n_rows, f'coded {unit}')} of "
        f"{_number(model.n_groups, model.grouped_by)}."
    )
    scores = [
        f"{name} {score['macro_f1']:.2f} "
        f"[{score['macro_f1_low']:.2f}, {score['macro_f1_high']:.2f}] ({score['n']:,} units)"
        for name, score in model.scores.items()
        if "macro_f1_low" in score
    ]
    if scores:
        yield (
            f"On units held out by {model.grouped_by} in {model.n_folds} folds its macro-F1 was "
            f"{'; '.join(scores)}."
        )


def _shares(contents: Contents, made: Shares) -> Iterator[str]:
    unit = contents.corpus.unit
    trusted = "; ".join(
        f"{shares.dimension} {shares.lam:.2f}"
        for shares in made.dimensions
        if shares.lam is not None
    )
    rest = "; ".join(
        f"{shares.dimension} {shares.n_gold:,}"
        + ("" if shares.worth is None else f" (as precise as {shares.worth:,.0f} without a model)")
        for shares in made.dimensions
    )
    tagged = "" if contents.model is not None else " by a model that is not in the study"
    yield (
        f"Shares of labels in all {_number(made.dimensions[0].n_units, unit)}, which were tagged"
        f"{tagged}, were estimated by the difference estimator: the mean probability of all, times "
        f"a factor that the coded ones set (from 0 to 1: {trusted}), plus the design-weighted mean "
        f"of what that misses on the coded ones ({_SOURCES['sarndal']}; "
        f"{_SOURCES['angelopoulos']})."
    )
    yield (
        f"No probability of a coded {unit} came from a model that had learned from it "
        f"{_cite('zrnic')}; the intervals are of Wilson's form, with {100 * made.level:g} % "
        f"coverage; coded units: {rest}."
    )
    if contents.coding is not None and contents.coding.n_suggested:
        yield "Answers with a suggestion in view correct no share."
    n_gaps = sum(len(cell.differences) for cell in contents.cells.values())
    if n_gaps:
        against = next(g.against for c in contents.cells.values() for g in c.differences)
        yield (
            f"Shares of outlets were compared with those of {against} in "
            f"{_number(n_gaps, 'comparison')}, with p-values after {_SOURCES['holm']} within each "
            "question."
        )


def _cite(key: str) -> str:
    return f"({_SOURCES[key]})"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _number(n: int, noun: str) -> str:
    if n == 1:
        return f"1 {noun}"
    plurals = {"stratum": "strata", "block of articles": "blocks of articles"}
    return f"{n:,} {plurals.get(noun, f'{noun}s')}"


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
        versions = ", ".join(
            f"{name} {version}" for name, version in contents.model.versions.items()
        )
        yield "2c", versions
    yield "2e", f"{len(contents.files)} files with the SHA-256 that this page lists"
    if corpus.outlets:
        n_more = corpus.n_outlets - len(corpus.outlets)
        more = f", and {_number(n_more, 'other outlet')}" if n_more > 0 else ""
        yield "3a", ", ".join(f"{name} ({n:,} articles)" for name, n in corpus.outlets) + more
    yield "3b", frame
    asked = "; ".join(f"{dimension.id}: {dimension.question}" for dimension in book.dimensions)
    yield "3d", asked
    coded = "" if contents.coding is None else f"; {contents.coding.n_units:,} coded"
    yield "3e", frame + coded
    if contents.shares is not None:
        gaps = [note for note in contents.shares.notes if "no gold" in note]
        yield "3f", "; ".join(gaps) or "every drawn unit has an answer or at most 5 % have none"
        yield "3g", "coded units were drawn from all units with known probabilities"
    yield "4a", f"{corpus.n_left_out:,} further articles, in other languages or copies of others"
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
        f"{quality.dimension} {as_text(quality.macro_f1, share=False)}"
        for quality in contents.quality
    )
    yield "7a", f"macro-F1, precision, recall, calibration error ({scores})"
    yield "7b", "95 % intervals that resample articles; for shares, by the design"
