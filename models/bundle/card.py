"""The model card: what a reader of a study must know of its classifier, in Markdown and as a page.

The questions are those of REFORMS that a trained model can answer itself; for what only its makers
know, it says that the answer is missing.

References
----------
Mitchell, M. et al. (2019). Model Cards for Model Reporting. FAT*. Kapoor, S. et al. (2024).
REFORMS: Consensus-based Recommendations for Machine-learning-based Science. Science Advances 10.
"""

from collections.abc import Mapping

from ...labels.codebook.codebook import Dimension
from ...labels.codebook.markdown import as_code, as_text
from ...look.page import page
from ..about import About
from ..metrics import DimensionMetrics, DistilledMetrics, ScoreMetrics
from ..predictor import Predictor

__all__ = ["card_page", "write_card"]

_OPEN = "not known to the model; its makers should add it here"


def write_card(model: Predictor) -> str:
    """Write the card of a model in Markdown, from what it knows of itself."""
    about, codebook = model.about, model.codebook
    version = f"version {as_text(codebook.version)}, revision {codebook.revision}"
    lines = [
        f"# Model: {as_text(codebook.title)}",
        "",
        f"Codebook {as_code(codebook.id)} ({version}).",
        f"Unit: {codebook.unit}; {_languages(model)}.",
        f"Encoder: `{model.encoder_name}`, with one linear head a dimension{_device(about)}.",
        *_choice(model),
        *_tuned(model),
    ]
    dimensions = model.metrics.get("dimensions", {})
    if about.prototype:
        lines += [
            "",
            "Made out of the codebook's definitions: it ranks units for coding, and is no",
        ]
        lines += ["measurement. `tag` and `evaluate` refuse it.", ""]
        return "\n".join(lines)
    if "distilled" in model.metrics:
        lines += _distilled(model.metrics["distilled"], about)
    else:
        lines += _scores(dimensions)
    lines += [
        "",
        "## Answers for reviewers (REFORMS)",
        "",
        f"- **What is measured**: {'; '.join(map(_question, model.dimensions))}.",
        f"- **Population and sampling of articles**: {_OPEN}.",
        (
            f"- **Labelled data**: {about.n_rows} rows in {about.n_groups} groups "
            f"(by {about.grouped_by}); SHA-256 `{about.data}`.{_weak(about)}"
        ),
        *_codebook_taught(about),
        *_other_tasks(about),
        f"- **Who labelled, and how well they agree**: {_OPEN} (`standfirst annotate agreement`).",
        (
            f"- **Leakage**: rows of one group, or with the same text, never stand on both sides "
            f"of a fold; {_leak(dimensions)}."
        ),
        (
            "- **Selection**: encoder, context, penalty, calibration and rules are chosen in "
            "the training side of each fold, so that the scores are of rows that took no part."
        ),
        (
            f"- **Settings**: head {about.head}, goal {about.goal}, "
            f"{about.n_folds} folds, seed {about.seed}"
            f"{_chosen(about)}. Same data, seed and versions: same files, to the byte."
        ),
        "- **Uncertainty**: intervals are 95 % bootstrap over groups.",
        f"- **Baseline**: {_baseline(dimensions)}.",
        "- **Limits**: other outlets, topics, languages or years than those of training were not",
        "  tested: code a random sample and run `standfirst evaluate`.",
        "",
        "## Use",
        "",
        "The model gives the answers that coders with this codebook would give, as far as the",
        "scores above go, on texts like those of training. A share of tags is not yet a share of",
        "the labels: it must be corrected for the errors above. It was not made to judge persons",
        "or single articles.",
        "",
    ]
    return "\n".join(lines)


def card_page(card: str, title: str) -> str:
    r"""Write a card as an HTML page that says the same; markup in its texts stays text.

    Parameters
    ----------
    card
        The card in Markdown.
    title
        The title of the page, as plain text.

    Examples
    --------
    >>> made = card_page("# Tone\n\n| n |\n|---|\n| 1 <b> |", "Tone")
    >>> "<h1>Tone</h1>" in made, "<td>1 &lt;b&gt;</td>" in made
    (True, True)
    """
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    # A wide table scrolls by itself on a phone, also by keyboard.
    markdown.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return page(title, markdown.render(card).strip())


def _languages(model: Predictor) -> str:
    """Tell the languages as they were found in the texts, or else that of the codebook."""
    if model.about.languages:
        return f"texts in {', '.join(model.about.languages)}, as detected"
    return f"in {model.codebook.language}, as the codebook says"


def _question(dimension: Dimension) -> str:
    kind = "any number" if dimension.choice == "multiple" else "one"
    labels = ", ".join(map(as_text, dimension.label_ids))
    return f"{as_code(dimension.id)} ({as_text(dimension.question)} {kind} of {labels})"


def _leak(dimensions: Mapping[str, DimensionMetrics]) -> str:
    gaps = {
        k: dimension["leak_gap"]
        for k, dimension in dimensions.items()
        if dimension.get("leak_gap") is not None
    }
    gaps_text = ", ".join(f"{gap:+.3f} on {as_text(name)}" for name, gap in gaps.items())
    return (
        f"folds that ignore it would have shown {gaps_text}"
        if gaps_text
        else "the gap was not measured"
    )


def _weak(about: About) -> str:
    if not about.weak:
        return ""
    return (
        f" Taught as well by {about.weak['n_rows']} units that the language model "
        f"{about.weak['coder']} labelled, each of weight {about.weak['weight']:g} beside 1; all "
        "scores are on people's answers alone."
    )


def _other_tasks(about: About) -> list[str]:
    """Say which public sets had a part in it."""
    if not about.other_tasks:
        return []
    sets = ", ".join(map(as_text, about.other_tasks))
    return [f"- **Other tasks**: questions of public sets told what may matter ({sets})."]


def _codebook_taught(about: About) -> list[str]:
    """Say where the codebook's own words were learned from, too."""
    shares = (about.codebook_taught or {}).items()
    named = ", ".join(f"{as_text(name)} {share:.0%}" for name, share in shares)
    if not named:
        return []
    return [
        (
            "- **Codebook**: its definitions, cases and examples taught, too, as "
            f"far as held-out rows gained; share of the classifier that saw them: {named}."
        )
    ]


def _chosen(about: About) -> str:
    return f"; chosen: {about.chosen}" if about.chosen else ""


def _baseline(dimensions: Mapping[str, DimensionMetrics]) -> str:
    scores = [
        f"{dimension['baseline_macro_f1']:.3f} on {as_text(name)}"
        for name, dimension in dimensions.items()
        if "baseline_macro_f1" in dimension
    ]
    if not scores:
        return "not measured here; see the other model's card"
    return f"always the most frequent label gives macro-F1 {', '.join(scores)}"


def _scores(dimensions: Mapping[str, DimensionMetrics]) -> list[str]:
    lines = [
        "",
        "## Held-out scores",
        "",
        "| dimension | n | groups | folds | macro-F1 | interval | most frequent label | leak gap |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in dimensions.items():
        gap = "-" if result["leak_gap"] is None else f"{result['leak_gap']:+.3f}"
        f1, low, high = (result[key] for key in ("macro_f1", "macro_f1_low", "macro_f1_high"))
        counts = f"{result['n']} | {result['n_groups']} | {result['n_folds']}"
        scores = f"{f1:.3f} | {low:.3f} to {high:.3f} | {result['baseline_macro_f1']:.3f}"
        lines.append(f"| {as_text(name)} | {counts} | {scores} | {gap} |")
    for name, result in dimensions.items():
        lines += ["", f"### {as_text(name)}", "", *_labels(result), ""]
        error = result["calibration_error"]
        lines.append(f"Calibration error of the held-out probabilities: {error:.3f}.")
        if result["weighted_decision"]:
            lines.append(
                "Rare labels are given from a lower probability on, because that raised macro-F1."
            )
        lines += [f"Note: {warning}." for warning in result["warnings"]]
    return lines


def _labels(result: ScoreMetrics) -> list[str]:
    rows = [
        f"| {as_text(label)} | {own['precision']:.3f} | {own['recall']:.3f} | {own['f1']:.3f} "
        f"| {own['support']} |"
        for label, own in result["labels"].items()
    ]
    return ["| label | precision | recall | F1 | n |", "|---|---|---|---|---|", *rows]


def _distilled(metrics: DistilledMetrics, about: About) -> list[str]:
    """Say what a student learned from, and what it lost."""
    teacher = (about.teacher or {}).get("encoder", "?")
    lines = [
        "",
        "## Learned from another model",
        "",
        (
            f"It learned the probabilities that a model with the encoder `{teacher}` gave to "
            f"{about.n_pool} unlabelled"
        ),
        "texts; the data below are those of that model. No text of the gold, and none of its",
        "articles, was among them.",
        "",
        "| dimension | same answer as the teacher | teacher on gold | student on gold | kept |",
        "|---|---|---|---|---|",
    ]
    for name, result in metrics["dimensions"].items():
        cells = [as_text(name), f"{result['agreement_with_teacher']:.1%}", "-", "-", "-"]
        if "kept" in result:
            cells[2:] = [
                _interval(result["teacher"]),
                _interval(result["student"]),
                f"{result['kept']:.1%}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    if metrics["gold_rows_seen_by_teacher"]:
        n = metrics["gold_rows_seen_by_teacher"]
        lines += ["", f"Note: the teacher was trained on {n} of the gold rows; its score flatters."]
    for name, result in metrics["dimensions"].items():
        if "student" in result:
            lines += [
                "",
                f"### {as_text(name)}: the student on gold",
                "",
                *_labels(result["student"]),
            ]
    return lines


def _interval(score: ScoreMetrics) -> str:
    low, high = score["macro_f1_low"], score["macro_f1_high"]
    return f"{score['macro_f1']:.3f} ({low:.3f} to {high:.3f})"


def _choice(model: Predictor) -> list[str]:
    """Say what the model reads, what its labels promise, and what it was chosen from."""
    lines = []
    if model.needs:
        lines.append(f"It reads the text and: {', '.join(model.needs)}.")
    if model.about.goal != "macro-f1":
        lines.append(f"Its thresholds were set for {model.about.goal} of each label.")
    choice = model.metrics.get("choice", {})
    candidates = choice.get("candidates", [])
    if len(candidates) > 1:
        first, second = candidates[:2]
        by = choice["difference_to_runner_up"]
        lines.append(
            f"Chosen of {len(candidates)} candidates: {first['name']} (average precision "
            f"{first['average_precision']:.3f}) before {second['name']} "
            f"({second['average_precision']:.3f}); the difference in macro-F1 is "
            f"{by['macro_f1']:+.3f} ({by['low']:+.3f} to {by['high']:+.3f}, paired over groups)."
        )
    return lines


def _device(about: About) -> str:
    """Say what computed the vectors, where it was not the usual way."""
    return "" if about.device == "cpu" else f", on vectors that were computed on `{about.device}`"


def _tuned(model: Predictor) -> list[str]:
    """Say what fine-tuning was worth, where the network was tuned."""
    result = model.metrics.get("fine_tuning")
    kept = result and result["kept"]
    if not result or not kept:
        return []
    tuned, frozen = result["tuned_macro_f1"][kept], result["frozen_macro_f1"]
    by = result["difference"]
    within = f"{by['low']:+.3f} to {by['high']:+.3f}"
    return [
        f"The network was fine-tuned ({kept}): macro-F1 {tuned:.3f} against {frozen:.3f} of the",
        f"frozen model on the same folds ({within}, paired over groups). Every fold was answered,",
        "and calibrated, by networks that had not seen it.",
    ]
