"""Ray nodes on loopback addresses, each a process group of its own that can be killed whole."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Nodes", "ray_nodes"]

MEMORY = 80 * 2**20


@dataclass(slots=True)
class Nodes:
    """A cluster: a head without cores, and workers with one each."""

    address: str
    """Where the head listens."""
    environment: dict[str, str]
    """What a process must have in its environment to speak with it."""
    folder: Path
    """Where it keeps its files."""
    groups: list[int] = field(default_factory=list)
    """Process groups, the head's first."""

    def add(self, place: int) -> None:
        """Start a worker node on 127.0.0.PLACE."""
        options = [f"--address={self.address}", f"--node-ip-address=127.0.0.{place}"]
        self.groups.append(_start(self, [*options, "--num-cpus=1"]))

    def kill(self, number: int) -> None:
        """Kill all processes of a node at once, as a machine that loses its power."""
        with suppress(ProcessLookupError):
            os.killpg(self.groups[number], signal.SIGKILL)


@contextmanager
def ray_nodes(folder: Path, n_workers: int) -> Iterator[Nodes]:
    """Start a cluster, authenticated by a token of its own, and end all of its processes."""
    token = folder / "token"
    token.write_text(secrets.token_hex(32))
    environment = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_open_telemetry": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
    port, client = _free_ports(2)
    nodes = Nodes(f"127.0.0.2:{port}", environment, folder)
    head = ["--head", "--node-ip-address=127.0.0.2", f"--port={port}", "--num-cpus=0"]
    # Its sockets have long names, which the system allows only in short folders.
    head += [
        "--include-dashboard=false",
        f"--ray-client-server-port={client}",
        f"--temp-dir={folder}",
    ]
    try:
        nodes.groups.append(_start(nodes, head))
        for place in range(n_workers):
            nodes.add(3 + place)
        yield nodes
    finally:
        for number in range(len(nodes.groups)):
            nodes.kill(number)
        time.sleep(0.5)


def _free_ports(n_ports: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n_ports)]
        for one in sockets:
            one.bind(("127.0.0.2", 0))
        return [one.getsockname()[1] for one in sockets]


def _start(nodes: Nodes, options: list[str]) -> int:
    words = [sys.executable, "-m", "ray.scripts.scripts", "start", *options]
    words += [f"--object-store-memory={MEMORY}", "--disable-usage-stats"]
    starting = subprocess.Popen(
        words,
        env={**os.environ, **nodes.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    told, _ = starting.communicate(timeout=180)
    assert starting.returncode == 0, told
    return starting.pid
