"""An OpenAI-compatible chat endpoint: one request, and what can go wrong with it.

Ollama, vLLM, the server of llama.cpp and hosted models all speak it. A request that fails for a
passing reason is repeated, more slowly each time; an answer of any length is read up to a bound; a
redirection is never followed, because the key would go with it. The key comes from the environment,
and is taken out of all that the endpoint sends back before anything is done with it.
"""

import base64
import ipaddress
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from ...errors import InputError

__all__ = ["KEY", "Client", "Endpoint", "Failure", "Reply", "find_endpoint"]

KEY = "STANDFIRST_LLM_KEY"
"""The environment variable that holds the key."""

_MOST_BYTES = 1 << 20
_LEAST_KEY = 8
_LONGEST_PAUSE = 60.0
_RAW = 2000
_PASSING = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_HIDDEN = "[key]"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked."""

    url: str
    """Its address, up to and without ``/chat/completions``."""
    key: str = field(default="", repr=False)
    """The key; empty where there is none."""
    is_local: bool = False
    """Whether it is this machine."""

    def hidden(self, text: str) -> str:
        """Take the key out of a text, also where it is escaped, quoted or encoded."""
        if not self.key:
            return text
        raw = self.key.encode()
        forms = {self.key, json.dumps(self.key)[1:-1], quote(self.key, safe="")}
        forms |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, _HIDDEN)
        return text


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, of use or not."""

    content: str
    """The text."""
    cut: bool
    """Whether it ended because it had become too long."""
    model: str
    """The model as the endpoint names it, which may say more than the name that was asked for."""
    fingerprint: str
    """What the endpoint says of its own version."""
    n_prompt: int | None
    """Tokens of the request; None where the endpoint does not say."""
    n_answer: int | None
    """Tokens of the answer."""
    seconds: float
    """Time from the request to the end of the answer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that brought no answer."""

    reason: str
    """What happened."""
    raw: str = ""
    """The beginning of what came instead."""
    passing: bool = False
    """Whether the same request may succeed later."""
    pause: float | None = None
    """Seconds that the endpoint asks to wait."""
    ends: bool = False
    """Whether every other request would fail as well."""


def find_endpoint(
    url: str, *, plain_http: bool = False, environ: Mapping[str, str] = os.environ
) -> Endpoint:
    """Check an address, and take the key from the environment.

    Parameters
    ----------
    url
        The address, such as ``http://127.0.0.1:11434/v1``; without a path, ``/v1`` is meant.
    plain_http
        Allow an address of another machine without TLS.
    environ
        The environment.

    Raises
    ------
    InputError
        The address or the key is of no use. The message does not hold the key.

    Examples
    --------
    >>> find_endpoint("http://localhost:8080", environ={}).url
    'http://localhost:8080/v1'
    """
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        problem = "is not an address"
        raise InputError("--endpoint", problem, _EXAMPLE) from error
    if parsed.userinfo or parsed.query or parsed.fragment:
        # The address is written to files: it is not shown either.
        problem = "an address with a name, password or query may hold a secret"
        raise InputError("--endpoint", problem, f"leave them out, and set the key in {KEY}")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError("--endpoint", f"{url!r} is no web address", _EXAMPLE)
    local = _is_local(parsed.host)
    if parsed.scheme == "http" and not local and not plain_http:
        problem = f"{parsed.host} would get texts and key without TLS, for all to read on the way"
        remedy = "use https://, or say --plain-http where the network is yours"
        raise InputError("--endpoint", problem, remedy)
    base = str(parsed).rstrip("/").removesuffix("/chat/completions")
    return Endpoint(f"{base}/v1" if parsed.path in ("", "/") else base, _key(environ), local)


class Client:
    """Asks an endpoint; several threads may use one.

    Parameters
    ----------
    endpoint
        Where.
    timeout
        Seconds for one answer.
    tries
        How often a request is made that fails for a passing reason.
    sleep
        Waits a number of seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout: float = 120.0,
        tries: int = 7,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self._timeout, self._tries, self._sleep = timeout, tries, sleep
        headers = {"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        # Loopback is never requested through a proxy, which could not reach it.
        self._http = httpx.Client(
            timeout=timeout,
            headers=headers,
            follow_redirects=False,
            trust_env=not endpoint.is_local,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, body: Mapping[str, Any]) -> Reply | Failure:
        """Make a request, and make it again while it fails for a passing reason."""
        outcome = self._once(body)
        for attempt in range(self._tries - 1):
            if isinstance(outcome, Reply) or not outcome.passing:
                break
            # A share at random, so that several threads do not come back all at once.
            growing = min(2.0**attempt, 30.0) * random.uniform(0.75, 1.25)  # noqa: S311
            wait = growing if outcome.pause is None else outcome.pause
            self._sleep(min(wait, _LONGEST_PAUSE))
            outcome = self._once(body)
        return outcome

    def _once(self, body: Mapping[str, Any]) -> Reply | Failure:
        start = time.monotonic()
        url = f"{self.endpoint.url}/chat/completions"
        try:
            with _stated(), self._http.stream("POST", url, json=body) as answer:
                content = self._content(answer, start + self._timeout)
        except httpx.HTTPError as error:
            return self._unreachable(error)
        text = self.endpoint.hidden(content.decode("utf-8", "replace"))
        if len(content) > _MOST_BYTES:
            problem = f"the answer is longer than {_MOST_BYTES >> 20} MB"
            return Failure(problem, text[:_RAW])
        if answer.status_code != 200:
            return self._refused(answer, text)
        return self._reply(content, text, time.monotonic() - start)

    @staticmethod
    def _content(answer: httpx.Response, deadline: float) -> bytes:
        """Read an answer up to the bound; a server that drips is left at the deadline."""
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > _MOST_BYTES:
                break
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer does not end")
        return bytes(content)

    def _unreachable(self, error: httpx.HTTPError) -> Failure:
        if isinstance(error, httpx.TimeoutException):
            return Failure(f"no answer in {self._timeout:g} s", passing=True)
        detail = self.endpoint.hidden(" ".join(str(error).split()))[:200]
        return Failure(f"cannot be reached ({detail or type(error).__name__})", passing=True)

    def _refused(self, answer: httpx.Response, text: str) -> Failure:
        status, raw = answer.status_code, text[:_RAW]
        detail = self.endpoint.hidden(_message(text))[:200]
        reason = f"HTTP {status}" + (f" ({detail})" if detail else "")
        if status in _PASSING:
            return Failure(reason, raw, passing=True, pause=_retry_after(answer))
        if status in (401, 403):
            return Failure(f"the key in {KEY} is missing or refused: {reason}", raw, ends=True)
        if answer.has_redirect_location:
            return Failure(f"the address leads elsewhere: {reason}", raw, ends=True)
        if status in (404, 405):
            return Failure(f"no such address or model: {reason}", raw, ends=True)
        return Failure(reason, raw)

    def _reply(self, content: bytes, text: str, seconds: float) -> Reply | Failure:
        try:
            said = json.loads(content)
            choice = said["choices"][0]
            answer = choice["message"].get("content")
            usage = said.get("usage") or {}
            tokens = [usage.get(f"{side}_tokens") for side in ("prompt", "completion")]
            names = [said.get(name) for name in ("model", "system_fingerprint")]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            kind = "a web page" if text.lstrip()[:1] == "<" else "something"
            return Failure(f"{kind} came back that is no chat answer", text[:_RAW])
        if not isinstance(answer, str | None):
            return Failure("something came back that is no chat answer", text[:_RAW])
        n_prompt, n_answer = (n if type(n) is int and n >= 0 else None for n in tokens)
        model, mark = (self.endpoint.hidden(n)[:200] if isinstance(n, str) else "" for n in names)
        cut = choice.get("finish_reason") == "length"
        kept = self.endpoint.hidden(answer or "")
        return Reply(kept, cut, model, mark, n_prompt, n_answer, round(seconds, 3))


@contextmanager
def _stated() -> Iterator[None]:
    """Turn what httpx raises of a broken address into one of its other errors."""
    try:
        yield
    except (httpx.InvalidURL, httpx.StreamError) as error:
        raise httpx.TransportError(str(error)) from error


_EXAMPLE = "write it as http://127.0.0.1:11434/v1 or https://host/v1"


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get(KEY, "").strip()
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        raise InputError(KEY, "holds characters that keys never have", "copy the key again")
    if key and len(key) < _LEAST_KEY:
        problem = f"has fewer than {_LEAST_KEY} characters, which no key has"
        remedy = "unset it where no key is needed; where any will do, write a longer word"
        raise InputError(KEY, problem, remedy)
    return key


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() and len(said) < 6 else None


def _message(text: str) -> str:
    """Find the words of an error in what an endpoint sent."""
    try:
        said = json.loads(text)
        error = said.get("error", said)
        found = error if isinstance(error, str) else error.get("message") or said.get("message")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return " ".join(found.split()) if isinstance(found, str) else ""
