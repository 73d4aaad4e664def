"""What a bundle says of itself: the content of its manifest.json, checked where it comes in.

It records everything that a score rests on: the codebook and its revision, the labels in their
order, the encoder with the SHA-256 of all it knows, the hash of the data, folds and seeds, and the
versions of what computed. The digest is a hash of all of it, against damage and slips.
"""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from ...errors import BundleError
from ...files import read_regular
from ..about import About

__all__ = [
    "FILES",
    "FORMAT_VERSION",
    "LATER_FILES",
    "REMEDY",
    "EncoderEntry",
    "HeadEntry",
    "Manifest",
    "read_contents",
    "read_manifest",
    "sha256",
    "versions",
]

FORMAT_VERSION = 1
"""Raised when a bundle of this version could not be read by the code of the one before."""

FILES = ("CARD.md", "codebook.yaml", "golden.json", "metrics.json", "weights.safetensors")
"""What a bundle holds beside its manifest."""

LATER_FILES = ("CARD.html",)
"""What it holds as well, if its manifest names it: bundles did not always have these."""

REMEDY = "train it again, or copy the folder again"

_COMPUTE = (
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "safetensors",
    "scikit-learn",
    "scipy",
    "standfirst",
    "tokenizers",
)

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeadEntry(_Strict):
    """What the manifest says of one dimension."""

    id: str
    choice: Literal["single", "multiple"]
    labels: tuple[str, ...]
    inverse_penalty: float


class EncoderEntry(_Strict):
    """What the manifest says of the encoder."""

    name: str
    settings: dict[str, Any]
    sha256: Sha256
    """Of its settings (with the hashes of pretrained weights) and of all that it stores."""


class Manifest(_Strict):
    """What a bundle is; the content of manifest.json."""

    format: Literal["standfirst-model"]
    format_version: int
    codebook: str
    codebook_revision: str
    encoder: EncoderEntry
    dimensions: tuple[HeadEntry, ...]
    training: dict[str, Any]
    """What `About.as_json` gave, perhaps with facts that another version has beside these."""
    versions: dict[str, str]
    files: dict[str, Sha256]
    digest: str = ""

    @field_validator("training")
    @classmethod
    def _check(cls, training: dict[str, Any]) -> dict[str, Any]:
        TypeAdapter(About).validate_python(training)
        return training

    @property
    def about(self) -> About:
        """What the model rests on."""
        return About.from_json(self.training)

    def signed(self) -> "Manifest":
        """Return the manifest with its own hash in it."""
        return self.model_copy(update={"digest": self.expected_digest()})

    def expected_digest(self) -> str:
        """Hash everything but the hash."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode())


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of a bundle.

    Raises
    ------
    BundleError
        It is missing, foreign, of another version, damaged or changed.
    """
    try:
        raw = read_regular(folder / "manifest.json")
    except OSError as error:
        raise BundleError(folder, "is not a model: no manifest.json", REMEDY) from error
    try:
        content = json.loads(raw)
        is_ours, number = content["format"] == "standfirst-model", content.get("format_version")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BundleError(folder, "is not a model of Standfirst", REMEDY) from error
    if not is_ours:
        raise BundleError(folder, "is not a model of Standfirst", "name another folder")
    if number != FORMAT_VERSION:
        problem = f"has the format version {number!r:.20}; this program reads {FORMAT_VERSION}"
        raise BundleError(folder, problem, "use another version of Standfirst, or train it again")
    try:
        manifest = Manifest.model_validate_json(raw)
        whole = manifest.digest == manifest.expected_digest()
    except (ValidationError, ValueError, RecursionError) as error:
        raise BundleError(folder, "manifest.json was changed or damaged", REMEDY) from error
    if not whole:
        raise BundleError(folder, "manifest.json was changed or damaged", REMEDY)
    return manifest


def read_contents(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Read the other files of a bundle.

    Raises
    ------
    BundleError
        One is missing, or is not the one that was written.
    """
    contents = {}
    for name in (*FILES, *(name for name in LATER_FILES if name in manifest.files)):
        try:
            contents[name] = read_regular(folder / name)
        except OSError as error:
            raise BundleError(folder, f"{name} is missing or not a file", REMEDY) from error
        if sha256(contents[name]) != manifest.files.get(name):
            raise BundleError(folder, f"{name} was changed or damaged", REMEDY)
    return contents


def versions() -> dict[str, str]:
    """Return the versions of what computes here."""
    installed = {"python": platform.python_version()}
    for name in _COMPUTE:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def sha256(content: bytes) -> str:
    """Hash bytes."""
    return hashlib.sha256(content).hexdigest()
