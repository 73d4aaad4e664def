"""``standfirst labels diff`` and ``migrate``: what a changed codebook touches, and how to go on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import ExistsError, StudyError
from ...files import WAIT, locked, write_text
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import ForceOption, JsonOption, StudyOption, find_study, print_json, say

if TYPE_CHECKING:
    from ...labels import Annotation, Codebook
    from ...labels.revisions.migration import LogLine
    from ...study.folder import StudyFolder

__all__ = ["diff", "migrate"]


_OldArgument = Annotated[
    Path | None,
    typer.Argument(
        help="The codebook as it was: a file, or a revision that the study keeps.",
        show_default="the revision before this one",
    ),
]
_NewArgument = Annotated[
    Path | None,
    typer.Argument(help="The codebook as it is.", show_default="the study's codebook"),
]


def diff(
    old: _OldArgument = None,
    new: _NewArgument = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Show label by label what changed, what it touches, and what must be coded again.

    Every revision of a study's codebook is kept in its folder ``codebooks``.

    Example: standfirst labels diff
    """
    from ...labels import diff_codebooks, read_annotations, read_gold, touched

    folder = _study_if_any(study) if old and new else find_study(study)
    before, after = _codebooks(old, new, folder)
    changes = diff_codebooks(before, after)
    rows = read_annotations(folder.annotations) if folder and folder.annotations.exists() else []
    resolved = read_gold(folder.gold) if folder and folder.gold.exists() else []
    touches = touched(changes, rows, resolved)
    models = _models_of(before.revision, folder.models) if folder and touches else []
    if json:
        print_json(
            [
                {
                    "models": models,
                    "kind": item.change.kind,
                    "dimension": item.change.dimension,
                    "labels": list(item.change.labels),
                    "became": list(item.change.became),
                    "what": item.change.what,
                    "recode": item.change.recode,
                    "n_annotations": item.n_annotations,
                    "n_gold": item.n_gold,
                    "n_units": item.n_units,
                }
                for item in touches
            ]
        )
        return
    if not touches:
        typer.echo("no change of meaning")
    for item in touches:
        typer.echo(str(item))
    if models:
        typer.echo(f"models of the old codebook, which must be trained again: {', '.join(models)}")
    if folder:
        say_next(folder, "labels diff")
    elif new:
        say_next_with_files("codebook", new)


def migrate(
    *,
    old: _OldArgument = None,
    new: _NewArgument = None,
    mapping: Annotated[
        Path, typer.Option("--map", help="YAML: what becomes of each label that changed.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", help="Where to write; the study's file when not given.")
    ] = None,
    force: ForceOption = False,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Rewrite annotations for a changed codebook by an explicit mapping, and log every change.

    Run the same command again to continue a migration that was interrupted.

    Example: standfirst labels migrate --map changes.yaml
    """
    from ...labels import (
        load_mapping,
        migrate_annotations,
        read_annotations,
        write_annotations,
        write_log,
    )
    from ...tables.foreign import refuse_foreign

    if output is not None:
        refuse_foreign(output, ["unit_id", "coder", "dimension"], force=force)
    folder = find_study(study)
    before, after = _codebooks(old, new, folder)
    rules = load_mapping(mapping, before, after)
    target = output or folder.annotations
    # No answers may be added between reading and writing.
    with locked(folder.annotations.parent, wait=WAIT):
        rows = read_annotations(folder.annotations)
        migrated, log = migrate_annotations(rows, before, after, rules)
        log_path = _log_of(target, before.revision, after.revision, rows, log)
        # The log goes first: an annotation never changes without a line that says so.
        write_log(log_path, log)
        # By the same rules, answers of the old revision are carried over when they are pulled.
        kept_rules = target.with_name(f"migration-{before.revision}-{after.revision}.yaml")
        write_text(kept_rules, mapping.read_text(encoding="utf-8-sig"))
        write_annotations(target, migrated)
    counts = {"kept": len(migrated), "logged": len(log), "log": str(log_path), "to": str(target)}
    if json:
        print_json(counts)
    else:
        typer.echo(f"{len(rows)} annotations read, {len(migrated)} written, {len(log)} in the log")
    say(f"wrote {target}", f"wrote {log_path}")
    say_next(folder, "labels migrate", quiet=json)


def _codebooks(
    old: Path | None, new: Path | None, study: "StudyFolder | None"
) -> "tuple[Codebook, Codebook]":
    """Read both codebooks; a name that is no file may be a revision that the study keeps."""
    from ...labels import load_codebook
    from ...study.revisions import earlier_revision, find_revision

    paths = [old, new]
    if study is not None:
        paths = [old or earlier_revision(study), new or study.codebook_path]
        for i, path in enumerate(paths):
            if path and not path.exists() and (kept := find_revision(study, str(path))):
                paths[i] = kept
    before, after = (load_codebook(path) for path in paths if path)
    return before, after


def _log_of(
    target: Path, old: str, new: str, rows: "list[Annotation]", log: "list[LogLine]"
) -> Path:
    """Name the log of this migration, that of an interrupted one, or the next for late answers.

    Raises
    ------
    ExistsError
        The migration was done before, and no answer of the old revision has come since.
    """
    from ...labels import read_log

    first = path = target.with_name(f"migration-{old}-{new}.jsonl")
    if first.exists() and not any(row.revision in ("", old) for row in rows):
        problem, remedy = "this migration was done before", "remove the log to do it again"
        raise ExistsError(first, problem, remedy)
    number = 1
    while path.exists() and read_log(path) != log:
        number += 1
        path = first.with_stem(f"{first.stem}-{number}")
    return path


def _models_of(revision: str, folder: Path) -> list[str]:
    """Name the models that were trained by a revision of the codebook."""
    from ...errors import BundleError
    from ...models.bundle.record import read_manifest

    names = []
    for path in sorted(folder.glob("*/manifest.json")):
        try:
            manifest = read_manifest(path.parent)
        except BundleError as error:
            say(f"skipped: {error}")
            continue
        if manifest.codebook_revision == revision:
            names.append(path.parent.name)
    return names


def _study_if_any(path: Path | None) -> Any:
    """Return the study, or None where there is none and none was named."""
    try:
        return find_study(path)
    except StudyError:
        if path is not None:
            raise
        return None
