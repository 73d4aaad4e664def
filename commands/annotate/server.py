"""``standfirst annotate start``, ``push`` and ``pull``: the commands that talk to Label Studio."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ...errors import ServerError
from ...study.contents import codebook_of, connected, pulled
from ..shared import completion
from ..shared.answers import print_merged, say_strangers
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say
from .review import push_review

__all__ = ["pull", "push", "start"]


def start(
    study: StudyOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8080,
    backend: Annotated[
        bool, typer.Option("--backend", help="Allow a backend on this machine.")
    ] = False,
) -> None:
    """Run Label Studio on this machine until Ctrl-C.

    Example: standfirst annotate start --port 8090
    """
    from ...annotate.label_studio.connection import connect
    from ...annotate.label_studio.local_server import end_on_signals, start_local

    place = find_study(study)
    folder = place.state / "label-studio"
    first = not (folder / "access.json").exists()
    say("starting Label Studio" + (" (the first start takes about a minute)" if first else ""))
    end_on_signals()
    with (
        contextlib.suppress(KeyboardInterrupt),
        start_local(folder, port=port, backend=backend) as server,
    ):
        with connect(server.access) as connected:
            invitation = connected.invitation()
        say(
            f"log in as {server.access.email}; the password is in {folder / 'access.json'}",
            f"coders sign up here: {invitation}",
            "stop with Ctrl-C",
        )
        say_next(place, "annotate start")
        # Last, so that a script that waits for the address has seen everything else.
        print(server.access.url, flush=True)
        code = server.wait()
        raise ServerError(server.access.url, f"Label Studio ended ({code})", f"see {server.log}")
    say("stopped")


def push(
    study: StudyOption = None,
    round: Annotated[
        str | None, typer.Option(help="Only units of this round.", autocompletion=completion.rounds)
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the project.")] = "",
    view: Annotated[
        str, typer.Option(help="A page for each unit, or for each article with its units marked.")
    ] = "unit",
    model: Annotated[
        Path | None,
        typer.Option(
            help="Suggest this model's answers, where units are not blind.",
            autocompletion=completion.models,
        ),
    ] = None,
    review: Annotated[
        int | None,
        typer.Option(
            help="Instead, send so many coded units whose gold the model doubts most to be "
            "decided once more; never units of the test part.",
            min=1,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Push the drawn units to Label Studio; what is there already is left alone.

    With --model, units that nobody has answered get its answers as suggestions; units of the test
    part and units for several coders never do.

    Example: standfirst annotate push --round 1
    """
    from dataclasses import asdict

    from ...study.pushing import push_round

    if review is not None:
        if round is not None or model is not None or view != "unit":
            raise typer.BadParameter("goes without --round, --view, --model", param_hint="--review")
        push_review(study, review, title, as_json=json)
        return
    folder = find_study(study)
    what = "articles" if view == "article" else "units"
    pushed = []
    for one in push_round(folder, name=round, title=title, view=view, model=model):
        done, given = one.pushed, one.suggested
        row = asdict(done) | {"title": one.title}
        outcome = f"{done.n_sent} {what} sent, {done.n_known} there already"
        if given is not None:
            row["suggestions"] = asdict(given) | {"model": one.suggester}
            outcome += f", {given.n_sent} suggestions, {given.n_blind} units blind"
        if done.n_cleaned:
            say(f"{done.n_cleaned} units have NUL or broken characters; they are left out")
        pushed.append(row)
        if not json:
            print(f"{one.title}: {outcome}: {done.url}")
    if json:
        print_json({"projects": pushed})
    say_next(folder, "annotate push", quiet=json)


def pull(
    study: StudyOption = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Read every task again, not only what changed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Pull the answers from Label Studio; what was pulled before stays.

    Example: standfirst annotate pull
    """
    from ...annotate.answers.identities import read_identities
    from ...annotate.design.sampling import read_design

    folder = find_study(study)
    with connected(folder) as server:
        merged = pulled(folder, server, codebook_of(folder), full=all_)
        # Coders appear here when they sign up, long before their first answer.
        signed_up = {*server.coders().values()} - {server.email}
    identities = read_identities(folder.annotations.with_name("coders.json"))
    say_strangers(read_design(folder.design), {*signed_up, *merged.coders}, identities)
    print_merged(merged, as_json=json)
    say_next(folder, "annotate pull", quiet=json)
