"""The commands of `standfirst annotate`: draw units, bring them to coders, bring answers back."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, ServerError, StudyError
from .agreement import agreement
from .common import JsonOption, StudyOption, find_study, print_json, say

if TYPE_CHECKING:
    from ..annotate.keep import Kept
    from ..annotate.sample import Drawn
    from ..annotate.server import Server
    from ..labels import Codebook
    from ..study import Study

__all__ = ["app"]

app = typer.Typer(help="Code units in Label Studio, by a plan.", no_args_is_help=True)
app.command()(agreement)


@app.command()
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
    units = _units(
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


@app.command()
def start(
    study: StudyOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8080,
) -> None:
    """Run Label Studio on this machine until Ctrl-C.

    Example: standfirst annotate start --port 8090
    """
    from ..annotate.local import end_on_signals, start_local
    from ..annotate.server import connect

    folder = find_study(study).state / "label-studio"
    first = not (folder / "access.json").exists()
    say("starting Label Studio" + (" (the first start takes about a minute)" if first else ""))
    end_on_signals()
    with contextlib.suppress(KeyboardInterrupt), start_local(folder, port=port) as server:
        with connect(server.access) as connected:
            invitation = connected.invitation()
        print(server.access.url, flush=True)
        say(
            f"log in as {server.access.email}; the password is in {folder / 'access.json'}",
            f"coders sign up here: {invitation}",
            "stop with Ctrl-C",
        )
        code = server.wait()
        raise ServerError(server.access.url, f"Label Studio ended ({code})", f"see {server.log}")
    say("stopped")


@app.command()
def push(
    study: StudyOption = None,
    round: Annotated[str | None, typer.Option(help="Only units of this round.")] = None,
    title: Annotated[str, typer.Option(help="Title of the project.")] = "",
    json: JsonOption = False,
) -> None:
    """Bring the drawn units into Label Studio; what is there already is left alone.

    Example: standfirst annotate push --round 1
    """
    from dataclasses import asdict

    from ..annotate.projects import push_design
    from ..annotate.sample import read_design

    place = find_study(study)
    codebook = _codebook(place)
    design = [row for row in read_design(place.design) if round in (None, row.round)]
    if not design:
        raise StudyError(place.design, "no unit is drawn", "run: standfirst annotate sample 100")
    units = {unit["unit_id"]: unit for unit in _units(place)}
    pushed = []
    with _connect(place) as server:
        for batch, done in push_design(
            server,
            units,
            codebook,
            design,
            title=title or place.settings().title or codebook.title,
            state=_projects(place),
        ):
            pushed.append(asdict(done) | {"title": batch.title})
            if not json:
                counts = f"{done.n_sent} units sent, {done.n_known} there already"
                print(f"{batch.title}: {counts}: {done.url}")
    if json:
        print_json({"projects": pushed})


@app.command()
def pull(
    study: StudyOption = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Read every task again, not only what changed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Bring the answers back from Label Studio; what was pulled before stays.

    Example: standfirst annotate pull
    """
    from ..annotate.projects import pull_all

    place = find_study(study)
    with _connect(place) as server:
        kept = pull_all(
            server,
            _codebook(place),
            annotations=place.annotations,
            state=_projects(place),
            full=all_,
        )
    _told_kept(kept, as_json=json)


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON file to write.")],
    study: StudyOption = None,
    round: Annotated[str | None, typer.Option(help="Only units of this round.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the drawn units (all, where none are drawn) with their answers as Label Studio JSON.

    Example: standfirst annotate export -o tasks.json
    """
    from ..annotate.exchange import export_tasks
    from ..annotate.sample import read_design
    from ..labels import current

    place = find_study(study)
    codebook = _codebook(place)
    design = [row for row in read_design(place.design) if round in (None, row.round)]
    if round is not None and not design:
        raise StudyError(place.design, f"no unit of round {round!r}", "draw it: annotate sample")
    units = _units(place)
    if design:
        by_id = {unit["unit_id"]: unit for unit in units}
        units = [by_id[row.unit_id] for row in design if row.unit_id in by_id]
    rounds = {row.unit_id: row.round for row in design}
    rows = current(_annotations(place))
    n_tasks = export_tasks(output, units, codebook, annotations=rows, rounds=rounds)
    config = output.with_suffix(".xml")
    if json:
        print_json({"tasks": n_tasks, "file": str(output), "config": str(config)})
    else:
        print(f"{n_tasks} tasks in {output}")
        say(f"labeling config in {config}; paste it under Settings > Labeling Interface > Code")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A JSON export of Label Studio.")],
    study: StudyOption = None,
    coder: Annotated[str, typer.Option(help="Whose answers, where the file does not say.")] = "",
    json: JsonOption = False,
) -> None:
    """Add the answers of a Label Studio JSON export to the study.

    Example: standfirst annotate import project-1.json
    """
    from ..annotate.exchange import import_tasks
    from ..annotate.keep import keep

    place = find_study(study)
    read = import_tasks(file, _codebook(place), coder=coder)
    _told_kept(keep(place.annotations, read), as_json=json)


@app.command()
def status(study: StudyOption = None, json: JsonOption = False) -> None:
    """Say what is left to code, per round and coder, and how long it will take.

    Example: standfirst annotate status
    """
    from dataclasses import asdict

    from ..annotate.progress import progress
    from ..annotate.sample import read_design

    place = find_study(study)
    rows = progress(read_design(place.design), _annotations(place))
    if json:
        extra = [{"n_left": row.n_left, "seconds_left": row.seconds_left} for row in rows]
        print_json({"rows": [asdict(row) | more for row, more in zip(rows, extra, strict=True)]})
        return
    if not rows:
        say("nothing is drawn and nothing is coded; start with: standfirst annotate sample 100")
        return
    _print_table(
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


def _codebook(place: "Study") -> "Codebook":
    from ..labels import load_codebook

    return load_codebook(place.codebook_path)


def _connect(place: "Study") -> "Server":
    from ..annotate.access import find_access
    from ..annotate.server import connect

    return connect(find_access(place.state / "label-studio" / "access.json"))


def _projects(place: "Study") -> Path:
    return place.state / "projects.json"


def _units(place: "Study", columns: list[str] | None = None) -> list[dict[str, Any]]:
    from ..corpus import load_units

    table = load_units(place.corpus)
    table = table.select_columns(columns) if columns else table
    rows: list[dict[str, Any]] = table.to_list()
    if not rows:
        raise StudyError(place.corpus, "holds no units", "add articles: standfirst corpus add")
    return rows


def _annotations(place: "Study") -> list[Any]:
    from ..labels import read_annotations

    return read_annotations(place.annotations) if place.annotations.exists() else []


def _told_kept(kept: "Kept", *, as_json: bool) -> None:
    if as_json:
        print_json(kept.as_dict())
        return
    print(kept)
    if kept.n_rejected:
        say(f"{kept.n_rejected} answers were set aside, with reasons, in {kept.rejects}")


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
        _print_table(["stratum", "units"], [[key, str(n)] for key, n in sorted(strata.items())])
    say(f"written to {place.design}")


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
