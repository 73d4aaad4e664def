"""What ``standfirst tag`` prints: the plan, how far it came when it was stopped, the counts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..shared.options import print_json

if TYPE_CHECKING:
    from ...models.cascade.folder import Cascaded
    from ...models.runs.run import Prepared, Summary

__all__ = ["print_plan", "print_summary", "shards", "stopped"]


def shards(prepared: "Prepared") -> str:
    """Return the number of shards in words."""
    n_tasks = len(prepared.plan.tasks)
    return f"{n_tasks} shard{'s' * (n_tasks != 1)}"


def stopped(prepared: "Prepared | None") -> str:
    """Say how far an interrupted run came."""
    again = "Run the same command again to continue."
    if prepared is None:
        return f"stopped; what was done before stays. {again}"
    n_done = max(prepared.state.shards, len(prepared.done))
    return f"stopped; {n_done} of {shards(prepared)} are done and stay. {again}"


def print_plan(prepared: "Prepared", processes: int | None, *, as_json: bool) -> None:
    """Print shards, size and an estimate of the time."""
    from ...models.runs.engines.local import usual_processes
    from ...models.runs.prepare import pace_of

    left = prepared.left
    size = sum(task.size for task in left)
    workers = min(processes or usual_processes(), max(len(left), 1))
    pace = pace_of(prepared) if left else None
    seconds = pace.seconds_per_byte * size / workers if pace else 0.0
    steps = prepared.job.preparation
    facts: dict[str, Any] = {
        "files": len(prepared.plan.inputs),
        "bytes": prepared.plan.size,
        "shards": len(prepared.plan.tasks),
        "shards_left": len(left),
        "processes": workers,
        "estimated_seconds": round(seconds, 1),
        "steps": steps.as_json(),
    }
    students = prepared.cascade
    if students is not None:
        first = {"units": pace.n_units, "stages": dict(pace.stages)} if pace else None
        facts["cascade"] = {**students.as_json(), "first_units": first}
    if as_json:
        print_json(facts)
        return
    kept = ", ".join(steps.languages) or "all"
    print(f"inputs     {facts['files']} files, {facts['bytes'] / 1e6:,.1f} MB unpacked, about")
    print(f"shards     {facts['shards']}, of which {len(left)} are left")
    print(
        f"steps      {'' if steps.keep_debris else 'clean, '}cut into: {steps.unit}; "
        f"languages: {kept}; "
        f"near-duplicates: {'named' if steps.near_duplicates else 'not looked for'}"
    )
    if students is not None:
        print("\n".join(promise_lines(students, "cascade    ")))
        if pace and pace.n_units:
            print(f"           of the first {pace.n_units} units: {_by_stage(pace.stages)}")
    print(f"time       about {_span(seconds)} with {workers} processes")


def promise_lines(students: "Cascaded", before: str = "") -> list[str]:
    """Say what a cascade promises, and on what that rests.

    Parameters
    ----------
    students
        What the model's students are worth.
    before
        What stands before the first line; the others are set in as far.
    """
    promise = students.promise
    shares = dict(zip(students.stages, promise.shares, strict=True))
    answered = ", ".join(f"{name} answers {share:.1%}" for name, share in shares.items())
    rests = f"{promise.n_texts:,} held-out texts of {promise.n_articles:,} articles"
    lines = [f"at {promise.rate:g}: {answered} ({rests})"]
    for name, share in promise.agreement.items():
        value, low, high = share.numbers()
        lines.append(
            f"{name}: the model's own answer for {value:.2%} of such texts (95 %: {low:.2%} to "
            f"{high:.2%})"
        )
    if promise.sent_on == 1:
        lines.append(
            "no student is sure enough of anything: ask for less, or teach with more texts"
        )
    return [f"{before if not n else ' ' * len(before)}{line}" for n, line in enumerate(lines)]


def _by_stage(stages: Mapping[str, int]) -> str:
    total = max(sum(stages.values()), 1)
    return ", ".join(f"{name} {n / total:.1%}" for name, n in stages.items())


def print_summary(
    summary: "Summary",
    prepared: "Prepared",
    seconds: float,
    output: str,
    *,
    as_json: bool,
) -> None:
    """Print what went in and came out.

    Parameters
    ----------
    summary, prepared
        The run.
    seconds
        How long it took.
    output
        The output, as the user named it.
    as_json
        Print JSON.
    """
    if as_json:
        print_json(_as_json(summary, prepared, output, seconds))
    else:
        print("\n".join(_lines(summary, prepared, seconds, output)))


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def _as_json(
    summary: "Summary", prepared: "Prepared", output: str, seconds: float
) -> dict[str, Any]:
    students = {} if prepared.cascade is None else {"cascade": prepared.cascade.as_json()}
    return {
        "output": output,
        "records": summary.records,
        "articles": summary.articles,
        "aside": summary.aside,
        "duplicates": summary.duplicates,
        "rejects": summary.rejects,
        "units": summary.units,
        "copies": summary.copies,
        "shards": summary.shards,
        "seconds": round(seconds, 2),
        "dimensions": summary.labels,
        "answered": summary.answered,
        "notes": summary.notes,
        "unlike_training": summary.unlike if summary.words else None,
        "new_words": summary.new_words / summary.words if summary.words else None,
        "usual_new_words": summary.usual if summary.words else None,
        **({"stages": summary.stages} if summary.stages else {}),
        **students,
    }


def _lines(
    summary: "Summary",
    prepared: "Prepared",
    seconds: float,
    output: str,
) -> list[str]:
    """Say what went in and came out."""
    kind = prepared.job.preparation.unit
    # Fewer than all where a run was continued.
    n_units = prepared.state.units
    rate = f", {n_units / max(seconds, 1e-9):,.0f} a second" if n_units else ""
    # Rows are units of articles, which are not counted.
    articles = "" if kind == "row" else f"{summary.articles} articles, "
    lines = [f"{articles}{summary.units} units ({kind}) tagged{rate}"]
    if kind == "row":
        lines.append("each row is one unit; to cut the texts into sentences: --unit sentence")
    parts = [f"{summary.articles} tagged"]
    parts += [f"{summary.aside} set aside (another language)"] if summary.aside else []
    parts += [f"{summary.duplicates} read twice"] if summary.duplicates else []
    parts += [f"{summary.rejects} rejected"] if summary.rejects else []
    lines.append(f"{summary.records} records read: {', '.join(parts)}")
    if summary.copies:
        lines.append(f"{summary.copies} near-duplicates (they share a cluster in articles.parquet)")
    for name, labels in summary.labels.items():
        shares = [f"{label} {n} ({n / max(summary.units, 1):.0%})" for label, n in labels.items()]
        n = summary.answered.get(name, summary.units)
        without = "" if n == summary.units else f"; {summary.units - n} without an answer"
        lines.append(f"{name}: {', '.join(shares)}{without}")
    if prepared.cascade is not None:
        lines.append(f"answered by: {_by_stage(summary.stages)}")
        lines += promise_lines(prepared.cascade, "promised ")
    if summary.unlike:
        lines.append(
            f"unlike what the model learned from: {summary.new_words / summary.words:.0%} of the "
            f"words are new to it, and {summary.usual:.0%} are usual; code some of these articles "
            "and evaluate on them before the tags are used"
        )
    if summary.rejects:
        lines.append(f"{summary.rejects} records rejected; the first: {summary.first_reject}")
    lines += [f"note: {note}" for note in summary.notes]
    return [*lines, f"written to {output}"]
