"""Tagging a study's own corpus, so that its shares can be measured."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..corpus.storing.store import units_table
from ..errors import StudyError, UnknownNameError
from ..progress import Progress
from ..tables.writing import write_table
from .inventory import UNITS, Inventory

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["model_folder", "tag_corpus"]


def model_folder(study: "StudyFolder", model: str | Path | None = None) -> Path:
    """Find the folder of a model.

    Parameters
    ----------
    study
        The study.
    model
        Its name in the study, or a folder; the one that knows all gold, made last, if None.

    Raises
    ------
    StudyError
        The study has no model of its codebook that has learned from labels.
    UnknownNameError
        There is no such model.
    """
    if model is None:
        have = Inventory(study)
        if not have.usable_models:
            problem = "has no model of its codebook yet"
            raise StudyError(study.root, problem, "train one: standfirst train")
        return have.usable_models[0].path
    named = study.models / str(model)
    if named.is_dir():
        return named
    if not Path(model).is_dir():
        known = sorted(path.parent.name for path in study.models.glob("*/manifest.json"))
        raise UnknownNameError(f"model in {study.models}", str(model), known)
    return Path(model)


def tag_corpus(
    study: "StudyFolder", model: str | Path | None = None, *, progress: Progress | None = None
) -> Path:
    """Tag all units of a study's corpus; tags of it that are there already are replaced.

    Parameters
    ----------
    study
        The study.
    model
        As for `model_folder`.
    progress
        Receives how many bytes of input are done.

    Returns
    -------
    The file of the tags.

    Raises
    ------
    StudyError
        There are no units or no model, or several tags of the corpus.
    """
    from ..models.runs.run import Options
    from ..models.runs.tag_files import tag_files

    folder = model_folder(study, model)
    units = units_table(study.corpus, outlets=study.settings().outlets)
    if not len(units):
        raise StudyError(study.corpus, "holds no units", "add articles: standfirst corpus add")
    tagged = Inventory(study).corpus_tags
    if len(tagged) > 1:
        names = ", ".join(one.path.name for one in tagged)
        raise StudyError(study.tags, f"several tags of the corpus ({names})", "remove all but one")
    whole = bool(tagged) and tagged[0].path.suffix == ".parquet"
    output = tagged[0].path if whole else study.tags / "corpus.parquet"
    path = study.root / UNITS
    write_table(units, path)
    tag_files(folder, path, output, options=Options(force=whole), progress=progress)
    return output
