"""``standfirst annotate sample``: what is to be coded, drawn with known probabilities."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import InputError, UnknownNameError
from ...files import WAIT, locked
from ...study.contents import units_of
from ..shared import completion
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, print_table, say
from ..shared.progress import ProgressLine

if TYPE_CHECKING:
    from ...annotate.design.plan import Drawn
    from ...annotate.design.pool import Aim, Scores
    from ...study.folder import Study

__all__ = ["sample"]

_COLUMNS = ["unit_id", "article_id", "text", "outlet", "published", "cluster", "language"]
_CONTEXT = ["before", "after", "title"]
_BY_STRATA = {"stratified", "equal", "one-per-cluster", "keyword"}


def sample(
    n: Annotated[int, typer.Argument(help="Number of units to draw.", min=1)],
    study: StudyOption = None,
    rule: Annotated[
        str,
        typer.Option(
            help="random, stratified, equal, keyword or one-per-cluster; by a model: "
            "precise, rare, least-confidence, margin, entropy, disagreement; by an encoder: "
            "diversity, coreset."
        ),
    ] = "random",
    by: Annotated[
        list[str] | None,
        typer.Option(help="Strata: outlet, month, article, cluster, language."),
    ] = None,
    keyword: Annotated[
        str, typer.Option(help="Regular expression; its matches are a stratum.")
    ] = "",
    model: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a model that the rule goes by, or llm:NAME, a language model that has "
            "answered; for disagreement, two or more.",
            autocompletion=completion.models,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="The encoder for diversity and coreset.",
            show_default="minilm, else tfidf",
            autocompletion=completion.encoders,
        ),
    ] = None,
    dimension: Annotated[
        str,
        typer.Option(
            help="The dimension that a model's rule uses.",
            show_default="all",
            autocompletion=completion.dimensions,
        ),
    ] = "",
    label: Annotated[
        str, typer.Option(help="DIMENSION=LABEL to look for, for the rule rare.")
    ] = "",
    target: Annotated[
        str,
        typer.Option(
            help="DIMENSION=LABEL:0.01: the share that is to be known, and its half-width. "
            "precise draws for it; status says how near it is."
        ),
    ] = "",
    mix: Annotated[
        float | None,
        typer.Option(
            help="Share of a model's draw that is random, above 0.", max=1, show_default="0.2"
        ),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(
            help="Probabilities follow the score to this power.",
            min=0,
            show_default="0.5",
        ),
    ] = None,
    test: Annotated[
        int, typer.Option(help="First set this many units aside for testing.", min=0)
    ] = 0,
    round: Annotated[str | None, typer.Option(help="Name of the round.")] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option(help="Who codes; may be repeated.", autocompletion=completion.coders),
    ] = None,
    overlap: Annotated[
        float, typer.Option(help="Share of units for two coders.", min=0, max=1)
    ] = 0.0,
    assist: Annotated[
        float,
        typer.Option(help="Share of each coder's units that may get suggestions.", min=0, max=1),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the draw.", min=0)] = 0,
    json: JsonOption = False,
) -> None:
    """Draw units for coding, and record their probabilities.

    Example: standfirst annotate sample 300 --rule equal --by outlet --test 100 --overlap 0.2
    """
    from ...annotate.design import sampling as plan

    folder = find_study(study)
    _refuse(rule, by or [], keyword, model or [], encoder)
    if rule == "precise" and not (target or dimension):
        remedy = "name it: --target DIMENSION=LABEL:0.01"
        raise InputError("--rule", "'precise' draws for a share", remedy)
    target = _target(folder, target)
    aimed = {"--mix": mix, "--power": power, "--dimension": dimension, "--label": label}
    for option, value in aimed.items():
        if rule not in plan.MODEL_RULES and value not in (None, ""):
            problem = "is for rules that use a model"
            raise InputError(option, problem, "leave it out, or name such a --rule")
    units = units_of(folder, _COLUMNS + (_CONTEXT if model else []))
    # Two draws at once would each write a design without the other.
    with locked(folder.design.parent, wait=WAIT):
        design = plan.read_design(folder.design)
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
                folder, rule, units, before, model or [], encoder, aim, dimension, looked_for
            )
        name = round or _next_round(design)
        drawn = plan.draw(
            units,
            n,
            design=before,
            rule=rule,
            strata=_strata(rule, units, by or [], keyword),
            coding_round=name,
            seed=seed,
            scores=scores,
            aim=aim,
            models=names,
            target=target,
        )
        # The test part is judged by two coders as far as the overlap says, like all the rest.
        new = plan.assign([*new, *drawn], coder or [], overlap=overlap, seed=seed)
        new = plan.assist(new, assist, seed=seed)
        plan.write_design(folder.design, [*design, *new])
    n_closed = len(plan.closed_units(units, [*design, *new]))
    _print_draw(folder, name, new, n_closed, share=assist, as_json=json)
    say_next(folder, "annotate sample", quiet=json)


def _refuse(
    rule: str, by: list[str], keyword: str, models: list[Path], encoder: str | None
) -> None:
    """Refuse options that do not fit the rule, before anything is read."""
    from ...annotate.design.sampling import MODEL_RULES, RULES

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


def _target(place: "Study", text: str) -> str:
    """Check a target against the codebook."""
    if not text:
        return ""
    from ...annotate.design.targets import parse_target
    from ...study.contents import codebook_of

    target, codebook = parse_target(text), codebook_of(place)
    known = {one.id: one.label_ids for one in codebook.dimensions}
    if target.dimension not in known:
        raise UnknownNameError("dimension of the codebook:", target.dimension, list(known))
    if target.label not in known[target.dimension]:
        where = f"label of {target.dimension}:"
        raise UnknownNameError(where, target.label, list(known[target.dimension]))
    return str(target)


def _strata(
    rule: str, units: list[dict[str, Any]], by: list[str], keyword: str
) -> dict[str, str] | None:
    from ...annotate.design.strata import strata_of

    by = by or (["cluster"] if rule == "one-per-cluster" else [])
    return strata_of(units, by, keyword=keyword) if by or keyword else None


def _scores(
    study: "Study",
    rule: str,
    units: list[dict[str, Any]],
    design: "list[Drawn]",
    folders: list[Path],
    encoder: str | None,
    aim: "Aim",
    dimension: str,
    label: str,
) -> "tuple[Scores, tuple[str, ...], Aim]":
    from dataclasses import replace

    from ...annotate.design.scorers import Scorer, score_units
    from ...annotate.design.test_part import open_units
    from ...labels import is_machine
    from ...models.encoders.registry import default_encoder
    from ...study.leaks import refuse_taught
    from ...study.machine_scores import machine_scorer, refuse_rule
    from ...study.unit_scores import Answering, as_scorer, label_aim, load_models, vector_scores

    if rule == "rare" and not label:
        raise InputError("--rule", "'rare' looks for a label", "name it: --label DIMENSION=LABEL")
    machines = [machine_scorer(study, str(one)) for one in folders if is_machine(str(one))]
    for machine in machines:
        refuse_rule(rule, machine.coder)
    trained = [one for one in folders if not is_machine(str(one))]
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
        name = encoder or default_encoder(0)
        return vector_scores(rule, pool, drawn, name), (name,), aim
    scorers: list[Scorer] = [*map(as_scorer, models), *machines]
    answered = [one for each in answering for one in each.dimensions]
    multiple = {one.id for one in answered if one.choice == "multiple"}
    with ProgressLine() as progress:
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


def _print_draw(
    folder: "Study",
    name: str,
    new: "list[Drawn]",
    n_closed: int,
    *,
    share: float,
    as_json: bool,
) -> None:
    test = [row for row in new if row.part == "test"]
    drawn = [row for row in new if row.part == "coding"]
    n_double = sum(row.n_coders > 1 for row in new)
    n_assisted = sum(row.assisted for row in drawn)
    chances = [row.probability for row in drawn]
    strata: dict[str, int] = {}
    for row in drawn:
        strata[row.stratum] = strata.get(row.stratum, 0) + 1
    if as_json:
        counts = {"round": name, "drawn": len(drawn), "test": len(test), "closed": n_closed}
        counts |= {"double": n_double, "assisted": n_assisted, "strata": strata}
        counts |= {"probability": {"least": min(chances), "most": max(chances)}}
        print_json(counts | {"file": str(folder.design)})
        return
    print(f"round {name}: {len(drawn)} units drawn")
    if min(chances) < max(chances):
        print(f"probabilities from {min(chances):.2g} to {max(chances):.2g}, kept for estimates")
    if test:
        n_drawn = len({row.stratum for row in test})
        print(f"test: {len(test)} units set aside, from {n_drawn} clusters drawn at random")
        n_others = n_closed - len(test)
        print(f"{n_others} other units of these clusters are closed to coding and training")
    if n_double:
        print(f"{n_double} units for two coders")
    if share < 1:
        print(f"{n_assisted} units may get suggestions, {len(drawn) - n_assisted} are coded blind")
    if len(strata) > 1:
        print_table(["stratum", "units"], [[key, str(n)] for key, n in sorted(strata.items())])
    say(f"written to {folder.design}")
