"""Drawing a round of a study: which units are to be coded, by which rule, by whom.

`annotate.design` draws from rows that it is given. Here are the rows of a study, its models as what
a rule goes by, and its design, to which the round is added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, UnknownNameError
from ..files import WAIT, locked
from ..progress import Progress
from .contents import codebook_of, units_of

if TYPE_CHECKING:
    from ..annotate.design.plan import Drawn
    from ..annotate.design.pool import Aim, Scores
    from .folder import StudyFolder

__all__ = ["Round", "draw_round"]

_COLUMNS = ["unit_id", "article_id", "text", "outlet", "published", "cluster", "language"]
_CONTEXT = ["before", "after", "title"]
_BY_STRATA = {"stratified", "equal", "one-per-cluster", "keyword"}


@dataclass(frozen=True, slots=True, repr=False)
class Round:
    """What was drawn.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Study
    >>> with TemporaryDirectory() as folder:
    ...     study = Study.create(Path(folder) / "deals")
    ...     _ = study.add([{"title": "Talks", "text": "Talks resume. The minister left."}])
    ...     drawn = study.sample(1, coders=["ann@desk.example"])
    >>> drawn
    round 1: 1 units drawn
    >>> [(row.probability, row.coders) for row in drawn.coding]
    [(0.5, ('ann@desk.example',))]
    """

    name: str
    """Name of the round."""
    drawn: "tuple[Drawn, ...]"
    """The units of the test part and of the round, in the order in which they are coded."""
    n_closed: int
    """Units that are closed to coding and training: the test part and its clusters."""

    @property
    def coding(self) -> "tuple[Drawn, ...]":
        """The units of the round."""
        return tuple(row for row in self.drawn if row.part == "coding")

    @property
    def test(self) -> "tuple[Drawn, ...]":
        """The units that were set aside for testing."""
        return tuple(row for row in self.drawn if row.part == "test")

    def __repr__(self) -> str:
        chances = [row.probability for row in self.coding]
        lines = [f"round {self.name}: {len(self.coding)} units drawn"]
        if min(chances) < max(chances):
            low, high = f"{min(chances):.2g}", f"{max(chances):.2g}"
            lines += [f"probabilities from {low} to {high}, kept for estimates"]
        if self.test:
            n_drawn = len({row.stratum for row in self.test})
            n_test, n_others = len(self.test), self.n_closed - len(self.test)
            lines += [f"test: {n_test} units set aside, from {n_drawn} clusters drawn at random"]
            lines += [f"{n_others} other units of these clusters are closed to coding and training"]
        if n_double := sum(row.n_coders > 1 for row in self.drawn):
            lines += [f"{n_double} units for two coders"]
        return "\n".join(lines)


def draw_round(
    study: "StudyFolder",
    n: int,
    *,
    rule: str = "random",
    by: Sequence[str] = (),
    keyword: str = "",
    models: Sequence[Path] = (),
    encoder: str | None = None,
    dimension: str = "",
    label: str = "",
    target: str = "",
    mix: float | None = None,
    power: float | None = None,
    test: int = 0,
    name: str | None = None,
    coders: Sequence[str] = (),
    overlap: float = 0.0,
    assisted: float = 1.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Round:
    """Draw units for coding, and add them with their probabilities to the design of a study.

    Parameters
    ----------
    study
        The study.
    n
        How many to draw.
    rule
        A name of `RULES`.
    by, keyword
        What strata are made of, for rules that have strata: names of columns, a regular expression.
    models
        Folders of the models that the rule goes by.
    encoder
        What makes vectors for the rules diversity and coreset.
    dimension, label
        What a model's rule looks at; a label as ``DIMENSION=LABEL``.
    target
        The share that is to be known, as ``DIMENSION=LABEL:HALF_WIDTH``; empty if none.
    mix, power
        Share of a model's draw that is random (.2 if None), and to which power probabilities follow
        the score (.5 if None).
    test
        Units to set aside for testing first.
    name
        Name of the round; the next number if None.
    coders
        Who codes.
    overlap
        Share of the units that two coders judge.
    assisted
        Share of each coder's own units that may get suggestions.
    seed
        Seed of the draw.
    progress
        Receives how many units a model has answered.

    Raises
    ------
    InputError, UnknownNameError
        Options do not fit the rule, or name what is not there.
    StudyError
        There are not enough units, or the round's name is taken.
    LeakError
        A model has learned from the test part.
    """
    from ..annotate.design import sampling as plan

    _refuse(rule, by, keyword, models, encoder)
    if rule == "precise" and not (target or dimension):
        remedy = "name it: --target DIMENSION=LABEL:0.01"
        raise InputError("--rule", "'precise' draws for a share", remedy)
    target = _target(study, target)
    aimed = {"--mix": mix, "--power": power, "--dimension": dimension, "--label": label}
    for option, value in aimed.items():
        if rule not in plan.MODEL_RULES and value not in (None, ""):
            problem = "is for rules that use a model"
            raise InputError(option, problem, "leave it out, or name such a --rule")
    units = units_of(study, _COLUMNS + (_CONTEXT if models else []))
    # Two draws at once would each write a design without the other.
    with locked(study.design.parent, wait=WAIT):
        design = plan.read_design(study.design)
        new: list[Drawn] = []
        if test:
            new += plan.set_test_aside(units, test, design=design, seed=seed)
        before = [*design, *new]
        aim = plan.Aim(power=0.5 if power is None else power, mix=0.2 if mix is None else mix)
        scores = plan.Scores()
        names: tuple[str, ...] = ()
        if rule in plan.MODEL_RULES:
            looked_for = target.partition(":")[0] if rule == "precise" else label
            scores, names, aim = _scores(
                study,
                rule,
                units,
                before,
                folders=models,
                encoder=encoder,
                aim=aim,
                dimension=dimension,
                label=looked_for,
                progress=progress,
            )
        name = name or _next_round(design)
        drawn = plan.draw(
            units,
            n,
            design=before,
            rule=rule,
            strata=_strata(rule, units, by, keyword),
            coding_round=name,
            seed=seed,
            scores=scores,
            aim=aim,
            models=names,
            target=target,
        )
        # The test part is judged by two coders as far as the overlap says, like all the rest.
        new = plan.assign([*new, *drawn], list(coders), overlap=overlap, seed=seed)
        new = plan.assist(new, assisted, seed=seed)
        plan.write_design(study.design, [*design, *new])
    return Round(name, tuple(new), len(plan.closed_units(units, [*design, *new])))


def _refuse(
    rule: str, by: Sequence[str], keyword: str, models: Sequence[Path], encoder: str | None
) -> None:
    """Refuse options that do not fit the rule, before anything is read."""
    from ..annotate.design.sampling import MODEL_RULES, RULES

    if rule not in RULES:
        raise UnknownNameError("rule", rule, list(RULES))
    if rule in {"stratified", "equal"} and not (by or keyword):
        raise InputError("--rule", f"{rule!r} needs strata", "name them with --by or --keyword")
    if rule == "keyword" and not keyword:
        raise InputError(
            "--rule", "'keyword' needs a pattern", "add a regular expression: --keyword"
        )
    if rule not in _BY_STRATA and (by or keyword):
        raise InputError(
            "--rule", f"a {rule} draw has no strata", "add --rule stratified or --rule equal"
        )
    by_vectors = rule in {"diversity", "coreset"}
    if rule in MODEL_RULES and not by_vectors and not models:
        least = "two models or more, each" if rule == "disagreement" else "one"
        raise InputError("--rule", f"{rule!r} needs a model", f"name {least} with --model")
    if rule == "disagreement" and len(models) < 2:
        raise InputError("--rule", "one model cannot disagree", "name a second one with --model")
    if models and (by_vectors or rule not in MODEL_RULES):
        raise InputError("--model", f"a {rule} draw uses no model", "leave --model out")
    if encoder and not by_vectors:
        raise InputError("--encoder", f"a {rule} draw uses no encoder", "leave --encoder out")


def _target(study: "StudyFolder", text: str) -> str:
    """Check a target against the codebook."""
    if not text:
        return ""
    from ..annotate.design.targets import parse_target

    target, codebook = parse_target(text), codebook_of(study)
    known = {one.id: one.label_ids for one in codebook.dimensions}
    if target.dimension not in known:
        raise UnknownNameError("dimension of the codebook:", target.dimension, list(known))
    if target.label not in known[target.dimension]:
        where = f"label of {target.dimension}:"
        raise UnknownNameError(where, target.label, list(known[target.dimension]))
    return str(target)


def _strata(
    rule: str, units: list[dict[str, Any]], by: Sequence[str], keyword: str
) -> dict[str, str] | None:
    from ..annotate.design.strata import strata_of

    by = list(by) or (["cluster"] if rule == "one-per-cluster" else [])
    return strata_of(units, by, keyword=keyword) if by or keyword else None


def _scores(
    study: "StudyFolder",
    rule: str,
    units: list[dict[str, Any]],
    design: "list[Drawn]",
    *,
    folders: Sequence[Path],
    encoder: str | None,
    aim: "Aim",
    dimension: str,
    label: str,
    progress: Progress | None,
) -> "tuple[Scores, tuple[str, ...], Aim]":
    from dataclasses import replace

    from ..annotate.design.scorers import Scorer, score_units
    from ..annotate.design.test_part import open_units
    from ..labels import is_machine
    from ..models.encoders.registry import default_network
    from .leaks import refuse_taught
    from .machine_scores import machine_scorer, refuse_rule
    from .unit_scores import Answering, as_scorer, label_aim, load_models, vector_scores

    if rule == "rare" and not label:
        raise InputError("--rule", "'rare' looks for a label", "name it: --label DIMENSION=LABEL")
    machines = [machine_scorer(study, str(coder)) for coder in folders if is_machine(str(coder))]
    for machine in machines:
        refuse_rule(rule, machine.coder)
    trained = [folder for folder in folders if not is_machine(str(folder))]
    models = load_models(trained)
    # A language model has learned from no label of the study.
    refuse_taught(models, tuple(map(str, trained)), units, design)
    names = (*map(str, trained), *(machine.coder for machine in machines))
    answering: list[Answering] = [*models, *machines]
    dimension, position = label_aim(answering, dimension, label)
    aim = replace(aim, dimension=dimension, label=position)
    pool = open_units(units, design)
    if rule in {"diversity", "coreset"}:
        coded = {row.unit_id for row in design if row.part == "coding"}
        drawn = [unit for unit in units if unit["unit_id"] in coded]
        name = encoder or default_network()
        return vector_scores(rule, pool, drawn, name), (name,), aim
    scorers: list[Scorer] = [*map(as_scorer, models), *machines]
    answered = [one for each in answering for one in each.dimensions]
    multiple = {one.id for one in answered if one.choice == "multiple"}
    scores = score_units(
        pool,
        scorers,
        dimension=dimension,
        multiple=multiple,
        progress=progress,
    )
    return scores, names, aim


def _next_round(design: "list[Drawn]") -> str:
    numbers = [int(row.round) for row in design if row.round.isdigit()]
    return str(max(numbers, default=0) + 1)
