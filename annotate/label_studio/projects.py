"""The study's projects in Label Studio: known by number and by the study's id, else made.

The id stands in a project's description, together with the part of the work that it holds. So a
copy of the study on another machine knows them too, and a project of another study is never taken
for ours, whatever it is called. Only a project without any id can be adopted by its title, and only
if it holds nothing but units of this study.

A project that holds answers is never changed before the server has agreed that they all fit.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import SubElement, indent, tostring
from xml.etree.ElementTree import fromstring as parse

from ...errors import InputError, ServerError, StudyError
from ...files import dump_json, locked, write_text
from ...labels import Codebook
from ..answers.earlier import Earlier, in_force, since
from ..answers.from_label_studio import Read
from ..answers.merge import WAIT, Merged, merge_answers
from ..design.sampling import Drawn
from ..page.checks import config_problems
from ..page.config import MARK, READINGS, View, instructions, labeling_config
from ..page.tasks import unfit, unit_ids
from .batches import Batch, batch_tasks, batches
from .connection import Server, server_errors
from .sync import Pushed, pull, push
from .task_list import tasks_of

__all__ = [
    "Batch",
    "coding_projects",
    "known_projects",
    "project",
    "pull_all",
    "push_design",
]

_OWNER = re.compile(r"Standfirst study ([0-9a-f]{12}) \((.*)\)")


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
    """Bring drawn units into their projects, one project after the other.

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
            others = _same_part(server, planned, state, study_id)
            sent = {u: number for number in others for u in _units_in(server, number)}
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
        Read every task again. So it is, too, when the codebook has changed or the annotations file
        is gone, because what was pulled before may be read in another way now.
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
    stamps = {} if full or not annotations.exists() else _read_state(path)
    read = Read()
    for number in projects.values():
        key = f"{server.url}/projects/{number} {codebook.revision}"
        one = pull(
            server, number, codebook, since=stamps.get(key, ""), blind=blind, earlier=earlier
        )
        read.add(one)
        stamps[key] = one.newest
    kept = merge_answers(annotations, read)
    # Last, so that a pull that is killed before is done again in full.
    write_text(path, dump_json(stamps) + "\n")
    return kept


def known_projects(state: Path, server: Server, study_id: str = "") -> dict[str, int]:
    """Give the numbers of the study's projects on this server, by title.

    These are the projects that bear the study's id, and those that the file remembers from before
    there were ids. A number that has become another study's project is left out.
    """
    known: dict[str, int] = dict(_read_state(state).get(server.url, {}))
    if not study_id:
        return known
    with server_errors(server.url):
        owners = {int(p.id): (p.title, _owner(p)[0]) for p in server.client.projects.list()}
    known = {
        title: number
        for title, number in known.items()
        if owners.get(number, ("", ""))[1] in ("", study_id)
    }
    for number, (title, owner) in sorted(owners.items()):
        if owner == study_id and number not in known.values():
            known[title if title not in known else f"{title} ({number})"] = number
    return known


def coding_projects(state: Path, server: Server, study_id: str = "") -> dict[str, int]:
    """Give those of them in which units are coded, and not articles marked or decisions taken."""
    return {
        title: number
        for title, number in known_projects(state, server, study_id).items()
        if _view(server, number) == "unit"
    }


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
    asked = None if batch.view == "adjudication" else codebook
    if problems := config_problems(config, asked):
        raise InputError(codebook.id, "; ".join(problems), "mend the codebook")
    mark = f"Standfirst study {study_id} ({batch.part})" if study_id else ""
    found = _find(server, batch, state, study_id, units)
    if found is None:
        with server_errors(server.url):
            found = server.client.projects.create(
                title=batch.title,
                description=mark,
                label_config=config,
                expert_instruction=instructions(codebook),
                show_skip_button=True,
                enable_empty_annotation=False,
                maximum_annotations=batch.n_coders,
            )
    else:
        carried = _revision_of(server, found) in (earlier or ())
        config = _with_retired(config, found.label_config or "") if carried else config
        if (found.label_config or "").strip() != config.strip():
            found = _update_config(server, found, codebook, config, carried=carried)
    number = int(found.id)
    if mark and not _owner(found)[0]:
        text = "\n".join(filter(None, (found.description, mark)))
        with server_errors(server.url):
            server.client.projects.update(number, description=text)
    known = _read_state(state)
    if known.get(server.url, {}).get(batch.title) != number:
        known.setdefault(server.url, {})[batch.title] = number
        write_text(state, dump_json(known) + "\n")
    return number


def _update_config(
    server: Server, found: Any, codebook: Codebook, config: str, *, carried: bool
) -> Any:
    where = f"{server.url}/projects/{found.id}"
    # A task keeps the revision with which it was pushed; the project says what came later.
    text = "\n".join([*filter(None, [found.description]), since(codebook.revision, server.now())])
    try:
        with server_errors(where):
            if not carried:
                # The update itself would let answers keep labels that the config has no more.
                server.client.projects.validate_label_config(found.id, label_config=config)
            server.client.projects.update(
                found.id,
                label_config=config,
                description=text,
                expert_instruction=instructions(codebook),
            )
            return server.client.projects.get(found.id)
    except ServerError as error:
        if getattr(error.__cause__, "status_code", None) != 400:
            raise
        remedy = "carry them over with: standfirst labels migrate --map FILE, then push again"
        problem = f"answers there do not fit the changed codebook ({error.problem})"
        raise ServerError(where, problem, remedy) from error


def _revision_of(server: Server, found: Any) -> str:
    """Tell by which revision of the codebook a project asks; empty where nothing says so."""
    if changes := in_force(str(found.description or "")):
        return changes[-1][1]
    rows = tasks_of(server, int(found.id))
    return next((str(row["data"].get("codebook") or "") for row in rows), "")


def _with_retired(config: str, old: str) -> str:
    """Keep controls that are gone, out of sight: the server lets none go that holds answers."""
    root, there = parse(config), parse(old or "<View/>")  # noqa: S314 - ours, or the server's
    names = {tag.get("name") for tag in root.iter("Choices")}
    retired = [tag for tag in there.iter("Choices") if tag.get("name") not in names]
    if not retired:
        return config
    hidden = SubElement(root, "View", style="display: none")
    for control in retired:
        control.attrib.pop("required", None)
        for choice in control.iter("Choice"):
            choice.attrib.pop("hotkey", None)
        hidden.append(control)
    indent(root)
    return tostring(root, encoding="unicode")


def _view(server: Server, number: int) -> View:
    with server_errors(server.url):
        config = str(server.client.projects.get(number).label_config or "")
    if f'name="{READINGS}' in config:
        return "adjudication"
    return "article" if f'name="{MARK}"' in config else "unit"


def _shown(server: Server, number: int) -> str:
    with server_errors(server.url):
        return str(server.client.projects.get(number).model_version or "units")


def _owner(found: Any) -> tuple[str, str]:
    """Read from a project's description whose it is, and which part of the work it holds."""
    match = _OWNER.search(str(found.description or ""))
    return (match[1], match[2]) if match else ("", "")


def _find(
    server: Server, batch: Batch, state: Path, study_id: str, units: Collection[str] | None
) -> Any:
    number = _read_state(state).get(server.url, {}).get(batch.title)
    if number is not None:
        try:
            with server_errors(server.url):
                known = server.client.projects.get(number)
            if _owner(known)[0] in ("", study_id):
                return known
        except ServerError as error:
            # Deleted in Label Studio; a project of that title may have been made since.
            if getattr(error.__cause__, "status_code", None) != 404:
                raise
    # The server's filter finds parts of titles, in any case.
    with server_errors(server.url):
        same = [p for p in server.client.projects.list(title=batch.title) if p.title == batch.title]
    # A title may be given twice: what bears another study's id is not looked at.
    mine = [p for p in same if study_id and _owner(p)[0] == study_id]
    mine = mine or [p for p in same if not _owner(p)[0]]
    if len(mine) > 1:
        problem = f"{len(mine)} projects are called {batch.title!r}"
        raise ServerError(server.url, problem, "rename or delete the others in Label Studio")
    unmarked = mine and not _owner(mine[0])[0] and units is not None
    if unmarked and not _units_in(server, int(mine[0].id)) <= set(units or ()):
        problem = f"a project called {batch.title!r} holds tasks that are not of this study"
        remedy = "rename it in Label Studio, or choose another title with --title"
        raise ServerError(server.url, problem, remedy)
    return mine[0] if mine else None


def _same_part(server: Server, batch: Batch, state: Path, study_id: str) -> list[int]:
    """Give the study's other projects for the same part of the work, under other titles."""
    if not study_id:
        return []
    known = known_projects(state, server, study_id)
    numbers = set(known.values())
    with server_errors(server.url):
        listed = [p for p in server.client.projects.list() if int(p.id) in numbers]
    return [
        int(p.id)
        for p in listed
        if known.get(batch.title) != int(p.id)
        and (_owner(p)[1] if _owner(p)[0] else _part_of(p.title)) == batch.part
    ]


def _part_of(title: str) -> str:
    # Projects from before there were ids say their part in their titles only.
    return title.partition(" - ")[2]


def _units_in(server: Server, number: int) -> set[str]:
    return {unit_id for row in tasks_of(server, number) for unit_id in unit_ids(row["data"])}


def _read_state(state: Path) -> dict[str, Any]:
    if not state.exists():
        return {}
    try:
        read = json.loads(state.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(state, "is damaged", "remove it; projects are found by title") from error
    return read if isinstance(read, dict) else {}
