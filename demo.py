"""The whole way on the bundled corpus, without a server: what `standfirst demo` runs.

Nothing is special about it. Each step calls what the command of the same name calls, with files of
the same kind, and the study that is left behind is one to go on with. The texts and readings lie in
``corpus/demo``; scores on them mean nothing for the field, as they were written for this purpose.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from textwrap import wrap

import pyarrow as pa

from .annotate.answers.merge import merge_answers
from .annotate.design.sampling import assign, draw, write_design
from .annotate.design.strata import strata_of
from .annotate.other_tools.exchange import export_tasks, import_tasks
from .corpus import add, load_units, read_articles
from .errors import ExistsError
from .files import dump_json, write_text
from .labels import (
    Codebook,
    agreement,
    load_codebook,
    read_annotations,
    ready_codebooks,
    resolve,
    ties,
    write_gold,
)
from .measure import read_tags, shares
from .measure.inputs.coded import read_coded
from .measure.report.figures import headline
from .measure.report.page import html
from .models import evaluate, from_file, from_study, train
from .models.encoders.networks.transformer import is_ready
from .models.runs.engines.engine import make_engine
from .models.runs.run import Options, prepare, run
from .models.tagging.blocks import with_preparation
from .progress import Progress
from .study.folder import StudyFolder
from .study.reporting import contents_of
from .tables import write_table

__all__ = ["Step", "walk"]

N_SAMPLE = 1300
N_CHECKED = 60
SEED = 2026

_READS = {
    "minilm+tfidf": "read by MiniLM and as counted words",
    "tfidf": "read by counted words, as MiniLM is not here",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way."""

    command: str
    """The command that does it."""
    lines: tuple[str, ...]
    """What came out, in lines."""
    written: tuple[Path, ...] = ()
    """What was written."""


def walk(folder: Path, *, progress: Progress | None = None) -> Iterator[Step]:
    """Walk from articles to shares and a report.

    Parameters
    ----------
    folder
        Where the study is made: a new folder, or an empty one.
    progress
        Receives how far training has come.

    Yields
    ------
    Each step when it is done.

    Raises
    ------
    ExistsError
        The folder is a study already, or not empty.
    """
    if not (folder / "study.toml").exists() and folder.is_dir() and any(folder.iterdir()):
        raise ExistsError(folder, "is not empty", "name a new folder")
    with as_file(files("standfirst.corpus.demo")) as data:
        study = StudyFolder.create(
            folder,
            ready_codebooks()["transfer-deals"].read_text(encoding="utf-8"),
            title="A demonstration on invented news",
        )
        yield Step("init", ("codebook transfer-deals: who says what about migrant-transfer deals",))
        yield _add(study, data)
        yield _sample(study)
        yield _import(study, data)
        yield _agreement(study)
        yield _gold(study)
        yield from _train_and_tag(study, data, progress)


def _add(study: StudyFolder, data: Path) -> Step:
    counts = add(study.corpus, read_articles([str(data / "articles.jsonl")]))
    debris = sum(counts.removed.values())
    lines = (
        f"{counts.added} articles, {counts.units} sentences",
        f"{debris} lines of debris taken out, {counts.copies} near-duplicate found",
    )
    return Step("corpus add", lines, (study.corpus,))


def _sample(study: StudyFolder) -> Step:
    units = list(load_units(study.corpus))
    rule = "stratified"
    drawn = draw(units, N_SAMPLE, rule=rule, strata=strata_of(units, ["outlet"]), seed=SEED)
    drawn = assign(drawn, ["first@readers.example", "second@readers.example"], seed=SEED)
    write_design(study.design, drawn)
    wanted = {row.unit_id: row.round for row in drawn}
    path = study.annotations.with_name("tasks.json")
    chosen = [unit for unit in units if unit["unit_id"] in wanted]
    n_tasks = export_tasks(path, chosen, load_codebook(study.codebook_path), rounds=wanted)
    lines = (
        f"{n_tasks} of {len(units)} sentences drawn, stratified by outlet, probabilities kept",
        "written as Label Studio tasks, with the labeling config beside them",
    )
    return Step("annotate sample", lines, (study.design, path, path.with_suffix(".xml")))


def _import(study: StudyFolder, data: Path) -> Step:
    # What two people would have done in Label Studio: readings of the sentences that were drawn.
    tasks = json.loads(study.annotations.with_name("tasks.json").read_bytes())
    wanted = {task["data"]["unit_id"] for task in tasks}
    readings = json.loads((data / "readings.json").read_bytes())
    coded = [task for task in readings if task["data"]["unit_id"] in wanted]
    path = study.annotations.with_name("readings.json")
    write_text(path, dump_json(coded, indent=None) + "\n")
    kept = merge_answers(study.annotations, import_tasks(path, load_codebook(study.codebook_path)))
    lines = (
        f"{kept.n_answers} answers of {len(kept.coders)} readers on {kept.n_tasks} sentences",
        f"{kept.n_annotations} annotations (one for each reader, sentence and dimension)",
    )
    return Step("annotate import", lines, (path, study.annotations))


def _agreement(study: StudyFolder) -> Step:
    measured = agreement(read_annotations(study.annotations), load_codebook(study.codebook_path))
    lines = (
        f"{one.dimension:10} Krippendorff's alpha {one.alpha} on {one.n_units} sentences"
        for one in measured
    )
    return Step("annotate agreement", tuple(lines))


def _gold(study: StudyFolder) -> Step:
    annotations, codebook = read_annotations(study.annotations), load_codebook(study.codebook_path)
    gold = resolve(annotations, codebook)
    write_gold(study.gold, gold)
    rules = ", ".join(f"{rule} {n}" for rule, n in Counter(row.rule for row in gold).most_common())
    n_ties = len(ties(annotations, codebook))
    lines = (f"{len(gold)} answers resolved ({rules}), {n_ties} ties left open",)
    return Step("labels gold", lines, (study.gold,))


def _train_and_tag(study: StudyFolder, data: Path, progress: Progress | None) -> Iterator[Step]:
    from .labels import read_gold

    codebook = load_codebook(study.codebook_path)
    labelled = from_study(
        load_units(study.corpus), read_gold(study.gold), codebook, source=str(study.gold)
    )
    encoder = "minilm+tfidf" if is_ready("minilm") else "tfidf"
    report = train(labelled, encoder=encoder, effort="fast", seed=SEED, progress=progress)
    folder = study.models / "demo"
    with_preparation(report.model, study.preparation()).save(folder)
    lines = [
        f"{report.n_rows} sentences, {_READS[encoder]}; folds grouped by article",
        "macro-F1 held out:",
    ]
    for one in report.dimensions:
        score = one.score
        lines.append(
            f"{one.dimension:10} {score.macro_f1:.2f} ({score.low:.2f} to {score.high:.2f}); "
            f"without a model {score.baseline:.2f}"
        )
    yield Step("train", tuple(lines), (folder,))

    path = study.tags / "unseen.parquet"
    prepared = prepare(folder, [str(data / "unseen.jsonl")], str(path), Options())
    counts = run(prepared, make_engine("local"))
    lines = [f"{counts.units} sentences of {counts.articles} articles that nobody had labelled"]
    for name in ("stance", "framing"):
        ranked = sorted(counts.labels[name].items(), key=lambda pair: -pair[1])[:4]
        lines.append(f"{name}: " + ", ".join(f"{label} {n}" for label, n in ranked) + " ...")
    yield Step("tag", tuple(lines), (path,))

    truth = from_file(
        data / "unseen_labels.jsonl",
        [dimension.id for dimension in codebook.dimensions],
        group="article_id",
        codebook=codebook,
    )
    scores = evaluate(report.model, truth).scores
    of_scores = (
        f"{name:10} macro-F1 {one.macro_f1:.2f} ({one.low:.2f} to {one.high:.2f})"
        for name, one in scores.items()
    )
    yield Step("evaluate", ("against a reading of the same sentences:", *of_scores))
    yield _measure(study, codebook, data, path)
    yield _report(study, folder)


def _measure(study: StudyFolder, codebook: Codebook, data: Path, tags: Path) -> Step:
    # What one person would have done: reading a few of the tagged sentences, drawn at random.
    lines = (data / "unseen_labels.jsonl").read_text(encoding="utf-8").splitlines()
    read = {row["unit_id"]: row for row in map(json.loads, lines)}
    table = read_tags(tags, labels={one.id: one.label_ids for one in codebook.dimensions})
    units = [{"unit_id": unit, **read[unit]} for unit in table.unit_ids.to_pylist()]
    drawn = draw(units, N_CHECKED, rule="random", seed=SEED)
    path = study.annotations.with_name("unseen.csv")
    rows = [
        {
            "unit_id": row.unit_id,
            **{name: read[row.unit_id][name] for name in table.dimensions},
            "probability": row.probability,
        }
        for row in drawn
    ]
    write_table(pa.Table.from_pylist(rows), path)
    kinds = {one.name: one.multiple for one in table.dimensions.values()}
    gold, chances = read_coded(path, list(kinds), kinds)
    estimated = shares(table, gold, chances, learned=())
    lines = [
        f"{N_CHECKED} of the {len(table)} sentences, drawn at random, were read to correct tags",
        "(one of twenty such intervals misses the true share):",
    ]
    lines.append(f"{'':28}counted  corrected             true")
    for name in ("stance", "framing"):
        ranked = sorted(estimated[name].labels, key=lambda one: -one.count.share)[:4]
        for label in ranked:
            true = sum(label.label in _labels(row[name]) for row in units) / len(units)
            lines.append(
                f"{name:8} {label.label:19}{label.count.share:7.1%}  "
                f"{label.corrected!s:21} {true:.1%}"
            )
    return Step("measure shares", tuple(lines), (path,))


def _labels(answer: str | list[str]) -> list[str]:
    return [answer] if isinstance(answer, str) else answer


def _report(study: StudyFolder, model: Path) -> Step:
    units, tags = study.root / "units.parquet", study.tags / "corpus.parquet"
    write_table(load_units(study.corpus).data.table, units)
    run(prepare(model, [str(units)], str(tags), Options()), make_engine("local"))
    contents, path = contents_of(study), study.root / "report.html"
    write_text(path, html(contents))
    lines = [f"one page on the {contents.corpus.n_articles} articles, to open in a browser:"]
    for sentence in headline(contents):
        lines += wrap(sentence, 92)
    return Step("report", tuple(lines), (tags, path))
