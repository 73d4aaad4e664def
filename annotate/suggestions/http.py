"""A backend for Label Studio: its requests for suggestions, answered over HTTP.

Label Studio calls `/health` and `/setup` whenever a task is opened, `/predict` where a task has no
suggestion of the present version, and `/webhook` when something happened. It sends the project's
token along with `/setup` and people's answers along with `/predict`; neither is read. What is asked
for a unit that is coded blind is answered by an empty list, which Label Studio stores as nothing.

A shared secret stands at the beginning of the path, because that is the one thing that Label Studio
sends with every call: its webhooks know of no other. Basic authentication does too, where somebody
registers the backend by hand. Nothing is logged of any request.
"""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import StandfirstError
from ..answers.bodies import PredictBody, SetupBody, WebhookBody
from .service import Service

__all__ = ["make_app"]

_LARGEST = 250 * 2**20
_NEW = {"ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED"}


def make_app(service: Service, *, secret: str = "") -> ASGIApp:
    """Make the application.

    Parameters
    ----------
    service
        What answers.
    secret
        What a caller must know; nothing if empty.
    """
    app: ASGIApp = Starlette(
        routes=[
            Route("/health", _health(service)),
            Route("/", _health(service)),
            Route("/versions", _versions(service)),
            Route("/setup", _posted(SetupBody, _setup(service)), methods=["POST"]),
            Route("/predict", _posted(PredictBody, _predict(service)), methods=["POST"]),
            Route("/webhook", _posted(WebhookBody, _webhook(service)), methods=["POST"]),
        ]
    )
    return _Guard(app, secret) if secret else app


class _Guard:
    """Admits only callers who know the secret, and hides it from the application."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app, self._secret = app, secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            first, _, rest = scope["path"].lstrip("/").partition("/")
            if secrets.compare_digest(first.encode(), self._secret):
                path = f"/{rest}"
                scope = {**scope, "path": path, "raw_path": path.encode()}
            elif not self._basic(scope):
                refused = JSONResponse({"detail": "the secret is wrong or missing"}, 401)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _basic(self, scope: Scope) -> bool:
        kind, _, credentials = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"basic":
            return False
        try:
            _, _, password = base64.b64decode(credentials).partition(b":")
        except binascii.Error:
            return False
        return secrets.compare_digest(password, self._secret)


_Answer = Callable[[Any], Awaitable[dict[str, Any]]]


def _posted(body: type[BaseModel], answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > _LARGEST:
                return JSONResponse({"detail": "the body is too large"}, 413)
        try:
            received = body.model_validate_json(bytes(raw))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            field = ".".join(map(str, first["loc"])) or "body"
            return JSONResponse({"detail": f"{field}: {first['msg']}"}, 400)
        try:
            return JSONResponse(await answer(received))
        except StandfirstError as error:
            return JSONResponse({"detail": str(error)}, 500)

    return handle


def _health(service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def handle(_: Request) -> Response:
        status = {"status": "UP", "model_class": "Standfirst", "model_version": service.version}
        state = {"training": service.training, "trained": service.n_trained}
        return JSONResponse(status | state | {"problem": service.problem})

    return handle


def _versions(service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def handle(_: Request) -> Response:
        return JSONResponse({"versions": [service.version] if service.version else []})

    return handle


def _setup(service: Service) -> _Answer:
    async def answer(_: SetupBody) -> dict[str, Any]:
        return {"model_version": service.version}

    return answer


def _predict(service: Service) -> _Answer:
    async def answer(received: PredictBody) -> dict[str, Any]:
        units = [task.data for task in received.tasks]
        # In a thread, so that health and webhooks are answered while a model computes.
        return {"results": await run_in_threadpool(service.predict, units)}

    return answer


def _webhook(service: Service) -> _Answer:
    async def answer(event: WebhookBody) -> dict[str, Any]:
        started = False
        if event.action == "START_TRAINING":
            started = service.start_training()
        elif event.action in _NEW:
            started = service.note_answers(max(len(event.annotations), 1))
        return {"status": "training" if started else "noted"}

    return answer
