"""What a study holds, gathered for its report; what it has nothing for is named as missing."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ..annotate.design.plan import Drawn
from ..corpus import summary
from ..corpus.reading.dates import read_date
from ..errors import StandfirstError
from ..labels import Agreement, agreement, disagreements
from ..labels.annotations.annotation import current
from ..measure.inputs.tagged import Tags
from ..measure.regressions.formula import parse_formula
from ..measure.report.contents import (
    Asked,
    Coding,
    Contents,
    Corpus,
    Light,
    Missing,
    Model,
    Round,
    Verdict,
)
from .files import StudyFiles
from .inventory import GATE
from .measured import Measured, explain, measure
from .report_articles import readable_articles

if TYPE_CHECKING:
    from ..labels import Annotation, Gold
    from .folder import StudyFolder

__all__ = ["MOST_ARTICLES", "contents_of", "refuse_other_page", "write_report"]

MOST_ARTICLES = 1500
"""Articles that can be read in the page; with more it would take too long to open."""

_MOST_OUTLETS = 12
_UNIT_COLUMNS = ("start", "end", "before", "after", "title")


def contents_of(
    study: "StudyFolder",
    tags: Path | None = None,
    *,
    formulas: Sequence[str] = (),
    beside: Sequence[Path] = (),
) -> Contents:
    """Gather what a report says.

    Parameters
    ----------
    study
        The study.
    tags
        The tags of its corpus; found in the study if None.
    formulas
        Regressions to show, such as ``critique ~ outlet + trend``.
    beside
        Tags of the same units by other models, whose shares are shown as other choices.

    Raises
    ------
    StudyError
        There are no articles yet.
    StandfirstError
        The tags that were named cannot be measured with, or a formula not be explained.
    """
    files = StudyFiles(study, _UNIT_COLUMNS)
    book, annotations = files.codebook, files.annotations
    missing: dict[str, Missing] = {}
    gold: list[Gold] = []
    # Why it cannot be read is said below, with what rests on it.
    with suppress(StandfirstError):
        gold = files.gold
    if not annotations:
        missing["coders"] = Missing("nothing was coded yet", "standfirst annotate push")
    reliability = [result for result in agreement(annotations, book) if result.n_coders]
    clashes = disagreements(annotations, book, most=5, examples=2) if annotations else []
    columns = [name for formula in formulas for name in parse_formula(formula).columns]
    measured = Measured()
    try:
        measured = measure(files, tags, columns=columns, beside=beside)
    except StandfirstError as error:
        if tags is not None or formulas or beside:
            raise
        missing["shares"] = Missing.of(error, files.study.root)
    articles, n_unread = readable_articles(files, measured, gold, most=MOST_ARTICLES)
    model = measured.model
    return Contents(
        title=study.settings().title or study.root.name,
        codebook=book,
        corpus=_corpus(files),
        rounds=tuple(_rounds(files.design)),
        coding=_coding(annotations, gold) if annotations else None,
        agreement=tuple(reliability),
        clashes=tuple(clashes),
        model=None if model is None else _model(model),
        shares=measured.shares,
        cells=measured.cells,
        trends=tuple(measured.trends),
        regressions=tuple(
            explain(measured.inputs, formula) for formula in formulas if measured.inputs
        ),
        quality=tuple(measured.quality),
        coders=measured.coders,
        variants=tuple(measured.variants),
        lights=tuple(_lights(files, gold, reliability, measured.tags, missing.get("shares"))),
        articles=tuple(articles),
        n_unread=n_unread,
        missing=missing,
        files=_hashes(study, measured),
        version=version("standfirst"),
        asked=Asked(
            "" if tags is None else _name_of(study, tags),
            tuple(_name_of(study, path) for path in beside),
            tuple(formulas),
        ),
    )


def write_report(
    study: "StudyFolder",
    path: Path,
    *,
    tags: Path | None = None,
    formulas: Sequence[str] = (),
    beside: Sequence[Path] = (),
    force: bool = False,
) -> Contents:
    """Write the report of a study as a page; parameters and errors as `contents_of`.

    Raises
    ------
    ExistsError
        The file is there already, and is no report.
    """
    from ..files import write_text
    from ..measure.report.page import html

    refuse_other_page(path, force=force)
    contents = contents_of(study, tags, formulas=formulas, beside=beside)
    write_text(path, html(contents))
    return contents


def refuse_other_page(path: Path, *, force: bool = False) -> None:
    """Refuse to replace a file that is no report.

    Raises
    ------
    ExistsError
        It is there, and is none.
    """
    from ..tables.foreign import refuse_foreign

    problem = "is there already, and is no report"
    refuse_foreign(path, ['content="Standfirst '], force=force, problem=problem)


def _corpus(files: StudyFiles) -> Corpus:
    units = files.units
    outlets = {str(unit["article_id"]): str(unit["outlet"] or "") for unit in units}
    largest = Counter(filter(None, outlets.values())).most_common()
    dates = sorted(filter(None, map(read_date, {str(unit["published"] or "") for unit in units})))
    return Corpus(
        n_articles=len(outlets),
        n_units=len(units),
        unit=files.study.preparation().unit,
        outlets=tuple(largest[:_MOST_OUTLETS]),
        n_outlets=len(largest),
        first=dates[0] if dates else "",
        last=dates[-1] if dates else "",
        languages=tuple(sorted({str(unit["language"]) for unit in units if unit["language"]})),
        n_left_out=summary(files.study.corpus)["articles"] - len(outlets),
    )


def _rounds(design: Sequence[Drawn]) -> "list[Round]":
    rounds: dict[tuple[str, str], list[Drawn]] = {}
    for row in design:
        rounds.setdefault((row.part, row.round), []).append(row)
    return [
        Round(
            name=name,
            part=part,
            rule=rows[0].rule,
            n_drawn=len(rows),
            n_pool=rows[0].n_pool,
            n_strata=len({row.stratum for row in rows if row.stratum}),
            seed=rows[0].seed,
            mix=rows[0].mix,
        )
        for (part, name), rows in rounds.items()
    ]


def _coding(annotations: "list[Annotation]", gold: "list[Gold]") -> Coding:
    answered = [row for row in current(annotations) if row.status == "answered"]
    coders: dict[str, set[str]] = {}
    for row in answered:
        coders.setdefault(row.unit_id, set()).add(row.coder)
    suggested = {row.unit_id for row in answered if row.suggestion != "none"}
    return Coding(
        n_units=len(coders),
        n_twice=sum(len(who) > 1 for who in coders.values()),
        n_coders=len({row.coder for row in answered}),
        n_suggested=len(suggested),
        n_answers=len({(row.unit_id, row.dimension) for row in answered}),
        gold=dict(Counter(row.dimension for row in gold)),
        rules=dict(Counter(str(row.rule) for row in gold).most_common()),
    )


def _model(folder: Path) -> Model:
    from ..models.bundle.record import read_manifest

    manifest = read_manifest(folder)
    metrics = json.loads((folder / "metrics.json").read_bytes())
    kept = ("n", "n_groups", "n_folds", "macro_f1", "macro_f1_low", "macro_f1_high")
    about = manifest.about
    return Model(
        name=folder.name,
        version=manifest.digest[:12],
        encoder=about.chosen or manifest.encoder.name,
        n_rows=about.n_rows,
        n_groups=about.n_groups,
        grouped_by=about.grouped_by,
        n_folds=about.n_folds,
        seed=about.seed,
        scores={
            name: {key: score[key] for key in kept if key in score}
            for name, score in metrics.get("dimensions", {}).items()
        },
        versions=dict(manifest.versions),
    )


def _lights(
    files: StudyFiles,
    gold: "list[Gold]",
    reliability: Sequence[Agreement],
    tags: Tags | None,
    refused: Missing | None,
) -> "list[Light]":
    design = files.design
    answer: Verdict
    known = bool(design) and all(row.probability > 0 for row in design)
    detail = f"{len(design):,} units drawn with known probabilities" if known else "nothing drawn"
    lights = [Light("Was the gold drawn at random?", "yes" if known else "no", detail)]
    units = {row.unit_id for row in gold}
    seen = {row.unit_id for row in current(files.annotations) if row.suggestion != "none"} & units
    if units:
        answer = "yes" if not seen else "partly"
        detail = f"{len(seen):,} of {len(units):,} units were coded with a suggestion in view"
        lights.append(Light("Was it coded blind?", answer, detail))
    values = [result.alpha.value for result in reliability if result.alpha.value is not None]
    if values:
        low = min(values)
        passed = sum(value >= GATE for value in values)
        answer = "yes" if passed == len(values) else "partly" if passed else "no"
        detail = f"the lowest of {len(values)} alphas is {low:.3f}; {GATE} is asked for"
        lights.append(Light("Do coders agree?", answer, detail))
    else:
        detail = "no unit has two coders"
        lights.append(Light("Do coders agree?", "not known", detail))
    inside = "Do the tags lie inside what was drawn from?"
    if tags is not None:
        detail = f"{len(tags):,} tagged units, all of them could be drawn"
        lights.append(Light(inside, "yes", detail))
    elif refused is not None:
        lights.append(Light(inside, "not known", refused.reason))
    return lights


def _hashes(study: "StudyFolder", measured: Measured) -> dict[str, str]:
    """Hash every file that a number of the report comes from."""
    files = [study.codebook_path, study.root / "study.toml", study.annotations, study.design]
    files += [study.gold, *sorted(study.corpus.rglob("*.parquet"))]
    for path in measured.paths:
        files += sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    hashes = {}
    for path in files:
        if path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            hashes[_name_of(study, path)] = digest
    return hashes


def _name_of(study: "StudyFolder", path: Path) -> str:
    """Name a file as it lies in the study; the page travels without the folders of a machine."""
    root, path = study.root.resolve(), path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
