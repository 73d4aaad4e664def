"""The model card: what a reader of a study must know of its classifier, in one page of Markdown."""

from typing import Any

from .model import Model

__all__ = ["write_card"]


def write_card(model: Model) -> str:
    """Write the card of a model from what it knows of itself."""
    about, codebook = model.about, model.codebook
    version = f"version {codebook.version}, revision {codebook.revision}"
    data = f"grouped by {about.get('grouped_by', '?')}; SHA-256 `{str(about.get('data', ''))[:16]}`"
    sizes = f"{about.get('n_rows', '?')} labelled rows in {about.get('n_groups', '?')} groups"
    lines = [
        f"# Model: {codebook.title}",
        "",
        f"Codebook `{codebook.id}` ({version}); unit: {codebook.unit}; in {codebook.language}.",
        f"Encoder: `{model.encoder_name}`, with one logistic regression a dimension.",
        f"Trained on {sizes} ({data}); seed {about.get('seed', 0)}.",
        "",
        "## Held-out scores",
        "",
        "Rows of one group never stand on both sides of a fold; penalty, calibration and decision",
        "rule are chosen within the training side. Intervals: 95 % bootstrap over groups.",
        "",
        "| dimension | n | groups | folds | macro-F1 | interval | most frequent label | leak gap |",
        "|---|---|---|---|---|---|---|---|",
    ]
    dimensions: dict[str, Any] = model.metrics.get("dimensions", {})
    for name, found in dimensions.items():
        gap = "-" if found["leak_gap"] is None else f"{found['leak_gap']:+.3f}"
        f1, low, high = (found[key] for key in ("macro_f1", "macro_f1_low", "macro_f1_high"))
        counts = f"{found['n']} | {found['n_groups']} | {found['n_folds']}"
        scores = f"{f1:.3f} | {low:.3f} to {high:.3f} | {found['baseline_macro_f1']:.3f}"
        lines.append(f"| {name} | {counts} | {scores} | {gap} |")
    for name, found in dimensions.items():
        lines += [
            "",
            f"### {name}",
            "",
            "| label | precision | recall | F1 | n |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {label} | {one['precision']:.3f} | {one['recall']:.3f} | {one['f1']:.3f} | {one['support']} |"  # noqa: E501
            for label, one in found["labels"].items()
        ]
        lines.append("")
        error = found["calibration_error"]
        lines.append(f"Calibration error of the held-out probabilities: {error:.3f}.")
        if found["weighted_decision"]:
            lines.append(
                "Rare labels are given from a lower probability on, because that raised macro-F1."
            )
        lines += [f"Note: {told}." for told in found["warnings"]]
    lines += [
        "",
        "## Use",
        "",
        "The model gives the answers that coders with this codebook would give, as far as the",
        "scores above go, on texts like those of training. Other outlets, topics, languages or",
        "years were not tested: code a random sample and run `standfirst evaluate`. A share of",
        "tags is not yet a share of the labels: it must be corrected for the errors above.",
        "",
    ]
    return "\n".join(lines)
