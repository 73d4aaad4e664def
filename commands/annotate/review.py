"""What ``standfirst annotate push --review`` does: doubted gold comes before one more person."""

from pathlib import Path

from ...errors import StudyError
from ...study.contents import (
    annotations_of,
    codebook_of,
    connected,
    projects_of,
    study_id,
    units_of,
)
from ..shared.next_step import say_next
from ..shared.options import find_study, print_json, say

__all__ = ["push_review"]


def push_review(folder: Path | None, n: int, title: str, *, as_json: bool) -> None:
    """Send the units whose gold the model doubts most to the study's adjudication project."""
    from ...annotate.label_studio.adjudication import doubted, push_disputed
    from ...study.doubts import doubts_of
    from ...study.migrations import earlier_revisions

    place = find_study(folder)
    codebook, said = codebook_of(place), annotations_of(place)
    if not said:
        raise StudyError(place.root, "has no annotations yet", "run: standfirst annotate pull")
    ranked = doubts_of(place)
    asked: dict[str, list[str]] = {}
    least = 1.0
    for one in ranked.doubts:
        if one.unit_id not in asked and len(asked) == n:
            break
        asked.setdefault(one.unit_id, []).append(one.dimension)
        least = one.doubt
    with connected(place) as server:
        pushed = push_disputed(
            server,
            {unit["unit_id"]: unit for unit in units_of(place)},
            codebook,
            doubted(said, codebook, asked),
            title=title or place.settings().title or codebook.title,
            state=projects_of(place),
            study_id=study_id(place),
            earlier=earlier_revisions(place, codebook),
        )
    say(*(f"note: {note}" for note in ranked.notes))
    if as_json:
        print_json(
            {
                "project": pushed.project,
                "url": pushed.url,
                "sent": pushed.n_sent,
                "known": pushed.n_known,
                "least_doubt": least,
                "units": list(asked),
            }
        )
        return
    print(
        f"{len(asked)} units whose gold the model doubts most (by {least:.2f} and more): "
        f"{pushed.n_sent} sent, {pushed.n_known} there already: {pushed.url}"
    )
    say_next(place, "annotate push --review")
