"""What a study holds, gathered for its report; what it has nothing for is named as missing."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..annotate.design.plan import Drawn, read_design
from ..corpus import load_articles, summary
from ..errors import StandfirstError
from ..labels import agreement, disagreements, resolve
from ..labels.annotations.annotation import current
from ..measure.checks.coder_comparison import CoderComparison
from ..measure.checks.coders import compare_coders
from ..measure.checks.quality import CodedUnits, DimensionQuality, quality
from ..measure.checks.sensitivity import Variant, variants
from ..measure.estimates.effects import Trend
from ..measure.estimates.results import Shares
from ..measure.inputs.tagged import Tags
from ..measure.inputs.usable_gold import usable_gold
from ..measure.regressions.trends import trends
from ..measure.report.contents import (
    Article,
    Coding,
    Contents,
    Corpus,
    Light,
    Missing,
    Model,
    Round,
    Sentence,
    Verdict,
)
from .contents import annotations_of, codebook_of, gold_of, units_of
from .inputs import Inputs, inputs_of
from .reasons import reasons

if TYPE_CHECKING:
    from ..labels import Annotation, Codebook, Gold
    from .folder import Study

__all__ = ["MOST_ARTICLES", "contents_of"]

MOST_ARTICLES = 1500
"""Articles that can be read in the page; with more it would take too long to open."""

_GATE = 0.667
_MOST_OUTLETS = 12
_MOST_CELLS = 60
_SPEAKER = "speaker"
"""Id of the dimension that says who speaks, in the ready codebooks."""
_QUOTED = ["id", "title", "outlet", "published", "text"]
_UNIT_COLUMNS = [
    "unit_id", "article_id", "start", "end", "text", "outlet", "published", "language", "before",
    "after", "title",
]  # fmt: skip


def contents_of(study: "Study", tags: Path | None = None) -> Contents:
    """Gather what a report says.

    Parameters
    ----------
    study
        The study.
    tags
        The tags of its corpus; found in the study if None.

    Raises
    ------
    StudyError
        There are no articles yet.
    StandfirstError
        The tags that were named cannot be measured with.
    """
    book = codebook_of(study)
    units = units_of(study, _UNIT_COLUMNS)
    design = read_design(study.design)
    annotations = annotations_of(study)
    missing: dict[str, Missing] = {}
    gold: list[Gold] = []
    # Why it cannot be read is said below, with what rests on it.
    with suppress(StandfirstError):
        gold = gold_of(study, book)
    if not annotations:
        missing["coders"] = Missing("nothing was coded yet", "standfirst annotate push")
    measured, clashes = [], []
    if annotations:
        measured = [one for one in agreement(annotations, book) if one.n_coders]
        clashes = disagreements(annotations, book, most=5, examples=2)
    found = _Measured()
    try:
        found = _measure(study, tags, units, annotations)
    except StandfirstError as error:
        if tags is not None:
            raise
        missing["shares"] = _missing(error)
    articles, n_unread = _articles(study, units, found, gold)
    return Contents(
        title=study.settings().title or study.root.name,
        codebook=book,
        corpus=_corpus(study, units),
        rounds=tuple(_rounds(design)),
        coding=_coding(annotations, gold) if annotations else None,
        agreement=tuple(measured),
        clashes=tuple(clashes),
        model=None if found.model is None else _model(found.model),
        shares=found.shares,
        cells=found.cells,
        trends=tuple(found.trends),
        quality=tuple(found.quality),
        coders=found.coders,
        variants=tuple(found.variants),
        lights=tuple(
            _lights(design, annotations, gold, measured, (found.tags, missing.get("shares")))
        ),
        articles=tuple(articles),
        n_unread=n_unread,
        missing=missing,
        files=_hashes(study, found.path, found.model),
        version=version("standfirst"),
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """What tags and gold give together."""

    path: Path | None = None
    tags: Tags | None = None
    model: Path | None = None
    shares: Shares | None = None
    cells: Mapping[str, Shares] = field(default_factory=dict)
    trends: Sequence[Trend] = ()
    quality: Sequence[DimensionQuality] = ()
    coders: CoderComparison | None = None
    variants: Sequence[Variant] = ()


def _measure(
    study: "Study",
    path: Path | None,
    units: list[dict[str, Any]],
    annotations: "list[Annotation]",
) -> _Measured:
    given = inputs_of(study, path)
    whole = given.shares()
    resolved = {"as reported": given.gold}
    for rule in ("majority", "dawid-skene"):
        resolved[f"gold by {rule}"] = resolve(annotations, codebook_of(study), rule=rule)
    return _Measured(
        Path(given.tags.where),
        given.tags,
        given.model,
        replace(whole, notes=(*given.notes, *whole.notes)),
        dict(_cells(given, units)),
        _trends(given),
        list(_quality(given, units)),
        _coders(given, annotations, codebook_of(study)),
        variants(given.tags, resolved, _design(given), learned=given.learned),
    )


def _design(given: Inputs) -> Sequence[Drawn]:
    return given.design if isinstance(given.design, Sequence) else ()


def _cells(given: Inputs, units: Sequence[Mapping[str, Any]]) -> "Iterator[tuple[str, Shares]]":
    """Measure by month and outlet; outlets are compared with the largest."""
    outlets = Counter(str(unit["outlet"]) for unit in units if unit["outlet"])
    for name in ("month", "outlet"):
        by = given.cells([name])
        if not 1 < len(by.unique()) <= _MOST_CELLS:
            continue
        against = outlets.most_common(1)[0][0] if name == "outlet" and outlets else None
        if against is not None:
            try:
                yield name, given.shares(by=by, by_names=[name], compare=True, against=against)
            except StandfirstError:
                # The largest outlet is not corrected; the cells can be shown all the same.
                pass
            else:
                continue
        yield name, given.shares(by=by, by_names=[name])


def _trends(given: Inputs) -> Sequence[Trend]:
    known = given.columns(["published", "article_id", "cluster"])
    try:
        found, _ = trends(
            given.tags,
            given.gold,
            given.design,
            known.pop("published"),
            clusters=list(known.values()),
            learned=given.learned,
        )
    except (KeyError, StandfirstError):
        return ()
    return found


def _coders(
    given: Inputs, annotations: "list[Annotation]", codebook: "Codebook"
) -> CoderComparison | None:
    learned = given.learned
    try:
        return compare_coders(annotations, codebook, given.tags, learned=learned)
    except StandfirstError:
        # It takes three coders with thirty units each.
        return None


def _quality(given: Inputs, units: list[dict[str, Any]]) -> "Iterator[DimensionQuality]":
    """Score the tags on the gold that shares are corrected by."""
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in given.gold:
        answers.setdefault(row.dimension, {})[row.unit_id] = row.labels
    about = {str(unit["unit_id"]): unit for unit in units}
    tags = given.tags
    for name, one in tags.dimensions.items():
        if name not in answers:
            continue
        usable = usable_gold(tags, one, answers[name], given.design, given.learned)
        rows = usable.sample.index
        there = [about[unit] for unit in tags.unit_ids.take(rows).to_pylist()]
        coded = CodedUnits(
            name,
            one.labels,
            one.multiple,
            usable.truth,
            one.judged[rows],
            one.probabilities[rows].astype(np.float64),
            usable.sample.weight,
            tuple(str(unit["article_id"]) for unit in there),
        )
        kinds = {
            "outlet": [str(unit["outlet"] or "not known") for unit in there],
            "month": [str(unit["published"] or "")[:7] or "not known" for unit in there],
            "length": [_length(str(unit["text"])) for unit in there],
            **_speakers(name, [str(unit["unit_id"]) for unit in there], answers),
        }
        yield quality(coded, kinds)


def _speakers(
    dimension: str,
    unit_ids: Sequence[str],
    answers: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> dict[str, list[str]]:
    """Give who speaks in each unit, where a question of the codebook asks it."""
    said = answers.get(_SPEAKER)
    if said is None or dimension == _SPEAKER:
        return {}
    return {_SPEAKER: [" + ".join(said.get(unit, ())) or "not known" for unit in unit_ids]}


def _length(text: str) -> str:
    n = len(text.split())
    return "1 to 12 words" if n <= 12 else "13 to 25 words" if n <= 25 else "26 words or more"


def _missing(error: StandfirstError) -> Missing:
    problem, _, remedy = str(error).partition("; ")
    return Missing(problem, remedy)


def _corpus(study: "Study", units: list[dict[str, Any]]) -> Corpus:
    counts = summary(study.corpus)
    return Corpus(
        n_articles=counts["articles"],
        n_units=len(units),
        unit=study.preparation().unit,
        outlets=tuple(list(counts["outlets"].items())[:_MOST_OUTLETS]),
        first=counts["first"] or "",
        last=counts["last"] or "",
        languages=tuple(sorted({str(unit["language"]) for unit in units if unit["language"]})),
        n_left_out=counts["set_aside"],
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
        gold=dict(Counter(row.dimension for row in gold)),
        rules=dict(Counter(str(row.rule) for row in gold).most_common()),
    )


def _model(folder: Path) -> Model:
    import json

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
            name: {key: one[key] for key in kept if key in one}
            for name, one in metrics.get("dimensions", {}).items()
        },
        versions=dict(manifest.versions),
    )


def _lights(
    design: Sequence[Drawn],
    annotations: "list[Annotation]",
    gold: "list[Gold]",
    measured: Sequence[Any],
    tagged: tuple[Tags | None, Missing | None],
) -> "list[Light]":
    tags, refused = tagged
    answer: Verdict
    known = bool(design) and all(row.probability > 0 for row in design)
    detail = f"{len(design):,} units drawn with known probabilities" if known else "nothing drawn"
    lights = [Light("Was the gold drawn at random?", "yes" if known else "no", detail)]
    units = {row.unit_id for row in gold}
    seen = {row.unit_id for row in annotations if row.suggestion != "none"} & units
    if units:
        answer = "yes" if not seen else "partly"
        detail = f"{len(seen):,} of {len(units):,} units were coded with a suggestion in view"
        lights.append(Light("Was it coded blind?", answer, detail))
    values = [one.alpha.value for one in measured if one.alpha.value is not None]
    if values:
        low = min(values)
        passed = sum(value >= _GATE for value in values)
        answer = "yes" if passed == len(values) else "partly" if passed else "no"
        detail = f"the lowest of {len(values)} alphas is {low:.3f}; {_GATE} is asked for"
        lights.append(Light("Do coders agree?", answer, detail))
    else:
        detail = "no unit has two coders"
        lights.append(Light("Do coders agree?", "not known", detail))
    if tags is not None:
        detail = f"{len(tags):,} tagged units, all of them could be drawn"
        lights.append(Light("Do the tags lie inside what was drawn from?", "yes", detail))
    elif refused is not None:
        question = "Do the tags lie inside what was drawn from?"
        lights.append(Light(question, "not known", refused.reason))
    return lights


def _articles(
    study: "Study", units: list[dict[str, Any]], found: _Measured, gold: "list[Gold]"
) -> tuple[list[Article], int]:
    """Give the articles to read: those with gold first in line where there are too many."""
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in gold:
        answers.setdefault(row.unit_id, {})[row.dimension] = row.labels
    by_article: dict[str, list[dict[str, Any]]] = {}
    coded = set()
    for unit in units:
        by_article.setdefault(str(unit["article_id"]), []).append(unit)
        if str(unit["unit_id"]) in answers:
            coded.add(str(unit["article_id"]))
    order = sorted(by_article, key=lambda name: name not in coded)
    chosen = set(order[:MOST_ARTICLES])
    given = _given(units, found.tags, set(answers))
    words, alike = ({}, {}) if found.model is None else reasons(found.model, units, list(answers))
    made = []
    for row in load_articles(study.corpus, _QUOTED, outlets=study.settings().outlets):
        if row["id"] not in chosen:
            continue
        sentences = tuple(
            Sentence(
                str(unit["unit_id"]),
                unit["start"],
                unit["end"],
                *given.get(str(unit["unit_id"]), ({}, {})),
                answers.get(str(unit["unit_id"]), {}),
                words.get(str(unit["unit_id"]), {}),
                alike.get(str(unit["unit_id"]), ()),
            )
            for unit in by_article[row["id"]]
        )
        made.append(
            Article(
                row["id"],
                row["title"] or "",
                row["outlet"] or "",
                row["published"] or "",
                row["text"],
                sentences,
            )
        )
    return made, len(by_article) - len(made)


def _given(
    units: list[dict[str, Any]], tags: Tags | None, coded: set[str]
) -> dict[str, tuple[dict[str, tuple[str, ...]], dict[str, float]]]:
    """Give each unit's tags and how sure the model is of them.

    Of coded units these are what a model says that has not learned from them, so that a reader sees
    where it errs.
    """
    if tags is None:
        return {}
    ids = [str(unit["unit_id"]) for unit in units]
    rows = tags.rows_of(ids)
    judged = {name: one.judged for name, one in tags.dimensions.items()}
    found: dict[str, tuple[dict[str, tuple[str, ...]], dict[str, float]]] = {}
    for unit, row in zip(ids, rows.tolist(), strict=True):
        if row < 0:
            continue
        labels, sure = {}, {}
        for name, one in tags.dimensions.items():
            given, p = (
                judged[name][row] if unit in coded else one.given[row],
                one.probabilities[row],
            )
            labels[name] = tuple(label for k, label in enumerate(one.labels) if given[k])
            right = np.where(given, p, 1 - p) if one.multiple else p[given]
            sure[name] = round(float(right.min()), 3)
        found[unit] = labels, sure
    return found


def _hashes(study: "Study", tags: Path | None, model: Path | None) -> dict[str, str]:
    """Hash every file that a number of the report comes from."""
    files = [study.codebook_path, study.root / "study.toml", study.annotations, study.design]
    files += [study.gold, *sorted(study.corpus.rglob("*.parquet"))]
    if tags is not None:
        files += sorted(tags.rglob("*.parquet")) if tags.is_dir() else [tags]
    if model is not None:
        files.append(model / "manifest.json")
    found = {}
    for path in files:
        if path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            inside = path.is_relative_to(study.root)
            name = path.relative_to(study.root).as_posix() if inside else path.name
            found[name] = digest
    return found
