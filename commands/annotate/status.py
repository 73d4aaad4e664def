"""``standfirst annotate status``: what is left to code, how long it takes, and for what width."""

from ...study.contents import annotations_of
from ..shared.answers import say_strangers
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, print_table, say

__all__ = ["status"]


def status(study: StudyOption = None, json: JsonOption = False) -> None:
    """Show what is left to code, by round and coder, and how long it will take.

    Where a round was drawn for a target, it says how wide the interval of that share is by now, and
    about how many labels more it takes. Coding may stop when the interval is narrow enough.

    Example: standfirst annotate status
    """
    from dataclasses import asdict

    from ...annotate.answers.identities import read_identities
    from ...annotate.answers.status import workloads
    from ...annotate.design.plan import read_design
    from ...study.precision import widths_reached

    folder = find_study(study)
    design, annotations = read_design(folder.design), annotations_of(folder)
    identities = read_identities(folder.annotations.with_name("coders.json"))
    rows = workloads(design, annotations, identities)
    say_strangers(design, {row.coder for row in annotations}, identities)
    widths, notes = widths_reached(folder, design)
    if json:
        told = [asdict(row) | {"seconds_left": row.seconds_left} for row in rows]
        targets = [asdict(one) | {"reached": one.reached} for one in widths]
        print_json({"rows": told, "targets": targets, "notes": notes})
        return
    if not rows:
        say("nothing is drawn and nothing is coded")
        say_next(folder, "annotate status")
        return
    table = [
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
    ]
    if len(rows) > 1:
        sums = [
            sum(getattr(row, name) for row in rows)
            for name in ("n_units", "n_done", "n_skipped", "n_left")
        ]
        left = [row.seconds_left for row in rows]
        known = None if None in left else sum(seconds or 0 for seconds in left)
        table.append(["all", "", *map(str, sums), "", _duration(known)])
    print_table(
        ["round", "coder", "units", "done", "skipped", "left", "s/unit", "time left"], table
    )
    for one in widths:
        print(one)
    say(*(f"note: {note}" for note in notes))
    say_next(folder, "annotate status")


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes = -int(-seconds // 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
