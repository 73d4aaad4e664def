"""``standfirst annotate backend``: suggestions while people code."""

import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError, MissingExtraError, StandfirstError, StudyError
from ...files import write_text
from ...study.contents import codebook_of, connected, projects_of, study_id
from ..shared import completion
from ..shared.options import StudyOption, find_study, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...annotate.design.sampling import Drawn
    from ...annotate.suggestions.suggestion import Suggester
    from ...study.folder import StudyFolder

__all__ = ["backend"]

_SECRET = "STANDFIRST_BACKEND_SECRET"  # noqa: S105 - the name of a variable
_LEAST = 16


def backend(
    study: StudyOption = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="The model.",
            show_default="STUDY/models/CODEBOOK",
            autocompletion=completion.models,
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 9090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    url: Annotated[
        str, typer.Option(help="Address at which Label Studio reaches it.", show_default="as above")
    ] = "",
    after: Annotated[
        int, typer.Option(help="Train again after so many new annotations; 0: on request.", min=0)
    ] = 0,
    register: Annotated[
        bool, typer.Option("--register/--no-register", help="Connect the study's projects with it.")
    ] = True,
) -> None:
    """Serve a model's suggestions to Label Studio until Ctrl-C, and train it again on new answers.

    Units of the test part and units for several coders never get one.

    Example: standfirst annotate backend --after 50
    """
    try:
        import uvicorn

        from ...annotate.suggestions.http import make_app
    except ImportError as error:
        raise MissingExtraError("the backend", "backend") from error
    from ...annotate.label_studio.local_server import end_on_signals, refuse_busy
    from ...annotate.suggestions.service import Service
    from ...study.suggester import load_suggester

    current = find_study(study)
    codebook = codebook_of(current)
    folder = model or current.models / codebook.id
    if host == "0.0.0.0" and not url:  # noqa: S104 - what a user may ask for
        raise InputError("--host", "0.0.0.0 is not an address to call", "name one with --url")
    refuse_busy(port, host)
    suggester = None
    if folder.exists():
        suggester = load_suggester(folder)
    elif model is not None:
        raise InputError(folder, "no such model", "make one with: standfirst train")
    secret_file = current.state / "backend-secret"
    secret = _secret(secret_file)
    trainer = _Trainer(current, folder)
    design = _Design(current.design)
    service = Service(codebook, design, suggester, train=trainer, after=after)
    # The address of a request holds the secret, so that requests are not logged.
    config = uvicorn.Config(
        make_app(service, secret=secret), host=host, port=port, access_log=False, log_level="error"
    )
    server = uvicorn.Server(config)
    address = (url or f"http://{host}:{port}").rstrip("/")
    failed: list[StandfirstError] = []

    def connect() -> None:
        while not server.started and not server.should_exit:
            time.sleep(0.05)
        try:
            if register and server.started:
                _register(current, f"{address}/{secret}")
        except StandfirstError as error:
            failed.append(error)
            server.should_exit = True
            return
        print(address, flush=True)
        say(
            f"suggestions come from {service.version}" if service.version else "no model yet",
            f"the secret that follows its address is in {secret_file}",
            "stop with Ctrl-C",
        )

    end_on_signals()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Thread(target=connect, daemon=True).start()
        server.run()
    trainer.stop()
    if failed:
        raise failed[0]
    say("stopped")


def _secret(file: Path) -> str:
    if given := os.environ.get(_SECRET, "").strip():
        if len(given) < _LEAST or not given.isalnum():
            problem = f"needs {_LEAST} letters and digits or more"
            raise InputError(_SECRET, problem, "leave it out, and one is generated")
        return given
    if not file.exists():
        write_text(file, secrets.token_hex(20) + "\n", mode=0o600)
    return file.read_text(encoding="utf-8").strip()


def _register(study: "StudyFolder", url: str) -> None:
    from ...annotate.label_studio.ownership import coding_projects
    from ...annotate.suggestions.registration import register

    with connected(study) as server:
        projects = coding_projects(projects_of(study), server, study_id(study))
        if not projects:
            raise StudyError(
                server.url, "nothing was pushed there", "run: standfirst annotate push"
            )
        for title, number in projects.items():
            new = register(server, number, url)
            say(f"{title}: {'connected' if new else 'connected already'}")


class _Design:
    """Reads the design again when its file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, Sequence[Drawn]] = (0, ())

    def __call__(self) -> "Sequence[Drawn]":
        from ...annotate.design.sampling import read_design

        changed = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if changed != self._read[0]:
            self._read = changed, read_design(self._path)
        return self._read[1]


class _Trainer:
    """Pulls, resolves and trains by the commands of these names, in processes of their own."""

    def __init__(self, study: "StudyFolder", folder: Path) -> None:
        self._study, self._folder = study, folder
        self._running: subprocess.Popen[str] | None = None

    def __call__(self) -> "Suggester":
        from ...study.suggester import load_suggester

        for command in (
            ("annotate", "pull"),
            ("labels", "gold"),
            ("train", "--output", str(self._folder)),
        ):
            self._run(command)
        return load_suggester(self._folder)

    def stop(self) -> None:
        """End the command that is running."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()

    def _run(self, command: tuple[str, ...]) -> None:
        self._running = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "standfirst", *command, "--study", str(self._study.root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        _, printed = self._running.communicate()
        if self._running.returncode:
            last = (printed.strip().splitlines() or ["no reason given"])[-1].removeprefix("error: ")
            raise StudyError(f"standfirst {' '.join(command[:2])}", last)
