"""A chat endpoint on loopback that answers as a test wishes, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "Endpoint", "chat"]

Answer = tuple[int, dict[str, str], bytes]


def chat(content: str | None, finish: str = "stop", **more: Any) -> Answer:
    """Make the answer of a chat endpoint."""
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": finish}
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    said = {"model": "small-q4", "choices": [choice], "usage": usage, **more}
    return 200, {"content-type": "application/json"}, json.dumps(said).encode()


class Endpoint(ThreadingHTTPServer):
    """A chat endpoint on loopback that answers as it is told."""

    daemon_threads = True
    answer: Callable[[dict[str, Any], int], Answer]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        self.texts: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()
        self.answer = lambda _unit, _call: chat("")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that was killed."""


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        unit = json.loads(body["messages"][-1]["content"])
        with self.server.lock:
            self.server.texts.append(unit["text"])
            self.server.bodies.append(body)
            self.server.keys.append(self.headers.get("authorization", ""))
            call = len(self.server.texts)
        status, headers, content = self.server.answer(unit, call)
        with suppress(OSError):
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
