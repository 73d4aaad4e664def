"""The codebook: dimensions, labels and what they mean.

A codebook is a YAML file that people read and edit. It is checked where it enters
(`load_codebook`), frozen inside, and known by its revision: a hash of what changes meaning. What
coders decide by counts: questions, help, names, definitions, what is included and excluded,
conditions, targets, the order of the answers. What only presents or orders the work does not:
comments, colours, hotkeys, title, version, sources, and examples, which illustrate a rule and must
not make one. Line breaks do not count either.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Literal

from ...errors import UnknownNameError

__all__ = ["NONE", "Codebook", "Condition", "Dimension", "Label", "label_meaning"]

NONE = "none"
"""Code of the answer that none of a dimension's labels applies, where a coder can state it."""


@dataclass(frozen=True, slots=True)
class Label:
    """One answer that a dimension allows.

    Examples
    --------
    >>> from standfirst.labels import Label
    >>> Label("warm", "Warm", definition="It speaks kindly of somebody.", hotkey="w").name
    'Warm'
    """

    id: str
    """Stable code, as it stands in data: lower case letters, digits and underscores."""
    name: str
    """What coders read."""
    definition: str = ""
    """When the label applies."""
    include: tuple[str, ...] = ()
    """Cases that belong to it."""
    exclude: tuple[str, ...] = ()
    """Cases that do not, and where they go."""
    examples: tuple[str, ...] = ()
    """Texts that carry the label."""
    counterexamples: tuple[str, ...] = ()
    """Texts that seem to carry the label but do not."""
    hotkey: str | None = None
    """One key, unique over the whole codebook."""
    parent: str | None = None
    """Id of the broader label that this one refines."""
    colour: str | None = None
    """#rrggbb."""
    alone: bool = False
    """Whether it never stands with another label of a multiple choice ("other or none")."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a dimension is asked at all: only where another one got one of these answers.

    Examples
    --------
    >>> from standfirst.labels import Condition, Dimension, Label
    >>> asked = Condition("stance", ("for", "against"))
    >>> Dimension(
    ...     "reason", "Why?", (Label("cost", "Cost"), Label("law", "Law")), when=asked
    ... ).when.labels
    ('for', 'against')
    """

    dimension: str
    """Id of the other dimension."""
    labels: tuple[str, ...]
    """Ids of its labels."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One question of the codebook.

    Examples
    --------
    >>> from standfirst.labels import Dimension, Label
    >>> tone = Dimension(
    ...     "tone", "How does it sound?", (Label("warm", "Warm"), Label("cold", "Cold"))
    ... )
    >>> tone.label_ids, tone.choice
    (('warm', 'cold'), 'single')
    """

    id: str
    """Stable code, as it stands in data and as a column name."""
    question: str
    """What the coder is asked."""
    labels: tuple[Label, ...]
    """The answers, in the codebook's order."""
    choice: Literal["single", "multiple"] = "single"
    """Whether a unit takes one label or any number."""
    required: bool = True
    """Whether the coder must answer."""
    help: str = ""
    """A longer explanation under the question."""
    when: Condition | None = None
    """When the question is asked; always if None."""
    target: str | None = None
    """Name of the column that holds what the answer is about; None when it is the whole unit."""
    scale: Literal["nominal", "ordinal"] = "nominal"
    """Whether the order of the labels means more and less, so that near misses count as near."""
    none: str = ""
    """What coders read at the choice that none of several labels applies; empty without one. (Where
    one label is to be chosen, that choice is a label with the id `NONE`.)"""

    @property
    def label_ids(self) -> tuple[str, ...]:
        """Ids of the labels, in the codebook's order."""
        return tuple(label.id for label in self.labels)

    @property
    def alone(self) -> frozenset[str]:
        """Ids of the labels that never stand with another."""
        return frozenset(label.id for label in self.labels if label.alone)

    def compatible(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what never stands with another label, where it does.

        What was pointed at counts, and the label that says there was nothing to point at does not.
        Two labels that both stand alone are left: which was meant is not known.

        Examples
        --------
        >>> other = Label("other", "Other", alone=True)
        >>> frame = Dimension("frame", "?", (Label("law", "Law"), other), "multiple")
        >>> frame.compatible(("law", "other")), frame.compatible(("other",))
        (('law',), ('other',))
        """
        if len(labels) < 2 or self.alone.isdisjoint(labels):
            return labels
        return tuple(label for label in labels if label not in self.alone) or labels

    def label(self, label_id: str) -> Label:
        """Return the label with an id.

        Raises
        ------
        UnknownNameError
            The dimension has no such label.
        """
        for label in self.labels:
            if label.id == label_id:
                return label
        raise UnknownNameError(f"label of {self.id}", label_id, self.label_ids)


@dataclass(frozen=True, slots=True, repr=False)
class Codebook:
    """Dimensions with labels, and what they rest on.

    Examples
    --------
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> codebook = load_codebook(ready_codebooks()["transfer-deals"])
    >>> [dimension.id for dimension in codebook.dimensions]
    ['stance', 'position', 'speaker', 'framing']
    >>> codebook.dimension("position").label_ids
    ('supports', 'opposes', 'neither')
    """

    id: str
    """Short name."""
    title: str
    """One line that says what is coded."""
    version: str
    """The authors' own version."""
    dimensions: tuple[Dimension, ...]
    """The questions, in the order in which they are asked."""
    language: str = "en"
    """ISO 639-1 code of the texts."""
    unit: str = "sentence"
    """What is coded: sentence, window, paragraph or article."""
    sources: tuple[str, ...] = ()
    """The literature that the codebook rests on."""
    speaker_name: bool = False
    """Whether coders may write down who speaks in a unit; this changes no answer's meaning."""

    def __repr__(self) -> str:
        lines = [f"Codebook {self.id} {self.version} (revision {self.revision}): {self.title}"]
        for one in self.dimensions:
            when = (
                f", where {one.when.dimension} is {' or '.join(one.when.labels)}"
                if one.when
                else ""
            )
            lines.append(f"  {one.id} ({one.choice}{when}): {', '.join(one.label_ids)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(one.id)}</td><td>{escape(label.id)}</td>"
            f"<td>{escape(label.name)}</td><td>{escape(label.definition)}</td></tr>"
            for one in self.dimensions
            for label in one.labels
        )
        head = "<tr><th>dimension</th><th>label</th><th>name</th><th>definition</th></tr>"
        title = f"{self.id} {self.version} (revision {self.revision}): {self.title}"
        return f"<p>Codebook {escape(title)}</p><table>{head}{rows}</table>"

    @property
    def revision(self) -> str:
        """Twelve hex digits that change when, and only when, the meaning of an answer may change.

        Examples
        --------
        >>> yes, no = Label("yes", "Yes", definition="It is."), Label("no", "No")
        >>> book = Codebook("b", "A title", "1", (Dimension("is_it", "Is it?", (yes, no)),))
        >>> book.revision
        'ff921c3ad130'
        >>> import dataclasses
        >>> dataclasses.replace(book, title="Another title").revision == book.revision
        True
        """
        return _revision(self)

    def dimension(self, dimension_id: str) -> Dimension:
        """Return the dimension with an id.

        Raises
        ------
        UnknownNameError
            The codebook has no such dimension.
        """
        for dimension in self.dimensions:
            if dimension.id == dimension_id:
                return dimension
        raise UnknownNameError("dimension", dimension_id, [d.id for d in self.dimensions])


@lru_cache(maxsize=64)
def _revision(codebook: Codebook) -> str:
    meaning = {
        "unit": codebook.unit,
        "language": codebook.language,
        "dimensions": [_dimension_meaning(dimension) for dimension in codebook.dimensions],
    }
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _dimension_meaning(dimension: Dimension) -> dict[str, Any]:
    when = dimension.when
    # Codebooks without the choice keep the revision that they had before there was one.
    none = {"none": _folded(dimension.none)} if dimension.none else {}
    return none | {
        "id": dimension.id,
        "question": _folded(dimension.question),
        "help": _folded(dimension.help),
        "choice": dimension.choice,
        "scale": dimension.scale,
        "target": dimension.target,
        "when": None if when is None else [when.dimension, sorted(when.labels)],
        "labels": [label_meaning(label) for label in dimension.labels],
    }


def label_meaning(label: Label) -> dict[str, Any]:
    """Return the parts of a label that count for the revision, with white space folded."""
    # As with `none`: what a codebook does not say leaves its revision as it was.
    alone = {"alone": True} if label.alone else {}
    return alone | {
        "id": label.id,
        "name": _folded(label.name),
        "definition": _folded(label.definition),
        "include": [_folded(line) for line in label.include],
        "exclude": [_folded(line) for line in label.exclude],
        "parent": label.parent,
    }


def _folded(text: str) -> str:
    return " ".join(text.split())
