"""Updates of a project's labeling config, which never leave an answer without its control.

A project that holds answers is changed only once the server has agreed that they all fit the new
config. After a migration of the codebook answers of an earlier revision are carried over when they
are pulled; for them the controls that are gone stay in the config, out of sight.
"""

from collections.abc import Collection
from typing import Any
from xml.etree.ElementTree import SubElement, indent, tostring
from xml.etree.ElementTree import fromstring as parse

from ...errors import ServerError
from ...labels import Codebook
from ..answers.earlier import in_force, since
from ..page.config import instructions
from .connection import Server, server_errors
from .task_list import tasks_of

__all__ = ["update_config"]


def update_config(
    server: Server,
    project: Any,
    codebook: Codebook,
    config: str,
    earlier: Collection[str],
) -> Any:
    """Give a project the config of the codebook, unless it has it already.

    Parameters
    ----------
    server
        Where.
    project
        The project, as the server describes it.
    codebook
        What is coded.
    config
        The new labeling config.
    earlier
        Earlier revisions whose answers are carried over: those need not fit the new config.

    Returns
    -------
    The project as it is now.

    Raises
    ------
    ServerError
        Answers in the project do not fit the new config.
    """
    carried = _revision_of(server, project) in earlier
    config = _with_retired(config, project.label_config or "") if carried else config
    if (project.label_config or "").strip() == config.strip():
        return project
    where = f"{server.url}/projects/{project.id}"
    # A task keeps the revision with which it was pushed; the project says what came later.
    text = "\n".join([*filter(None, [project.description]), since(codebook.revision, server.now())])
    try:
        with server_errors(where):
            if not carried:
                # The update itself would let answers keep labels that the config has no more.
                server.client.projects.validate_label_config(project.id, label_config=config)
            server.client.projects.update(
                project.id,
                label_config=config,
                description=text,
                expert_instruction=instructions(codebook),
            )
            return server.client.projects.get(project.id)
    except ServerError as error:
        if getattr(error.__cause__, "status_code", None) != 400:
            raise
        remedy = "carry them over with: standfirst labels migrate --map FILE, then push again"
        problem = f"answers there do not fit the changed codebook ({error.problem})"
        raise ServerError(where, problem, remedy) from error


def _revision_of(server: Server, project: Any) -> str:
    """Return the revision of the codebook by which a project asks; empty where nothing says so."""
    if changes := in_force(str(project.description or "")):
        return changes[-1][1]
    rows = tasks_of(server, int(project.id))
    return next((str(row["data"].get("codebook") or "") for row in rows), "")


def _with_retired(config: str, old: str) -> str:
    """Keep removed controls, hidden: the server removes none that holds answers."""
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
