"""The study's projects in Label Studio: found again by number, else by title, else made.

Where the plan names coders, each has a project, because the free edition shows everyone's answers
to everyone within a project. Where it names nobody, units with one reading and units with two are
two projects, because `maximum_annotations` holds for a whole project.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, ServerError, StudyError
from ..files import dump_json, write_text
from ..labels import Codebook
from .answers import Read
from .interface import config_problems, instructions, labeling_config
from .keep import Kept, keep
from .sample import Drawn
from .server import Server, told
from .sync import Pushed, pull, push
from .tasks import task

__all__ = ["Batch", "batches", "known_projects", "project", "pull_all", "push_design"]

_TITLE = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """The tasks of one project."""

    title: str
    """The project's title, 3 to 50 characters."""
    n_coders: int
    """Answers that each task takes before it leaves the queue."""
    unit_ids: tuple[str, ...]
    """The units, in the order in which they are to be coded."""


def batches(title: str, design: Sequence[Drawn]) -> list[Batch]:
    """Divide drawn units between projects.

    Examples
    --------
    >>> row = Drawn("u1", "a1", "coding", "1", "random", "", 0.5, 2, 0, coders=("ann", "bo"))
    >>> [(batch.title, batch.unit_ids) for batch in batches("Deals", [row])]
    [('Deals - ann', ('u1',)), ('Deals - bo', ('u1',))]
    """
    groups: dict[tuple[str, int], list[str]] = {}
    for row in design:
        for coder in row.coders:
            groups.setdefault((coder, 1), []).append(row.unit_id)
        if not row.coders:
            groups.setdefault(("", row.n_coders), []).append(row.unit_id)
    made = []
    for (coder, n_coders), unit_ids in groups.items():
        suffix = f" - {coder}" if coder else f" - {n_coders} coders" if n_coders > 1 else ""
        suffix = suffix[: _TITLE - 10]
        head = title[: _TITLE - len(suffix)].strip() + suffix
        made.append(Batch(head.ljust(3, "."), n_coders, tuple(unit_ids)))
    return made


def push_design(
    server: Server,
    units: Mapping[str, Mapping[str, Any]],
    codebook: Codebook,
    design: Sequence[Drawn],
    *,
    title: str,
    state: Path,
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
    """
    rounds = {row.unit_id: row.round for row in design}
    targets = [dimension.target for dimension in codebook.dimensions if dimension.target]
    for batch in batches(title, design):
        number = project(server, codebook, batch, state)
        tasks = [
            task(
                units[unit_id],
                revision=codebook.revision,
                coding_round=rounds[unit_id],
                extra=targets,
            )
            for unit_id in batch.unit_ids
            if unit_id in units
        ]
        yield batch, push(server, number, tasks)


def pull_all(
    server: Server, codebook: Codebook, *, annotations: Path, state: Path, full: bool = False
) -> Kept:
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
        one = pull(server, number, codebook, since=stamps.get(key, ""))
        read.add(one)
        stamps[key] = one.newest
    kept = keep(annotations, read)
    # Last, so that a pull that is killed before is done again in full.
    write_text(path, dump_json(stamps) + "\n")
    return kept


def known_projects(state: Path, server: Server) -> dict[str, int]:
    """Give the numbers of the study's projects on this server, by title."""
    known: dict[str, int] = _read_state(state).get(server.url, {})
    return known


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
    config = labeling_config(codebook)
    if problems := config_problems(config):
        raise InputError(codebook.id, "; ".join(problems), "mend the codebook")
    found = _find(server, batch, state)
    if found is None:
        with told(server.url):
            found = server.client.projects.create(
                title=batch.title,
                label_config=config,
                expert_instruction=instructions(codebook),
                show_skip_button=True,
                enable_empty_annotation=False,
                maximum_annotations=batch.n_coders,
            )
    elif (found.label_config or "").strip() != config.strip():
        with told(f"{server.url}/projects/{found.id}"):
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


def _find(server: Server, batch: Batch, state: Path) -> Any:
    number = known_projects(state, server).get(batch.title)
    if number is not None:
        try:
            with told(server.url):
                return server.client.projects.get(number)
        except ServerError as error:
            # Deleted in Label Studio; a project of that title may have been made since.
            if getattr(error.__cause__, "status_code", None) != 404:
                raise
    # The server's filter finds parts of titles, in any case.
    with told(server.url):
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
