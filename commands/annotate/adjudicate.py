"""``standfirst annotate adjudicate``: disagreements go out, and decisions come back as gold."""

from typing import Annotated

import typer

from ...errors import StudyError
from ...files import WAIT, locked
from ...study.contents import (
    annotations_of,
    codebook_of,
    connected,
    projects_of,
    pulled,
    study_id,
    units_of,
)
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say

__all__ = ["adjudicate"]


def adjudicate(
    study: StudyOption = None,
    names: Annotated[
        bool, typer.Option("--names/--no-names", help="Show the coders' names.")
    ] = False,
    ties: Annotated[
        bool, typer.Option("--ties", help="Only units that the rule cannot settle.")
    ] = False,
    rule: Annotated[
        str, typer.Option(help="What settles the rest: majority, dawid-skene, dawid-skene-matrix.")
    ] = "majority",
    least: Annotated[
        float, typer.Option(help="What has a lower share or probability is a tie.", min=0, max=1)
    ] = 0.0,
    title: Annotated[str, typer.Option(help="Title of the project.")] = "",
    json: JsonOption = False,
) -> None:
    """Push the units on which coders differ, with their answers, and bring decisions back as gold.

    Run it again when the adjudicator is done. A question that is left open stays as it was.

    Example: standfirst annotate adjudicate --ties
    """
    from ...annotate.label_studio.adjudication import disputed, push_disputed
    from ...labels import ADJUDICATION, is_decision, resolve, write_gold
    from ...labels import ties as find_ties
    from ...study.migrations import earlier_revisions

    folder = find_study(study)
    codebook = codebook_of(folder)
    if not annotations_of(folder):
        raise StudyError(folder.root, "has no annotations yet", "run: standfirst annotate pull")
    units = {unit["unit_id"]: unit for unit in units_of(folder)}
    with connected(folder) as server:
        if projects_of(folder).exists():
            # First pull new answers and decisions, so that nobody decides what is settled.
            pulled(folder, server, codebook)
        rows = annotations_of(folder)
        cases = disputed(rows, codebook, rule=rule, least=least, only_ties=ties)
        pushed = None
        if cases:
            name = title or folder.settings().title or codebook.title
            pushed = push_disputed(
                server,
                units,
                codebook,
                cases,
                title=name,
                state=projects_of(folder),
                study_id=study_id(folder),
                earlier=earlier_revisions(folder, codebook),
                names=names,
            )
    with locked(folder.annotations.parent, wait=WAIT):
        rows = annotations_of(folder)
        gold = resolve(rows, codebook, rule=rule, least=least)
        write_gold(folder.gold, gold)
    decided = {row.unit_id for row in rows if is_decision(row)}
    counts = {
        "disputed": len(cases),
        "ties": sum(case.tied for case in cases),
        "sent": pushed.n_sent if pushed else 0,
        "decided": sum(case.unit_id in decided for case in cases),
        "ties_left": len(
            {gold_.unit_id for gold_ in find_ties(rows, codebook, rule=rule, least=least)}
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
    say(f"wrote {folder.gold}")
    say_next(folder, "annotate adjudicate")
