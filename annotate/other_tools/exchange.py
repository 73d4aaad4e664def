"""Files for and from other annotation tools, without a server.

Label Studio's own JSON goes both ways and loses nothing. Its CSV and JSON-MIN exports lose skipped
answers, who was first and the difference between one label and a list; they are refused with a
line that says what to export instead. Prodigy's and doccano's JSON Lines go both ways as far as
these tools have the fields; their modules say what they lose.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...corpus import Reject
from ...errors import InputError, MissingFileError, UnknownNameError
from ...files import dump_json, write_jsonl, write_text
from ...labels import Annotation, Codebook
from ...tables import Row, read_rows
from ..answers.earlier import Earlier, by_fit, read_by_revision
from ..answers.from_label_studio import Read
from ..page.config import labeling_config
from ..page.tasks import task, with_annotations
from .doccano import doccano_labels, doccano_rows, read_doccano
from .prodigy import prodigy_rows, read_prodigy
from .which_tool import FORMATS, refuse_other_format

__all__ = ["FORMATS", "export_lines", "export_tasks", "import_lines", "import_tasks"]


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

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.annotate import export_tasks
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> codebook = load_codebook(ready_codebooks()["stance"])
    >>> unit = {"unit_id": "u1", "article_id": "a1", "text": "Talks resume."}
    >>> with TemporaryDirectory() as folder:
    ...     n = export_tasks(Path(folder) / "tasks.json", [unit], codebook)
    ...     n, sorted(path.name for path in Path(folder).iterdir())
    (1, ['tasks.json', 'tasks.xml'])
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
    states_none = [dimension.id for dimension in codebook.dimensions if dimension.none]
    write_text(path, dump_json(list(with_annotations(made, annotations, states_none))) + "\n")
    return len(made)


def import_tasks(
    path: Path,
    codebook: Codebook,
    *,
    coder: str = "",
    earlier: Mapping[str, Earlier] | None = None,
) -> Read:
    """Read a JSON export of Label Studio.

    Parameters
    ----------
    path
        The file that Label Studio's "Export > JSON" wrote.
    codebook
        What was coded.
    coder
        Whose answers they are where the file does not say.
    earlier
        Earlier revisions of the codebook whose answers are carried over.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        It is not a JSON list of tasks with annotations; the message names the tool that wrote it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.annotate import export_tasks, import_tasks
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> codebook = load_codebook(ready_codebooks()["stance"])
    >>> unit = {"unit_id": "u1", "article_id": "a1", "text": "Talks resume."}
    >>> with TemporaryDirectory() as folder:
    ...     _ = export_tasks(Path(folder) / "tasks.json", [unit], codebook)
    ...     import_tasks(Path(folder) / "tasks.json", codebook).n_tasks
    1
    """
    remedy = "in Label Studio choose Export > JSON"
    try:
        tasks = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFileError(path) from error
    except (ValueError, RecursionError) as error:
        refuse_other_format(path, "label-studio", Read())
        raise InputError(path, f"not JSON ({error})", remedy) from error
    if not isinstance(tasks, list):
        refuse_other_format(path, "label-studio", Read())
        raise InputError(path, f"holds a {type(tasks).__name__}, not a list of tasks", remedy)
    if tasks and not any(isinstance(task_, dict) and "annotations" in task_ for task_ in tasks):
        raise InputError(path, "no task has annotations (a JSON-MIN export?)", remedy)
    earlier = earlier or {}
    rejects = _unclear(tasks, str(path))
    parts = (part for raw in tasks for part in by_fit(raw, codebook, earlier))
    read = read_by_revision(parts, codebook, earlier, where=str(path), coder=coder)
    read.rejects += rejects
    return read


def _unclear(tasks: list[Any], where: str) -> list[Reject]:
    """Take the answers out that do not say whether they were skipped, where others say it."""
    answers = {
        id(answer): (number, answer)
        for number, task_ in enumerate(tasks, 1)
        if isinstance(task_, dict) and isinstance(task_.get("annotations"), list)
        for answer in task_["annotations"]
        if isinstance(answer, dict)
    }
    silent = [key for key, (_, answer) in answers.items() if "was_cancelled" not in answer]
    if len(silent) == len(answers):
        return []
    reason = "the answer has no 'was_cancelled', as the others of the file have"
    rejects = []
    for key in silent:
        number, answer = answers[key]
        held = tasks[number - 1]["annotations"]
        held[:] = [one for one in held if one is not answer]
        rejects.append(Reject.of(where, number, reason, json.dumps(answer, default=str)))
    return rejects


def export_lines(
    path: Path,
    form: str,
    units: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    *,
    annotations: Iterable[Annotation] = (),
    rounds: Mapping[str, str] | None = None,
) -> int:
    """Write units as JSON Lines of another tool.

    Parameters
    ----------
    path
        The file; doccano's label types get the same name with the ending ``.labels.json``.
    form
        ``prodigy`` or ``doccano``.
    units
        Rows of a table of units.
    codebook
        What is to be coded.
    annotations
        Answers that go along; those of one coder only, for doccano.
    rounds
        Coding round by unit.

    Returns
    -------
    Number of lines.

    Raises
    ------
    UnknownNameError
        There is no such format.
    InputError
        doccano cannot hold the answers of several coders in one file.
    """
    given = list(annotations)
    if form == "prodigy":
        rows = list(prodigy_rows(units, codebook, annotations=given, rounds=rounds))
    elif form == "doccano":
        coders = sorted({row.coder for row in given})
        if len(coders) > 1:
            problem = f"doccano cannot hold {len(coders)} coders in one file"
            raise InputError(path, problem, f"name one with --coder ({', '.join(coders)})")
        rows = list(doccano_rows(units, codebook, annotations=given, rounds=rounds))
        labels = doccano_labels(codebook)
        write_text(path.with_suffix(".labels.json"), dump_json(labels) + "\n")
    else:
        raise UnknownNameError("format", form, FORMATS)
    write_jsonl(path, rows)
    return len(rows)


def import_lines(path: Path, form: str, codebook: Codebook, *, coder: str = "") -> Read:
    """Read JSON Lines of another tool.

    Parameters
    ----------
    path
        The file.
    form
        ``prodigy`` or ``doccano``.
    codebook
        What was coded.
    coder
        Whose answers they are where the file does not say; by default, for doccano, the file's
        name, which is how it tells its users apart.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnknownNameError
        There is no such format.
    InputError
        No line is an answer, and the file looks like another tool's.
    """
    bad: list[Reject] = []
    if form == "prodigy":
        read = read_prodigy(_lines(path, bad), codebook, where=str(path), coder=coder)
    elif form == "doccano":
        who = coder or path.stem
        read = read_doccano(_lines(path, bad), codebook, where=str(path), coder=who)
    else:
        raise UnknownNameError("format", form, FORMATS)
    read.rejects += bad
    refuse_other_format(path, form, read)
    return read


def _lines(path: Path, bad: list[Reject]) -> Iterator[tuple[int, Any]]:
    if not path.is_file():
        raise MissingFileError(path)
    with path.open("rb") as stream:
        for row in read_rows(stream, ".jsonl"):
            if isinstance(row, Row):
                yield row
            elif row.line is not None:
                bad.append(Reject.of(str(path), row.line, row.problem, row.raw))
