"""What changed between two codebooks, label by label, and what it affects.

Ids tell most of it. Where an id is gone and another is new, the wording of the definitions tells
whether a label was renamed (the same words), merged (two old ones in one new) or split (one old one
in two new); that is a guess, good enough to say what to look at. It rewrites nothing:
`migrate` follows an explicit mapping only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..annotations.annotation import Annotation, current
from ..codebook.codebook import Codebook, Dimension, Label, label_meaning
from ..gold.gold import Gold

__all__ = ["Change", "Touched", "diff_codebooks", "touched"]

Kind = Literal["added", "removed", "renamed", "merged", "split", "redefined", "asked differently"]

_SAME_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Change:
    """One change of meaning."""

    kind: Kind
    """What happened."""
    dimension: str
    """Id of the dimension, the old one if there is one."""
    labels: tuple[str, ...] = ()
    """Old labels that it is about; empty when it is about the dimension as a whole."""
    became: tuple[str, ...] = ()
    """New labels."""
    what: str = ""
    """Which fields differ."""
    recode: bool = False
    """Whether answers given before may be wrong now, so that their units must be coded again."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A change, and how much was coded before it."""

    change: Change
    """The change."""
    n_annotations: int
    """Current answers that it touches."""
    n_gold: int
    """Resolved answers that it touches."""
    n_units: int
    """Units that must be coded again; 0 when none must."""

    def __str__(self) -> str:
        change = self.change
        arrow = f" -> {', '.join(change.became)}" if change.labels and change.became else ""
        names = ", ".join(change.labels) or ", ".join(change.became)
        text = f"{change.dimension}: {names}{arrow} {change.kind}".replace(":  ", ": ")
        text += f" ({change.what})" if change.what else ""
        text += f"; touches {self.n_annotations} annotations, {self.n_gold} gold"
        return f"{text}; code {self.n_units} units again" if change.recode else text


def diff_codebooks(old: Codebook, new: Codebook) -> list[Change]:
    """Find the changes of meaning from one codebook to the next, in the old one's order.

    Examples
    --------
    >>> cost = Label("cost", "Cost", "Money and budgets.")
    >>> law = Label("law", "Law", "Courts and rights.")
    >>> def book(*labels): return Codebook("b", "t", "1", (Dimension("frame", "?", labels),))
    >>> [(c.kind, c.labels, c.became) for c in diff_codebooks(
    ...     book(cost, law), book(Label("money", "Cost", "Money and budgets."), law))]
    [('renamed', ('cost',), ('money',))]
    """
    before = {dimension.id: dimension for dimension in old.dimensions}
    after = {dimension.id: dimension for dimension in new.dimensions}
    changes: list[Change] = []
    for name, dimension in before.items():
        if name in after:
            changes += _dimension(dimension, after[name])
        else:
            changes.append(Change("removed", name, what="the whole dimension"))
    changes += [
        Change("added", name, what="the whole dimension", recode=True)
        for name in after
        if name not in before
    ]
    return changes


def touched(
    changes: Iterable[Change], annotations: Sequence[Annotation], gold: Sequence[Gold]
) -> list[Touched]:
    """Count the answers that each change touches.

    Parameters
    ----------
    changes
        From `diff_codebooks`.
    annotations, gold
        What was coded and resolved by the old codebook; superseded answers are set aside.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     Codebook,
    ...     Dimension,
    ...     Label,
    ...     diff_codebooks,
    ...     touched,
    ... )
    >>> old, new = (
    ...     Codebook(
    ...         "b",
    ...         "Tone",
    ...         "1",
    ...         (Dimension("tone", "Which?", (Label(name, name), Label("cold", "Cold"))),),
    ...     )
    ...     for name in ("warm", "kind")
    ... )
    >>> rows = [Annotation("u1", "ann", "tone", ("warm",))]
    >>> [row.n_annotations for row in touched(diff_codebooks(old, new), rows, [])]
    [1, 1]
    """
    rows = [row for row in current(annotations) if row.status == "answered"]
    units = {row.unit_id for row in rows}
    counted = []
    for change in changes:
        coded = [row for row in rows if _is_touched(row, change)]
        again = {row.unit_id for row in coded}
        if change.kind == "added" and change.what == "the whole dimension":
            again = units
        n_gold = sum(_is_touched(row, change) for row in gold)
        counted.append(Touched(change, len(coded), n_gold, len(again) if change.recode else 0))
    return counted


def _is_touched(row: Annotation | Gold, change: Change) -> bool:
    about_all = not change.labels
    return row.dimension == change.dimension and (
        about_all or not set(row.labels).isdisjoint(change.labels)
    )


def _dimension(old: Dimension, new: Dimension) -> Iterator[Change]:
    fields = [
        name
        for name in ("question", "help", "choice", "scale", "when", "target", "none")
        if _folded(getattr(old, name)) != _folded(getattr(new, name))
    ]
    if fields:
        yield Change("asked differently", old.id, what=", ".join(fields), recode=True)
    yield from _moved(old, new)
    known = {label.id: label for label in new.labels}
    for label in old.labels:
        if label.id not in known:
            continue
        was, now = label_meaning(label), label_meaning(known[label.id])
        differ = [name for name in was if was[name] != now[name]]
        if differ:
            what = ", ".join(differ)
            yield Change("redefined", old.id, (label.id,), (label.id,), what, recode=True)
    shared = [label.id for label in old.labels if label.id in known]
    if shared != [label.id for label in new.labels if label.id in shared]:
        # On a nominal scale the order shows and sorts; on an ordinal one it is the meaning.
        again = old.scale == "ordinal"
        yield Change("asked differently", old.id, what="order of labels", recode=again)


def _moved(old: Dimension, new: Dimension) -> Iterator[Change]:
    gone = [label for label in old.labels if label.id not in new.label_ids]
    fresh = [label for label in new.labels if label.id not in old.label_ids]
    changed = [label for label in new.labels if label.id in old.label_ids and _differs(old, label)]
    heirs = {label.id: [n for n in (*fresh, *changed) if _holds(n, label)] for label in gone}
    origins = {label.id: [g for g in gone if label in heirs[g.id]] for label in (*fresh, *changed)}
    named: set[str] = set()
    for label in gone:
        ids = tuple(heir.id for heir in heirs[label.id])
        twins = [n for n in fresh if _same(n, label)]
        if len(ids) > 1 and not twins:
            named.update(ids)
            yield Change("split", old.id, (label.id,), ids, recode=True)
        elif twins:
            named.add(twins[0].id)
            yield Change("renamed", old.id, (label.id,), (twins[0].id,))
        elif ids and (len(origins[ids[0]]) > 1 or ids[0] in old.label_ids):
            named.add(ids[0])
            yield Change("merged", old.id, (label.id,), ids)
        elif ids:
            named.add(ids[0])
            yield Change("renamed", old.id, (label.id,), ids, "and redefined", recode=True)
        else:
            yield Change("removed", old.id, (label.id,), recode=True)
    for label in fresh:
        if label.id not in named:
            yield Change("added", old.id, (), (label.id,), recode=True)


def _differs(old: Dimension, label: Label) -> bool:
    return label_meaning(old.label(label.id)) != label_meaning(label)


def _same(new: Label, old: Label) -> bool:
    was, now = label_meaning(old), label_meaning(new)
    alike = [name for name in ("name", "definition") if was[name] and was[name] == now[name]]
    return bool(alike) and was["include"] == now["include"] and was["exclude"] == now["exclude"]


def _holds(new: Label, old: Label) -> bool:
    """Return whether most words of one label's definition are in the other's, either way round."""
    a, b = _words(old), _words(new)
    return bool(a and b) and len(a & b) / min(len(a), len(b)) >= _SAME_WORDS


def _words(label: Label) -> set[str]:
    text = " ".join((label.name, label.definition, *label.include)).lower()
    return {word for word in "".join(c if c.isalnum() else " " for c in text).split() if word[3:]}


def _folded(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value
