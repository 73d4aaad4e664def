"""Endpoints that answer chats: one that is told what to say, and a real language model."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from standfirst.annotate.label_studio.local_server import free_port
from standfirst.tests import local_model
from standfirst.tests.chat_endpoint import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Give a chat endpoint on loopback."""
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the real server with a real, small model; give its address when it has loaded."""
    if reason := local_model.missing():
        pytest.skip(reason)
    address = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, str(Path(local_model.__file__)), "serve", "--port"]
    log = tmp_path_factory.mktemp("language-model") / "log.txt"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, address.rsplit(":", 1)[1]], stdout=out, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            while not _is_ready(address):
                assert server.poll() is None, log.read_text()
                time.sleep(0.2)
            yield f"{address}/v1"
        finally:
            server.terminate()
    assert server.returncode == 0, log.read_text()


def _is_ready(address: str) -> bool:
    """Tell whether the model has loaded; until then it answers 503, and before that not at all."""
    try:
        return httpx.get(f"{address}/health", timeout=60, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
