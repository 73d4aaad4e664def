"""The draw: which units are to be coded in a round, by which rule, and with which probability.

A rule is a class with one method and one line in `RULES`; it must draw with known probabilities.
Taking the top of a ranking has none, and is not offered. This module also exports the
design's other parts: the plan (`plan`) and the test part that is drawn first (`test_part`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import InputError, StudyError, UnknownNameError
from .plan import Drawn, assign, assist, read_design, write_design
from .pool import Aim, Pool, Rule, Scores
from .rules import MODEL_RULES, RULES
from .test_part import closed_units, open_units, set_test_aside

__all__ = [
    "MODEL_RULES",
    "RULES",
    "Aim",
    "Drawn",
    "Pool",
    "Rule",
    "Scores",
    "assign",
    "assist",
    "closed_units",
    "draw",
    "open_units",
    "read_design",
    "set_test_aside",
    "write_design",
]


def draw(
    units: Iterable[Mapping[str, Any]],
    n: int,
    *,
    design: Sequence[Drawn] = (),
    rule: str = "random",
    strata: Mapping[str, str] | None = None,
    coding_round: str = "1",
    seed: int = 0,
    scores: Scores | None = None,
    aim: Aim | None = None,
    models: Sequence[str] = (),
    target: str = "",
) -> list[Drawn]:
    """Draw units that no earlier round has taken, and that the test part has not closed.

    Parameters
    ----------
    units
        Rows with `unit_id`, `article_id` and, where there is one, `cluster`. Their order does not
        matter.
    n
        How many to draw.
    design
        What was drawn before.
    rule
        Name of the rule.
    strata
        Stratum by unit id, for rules that have strata.
    coding_round
        Name of the new round.
    seed
        Seed of the draw.
    scores
        What models say about each of `open_units(units, design)`, in that order.
    aim
        What a model's rule looks for.
    models
        Names of the models, or of the encoder, that made the scores.
    target
        The share that the round is to tell, as `targets.Target` writes it.

    Returns
    -------
    The new rows, in the order of the draw, which is random and therefore a good order to code in.

    Raises
    ------
    StudyError
        Fewer than n units are left, or the round's name is taken.
    InputError
        The scores are not those of the pool, or the rule lacks something.

    Examples
    --------
    >>> units = [{"unit_id": f"u{i}", "article_id": "a1"} for i in range(8)]
    >>> [(row.unit_id, row.probability) for row in draw(units, 2, seed=1)]
    [('u5', 0.25), ('u0', 0.25)]
    """
    if rule not in RULES:
        raise UnknownNameError("rule", rule, list(RULES))
    if any(row.round == coding_round for row in design):
        problem = f"round {coding_round!r} is drawn already"
        raise StudyError("sample", problem, "name another round with --round")
    rows = list(units)
    left = open_units(rows, design)
    if n > len(left):
        n_closed = len(closed_units(rows, design))
        problem = f"{n} units wanted, {len(left)} left of {len(rows)}"
        if n_closed:
            problem += f" ({n_closed} belong to the test part or to its clusters)"
        raise StudyError("sample", problem, "draw fewer, or add articles")
    if n < 1:
        raise InputError("sample", f"{n} units wanted", "draw at least one")
    strata, scores, aim = strata or {}, scores or Scores(), aim or Aim()
    _check(scores, aim, len(left))
    ids = [str(unit["unit_id"]) for unit in left]
    pool = Pool(ids, [strata.get(unit_id, "") for unit_id in ids], scores, aim)
    # Rounds with the same seed must still draw independently.
    rng = np.random.default_rng([seed, 6, len(design)] if design else seed)
    drawn = RULES[rule].draw(pool, n, rng)
    new = [
        Drawn(
            unit_id=ids[position],
            article_id=str(left[position]["article_id"]),
            part="coding",
            round=coding_round,
            rule=rule,
            stratum=stratum,
            probability=float(probability),
            n_pool=len(ids),
            seed=seed,
            mix=aim.mix if rule in MODEL_RULES else None,
            models=tuple(models) if rule in MODEL_RULES else (),
            target=target,
        )
        for position, probability, stratum in zip(*drawn, strict=True)
    ]
    # Strata are drawn one after the other; coders should see them mixed.
    order = np.random.default_rng([seed, 1]).permutation(len(new))
    return new if rule == "random" else [new[i] for i in order]


def _check(scores: Scores, aim: Aim, n_units: int) -> None:
    if not 0 < aim.mix <= 1:
        raise InputError("--mix", str(aim.mix), "use a share above 0, up to 1")
    if aim.power < 0:
        raise InputError("--power", str(aim.power), "use 0 or more")
    arrays = [array for answers in scores.answers for array in answers.values()]
    arrays += [array for array in (scores.vectors, scores.distance) if array is not None]
    for array in arrays:
        if len(array) != n_units:
            problem = f"scores of {len(array)} units for a pool of {n_units}"
            raise InputError("sample", problem, "score the units that are open")
