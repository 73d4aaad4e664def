"""``standfirst annotate sample`` and ``status``: what is to be coded, and what is left of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .common import JsonOption, StudyOption, find_study, print_json, print_table, say
from .place import annotations_of, units_of

if TYPE_CHECKING:
    from ..annotate.sample import Drawn
    from ..study import Study

__all__ = ["sample", "status"]


def sample(
    n: Annotated[int, typer.Argument(help="Number of units to draw.", min=1)],
    study: StudyOption = None,
    rule: Annotated[
        str, typer.Option(help="random, stratified, equal or one-per-cluster.")
    ] = "random",
    by: Annotated[
        list[str] | None,
        typer.Option(help="Strata: outlet, month, article, cluster, language."),
    ] = None,
    keyword: Annotated[
        str, typer.Option(help="Regular expression; its matches are a stratum.")
    ] = "",
    test: Annotated[
        int, typer.Option(help="Set so many units aside for testing first.", min=0)
    ] = 0,
    round: Annotated[str | None, typer.Option(help="Name of the round.")] = None,
    coder: Annotated[
        list[str] | None, typer.Option(help="Who codes; give it once per coder.")
    ] = None,
    overlap: Annotated[
        float, typer.Option(help="Share of units for two coders.", min=0, max=1)
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    json: JsonOption = False,
) -> None:
    """Draw units for coding, and write down with which probability.

    Example: standfirst annotate sample 300 --rule equal --by outlet --test 100 --overlap 0.2
    """
    from ..annotate import sample as plan
    from ..annotate.strata import strata_of

    place = find_study(study)
    units = units_of(
        place, ["unit_id", "article_id", "text", "outlet", "published", "cluster", "language"]
    )
    design = plan.read_design(place.design)
    new: list[Drawn] = []
    if test:
        new += plan.set_test_aside(units, test, design=design, seed=seed)
    by = by or (["cluster"] if rule == "one-per-cluster" else [])
    if rule in {"stratified", "equal"} and not (by or keyword):
        raise InputError("--rule", f"{rule!r} needs strata", "name them with --by or --keyword")
    if rule == "random" and (by or keyword):
        raise InputError(
            "--rule", "a random draw has no strata", "add --rule stratified or --rule equal"
        )
    strata = strata_of(units, by, keyword=keyword) if by or keyword else None
    name = round or _next_round(design)
    drawn = plan.draw(
        units, n, design=[*design, *new], rule=rule, strata=strata, coding_round=name, seed=seed
    )
    # The test part is judged by two coders as far as the overlap says, like all the rest.
    new = plan.assign([*new, *drawn], coder or [], overlap=overlap, seed=seed)
    plan.write_design(place.design, [*design, *new])
    _told_sample(place, name, new, as_json=json)


def status(study: StudyOption = None, json: JsonOption = False) -> None:
    """Say what is left to code, per round and coder, and how long it will take.

    Example: standfirst annotate status
    """
    from dataclasses import asdict

    from ..annotate.progress import progress
    from ..annotate.sample import read_design

    place = find_study(study)
    rows = progress(read_design(place.design), annotations_of(place))
    if json:
        extra = [{"n_left": row.n_left, "seconds_left": row.seconds_left} for row in rows]
        print_json({"rows": [asdict(row) | more for row, more in zip(rows, extra, strict=True)]})
        return
    if not rows:
        say("nothing is drawn and nothing is coded; start with: standfirst annotate sample 100")
        return
    print_table(
        ["round", "coder", "units", "done", "skipped", "left", "s/unit", "time left"],
        [
            [
                row.round or "-",
                row.coder or "(anybody)",
                str(row.n_units),
                str(row.n_done),
                str(row.n_skipped),
                str(row.n_left),
                "-" if row.seconds is None else f"{row.seconds:.1f}",
                _duration(row.seconds_left),
            ]
            for row in rows
        ],
    )


def _next_round(design: "list[Drawn]") -> str:
    numbers = [int(row.round) for row in design if row.round.isdigit()]
    return str(max(numbers, default=0) + 1)


def _told_sample(place: "Study", name: str, new: "list[Drawn]", *, as_json: bool) -> None:
    n_test = sum(row.part == "test" for row in new)
    n_double = sum(row.n_coders > 1 for row in new)
    strata: dict[str, int] = {}
    for row in new:
        if row.part == "coding":
            strata[row.stratum] = strata.get(row.stratum, 0) + 1
    if as_json:
        counts = {"round": name, "drawn": len(new) - n_test, "test": n_test, "double": n_double}
        print_json(counts | {"strata": strata, "file": str(place.design)})
        return
    print(f"round {name}: {len(new) - n_test} units drawn")
    if n_test:
        print(f"test: {n_test} units set aside")
    if n_double:
        print(f"{n_double} units for two coders")
    if len(strata) > 1:
        print_table(["stratum", "units"], [[key, str(n)] for key, n in sorted(strata.items())])
    say(f"written to {place.design}")


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
