"""The labelling page: a codebook compiled to Label Studio's labeling config.

Three pages are made of the same parts. On the page of a *unit* it is highlighted between its
neighbours, and every dimension is one group of choices with hotkeys; with one unit a page,
two coders judge the same thing. On the page of an *article* the whole text is shown, its drawn
units are marked, and the questions are about the selected one. The page of *adjudication* is
that of a unit, with the coders' answers under each question.

What is stored are the labels' ids (`alias`), so that a label can be renamed while people code. The
XML is built as a tree and never pasted together, because questions and definitions are free text.
"""

from collections import Counter
from html import escape
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ...errors import CodebookError
from ...labels import Codebook, Dimension, Label, assign_hotkeys
from ...labels.codebook.codebook import NONE
from .style import STYLES

__all__ = [
    "COMMENT",
    "MARK",
    "READINGS",
    "SPEAKER",
    "UNIT",
    "View",
    "instructions",
    "labeling_config",
]

View = Literal["unit", "article", "adjudication"]
"""What a page shows."""

UNIT = "text"
"""Name of the object tag that shows the unit, or its article; every answer points to it."""

COMMENT = "comment"
"""Name of the control that takes a coder's remark."""

SPEAKER = "speaker_name"
"""Name of the control that takes the name of who speaks, where the codebook asks for it."""

MARK = "sf_mark"
"""Name of the control whose regions mark the units in an article; it has one label, "Unit"."""

READINGS = "readings_"
"""Prefix of the names of the coders' answers, one for each dimension."""

_TAKEN = frozenset({UNIT, COMMENT, SPEAKER, MARK, "before", "after", "remarks"})


def labeling_config(codebook: Codebook, *, view: View = "unit", comments: bool = True) -> str:
    """Compile a codebook to a labeling config.

    Parameters
    ----------
    codebook
        What is coded. Labels without a hotkey get a free one.
    view
        What the page shows. On the page of adjudication no answer is required: a question that is
        left open stays as the coders answered it.
    comments
        Whether coders can leave a remark on a unit.

    Returns
    -------
    XML without a declaration (the server refuses one).

    Raises
    ------
    CodebookError
        A dimension has a name that the page needs itself, two labels share a hotkey, or a
        condition names a dimension that comes later or not at all.

    Examples
    --------
    >>> from standfirst.annotate import labeling_config
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> config = labeling_config(load_codebook(ready_codebooks()["stance"]))
    >>> config.splitlines()[0]
    '<View>'
    """
    _check(codebook)
    codebook = assign_hotkeys(codebook)
    root = Element("View")
    parts = ["page", view, "notes" if codebook.speaker_name else ""]
    SubElement(root, "Style").text = "".join(STYLES.get(part, "") for part in parts)
    head = SubElement(root, "View", className="sf-head")
    SubElement(head, "Header", value="$title", size="4")
    for value in ("$outlet", "$published"):
        SubElement(head, "Header", value=value, size="6")
    if view == "article":
        _article(root, codebook, comments=comments)
    else:
        _unit(root, codebook, comments=comments, readings=view == "adjudication")
    indent(root)
    return tostring(root, encoding="unicode")


def instructions(codebook: Codebook) -> str:
    """Write the codebook as the HTML that Label Studio shows under "Instructions".

    Text of the codebook is escaped; it is read by people and may hold any character.
    """
    parts = [f"<h3>{escape(codebook.title)}</h3>"]
    for dimension in codebook.dimensions:
        parts.append(f"<h4>{escape(dimension.question)}</h4>")
        if dimension.help:
            parts.append(f"<p>{escape(dimension.help)}</p>")
        items = "".join(
            f"<li><b>{escape(label.name)}</b> {escape(_definition(label))}</li>"
            for label in dimension.labels
        )
        parts.append(f"<ul>{items}</ul>")
    if codebook.speaker_name:
        parts.append("<p>You may also write down the name of whoever speaks.</p>")
    return "\n".join(parts)


def _check(codebook: Codebook) -> None:
    problems = [
        f"{codebook.id}: dimension {d.id!r}: the labelling page needs this name; choose another id"
        for d in codebook.dimensions
        if d.id in _TAKEN or d.id.startswith(READINGS)
    ]
    used = Counter(x.hotkey for d in codebook.dimensions for x in d.labels if x.hotkey)
    problems += [
        f"{codebook.id}: hotkey {key!r} is used {n} times; give each label its own"
        for key, n in used.items()
        if n > 1
    ]
    known: set[str] = set()
    for d in codebook.dimensions:
        if d.when and d.when.dimension not in known:
            problems.append(
                f"{codebook.id}: dimension {d.id!r}: its condition names {d.when.dimension!r}; "
                "name a dimension that is asked before it"
            )
        known.add(d.id)
    if problems:
        raise CodebookError(problems)


def _unit(root: Element, codebook: Codebook, *, comments: bool, readings: bool) -> None:
    unit = SubElement(root, "View", className="sf-unit")
    for name, style in (("before", "sf-side"), (UNIT, "sf-target"), ("after", "sf-side")):
        block = SubElement(unit, "View", className=style)
        SubElement(block, "Text", name=name, value=f"${name}", granularity="word")
    if readings:
        block = SubElement(root, "View", className="sf-remarks")
        SubElement(block, "Text", name="remarks", value="$remarks")
    questions = SubElement(root, "View", className="sf-questions")
    for dimension in codebook.dimensions:
        block = _question(questions, dimension, readings=readings)
        choices = _choices(block, dimension, required=dimension.required and not readings)
        # An adjudicator who chooses nothing leaves the question open, so that none must be stated.
        if readings and none_text(dimension) and not dimension.none:
            SubElement(choices, "Choice", value=none_text(dimension), alias=NONE)
    _notes(root, codebook, comments=comments)


def _article(root: Element, codebook: Codebook, *, comments: bool) -> None:
    article = SubElement(root, "View", className="sf-article")
    SubElement(article, "Text", name=UNIT, value=f"${UNIT}", granularity="word")
    # The marks are made beforehand; a coder has no use for the control that makes more of them.
    marks = SubElement(root, "View", className="sf-marks")
    control = SubElement(marks, "Labels", name=MARK, toName=UNIT)
    SubElement(control, "Label", value="Unit", background="#e0a800")
    none = SubElement(root, "View", visibleWhen="no-region-selected")
    SubElement(none, "Header", value="Select a marked unit: click on it, or press Alt+.", size="5")
    selected = SubElement(root, "View", visibleWhen="region-selected")
    questions = SubElement(selected, "View", className="sf-questions")
    for dimension in codebook.dimensions:
        block = _question(questions, dimension, readings=False)
        choices = _choices(block, dimension, required=dimension.required)
        choices.set("perRegion", "true")
    for note in _notes(selected, codebook, comments=comments):
        note.set("perRegion", "true")


def _question(parent: Element, dimension: Dimension, *, readings: bool) -> Element:
    required = dimension.required and not readings
    attributes = {"className": "sf-question sf-required" if required else "sf-question"}
    # An adjudicator sees all answers, also where the coders' answers open a question that the
    # adjudicator's do not.
    if dimension.when and not readings:
        attributes |= {
            "visibleWhen": "choice-selected",
            "whenTagName": dimension.when.dimension,
            "whenChoiceValue": ",".join(dimension.when.labels),
        }
    block = SubElement(parent, "View", attributes)
    SubElement(block, "Header", value=_plain(dimension.question), size="5")
    if dimension.target:
        SubElement(block, "Header", value=f"${dimension.target}", size="6")
    if readings:
        answers = SubElement(block, "View", className="sf-readings")
        name = f"{READINGS}{dimension.id}"
        SubElement(answers, "Text", name=name, value=f"${name}")
    return block


def _choices(block: Element, dimension: Dimension, *, required: bool) -> Element:
    choices = SubElement(
        block,
        "Choices",
        name=dimension.id,
        toName=UNIT,
        choice="single-radio" if dimension.choice == "single" else "multiple",
        showInline="false",
    )
    if required:
        choices.set("required", "true")
        choices.set("requiredMessage", f"Please answer: {_plain(dimension.question)}")
    for label in dimension.labels:
        choice = SubElement(choices, "Choice", value=_plain(label.name), alias=label.id)
        if label.hotkey:
            choice.set("hotkey", label.hotkey)
        if hint := _definition(label):
            choice.set("hint", _plain(hint))
    if dimension.none:
        SubElement(choices, "Choice", value=_plain(dimension.none), alias=NONE)
    return choices


def none_text(dimension: Dimension) -> str:
    """Return the choice by which an adjudicator states that none of several labels applies.

    It is empty where the question takes one label, or needs one, or has a label of that code.
    """
    if dimension.choice == "single" or NONE in dimension.label_ids:
        return ""
    return dimension.none or ("" if dimension.required else "None of these")


def _notes(parent: Element, codebook: Codebook, *, comments: bool) -> list[Element]:
    wanted = [(SPEAKER, "Speaker's name (optional)")] if codebook.speaker_name else []
    wanted += [(COMMENT, "Comment (optional)")] if comments else []
    if codebook.speaker_name:
        parent = SubElement(parent, "View", className="sf-notes")
    return [
        SubElement(
            parent,
            "TextArea",
            name=name,
            toName=UNIT,
            placeholder=placeholder,
            maxSubmissions="1",
            rows="1",
            editable="true",
            required="false",
        )
        for name, placeholder in wanted
    ]


def _definition(label: Label) -> str:
    parts = [label.definition] if label.definition else []
    parts += [f"Also: {case}" for case in label.include]
    parts += [f"Not: {case}" for case in label.exclude]
    parts += ["Never together with another answer."] if label.alone else []
    return " ".join(parts)


def _plain(text: str) -> str:
    # Label Studio replaces $word inside a header by the task's data; a word joiner after the dollar
    # sign keeps "$5 a head" as it was written.
    return " ".join(text.split()).replace("$", "$\u2060")
