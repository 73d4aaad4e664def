import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest

from standfirst.annotate.label_studio.access import Access
from standfirst.annotate.label_studio.connection import connect
from standfirst.annotate.label_studio.projects import Batch, project
from standfirst.annotate.label_studio.task_list import n_tasks, tasks_of
from standfirst.errors import ServerError
from standfirst.labels import Codebook

WHO = {"id": 1, "email": "ann@x.org", "username": "ann"}


def token(**claims: object) -> str:
    """Make a token of the kind that accounts have for programs; nobody checks its signature."""
    return jwt.encode({"exp": 9999999999} | claims, "k" * 32, algorithm="HS256")


@contextmanager
def answering(
    status: int = 200, *, prefix: str = "", text: str = "", to: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Run what stands in Label Studio's place; give its address and the paths that it is asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.path)
            path = self.path.removeprefix(prefix)
            known = {"/api/version/": {"release": "1.23.2"}, "/api/current-user/whoami": WHO}
            known["/api/token/refresh/"] = {"access": token(token_type="access")}
            body = text or json.dumps(known.get(path, {}))
            ours = self.path.startswith(prefix)
            self.send_response(status if ours else 404)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "text/html" if text else "application/json")
            if to:
                self.send_header("Location", to)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = answer  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}", asked
        server.shutdown()


@pytest.mark.parametrize("prefix", ["", "/label/studio"])
def test_personal_token_behind_a_prefix(prefix: str) -> None:
    """A personal token is refreshed below the server's own path, and this machine by no proxy."""
    with (
        pytest.MonkeyPatch.context() as patch,
        answering(prefix=prefix) as (url, asked),
    ):
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with connect(Access(url, token(token_type="refresh"))) as server:
            assert server.email == "ann@x.org"

    assert f"{prefix}/api/token/refresh/" in asked


@pytest.mark.parametrize(
    ("status", "to", "said"),
    [
        (301, "https://ls.example.org/api/version/", "set LABEL_STUDIO_URL=https://ls.example.org"),
        (
            302,
            "/login?next=x",
            "a login page is in front of it .*; use an address that",
        ),
        (502, "", r"cannot reach it \(HTTP 502\); is it running\?"),
        (407, "", "this machine's proxy asks for a password; name the server in NO_PROXY"),
        (200, "", "something answers that is not Label Studio"),
    ],
)
def test_what_stands_before_a_server(status: int, to: str, said: str) -> None:
    """A redirect, a login page, a gateway, a proxy: each is one line that says what to do."""
    with (
        answering(status, to=to, text="<html>no</html>") as (url, _),
        pytest.raises(ServerError, match=said) as raised,
    ):
        connect(Access(url, "0123456789"))

    assert "\n" not in str(raised.value)


def test_no_tls_where_tls_is_asked_for() -> None:
    """An address with https:// of a server without TLS is reported as such."""
    with (
        answering() as (url, _),
        pytest.raises(ServerError, match="it answers without TLS; use http://"),
    ):
        connect(Access(url.replace("http:", "https:"), "0123456789"))


def test_answers_of_another_shape(codebook: Codebook, tmp_path: Path) -> None:
    """JSON without the fields of Label Studio is one line, for projects and for tasks."""
    with answering() as (url, _), connect(Access(url, token(token_type="refresh"))) as server:
        with pytest.raises(ServerError, match="its answers are not those of Label Studio"):
            project(server, codebook, Batch("Deals", 1, ()), tmp_path / "projects.json")
        with pytest.raises(ServerError, match="its answers are not those of Label Studio"):
            n_tasks(server, 1)
        with pytest.raises(ServerError, match="its answers are not those of Label Studio"):
            list(tasks_of(server, 1))
