"""Whether tags hold a label far more often than the units that the model learned from.

A share of tags may well differ from that of the coded units: other weeks, other outlets. But a
label that people gave to one unit in twelve and the model gives to nine in ten is a sign that
something is wrong: an answer that was lost on the way into training, texts of another kind, cells
that are no sentences. A label is reported where both of these hold:

- chance cannot explain it: Fisher's exact test gives less than one in a thousand, with articles as
  the sample size of either side, as if all units of an article were alike, which is the furthest
  that clustering can go;
- it is large: the odds of the label are 4.27 times those among the coded units or more, which is
  Cohen's mark for a large effect (d = 0.8) brought to log-odds.

References
----------
Chinn, S. (2000). A simple method for converting an odds ratio to effect size for use in
meta-analysis. Statistics in Medicine 19(22).
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["far_from_coded"]

_CHANCE = 0.001
_ODDS = 4.27


def far_from_coded(
    labels: Mapping[str, Mapping[str, int]],
    answered: Mapping[str, int],
    n_articles: int,
    metrics: Mapping[str, Any],
) -> list[str]:
    """Name the labels whose share of tags leaves that of the coded units far behind.

    Parameters
    ----------
    labels
        Dimension to label to the number of tags.
    answered
        Dimension to the number of units that were answered.
    n_articles
        Articles that were tagged; 0 where rows stand for themselves.
    metrics
        The model's held-out scores, which tell how often coders gave each label.

    Returns
    -------
    One sentence a label; none for a dimension whose coded shares the model does not know.

    Examples
    --------
    >>> coded = {"labels": {"law": {"support": 8}}, "n": 100, "n_groups": 50}
    >>> far_from_coded({"frame": {"law": 94}}, {"frame": 100}, 40, {"dimensions": {"frame": coded}})
    ['frame: 94 % of the units have law, of the coded units 8 %; unless those were drawn for rare \
labels, read some of these tags before you count them']
    """
    notes = []
    for name, counts in labels.items():
        coded = metrics.get("dimensions", {}).get(name, {})
        n_coded, n = coded.get("n", 0), answered.get(name, 0)
        if not n_coded or not n:
            continue
        sizes = min(coded.get("n_groups", n_coded), n_coded), min(n_articles or n, n)
        for label, count in counts.items():
            before = coded["labels"].get(label, {}).get("support", 0) / n_coded
            now = count / n
            if _exceeds(before, now, *sizes):
                notes.append(
                    f"{name}: {100 * now:.0f} % of the units have {label}, of the coded units "
                    f"{100 * before:.0f} %; unless those were drawn for rare labels, read some "
                    "of these tags before you count them"
                )
    return notes


def _exceeds(before: float, now: float, n_before: int, n_now: int) -> bool:
    if now * (1 - before) <= _ODDS * before * (1 - now):
        return False
    from scipy.stats import fisher_exact

    table = [
        [round(share * n), n - round(share * n)] for share, n in ((now, n_now), (before, n_before))
    ]
    return bool(fisher_exact(table, alternative="greater").pvalue < _CHANCE)
