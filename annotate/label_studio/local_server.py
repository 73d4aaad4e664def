"""A local Label Studio in the study's folder: SQLite, loopback only, silent towards the network.

The server keeps everything below one folder::

    .standfirst/label-studio/
    |-- access.json     address, token, account; readable by its owner only
    |-- server.log      the server's output
    `-- data/           its database

Label Studio silently moves to another port when the wanted one is busy, listens on all
interfaces, reports usage, and takes settings from variables such as PORT or PASSWORD that mean
something else to other programs. All of this is prevented here. Secrets travel by environment,
because a command line can be read by every user of the machine.
"""

import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from ...errors import MissingExtraError, ServerError
from .access import Access, read_access, write_access

__all__ = ["EMAIL", "LocalServer", "end_on_signals", "free_port", "refuse_busy", "start_local"]

EMAIL = "owner@standfirst.example"
"""Account of whoever starts the server; coders sign up for their own by the invitation link."""

_QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    # Effective only when the organisation is created, that is at the very first start.
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    # Only pages of this server may talk to it, by its own names.
    "LABEL_STUDIO_ALLOWED_HOSTS": "127.0.0.1,localhost",
    "LABEL_STUDIO_CORS_ALLOW_ALL_ORIGINS": "false",
    # Predictions that the config does not allow are refused instead of stored.
    "fflag_feat_utc_210_prediction_validation_15082025": "true",
}
# The server ends with whoever started it, however that ended: its standard input is a pipe whose
# other end only the starter holds, and which the system closes. A port that was taken in the
# meantime ends it, too, instead of moving it to the next one.
_MAIN = """
import os, threading

def watch():
    os.read(0, 1)
    os._exit(0)

threading.Thread(target=watch, daemon=True).start()
from label_studio import server
server._get_free_port = lambda port, _: port
server.main()
"""
# Since 1.23.1 Label Studio talks to no backend on the machine that it runs on, unless told to.
_LOCAL_BACKEND = {
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
}
_OPTIONS = ("start", "--no-browser", "--internal-host", "127.0.0.1", "--log-level", "WARNING")
# Label Studio looks every setting up as LABEL_STUDIO_X, HEARTEX_X and bare X.
_STRAY = ("USERNAME", "PASSWORD", "USER_TOKEN", "PORT", "HOST", "DEBUG", "LOG_LEVEL")


class LocalServer:
    """A running Label Studio that this process started.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.annotate import start_local
    >>> with start_local(Path("label-studio")) as running:  # doctest: +SKIP
    ...     print(running.access.url)
    http://127.0.0.1:8080
    """

    def __init__(self, access: Access, process: subprocess.Popen[bytes], log: Path) -> None:
        self.access, self.process, self.log = access, process, log

    def wait(self) -> int:
        """Wait until the server ends, and return its exit code."""
        return self.process.wait()

    def stop(self) -> None:
        """End the server, politely first."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    """Return a port on loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def start_local(
    folder: Path,
    *,
    port: int = 8080,
    backend: bool = False,
    timeout: float = 300.0,
) -> Iterator[LocalServer]:
    """Run Label Studio while the block runs.

    Parameters
    ----------
    folder
        Where the server keeps its things; made when missing.
    port
        Port on 127.0.0.1.
    backend
        Let it talk to a backend for suggestions on this machine.
    timeout
        Seconds to wait until it is ready; the first start builds the database and takes longest.

    Yields
    ------
    The server, ready to be used.

    Raises
    ------
    MissingExtraError
        Label Studio is not installed.
    ServerError
        The port is in use, or the server ended or was not ready in time.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.annotate import connect, start_local
    >>> with start_local(Path("label-studio")) as running:  # doctest: +SKIP
    ...     with connect(running.access) as server:
    ...         print(server.url)
    http://127.0.0.1:8080
    """
    if importlib.util.find_spec("label_studio") is None:
        raise MissingExtraError("a local Label Studio", "label-studio")
    refuse_busy(port)
    access = _access(folder, port)
    log = folder / "server.log"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no text from outside
            [sys.executable, "-c", _MAIN, *_OPTIONS, "--port", str(port)],
            env=_environment(folder, access) | (_LOCAL_BACKEND if backend else {}),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal is ours to answer; the server is ended in order.
            start_new_session=True,
        )
    server = LocalServer(access, process, log)
    try:
        _wait_ready(server, timeout)
        yield server
    finally:
        server.stop()


def end_on_signals() -> None:
    """Let a terminated process end its server too, as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def refuse_busy(port: int, host: str = "127.0.0.1") -> None:
    """Refuse a port that is in use.

    Raises
    ------
    ServerError
        It is in use, or the address is not this machine's.
    """
    with socket.socket() as probe:
        # As the server does; a connection that was closed a minute ago does not count as busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            remedy = "stop what runs there, or choose another with --port"
            raise ServerError(f"{host}:{port}", "the port is in use", remedy) from error


def _access(folder: Path, port: int) -> Access:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    file, url = folder / "access.json", f"http://127.0.0.1:{port}"
    if file.exists():
        # The account was made at the first start; a new password or token would be ignored.
        access = replace(read_access(file), url=url)
    else:
        access = Access(url, secrets.token_hex(20), EMAIL, secrets.token_urlsafe(15))
    write_access(file, access)
    return access


def _environment(folder: Path, access: Access) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LABEL_STUDIO_", "HEARTEX_")) and name not in _STRAY
    }
    return (
        inherited
        | _QUIET
        | {
            "LABEL_STUDIO_BASE_DATA_DIR": str((folder / "data").resolve()),
            "LABEL_STUDIO_HOST": access.url,
            "LABEL_STUDIO_USERNAME": access.email,
            "LABEL_STUDIO_PASSWORD": access.password,
            "LABEL_STUDIO_USER_TOKEN": access.token,
        }
    )


def _wait_ready(server: LocalServer, timeout: float) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < timeout:
        if server.process.poll() is not None:
            refuse_busy(urlsplit(server.access.url).port or 80)
            problem = f"Label Studio ended with exit code {server.process.returncode}"
            raise ServerError(server.access.url, problem, f"see {server.log}")
        if _healthy(server.access.url):
            return
        time.sleep(0.5)
    problem = f"Label Studio was not ready within {timeout:.0f} seconds"
    raise ServerError(server.access.url, problem, f"see {server.log}")


def _healthy(url: str) -> bool:
    try:
        # Never through a proxy, which could not reach this machine.
        with build_opener(ProxyHandler({})).open(f"{url}/health/", timeout=5) as answer:
            return bool(json.load(answer).get("status") == "UP")
    except (URLError, OSError, ValueError):
        return False
