"""``standfirst annotate coders``: under which names each coder is known."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import InputError, UnknownNameError
from ...files import WAIT, locked
from ...study.contents import annotations_of
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, print_table, say

if TYPE_CHECKING:
    from ...annotate.answers.identities import Identities
    from ...study.folder import StudyFolder

__all__ = ["coders"]


def coders(
    study: StudyOption = None,
    same: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two names of one person; the first is used from now on."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Join them even if both have answered the same units.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List coders with all names by which files, servers and the plan know them, or join two.

    Example: standfirst annotate coders --same ann ann.miller@example.org
    """
    from ...annotate.answers.identities import read_identities
    from ...annotate.design.plan import read_design

    folder = find_study(study)
    path = folder.annotations.with_name("coders.json")
    identities = _join(folder, *same, force=force) if same else read_identities(path)
    rows = annotations_of(folder)
    planned = [coder for row in read_design(folder.design) for coder in row.coders]
    others: dict[str, set[str]] = {}
    for other in (*identities.numbers, *identities.same, *planned, *(row.coder for row in rows)):
        others.setdefault(identities.name(other), set()).add(other)
    answered = {name: len({r.unit_id for r in rows if r.coder == name}) for name in others}
    table: list[dict[str, Any]] = [
        {
            "coder": name,
            "also": sorted(others[name] - {name}),
            "planned": sum(identities.name(coder) == name for coder in planned),
            "units": answered[name],
        }
        for name in sorted(others)
        # A number that came with two addresses identifies nobody.
        if answered[name] or name not in identities.numbers
    ]
    if json:
        print_json({"coders": table})
        return
    if not table:
        say("nobody has coded yet, and nobody is planned")
        say_next(folder, "annotate coders")
        return
    print_table(
        ["coder", "also known as", "planned", "units"],
        [
            [
                str(row["coder"]),
                ", ".join(row["also"]) or "-",
                str(row["planned"]),
                str(row["units"]),
            ]
            for row in table
        ],
    )
    say_next(folder, "annotate coders")


def _join(folder: "StudyFolder", name: str, other: str, *, force: bool) -> "Identities":
    from ...annotate.answers.identities import read_identities
    from ...annotate.design.plan import read_design
    from ...labels import merge_annotations, write_annotations

    path = folder.annotations.with_name("coders.json")
    with locked(path.parent, wait=WAIT):
        identities = read_identities(path)
        rows = annotations_of(folder)
        planned = {coder for row in read_design(folder.design) for coder in row.coders}
        known = {*identities.same, *planned, *(row.coder for row in rows)}
        # One of both may have signed up only.
        if known and not known & {name, other}:
            raise UnknownNameError("coder", name, sorted(known))
        mine, theirs = (
            {row.unit_id for row in rows if row.coder == identities.name(who)}
            for who in (name, other)
        )
        if (both := mine & theirs) and not force:
            problem = f"{name!r} and {other!r} have both answered {len(both)} units"
            remedy = "if they are one person, join them with --force; the later answer counts"
            raise InputError("--same", problem, remedy)
        identities.join(name, other)
        identities.write(path)
        if rows:
            write_annotations(folder.annotations, merge_annotations(identities.apply(rows), []))
    return identities
