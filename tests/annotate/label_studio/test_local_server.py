import socket
from dataclasses import replace
from pathlib import Path

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
