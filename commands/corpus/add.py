"""``standfirst corpus add`` and ``cut``: articles in, and cut by the settings of the study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..shared.next_step import say_next
from ..shared.options import (
    DateOrderOption,
    JsonOption,
    StudyOption,
    date_order_of,
    find_study,
    print_json,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...corpus import Added, Preparation

__all__ = ["add", "cut", "preview"]

KeepOption = Annotated[
    str | None,
    typer.Option(
        help="Near-duplicates: all have units, or only the first that was added; as before, and "
        "all in a new corpus, if not given."
    ),
]
_MOST_WORKERS = 3
_PREVIEW = 100
_COLUMN = "Name of the column with the {}; guessed when not given."


def add(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders, globs, s3:// URLs, or - for standard input."),
    ],
    study: StudyOption = None,
    format: Annotated[
        str | None,
        typer.Option(help="Read all as this: txt, jsonl, csv, xlsx, html, warc ..."),
    ] = None,
    text: Annotated[str | None, typer.Option(help=_COLUMN.format("text"))] = None,
    title: Annotated[str | None, typer.Option(help=_COLUMN.format("headline"))] = None,
    id: Annotated[str | None, typer.Option(help=_COLUMN.format("article's id"))] = None,
    outlet: Annotated[str | None, typer.Option(help=_COLUMN.format("outlet"))] = None,
    published: Annotated[str | None, typer.Option(help=_COLUMN.format("date"))] = None,
    url: Annotated[str | None, typer.Option(help=_COLUMN.format("URL"))] = None,
    language: Annotated[str | None, typer.Option(help=_COLUMN.format("language"))] = None,
    date_order: DateOrderOption = None,
    keep_debris: Annotated[
        bool, typer.Option("--keep-debris", help="Leave the texts as they are.")
    ] = False,
    fix_encoding: Annotated[
        bool, typer.Option("--fix-encoding", help="Repair texts such as 'cafÃ©'.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what cleaning would take out; add nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when a record was rejected.")
    ] = False,
    keep: KeepOption = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; as many as there are cores, up to 3, if not given."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read articles, clean them, cut them into units and find near-duplicates.

    Adding the same files again adds nothing, but puts right the title, outlet, date and URL of
    articles where their column, or the order of dates, is named now. A run that was killed goes on
    when the same command is run again.

    Example: standfirst corpus add articles/ more.csv --text body --outlet newspaper
    """
    import os
    from dataclasses import asdict

    from ...corpus import Fields, read_articles
    from ...corpus import add as add_articles
    from ..shared.progress import ProgressLine
    from .reading_report import ReadingReport

    home = find_study(study)
    preparation = home.settings().preparation.changed(
        keep_debris=keep_debris, fix_encoding=fix_encoding
    )
    columns = (text, title, id, outlet, published, url, language)
    fields = Fields(*columns, order=date_order_of(date_order), languages=preparation.languages)
    report = ReadingReport()
    records = read_articles(paths, fields=fields, form=format, observer=report)
    if dry_run:
        _dry_run(records, preparation)
        report.end()
        say_next(home, "corpus add")
        return
    named = {"title": title, "outlet": outlet, "published": published or date_order, "url": url}
    n_workers = processes or min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    with ProgressLine() as progress:
        counts = add_articles(
            home.corpus,
            records,
            preparation,
            keep=_keep(keep),
            correct=[name for name, column in named.items() if column is not None],
            n_workers=n_workers,
            progress=progress,
        )
    report.end()
    if as_json:
        print_json(asdict(counts))
    else:
        print("\n".join(_report(counts, preparation.unit, home.corpus)))
    if counts.rejected and (strict or counts.rejected == counts.read):
        raise typer.Exit(1)
    say_next(home, "corpus add", quiet=as_json)


def cut(study: StudyOption = None, keep: KeepOption = None, as_json: JsonOption = False) -> None:
    """Cut the stored articles again, after the settings in study.toml have changed.

    Articles that were set aside because of their language are taken in when it is named now.
    Units that are cut as before keep their ids, and so their annotations.

    Example: standfirst corpus cut --keep first
    """
    from dataclasses import asdict

    from ...corpus import recut

    home = find_study(study)
    preparation = home.settings().preparation
    result = recut(home.corpus, preparation, keep=_keep(keep))
    if as_json:
        print_json(asdict(result))
        return
    new = result.units - result.same
    print(
        f"{result.units} {preparation.unit}s: {result.same} as before, {new} new, "
        f"{result.gone} gone"
    )
    if result.taken_in:
        print(f"{result.taken_in} articles that had been set aside were taken in")
    if result.aside:
        print(f"{result.aside} articles are set aside (another language)")
    for line in _without_rules(result.without_rules):
        print(line)
    if result.keep == "first":
        print("of near-duplicates only the first has units")
    say_next(home, "corpus cut")


def preview(
    paths: list[str], columns: "Mapping[str, str | None]", *, quiet: bool = False
) -> tuple[int, int]:
    """Show which columns the first articles are taken from; nothing is added.

    Parameters
    ----------
    paths
        As for `add`.
    columns
        Name of a field to the column that holds it; guessed where it is None.
    quiet
        Show nothing.

    Returns
    -------
    Records that were read, and those of no use.
    """
    from itertools import islice

    from ...corpus import Fields, Reject, read_articles
    from .reading_report import ReadingReport

    fields = Fields(
        text=columns.get("text"),
        title=columns.get("title"),
        outlet=columns.get("outlet"),
        published=columns.get("published"),
    )
    report = None if quiet else ReadingReport()
    records = read_articles(paths, fields=fields, observer=report)
    seen = list(islice(records, _PREVIEW))
    return len(seen), sum(isinstance(one, Reject) for one in seen)


def _keep(name: str | None) -> str | None:
    from ...corpus import KEEP
    from ...errors import UnknownNameError

    if name is not None and name not in KEEP:
        raise UnknownNameError("--keep", name, KEEP)
    return name


def _dry_run(records: Any, preparation: "Preparation") -> None:
    from ...corpus import Reject, aside, rehearse

    n_read = n_rejected = n_aside = n_pieces = 0
    for record in rehearse(records, preparation):
        n_read += 1
        if isinstance(record, Reject):
            n_rejected += 1
            where = f"{record.file}:{record.record}" if record.record else record.file
            print(f"{where}: rejected: {record.reason}")
            continue
        if record.repaired:
            print(f"{record.article.id}: encoding repaired")
        for gone in record.removed:
            n_pieces += 1
            print(f"{record.article.id}: {gone.reason}: {gone.text}")
        if reason := aside(record.article.language, preparation):
            n_aside += 1
            print(f"{record.article.id}: set aside: {reason}")
    say(
        f"{n_read} records read, {n_pieces} pieces of debris found, {n_aside} articles to set "
        f"aside, {n_rejected} rejected; nothing added"
    )


def _report(counts: "Added", kind: str, folder: Path) -> list[str]:
    """Say what became of the records."""
    parts = [f"{counts.added} added"]
    parts += [f"{counts.known} there already"] if counts.known else []
    parts += [f"{counts.aside} set aside (another language)"] if counts.aside else []
    parts += [f"{counts.rejected} rejected"] if counts.rejected else []
    lines = [f"{counts.read} records read: {', '.join(parts)}", f"{counts.units} {kind}s"]
    lines += _without_rules(counts.without_rules)
    if counts.removed:
        pieces = ", ".join(f"{name} {n}" for name, n in sorted(counts.removed.items()))
        lines.append(f"debris taken out: {pieces}")
    lines += [f"{name} put right in {n} articles" for name, n in counts.amended.items()]
    if counts.repaired:
        lines.append(f"{counts.repaired} articles had their encoding repaired")
    if counts.copies:
        lines.append(f"{counts.copies} near-duplicates in the corpus (they share a cluster)")
    lines += [f"not read: {file}: {reason}" for file, reason in counts.passed_over.items()]
    lines += [f"rejected: {n} {reason}" for reason, n in sorted(counts.reasons.items())]
    if counts.rejected:
        lines.append(f"rejected records are in {folder / 'rejects.jsonl'}, with their reasons")
    return lines


def _without_rules(languages: dict[str, int]) -> list[str]:
    if not languages:
        return []
    names = ", ".join(f"{name} {n}" for name, n in sorted(languages.items()))
    message = (
        f"no rules for the sentences of {names} (articles): they are cut at the marks that "
        "languages share; look at some with: standfirst corpus show ARTICLE"
    )
    return [message]
