"""The content of a study: its codebook, units, articles, annotations, gold, and its server."""

import secrets
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RevisionError, StudyError
from ..files import WAIT, locked, write_text

if TYPE_CHECKING:
    from ..annotate.answers.merge import Merged
    from ..annotate.label_studio.connection import Server
    from ..labels import Codebook, Gold
    from .folder import StudyFolder

__all__ = [
    "annotations_of",
    "articles_of",
    "codebook_of",
    "connected",
    "gold_of",
    "projects_of",
    "pulled",
    "study_id",
    "units_of",
]


def codebook_of(study: "StudyFolder") -> "Codebook":
    """Read the codebook of a study."""
    from ..labels import load_codebook

    return load_codebook(study.codebook_path)


def connected(study: "StudyFolder") -> "Server":
    """Connect with the server that the environment names, or with the study's own."""
    from ..annotate.label_studio.access import find_access
    from ..annotate.label_studio.connection import connect

    return connect(find_access(study.state / "label-studio" / "access.json"))


def projects_of(study: "StudyFolder") -> Path:
    """Return the file that says which projects are the study's."""
    return study.state / "projects.json"


def study_id(study: "StudyFolder") -> str:
    """Return the id by which the study's projects are known; made up when it is first needed.

    It lies with the annotations, which travel with the study, so that a copy has the same.
    """
    path = study.annotations.with_name("study-id")
    if not path.exists():
        with locked(path.parent, wait=WAIT):
            if not path.exists():
                write_text(path, secrets.token_hex(6) + "\n")
    return path.read_text(encoding="utf-8").strip()


def units_of(study: "StudyFolder", columns: list[str] | None = None) -> list[dict[str, Any]]:
    """Read the units of a study, or some columns of them; refused where there are none."""
    from ..corpus import load_units

    table = load_units(study.corpus, outlets=study.settings().outlets)
    table = table.select_columns(columns) if columns else table
    rows: list[dict[str, Any]] = table.to_list()
    if not rows:
        raise StudyError(study.corpus, "holds no units", "add articles: standfirst corpus add")
    return rows


def articles_of(study: "StudyFolder", wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """Read some articles of a study, by id."""
    from ..corpus import load_articles

    articles = load_articles(study.corpus, outlets=study.settings().outlets)
    return {row["id"]: row for row in articles if row["id"] in wanted}


def annotations_of(study: "StudyFolder") -> list[Any]:
    """Read the annotations of a study; none where nothing was coded yet."""
    from ..labels import read_annotations

    return read_annotations(study.annotations) if study.annotations.exists() else []


def gold_of(study: "StudyFolder", codebook: "Codebook") -> "list[Gold]":
    """Read the gold of a study; none where there is none yet.

    Raises
    ------
    RevisionError
        It was resolved by another revision of the codebook.
    """
    from ..labels import read_gold

    gold = read_gold(study.gold) if study.gold.is_file() else []
    others = sorted({row.revision for row in gold} - {"", codebook.revision})
    if others:
        by, now = ", ".join(others), codebook.revision
        problem = f"was resolved by revision {by}, and the codebook is {now}"
        remedy = (
            "see what changed: standfirst labels diff OLD NEW; then run: standfirst labels gold"
        )
        raise RevisionError(study.gold, problem, remedy)
    return gold


def pulled(
    study: "StudyFolder", server: "Server", codebook: "Codebook", *, full: bool = False
) -> "Merged":
    """Bring the answers back; those on blind units that had a suggestion in view are set aside."""
    from ..annotate.design.sampling import read_design
    from ..annotate.label_studio.projects import pull_all
    from ..annotate.suggestions.suggestion import blind_units
    from .migrations import earlier_revisions

    return pull_all(
        server,
        codebook,
        annotations=study.annotations,
        state=projects_of(study),
        study_id=study_id(study),
        earlier=earlier_revisions(study, codebook),
        full=full,
        blind=blind_units(read_design(study.design)),
    )
