"""The study's projects in Label Studio: found again by number, else by title, else made.

A project that holds answers is never changed before the server has agreed that they all fit.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InputError, ServerError, StudyError
from ...files import dump_json, write_text
from ...labels import Codebook
from ..answers.from_label_studio import Read
from ..answers.merge import Merged, merge_answers
from ..design.sampling import Drawn
from ..page.checks import config_problems
from ..page.config import MARK, READINGS, View, instructions, labeling_config
from ..page.tasks import unfit
from .batches import Batch, batch_tasks, batches
from .connection import Server, server_errors
from .sync import Pushed, pull, push

__all__ = [
    "Batch",
    "coding_projects",
    "known_projects",
    "project",
    "pull_all",
    "push_design",
]


def push_design(
    server: Server,
    units: Mapping[str, Mapping[str, Any]],
    codebook: Codebook,
    design: Sequence[Drawn],
    *,
    title: str,
    state: Path,
    articles: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[tuple[Batch, Pushed]]:
    """Bring drawn units into their projects, one project after the other.

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
    articles
        The articles by id, with `id` and `text`; where given, a page shows a whole article, and
        its drawn units are marked.
    """
    view: View = "unit" if articles is None else "article"
    for batch in batches(title, design, view=view):
        number = project(server, codebook, batch, state)
        chosen = [units[unit_id] for unit_id in batch.unit_ids if unit_id in units]
        rounds = {row.unit_id: row.round for row in design}
        # A page opens with the predictions of one version, and the marks must be among them.
        shown = _shown(server, number) if articles is not None else ""
        done = push(server, number, batch_tasks(chosen, codebook, rounds, articles, shown=shown))
        yield batch, replace(done, n_cleaned=sum(unfit(unit) for unit in chosen))


def pull_all(
    server: Server,
    codebook: Codebook,
    *,
    annotations: Path,
    state: Path,
    full: bool = False,
    blind: Collection[str] = (),
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
    full
        Read every task again. So it is, too, when the codebook has changed or the annotations file
        is gone, because what was pulled before may be read in another way now.
    blind
        Units that must have been coded without a suggestion.

    Raises
    ------
    StudyError
        The study has no project on this server.
    """
    projects = known_projects(state, server)
    if not projects:
        raise StudyError(server.url, "nothing was pushed there", "run: standfirst annotate push")
    path = state.with_name("pulled.json")
    stamps = {} if full or not annotations.exists() else _read_state(path)
    read = Read()
    for number in projects.values():
        key = f"{server.url}/projects/{number} {codebook.revision}"
        one = pull(server, number, codebook, since=stamps.get(key, ""), blind=blind)
        read.add(one)
        stamps[key] = one.newest
    kept = merge_answers(annotations, read)
    # Last, so that a pull that is killed before is done again in full.
    write_text(path, dump_json(stamps) + "\n")
    return kept


def known_projects(state: Path, server: Server) -> dict[str, int]:
    """Give the numbers of the study's projects on this server, by title."""
    known: dict[str, int] = _read_state(state).get(server.url, {})
    return known


def coding_projects(state: Path, server: Server) -> dict[str, int]:
    """Give those of them in which units are coded, and not articles marked or decisions taken."""
    return {
        title: number
        for title, number in known_projects(state, server).items()
        if _view(server, number) == "unit"
    }


def project(server: Server, codebook: Codebook, batch: Batch, state: Path) -> int:
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

    Returns
    -------
    The project's number.

    Raises
    ------
    ServerError
        Several projects have the title, or answers in the project do not fit the new config.
    """
    config = labeling_config(codebook, view=batch.view)
    asked = None if batch.view == "adjudication" else codebook
    if problems := config_problems(config, asked):
        raise InputError(codebook.id, "; ".join(problems), "mend the codebook")
    found = _find(server, batch, state)
    if found is None:
        with server_errors(server.url):
            found = server.client.projects.create(
                title=batch.title,
                label_config=config,
                expert_instruction=instructions(codebook),
                show_skip_button=True,
                enable_empty_annotation=False,
                maximum_annotations=batch.n_coders,
            )
    elif (found.label_config or "").strip() != config.strip():
        with server_errors(f"{server.url}/projects/{found.id}"):
            # The update itself would let answers keep labels that the config has no more.
            server.client.projects.validate_label_config(found.id, label_config=config)
            server.client.projects.update(
                found.id, label_config=config, expert_instruction=instructions(codebook)
            )
    number = int(found.id)
    known = _read_state(state)
    if known.get(server.url, {}).get(batch.title) != number:
        known.setdefault(server.url, {})[batch.title] = number
        write_text(state, dump_json(known) + "\n")
    return number


def _view(server: Server, number: int) -> View:
    with server_errors(server.url):
        config = str(server.client.projects.get(number).label_config or "")
    if f'name="{READINGS}' in config:
        return "adjudication"
    return "article" if f'name="{MARK}"' in config else "unit"


def _shown(server: Server, number: int) -> str:
    with server_errors(server.url):
        return str(server.client.projects.get(number).model_version or "units")


def _find(server: Server, batch: Batch, state: Path) -> Any:
    number = known_projects(state, server).get(batch.title)
    if number is not None:
        try:
            with server_errors(server.url):
                return server.client.projects.get(number)
        except ServerError as error:
            # Deleted in Label Studio; a project of that title may have been made since.
            if getattr(error.__cause__, "status_code", None) != 404:
                raise
    # The server's filter finds parts of titles, in any case.
    with server_errors(server.url):
        same = [p for p in server.client.projects.list(title=batch.title) if p.title == batch.title]
    if len(same) > 1:
        problem = f"{len(same)} projects are called {batch.title!r}"
        raise ServerError(server.url, problem, "rename or delete the others in Label Studio")
    return same[0] if same else None


def _read_state(state: Path) -> dict[str, Any]:
    if not state.exists():
        return {}
    try:
        read = json.loads(state.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(state, "is damaged", "remove it; projects are found by title") from error
    return read if isinstance(read, dict) else {}
