"""How near a study is to the half-widths that its rounds were to reach."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import StandfirstError, StudyError
from .contents import annotations_of, codebook_of, gold_of
from .inputs import inputs_of
from .measuring import blind_gold

if TYPE_CHECKING:
    from ..annotate.design.plan import Drawn
    from ..annotate.design.targets import Target
    from ..labels import Gold
    from ..measure.plans.planning import WidthReached
    from .folder import StudyFolder

__all__ = ["widths_reached"]


def widths_reached(
    study: "StudyFolder", design: "Sequence[Drawn]"
) -> "tuple[list[WidthReached], list[str]]":
    """Tell for each target of a design how wide its interval is now.

    With tags of the corpus it is that of the corrected share, without that of gold alone.

    Parameters
    ----------
    study
        The study.
    design
        Its design.

    Returns
    -------
    The widths, and a line for each target that cannot be told, with the reason.
    """
    from ..annotate.design.targets import targets_of

    reached, notes = [], []
    for target in targets_of(design):
        try:
            try:
                reached.append(_corrected(study, design, target))
            except StandfirstError as error:
                reached.append(_from_gold(study, design, target))
                notes.append(f"{target}: gold alone, because {error}")
        except StandfirstError as error:
            notes.append(f"{target}: cannot be told yet: {error}")
    return reached, notes


def _corrected(study: "StudyFolder", design: "Sequence[Drawn]", target: "Target") -> "WidthReached":
    import numpy as np

    from ..measure.plans.planning import width_reached

    corpus = inputs_of(study, dimensions=[target.dimension])
    made = corpus.shares()[target.dimension]
    estimate = next(label.corrected for label in made.labels if label.label == target.label)
    assert estimate is not None  # noqa: S101 - a study's whole corpus is corrected, or refused
    tagged = corpus.tags.dimensions[target.dimension]
    p = tagged.probabilities[:, tagged.labels.index(target.label)].astype(np.float64)
    free = np.ones(len(p), bool)
    drawn = corpus.tags.rows_of([row.unit_id for row in design])
    free[drawn[drawn >= 0]] = False
    return width_reached(
        estimate,
        str(target),
        target.half_width or 0.0,
        n_coded=made.n_gold,
        n_units=made.n_units,
        doubt=(p * (1 - p))[free],
    )


def _from_gold(study: "StudyFolder", design: "Sequence[Drawn]", target: "Target") -> "WidthReached":
    import numpy as np

    from ..measure.estimates.estimators import from_gold
    from ..measure.estimates.results import Estimate
    from ..measure.inputs.samples import from_design
    from ..measure.inputs.usable_gold import LEAST_CLUSTERS
    from ..measure.plans.planning import width_reached

    gold = blind_gold(gold_of(study, codebook_of(study)), annotations_of(study))[0]
    answers = _answers(gold, target)
    coded = [row for row in design if row.unit_id in answers]
    if len(coded) < 2:
        problem = f"{len(coded)} drawn units have gold on {target.dimension}"
        raise StudyError(study.gold, problem, "code some, and run: standfirst labels gold")
    clusters = {row.stratum for row in coded if row.part == "test"}
    parts = [part for part in ("test", "coding") if any(row.part == part for row in coded)]
    if len(clusters) < LEAST_CLUSTERS and "coding" in parts:
        parts = ["coding"]
    unit_ids = [row.unit_id for row in coded]
    sample = from_design(design, {unit: i for i, unit in enumerate(unit_ids)}, parts=parts)
    truth = np.array([[answers[unit_ids[row]]] for row in sample.index.tolist()])
    made = from_gold(sample, truth)
    share, low, high = float(made.share[0]), float(made.low[0]), float(made.high[0])
    n_units = max(row.n_pool for row in design)
    return width_reached(
        Estimate(share, low, high),
        str(target),
        target.half_width or 0.0,
        n_coded=len(sample),
        n_units=n_units,
    )


def _answers(gold: "Sequence[Gold]", target: "Target") -> Mapping[str, bool]:
    return {
        row.unit_id: target.label in row.labels for row in gold if row.dimension == target.dimension
    }
