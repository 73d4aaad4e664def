"""What must hold between the fields of a codebook, and what is only advice.

A codebook that breaks a rule is refused; advice is only printed by ``standfirst labels check``: a
codebook that grew in a spreadsheet may have ids with capitals or hyphens, because its data do, and
must still load.
"""

import re
from collections.abc import Iterator

from .codebook import NONE, Codebook, Dimension
from .hotkeys import HOTKEYS, RESERVED

__all__ = ["advise", "check_consistency"]

_TAKEN = frozenset(
    [
        "unit_id",
        "article_id",
        "index",
        "start",
        "end",
        "text",
        "kind",
        "cluster",
        "title",
        "before",
        "after",
        "outlet",
        "published",
        "language",
        "url",
        "coder",
        "round",
        "codebook",
    ]
)
"""Columns that units, tasks and tags have already."""

_Problem = tuple[tuple[str | int, ...], str, str]


def check_consistency(codebook: Codebook) -> list[_Problem]:
    """Return the contradictions within a codebook.

    Returns
    -------
    For each problem, its field (names and positions from the root), the problem, and the remedy.
    """
    problems = [*_doubled_dimensions(codebook), *_conditions(codebook), *_hotkeys(codebook)]
    for position, dimension in enumerate(codebook.dimensions):
        problems += _labels(dimension, ("dimensions", position))
    return problems


def advise(codebook: Codebook) -> list[str]:
    """Return advice on what is allowed but would make coding or analysis harder.

    Examples
    --------
    >>> from standfirst.labels import Codebook, Dimension, Label, advise
    >>> tone = Dimension("tone", "Which?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> advise(Codebook("b", "Tone", "1", (tone,)))[:1]
    ['tone.warm: no definition; coders will make up their own']
    """
    advice = []
    for dimension in codebook.dimensions:
        for label in dimension.labels:
            where = f"{dimension.id}.{label.id}"
            if not label.definition:
                advice.append(f"{where}: no definition; coders will make up their own")
            if label.hotkey is None:
                advice.append(f"{where}: no hotkey is left; coders must use the mouse")
            if not re.fullmatch(r"[a-z0-9_]+", label.id):
                advice.append(f"{where}: ids of a-z, 0-9 and _ work in every program")
        if not dimension.required and dimension.choice == "single":
            advice.append(
                f"{dimension.id}: left empty it counts as not answered; if none of its labels can "
                "be right, add to it: none: true"
            )
        if len(dimension.labels) > 12:
            count = len(dimension.labels)
            advice.append(
                f"{dimension.id}: {count} labels are many for one question; consider splitting it"
            )
    return advice


def _doubled_dimensions(codebook: Codebook) -> Iterator[_Problem]:
    seen: dict[str, int] = {}
    for position, dimension in enumerate(codebook.dimensions):
        path = ("dimensions", position, "id")
        if dimension.id in seen:
            first = f"dimensions[{seen[dimension.id]}]"
            yield path, f"{dimension.id!r} is the id of {first} too", "choose another"
        seen.setdefault(dimension.id, position)
        if dimension.id in _TAKEN or dimension.id.endswith(("_prob", "_confidence", "_abstained")):
            yield path, f"{dimension.id!r} is the name of another column", "choose another"


def _labels(dimension: Dimension, path: tuple[str | int, ...]) -> Iterator[_Problem]:
    seen: dict[str, int] = {}
    for position, label in enumerate(dimension.labels):
        if label.id in seen:
            field = (*path, "labels", position, "id")
            yield field, f"{label.id!r} is the id of labels[{seen[label.id]}] too", "choose another"
        seen.setdefault(label.id, position)
    if dimension.none and NONE in seen:
        field = (*path, "labels", seen[NONE], "id")
        yield field, f"{NONE!r} is the id of the choice that none applies", "choose another"
    if len(dimension.labels) == 1 and dimension.choice == "single":
        yield (
            (*path, "labels"),
            "one label leaves no choice",
            "add another, or use choice: multiple",
        )
    if dimension.choice == "single" and dimension.alone:
        position = next(i for i, label in enumerate(dimension.labels) if label.alone)
        field = (*path, "labels", position, "alone")
        yield field, "one label stands alone anyway", "leave it out, or use choice: multiple"
    if dimension.scale == "ordinal" and dimension.choice == "multiple":
        yield (*path, "scale"), "an ordinal scale takes one answer", "use choice: single"
    parents = {label.id: label.parent for label in dimension.labels}
    for position, label in enumerate(dimension.labels):
        field = (*path, "labels", position, "parent")
        if label.parent is None:
            continue
        if label.parent not in parents:
            yield field, f"{label.parent!r} is not a label of {dimension.id}", _known(parents)
        elif _is_circle(label.id, parents):
            yield (
                field,
                f"{label.id!r} is its own ancestor",
                "remove the parent of one label in the circle",
            )


def _is_circle(start: str, parents: dict[str, str | None]) -> bool:
    above, steps = parents[start], 0
    while above is not None and above != start and steps <= len(parents):
        above, steps = parents.get(above), steps + 1
    return above is not None


def _conditions(codebook: Codebook) -> Iterator[_Problem]:
    earlier: dict[str, tuple[str, ...]] = {}
    for position, dimension in enumerate(codebook.dimensions):
        when = dimension.when
        path = ("dimensions", position, "when")
        if when is not None and when.dimension not in earlier:
            remedy = f"name a dimension asked earlier ({', '.join(earlier) or 'there is none'})"
            yield (*path, "dimension"), f"{when.dimension!r} is not asked earlier", remedy
        elif when is not None:
            known = earlier[when.dimension]
            for i, label in enumerate(when.labels):
                if label not in known:
                    problem = f"{label!r} is not a label of {when.dimension}"
                    yield (*path, "labels", i), problem, f"known: {', '.join(dict.fromkeys(known))}"
        earlier[dimension.id] = dimension.label_ids


def _hotkeys(codebook: Codebook) -> Iterator[_Problem]:
    owners: dict[str, str] = {}
    for i, dimension in enumerate(codebook.dimensions):
        for j, label in enumerate(dimension.labels):
            key, path = label.hotkey, ("dimensions", i, "labels", j, "hotkey")
            if key is None:
                continue
            if key in RESERVED:
                yield path, f"{key!r} is a key of Label Studio's editor", "choose another"
            elif key not in HOTKEYS:
                yield path, f"{key!r} is not allowed", "use a digit or a lower-case letter"
            elif key in owners:
                yield (
                    path,
                    f"{key!r} is the key of {owners[key]} too",
                    "choose another, or leave it out",
                )
            owners.setdefault(key, f"{dimension.id}.{label.id}")


def _known(names: dict[str, str | None]) -> str:
    return f"known: {', '.join(names)}"
