"""``standfirst distil``: a fast model that has learned from a good one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..shared import completion
from ..shared.next_step import say_next_with_files
from ..shared.options import JsonOption, MissingOption, print_json, say
from ..shared.progress import ProgressLine
from .cascade_report import report_cascade, write_cascade
from .score_tables import GroupOption, TextOption, interval_text

if TYPE_CHECKING:
    from ...models import TrainingSet
    from ...models.training.distil import Distilled

__all__ = ["distil"]


def distil(
    model: Annotated[
        Path, typer.Argument(help="Folder of the good model.", autocompletion=completion.models)
    ],
    corpus: Annotated[
        list[str],
        typer.Argument(help="Unlabelled articles: files, folders, globs, s3:// URLs, or -."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Folder of the fast model; of a copy of the good one, with --cascade.",
            show_default="with --cascade, the good model's own",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Labelled file to measure what is lost; it is never learned from."
        ),
    ] = None,
    text: TextOption = "text",
    group: GroupOption = None,
    missing: MissingOption = None,
    student: Annotated[
        list[str] | None,
        typer.Option(
            help="The fast encoder: hashed or hashed-pieces; with --cascade also a network, and "
            "several, the fastest first.",
            show_default="hashed-pieces",
        ),
    ] = None,
    cascade: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=0.9999,
            help="Put the fast model before the good one, for tag --cascade, and say what that is "
            "worth where this share of units must get the good model's answer.",
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            help="sentence, window, paragraph, article; or row: each record's text as it is.",
            show_default="as in the codebook",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=100, help="Texts to learn from at most, drawn at random.")
    ] = 50_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Let a fast model learn what a good one answers on unlabelled articles.

    Texts of --data, and of its articles, are left out of what it learns from.

    Example: standfirst distil model articles/ -o fast --data held_out.csv
    """
    from ...corpus.preparation import UNITS
    from ...errors import UnknownNameError
    from ...models import Model, from_file
    from ...models.bundle.folder import can_save
    from ...models.encoders.registry import make_encoder
    from ...models.training.distil import distil, pool_rows
    from ...models.training.teach_cascade import teach_cascade
    from ...tables.answers import parse_missing

    students = student or ["hashed-pieces"]
    if unit is not None and unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    if cascade is None and len(students) > 1:
        raise typer.BadParameter("several need --cascade", param_hint="--student")
    target = output or (model if cascade is not None else None)
    if target is None:
        raise typer.BadParameter("name a folder, or use --cascade", param_hint="-o")
    can_save(target)
    for name in students:
        make_encoder(name)
    teacher = Model.load(model)
    gold: TrainingSet | None = None
    away: set[str] = set()
    if data is not None:
        names = [dimension.id for dimension in teacher.dimensions]
        gold = from_file(
            data,
            names,
            text=text,
            group=group,
            codebook=teacher.codebook,
            missing=parse_missing(missing),
        )
        away = _articles(data, group)
    kind = unit or (teacher.codebook.unit if teacher.codebook.unit in UNITS else "sentence")
    texts, articles = _read(corpus, kind)
    rows = pool_rows(
        texts,
        articles,
        leave_out=gold.texts if gold is not None else (),
        leave_out_articles=away,
        limit=limit,
        seed=seed,
    ).tolist()
    pool = [texts[row] for row in rows]
    with ProgressLine() as progress:
        if cascade is not None:
            owners = [articles[row] for row in rows]
            taught = teach_cascade(
                teacher, pool, owners, students=students, rate=cascade, seed=seed, progress=progress
            )
        else:
            made = distil(
                teacher, pool, student=students[0], gold=gold, seed=seed, progress=progress
            )
    if cascade is not None:
        write_cascade(taught, model, target)
        report_cascade(target, cascade, taught.held, gold, as_json=as_json, seed=seed)
        return
    made.model.save(target)
    if as_json:
        print_json({"model": str(target), "n_pool": made.n_pool, **made.model.metrics["distilled"]})
    else:
        print("\n".join(_lines(made)))
        print(f"\nmodel written to {target}")
        say_next_with_files("train", target)


def _read(corpus: list[str], kind: str) -> tuple[list[str], list[str]]:
    """Read unlabelled articles and cut them; return the texts, and the article of each."""
    from ...corpus import Reject, clean, cut, read_articles

    texts: list[str] = []
    articles: list[str] = []
    n_rejects = 0
    for record in read_articles(corpus):
        if isinstance(record, Reject):
            n_rejects += 1
            continue
        if kind == "row":
            cut_texts = [record.text]
        else:
            cut_texts = [piece.text for piece in cut(clean(record).article, kind=kind)]
        texts += cut_texts
        owner = str(record.meta.get("article_id") or record.id)
        articles += [owner] * len(cut_texts)
    if n_rejects:
        say(f"{n_rejects} records could not be read, and are left out")
    return texts, articles


def _articles(data: Path, group: str | None) -> set[str]:
    """Return the ids of the articles that a labelled file's rows come from."""
    from ...tables import read_strictly

    names = (group,) if group else ("group", "article_id")
    ids: set[str] = set()
    for _, row in read_strictly(data):
        value = next((row[name] for name in names if row.get(name)), None)
        if value is not None:
            ids.add(str(value))
    return ids


def _lines(made: "Distilled") -> list[str]:
    lines = [f"{made.n_pool} texts, answered by the teacher; student {made.model.encoder_name}"]
    for name, share in made.agreement.items():
        lines += ["", f"{name}: {share:.1%} of held-out texts get the teacher's answer"]
        if name in made.gold:
            teacher, student = made.gold[name]
            kept = student.macro_f1 / max(teacher.macro_f1, 1e-9)
            scores = f"teacher {interval_text(teacher)}, student {interval_text(student)}"
            rows = f"{student.n} rows, {student.n_groups} groups"
            lines.append(f"  macro-F1 on gold ({rows}): {scores}: {kept:.1%} kept")
    if made.n_seen:
        lines.append(
            f"note: the teacher was trained on {made.n_seen} of the gold rows; it flatters"
        )
    return lines
