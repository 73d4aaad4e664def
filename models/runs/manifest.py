"""What a run rests on: its model, its options, its inputs; and the folder that is bound to them.

A folder of tags holds a manifest. To continue in it, everything must be as it was; the
message names what is not.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from ...corpus import Fields
from ...corpus.preparation import Preparation
from ...errors import BundleError, ExistsError, MissingFileError
from ...labels import parse_codebook
from ...labels.codebook.codebook import Dimension
from ..bundle.record import read_contents, read_manifest
from ..cascade.folder import Cascaded, describe_cascade
from ..encoders.networks.devices import device_here
from ..encoders.registry import base_of, device_of
from ..predictor import refuse_prototype
from ..tagging.blocks import preparation_of
from .ending.finish import Summary
from .inputs.plan import SHARD, Input, holds_units
from .output import Folder
from .task import PARTS, Job

__all__ = [
    "MANIFEST",
    "SUCCESS",
    "Described",
    "Options",
    "bound",
    "describe",
    "manifest_of",
    "preparation_for",
]

MANIFEST = "_manifest.json"
"""What a folder of tags is bound to."""

SUCCESS = "_SUCCESS"
"""The counts; there when everything is."""

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose."""

    preparation: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `Preparation` that are not to be as in the study that the model came from."""
    fields: Fields = field(default_factory=Fields)
    """Columns of the inputs."""
    form: str | None = None
    """Read all inputs as this format."""
    abstain_below: float = 0.0
    """Answers with less confidence are left out."""
    text: bool = True
    """Whether texts are written."""
    form_out: str | None = None
    """Suffix of the shards; Parquet, or that of a single file, when None."""
    shard: int = SHARD
    """Bytes of input in a shard, about."""
    cascade: float | None = None
    """The share of units that must get the model's own answer, where its students answer what they
    are sure of; None where it answers everything itself."""
    force: bool = False
    """Replace a single file that is not a run's own; never one of the inputs."""


@dataclass(frozen=True, slots=True)
class Described:
    """What must be known of a model without loading it."""

    version: str
    """Sixteen digits of the hash of its manifest."""
    name: str
    """Id of its codebook, and its encoder."""
    dimensions: tuple[Dimension, ...]
    """What it answers."""
    preparation: Preparation
    """How its study made articles ready."""
    metrics: Mapping[str, Any]
    """Its held-out scores, by dimension."""
    encoder: str = ""
    """Its encoder."""
    languages: tuple[str, ...] = ()
    """Languages of the texts that it learned from, as detected."""
    device: str = "cpu"
    """What its network is computed on."""
    cascade: Cascaded | None = None
    """What its students are worth; None where they are not asked."""


def describe(model: Path, cascade: float | None = None) -> Described:
    """Read what a model is, without its weights.

    Parameters
    ----------
    model
        Its folder.
    cascade
        The rate at which its students must agree with it; None where they are not asked.

    Raises
    ------
    MissingFileError, BundleError, InputError
        There is no model, what is there is none, or it has seen no label.
    """
    if not model.exists():
        raise MissingFileError(model, "no such model", "make one with: standfirst train")
    manifest = read_manifest(model)
    # Whatever is missing or damaged is said before anything is written.
    contents = read_contents(model, manifest)
    try:
        codebook = parse_codebook(contents["codebook.yaml"].decode(), str(model))
        wanted = {entry.id for entry in manifest.dimensions}
        described = Described(
            manifest.digest[:16],
            f"{codebook.id} ({manifest.encoder.name})",
            tuple(dimension for dimension in codebook.dimensions if dimension.id in wanted),
            preparation_of(manifest.about, codebook.unit),
            dict(json.loads(contents["metrics.json"])),
            manifest.encoder.name,
            tuple(manifest.about.languages),
            device_of(manifest.encoder.name, manifest.encoder.settings),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BundleError(model, "is not a model of Standfirst", "train it again") from error
    refuse_prototype(manifest.about, model)
    if cascade is None:
        return described
    students = describe_cascade(model, cascade)
    version = f"{described.version}+{students.version}"
    name = f"{codebook.id} ({' > '.join(students.stages)})"
    parts = [part for stage in students.stages for part in stage.split("+")]
    # A student can be a network where the model is none.
    device = device_here() if any(base_of(part) == part for part in parts) else described.device
    return replace(described, version=version, name=name, device=device, cascade=students)


def preparation_for(usual: Preparation, options: Options, inputs: Sequence[Input]) -> Preparation:
    """Decide how articles are made ready: as the user wishes, else as the model's study did."""
    chosen = {name: value for name, value in options.preparation.items() if value is not None}
    if "unit" not in chosen and holds_units(inputs, options.fields):
        chosen["unit"] = "row"
    if "keep" in chosen:
        chosen.setdefault("near_duplicates", True)
    return usual.changed(**chosen)


def manifest_of(
    job: Job, described: Described, inputs: Sequence[Input], options: Options
) -> dict[str, Any]:
    """Return everything that a folder of tags is bound to, as JSON values."""
    students = {} if described.cascade is None else {"cascade": described.cascade.as_json()}
    return {
        "format": "standfirst-tags",
        "format_version": FORMAT_VERSION,
        "model": {"name": described.name, "version": described.version},
        **students,
        "options": {
            **job.preparation.as_json(),
            "fields": asdict(job.fields),
            "read_as": options.form,
            "format_out": job.form,
            "abstain_below": job.abstain_below,
            "text": job.text,
            **({} if job.cascade is None else {"cascade": job.cascade}),
            "shard_bytes": options.shard,
            "device": described.device,
        },
        "inputs": [
            {"name": source.name, "size": source.size, "fingerprint": source.fingerprint}
            for source in inputs
        ],
    }


def bound(folder: Folder, manifest: dict[str, Any]) -> Summary | None:
    """Refuse a folder of something else; give its counts when it is finished."""
    names = folder.names()
    if MANIFEST not in names:
        strange = [name for name in names if name != PARTS]
        if strange:
            problem = f"holds something other than tags ({strange[0]})"
            raise ExistsError(folder.where, problem, "name another folder")
        return None
    with folder.open(MANIFEST) as stream:
        try:
            before = json.loads(stream.read())
            difference = _difference(before, manifest)
        except (ValueError, LookupError, TypeError, AttributeError):
            difference = "its _manifest.json cannot be read"
    if difference:
        raise ExistsError(
            folder.where, f"was started differently: {difference}", "name another folder"
        )
    if SUCCESS not in names:
        return None
    with folder.open(SUCCESS) as stream:
        return msgspec.json.decode(stream.read(), type=Summary)


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Name the first thing in which two manifests differ; empty when they are the same."""
    if before["format_version"] != now["format_version"]:
        return "another version of Standfirst"
    if before["model"] != now["model"]:
        was, is_now = (
            f"{known['model']['name']} {known['model']['version']}" for known in (before, now)
        )
        return f"the model was {was}, now {is_now}"
    options = before["options"]
    # Earlier versions said whether texts were cleaned, and not what is the same in all their runs;
    # they knew one device.
    prepared = Preparation.from_json(options, keep_debris=not options.get("clean", True))
    options = {"device": "cpu", **options, **prepared.as_json()}
    for name in now["options"]:
        was, is_now = (json.dumps(known.get(name)) for known in (options, now["options"]))
        if was != is_now:
            return f"{name} was {was}, now {is_now}"
    inputs, inputs_now = (
        {known["name"]: known for known in manifest["inputs"]} for manifest in (before, now)
    )
    for name in [*inputs, *inputs_now]:
        if name not in inputs_now:
            return f"the input {name} is not named now"
        if name not in inputs:
            return f"the input {name} is new"
        if inputs[name] != inputs_now[name]:
            return f"the input {name} has changed"
    return "the inputs come in another order" if list(inputs) != list(inputs_now) else ""
