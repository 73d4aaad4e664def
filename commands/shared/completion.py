"""What the shell offers for a half-typed word: names of the study, of codebooks and of encoders.

It never fails and never prints: without a study, or with one that is damaged, it offers nothing.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import StandfirstError

if TYPE_CHECKING:
    from ...study.folder import StudyFolder

__all__ = ["codebooks", "coders", "dimensions", "encoders", "models", "rounds"]


def rounds(incomplete: str) -> list[str]:
    """Offer the rounds that were drawn."""
    return _of_study(incomplete, _rounds)


def dimensions(incomplete: str) -> list[str]:
    """Offer the dimensions of the codebook."""
    return _of_study(incomplete, _dimensions)


def coders(incomplete: str) -> list[str]:
    """Offer everybody who is planned or has coded."""
    return _of_study(incomplete, _coders)


def models(incomplete: str) -> list[str]:
    """Offer the models of the study, and folders."""
    folders = [f"{path}/" for path in Path().glob(f"{incomplete}*") if path.is_dir()]
    return [*_of_study(incomplete, _models), *folders]


def codebooks(incomplete: str) -> list[str]:
    """Offer the ready codebooks, and YAML files."""
    from ...labels import ready_codebooks

    files = (str(path) for path in Path().glob(f"{incomplete}*.yaml"))
    return _fitting(incomplete, [*ready_codebooks(), *files])


def encoders(incomplete: str) -> list[str]:
    """Offer the encoders."""
    from ...models.encoders.registry import ENCODERS

    return _fitting(incomplete, ENCODERS)


def _of_study(incomplete: str, names: "Callable[[StudyFolder], Iterable[str]]") -> list[str]:
    from ...study.folder import StudyFolder

    try:
        return _fitting(incomplete, names(StudyFolder.find()))
    except (StandfirstError, OSError):
        return []


def _fitting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


def _rounds(study: "StudyFolder") -> Iterable[str]:
    from ...annotate.design.plan import read_design

    return (row.round for row in read_design(study.design))


def _dimensions(study: "StudyFolder") -> Iterable[str]:
    from ...study.contents import codebook_of

    return (one.id for one in codebook_of(study).dimensions)


def _coders(study: "StudyFolder") -> Iterable[str]:
    from ...annotate.design.plan import read_design
    from ...study.contents import annotations_of

    planned = (coder for row in read_design(study.design) for coder in row.coders)
    return [*planned, *(row.coder for row in annotations_of(study))]


def _models(study: "StudyFolder") -> Iterable[str]:
    if study.root != Path.cwd().resolve():
        return ()
    return (f"models/{path.parent.name}" for path in study.models.glob("*/manifest.json"))
