"""``standfirst annotate start``, ``push`` and ``pull``: what talks to a Label Studio."""

import contextlib
from typing import Annotated

import typer

from ..errors import ServerError, StudyError
from .common import JsonOption, StudyOption, find_study, print_json, say
from .place import codebook_of, connected, projects_of, told_kept, units_of

__all__ = ["pull", "push", "start"]


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
    codebook = codebook_of(place)
    design = [row for row in read_design(place.design) if round in (None, row.round)]
    if not design:
        raise StudyError(place.design, "no unit is drawn", "run: standfirst annotate sample 100")
    units = {unit["unit_id"]: unit for unit in units_of(place)}
    pushed = []
    with connected(place) as server:
        for batch, done in push_design(
            server,
            units,
            codebook,
            design,
            title=title or place.settings().title or codebook.title,
            state=projects_of(place),
        ):
            pushed.append(asdict(done) | {"title": batch.title})
            if not json:
                counts = f"{done.n_sent} units sent, {done.n_known} there already"
                print(f"{batch.title}: {counts}: {done.url}")
    if json:
        print_json({"projects": pushed})


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
    with connected(place) as server:
        kept = pull_all(
            server,
            codebook_of(place),
            annotations=place.annotations,
            state=projects_of(place),
            full=all_,
        )
    told_kept(kept, as_json=json)
