"""The revisions of a study's codebook: each is kept from the first command that meets it.

``codebook.yaml`` is edited in place, and answers, gold and models carry the revision that they were
made by. So that an old one can always be compared with and migrated from, the text is copied to
``codebooks/NNN-REVISION.yaml``. Edits that change no meaning renew the copy.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CodebookError, InputError, StudyError
from ..files import write_text

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["earlier_revision", "find_revision", "keep_revision", "revisions"]

_NAME = re.compile(r"(\d{3,})-([0-9a-f]{12})\.yaml")


def revisions(study: "StudyFolder") -> list[tuple[str, Path]]:
    """List the kept revisions and their files, the oldest first; some may have come back."""
    kept = [
        (int(match[1]), match[2], path)
        for path in (study.root / "codebooks").glob("*.yaml")
        if (match := _NAME.fullmatch(path.name))
    ]
    return [(revision, path) for _, revision, path in sorted(kept)]


def keep_revision(study: "StudyFolder") -> None:
    """Copy the codebook if its revision is not the last one that was kept.

    A codebook that cannot be read is left to the command that needs it, and so is a study that
    cannot be written to.
    """
    kept = revisions(study)
    try:
        text = study.codebook_path.read_text(encoding="utf-8-sig")
        if kept and kept[-1][1].read_text(encoding="utf-8") == text:
            return
        from ..labels import load_codebook

        revision = load_codebook(study.codebook_path).revision
        if kept and kept[-1][0] == revision:
            write_text(kept[-1][1], text)
        else:
            number = int(kept[-1][1].name.split("-")[0]) + 1 if kept else 1
            write_text(study.root / "codebooks" / f"{number:03}-{revision}.yaml", text)
    except (OSError, UnicodeDecodeError, CodebookError, InputError):
        return


def find_revision(study: "StudyFolder", revision: str) -> Path | None:
    """Return the file of a kept revision, or None."""
    return next((path for name, path in reversed(revisions(study)) if name == revision), None)


def earlier_revision(study: "StudyFolder") -> Path:
    """Return the file of the last revision before the present one.

    Raises
    ------
    StudyError
        No other revision was kept.
    """
    kept = revisions(study)
    path = next((path for name, path in reversed(kept) if name != kept[-1][0]), None)
    if path is None:
        remedy = "name the old codebook's file"
        raise StudyError(study.root, "keeps no earlier revision of its codebook", remedy)
    return path
