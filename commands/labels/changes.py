"""``standfirst labels diff`` and ``migrate``: what a changed codebook touches, and how to go on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import ExistsError, StudyError
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say

__all__ = ["diff", "migrate"]


def diff(
    old: Annotated[Path, typer.Argument(help="The codebook as it was.")],
    new: Annotated[Path, typer.Argument(help="The codebook as it is.")],
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Say label by label what changed, what it touches, and what must be coded again.

    Example: standfirst labels diff codebook-1.yaml codebook.yaml
    """
    from ...labels import diff_codebooks, load_codebook, read_annotations, read_gold, touched

    before, after = load_codebook(old), load_codebook(new)
    changes = diff_codebooks(before, after)
    found = _study_if_any(study)
    rows = read_annotations(found.annotations) if found and found.annotations.exists() else []
    resolved = read_gold(found.gold) if found and found.gold.exists() else []
    told = touched(changes, rows, resolved)
    models = _models_of(before.revision, found.models) if found and told else []
    if json:
        print_json(
            [
                {
                    "models": models,
                    "kind": one.change.kind,
                    "dimension": one.change.dimension,
                    "labels": list(one.change.labels),
                    "became": list(one.change.became),
                    "what": one.change.what,
                    "recode": one.change.recode,
                    "n_annotations": one.n_annotations,
                    "n_gold": one.n_gold,
                    "n_units": one.n_units,
                }
                for one in told
            ]
        )
        return
    if not told:
        typer.echo("no change of meaning")
    for one in told:
        typer.echo(str(one))
    if models:
        typer.echo(f"models of the old codebook, to be trained again: {', '.join(models)}")


def migrate(
    old: Annotated[Path, typer.Argument(help="The codebook that the annotations were made with.")],
    new: Annotated[Path, typer.Argument(help="The codebook that they shall follow.")],
    mapping: Annotated[
        Path, typer.Option("--map", help="YAML: what becomes of each label that changed.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", help="Where to write; the study's file when not given.")
    ] = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Rewrite annotations for a changed codebook by an explicit mapping, and log every change.

    Example: standfirst labels migrate codebook-1.yaml codebook.yaml --map changes.yaml
    """
    from ...labels import (
        load_codebook,
        load_mapping,
        migrate_annotations,
        read_annotations,
        write_annotations,
        write_log,
    )

    found = find_study(study)
    before, after = load_codebook(old), load_codebook(new)
    rules = load_mapping(mapping, before, after)
    rows = read_annotations(found.annotations)
    migrated, log = migrate_annotations(rows, before, after, rules)
    target = output or found.annotations
    log_path = target.with_name(f"migration-{before.revision}-{after.revision}.jsonl")
    if log_path.exists():
        raise ExistsError(
            log_path, "this migration was done before", "remove the log to do it again"
        )
    # The log goes first: an annotation never changes without a line that says so.
    write_log(log_path, log)
    write_annotations(target, migrated)
    counts = {"kept": len(migrated), "logged": len(log), "log": str(log_path), "to": str(target)}
    if json:
        print_json(counts)
    else:
        typer.echo(f"{len(rows)} annotations read, {len(migrated)} written, {len(log)} in the log")
    say(f"wrote {target}", f"wrote {log_path}")


def _models_of(revision: str, folder: Path) -> list[str]:
    """Name the models that were trained by a revision of the codebook."""
    from ...models.bundle.record import read_manifest

    models = (path.parent for path in sorted(folder.glob("*/manifest.json")))
    return [model.name for model in models if read_manifest(model).codebook_revision == revision]


def _study_if_any(path: Path | None) -> Any:
    """Give the study, or None where there is none and none was named."""
    try:
        return find_study(path)
    except StudyError:
        if path is not None:
            raise
        return None
