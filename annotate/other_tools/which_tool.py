"""Which tool wrote a file, by its first record, so that a wrong ``--format`` is explained.

A line of one tool is often a valid unanswered line of another; read as the wrong format, a whole
study is "0 answers". The file is examined only when it gave none.
"""

import json
from pathlib import Path

from ...errors import InputError
from ..answers.from_label_studio import Read

__all__ = ["FORMATS", "guess_format", "refuse_other_format"]

FORMATS = ("label-studio", "prodigy", "doccano")
"""The tools whose files are spoken."""

# The first that a record has all of; a tool's own names stand before those that others use, too.
_SIGNS = (
    ("label-studio", ("data", "annotations")),
    ("label-studio", ("data", "predictions")),
    ("prodigy", ("_task_hash",)),
    ("prodigy", ("_session_id",)),
    ("prodigy", ("dimension", "options")),
    ("doccano", ("Comments",)),
    ("doccano", ("label", "text")),
    ("doccano", ("labels", "text")),
    ("doccano", ("category", "text")),
    ("doccano", ("label", "data")),
)


def guess_format(path: Path) -> str:
    """Name the tool whose file this looks like; empty where no sign tells.

    Parameters
    ----------
    path
        A file that is there.
    """
    record, listed = _first(path.read_bytes())
    # Label Studio's file is one list; the others' have a record on each line.
    forms = (f for f, names in _SIGNS if (f == "label-studio") == listed and record >= set(names))
    return next(forms, "")


def refuse_other_format(path: Path, form: str, read: Read) -> None:
    """Refuse what was read of a file if it was none of the tool's.

    Parameters
    ----------
    path
        The file.
    form
        As which tool's it was read.
    read
        What it gave.

    Raises
    ------
    InputError
        There is no answer in it, and it looks like another tool's file, or no record fits.
    """
    if read.n_answers:
        return
    guess = guess_format(path)
    if guess and guess != form:
        problem = f"no answer as {form} writes it; it looks like a file of {guess}"
        raise InputError(path, problem, f"import it with --format {guess}")
    if not guess and read.rejects:
        first = read.rejects[0]
        where = f"{path}:{first.record}" if form != "label-studio" else path
        problem = f"no answer as {form} writes it ({first.reason})"
        raise InputError(where, problem, f"try another --format: {', '.join(FORMATS)}")


def _first(raw: bytes) -> tuple[set[str], bool]:
    """Return the names in the first record, and whether it is in a list."""
    lines = (line for line in raw.splitlines() if line.strip())
    for text in (raw, next(lines, b"")):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            continue
        listed = isinstance(content, list)
        record = content[0] if listed and content else content
        if isinstance(record, dict):
            return set(record), listed
    return set(), False
