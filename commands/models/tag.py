"""``standfirst tag``: from a model and articles to tags."""

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ..shared import completion
from ..shared.interrupt import stoppable
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    DateOrderOption,
    DeviceOption,
    ForceOption,
    JsonOption,
    date_order_of,
    say,
)
from ..shared.progress import ProgressLine
from .tag_report import print_plan, print_summary, shards, stopped

if TYPE_CHECKING:
    from ...models.runs.run import Prepared

__all__ = ["tag"]


def tag(
    model: Annotated[
        Path, typer.Argument(help="Folder of a trained model.", autocompletion=completion.models)
    ],
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
    date_order: DateOrderOption = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Format of all inputs (txt, jsonl, csv, xlsx, html ...).",
            show_default="by their suffix",
        ),
    ] = None,
    format_out: Annotated[
        str | None,
        typer.Option(
            help="Format of the shards in a folder: parquet, jsonl or csv.", show_default="parquet"
        ),
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
            help="Find syndicated copies, and name their clusters.",
            show_default="as in the study",
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Which near-duplicates get units: all, or first (of each cluster).",
            show_default="as in the study",
        ),
    ] = None,
    no_text: Annotated[bool, typer.Option("--no-text", help="Leave out the texts.")] = False,
    abstain_below: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out labels with less confidence than this.")
    ] = 0.0,
    cascade: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=0.9999,
            help="Leave to the model's fast students what they are sure of, so that this share of "
            "units gets the model's own answer; see distil --cascade.",
            show_default="the model answers all",
        ),
    ] = None,
    keep_debris: Annotated[
        bool | None,
        typer.Option(
            "--keep-debris/--clean",
            help="Leave the texts of articles as they are.",
            show_default="as in the study",
        ),
    ] = None,
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
    device: DeviceOption = None,
    shard_mb: Annotated[float, typer.Option(min=0.001, help="Megabytes of input per shard.")] = 4.0,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print shards, size and the estimated time; tag nothing.")
    ] = False,
    force: ForceOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag articles with a trained model, one row a unit.

    Run the same command again to continue a run that was stopped.

    Example: standfirst tag model news/*.jsonl -o tags/
    """
    from ...models.encoders.networks.devices import with_device
    from ...worker_process import end_all

    share, kept = _share(max_rejects), _languages(languages)
    prepared: Prepared | None = None

    def leave() -> None:
        end_all()
        shutil.rmtree(scratch, ignore_errors=True)

    with (
        TemporaryDirectory(prefix="standfirst-") as scratch,
        stoppable(lambda: stopped(prepared), leave),
        with_device(device),
    ):
        from ...corpus import Fields
        from ...errors import InputError
        from ...models.runs.engines.engine import make_engine
        from ...models.runs.run import Options, prepare, run

        options = Options(
            preparation={
                "unit": unit,
                "languages": kept,
                "near_duplicates": near_duplicates,
                "keep": keep,
                "keep_debris": keep_debris,
            },
            fields=Fields(text=text, id=id, order=date_order_of(date_order)),
            form=format,
            abstain_below=abstain_below,
            text=not no_text,
            form_out=format_out,
            shard=int(shard_mb * 2**20),
            cascade=cascade,
            force=force,
        )
        chosen = make_engine(engine, processes, address)
        if engine != "local" and "-" in inputs:
            raise InputError("-", "a cluster cannot read standard input", "write it to a file")
        spool = _spooled(Path(scratch)) if "-" in inputs else None
        prepared = prepare(model, inputs, output, options, spool=spool)
        _say_device(device, prepared)
        if plan:
            print_plan(prepared, processes, as_json=as_json)
            say_next_with_files("plan of tags", output, quiet=as_json)
            return
        if prepared.finished is not None:
            say(f"{output}: finished before, with the same inputs, model and options")
        elif prepared.done:
            say(f"{output}: continuing; {len(prepared.done)} of {shards(prepared)} are done")
        begun = time.monotonic()
        with ProgressLine(bar=True, quiet=quiet or as_json) as progress:
            summary = run(prepared, chosen, max_rejects=share, progress=progress)
    print_summary(summary, prepared, time.monotonic() - begun, output, as_json=as_json)
    if summary.records and not summary.articles + summary.aside + summary.duplicates:
        problem = f"no record could be used ({summary.rejects} rejected)"
        raise InputError(
            summary.first_reject, problem, "name the column with --text, or check the file"
        )
    _say_next(model, output, quiet=quiet or as_json)


def _say_device(wanted: str | None, prepared: "Prepared") -> None:
    """Say what computes the model, where it is not the usual way; refuse what would do nothing."""
    from ...errors import DeviceError

    used = prepared.manifest["options"]["device"]
    if wanted not in (None, "auto", "cpu") and wanted != used:
        problem = f"the encoder {prepared.encoder} has no network in full precision"
        raise DeviceError(f"--device {wanted}", problem, "leave it out")
    if used != "cpu" or wanted == "auto":
        say(f"device: {used}")


def _say_next(model: Path, output: str, *, quiet: bool) -> None:
    from ...errors import StudyError
    from ...study.folder import StudyFolder

    try:
        study = StudyFolder.find(model.resolve())
    except StudyError:
        say_next_with_files("tag", output, quiet=quiet)
    else:
        say_next(study, "tag", quiet=quiet)


def _share(text: str) -> float:
    """Read a share such as 1% or 0.01."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter("a share, such as 1% or 0.01", param_hint="--max-rejects")
    return value


def _languages(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    codes = tuple(code.strip().lower() for code in text.split(",") if code.strip())
    if codes == ("all",):
        return ()
    if not codes or any(len(code) != 2 or not code.isalpha() for code in codes):
        raise typer.BadParameter("codes of two letters, such as en,fr", param_hint="--languages")
    return codes


def _spooled(scratch: Path) -> Path:
    """Copy standard input to disk: it must be read more than once."""
    spool = scratch / "stdin"
    with spool.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return spool
