"""Agreement as others take it: plain values for programs, lines for people, a gate for scripts."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ...intervals import Estimate
from .agreement import Agreement
from .cautions import verdict

__all__ = ["agreement_as_json", "agreement_as_text", "missed_gate"]

_MOST_PAIRS = 15


def missed_gate(found: Iterable[Agreement], gate: float | None, lower: float | None) -> list[str]:
    """Say where agreement is below a gate; nothing when it is passed.

    Parameters
    ----------
    found
        From `agreement`.
    gate
        What alpha must reach; not asked for when None. An undefined alpha does not reach it.
    lower
        What the lower end of its interval must reach; not asked for when None. An interval that is
        not defined does not reach it.
    """
    told = []
    for one in found:
        value, low = one.alpha.value, one.alpha.low
        if gate is not None and (value is None or value < gate):
            told.append(f"{one.dimension}: alpha {_short(value)} is below {gate:g}")
        elif lower is not None and (low is None or low < lower):
            told.append(f"{one.dimension}: the interval begins at {_short(low)}, below {lower:g}")
    return told


def agreement_as_json(found: Iterable[Agreement]) -> dict[str, Any]:
    """Give the figures as plain values, for programs."""
    return {"dimensions": {one.dimension: _plain(one) for one in found}}


def agreement_as_text(found: Iterable[Agreement]) -> Iterator[str]:
    """Give the figures as lines for a terminal or a paper's appendix."""
    for one in found:
        if not one.n_coders:
            yield f"{one.dimension}: no answers yet"
            continue
        other = one.other
        resampled = "articles" if one.by_article else "units"
        yield f"{one.dimension}: alpha {one.alpha} ({one.metric}) - {verdict(one.alpha)}"
        yield (
            f"  {one.n_units} units with two or more answers, {one.n_coders} coders, "
            f"{one.n_answers} answers, {one.n_single} units coded once; "
            f"intervals over {one.n_articles} {resampled}"
        )
        yield (
            f"  percent {_short(other.percent)}   Cohen {_short(other.cohen)}   "
            f"Fleiss {_short(other.fleiss)}   AC1 {_short(other.ac1)}"
        )
        width = max((len(label.label) for label in one.labels), default=0)
        for label in one.labels:
            share = f"{100 * label.prevalence:.1f} %"
            yield f"    {label.label:<{width}}  {label.alpha!s:<20} {share:>7}"
        yield from _pairs(one)
        for round_ in one.rounds:
            name = round_.round or "(no round)"
            yield f"    round {name}: {round_.alpha}, {round_.n_units} units"
        for warning in one.warnings:
            yield f"  note: {warning}"


def _pairs(one: Agreement) -> Iterator[str]:
    if len(one.pairs) < 2:
        return
    worst = sorted(one.pairs, key=lambda pair: (-pair.n_units, pair.coders))[:_MOST_PAIRS]
    for pair in worst:
        yield f"    {pair.coders[0]} / {pair.coders[1]}: {pair.alpha}, {pair.n_units} units"
    if len(one.pairs) > _MOST_PAIRS:
        yield f"    ... and {len(one.pairs) - _MOST_PAIRS} more pairs (--json has all)"


def _plain(one: Agreement) -> dict[str, Any]:
    labels = {
        label.label: {
            **_estimate(label.alpha),
            "prevalence": label.prevalence,
            "n_answers": label.n_answers,
        }
        for label in one.labels
    }
    rounds = [
        {**_estimate(r.alpha), "round": r.round, "n_units": r.n_units, "n_coders": r.n_coders}
        for r in one.rounds
    ]
    pairs = [
        {
            "coders": list(pair.coders),
            "n_units": pair.n_units,
            "percent": pair.percent,
            "kappa": pair.kappa,
            **_estimate(pair.alpha),
        }
        for pair in one.pairs
    ]
    return {
        **_estimate(one.alpha),
        "metric": one.metric,
        **asdict(one.other),
        "n_units": one.n_units,
        "n_answers": one.n_answers,
        "n_single": one.n_single,
        "n_coders": one.n_coders,
        "n_articles": one.n_articles,
        "resampled": "articles" if one.by_article else "units",
        "labels": labels,
        "pairs": pairs,
        "rounds": rounds,
        "warnings": list(one.warnings),
    }


def _estimate(found: Estimate) -> dict[str, float | None]:
    return {"alpha": found.value, "low": found.low, "high": found.high}


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
