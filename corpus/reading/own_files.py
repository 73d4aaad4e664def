"""What Standfirst itself wrote among the files of a folder, and what therefore is no news.

Folders are known by the names in them, so that a store need not be asked again. Tables of tags and
units, which may have any name, are known by their columns.
"""

from collections.abc import Collection
from pathlib import Path, PurePosixPath

from ...tables.foreign import holds_names

__all__ = ["holds_tags", "holds_units", "own_files"]

_IN_STUDY = ("corpus", "annotations", "models", "tags", "codebooks", "study.toml", "codebook.yaml")
_RUN, _MODEL = "_manifest.json", ("manifest.json", "weights.safetensors", "codebook.yaml")
_REJECTS = ".rejects.jsonl"
_TABLES = (".csv", ".jsonl", ".parquet")


def own_files(names: Collection[str]) -> set[str]:
    """Return which files of a folder are a study's, a model's or a run's own.

    Parameters
    ----------
    names
        All files of the folder, by their path in it.

    Examples
    --------
    >>> names = ["a.txt", "run/_manifest.json", "run/_SUCCESS", "run/tags/0.parquet", "b/c.csv"]
    >>> sorted(own_files(names))
    ['run/_SUCCESS', 'run/_manifest.json', 'run/tags/0.parquet']
    """
    paths = {PurePosixPath(name): name for name in names}
    folders = {parent for path in paths for parent in path.parents}
    there = paths.keys() | folders
    # The folder that was named itself is meant to be read.
    inner = folders - {PurePosixPath()}
    roots = {folder for folder in inner if _is_run(folder, there) or _is_model(folder, there)}
    for folder in folders:
        if folder / "study.toml" in there:
            roots |= {folder / name for name in _IN_STUDY}
    return {
        name
        for path, name in paths.items()
        if path in roots
        or not roots.isdisjoint(path.parents)
        or (
            path.name.endswith(_REJECTS)
            and path.with_name(path.name.removesuffix(_REJECTS)) in paths
        )
    }


def holds_tags(path: Path) -> bool:
    """Tell whether a table begins as those that `tag` writes."""
    return _holds(path, ("unit_id", "model_version"))


def holds_units(path: Path) -> bool:
    """Tell whether a table begins as the units that `corpus units` hands out."""
    return _holds(path, ("unit_id", "article_id", "cluster", "before", "after"))


def _is_run(folder: PurePosixPath, there: Collection[PurePosixPath]) -> bool:
    return folder / _RUN in there and any(
        folder / name in there for name in ("_SUCCESS", "_parts", "tags")
    )


def _is_model(folder: PurePosixPath, there: Collection[PurePosixPath]) -> bool:
    return all(folder / name in there for name in _MODEL)


def _holds(path: Path, names: Collection[str]) -> bool:
    if path.suffix not in _TABLES:
        return False
    try:
        with path.open("rb") as stream:
            return holds_names(stream, path.suffix, names, or_empty=False)
    except OSError:
        return False
