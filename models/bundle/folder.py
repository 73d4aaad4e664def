"""The bundle: a trained model as a folder that can be read, checked and trusted.

::

    MODEL/
    |-- manifest.json         what it is: encoder, labels, data, seeds, versions, SHA-256 of the
    other files
    |-- codebook.yaml         what the labels mean
    |-- weights.safetensors   all numbers; no pickle anywhere
    |-- metrics.json          held-out scores
    |-- golden.json           sentences of our own, and what the model answers on them
    |-- CARD.md               the same for people
    `-- CARD.html             the card as a page; a bundle of before has none

A bundle holds no text of the training data, only hashes. Nothing in it depends on when or where it
was written: the same data, seed and versions give the same bytes. Loading checks every hash and
re-runs the golden sentences, so that another version of a library that changes the answers is
refused instead of answering differently in silence. The hashes guard against damage and mistakes;
they are no signature.
"""

import json
import platform
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ...errors import (
    BundleError,
    CodebookError,
    DeviceError,
    ExistsError,
    InputError,
    MissingExtraError,
    MissingFileError,
)
from ...files import dump_json, read_regular, write_bytes
from ...labels import dump_codebook, parse_codebook
from ...labels.codebook.codebook import Codebook
from ..encoders.networks.devices import check_device
from ..encoders.registry import device_of, restore_encoder
from ..heads.fold_heads import FoldHeads
from ..heads.head import Head
from ..labelled.familiar_words import FamiliarWords
from ..predictor import Predictor
from .card import card_page, write_card
from .golden import are_close, golden_answers
from .record import (
    FILES,
    FORMAT_VERSION,
    LATER_FILES,
    REMEDY,
    EncoderEntry,
    HeadEntry,
    Manifest,
    read_contents,
    read_manifest,
    sha256,
    versions,
)

__all__ = ["can_save", "check_codebook", "load", "save"]

P = TypeVar("P", bound=Predictor)


def can_save(folder: Path) -> None:
    """Refuse a folder that holds something other than a model, or in which nothing can be written.

    Raises
    ------
    ExistsError
        It is there, is not empty, and holds no model of Standfirst.
    OSError
        Nothing can be written beside it.
    """
    folder = Path(folder)
    if folder.is_symlink():
        raise ExistsError(folder, "is a link", "name the folder that it leads to")
    if folder.is_dir():
        if any(folder.iterdir()) and not _is_model(folder):
            raise ExistsError(folder, "holds something other than a model", "name another folder")
    elif folder.exists():
        raise ExistsError(folder, "is a file", "name a folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder.parent):
        pass


def _is_model(folder: Path) -> bool:
    """Return whether a folder holds a manifest that `save` wrote."""
    try:
        manifest = json.loads(read_regular(folder / "manifest.json"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == "standfirst-model"


def check_codebook(codebook: Codebook, where: str) -> None:
    """Refuse a codebook that could be written into a model, but not read again.

    Parameters
    ----------
    codebook
        The dimensions and labels, perhaps inferred from the columns of a file.
    where
        Where they come from, for the message.

    Raises
    ------
    InputError
        The name of a dimension or label is not allowed, such as ``economy, jobs`` or `title`.
    """
    try:
        again = parse_codebook(dump_codebook(codebook), "")
    except CodebookError as error:
        problem = re.sub(r"^:\d+: ", "", error.problems[0])
        raise InputError(where, problem, "rename it in the data or the codebook") from error
    for dimension in codebook.dimensions:
        if again.dimension(dimension.id).label_ids != dimension.label_ids:
            problem = f"a label of {dimension.id} is changed when it is written"
            raise InputError(where, problem, "use letters, digits and underscores")


def save(model: Predictor, folder: Path) -> None:
    """Write a model, whole or not at all; a model that is there is replaced.

    Files in its folder that are not the model's stay.

    Raises
    ------
    ExistsError
        The folder holds something other than a model.
    InputError
        The names of its codebook could not be read again.
    """
    folder = Path(folder)
    can_save(folder)
    check_codebook(model.codebook, "the model")
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        made = Path(scratch) / "model"
        for name, content in _contents(model).items():
            write_bytes(made / name, content)
        others = _others(folder)
        try:
            for name in others:
                (folder / name).rename(made / name)
            if folder.exists():
                folder.rename(Path(scratch) / "before")
            made.rename(folder)
        except OSError:
            # What is not ours must not go with the folder that is cleared away.
            folder.mkdir(exist_ok=True)
            for name in others:
                if (made / name).exists():
                    (made / name).rename(folder / name)
            raise


def _others(folder: Path) -> list[str]:
    """Name the files in a model's folder that are not the model's."""
    ours = {*FILES, *LATER_FILES, "manifest.json"}
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.name not in ours)


def load(folder: Path, kind: type[P]) -> P:
    """Read a model, check it, and re-run its golden sentences.

    Parameters
    ----------
    folder
        The folder that `save` wrote.
    kind
        The class to make of it: `Predictor`, or one that adds methods to it.

    Raises
    ------
    MissingFileError
        There is no such folder, or the weights of its encoder are not on this machine.
    BundleError
        It is not a model of Standfirst, or of a newer version, was damaged or changed, or answers
        differently than it did.
    MissingExtraError, DeviceError
        The device that the environment names cannot be used here.
    """
    folder = Path(folder)
    if not folder.exists():
        raise MissingFileError(folder, "no such model", "make one with: standfirst train")
    manifest = read_manifest(folder)
    contents = read_contents(folder, manifest)
    try:
        device = device_of(manifest.encoder.name, manifest.encoder.settings)
    except (LookupError, TypeError, AttributeError):
        # Whatever is wrong with the settings is told below.
        device = "cpu"
    check_device(device)
    try:
        model = _restore(folder, manifest, contents, kind)
        golden = json.loads(contents["golden.json"])
        answers = golden_answers(model)
        same = are_close(golden, answers, encoder=model.encoder_name)
    except (MissingFileError, MissingExtraError, BundleError, DeviceError):
        raise
    except Exception as error:
        # Whatever a strange file makes a parser raise, the file is at fault.
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BundleError(folder, f"cannot be read: {reason}", REMEDY) from error
    if not same:
        current = versions()
        changed = [f"{n} {v}" for n, v in current.items() if manifest.versions.get(n) != v]
        here = ", ".join(changed) or platform.machine()
        problem = (
            f"answers its golden sentences differently than when it was trained (here: {here})"
        )
        raise BundleError(folder, problem, "train it again with these versions")
    return model


def _contents(model: Predictor) -> dict[str, bytes]:
    from safetensors.numpy import save as to_safetensors

    settings, arrays = model.encoder.state()
    stored = {f"encoder/{name}": array for name, array in arrays.items()}
    for dimension, head in model.heads.items():
        stored.update({f"head/{dimension}/{name}": a for name, a in head.arrays().items()})
    stored["trained_on"] = model.trained_on
    if model.familiar is not None:
        stored |= {f"familiar/{name}": array for name, array in model.familiar.arrays().items()}
    if model.folds is not None:
        stored |= {f"fold/{name}": array for name, array in model.folds.arrays().items()}
    card = write_card(model)
    contents = {
        "CARD.html": card_page(card, f"Model: {model.codebook.title}").encode(),
        "CARD.md": card.encode(),
        "codebook.yaml": dump_codebook(model.codebook).encode(),
        "golden.json": (dump_json(golden_answers(model)) + "\n").encode(),
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
        encoder=EncoderEntry(
            name=model.encoder_name, settings=settings, sha256=_knowledge(settings, arrays)
        ),
        dimensions=tuple(
            HeadEntry(
                id=entry.id,
                choice=entry.choice,
                labels=entry.label_ids,
                inverse_penalty=model.heads[entry.id].strength,
            )
            for entry in model.dimensions
        ),
        training=model.about.as_json(),
        versions=versions(),
        files={name: sha256(content) for name, content in sorted(contents.items())},
    ).signed()
    text = dump_json(manifest.model_dump(mode="json")) + "\n"
    return {**contents, "manifest.json": text.encode()}


def _restore(folder: Path, manifest: Manifest, contents: dict[str, bytes], kind: type[P]) -> P:
    from safetensors.numpy import load as from_safetensors

    codebook = parse_codebook(contents["codebook.yaml"].decode(), str(folder / "codebook.yaml"))
    if codebook.revision != manifest.codebook_revision:
        raise BundleError(folder, "codebook.yaml is of another revision", REMEDY)
    stored = from_safetensors(contents["weights.safetensors"])
    known = _knowledge(manifest.encoder.settings, _under("encoder/", stored))
    if known != manifest.encoder.sha256:
        raise BundleError(folder, "weights.safetensors is of another encoder", REMEDY)
    try:
        encoder = restore_encoder(
            manifest.encoder.name, manifest.encoder.settings, _under("encoder/", stored)
        )
    except BundleError as error:
        raise BundleError(folder, error.problem, error.remedy) from error
    heads = {}
    for entry in manifest.dimensions:
        if codebook.dimension(entry.id).label_ids != entry.labels:
            raise BundleError(folder, "manifest.json and codebook.yaml differ", REMEDY)
        head = Head.restore(
            _under(f"head/{entry.id}/", stored),
            multiple=entry.choice == "multiple",
            strength=entry.inverse_penalty,
        )
        if len(head.seen) != len(entry.labels) or head.fit.weights.shape[1] != encoder.width:
            raise BundleError(folder, "weights.safetensors does not fit manifest.json", REMEDY)
        heads[entry.id] = head
    multiple = {entry.id: entry.choice == "multiple" for entry in manifest.dimensions}
    folds = FoldHeads.restore(_under("fold/", stored), multiple)
    if folds is not None:
        n_labels = {entry.id: len(entry.labels) for entry in manifest.dimensions}
        for name, some in folds.heads.items():
            for head in some:
                shape = len(head.seen), head.fit.weights.shape[1]
                if shape != (n_labels[name], encoder.width):
                    raise BundleError(
                        folder, "weights.safetensors does not fit manifest.json", REMEDY
                    )
    return kind(
        codebook,
        manifest.encoder.name,
        encoder,
        heads,
        manifest.about,
        json.loads(contents["metrics.json"]),
        stored["trained_on"],
        folds,
        FamiliarWords.restore(_under("familiar/", stored)),
    )


def _under(prefix: str, stored: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {name[len(prefix) :]: a for name, a in stored.items() if name.startswith(prefix)}


def _knowledge(settings: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """Hash all that an encoder knows."""
    lines = [json.dumps(settings, sort_keys=True, ensure_ascii=False)]
    lines += [
        f"{name} {array.dtype} {array.shape} {sha256(np.ascontiguousarray(array).tobytes())}"
        for name, array in sorted(arrays.items())
    ]
    return sha256("\n".join(lines).encode())
