"""Files for and from other annotation tools, without a server.

Label Studio's own JSON goes both ways and loses nothing. Its CSV and JSON-MIN exports lose skipped
answers, who was first and the difference between one label and a list; they are refused with a
word on what to export instead.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, MissingFileError
from ..files import dump_json, write_text
from ..labels import Annotation, Codebook
from .answers import Read, read_tasks
from .interface import labeling_config
from .tasks import task, with_annotations

__all__ = ["export_tasks", "import_tasks"]


def export_tasks(
    path: Path,
    units: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    *,
    annotations: Iterable[Annotation] = (),
    rounds: Mapping[str, str] | None = None,
) -> int:
    """Write units as Label Studio tasks, and the labeling config beside them.

    Parameters
    ----------
    path
        The JSON file; the config gets the same name with the ending ``.xml``.
    units
        Rows of a table of units.
    codebook
        What is to be coded.
    annotations
        Answers that go along.
    rounds
        Coding round by unit.

    Returns
    -------
    Number of tasks.
    """
    extra = [dimension.target for dimension in codebook.dimensions if dimension.target]
    rounds = rounds or {}
    made = [
        task(
            unit,
            revision=codebook.revision,
            coding_round=rounds.get(unit["unit_id"], ""),
            extra=extra,
        )
        for unit in units
    ]
    write_text(path.with_suffix(".xml"), labeling_config(codebook) + "\n")
    write_text(path, dump_json(list(with_annotations(made, annotations))) + "\n")
    return len(made)


def import_tasks(path: Path, codebook: Codebook, *, coder: str = "") -> Read:
    """Read a JSON export of Label Studio.

    Parameters
    ----------
    path
        The file that Label Studio's "Export > JSON" wrote.
    codebook
        What was coded.
    coder
        Whose answers they are where the file does not say.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        It is no JSON list of tasks with annotations.
    """
    remedy = "in Label Studio choose Export > JSON"
    try:
        tasks = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFileError(path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"not JSON ({error})", remedy) from error
    if not isinstance(tasks, list):
        raise InputError(path, f"holds a {type(tasks).__name__}, not a list of tasks", remedy)
    if tasks and not any(isinstance(one, dict) and "annotations" in one for one in tasks):
        raise InputError(path, "no task has annotations (a JSON-MIN export?)", remedy)
    return read_tasks(tasks, codebook, where=str(path), coder=coder)
