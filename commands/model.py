"""``standfirst train``, ``evaluate`` and ``tag``: from labels to a model, from a model to tags."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import JsonOption, StudyOption, find_study, print_json, say

if TYPE_CHECKING:
    from ..models import Report, Score, TrainingSet
    from ..models.tag import Counts

__all__ = ["evaluate", "tag", "train"]

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Labelled file: .jsonl, .csv, .tsv or .parquet."),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", help="Dimension: a column of the file, or of the study; repeatable."),
]
TextOption = Annotated[str, typer.Option(help="Column of the text.")]
GroupOption = Annotated[
    str | None,
    typer.Option(help="Column that ties rows, as article_id.", show_default="group, article_id"),
]


def train(
    data: DataOption = None,
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Codebook of the labels.", show_default="inferred")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="tfidf, minilm or minilm+tfidf.", show_default="the best one present"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder of the model.", show_default="STUDY/models/CODEBOOK"
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Folds of the held-out score.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and bootstrap.")] = 0,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on labelled rows, and score it on articles that it has not seen.

    Without --data it learns from the units and the gold of the study.

    Example: standfirst train --data coded.csv --label stance --group article_id -o model
    """
    from ..labels import load_codebook
    from ..models import from_file, train
    from ..models.bundle import can_save
    from ..models.minilm import is_ready

    if data is not None and not label:
        raise typer.BadParameter("name a column of the labelled file", param_hint="--label")
    if data is not None and output is None:
        raise typer.BadParameter("name the folder of the model", param_hint="--output")
    # All that can be refused is refused before the long work.
    if output is not None:
        can_save(output)
    if data is not None:
        book = None if codebook is None else load_codebook(codebook)
        rows = from_file(data, label or [], text=text, group=group, codebook=book)
    else:
        rows, usual = _from_study(study, label, codebook)
        output = output or usual
        can_save(output)
    assert output is not None  # noqa: S101 - for the type checker: both ways have set it
    if encoder is None and not is_ready():
        say(
            "encoder: tfidf; a better one, above all with few labels, comes with: "
            "standfirst encoders pull minilm"
        )
    progress = _Progress()
    report = train(rows, encoder=encoder, n_folds=folds, seed=seed, progress=progress.step)
    progress.end()
    report.model.save(output)
    if as_json:
        print_json(
            {
                "model": str(output),
                "encoder": report.model.encoder_name,
                "n_rows": report.n_rows,
                "grouped_by": report.grouped_by,
                **report.model.metrics,
            }
        )
    else:
        print("\n".join(_told_training(report)))
        print(f"\nmodel written to {output}")


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    data: Annotated[
        Path, typer.Option("--data", help="Labelled file: .jsonl, .csv, .tsv or .parquet.")
    ],
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Score a model on labelled rows that it has not seen.

    Example: standfirst evaluate model --data later.csv --json
    """
    from ..models import Model, evaluate, from_file

    loaded = Model.load(model)
    names = label or [dimension.id for dimension in loaded.dimensions]
    for name in names:
        if name not in loaded.heads:
            from ..errors import UnknownNameError

            raise UnknownNameError(f"dimension of {model}:", name, list(loaded.heads))
    rows = from_file(data, names, text=text, group=group, codebook=loaded.codebook)
    found = evaluate(loaded, rows, seed=seed)
    if found.n_seen:
        say(
            f"warning: {found.n_seen} of {len(rows)} texts were in the training data; "
            "the score flatters the model"
        )
    if as_json:
        print_json(found.as_json())
        return
    for name, one in found.scores.items():
        print(f"{name}: macro-F1 {_interval(one)}, n = {one.n} in {_groups(one, rows.grouped_by)}")
        print("\n".join(_table(one)))


def tag(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Articles: files, folders, globs, s3:// URLs, or - for standard input."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="OUT.parquet, .jsonl or .csv, or a folder.")
    ],
    unit: Annotated[
        str | None,
        typer.Option(
            help="sentence, window, paragraph, article; or row: the text of each record as it is.",
            show_default="as in the codebook",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Column of the text.", show_default="guessed")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Read all as this: txt, jsonl, csv, tsv, parquet.")
    ] = None,
    abstain_below: Annotated[
        float, typer.Option(min=0, max=1, help="Give no label with less confidence than this.")
    ] = 0.0,
    keep_debris: Annotated[
        bool, typer.Option("--keep-debris", help="Do not clean the articles.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag articles with a trained model, one row a unit.

    Example: standfirst tag model news/*.jsonl -o tags.parquet
    """
    from ..corpus import Fields, read_articles
    from ..errors import InputError, UnknownNameError
    from ..models import Model
    from ..models.output import can_write, write_tags
    from ..models.tag import UNITS, Counts, tag_articles, tag_schema

    if unit is not None and unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    can_write(output)
    loaded = Model.load(model)
    kind = unit or (loaded.codebook.unit if loaded.codebook.unit in UNITS else "sentence")
    records = read_articles(inputs, fields=Fields(text=text), form=format)
    counts, started, progress = Counts(), time.monotonic(), _Progress()

    def tables() -> Any:
        for table in tag_articles(
            loaded,
            records,
            counts,
            unit=kind,
            abstain_below=abstain_below,
            keep_debris=keep_debris,
        ):
            yield table
            progress.tell(f"{counts.articles} articles, {counts.units} units tagged")
        if not counts.articles:
            first = counts.rejects[0] if counts.rejects else None
            where = first.file if first else ", ".join(inputs)
            told = f"no record could be used ({len(counts.rejects)} rejected"
            told += f"; the first: {first.reason})" if first else ")"
            raise InputError(where, told, "name the column with --text, or check the file")

    paths = write_tags(output, tag_schema(loaded), tables(), counts.rejects)
    progress.end()
    seconds = time.monotonic() - started
    if as_json:
        print_json(
            {
                "output": [str(path) for path in paths],
                "articles": counts.articles,
                "units": counts.units,
                "rejects": len(counts.rejects),
                "seconds": round(seconds, 2),
                "dimensions": counts.labels,
            }
        )
    else:
        print("\n".join(_told_tagging(counts, kind, seconds, paths)))


def _from_study(
    folder: Path | None, label: list[str] | None, codebook: Path | None
) -> "tuple[TrainingSet, Path]":
    from ..annotate.sample import read_design
    from ..corpus import load_units
    from ..errors import StudyError
    from ..labels import load_codebook, read_gold
    from ..models import from_study

    study = find_study(folder)
    if not study.gold.is_file():
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    book = load_codebook(codebook or study.codebook_path)
    design = read_design(study.design) if study.design.is_file() else []
    # The test part tells how good the model is: what learned from it could not be asked.
    aside = {row.unit_id for row in design if row.part == "test"}
    rows = from_study(
        load_units(study.corpus),
        read_gold(study.gold),
        book,
        label,
        source=str(study.gold),
        leave_out=aside,
    )
    if aside:
        say(f"{len(aside)} units of the test part are left out of training")
    return rows, study.models / book.id


def _told_training(report: "Report") -> list[str]:
    groups = f"{report.model.about['n_groups']} groups ({report.grouped_by})"
    lines = [f"{report.n_rows} rows in {groups}; encoder {report.model.encoder_name}"]
    for one in report.dimensions:
        found = one.score
        within = f"{_groups(found, report.grouped_by)}; 95 % interval over groups"
        lines += [
            "",
            f"{one.dimension}: macro-F1 {_interval(found)}",
            f"  held out: {one.n_folds} folds of whole groups; n = {found.n} rows in {within}",
        ]
        usual = f"  for comparison: {one.baseline:.3f} by always giving the same answer"
        if one.leak_gap is not None:
            usual += f"; folds that ignore the groups would have shown {one.leak_gap:+.3f}"
        lines += [usual, *(f"  {line}" for line in _table(found))]
        if one.weighted:
            lines.append("  rare labels are given from a lower probability on (it raised macro-F1)")
        lines += [f"  note: {told}" for told in one.warnings]
    return lines


def _told_tagging(counts: "Counts", kind: str, seconds: float, paths: list[Path]) -> list[str]:
    rate = f"{counts.units / max(seconds, 1e-9):,.0f} a second"
    lines = [f"{counts.articles} articles, {counts.units} units ({kind}) tagged, {rate}"]
    for name, labels in counts.labels.items():
        shares = [f"{label} {n} ({n / max(counts.units, 1):.0%})" for label, n in labels.items()]
        lines.append(f"{name}: {', '.join(shares)}")
    if counts.rejects:
        first = counts.rejects[0]
        where = f"{first.file}:{first.record}" if first.record else first.file
        lines.append(f"{len(counts.rejects)} records rejected; the first: {where}: {first.reason}")
    return [*lines, f"written to {', '.join(map(str, paths))}"]


def _interval(found: "Score") -> str:
    return f"{found.macro_f1:.3f} ({found.low:.3f} to {found.high:.3f})"


def _groups(found: "Score", grouped_by: str) -> str:
    return f"{found.n_groups} groups" + (f" by {grouped_by}" if grouped_by != "row" else "")


def _table(found: "Score") -> list[str]:
    width = max(5, *(len(name) for name in found.labels))
    lines = [f"{'label':{width}}  precision  recall     F1       n"]
    lines += [
        f"{name:{width}}  {one.precision:9.3f}  {one.recall:6.3f}  {one.f1:5.3f}  {one.support:6}"
        for name, one in found.labels.items()
    ]
    return lines


class _Progress:
    """One line that renews itself on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = self._begun = time.monotonic()
        self._open = False

    def step(self, what: str, done: int, total: int) -> None:
        spent = time.monotonic() - self._begun
        left = spent / done * (total - done)
        self.tell(f"{done}/{total} {what}, about {left:.0f} s left")

    def tell(self, told: str) -> None:
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{told}")
            sys.stderr.flush()
            self._open = True
        elif time.monotonic() - self._last > 10:
            self._last = time.monotonic()
            say(told)

    def end(self) -> None:
        if self._open:
            sys.stderr.write("\r\x1b[2K")
            self._open = False
