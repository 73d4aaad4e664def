from dataclasses import replace

import pytest

from standfirst.labels import (
    ADJUDICATION,
    Annotation,
    Codebook,
    Dimension,
    Label,
    agreement,
    competence,
    disagreements,
    drift,
    stability,
)

LABELS = (
    Label("a", "A", "The first.", exclude=("What is second (b).",)),
    Label("b", "B", "The second."),
    Label("c", "C"),
)
BOOK = Codebook("b", "t", "1", (Dimension("d", "?", LABELS),))


def said(unit: int, coder: str, label: str, day: int = 2) -> Annotation:
    created = f"2026-03-{day:02}T09:00:00Z"
    return Annotation(f"u{unit}", coder, "d", (label,), article_id=f"x{unit}", created=created)


def test_stability_compares_first_and_last() -> None:
    """The same coder, the same units, a week later; a correction on the same day does not count."""
    rows = [said(u, "ann", "a") for u in range(4)]
    rows += [said(u, "ann", "a" if u else "b", day=9) for u in range(4)]
    rows += [said(9, "bo", "a"), said(9, "bo", "b")]
    found = stability(rows, BOOK)

    assert [(one.coder, one.n_units) for one in found] == [("ann", 4)]
    assert found[0].same.value == 0.75


def test_drift_goes_by_week() -> None:
    """Each week has its own agreement with the others."""
    rows = [said(u, coder, "a", day=2) for u in range(3) for coder in ("ann", "bo")]
    rows += [said(u, "ann", "a", day=9) for u in range(3, 6)]
    rows += [said(u, "bo", "b", day=9) for u in range(3, 6)]
    weeks = {one.week: one.agreement.value for one in drift(rows, BOOK) if one.coder == "ann"}

    assert weeks == {"2026-W10": 1.0, "2026-W11": 0.0}


def test_disagreements_cost_what_alpha_would_gain() -> None:
    """Costs add up to 1 - alpha, the dearest stands first, and the clauses stand beside it."""
    pairs = ["ab", "ab", "ab", "bc", "aa", "bb", "cc", "aa"]
    rows = [
        said(u, coder, x)
        for u, p in enumerate(pairs)
        for coder, x in zip(("x", "y"), p, strict=True)
    ]
    found = disagreements(rows, BOOK)

    assert found[0].answers == (("a",), ("b",))
    assert found[0].n_units == 3
    assert "a, not: What is second (b)." in found[0].clauses
    assert found[0].cost / found[1].cost == pytest.approx(3)


def test_who_decides_is_no_coder() -> None:
    """Decisions change no figure about coders, also where the adjudicator had coded the unit."""
    coded = [said(u, coder, "ab"[(u + k) % 2]) for u in range(6) for k, coder in enumerate("xy")]
    coded += [said(u, "x", "a", day=9) for u in range(3)]
    by_round = [
        replace(said(u, who, "c", day=20), round=ADJUDICATION) for u in range(6) for who in "xz"
    ]
    by_name = [said(u, "z", "c", day=20) for u in range(6)]
    measures = (
        lambda rows, above: agreement(rows, BOOK, draws=20, adjudicators=above),
        lambda rows, above: stability(rows, BOOK, adjudicators=above),
        lambda rows, above: drift(rows, BOOK, adjudicators=above),
        lambda rows, above: disagreements(rows, BOOK, adjudicators=above),
        lambda rows, above: competence(rows, [], adjudicators=above),
    )
    for measure in measures:
        alone = measure(coded, ())

        assert alone
        assert measure([*coded, *by_round], ()) == alone
        assert measure([*coded, *by_name], ("z",)) == alone
        assert measure([*coded, *by_name], ()) != alone or measure is measures[1]
