"""Make a backend known to Label Studio: one connection for each project, however often it starts.

Label Studio makes a webhook of its own with every connection, and forgets to take it away again; an
earlier connection of ours, at another address or with another secret, goes together with it.
"""

from typing import Any

from ...errors import ServerError
from ..label_studio.connection import Server, server_errors

__all__ = ["TITLE", "register"]

TITLE = "Standfirst"
"""Name of the connection. A project whose model version has this name asks it for suggestions."""


def register(server: Server, project: int, url: str) -> bool:
    """Connect a project with a backend that is running.

    Parameters
    ----------
    server
        Label Studio.
    project
        The project's number.
    url
        The backend's address, with its secret.

    Returns
    -------
    Whether the connection is new.

    Raises
    ------
    ServerError
        Label Studio cannot reach the backend, or does not talk to addresses on its own machine.
    """
    where = f"{server.url}/projects/{project}"
    with server_errors(where):
        ours = [known for known in server.client.ml.list(project=project) if known.title == TITLE]
    there = [known for known in ours if known.url.rstrip("/") == url.rstrip("/")]
    for known in ours:
        if known not in there[:1]:
            _forget(server, project, known)
    if not there:
        _create(server, project, url, where)
    with server_errors(where):
        # What a project's form begins with: suggestions of the connection with this name.
        server.client.projects.update(project, model_version=TITLE)
    return not there


def _create(server: Server, project: int, url: str, where: str) -> None:
    try:
        with server_errors(where):
            server.client.ml.create(project=project, url=url, title=TITLE)
    except ServerError as error:
        status = getattr(error.__cause__, "status_code", None)
        with server_errors(where):
            # Depending on its settings it has been stored nevertheless.
            for known in server.client.ml.list(project=project):
                if known.title == TITLE:
                    _forget(server, project, known)
        if status == 403:
            problem = "Label Studio talks to no backend on its own machine"
            remedy = "start it with: standfirst annotate start --backend"
            raise ServerError(where, problem, remedy) from error
        if status == 400:
            problem = "Label Studio does not reach the backend"
            raise ServerError(where, problem, "name the address that it sees with --url") from error
        raise


def _forget(server: Server, project: int, known: Any) -> None:
    with server_errors(server.url):
        server.client.ml.delete(known.id)
        hook = f"{known.url.rstrip('/')}/webhook"
        for webhook in server.client.webhooks.list(project=project):
            if webhook.url == hook:
                server.client.webhooks.delete(webhook.id)
