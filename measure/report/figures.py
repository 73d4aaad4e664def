"""From numbers to the figures of the page, each with the rows behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...look import plots
from ..checks.coder_comparison import DimensionComparison
from ..checks.quality import DimensionQuality
from ..estimates.effects import Difference, Effect
from ..estimates.results import ESTIMATORS, NAMES, DimensionShares, Shares, p_value
from ..estimates.results import Estimate as ShareEstimate
from ..regressions.predictors import INTERCEPT
from .contents import Contents, as_text, name_of

__all__ = [
    "Confusion",
    "Figure",
    "confusions",
    "effects",
    "headline",
    "over_time",
    "sensitivity",
    "shares_of",
    "trust",
]

_SHOWN = ESTIMATORS[:-1]
_FITS = ("count", "gold", "corrected")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing in two widths, and the table behind it."""

    id: str
    """Its anchor in the page."""
    caption: str
    wide: str
    """SVG for wide pages; also what is saved."""
    narrow: str
    """SVG for phones."""
    head: tuple[str, ...]
    """Names of the table's columns."""
    rows: tuple[tuple[str, ...], ...]
    """The numbers that are drawn."""
    series: tuple[tuple[str, str], ...] = ()
    """Names and titles of the series that can be hidden."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """People's labels against the model's, for single choice."""

    dimension: str
    question: str
    labels: tuple[tuple[str, str], ...]
    """Ids and names."""
    counts: tuple[tuple[int, ...], ...]
    shades: tuple[tuple[int, ...], ...]
    """Share of each row, in tenths."""


def headline(contents: Contents) -> list[str]:
    """Say in three sentences what was found, how far counting would have misled, and the basis."""
    made = contents.shares
    if made is None or not made.dimensions:
        return []
    first = made.dimensions[0]
    unit = contents.corpus.unit
    known = [x for x in first.labels if x.corrected is not None]
    if not known:
        return []
    top = max(known, key=lambda x: x.corrected.share if x.corrected else 0)
    name = name_of(contents.codebook, first.dimension, [top.label])
    lines = [f"{_share(top.corrected)} of all {unit}s are “{name}” ({first.dimension})."]
    apart = [(_outside(x), d, x) for d in made.dimensions for x in d.labels if x.corrected]
    far, d, x = max(apart, key=lambda row: row[0])
    name = name_of(contents.codebook, d.dimension, [x.label])
    where = "outside" if far > 0 else "inside"
    start = "Counting tags would have misled" if far > 0 else "Counting tags comes close everywhere"
    lines.append(
        f"{start}: for “{name}” ({d.dimension}) it says {100 * x.count.share:.1f} %, {where} the "
        f"corrected interval of {_share(x.corrected)}."
    )
    worth = "" if first.worth is None else f", and count as {first.worth:,.0f} without a model"
    lines.append(
        f"The shares of {first.dimension} rest on {first.n_gold:,} {unit}s that people coded, "
        f"drawn from {first.n_units:,}{worth}."
    )
    return lines


def _outside(label: Any) -> float:
    """Tell how far the count lies outside the corrected interval; negative inside."""
    made = label.corrected
    if made is None or made.low is None or made.high is None:
        return -1.0
    return float(max(made.low - label.count.share, label.count.share - made.high))


def _share(made: ShareEstimate | None) -> str:
    if made is None:
        return "-"
    if made.low is None or made.high is None:
        return f"{100 * made.share:.1f} %"
    return f"{100 * made.share:.1f} % [{100 * made.low:.1f}, {100 * made.high:.1f}]"


def shares_of(contents: Contents) -> list[Figure]:
    """Draw the shares of each dimension, by all estimators side by side."""
    made = contents.shares
    return [] if made is None else [_shares(contents, shares) for shares in made.dimensions]


def _shares(contents: Contents, shares: DimensionShares) -> Figure:
    rows = shares.drawn(lambda label: name_of(contents.codebook, shares.dimension, [label]))
    question = contents.codebook.dimension(shares.dimension).question
    title = f"Shares of {shares.dimension}: {question}"
    worth = (
        ""
        if shares.worth is None
        else f"; your {shares.n_gold:,} labels count as {shares.worth:,.0f}"
    )
    return Figure(
        f"shares-{shares.dimension}",
        f"{question} {shares.n_units:,} units, {shares.n_gold:,} coded{worth}.",
        plots.dots(rows, title),
        plots.dots(rows, title, plots.NARROW),
        ("label", *(NAMES[series] for series in ESTIMATORS)),
        tuple(
            (
                name_of(contents.codebook, shares.dimension, [x.label]),
                *(_share(getattr(x, series)) for series in ESTIMATORS),
            )
            for x in shares.labels
        ),
        tuple((series, NAMES[series]) for series in _SHOWN),
    )


def over_time(contents: Contents) -> Iterator[Figure]:
    """Draw shares by month as curves and by outlet as dots; what nothing corrects is hatched."""
    for by, made in contents.cells.items():
        dimensions = [] if not made.groups else [d.dimension for d in made.groups[0].dimensions]
        for dimension in dimensions:
            yield _cells(contents, by, made, dimension)


def _cells(contents: Contents, by: str, made: Shares, dimension: str) -> Figure:
    cells = [
        (cell.name, d) for cell in made.groups for d in cell.dimensions if d.dimension == dimension
    ]
    labels = [x.label for x in cells[0][1].labels]
    table = []
    panels = []
    for label in labels:
        points = []
        for name, cell in cells:
            x = next(x for x in cell.labels if x.label == label)
            best = x.corrected
            value = x.count.share if best is None else best.share
            said = "not corrected: fewer than 5 coded units" if best is None else _share(best)
            hint = f"{name}: {said}; {cell.n_gold:,} coded of {cell.n_units:,}"
            low, high = (None, None) if best is None else (best.low, best.high)
            points.append(plots.Point(name, value, low, high, hint))
            table.append(
                (
                    name_of(contents.codebook, dimension, [label]),
                    name,
                    f"{cell.n_units:,}",
                    f"{cell.n_gold:,}",
                    _share(x.count),
                    _share(x.gold),
                    "not corrected" if best is None else _share(best),
                )
            )
        panels.append(plots.Panel(name_of(contents.codebook, dimension, [label]), tuple(points)))
    title = f"{dimension} by {by}"
    draw = plots.curves if by == "month" else plots.multiples
    return Figure(
        f"{by}-{dimension}",
        f"Shares of {dimension} by {by}, corrected, with 95 % intervals. Hatched: fewer than five "
        "coded units, so that only the count of tags is shown.",
        draw(panels, title),
        draw(panels, title, plots.NARROW),
        ("label", by, "units", "coded", "count of tags", "people's answers alone", "corrected"),
        tuple(table),
    )


def effects(contents: Contents) -> Iterator[Figure]:
    """Draw differences between outlets, the rise of each share in a month, and regressions."""
    gaps = contents.cells["outlet"].differences if "outlet" in contents.cells else ()
    for dimension in dict.fromkeys(gap.dimension for gap in gaps):
        yield _differences(contents, [gap for gap in gaps if gap.dimension == dimension])
    if contents.trends:
        yield _slopes(
            "trends",
            "Rise of each share in a month, in points, with 95 % intervals over articles. "
            "Detectable: the smallest rise that would be found four times of five.",
            [
                _Slope(
                    f"{trend.dimension}: "
                    f"{name_of(contents.codebook, trend.dimension, [trend.label])}",
                    (trend.count, trend.gold, trend.corrected),
                    trend.detectable,
                )
                for trend in contents.trends
            ],
        )
    for number, made in enumerate(contents.regressions, start=1):
        label = name_of(contents.codebook, made.dimension, [made.label])
        yield _slopes(
            f"regression-{number}",
            f"{made.formula}: how much larger the share of “{label}” ({made.dimension}) is, in "
            f"points, with 95 % intervals over articles; {made.n_units:,} units in "
            f"{made.n_clusters:,} articles, {made.n_gold:,} of them coded in "
            f"{made.n_gold_clusters:,}. A group is compared with the first one of its column. "
            "Detectable: the smallest effect that would be found four times of five."
            + "".join(f" Note: {note}." for note in made.notes),
            [
                _Slope(
                    coefficient.name,
                    (coefficient.naive, coefficient.gold, coefficient.corrected),
                    coefficient.detectable,
                )
                for coefficient in made.coefficients
                if coefficient.name != INTERCEPT
            ],
        )


@dataclass(frozen=True, slots=True)
class _Slope:
    """One line of a coefficient plot."""

    name: str
    effects: tuple[Effect | None, Effect | None, Effect]
    """From tags, from gold alone, and corrected."""
    detectable: float


def _slopes(name: str, caption: str, slopes: Sequence[_Slope]) -> Figure:
    rows, table = [], []
    for slope in slopes:
        marks = tuple(
            plots.Mark(series, e.value, e.low, e.high, f"{NAMES[series]}: {_points(e)}")
            for series, e in zip(_FITS, slope.effects, strict=True)
            if e is not None
        )
        rows.append(plots.Row(slope.name, marks))
        fits = ("-" if e is None else _points(e) for e in slope.effects)
        p = p_value(slope.effects[-1].p)
        table.append((slope.name, *fits, p, f"{100 * slope.detectable:.1f}"))
    ends = [e for row in rows for m in row.marks for e in (m.low, m.high) if e is not None]
    options: dict[str, Any] = {
        "bounds": (min([0.0, *ends]), max([0.0, *ends])),
        "lines": (0.0,),
        "tick": _tick,
    }
    return Figure(
        name,
        caption,
        plots.dots(rows, caption, **options),
        plots.dots(rows, caption, plots.NARROW, **options),
        ("label", *(NAMES[series] for series in _FITS), "p", "detectable"),
        tuple(table),
        tuple((series, NAMES[series]) for series in _FITS),
    )


def _differences(contents: Contents, gaps: list[Difference]) -> Figure:
    panels: dict[str, list[plots.Point]] = {}
    table = []
    for gap in gaps:
        name, best = name_of(contents.codebook, gap.dimension, [gap.label]), gap.corrected
        counted, alone = f"{100 * gap.count:+.1f}", _points(gap.gold)
        hint = f"{_points(best)}; p (Holm) {p_value(gap.p_holm)}; count of tags {counted}"
        below = plots.Mark("gold", gap.gold.value, gap.gold.low, gap.gold.high, f"alone: {alone}")
        point = plots.Point(gap.group, best.value, best.low, best.high, hint, below)
        panels.setdefault(name, []).append(point)
        p = (p_value(best.p), p_value(gap.p_holm))
        table.append((name, gap.group, counted, alone, _points(best), *p))
    caption = (
        f"{gaps[0].dimension}: how much larger each share is than in {gaps[0].against}, in points, "
        "with 95 % intervals: corrected (blue) and by people's answers alone (orange, below); p "
        "after Holm for all comparisons of the dimension."
    )
    drawn = [plots.Panel(name, tuple(points)) for name, points in panels.items()]
    return Figure(
        f"differences-{gaps[0].dimension}",
        caption,
        plots.multiples(drawn, caption, scale="common", tick=_tick),
        plots.multiples(drawn, caption, plots.NARROW, scale="common", tick=_tick),
        (
            "label",
            "outlet",
            "count of tags",
            "people's answers alone",
            "corrected",
            "p",
            "p (Holm)",
        ),
        tuple(table),
    )


def _tick(value: float) -> str:
    return f"{100 * value:+.4g}" if value else "0"


def _points(effect: Effect) -> str:
    """Write a difference of shares in points.

    Examples
    --------
    >>> _points(Effect(0.05, 0.01, 0.091, 0.02, 0.01))
    '+5.0 [+1.0, +9.1]'
    """
    low, high = (f"{100 * end:+.1f}" for end in (effect.low, effect.high))
    return f"{100 * effect.value:+.1f} [{low}, {high}]"


def trust(contents: Contents) -> Iterator[Figure]:
    """Draw agreement, and how good the tags are on coded units."""
    if contents.agreement:
        yield _agreement(contents)
    if contents.coders is not None:
        for compared in contents.coders.dimensions:
            yield _beside_coders(compared)
    for quality in contents.quality:
        yield _scores(contents, quality)
        yield _reliability(quality)
    if any(quality.slices for quality in contents.quality):
        yield from (_slices(quality) for quality in contents.quality if quality.slices)


def _agreement(contents: Contents) -> Figure:
    table = []
    for agreement in contents.agreement:
        table.append(
            (f"{agreement.dimension}, all", f"{agreement.n_units:,}", str(agreement.alpha))
        )
        if len(agreement.rounds) > 1:
            table += [
                (f"{agreement.dimension}, round {r.round}", f"{r.n_units:,}", str(r.alpha))
                for r in agreement.rounds
            ]
    rows = [row for agreement in contents.agreement for row in agreement.drawn()]
    title = "Krippendorff's alpha by dimension"
    return Figure(
        "agreement",
        "Krippendorff's alpha with 95 % intervals that resample articles. The lines are at .667 "
        "and .800, below and above which Krippendorff advises to discard and to rely on data.",
        plots.alphas(rows, title),
        plots.alphas(rows, title, plots.NARROW),
        ("dimension", "units with two or more answers", "alpha"),
        tuple(table),
    )


def _beside_coders(compared: DimensionComparison) -> Figure:
    rows, table = [], []
    for coder in compared.coders:
        marks = (
            plots.Mark("gold", coder.coder_f1, hint=f"coder: {coder.coder_f1:.3f}"),
            plots.Mark("corrected", coder.model_f1, hint=f"model: {coder.model_f1:.3f}"),
        )
        rows.append(plots.Row(coder.coder, marks))
        scores = (f"{value:.3f}" for value in (coder.model_f1, coder.coder_f1))
        table.append((coder.coder, f"{coder.n_units:,}", *scores))
    curve = ", ".join(f"{x.omega:.2f} at {x.epsilon:g}" for x in compared.omega)
    title = f"The model beside each coder: {compared.dimension}"
    options: dict[str, Any] = {"bounds": (0.0, 1.0), "tick": "{:.1f}".format}
    return Figure(
        f"coders-{compared.dimension}",
        f"{compared.dimension}: macro-F1 of each coder (orange) and of the model (blue) against "
        f"what most of the other coders said of the same units. Model less coders "
        f"{as_text(compared.difference, share=False)} on {compared.n_units:,} units. Share of "
        f"coders whom the model could stand in for (omega, Calderon et al. 2025), by epsilon: "
        f"{curve}.",
        plots.dots(rows, title, **options),
        plots.dots(rows, title, plots.NARROW, **options),
        ("coder", "units", "model", "coder"),
        tuple(table),
    )


def _scores(contents: Contents, quality: DimensionQuality) -> Figure:
    rows, table = [], []
    for x in quality.labels:
        name = name_of(contents.codebook, quality.dimension, [x.label])
        marks = [
            plots.Mark(series, e.value, e.low, e.high, f"{what}: {as_text(e)}")
            for series, what, e in (
                ("corrected", "precision", x.precision),
                ("gold", "recall", x.recall),
            )
            if e.value is not None
        ]
        rows.append(plots.Row(name, tuple(marks)))
        scores = (as_text(e) for e in (x.precision, x.recall, x.f1))
        table.append((name, f"{x.n_gold:,}", f"{x.n_tagged:,}", *scores))
    title = f"Precision and recall of {quality.dimension}"
    options: dict[str, Any] = {"bounds": (0.0, 1.0)}
    return Figure(
        f"scores-{quality.dimension}",
        f"{quality.dimension}: precision (blue) and recall (orange) on {quality.n:,} coded units "
        f"of {quality.n_articles:,} articles that the model did not learn from; macro-F1 "
        f"{as_text(quality.macro_f1)}.",
        plots.dots(rows, title, **options),
        plots.dots(rows, title, plots.NARROW, **options),
        ("label", "coded", "tagged", "precision", "recall", "F1"),
        tuple(table),
    )


def _reliability(quality: DimensionQuality) -> Figure:
    points = []
    table = []
    for b in quality.bins:
        ends = f"{100 * b.low:.0f} to {100 * b.low + 10:.0f} %"
        table.append((ends, f"{b.n:,}", f"{100 * b.mean:.1f} %", as_text(b.right)))
        if b.right.value is not None:
            hint = f"{ends}: holds in {as_text(b.right)}; {b.n:,} pairs of unit and label"
            mark = plots.Mark("corrected", b.right.value, b.right.low, b.right.high, hint)
            points.append((b.mean, mark))
    drawn = plots.reliability(points, f"Reliability of {quality.dimension}")
    return Figure(
        f"reliability-{quality.dimension}",
        f"{quality.dimension}: how often a label holds, by its probability. On the diagonal a "
        f"probability means what it says; the mean distance is "
        f"{100 * quality.calibration_error:.1f} points.",
        drawn,
        drawn,
        ("probability", "pairs", "mean probability", "holds"),
        tuple(table),
    )


def _slices(quality: DimensionQuality) -> Figure:
    rows = [
        plots.Row(
            f"{s.by}: {s.name}",
            (
                plots.Mark(
                    "corrected",
                    s.right.value,
                    s.right.low,
                    s.right.high,
                    f"{as_text(s.right)}; {s.n}",
                ),
            ),
        )
        for s in quality.slices
        if s.right.value is not None
    ]
    title = f"Right answers of {quality.dimension} by kind of unit"
    lines = () if quality.right.value is None else (quality.right.value,)
    options: dict[str, Any] = {"bounds": (0.0, 1.0), "lines": lines}
    return Figure(
        f"slices-{quality.dimension}",
        f"{quality.dimension}: share of units with just the right answer, by outlet, month, "
        "length and, where it was asked, speaker; "
        f"the line is at {as_text(quality.right)} of all {quality.n:,}.",
        plots.dots(rows, title, **options),
        plots.dots(rows, title, plots.NARROW, **options),
        ("kind", "coded", "right"),
        tuple((f"{s.by}: {s.name}", f"{s.n:,}", as_text(s.right)) for s in quality.slices),
    )


def confusions(contents: Contents) -> list[Confusion]:
    """Give the confusions of each single choice."""
    made = []
    for quality in contents.quality:
        if quality.confusion is None:
            continue
        dimension = contents.codebook.dimension(quality.dimension)
        names = tuple(
            (x.label, name_of(contents.codebook, quality.dimension, [x.label]))
            for x in quality.labels
        )
        shades = tuple(
            tuple(round(9 * n / max(sum(row), 1)) for n in row) for row in quality.confusion
        )
        made.append(
            Confusion(quality.dimension, dimension.question, names, quality.confusion, shades)
        )
    return made


def sensitivity(contents: Contents) -> Iterator[Figure]:
    """Draw each share under other choices."""
    names = dict.fromkeys(variant.dimension for variant in contents.variants)
    for dimension in names:
        made = [variant for variant in contents.variants if variant.dimension == dimension]
        labels = dict.fromkeys(label for variant in made for label in variant.labels)
        panels, table = [], []
        for label in labels:
            name = name_of(contents.codebook, dimension, [label])
            points = []
            for variant in made:
                if label not in variant.labels:
                    continue
                e = variant.labels[label]
                hint = f"{variant.name}: {_share(e)}"
                points.append(plots.Point(variant.name, e.share, e.low, e.high, hint))
                table.append((name, variant.name, _share(e)))
            panels.append(plots.Panel(name, tuple(points)))
        title = f"Shares of {dimension} under other choices"
        yield Figure(
            f"other-{dimension}",
            f"{dimension}: the share of each label as reported and under {len(made) - 1} other "
            "choices, each on a scale of its own.",
            plots.multiples(panels, title, scale="own"),
            plots.multiples(panels, title, plots.NARROW, scale="own"),
            ("label", "choice", "share"),
            tuple(table),
        )
