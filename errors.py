"""Every error that Standfirst raises on purpose, as one tree.

The class writes the sentence, the raiser gives the facts; each message names the place, the value
and the remedy, in one line. Only ``standfirst.cli.main`` catches them: one line on stderr, exit
code 1.

::

    StandfirstError
    |-- InputError         (ValueError)         a file or record that is of no use
    |   `-- DeviceError    (ValueError)         what computes networks cannot be used here
    |-- MissingFileError   (FileNotFoundError)  a path that is not there
    |-- ExistsError        (FileExistsError)    something would be overwritten
    |-- CodebookError      (ValueError)         a codebook with one or more problems
    |-- UnknownLabelError  (ValueError)         a label that the codebook does not have
    |-- UnknownNameError   (LookupError)        a name that no registry has
    |-- StudyError         (ValueError)         not in a study, or not ready for this step
    |-- MissingExtraError  (ImportError)        an optional dependency is not installed
    |-- ServerError        (ConnectionError)    a server is unreachable, or refuses
    |-- RevisionError      (ValueError)         made with another revision of the codebook
    |-- LeakError          (ValueError)         would let the test set leak into training
    |-- BundleError        (ValueError)         a model folder that is damaged or foreign
    |-- RatingsError       (ValueError)         agreement that is not defined on these ratings
    |-- TaskError          (RuntimeError)       a part of a run that cannot be done
    `-- TooManyRejectsError (ValueError)        more records are of no use than the user allows

All of them can be pickled, because they cross process borders.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "BundleError",
    "CodebookError",
    "DeviceError",
    "ExistsError",
    "InputError",
    "LeakError",
    "MissingExtraError",
    "MissingFileError",
    "RatingsError",
    "RevisionError",
    "ServerError",
    "StandfirstError",
    "StudyError",
    "TaskError",
    "TooManyRejectsError",
    "UnknownLabelError",
    "UnknownNameError",
    "hint",
]

_SHOWN = 12


class StandfirstError(Exception):
    """Base of every error that Standfirst raises on purpose.

    Examples
    --------
    >>> try:
    ...     raise InputError("news.csv:3", "no text", "leave the row out")
    ... except StandfirstError as error:
    ...     print(error)
    news.csv:3: no text; leave the row out
    """


class _PlaceError(StandfirstError):
    """An error that is told as place, problem and remedy."""

    def __init__(self, where: str | Path, problem: str, remedy: str = "") -> None:
        super().__init__(where, problem, remedy)
        self.where, self.problem, self.remedy = str(where), problem, remedy

    def __str__(self) -> str:
        told = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{told}; {self.remedy}" if self.remedy else told


class InputError(_PlaceError, ValueError):
    """A file, record or value that came from outside cannot be used."""


class DeviceError(InputError):
    """A device that was asked for is not here, or cannot compute a network."""


class MissingFileError(_PlaceError, FileNotFoundError):
    """A path that was named is not there, or is a folder where a file is wanted.

    Examples
    --------
    >>> print(MissingFileError("no such folder/coded.csv"))
    no such folder/coded.csv: no such file; check the path
    >>> print(MissingFileError("/"))
    /: is a folder; name a file
    """

    def __init__(
        self, where: str | Path, problem: str = "", remedy: str = "check the path"
    ) -> None:
        if not problem:
            is_folder = bool(where) and Path(where).is_dir()
            problem = "is a folder" if is_folder else "no such file"
            remedy = "name a file" if is_folder else remedy
        super().__init__(where, problem, remedy)


class ExistsError(_PlaceError, FileExistsError):
    """Something is there already and would be overwritten."""


class StudyError(_PlaceError, ValueError):
    """The command needs a study, or an earlier step of it."""


class ServerError(_PlaceError, ConnectionError):
    """Label Studio or a model's endpoint cannot be reached, or refuses what was asked."""


class RevisionError(_PlaceError, ValueError):
    """Data or a model was made with another revision of the codebook."""


class LeakError(_PlaceError, ValueError):
    """The step would let test units into training, or suggestions onto test units."""


class BundleError(_PlaceError, ValueError):
    """A model folder is damaged, older, foreign or tampered with."""


class RatingsError(_PlaceError, ValueError):
    """Agreement is not defined on these ratings."""


class TaskError(_PlaceError, RuntimeError):
    """A part of a long run cannot be done: it fails, or its process was killed."""


class TooManyRejectsError(StandfirstError, ValueError):
    """More records were rejected than the user allows.

    Examples
    --------
    >>> print(TooManyRejectsError("tags", 30, 1000, 0.01))
    tags: 30 of 1000 records rejected (3.0 %, at most 1.0 % allowed); raise --max-rejects to go on
    """

    def __init__(self, where: str, rejects: int, records: int, allowed: float) -> None:
        super().__init__(where, rejects, records, allowed)
        self.where, self.rejects, self.records, self.allowed = where, rejects, records, allowed

    def __str__(self) -> str:
        share = f"{self.rejects / max(self.records, 1):.1%}".replace("%", " %")
        allowed = f"{self.allowed:.1%}".replace("%", " %")
        return (
            f"{self.where}: {self.rejects} of {self.records} records rejected ({share}, at most "
            f"{allowed} allowed); raise --max-rejects to go on"
        )


class CodebookError(StandfirstError, ValueError):
    """A codebook has problems; all of them are told, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


def hint(name: str, known: Sequence[str]) -> str:
    """Say which name was meant, or which are known.

    Examples
    --------
    >>> hint("majorty", ["majority", "dawid-skene"]), hint("vote", ["majority"])
    ("did you mean 'majority'?", 'known: majority')
    """
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"known: {', '.join(known[:_SHOWN]) or 'none'}{more}"


class UnknownLabelError(StandfirstError, ValueError):
    """A label is not in the codebook.

    Examples
    --------
    >>> print(UnknownLabelError("goverment", ["government", "court"], "coded.csv:6"))
    coded.csv:6: unknown label 'goverment'; did you mean 'government'?
    """

    def __init__(self, label: str, known: Sequence[str], where: str) -> None:
        super().__init__(label, tuple(known), where)
        self.label, self.known, self.where = label, tuple(known), where

    def __str__(self) -> str:
        return f"{self.where}: unknown label {self.label!r}; {hint(self.label, self.known)}"


class UnknownNameError(StandfirstError, LookupError):
    """A name (of a reader, an encoder, a codebook, a column ...) is not known."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(kind, name, tuple(known))
        self.kind, self.name, self.known = kind, name, tuple(known)

    def __str__(self) -> str:
        return f"unknown {self.kind} {self.name!r}; {hint(self.name, self.known)}"


class MissingExtraError(StandfirstError, ImportError):
    """An optional dependency is not installed.

    Examples
    --------
    >>> print(MissingExtraError("a local Label Studio", "label-studio"))
    a local Label Studio needs the extra 'label-studio'; run: pip install 'standfirst[label-studio]'
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(what, extra)
        self.what, self.extra = what, extra

    def __str__(self) -> str:
        return (
            f"{self.what} needs the extra {self.extra!r}; "
            f"run: pip install 'standfirst[{self.extra}]'"
        )
