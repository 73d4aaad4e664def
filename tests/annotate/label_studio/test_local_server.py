import shutil
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from standfirst.annotate.label_studio import connection as module
from standfirst.annotate.label_studio.access import Access, find_access, read_access, write_access
from standfirst.annotate.label_studio.connection import Server, connect
from standfirst.annotate.label_studio.local_server import LocalServer, free_port, start_local
from standfirst.errors import InputError, MissingExtraError, ServerError, StudyError


def test_access_is_for_its_owner_only(tmp_path: Path) -> None:
    """The file's mode is 0600, and no secret is in the repr."""
    access = Access("http://127.0.0.1:8080", "token-1", "a@x.org", "password-1")
    write_access(tmp_path / "access.json", access)

    assert (tmp_path / "access.json").stat().st_mode & 0o777 == 0o600
    assert read_access(tmp_path / "access.json") == access
    assert "token-1" not in repr(access)
    assert "password-1" not in repr(access)


def test_environment_wins(tmp_path: Path) -> None:
    """Both variables or none; a file only where they are not set."""
    file = tmp_path / "access.json"
    both = {"LABEL_STUDIO_URL": "https://ls.example.org/", "LABEL_STUDIO_API_KEY": " t\n"}

    assert find_access(file, both) == Access("https://ls.example.org", "t")
    with pytest.raises(StudyError, match="LABEL_STUDIO_API_KEY is not set"):
        find_access(file, {"LABEL_STUDIO_URL": "http://x"})
    with pytest.raises(StudyError, match="annotate start"):
        find_access(file, {})
    with pytest.raises(InputError, match="LABEL_STUDIO_URL"):
        find_access(file, {**both, "LABEL_STUDIO_URL": "ls.example.org"})


def test_busy_port_is_refused(tmp_path: Path) -> None:
    """Label Studio itself would move to another port without a word."""
    pytest.importorskip("label_studio")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(ServerError, match="the port is in use"),
            start_local(tmp_path, port=port),
        ):
            pass

    assert not list(tmp_path.iterdir())


def test_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Label Studio there is one line with the command that installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    said = r"pip install 'standfirst\[label-studio\]'"
    with (
        pytest.raises(MissingExtraError, match=said),
        start_local(tmp_path, port=free_port()),
    ):
        pass


def test_nobody_there() -> None:
    """An unreachable server gets one clear line."""
    with pytest.raises(ServerError, match="cannot be reached; is it running"):
        connect(Access(f"http://127.0.0.1:{free_port()}", "token"))


@pytest.mark.server
def test_started_server_is_private(label_studio: LocalServer) -> None:
    """It listens on loopback, its folder is closed to others, and its log holds no secret."""
    folder = label_studio.log.parent
    log = label_studio.log.read_text(encoding="utf-8", errors="replace")

    assert label_studio.access.url.startswith("http://127.0.0.1:")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "access.json").stat().st_mode & 0o777 == 0o600
    assert label_studio.log.stat().st_mode & 0o777 == 0o600
    assert label_studio.access.token not in log
    assert label_studio.access.password not in log


@pytest.mark.server
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80"])
def test_a_foreign_host_is_refused(label_studio: LocalServer, host: str) -> None:
    """A name that somebody else points at this machine opens nothing, with a token or without."""
    url = f"{label_studio.access.url}/api/projects/"
    token = {"Authorization": f"Token {label_studio.access.token}"}
    with httpx.Client(trust_env=False) as client:
        own = client.get(url, headers=token)
        for headers in ({"Host": host}, {"Host": host} | token):
            assert client.get(url, headers=headers).status_code == 400

    assert own.status_code == 200


@pytest.mark.server
def test_a_foreign_page_may_read_nothing(label_studio: LocalServer) -> None:
    """No origin is allowed, neither for a request nor for the question that precedes it."""
    url = f"{label_studio.access.url}/api/projects/"
    token = {"Authorization": f"Token {label_studio.access.token}"}
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    with httpx.Client(trust_env=False) as client:
        for origin in ("https://evil.example", "null", "http://localhost:9"):
            for response in (
                client.get(url, headers=token | {"Origin": origin}),
                client.options(url, headers=asked | {"Origin": origin}),
            ):
                assert "access-control-allow-origin" not in response.headers
                assert "access-control-allow-credentials" not in response.headers
        login = client.post(
            f"{label_studio.access.url}/user/login/",
            data={"email": label_studio.access.email, "password": label_studio.access.password},
            headers={"Origin": "https://evil.example"},
        )

    assert login.status_code == 403


@pytest.mark.server
def test_a_port_that_is_taken_while_the_server_starts(
    label_studio: LocalServer, tmp_path: Path
) -> None:
    """It ends in one line, and never takes another port, or another server for its own."""
    folder = tmp_path / "server"
    shutil.copytree(label_studio.log.parent, folder)
    (folder / "server.log").unlink()
    port = free_port()
    taken: list[ThreadingHTTPServer] = []

    def take() -> None:
        while not (folder / "server.log").exists():
            time.sleep(0.01)
        taken.append(ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler))
        taken[0].serve_forever()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    with pytest.raises(ServerError) as caught, start_local(folder, port=port):
        pass
    taken[0].shutdown()
    taken[0].server_close()
    thread.join()

    assert str(port) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.server
def test_both_kinds_of_token(label_studio: LocalServer, server: Server) -> None:
    """Legacy tokens and personal access tokens let us in."""
    personal = server.client.tokens.create().token
    with connect(replace(label_studio.access, token=personal)) as connected:
        assert connected.email == server.email == label_studio.access.email
        assert connected.raw("GET", "/api/projects/")["count"] >= 0


@pytest.mark.server
@pytest.mark.parametrize(
    ("token", "path", "problem"),
    [
        ("wrong", "", r"the token is refused \(Invalid token.\); copy it again"),
        ("two words", "", "the token contains characters that tokens never have"),
        ("right", "/user/login", "a web page came back instead of data"),
    ],
)
def test_wrong_access(label_studio: LocalServer, token: str, path: str, problem: str) -> None:
    """A wrong token or address gets one clear line."""
    access = label_studio.access
    token = access.token if token == "right" else token

    with pytest.raises(ServerError, match=problem):
        connect(replace(access, url=access.url + path, token=token))


@pytest.mark.server
def test_old_server(label_studio: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose answers are not known is refused with both numbers."""
    monkeypatch.setattr(module, "OLDEST", (99, 0))

    with pytest.raises(ServerError, match=r"is too old; upgrade it to 99.0 or newer"):
        connect(label_studio.access)
