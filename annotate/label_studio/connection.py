"""A connection to Label Studio: the SDK's client, and one clear line for each way it can fail.

The SDK never repeats a request here (`max_retries=0`), because it would repeat imports too, and an
import that is repeated after its answer was lost doubles its tasks. Whoever writes decides.
"""

import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx

from ...errors import ServerError
from .access import Access

__all__ = [
    "OLDEST",
    "TRIES",
    "Server",
    "connect",
    "passing",
    "pause",
    "server_errors",
    "strange_answer",
]

OLDEST = (1, 20)
"""The oldest version of Label Studio whose answers are understood."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

TRIES = 7
"""How often a request is tried that fails for a passing reason, such as a restart."""


@dataclass(frozen=True, slots=True)
class Server:
    """A Label Studio that answered and accepted the token.

    Examples
    --------
    >>> from standfirst.annotate import Access, connect
    >>> with connect(Access("http://127.0.0.1:8080", "secret")) as server:  # doctest: +SKIP
    ...     print(server.email)
    ann@desk.example
    """

    url: str
    """Its address."""
    version: str
    """Its version."""
    email: str
    """Whose token it is."""
    client: Any = field(repr=False)
    """The SDK's client."""
    http: httpx.Client = field(repr=False)
    """The connections below it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def raw(self, method: str, path: str, **options: Any) -> Any:
        """Make a request that the SDK does not offer, and return the decoded JSON.

        A GET is repeated for most of a minute when the server does not answer.
        """
        for attempt in range(TRIES):
            try:
                return self._raw(method, path, options)
            except ServerError as error:
                if method != "GET" or attempt == TRIES - 1 or not passing(error):
                    raise
                time.sleep(pause(attempt))
        raise AssertionError

    def _raw(self, method: str, path: str, options: dict[str, Any]) -> Any:
        with server_errors(self.url):
            # Private, and the one place that handles both kinds of token.
            headers = self.client._client_wrapper.get_headers()  # noqa: SLF001
            answer = self.http.request(method, f"{self.url}{path}", headers=headers, **options)
            answer.raise_for_status()
            try:
                return answer.json() if answer.content else None
            except ValueError as error:
                problem = "a web page came back instead of data"
                raise ServerError(self.url, problem, _ADDRESS) from error

    def now(self) -> datetime:
        """Return the server's time, by which its answers are dated."""
        with server_errors(self.url):
            answer = self.http.get(f"{self.url}/api/version/")
        date = answer.headers.get("date")
        return parsedate_to_datetime(date) if date else datetime.now(UTC)

    def coders(self) -> dict[int, str]:
        """Return the e-mail addresses of the server's users by their numbers."""
        users = self.raw("GET", "/api/users/")
        return {user["id"]: user["email"] for user in users if user.get("email")}

    def invitation(self) -> str:
        """Return the link by which coders sign up."""
        token = self.raw("GET", "/api/invite")["token"]
        return f"{self.url}/user/signup/?token={token}"


def connect(access: Access, *, timeout: float = 600.0) -> Server:
    """Connect to Label Studio, and make sure that it can be worked with.

    Parameters
    ----------
    access
        Address and token; legacy and personal access tokens both do.
    timeout
        Seconds that one request may take; exports of large projects take long.

    Raises
    ------
    ServerError
        No server or another server answers, the token is wrong, or the server is too old.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.annotate import connect, find_access
    >>> with connect(find_access(Path("access.json"))) as server:  # doctest: +SKIP
    ...     print(server.email)
    ann@desk.example
    """
    token = access.token.strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise ServerError(
            access.url, "the token contains characters that tokens never have", _TOKEN
        )
    http = _http(access.url, timeout)
    with server_errors(access.url), _http(access.url, min(timeout, 20)) as asking:
        # First and without a token, to distinguish a wrong address from a wrong token.
        answer = asking.get(f"{access.url}/api/version/", follow_redirects=False)
        answer.raise_for_status()
        try:
            version = str(answer.json()["release"])
        except (ValueError, KeyError, TypeError) as error:
            problem = "something answers that is not Label Studio"
            raise ServerError(access.url, problem, _ADDRESS) from error
    if _numbers(version) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        problem = f"Label Studio {version} is too old"
        raise ServerError(access.url, problem, f"upgrade it to {oldest} or newer")
    from label_studio_sdk import LabelStudio

    try:
        with server_errors(access.url):
            client = LabelStudio(  # type: ignore[no-untyped-call]
                base_url=access.url, api_key=token, httpx_client=http, max_retries=0
            )
            # The SDK drops the last part of a path behind which no slash stands (urljoin).
            client._client_wrapper._tokens_client._base_url = f"{access.url}/"  # noqa: SLF001
            me = client.users.whoami()
    except BaseException:
        http.close()
        raise
    return Server(access.url, version, str(me.email or ""), client, http)


def passing(error: ServerError) -> bool:
    """Return whether the same request may succeed later."""
    cause = error.__cause__
    if cause is None or isinstance(cause, ValueError):
        return False
    response = getattr(cause, "response", None)
    status = getattr(cause, "status_code", None) or getattr(response, "status_code", None)
    return status is None or status >= 500 or status in (408, 409, 429)


def pause(attempt: int) -> float:
    """Return the seconds to wait after a number of failures, counted from 0."""
    return min(2.0**attempt, 15.0)


@contextmanager
def server_errors(url: str) -> Iterator[None]:
    """Turn the ways in which a request fails into one line each.

    Raises
    ------
    ServerError
        The request failed; the original error is its cause.
    """
    from label_studio_sdk.core.api_error import ApiError

    try:
        with warnings.catch_warnings():
            # The SDK refreshes personal tokens by a method of pydantic that is to go.
            warnings.filterwarnings("ignore", "The `parse_obj` method", DeprecationWarning)
            yield
    except json.JSONDecodeError as error:
        raise ServerError(url, "a web page came back instead of data", _ADDRESS) from error
    except httpx.HTTPStatusError as error:
        if error.response.is_redirect:
            raise _redirected(url, error.response) from error
        text = error.response.text
        raise _refused(url, error.response.status_code, _body(error.response) or text) from error
    except ApiError as error:
        raise _refused(url, error.status_code, error.body) from error
    except httpx.TimeoutException as error:
        raise ServerError(url, "Label Studio did not answer in time", "try again") from error
    except httpx.TransportError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            problem = "its certificate is not trusted on this machine"
            remedy = "name the file of the certificate that signed it in SSL_CERT_FILE"
            raise ServerError(url, problem, remedy) from error
        if "WRONG_VERSION_NUMBER" in str(error):
            raise ServerError(url, "it answers without TLS", "use http:// instead") from error
        if isinstance(error, httpx.ProxyError):
            problem = f"this machine's proxy lets nothing through ({error})"
            raise ServerError(url, problem, _PROXY) from error
        problem = "Label Studio cannot be reached"
        raise ServerError(url, problem, "is it running? standfirst annotate start") from error


def strange_answer(url: str) -> ServerError:
    """Return the error for an answer that has not the fields of Label Studio's."""
    return ServerError(url, "its answers are not those of Label Studio", _ADDRESS)


_TOKEN = "copy it again from Account & Settings > Access Token"  # noqa: S105 - a remedy
_ADDRESS = "set the server's own address in LABEL_STUDIO_URL, such as http://host:8080"
_PROXY = "name the server in NO_PROXY, or correct HTTP_PROXY and HTTPS_PROXY"


def _http(url: str, timeout: float) -> httpx.Client:
    host = httpx.URL(url).host
    # Loopback is never requested through a proxy, which could not reach it.
    direct = {f"all://{host}": None} if host in _LOOPBACK else None
    return httpx.Client(timeout=timeout, follow_redirects=True, mounts=direct)


def _redirected(url: str, answer: httpx.Response) -> ServerError:
    target = answer.next_request.url if answer.next_request else httpx.URL(url)
    origin = f"{target.scheme}://{target.netloc.decode()}"
    if target.path.endswith("/api/version/"):
        address = f"{origin}{target.path.removesuffix('/api/version/')}"
        return ServerError(url, f"it has moved to {address}", f"set LABEL_STUDIO_URL={address}")
    problem = f"a login page is in front of it ({origin}{target.path})"
    remedy = "use an address that lets programs with a token through"
    return ServerError(url, problem, remedy)


def _refused(url: str, status: int | None, body: Any) -> ServerError:
    detail = _detail(body)
    if status == 407:
        return ServerError(url, "this machine's proxy asks for a password", _PROXY)
    if status in (502, 503, 504) and isinstance(body, str):
        problem = f"a proxy or gateway in front of Label Studio cannot reach it (HTTP {status})"
        return ServerError(url, problem, f"is it running? if the proxy is yours, {_PROXY}")
    if status == 401:
        return ServerError(url, f"the token is refused ({detail or 'no reason given'})", _TOKEN)
    if status == 403:
        return ServerError(url, f"this account may not do that ({detail})", "ask its administrator")
    if isinstance(body, str) and "<html" in body.lower():
        return ServerError(url, f"a web page came back instead of data (HTTP {status})", _ADDRESS)
    return ServerError(url, f"Label Studio refused (HTTP {status}): {detail}", "")


def _detail(body: Any) -> str:
    if isinstance(body, dict):
        parts = [str(body.get("detail") or "")]
        for name, problems in (body.get("validation_errors") or {}).items():
            listed = problems if isinstance(problems, list) else [problems]
            parts += [f"{name}: {problem}" for problem in listed]
        body = "; ".join(part for part in parts if part)
    return " ".join(str(body or "").split())[:300]


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
