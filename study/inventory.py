"""What a study holds at this moment: what `status` shows, and what the next step goes by.

Each part is read when it is first asked for, so that a command that wants to know the next step
reads little. A part that cannot be read counts as empty, and `errors` says why. No server is asked.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import StandfirstError

if TYPE_CHECKING:
    from ..annotate.answers.status import Workload
    from ..annotate.design.plan import Drawn
    from ..labels import Agreement, Annotation, Codebook, Gold
    from .folder import StudyFolder

__all__ = ["GATE", "UNITS", "Inventory", "ModelEntry", "TagsEntry"]

GATE = 0.667
"""Krippendorff's alpha below which nothing should be concluded from the answers."""

UNITS = "units.parquet"
"""The file of a study's own units, as `corpus units` writes it and `tag` reads it."""

_SURE = {"single", "unanimous", "adjudicated"}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in the study's folder of models."""

    path: Path
    """Its folder."""
    version: str = ""
    """The beginning of its manifest's hash."""
    codebook: str = ""
    """Id of its codebook."""
    revision: str = ""
    """Revision of its codebook."""
    encoder: str = ""
    """Name of its encoder."""
    dimensions: tuple[str, ...] = ()
    """Ids of the dimensions that it answers."""
    data: str = ""
    """SHA-256 of the rows that it learned from."""
    n_rows: int = 0
    """Number of these rows; 0 for a model that has seen no label."""
    macro_f1: tuple[tuple[str, float], ...] = ()
    """Its held-out score on each dimension, 0 to 1."""
    problem: str = ""
    """Why it cannot be read; empty where it can."""


@dataclass(frozen=True, slots=True)
class TagsEntry:
    """A file or folder in the study's folder of tags."""

    path: Path
    """Where it lies."""
    n_units: int = 0
    """Units in it."""
    n_shared: int = 0
    """How many of them are units of the study's own corpus."""
    versions: tuple[str, ...] = ()
    """The beginnings of the hashes of the models that wrote it."""
    problem: str = ""
    """Why it cannot be read; empty where it can."""


class Inventory:
    """What a study holds.

    Parameters
    ----------
    study
        The study.
    draws
        Bootstrap draws for the intervals of agreement; 0 for none, which is quicker.
    """

    def __init__(self, study: "StudyFolder", *, draws: int = 0) -> None:
        self.study, self._draws = study, draws
        self._rows: dict[tuple[str, ...], set[str]] = {}
        self.errors: dict[str, Exception] = {}

    @cached_property
    def codebook(self) -> "Codebook | None":
        """The codebook."""
        from .contents import codebook_of

        return self._read("codebook", lambda: codebook_of(self.study), None)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Numbers of articles and of units."""
        from ..corpus.storing.summary import size

        return self._read("corpus", lambda: size(self.study.corpus), (0, 0))

    @cached_property
    def unit_ids(self) -> set[str]:
        """Ids of the units."""
        from ..corpus.storing.store import units_table

        def read() -> set[str]:
            return set(units_table(self.study.corpus, ("unit_id",))["unit_id"].to_pylist())

        return self._read("corpus", read, set()) if self.size[1] else set()

    @cached_property
    def design(self) -> "list[Drawn]":
        """What was drawn."""
        from ..annotate.design.plan import read_design

        return self._read("design", lambda: read_design(self.study.design), [])

    @cached_property
    def annotations(self) -> "list[Annotation]":
        """What coders answered; nothing where it is of another revision of the codebook."""
        return self._read("annotations", self._annotations, [])

    @cached_property
    def workloads(self) -> "list[Workload]":
        """The work of each coder in each round, without adjudication."""
        from ..annotate.answers.identities import read_identities
        from ..annotate.answers.status import workloads
        from ..labels import readings

        path = self.study.annotations.with_name("coders.json")
        identities = self._read("coders", lambda: read_identities(path), None)
        return workloads(self.design, readings(self.annotations), identities)

    @cached_property
    def n_double(self) -> int:
        """Units that two coders or more have answered."""
        from ..labels import readings

        coders: dict[str, set[str]] = {}
        for row in readings(self.annotations):
            if row.status == "answered":
                coders.setdefault(row.unit_id, set()).add(row.coder)
        return sum(len(who) > 1 for who in coders.values())

    @cached_property
    def agreement(self) -> "list[Agreement]":
        """How far coders agree; nothing where no unit has two."""
        from ..labels import agreement

        book = self.codebook
        if book is None or not self.n_double:
            return []
        measured = self._read(
            "agreement", lambda: agreement(self.annotations, book, draws=self._draws), []
        )
        return [result for result in measured if result.alpha.value is not None]

    @cached_property
    def gold(self) -> "list[Gold]":
        """The resolved answers; nothing where they are of another revision of the codebook."""
        from .contents import gold_of

        book = self.codebook
        return [] if book is None else self._read("gold", lambda: gold_of(self.study, book), [])

    @cached_property
    def unresolved(self) -> tuple[int, int]:
        """Answers that gold does not hold yet, and ties that are left to adjudication.

        Only what any rule would resolve in the same way counts as not held: answers of one coder,
        of coders who agree, and decisions.
        """
        from ..labels import resolve, settle

        book = self.codebook
        if book is None or not self.annotations:
            return 0, 0
        rows = settle(self.annotations, book).annotations
        resolved = resolve(rows, book)
        held = {(row.unit_id, row.dimension): row.labels for row in self.gold}
        missing = {
            (row.unit_id, row.dimension)
            for row in resolved
            if row.rule in _SURE
            and sorted(held.get((row.unit_id, row.dimension), ("\0",))) != sorted(row.labels)
        }
        answered = {(row.unit_id, row.dimension) for row in rows if row.status == "answered"}
        if not self.gold:
            return len(missing), len(answered - {(r.unit_id, r.dimension) for r in resolved})
        return len(missing), len(answered - missing - held.keys())

    @cached_property
    def test(self) -> set[str]:
        """Units of the test part that have gold."""
        part = {row.unit_id for row in self.design if row.part == "test"}
        return part & {row.unit_id for row in self.gold}

    @cached_property
    def models(self) -> list[ModelEntry]:
        """The models, the one that was made last first."""
        folders = [path.parent for path in self.study.models.glob("*/manifest.json")]
        whole = [path for path in self.study.models.glob("*/") if path.name[0] != "."]
        others = [path for path in whole if path not in folders and any(path.iterdir())]
        made = sorted(folders, key=lambda path: (-_changed(path / "manifest.json"), path.name))
        return [_model(path) for path in (*made, *sorted(others))]

    @cached_property
    def usable_models(self) -> list[ModelEntry]:
        """Models of this codebook that have learned from labels; those that know all gold first."""
        book = self.codebook
        usable = [
            model
            for model in self.models
            if book is not None and model.revision == book.revision and model.n_rows
        ]
        return sorted(usable, key=self.has_other_gold)

    @cached_property
    def model(self) -> ModelEntry | None:
        """The model to go on with: the one of the corpus's tags if it knows all gold."""
        wrote = {version for tags in self.corpus_tags for version in tags.versions}
        tagged = (model for model in self.usable_models if model.version in wrote)
        last = self.usable_models[0] if self.usable_models else None
        return next((model for model in tagged if not self.has_other_gold(model)), last)

    def has_other_gold(self, model: ModelEntry) -> bool:
        """Tell whether a model has learned from other answers than gold holds now."""
        return bool(self.gold) and model.data not in self._rows_now(model.dimensions)

    @cached_property
    def tags(self) -> list[TagsEntry]:
        """The tags, by name."""
        paths = sorted(self.study.tags.iterdir()) if self.study.tags.is_dir() else []
        kinds = {".parquet", ".csv", ".jsonl"}
        return [
            self._tags(path)
            for path in paths
            if path.name[0] not in "._" and (path.is_dir() or path.suffix in kinds)
        ]

    @cached_property
    def corpus_tags(self) -> list[TagsEntry]:
        """Those of the study's own corpus, whether they hold all of it or not."""
        return [tags for tags in self.tags if 2 * tags.n_shared > tags.n_units]

    @cached_property
    def report(self) -> Path | None:
        """The report; None where there is none."""
        path = self.study.root / "report.html"
        return path if path.is_file() else None

    @cached_property
    def changed_since_report(self) -> list[str]:
        """Names of the files that were changed after the report was written."""
        if self.report is None:
            return []
        from ..measure.report.verify import files_of

        page = self.report
        stated = self._read("report", lambda: files_of(page), {})
        study, root = self.study, self.study.root
        own = [study.annotations, study.design, study.gold, *study.corpus.rglob("*.parquet")]
        names = {*stated, *(path.relative_to(root).as_posix() for path in own)} if stated else set()
        return sorted(
            name
            for name in names
            if (root / name).is_file() and stated.get(name) != _sha256(root / name)
        )

    @cached_property
    def is_pushed(self) -> bool:
        """Whether all that is drawn was pushed, as far as this machine knows."""
        from .contents import projects_of

        pushed = projects_of(self.study)
        return pushed.exists() and _changed(pushed) >= _changed(self.study.design)

    @cached_property
    def knows_server(self) -> bool:
        """Whether a Label Studio is known, whether it runs or not."""
        from ..annotate.label_studio.access import find_access

        try:
            find_access(self.study.state / "label-studio" / "access.json")
        except StandfirstError:
            return False
        return True

    def _annotations(self) -> "list[Annotation]":
        from ..labels import check_revision
        from .contents import annotations_of

        rows = annotations_of(self.study)
        if self.codebook is not None:
            check_revision(rows, self.codebook, str(self.study.annotations))
        return rows

    def _rows_now(self, dimensions: tuple[str, ...]) -> set[str]:
        """Return the hashes of the rows that a model would learn from now."""
        from .labelled import labelled_rows

        if dimensions not in self._rows:
            made: set[str] = set()
            with suppress(StandfirstError):
                for votes in (False, True):
                    rows, _ = labelled_rows(self.study, dimensions, votes=votes)
                    made.add(rows.fingerprint)
            self._rows[dimensions] = made
        return self._rows[dimensions]

    def _tags(self, path: Path) -> TagsEntry:
        from ..measure.inputs.tagged import units_and_models_of

        try:
            ids, versions = units_and_models_of(path)
        except StandfirstError as error:
            return TagsEntry(path, problem=str(error))
        # Tags of a cascade name their teacher first.
        models = tuple(sorted({version.partition("+")[0] for version in versions}))
        return TagsEntry(path, len(ids), len(self.unit_ids.intersection(ids)), models)

    def _read(self, part: str, read: Callable[[], _T], otherwise: Any) -> _T:
        import pyarrow as pa

        try:
            return read()
        except (StandfirstError, pa.ArrowException) as error:
            self.errors[part] = error
            made: _T = otherwise
            return made


def _model(folder: Path) -> ModelEntry:
    import json

    from ..models.bundle.record import read_manifest

    try:
        manifest = read_manifest(folder)
        missing = [name for name in manifest.files if not (folder / name).is_file()]
        scores = json.loads((folder / "metrics.json").read_bytes()) if not missing else {}
    except (StandfirstError, OSError, ValueError, TypeError, AttributeError) as error:
        return ModelEntry(folder, problem=str(error))
    if missing:
        problem = f"{folder}: {missing[0]} is missing; train it again, or copy the folder again"
        return ModelEntry(folder, problem=problem)
    about = manifest.about
    return ModelEntry(
        folder,
        manifest.digest[:16],
        manifest.codebook,
        manifest.codebook_revision,
        manifest.encoder.name,
        tuple(dimension.id for dimension in manifest.dimensions),
        about.data,
        0 if about.prototype else about.n_rows,
        tuple(
            (name, float(score["macro_f1"]))
            for name, score in scores.get("dimensions", {}).items()
            if score.get("macro_f1") is not None
        ),
    )


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
