"""Earlier revisions of a study's codebook whose answers ``labels migrate`` has carried over.

What a migration did is kept with the annotations: its log, and its rules in a YAML file of the same
name. A chain of migrations leads from an earlier revision to the present one.
"""

import re
from typing import TYPE_CHECKING

from .revisions import find_revision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..annotate.answers.earlier import Earlier
    from ..labels import Annotation, Codebook
    from ..labels.revisions.mapping import Rules
    from .folder import StudyFolder

__all__ = ["earlier_revisions"]

_NAME = re.compile(r"migration-([0-9a-f]{12})-([0-9a-f]{12})\.yaml")


def earlier_revisions(study: "StudyFolder", codebook: "Codebook") -> "dict[str, Earlier]":
    """Return the revisions from which a chain of migrations leads to the codebook."""
    from ..annotate.answers.earlier import Earlier
    from ..labels import load_codebook, load_mapping

    edges = [
        (match[1], match[2], path)
        for path in sorted(study.annotations.parent.glob("migration-*.yaml"))
        if (match := _NAME.fullmatch(path.name))
    ]
    known: dict[str, Earlier] = {}
    ends = {codebook.revision: codebook}
    while ends:
        reached: dict[str, Codebook] = {}
        for old, new, path in edges:
            kept = find_revision(study, old)
            if new not in ends or old in known or old == codebook.revision or kept is None:
                continue
            book = load_codebook(kept)
            rules = load_mapping(path, book, ends[new])
            known[old] = Earlier(book, _Carry(book, ends[new], rules, known.get(new)))
            reached[old] = book
        ends = reached
    return known


class _Carry:
    """Carries answers over one migration, and then over those that follow."""

    def __init__(
        self, old: "Codebook", new: "Codebook", rules: "dict[str, Rules]", then: "Earlier | None"
    ) -> None:
        self._step, self._then = (old, new, rules), then

    def __call__(self, rows: "Sequence[Annotation]") -> "list[Annotation]":
        from ..labels import migrate_annotations

        carried, _ = migrate_annotations(rows, *self._step)
        return carried if self._then is None else self._then.carry(carried)
