"""The bundle: a trained model as a folder that can be read, checked and trusted.

::

    MODEL/
    |-- manifest.json         what it is: encoder, labels, data, seeds, versions, SHA-256 of the
    other files
    |-- codebook.yaml         what the labels mean
    |-- weights.safetensors   all numbers; no pickle anywhere
    |-- metrics.json          held-out scores
    |-- golden.json           sentences of our own, and what the model answers on them
    `-- CARD.md               the same for people

A bundle holds no text of the training data, only hashes. Nothing in it depends on when or where it
was written: the same data, seed and versions give the same bytes. Loading checks every hash and
re-runs the golden sentences, so that another version of a library that changes the answers is
refused instead of answering differently in silence. The hashes guard against damage and mistakes;
they are no signature.
"""

import hashlib
import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import BundleError, ExistsError, MissingExtraError, MissingFileError
from ..files import dump_json, write_bytes
from ..labels import dump_codebook, parse_codebook
from .card import write_card
from .classifier import Head
from .encoders import restore_encoder
from .model import Model

__all__ = ["FORMAT_VERSION", "GOLDEN_TEXTS", "Manifest", "can_save", "load", "save"]

FORMAT_VERSION = 1
"""Raised when a bundle of this version could not be read by the code of the one before."""

GOLDEN_TEXTS = (
    "The minister said that the agreement would save lives.",
    "Campaigners called the plan cruel and promised to go to court.",
    "The judge set the next hearing for Tuesday.",
    "A spokesman for the UN agency warned of grave harm.",
    "What did they expect?",
    "The budget rose by 4.2 percent, to 31 million.",
)
"""Sentences that every bundle answers when it is saved, and again when it is loaded."""

_TOLERANCE = 1e-3
_FILES = ("CARD.md", "codebook.yaml", "golden.json", "metrics.json", "weights.safetensors")
_REMEDY = "train it again, or copy the folder again"


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


class Manifest(_Strict):
    """What a bundle is; the content of manifest.json."""

    format: Literal["standfirst-model"]
    format_version: int
    codebook: str
    codebook_revision: str
    encoder: EncoderEntry
    dimensions: tuple[HeadEntry, ...]
    training: dict[str, Any]
    versions: dict[str, str]
    files: dict[str, str]
    digest: str = ""

    def signed(self) -> "Manifest":
        """Give the manifest with its own hash in it."""
        return self.model_copy(update={"digest": self.expected_digest()})

    def expected_digest(self) -> str:
        """Hash everything but the hash."""
        told = self.model_dump(mode="json", exclude={"digest"})
        return _sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode())


def can_save(folder: Path) -> None:
    """Refuse a folder that holds something else than a model.

    Raises
    ------
    ExistsError
        It is there, is not empty, and holds no manifest.json.
    """
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / "manifest.json").is_file():
            raise ExistsError(folder, "holds something else than a model", "name another folder")
    elif folder.exists():
        raise ExistsError(folder, "is a file", "name a folder")


def save(model: Model, folder: Path) -> None:
    """Write a model, whole or not at all; a model that stands there is replaced.

    Raises
    ------
    ExistsError
        The folder holds something else than a model.
    """
    can_save(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as aside:
        made = Path(aside) / "model"
        for name, content in _contents(model).items():
            write_bytes(made / name, content)
        if folder.exists():
            folder.rename(Path(aside) / "before")
        made.rename(folder)


def load(folder: Path) -> Model:
    """Read a model, check it, and re-run its golden sentences.

    Raises
    ------
    MissingFileError
        There is no such folder, or the weights of its encoder are not on this machine.
    BundleError
        It is not a model of ours, of a newer version, damaged or changed, or it answers otherwise
        than it did.
    """
    if not folder.exists():
        raise MissingFileError(folder, "no such model", "make one with: standfirst train")
    manifest = _manifest(folder)
    contents = {}
    for name in _FILES:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise BundleError(folder, f"{name} is missing", _REMEDY) from error
        if _sha256(contents[name]) != manifest.files.get(name):
            raise BundleError(folder, f"{name} was changed or damaged", _REMEDY)
    try:
        model = _restore(folder, manifest, contents)
        golden = json.loads(contents["golden.json"])
        answers = _golden(model)
        same = _close(golden, answers)
    except (MissingFileError, MissingExtraError, BundleError):
        raise
    except Exception as error:
        # Whatever a strange file makes a parser raise: the file is at fault, and is told.
        told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BundleError(folder, f"cannot be read: {told}", _REMEDY) from error
    if not same:
        here = f"scikit-learn {version('scikit-learn')}, numpy {version('numpy')}"
        problem = f"answers its golden sentences otherwise than when it was trained (here: {here})"
        raise BundleError(folder, problem, "train it again with these versions")
    return model


def _manifest(folder: Path) -> Manifest:
    try:
        raw = (folder / "manifest.json").read_bytes()
    except OSError as error:
        raise BundleError(folder, "is not a model: no manifest.json", _REMEDY) from error
    try:
        told = json.loads(raw)
        found = told["format_version"] if told["format"] == "standfirst-model" else None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BundleError(folder, "is not a model of Standfirst", _REMEDY) from error
    if found != FORMAT_VERSION:
        problem = f"has the format version {found!r:.20}; this program reads {FORMAT_VERSION}"
        raise BundleError(folder, problem, "use another version of Standfirst, or train it again")
    try:
        manifest = Manifest.model_validate_json(raw)
    except (ValidationError, ValueError) as error:
        raise BundleError(folder, "manifest.json was changed or damaged", _REMEDY) from error
    if manifest.digest != manifest.expected_digest():
        raise BundleError(folder, "manifest.json was changed or damaged", _REMEDY)
    return manifest


def _contents(model: Model) -> dict[str, bytes]:
    from safetensors.numpy import save as to_safetensors

    settings, arrays = model.encoder.state()
    stored = {f"encoder/{name}": array for name, array in arrays.items()}
    for dimension, head in model.heads.items():
        stored.update({f"head/{dimension}/{name}": a for name, a in head.arrays().items()})
    stored["trained_on"] = model.trained_on
    contents = {
        "CARD.md": write_card(model).encode(),
        "codebook.yaml": dump_codebook(model.codebook).encode(),
        "golden.json": (dump_json(_golden(model)) + "\n").encode(),
        "metrics.json": (dump_json(dict(model.metrics)) + "\n").encode(),
        "weights.safetensors": to_safetensors(
            {k: np.ascontiguousarray(a) for k, a in stored.items()}
        ),
    }
    manifest = Manifest(
        format="standfirst-model",
        format_version=FORMAT_VERSION,
        codebook=model.codebook.id,
        codebook_revision=model.codebook.revision,
        encoder=EncoderEntry(name=model.encoder_name, settings=settings),
        dimensions=tuple(
            HeadEntry(
                id=one.id,
                choice=one.choice,
                labels=one.label_ids,
                inverse_penalty=model.heads[one.id].strength,
            )
            for one in model.dimensions
        ),
        training=dict(model.about),
        versions={name: version(name) for name in ("numpy", "scikit-learn", "standfirst")},
        files={name: _sha256(content) for name, content in sorted(contents.items())},
    ).signed()
    told = dump_json(manifest.model_dump(mode="json")) + "\n"
    return {**contents, "manifest.json": told.encode()}


def _restore(folder: Path, manifest: Manifest, contents: dict[str, bytes]) -> Model:
    from safetensors.numpy import load as from_safetensors

    codebook = parse_codebook(contents["codebook.yaml"].decode(), str(folder / "codebook.yaml"))
    if codebook.revision != manifest.codebook_revision:
        raise BundleError(folder, "codebook.yaml is of another revision", _REMEDY)
    stored = from_safetensors(contents["weights.safetensors"])
    encoder = restore_encoder(
        manifest.encoder.name, manifest.encoder.settings, _under("encoder/", stored)
    )
    heads = {}
    for entry in manifest.dimensions:
        if codebook.dimension(entry.id).label_ids != entry.labels:
            raise BundleError(folder, "manifest.json and codebook.yaml differ", _REMEDY)
        head = Head.restore(
            _under(f"head/{entry.id}/", stored),
            multiple=entry.choice == "multiple",
            strength=entry.inverse_penalty,
        )
        if len(head.seen) != len(entry.labels) or head.weights.shape[1] != encoder.width:
            raise BundleError(folder, "weights.safetensors does not fit manifest.json", _REMEDY)
        heads[entry.id] = head
    return Model(
        codebook,
        manifest.encoder.name,
        encoder,
        heads,
        manifest.training,
        json.loads(contents["metrics.json"]),
        stored["trained_on"],
    )


def _under(prefix: str, stored: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {name[len(prefix) :]: a for name, a in stored.items() if name.startswith(prefix)}


def _golden(model: Model) -> list[dict[str, Any]]:
    # Whatever a model reads beside the text: sentences of our own will do.
    context: dict[str, tuple[str, ...]] = dict.fromkeys(model.needs, GOLDEN_TEXTS[::-1])
    if "target" in context:
        context["target"] = tuple(text.split()[1] for text in GOLDEN_TEXTS)
    found = model.predict(GOLDEN_TEXTS, context)
    return [
        {
            "text": text,
            "probabilities": {
                name: [round(float(p), 6) for p in answer.probabilities[row]]
                for name, answer in found.items()
            },
        }
        for row, text in enumerate(GOLDEN_TEXTS)
    ]


def _close(golden: list[dict[str, Any]], answers: list[dict[str, Any]]) -> bool:
    if len(golden) != len(answers):
        return False
    return all(
        before["text"] == now["text"]
        and before["probabilities"].keys() == now["probabilities"].keys()
        and all(
            np.allclose(before["probabilities"][name], values, atol=_TOLERANCE)
            for name, values in now["probabilities"].items()
        )
        for before, now in zip(golden, answers, strict=True)
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
