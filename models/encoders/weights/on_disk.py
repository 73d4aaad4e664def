"""The weights of pretrained encoders on this machine: where they lie, and whether they are right.

Weights are pulled by name into one folder for all studies, or are in a folder that the user
names. A bundle stores no weights but the SHA-256 of each of their files; a folder of the user's is
found again by these hashes, because its path was noted beside the pulled weights.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import InputError, MissingFileError
from ....files import dump_json, write_bytes
from .architectures import NETWORKS, Network, read_network
from .published import SOURCES

__all__ = [
    "Weights",
    "add_folder",
    "added_folders",
    "encodable",
    "file_sha256",
    "find_weights",
    "home",
    "is_pulled",
    "weights_by_hash",
]

FOLDER_FILES = ("model.safetensors", "tokenizer.json", "config.json")
"""What a folder of an encoder must hold."""

_FURTHER = (
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of one pretrained encoder."""

    name: str
    """Name of the encoder; for a folder of the user's its name, `@`, and the start of the hash."""
    folder: Path
    """Where the files lie."""
    sha256: Mapping[str, str]
    """File to its SHA-256."""
    network: Network
    """What the network is made of."""

    @property
    def digest(self) -> str:
        """One hash for all files."""
        content = json.dumps(dict(sorted(self.sha256.items())))
        return hashlib.sha256(content.encode()).hexdigest()

    def read(self, file: str) -> bytes:
        """Read a file, if it is the one that was promised.

        Raises
        ------
        MissingFileError
            It is not here.
        InputError
            It was changed.
        """
        path = self.folder / file
        pulled = self.name in SOURCES
        remedy = f"run: standfirst encoders pull {self.name}" if pulled else "restore it"
        if not path.is_file():
            problem = f"the weights of the encoder {self.name!r} are not here"
            raise MissingFileError("" if pulled else path, problem, remedy)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256[file]:
            raise InputError(path, "is not the published file" if pulled else "changed", remedy)
        return content

    def tokenizer(self) -> Any:
        """Read the tokenizer.

        Raises
        ------
        InputError
            The file is damaged, or was changed.
        ImportError
            The library tokenizers is not installed.
        """
        from tokenizers import Tokenizer

        content = self.read("tokenizer.json")
        try:
            tokenizer = Tokenizer.from_buffer(content)
            # A vocabulary without the token for unknown words is refused at the first of them only.
            tokenizer.encode("A word, and \ue000.")
        except BaseException as error:  # the library raises nothing narrower
            # A panic of its Rust is no Exception, and its class cannot be imported.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            problem = f"is not a tokenizer: {' '.join(str(error).split())[:160]}"
            raise InputError(self.folder / "tokenizer.json", problem, "fetch it again") from error
        return tokenizer


def encodable(text: str) -> str:
    r"""Replace lone surrogates, one for one: the UTF-8 that a tokenizer takes cannot hold them.

    Examples
    --------
    >>> encodable("\ud800 talks")
    '? talks'
    """
    return text.encode("utf-8", "replace").decode()


def home() -> Path:
    """Return the folder of all pulled weights: STANDFIRST_HOME, or the user's cache folder."""
    import platformdirs

    named = os.environ.get("STANDFIRST_HOME")
    return Path(named) if named else Path(platformdirs.user_cache_dir("standfirst"))


def is_pulled(name: str) -> bool:
    """Return whether the weights of an encoder are there."""
    folder = home() / "encoders" / name
    return all((folder / file).is_file() for file in SOURCES[name].files)


def find_weights(name: str) -> Weights:
    """Return the weights of an encoder that can be pulled, whether it was or not."""
    return Weights(name, home() / "encoders" / name, SOURCES[name].files, NETWORKS[name])


def add_folder(folder: Path) -> Weights:
    """Take a folder as sentence-transformers writes it as an encoder, and note where it lies.

    Raises
    ------
    MissingFileError
        It does not hold what an encoder needs.
    InputError
        Its network is of another kind.
    """
    for file in FOLDER_FILES:
        if not (folder / file).is_file():
            remedy = "name a folder as sentence-transformers writes it, with safetensors"
            raise MissingFileError(folder / file, "is missing", remedy)
    network = read_network(folder)
    files = [file for file in (*FOLDER_FILES, *_FURTHER) if (folder / file).is_file()]
    hashes = {file: file_sha256(folder / file) for file in files}
    weights = Weights("", folder.resolve(), hashes, network)
    name = f"{folder.resolve().name.replace('+', '-').replace('@', '-')}@{weights.digest[:8]}"
    note = {"name": name, "folder": str(weights.folder), "sha256": hashes}
    write_bytes(_note(weights.digest), dump_json(note).encode())
    return Weights(name, weights.folder, hashes, network)


def added_folders() -> list[tuple[str, Path]]:
    """List the folders that were added: name and path."""
    notes = sorted((home() / "folders").glob("*.json"))
    noted = [json.loads(note.read_bytes()) for note in notes]
    return [(entry["name"], Path(entry["folder"])) for entry in noted]


def weights_by_hash(name: str, sha256: Mapping[str, str]) -> Weights:
    """Find the folder whose files have these hashes.

    Raises
    ------
    MissingFileError
        It was never added on this machine, or is not there any more.
    """
    digest = Weights(name, Path(), sha256, NETWORKS["minilm"]).digest
    note = _note(digest)
    folder = Path(json.loads(note.read_bytes())["folder"]) if note.is_file() else Path()
    if not note.is_file() or not (folder / "config.json").is_file():
        problem = f"the folder of the encoder {name!r} is not here"
        raise MissingFileError("", problem, "run: standfirst encoders add FOLDER")
    return Weights(name, folder, sha256, read_network(folder))


def file_sha256(path: Path) -> str:
    """Hash a file, whatever its size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(digest: str) -> Path:
    return home() / "folders" / f"{digest[:16]}.json"
