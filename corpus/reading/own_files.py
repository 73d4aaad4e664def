"""What Standfirst itself wrote among the files of a folder, and what therefore is no news.

Folders are known by the names in them, so that a store need not be asked again. Tables of tags and
units, which may have any name, are known by their columns.
"""

from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

import pyarrow as pa
from pyarrow import parquet

__all__ = ["holds_tags", "holds_units", "own_files"]

_IN_STUDY = ("corpus", "annotations", "models", "tags", "codebooks", "study.toml", "codebook.yaml")
_RUN, _MODEL = "_manifest.json", ("manifest.json", "weights.safetensors", "codebook.yaml")
_REJECTS = ".rejects.jsonl"
_TABLES = (".csv", ".jsonl", ".parquet")
_HEADER = 2**20


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
    return {"unit_id", "model_version"} <= _columns(path, ("unit_id", "model_version"))


def holds_units(path: Path) -> bool:
    """Tell whether a table begins as the units that `corpus units` hands out."""
    names = ("unit_id", "article_id", "cluster", "before", "after")
    return set(names) <= _columns(path, names)


def _is_run(folder: PurePosixPath, there: Collection[PurePosixPath]) -> bool:
    return folder / _RUN in there and any(
        folder / name in there for name in ("_SUCCESS", "_parts", "tags")
    )


def _is_model(folder: PurePosixPath, there: Collection[PurePosixPath]) -> bool:
    return all(folder / name in there for name in _MODEL)


def _columns(path: Path, names: Iterable[str]) -> set[str]:
    """Return which of some columns a table has."""
    if path.suffix not in _TABLES:
        return set()
    try:
        if path.suffix == ".parquet":
            return set(names) & set(parquet.read_schema(path).names)
        with path.open("rb") as stream:
            first = stream.readline(_HEADER)
    except (pa.ArrowException, OSError):
        return set()
    return {name for name in names if name.encode() in first}
