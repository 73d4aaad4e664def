"""Pushing what a study has drawn to its projects in Label Studio."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LeakError, StudyError, UnknownNameError
from .contents import articles_of, codebook_of, connected, projects_of, study_id, units_of

if TYPE_CHECKING:
    from ..annotate.label_studio.sync import Pushed
    from ..annotate.suggestions.push import Suggested
    from .folder import StudyFolder

__all__ = ["VIEWS", "PushedProject", "push_round"]

VIEWS = ("unit", "article")
"""What a page shows: a unit with what stands around it, or an article with its units marked."""


@dataclass(frozen=True, slots=True)
class PushedProject:
    """What was pushed into a project.

    Examples
    --------
    >>> from standfirst.annotate import Pushed
    >>> done = Pushed(7, "http://127.0.0.1:8080/projects/7", 300, 0, 0)
    >>> print(PushedProject("Deals, round 1", done))
    Deals, round 1: 300 sent, 0 there already: http://127.0.0.1:8080/projects/7
    """

    title: str
    """Title of the project."""
    pushed: "Pushed"
    """What was sent, and where it is."""
    suggested: "Suggested | None" = None
    """Suggestions that were sent; None where no model was named."""
    suggester: str = ""
    """The model that made them."""

    def __str__(self) -> str:
        done, given = self.pushed, self.suggested
        outcome = f"{done.n_sent} sent, {done.n_known} there already"
        if given is not None:
            outcome += f", {given.n_sent} suggestions, {given.n_blind} units blind"
        return f"{self.title}: {outcome}: {done.url}"


def push_round(
    study: "StudyFolder",
    *,
    name: str | None = None,
    title: str = "",
    view: str = "unit",
    model: Path | None = None,
) -> Iterator[PushedProject]:
    """Push the drawn units to Label Studio; what is there already is left alone.

    Parameters
    ----------
    study
        The study.
    name
        Only units of this round; all if None.
    title
        What the titles of the projects begin with; the study's title if empty.
    view
        One of `VIEWS`.
    model
        Folder of the model whose answers are suggested, where units are not blind.

    Yields
    ------
    Each project when it is done.

    Raises
    ------
    UnknownNameError
        There is no such view or round.
    StudyError
        Nothing is drawn.
    LeakError
        Suggestions are asked for, and all the units are coded blind.
    ServerError
        Label Studio does not answer.
    """
    from ..annotate.design.sampling import read_design
    from ..annotate.label_studio.projects import push_design
    from ..annotate.suggestions.push import push_suggestions
    from ..annotate.suggestions.suggestion import blind_units
    from .migrations import earlier_revisions
    from .suggester import load_suggester

    if view not in VIEWS:
        raise UnknownNameError("view", view, list(VIEWS))
    codebook, plan = codebook_of(study), read_design(study.design)
    known = sorted({row.round for row in plan} - {""})
    if name is not None and known and name not in known:
        raise UnknownNameError("round", name, known)
    design = [row for row in plan if name in (None, row.round)]
    if not design:
        raise StudyError(study.design, "no unit is drawn", "run: standfirst annotate sample 100")
    if model is not None and blind_units(design).issuperset(row.unit_id for row in design):
        problem = "all these units are coded blind (test part, or several coders)"
        raise LeakError("--model", problem, "push them without a model")
    suggester = None if model is None else load_suggester(model)
    units = {unit["unit_id"]: unit for unit in units_of(study)}
    wanted = {row.article_id for row in design}
    articles = articles_of(study, wanted) if view == "article" else None
    with connected(study) as server:
        for batch, done in push_design(
            server,
            units,
            codebook,
            design,
            title=title or study.settings().title or codebook.title,
            state=projects_of(study),
            study_id=study_id(study),
            earlier=earlier_revisions(study, codebook),
            articles=articles,
        ):
            if suggester is None:
                yield PushedProject(batch.title, done)
                continue
            given = push_suggestions(server, done.project, codebook, design, suggester, units=units)
            yield PushedProject(batch.title, done, given, suggester.version)
    if projects_of(study).exists():
        # Later than the design: what is drawn is there.
        projects_of(study).touch()
