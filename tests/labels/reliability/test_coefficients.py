"""The other coefficients, held against their definitions unit by unit."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from standfirst.labels import agreement
from standfirst.tests.labels.reliability.test_alpha import answers, book


def by_definition(units: list[list[str]], n_labels: int) -> list[float]:
    """Compute percent agreement, Fleiss' kappa and AC1 as Gwet (2014) writes them."""
    several = [unit for unit in units if len(unit) > 1]
    seen = np.mean([np.mean([a == b for a, b in combinations(unit, 2)]) for unit in several])
    counts = [Counter(unit) for unit in units]
    pi = [
        np.mean([count[label] / count.total() for count in counts])
        for label in {label for unit in units for label in unit}
    ]
    fleiss = sum(share**2 for share in pi)
    ac1 = sum(share * (1 - share) for share in pi) / (n_labels - 1)
    return [float(seen), *(float((seen - chance) / (1 - chance)) for chance in (fleiss, ac1))]


@pytest.mark.parametrize("seed", range(3))
def test_units_count_once_however_many_answered(seed: int) -> None:
    """With one to three answers a unit, the three coefficients are those of their definitions."""
    rows = answers(seed)
    found = agreement(rows, book("nominal"), draws=0)[0]
    units = [
        [row.labels[0] for row in rows if row.unit_id == unit]
        for unit in sorted({row.unit_id for row in rows})
    ]

    assert {len(unit) for unit in units} == {1, 2, 3}
    assert [found.other.percent, found.other.fleiss, found.other.ac1] == pytest.approx(
        by_definition(units, 5)
    )


def test_cohen_is_the_mean_over_pairs_by_the_units_they_share() -> None:
    """Pairs that share many units weigh more."""
    found = agreement(answers(7), book("nominal"), draws=0)[0]
    kappas = [(pair.kappa or 0, pair.n_units) for pair in found.pairs]

    assert found.other.cohen == pytest.approx(
        sum(kappa * n for kappa, n in kappas) / sum(n for _, n in kappas)
    )
    assert len({n for _, n in kappas}) > 1


def test_sets_of_labels_have_no_ac1() -> None:
    """AC1 counts labels; of a multiple choice, percent and kappas count whole answers."""
    found = agreement(answers(8, multiple=True), book("multiple"), draws=0)[0].other

    assert found.ac1 is None
    assert found.percent is not None
    assert found.fleiss is not None


def test_who_shares_no_unit_has_no_coefficients() -> None:
    """One coder alone: nothing is defined."""
    rows = [row for row in answers(9) if row.coder == "ann"]
    found = agreement(rows, book("nominal"), draws=0)[0].other

    assert (found.percent, found.cohen, found.fleiss, found.ac1) == (None, None, None, None)
