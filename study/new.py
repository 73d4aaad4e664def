"""A new study: its folder, with a ready codebook or one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, UnknownNameError
from .folder import StudyFolder
from .revisions import keep_revision

if TYPE_CHECKING:
    from ..labels import Codebook

__all__ = ["new_study"]


def new_study(
    root: Path, codebook: str, *, title: str = "", languages: Sequence[str] = ()
) -> "tuple[StudyFolder, Codebook]":
    """Make a study.

    Parameters
    ----------
    root
        Its folder.
    codebook
        Name of a ready codebook, or the path of a file.
    title
        One line for people.
    languages
        ISO 639-1 codes of the languages to keep; the codebook's own if empty.

    Raises
    ------
    UnknownNameError
        It is neither a ready codebook nor a file.
    InputError
        The file is not UTF-8, or a language is no code of two letters.
    CodebookError
        The codebook has problems.
    ExistsError
        The folder is a study already, lies in one, or holds files where a study keeps its own.
    """
    from ..labels import parse_codebook, ready_codebooks

    ready = ready_codebooks()
    path = ready.get(codebook) or Path(codebook)
    if not _is_file(path):
        raise UnknownNameError("codebook", f"{codebook.strip():.60}", sorted(ready))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8 text", "save the codebook as UTF-8") from error
    book = parse_codebook(text, str(path))
    for code in languages:
        if not (len(code) == 2 and code.isascii() and code.isalpha() and code.islower()):
            raise InputError("--language", repr(code), "use a code of two letters, such as en")
    kept = tuple(languages or (book.language,))
    made = StudyFolder.create(root, text, title=title, languages=kept, unit=book.unit)
    keep_revision(made)
    return made, book


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # Too long for a path: a codebook's text, perhaps, and no name of one.
        return False
