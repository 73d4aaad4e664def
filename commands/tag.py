"""``standfirst tag``: from a model and articles to tags."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import JsonOption, print_json, say
from .progress import TagProgress

if TYPE_CHECKING:
    from ..models.batch import Prepared, Summary

__all__ = ["tag"]


def tag(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Articles or ready units: files, folders, globs, s3:// URLs, or - for standard "
            "input."
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", help="A folder, or OUT.parquet, .jsonl or .csv; s3:// URLs too."
        ),
    ],
    unit: Annotated[
        str | None,
        typer.Option(
            help="sentence, window, paragraph, article; or row: the text of each record as it is.",
            show_default="as in the model's study; row for ready units",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Column of the text.", show_default="guessed")
    ] = None,
    id: Annotated[
        str | None, typer.Option(help="Column of the article's id.", show_default="guessed")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Read all as this: txt, jsonl, csv, tsv, parquet.")
    ] = None,
    format_out: Annotated[
        str | None,
        typer.Option(help="Shards of a folder: parquet, jsonl or csv.", show_default="parquet"),
    ] = None,
    languages: Annotated[
        str | None,
        typer.Option(
            help="Languages to keep, such as en,fr; or all.", show_default="as in the study"
        ),
    ] = None,
    near_duplicates: Annotated[
        bool | None,
        typer.Option(
            "--near-duplicates/--no-near-duplicates",
            help="Name the clusters of syndicated copies.",
            show_default="as in the study",
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Near-duplicates that have units: all, or first.", show_default="as in the study"
        ),
    ] = None,
    no_text: Annotated[bool, typer.Option("--no-text", help="Leave the texts out.")] = False,
    abstain_below: Annotated[
        float, typer.Option(min=0, max=1, help="Give no label with less confidence than this.")
    ] = 0.0,
    keep_debris: Annotated[
        bool, typer.Option("--keep-debris", help="Do not clean the articles.")
    ] = False,
    max_rejects: Annotated[
        str, typer.Option(help="Stop when more records than this share are rejected, such as 1%.")
    ] = "100%",
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            help="Ray cluster: auto, ray://HOST:10001, HOST:6379; local starts one here.",
            show_default="auto",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Tasks at once.", show_default="one for each core"),
    ] = None,
    shard_mb: Annotated[float, typer.Option(min=0.001, help="Megabytes of input a shard.")] = 4.0,
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell shards, size and estimated time; tag nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag articles with a trained model, one row a unit.

    The same words again go on where a run stopped.

    Example: standfirst tag model news/*.jsonl -o tags/
    """
    from ..corpus import Fields
    from ..errors import InputError, UnknownNameError
    from ..models.batch import Options, prepare, run
    from ..models.engines import make_engine
    from ..models.units import UNITS

    if unit is not None and unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    share = _share(max_rejects)
    kept = None if languages is None else _languages(languages)
    options = Options(
        unit=unit,
        fields=Fields(text=text, id=id),
        form=format,
        languages=kept,
        near_duplicates=near_duplicates,
        keep=keep,
        keep_debris=keep_debris,
        abstain_below=abstain_below,
        text=not no_text,
        form_out=format_out,
        shard=int(shard_mb * 2**20),
    )
    chosen = make_engine(engine, processes, address)
    if engine != "local" and "-" in inputs:
        raise InputError("-", "a cluster cannot read standard input", "write it to a file")
    with _spooled(inputs) as spool:
        prepared = prepare(model, inputs, output, options, spool=spool)
        if plan:
            _tell_plan(prepared, processes, as_json=as_json)
            return
        if prepared.finished is not None:
            say(f"{output}: finished before, with the same inputs, model and options")
        elif prepared.done:
            say(f"{output}: going on; {len(prepared.done)} of {_shards(prepared)} are done")
        begun = time.monotonic()
        with TagProgress(quiet=quiet or as_json) as progress:
            try:
                summary = run(prepared, chosen, max_rejects=share, progress=progress.show)
            except KeyboardInterrupt:
                progress.end()
                say(
                    f"stopped; {progress.shards} of {_shards(prepared)} are done and stay. "
                    "The same words go on."
                )
                raise typer.Exit(130) from None
    seconds = time.monotonic() - begun
    if as_json:
        print_json(_as_json(summary, output, seconds))
    else:
        print("\n".join(_told(summary, prepared, progress, seconds, output)))
    if summary.records and not summary.articles + summary.aside + summary.duplicates:
        problem = f"no record could be used ({summary.rejects} rejected)"
        raise InputError(
            summary.first_reject, problem, "name the column with --text, or check the file"
        )


def _shards(prepared: "Prepared") -> str:
    n_tasks = len(prepared.plan.tasks)
    return f"{n_tasks} shard{'s' * (n_tasks != 1)}"


def _share(told: str) -> float:
    """Read a share such as 1% or 0.01."""
    try:
        value = float(told.removesuffix("%")) / (100 if told.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter("a share, such as 1% or 0.01", param_hint="--max-rejects")
    return value


def _languages(told: str) -> tuple[str, ...]:
    codes = tuple(code.strip().lower() for code in told.split(",") if code.strip())
    if codes == ("all",):
        return ()
    if not codes or any(len(code) != 2 or not code.isalpha() for code in codes):
        raise typer.BadParameter("codes of two letters, such as en,fr", param_hint="--languages")
    return codes


@contextmanager
def _spooled(inputs: list[str]) -> Iterator[Path | None]:
    """Copy standard input to disk, where it is named: it must be read more than once."""
    if "-" not in inputs:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="standfirst-") as scratch:
        spool = Path(scratch) / "stdin"
        with spool.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target)
        yield spool


def _tell_plan(prepared: "Prepared", processes: int | None, *, as_json: bool) -> None:
    from ..models.pace import seconds_a_byte
    from ..models.threads import n_cores

    left = prepared.left
    size = sum(task.size for task in left)
    workers = min(processes or n_cores(), max(len(left), 1))
    seconds = seconds_a_byte(prepared) * size / workers if left else 0.0
    steps = prepared.job.steps
    found: dict[str, Any] = {
        "files": len(prepared.plan.inputs),
        "bytes": prepared.plan.size,
        "shards": len(prepared.plan.tasks),
        "shards_left": len(left),
        "processes": workers,
        "estimated_seconds": round(seconds, 1),
        "steps": steps.as_json(),
    }
    if as_json:
        print_json(found)
        return
    kept = ", ".join(steps.languages) or "all"
    print(f"inputs     {found['files']} files, {found['bytes'] / 1e6:,.1f} MB unpacked, about")
    print(f"shards     {found['shards']}, of which {len(left)} are left")
    print(
        f"steps      {'clean, ' if steps.clean else ''}cut into: {steps.unit}; languages: {kept}; "
        f"near-duplicates: {'named' if steps.near_duplicates else 'not looked for'}"
    )
    print(f"time       about {_span(seconds)} with {workers} processes")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def _as_json(summary: "Summary", output: str, seconds: float) -> dict[str, Any]:
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
    }


def _told(
    summary: "Summary",
    prepared: "Prepared",
    progress: TagProgress,
    seconds: float,
    output: str,
) -> list[str]:
    """Tell in words what went in and came out."""
    kind = prepared.job.steps.unit
    rate = f", {progress.units / max(seconds, 1e-9):,.0f} a second" if progress.units else ""
    lines = [f"{summary.articles} articles, {summary.units} units ({kind}) tagged{rate}"]
    parts = [f"{summary.articles} tagged"]
    parts += [f"{summary.aside} set aside (another language)"] if summary.aside else []
    parts += [f"{summary.duplicates} read twice"] if summary.duplicates else []
    parts += [f"{summary.rejects} rejected"] if summary.rejects else []
    lines.append(f"{summary.records} records read: {', '.join(parts)}")
    if summary.copies:
        lines.append(f"{summary.copies} near-duplicates (they share a cluster in articles.parquet)")
    for name, labels in summary.labels.items():
        shares = [f"{label} {n} ({n / max(summary.units, 1):.0%})" for label, n in labels.items()]
        lines.append(f"{name}: {', '.join(shares)}")
    if summary.rejects:
        lines.append(f"{summary.rejects} records rejected; the first: {summary.first_reject}")
    return [*lines, f"written to {output}"]
