"""Access to Label Studio: the address, the token, and the local server's account.

The environment wins (`LABEL_STUDIO_URL`, `LABEL_STUDIO_API_KEY`), then the file that the local
server left in the study. That file can be read by its owner only, its secrets appear in no `repr`,
and a token from the environment is never written anywhere.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from ...errors import InputError, StudyError
from ...files import dump_json, write_text

__all__ = ["Access", "find_access", "read_access", "write_access"]


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a Label Studio server.

    Examples
    --------
    >>> from standfirst.annotate import Access
    >>> Access("http://127.0.0.1:8080", "secret").url
    'http://127.0.0.1:8080'
    """

    url: str
    """Its address, without a slash at the end."""
    token: str = field(repr=False)
    """Legacy token or personal access token."""
    email: str = ""
    """Account of the local server; empty for others."""
    password: str = field(default="", repr=False)
    """Its password."""


def find_access(file: Path, environ: Mapping[str, str] = os.environ) -> Access:
    """Return how to reach Label Studio.

    Parameters
    ----------
    file
        The file that the local server wrote.
    environ
        The environment.

    Raises
    ------
    StudyError
        Neither the environment nor the file says.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.annotate import find_access
    >>> named = {
    ...     "LABEL_STUDIO_URL": "http://127.0.0.1:8080",
    ...     "LABEL_STUDIO_API_KEY": "secret",
    ... }
    >>> find_access(Path("access.json"), named).url
    'http://127.0.0.1:8080'
    """
    url, token = (environ.get(f"LABEL_STUDIO_{name}", "").strip() for name in ("URL", "API_KEY"))
    if url and token:
        return Access(_address(url), token)
    if url or token:
        missing = "LABEL_STUDIO_API_KEY" if url else "LABEL_STUDIO_URL"
        raise StudyError("environment", f"{missing} is not set", "set both, or neither")
    if not file.exists():
        raise StudyError(
            file,
            "no Label Studio is known here",
            "run: standfirst annotate start, or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY",
        )
    return read_access(file)


def read_access(file: Path) -> Access:
    """Read the local server's file."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Access)
    except msgspec.MsgspecError as error:
        raise InputError(file, str(error), "remove it; annotate start makes a new one") from error


def write_access(file: Path, access: Access) -> None:
    """Write the file so that only its owner can read it."""
    write_text(file, dump_json(asdict(access)) + "\n", mode=0o600)


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise InputError("LABEL_STUDIO_URL", repr(url), "use an address such as http://host:8080")
    return url.rstrip("/")
