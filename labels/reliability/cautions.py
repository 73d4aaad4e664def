"""Cautions in plain sentences: what agreement figures do not say by themselves.

The marks at .667 and .800 are Krippendorff's: below the first no conclusion, between them tentative
ones. They are applied to the interval as well as to the number, since a number that would be
another one with other articles decides nothing.

References
----------
Krippendorff, K. (2004). Content Analysis, 2nd edition, chapter 11.
"""

from collections.abc import Sequence

from ...intervals import Estimate

__all__ = ["FIRM", "TENTATIVE", "verdict", "warnings_on"]

TENTATIVE = 0.667
"""From here on, tentative conclusions."""
FIRM = 0.8
"""From here on, conclusions."""

_FEW_ARTICLES = 20
_FEW_ANSWERS = 20
_WIDE = 0.3


def verdict(alpha: Estimate) -> str:
    """Say in a few words what an alpha allows one to conclude.

    Examples
    --------
    >>> verdict(Estimate(0.02, -0.09, 0.12))
    'no better than chance: these annotations say nothing'
    >>> verdict(Estimate(0.84, 0.81, 0.87))
    'reliable'
    >>> verdict(Estimate(0.84, 0.72, 0.91))
    'reliable at best; tentative conclusions at worst'
    """
    if alpha.value is None:
        return "undefined"
    if alpha.value <= 0 or (alpha.low is not None and alpha.low <= 0):
        at_chance = alpha.high is None or alpha.high < TENTATIVE
        return (
            "no better than chance: these annotations say nothing"
            if at_chance
            else "undecided: from chance to reliable, too few units to tell"
        )
    ends = [_mark(end) for end in (alpha.high, alpha.low) if end is not None] or [
        _mark(alpha.value)
    ]
    if len(set(ends)) == 1:
        return ends[0]
    return f"{ends[0]} at best; {ends[1]} at worst"


def warnings_on(
    *,
    alpha: Estimate,
    n_units: int,
    n_articles: int,
    by_article: bool,
    labels: Sequence[tuple[str, int]],
    repeated: int,
) -> tuple[str, ...]:
    """Say what limits the figures on one dimension.

    Parameters
    ----------
    alpha
        The overall figure.
    n_units, n_articles
        What it rests on.
    by_article
        Whether the interval resamples articles.
    labels
        Id and number of answers of each label.
    repeated
        Answers that the same coder gave again on the same unit at no later time.
    """
    warnings = []
    if not n_units:
        warnings.append(
            "no unit has two answers, so there is nothing to agree on; let coders overlap"
        )
    else:
        warnings += _on_alpha(alpha, n_units)
        warnings += _on_sample(n_articles, by_article=by_article)
        never = [label for label, n in labels if not n]
        rare = [f"{label} ({n})" for label, n in labels if 0 < n < _FEW_ANSWERS]
        if never:
            warnings.append(f"never used: {', '.join(never)}")
        if rare:
            warnings.append(f"hardly used, so their figures mean little: {', '.join(rare)}")
    if repeated:
        warnings.append(
            f"{repeated} answers repeat a coder's answer on the same unit without a later time; "
            "the first counts"
        )
    return tuple(warnings)


def _on_alpha(alpha: Estimate, n_units: int) -> list[str]:
    if alpha.value is None:
        return ["only one label was ever used, so alpha is 0/0: undefined, not perfect"]
    warnings = []
    if verdict(alpha).startswith("no better"):
        warnings.append("coders agree no better than chance: these annotations say nothing")
    if alpha.width is None:
        warnings.append("no interval: too few units vary for one")
    elif alpha.value == 1 and alpha.width == 0:
        # The rule of three: 95 % of samples show one where it happens that often.
        warnings.append(
            "no two answers differ, so that the interval has no width; in other units up to 3 in "
            f"{n_units} may differ"
        )
    elif alpha.width > _WIDE:
        warnings.append(f"the interval is {alpha.width:.2f} wide, too wide to say much; code more")
    return warnings


def _on_sample(n_articles: int, *, by_article: bool) -> list[str]:
    if not by_article:
        return ["articles are not known, so the interval resamples units and may be too narrow"]
    if n_articles < _FEW_ARTICLES:
        caution = f"the interval rests on {n_articles} articles; take it as rough"
        return [f"{caution} (over ten it holds the true alpha in 89 to 95 of 100 samples)"]
    return []


def _mark(value: float) -> str:
    if value >= FIRM:
        return "reliable"
    return "tentative conclusions" if value >= TENTATIVE else "not reliable"
