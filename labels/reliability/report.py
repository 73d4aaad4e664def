"""Reports of agreement: plain values for programs, lines for people, a gate for scripts."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ...intervals import Estimate
from ..annotations.annotation import is_machine
from .agreement import Agreement
from .cautions import verdict

__all__ = ["agreement_as_json", "agreement_as_text", "missed_gate"]

_MOST_PAIRS = 15


def missed_gate(
    measured: Iterable[Agreement], gate: float | None, lower: float | None
) -> list[str]:
    """Return a message for each dimension below a gate.

    Parameters
    ----------
    measured
        From `agreement`.
    gate
        What alpha must reach; None for no such gate. An undefined alpha does not reach it.
    lower
        What the lower end of its interval must reach; None for no such gate. An undefined interval
        does not reach it.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     agreement,
    ...     infer_from_annotations,
    ...     missed_gate,
    ... )
    >>> coded = {"ann": ["for", "for", "no", "no"], "bo": ["for", "no", "no", "no"]}
    >>> rows = [
    ...     Annotation(f"u{i}", who, "stance", (label,))
    ...     for who, all in coded.items()
    ...     for i, label in enumerate(all)
    ... ]
    >>> missed_gate(agreement(rows, infer_from_annotations(rows), draws=0), 0.8, None)
    ['stance: alpha 0.533 is below 0.8']
    """
    missed = []
    for result in measured:
        value, low = result.alpha.value, result.alpha.low
        if gate is not None and (value is None or value < gate):
            missed.append(f"{result.dimension}: alpha {_short(value)} is below {gate:g}")
        elif lower is not None and (low is None or low < lower):
            missed.append(
                f"{result.dimension}: the interval begins at {_short(low)}, below {lower:g}"
            )
    return missed


def agreement_as_json(measured: Iterable[Agreement]) -> dict[str, Any]:
    """Return the figures as plain values, for programs.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     agreement,
    ...     agreement_as_json,
    ...     infer_from_annotations,
    ... )
    >>> rows = [
    ...     Annotation(unit, who, "stance", (label,))
    ...     for unit, label in (("u1", "for"), ("u2", "no"))
    ...     for who in ("ann", "bo")
    ... ]
    >>> agreement_as_json(agreement(rows, infer_from_annotations(rows), draws=0))[
    ...     "dimensions"
    ... ]["stance"]["alpha"]
    1.0
    """
    return {"dimensions": {result.dimension: _plain(result) for result in measured}}


def agreement_as_text(measured: Iterable[Agreement]) -> Iterator[str]:
    """Yield the figures as lines for a terminal or a paper's appendix.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     agreement,
    ...     agreement_as_text,
    ...     infer_from_annotations,
    ... )
    >>> rows = [
    ...     Annotation(unit, who, "stance", (label,))
    ...     for unit, label in (("u1", "for"), ("u2", "no"))
    ...     for who in ("ann", "bo")
    ... ]
    >>> next(
    ...     iter(agreement_as_text(agreement(rows, infer_from_annotations(rows), draws=0)))
    ... )
    'stance: alpha 1.000 (nominal) - reliable'
    """
    for result in measured:
        if not result.n_coders:
            yield f"{result.dimension}: no answers yet"
            continue
        other = result.other
        resampled = "articles" if result.by_article else "units"
        head = f"{result.dimension}: alpha {result.alpha} ({result.metric})"
        yield f"{head} - {verdict(result.alpha)}"
        yield (
            f"  {result.n_units} units with two or more answers, {result.n_coders} coders, "
            f"{result.n_answers} answers, {result.n_single} units coded once; "
            f"intervals over {result.n_articles} {resampled}"
        )
        yield (
            f"  percent {_short(other.percent)}   Cohen {_short(other.cohen)}   "
            f"Fleiss {_short(other.fleiss)}   AC1 {_short(other.ac1)}"
        )
        width = max((len(label.label) for label in result.labels), default=0)
        for label in result.labels:
            share = f"{100 * label.prevalence:.1f} %"
            yield f"    {label.label:<{width}}  {label.alpha!s:<20} {share:>7}"
        yield from _pairs(result)
        for round_ in result.rounds:
            name = round_.round or "(no round)"
            yield f"    round {name}: {round_.alpha}, {round_.n_units} units"
        for warning in result.warnings:
            yield f"  note: {warning}"


def _pairs(result: Agreement) -> Iterator[str]:
    people = [pair for pair in result.pairs if not pair.has_machine]
    machines = [pair for pair in result.pairs if pair.has_machine]
    for pairs in (people if len(people) > 1 else [], machines):
        most = sorted(pairs, key=lambda pair: (-pair.n_units, pair.coders))[:_MOST_PAIRS]
        for pair in most:
            names = " / ".join(map(_named, pair.coders))
            yield f"    {names}: {pair.alpha}, {pair.n_units} units"
        if len(pairs) > _MOST_PAIRS:
            yield f"    ... and {len(pairs) - _MOST_PAIRS} more pairs (--json has all)"


def _named(coder: str) -> str:
    return f"{coder} (a machine)" if is_machine(coder) else coder


def _plain(result: Agreement) -> dict[str, Any]:
    labels = {
        label.label: {
            **_estimate(label.alpha),
            "prevalence": label.prevalence,
            "n_answers": label.n_answers,
        }
        for label in result.labels
    }
    rounds = [
        {**_estimate(r.alpha), "round": r.round, "n_units": r.n_units, "n_coders": r.n_coders}
        for r in result.rounds
    ]
    pairs = [
        {
            "coders": list(pair.coders),
            "machine": pair.has_machine,
            "n_units": pair.n_units,
            "percent": pair.percent,
            "kappa": pair.kappa,
            **_estimate(pair.alpha),
        }
        for pair in result.pairs
    ]
    return {
        **_estimate(result.alpha),
        "metric": result.metric,
        **asdict(result.other),
        "n_units": result.n_units,
        "n_answers": result.n_answers,
        "n_single": result.n_single,
        "n_coders": result.n_coders,
        "n_articles": result.n_articles,
        "resampled": "articles" if result.by_article else "units",
        "labels": labels,
        "pairs": pairs,
        "rounds": rounds,
        "warnings": list(result.warnings),
    }


def _estimate(measured: Estimate) -> dict[str, float | None]:
    return {"alpha": measured.value, "low": measured.low, "high": measured.high}


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
