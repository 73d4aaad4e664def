"""``standfirst annotate adjudicate``: disagreements go out, decisions come back as gold."""

from typing import Annotated

import typer

from ...errors import StudyError
from ...study.contents import (
    annotations_of,
    codebook_of,
    connected,
    projects_of,
    pulled,
    study_id,
    units_of,
)
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say

__all__ = ["adjudicate"]


def adjudicate(
    study: StudyOption = None,
    names: Annotated[bool, typer.Option("--names/--no-names", help="Show who said what.")] = False,
    ties: Annotated[
        bool, typer.Option("--ties", help="Only units that the rule cannot settle.")
    ] = False,
    rule: Annotated[
        str, typer.Option(help="What settles the rest: majority, dawid-skene, dawid-skene-matrix.")
    ] = "majority",
    least: Annotated[
        float, typer.Option(help="A tie is what has less share or probability.", min=0, max=1)
    ] = 0.0,
    title: Annotated[str, typer.Option(help="Title of the project.")] = "",
    json: JsonOption = False,
) -> None:
    """Push the units on which coders differ, with what they said, and bring decisions back as gold.

    Run it again when the adjudicator is done. A question that is left open stays as it was.

    Example: standfirst annotate adjudicate --ties
    """
    from ...annotate.label_studio.adjudication import disputed, push_disputed
    from ...labels import ADJUDICATION, is_decision, resolve, write_gold
    from ...labels import ties as find_ties
    from ...study.migrations import earlier_revisions

    place = find_study(study)
    codebook = codebook_of(place)
    if not annotations_of(place):
        raise StudyError(place.root, "has no annotations yet", "run: standfirst annotate pull")
    units = {unit["unit_id"]: unit for unit in units_of(place)}
    with connected(place) as server:
        if projects_of(place).exists():
            # First what was said and decided since, so that nobody decides what is settled.
            pulled(place, server, codebook)
        rows = annotations_of(place)
        found = disputed(rows, codebook, rule=rule, least=least, only_ties=ties)
        pushed = None
        if found:
            name = title or place.settings().title or codebook.title
            pushed = push_disputed(
                server,
                units,
                codebook,
                found,
                title=name,
                state=projects_of(place),
                study_id=study_id(place),
                earlier=earlier_revisions(place, codebook),
                names=names,
            )
    gold = resolve(rows, codebook, rule=rule, least=least)
    write_gold(place.gold, gold)
    decided = {row.unit_id for row in rows if is_decision(row)}
    counts = {
        "disputed": len(found),
        "ties": sum(one.tied for one in found),
        "sent": pushed.n_sent if pushed else 0,
        "decided": sum(one.unit_id in decided for one in found),
        "ties_left": len(
            {one.unit_id for one in find_ties(rows, codebook, rule=rule, least=least)}
        ),
        "adjudicated": sum(row.rule == "adjudicated" for row in gold),
        "gold": len(gold),
        "project": pushed.project if pushed else None,
        "round": ADJUDICATION,
        "url": pushed.url if pushed else "",
    }
    if json:
        print_json(counts)
        return
    if pushed is None:
        print("coders agree on every unit; nothing to adjudicate")
    else:
        print(
            f"{counts['disputed']} units to adjudicate ({counts['ties']} ties): "
            f"{counts['sent']} sent now, {counts['decided']} decided: {pushed.url}"
        )
    print(
        f"gold: {counts['gold']} answers, {counts['adjudicated']} of them adjudicated; "
        f"{counts['ties_left']} units still tied"
    )
    say(f"wrote {place.gold}")
