"""Where a model keeps its students: in its own folder, named and held by hash.

::

    MODEL/
    |-- manifest.json ...            the teacher, as `bundle.folder` writes it
    `-- cascade/
        |-- cascade.json             the teacher and its students by the hash of their manifests,
        |                            their curves, and how the texts were held out
        |-- held_out.safetensors     how sure the students were on held-out texts, and who agreed
        `-- 1-hashed-pieces/         a student: a bundle like any other; then 2-..., fast to slow

The folder goes wherever the model goes, and needs nothing outside of it. What is held out is kept
and not a level, so that each run can ask for its own rate. A model that was trained again is
another teacher: its old students are refused.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import BundleError, InputError, MissingFileError
from ...files import dump_json, read_regular, write_bytes
from ..bundle.folder import load, save
from ..bundle.record import read_contents, read_manifest, sha256
from ..predictor import Predictor
from .cascade import Cascade, Student
from .promise import CONFIDENCE, HeldOut, Promise, choose_level, most_assured
from .sureness import Sureness

__all__ = [
    "FOLDER",
    "CascadeEntry",
    "Cascaded",
    "copy_model",
    "describe_cascade",
    "load_cascade",
    "read_entry",
    "save_cascade",
]

FOLDER = "cascade"
"""The folder in that of the model."""

_ENTRY = "cascade.json"
_HELD = "held_out.safetensors"
_REMEDY = "make its students again: standfirst distil MODEL ARTICLES --cascade RATE"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CurveEntry(_Strict):
    """A `Sureness`."""

    intercept: float
    slope: float = Field(ge=0)


class StudentEntry(_Strict):
    """What is known of a student."""

    folder: str = Field(pattern=r"^[0-9]+-[A-Za-z0-9_+.-]+$")
    digest: Sha256
    """Of its manifest."""
    encoder: str
    curves: dict[str, CurveEntry]


class CascadeEntry(_Strict):
    """The content of cascade.json."""

    format: Literal["standfirst-cascade"]
    format_version: Literal[1]
    teacher: Sha256
    """Of the manifest of the model in whose folder it lies."""
    encoder: str
    """The teacher's."""
    questions: tuple[str, ...]
    students: tuple[StudentEntry, ...] = Field(min_length=1)
    n_pool: int
    """Unlabelled texts of all parts."""
    held_out: Sha256
    """Of held_out.safetensors."""
    digest: str = ""

    def expected_digest(self) -> str:
        """Hash everything but the hash."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode())


def save_cascade(
    model: Path, students: Sequence[Student], held: HeldOut, n_pool: int
) -> CascadeEntry:
    """Write students into the folder of their teacher, whole or not at all.

    Those that are there are replaced.

    Parameters
    ----------
    model
        The folder of the teacher.
    students
        The fastest first.
    held
        What they and their teacher said on held-out texts.
    n_pool
        Unlabelled texts that the teacher was asked about.

    Raises
    ------
    BundleError
        The folder holds no model.
    """
    from safetensors.numpy import save as to_safetensors

    teacher = read_manifest(model)
    arrays = {
        "sure": held.sure,
        "agreed": held.agreed.astype(np.uint8),
        "articles": held.articles,
    }
    content = to_safetensors({name: np.ascontiguousarray(a) for name, a in arrays.items()})
    target = model / FOLDER
    with tempfile.TemporaryDirectory(prefix=f".{FOLDER}.", dir=model) as scratch:
        made = Path(scratch) / FOLDER
        made.mkdir()
        entries = []
        for number, student in enumerate(students, start=1):
            name = student.model.encoder_name
            folder = f"{number}-{name.split('@')[0]}"
            save(student.model, made / folder)
            entries.append(
                StudentEntry(
                    folder=folder,
                    digest=read_manifest(made / folder).digest,
                    encoder=name,
                    curves={
                        question: CurveEntry(intercept=curve.intercept, slope=curve.slope)
                        for question, curve in student.curves.items()
                    },
                )
            )
        entry = CascadeEntry(
            format="standfirst-cascade",
            format_version=1,
            teacher=teacher.digest,
            encoder=teacher.encoder.name,
            questions=held.questions,
            students=tuple(entries),
            n_pool=n_pool,
            held_out=sha256(content),
        )
        entry = entry.model_copy(update={"digest": entry.expected_digest()})
        write_bytes(made / _HELD, content)
        text = dump_json(entry.model_dump(mode="json")) + "\n"
        write_bytes(made / _ENTRY, text.encode())
        if target.is_symlink() or target.is_file():
            target.unlink()
        elif target.exists():
            target.rename(Path(scratch) / "before")
        made.rename(target)
    return entry


def read_entry(model: Path) -> CascadeEntry:
    """Read what a model's folder says of its students.

    Raises
    ------
    InputError
        It has none.
    BundleError
        They are another model's, or damaged.
    """
    where = model / FOLDER
    teacher = read_manifest(model)
    try:
        raw = read_regular(where / _ENTRY)
    except OSError as error:
        problem = "has no students, to which --cascade would leave what they are sure of"
        remedy = f"make them: standfirst distil {model} ARTICLES --cascade RATE"
        raise InputError(model, problem, remedy) from error
    try:
        entry = CascadeEntry.model_validate_json(raw)
        whole = entry.digest == entry.expected_digest()
    except (ValidationError, ValueError, RecursionError) as error:
        raise BundleError(where, "cascade.json was changed or damaged", _REMEDY) from error
    if not whole:
        raise BundleError(where, "cascade.json was changed or damaged", _REMEDY)
    if entry.teacher != teacher.digest:
        raise BundleError(where, "holds the students of another model", _REMEDY)
    wanted = {dimension.id for dimension in teacher.dimensions}
    if set(entry.questions) != wanted or any(set(s.curves) != wanted for s in entry.students):
        raise BundleError(where, "cascade.json does not fit the model", _REMEDY)
    return entry


@dataclass(frozen=True, slots=True)
class Cascaded:
    """What the students of a model are worth at a rate, without loading them."""

    version: str
    """Eight digits of the hash of the students and the rate."""
    stages: tuple[str, ...]
    """The encoders, the fastest first and the teacher's last."""
    promise: Promise
    """From which sureness on students answer, and how often the answers are the teacher's."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        promise = self.promise
        return {
            "rate": promise.rate,
            "confidence": CONFIDENCE,
            "level": promise.level,
            "stages": dict(zip(self.stages, _rounded(promise.shares), strict=True)),
            "sent_on": round(promise.sent_on, 6),
            "agreement": {
                name: _rounded(share.numbers()) for name, share in promise.agreement.items()
            },
            "held_out_texts": promise.n_texts,
            "held_out_articles": promise.n_articles,
        }


def describe_cascade(model: Path, rate: float) -> Cascaded:
    """Tell what the students of a model promise at a rate.

    Raises
    ------
    InputError
        It has none; or so few texts were held out that the rate cannot be assured.
    BundleError
        They are another model's, or damaged.
    """
    entry = read_entry(model)
    held = _held_out(model / FOLDER, entry)
    if (most := most_assured(held.articles)) < rate:
        n_articles = len(np.unique(held.articles))
        problem = f"{len(held)} held-out texts of {n_articles} articles assure {most:.4f} at most"
        remedy = "ask for less, or make its students again with more articles"
        raise InputError(f"--cascade {rate:g}", problem, remedy)
    version = sha256(f"{entry.digest} {rate!r}".encode())[:8]
    encoders = (*(student.encoder for student in entry.students), entry.encoder)
    return Cascaded(version, encoders, choose_level(held, rate))


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 6) for value in values]


def load_cascade(model: Path, rate: float) -> Cascade:
    """Load a teacher with its students, each checked as `bundle.folder.load` does.

    Parameters
    ----------
    model
        The folder of the teacher.
    rate
        The share of texts that must get the teacher's answer.

    Raises
    ------
    InputError, BundleError, MissingFileError
        As `describe_cascade`, and as `bundle.folder.load`.
    """
    refuse_missing(model)
    promise = describe_cascade(model, rate).promise
    entry = read_entry(model)
    students = []
    for known in entry.students:
        folder = model / FOLDER / known.folder
        try:
            digest = read_manifest(folder).digest
        except BundleError as error:
            raise BundleError(folder, error.problem, _REMEDY) from error
        if digest != known.digest:
            raise BundleError(folder, "is another student than cascade.json names", _REMEDY)
        student = load(folder, Predictor)
        if student.codebook.revision != read_manifest(model).codebook_revision:
            raise BundleError(folder, "was taught by another codebook", _REMEDY)
        curves = {
            name: Sureness(curve.intercept, curve.slope) for name, curve in known.curves.items()
        }
        students.append(Student(student, curves))
    return Cascade.of(load(model, Predictor), students, promise)


def _held_out(where: Path, entry: CascadeEntry) -> HeldOut:
    from safetensors.numpy import load as from_safetensors

    try:
        content = read_regular(where / _HELD)
    except OSError as error:
        raise BundleError(where, f"{_HELD} is missing or not a file", _REMEDY) from error
    if sha256(content) != entry.held_out:
        raise BundleError(where, f"{_HELD} was changed or damaged", _REMEDY)
    try:
        arrays: dict[str, Any] = from_safetensors(content)
        held = HeldOut(
            entry.questions,
            arrays["sure"].astype(np.float64),
            arrays["agreed"].astype(bool),
            arrays["articles"].astype(np.int64),
        )
    except Exception as error:
        raise BundleError(where, f"{_HELD} cannot be read", _REMEDY) from error
    shape = len(held), len(entry.students)
    if held.sure.shape != shape or held.agreed.shape != (*shape, len(entry.questions)):
        raise BundleError(where, f"{_HELD} does not fit cascade.json", _REMEDY)
    return held


def copy_model(model: Path, target: Path) -> None:
    """Copy a model without its students, so that they can be written into the copy.

    Raises
    ------
    BundleError
        There is no model, or it is damaged.
    """
    manifest = read_manifest(model)
    for name, content in read_contents(model, manifest).items():
        write_bytes(target / name, content)
    # Last, because it makes the folder a model.
    write_bytes(target / "manifest.json", read_regular(model / "manifest.json"))


def refuse_missing(model: Path) -> None:
    """Refuse a folder that is not there."""
    if not model.exists():
        raise MissingFileError(model, "no such model", "make one with: standfirst train")
