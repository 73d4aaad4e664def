"""The study's projects in Label Studio: made once, filled by pushes and read by pulls."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InputError, StudyError
from ...files import WAIT, dump_json, locked, write_text
from ...labels import Codebook
from ..answers.earlier import Earlier
from ..answers.from_label_studio import Read
from ..answers.merge import Merged, merge_answers
from ..design.sampling import Drawn
from ..page.checks import config_problems
from ..page.config import View, instructions, labeling_config
from ..page.tasks import unfit
from .batches import Batch, batch_tasks, batches
from .config_update import update_config
from .connection import Server, server_errors, strange_answer
from .ownership import (
    find_project,
    known_projects,
    owner_mark,
    owner_of,
    read_state,
    same_part,
    units_in,
)
from .sync import Pushed, pull, push

__all__ = ["Batch", "project", "pull_all", "push_design"]


def push_design(
    server: Server,
    units: Mapping[str, Mapping[str, Any]],
    codebook: Codebook,
    design: Sequence[Drawn],
    *,
    title: str,
    state: Path,
    study_id: str = "",
    earlier: Mapping[str, Earlier] | None = None,
    articles: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[tuple[Batch, Pushed]]:
    """Push drawn units into their projects, one project after the other.

    A unit that another project of the study holds for the same coder is not sent again, whatever
    the title.

    Parameters
    ----------
    server
        Where.
    units
        Rows of a table of units, by id; drawn units that it lacks are passed over.
    codebook
        What is to be coded.
    design
        What was drawn.
    title
        What the projects' titles begin with.
    state
        The file that remembers projects.
    study_id
        What `known_projects` knows the study's projects by.
    earlier
        Earlier revisions of the codebook whose answers are carried over when they are pulled.
    articles
        The articles by id, with `id` and `text`; where given, a page shows a whole article, and
        its drawn units are marked.
    """
    view: View = "unit" if articles is None else "article"
    rounds = {row.unit_id: row.round for row in design}
    # Two pushes at once would each make a project.
    with locked(state.parent, wait=WAIT):
        for planned in batches(title, design, view=view):
            others = same_part(server, planned, state, study_id)
            sent = {u: number for number in others for u in units_in(server, number)}
            left = tuple(u for u in planned.unit_ids if u not in sent)
            n_sent = len(planned.unit_ids) - len(left)
            if n_sent and not left:
                number = sent[planned.unit_ids[0]]
                yield planned, Pushed(number, f"{server.url}/projects/{number}", 0, n_sent, 0)
                continue
            batch = replace(planned, unit_ids=left)
            number = project(
                server, codebook, batch, state, study_id=study_id, units=units, earlier=earlier
            )
            chosen = [units[unit_id] for unit_id in batch.unit_ids if unit_id in units]
            # A page opens with the predictions of one version; the marks must be among them.
            shown = _shown(server, number) if articles is not None else ""
            tasks = batch_tasks(chosen, codebook, rounds, articles, shown=shown)
            done = push(server, number, tasks)
            n_known, n_cleaned = done.n_known + n_sent, sum(unfit(unit) for unit in chosen)
            yield batch, replace(done, n_known=n_known, n_cleaned=n_cleaned)


def pull_all(
    server: Server,
    codebook: Codebook,
    *,
    annotations: Path,
    state: Path,
    study_id: str = "",
    full: bool = False,
    blind: Collection[str] = (),
    earlier: Mapping[str, Earlier] | None = None,
) -> Merged:
    """Bring the answers of all the study's projects into its annotations file.

    Parameters
    ----------
    server
        Where.
    codebook
        What was coded.
    annotations
        The annotations file.
    state
        The file that remembers projects; beside it lies what was pulled up to when.
    study_id
        As for `push_design`.
    full
        Read every task again. This happens also when the codebook has changed or the annotations
        file is gone, because what was pulled before may be read in another way now.
    blind
        Units that must have been coded without a suggestion.
    earlier
        As for `push_design`.

    Raises
    ------
    StudyError
        The study has no project on this server.
    """
    projects = known_projects(state, server, study_id)
    if not projects:
        raise StudyError(server.url, "nothing was pushed there", "run: standfirst annotate push")
    path = state.with_name("pulled.json")
    stamps = {} if full or not annotations.exists() else read_state(path)
    read = Read()
    for number in projects.values():
        key = f"{server.url}/projects/{number} {codebook.revision}"
        since = stamps.get(key, "")
        pulled = pull(server, number, codebook, since=since, blind=blind, earlier=earlier)
        read.add(pulled)
        stamps[key] = pulled.newest
    merged = merge_answers(annotations, read)
    # Last, so that a pull that is killed before is done again in full.
    write_text(path, dump_json(stamps) + "\n")
    return merged


def project(
    server: Server,
    codebook: Codebook,
    batch: Batch,
    state: Path,
    *,
    study_id: str = "",
    units: Collection[str] | None = None,
    earlier: Collection[str] | None = None,
) -> int:
    """Find or make the project of a batch, and bring its labeling config up to date.

    Parameters
    ----------
    server
        Where.
    codebook
        What is coded.
    batch
        Which project.
    state
        The file that remembers projects.
    study_id
        As for `push_design`; written into the project's description.
    units
        Ids of the study's units: what a project without any id may hold to be adopted.
    earlier
        Earlier revisions whose answers are carried over: those need not fit the new config.

    Returns
    -------
    The project's number.

    Raises
    ------
    ServerError
        The title belongs to several projects, or to one that is not the study's, or answers in the
        project do not fit the new config.
    """
    config = labeling_config(codebook, view=batch.view)
    expected = None if batch.view == "adjudication" else codebook
    if problems := config_problems(config, expected):
        raise InputError(codebook.id, "; ".join(problems), "correct the codebook")
    mark = owner_mark(study_id, batch.part)
    existing = find_project(server, batch, state, study_id, units)
    if existing is None:
        with server_errors(server.url):
            existing = server.client.projects.create(
                title=batch.title,
                description=mark,
                label_config=config,
                expert_instruction=instructions(codebook),
                show_skip_button=True,
                enable_empty_annotation=False,
                maximum_annotations=batch.n_coders,
            )
    else:
        existing = update_config(server, existing, codebook, config, earlier or ())
    if existing.id is None:
        raise strange_answer(server.url)
    number = int(existing.id)
    if mark and not owner_of(existing)[0]:
        text = "\n".join(filter(None, (existing.description, mark)))
        with server_errors(server.url):
            server.client.projects.update(number, description=text)
    known = read_state(state)
    if known.get(server.url, {}).get(batch.title) != number:
        known.setdefault(server.url, {})[batch.title] = number
        write_text(state, dump_json(known) + "\n")
    return number


def _shown(server: Server, number: int) -> str:
    with server_errors(server.url):
        return str(server.client.projects.get(number).model_version or "units")
