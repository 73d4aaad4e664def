"""The labelling page: a codebook compiled to Label Studio's labeling config, and checked offline.

The unit stands highlighted between its neighbours, and every dimension is one group of choices
that hotkeys reach. What is stored are the labels' ids (`alias`), so that a label can be renamed
while people code. The XML is built as a tree and never pasted together, because questions and
definitions are free text. A page for marking units inside a whole article is not here: with one
unit a page, two coders judge the same thing.
"""

from collections import Counter
from collections.abc import Iterator
from html import escape
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring
from xml.etree.ElementTree import fromstring as parse

from ..errors import CodebookError
from ..labels import Codebook, Dimension, Label, assign_hotkeys

__all__ = ["COMMENT", "UNIT", "config_problems", "instructions", "labeling_config"]

UNIT = "text"
"""Name of the object tag that shows the unit; every answer points to it."""

COMMENT = "comment"
"""Name of the control that takes a coder's remark."""

_TAKEN = frozenset({UNIT, COMMENT, "before", "after"})
# Font sizes and the gaps between boxes are those at which four questions with two dozen answers
# fit on a laptop's screen of 1280 x 800 without scrolling.
_STYLE = """
.sf-head { display: flex; gap: 0 12px; align-items: baseline; flex-wrap: wrap; }
.sf-head h3 { font-size: 18px !important; margin: 0 !important; }
.sf-head h4 { font-size: 14px !important; margin: 0 !important; opacity: .75; }
.sf-unit { line-height: 1.5; padding: 6px 10px; margin: 6px 0 8px;
           border: 1px solid #8886; border-radius: 6px; }
.sf-side { opacity: .7; }
.sf-target { background: #fff3b0; color: #111; padding: 4px 8px; border-left: 4px solid #e0a800; }
.sf-target * { color: #111; font-size: 17px; }
.sf-questions { display: flex; gap: 6px 20px; flex-wrap: wrap; align-items: flex-start; }
.sf-question { flex: 1 1 190px; min-width: 150px; max-width: 420px; }
.sf-question h4 { font-size: 15px !important; line-height: 1.3; margin: 4px 0 !important; }
.sf-question label, .sf-question .lsf-choice__item { line-height: 22px !important;
           min-height: 0 !important; height: auto !important; }
.sf-question .lsf-choice__item { margin: 2px 0 !important; }
.sf-question sup { font-size: 12px; font-weight: 600; top: -.1em; margin-left: 4px; }
"""


def labeling_config(codebook: Codebook, *, comments: bool = True) -> str:
    """Compile a codebook to a labeling config.

    Parameters
    ----------
    codebook
        What is coded. Labels without a hotkey get a free one.
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
    """
    _check(codebook)
    root = Element("View")
    SubElement(root, "Style").text = _STYLE
    head = SubElement(root, "View", className="sf-head")
    SubElement(head, "Header", value="$title", size="4")
    for value in ("$outlet", "$published"):
        SubElement(head, "Header", value=value, size="6")
    unit = SubElement(root, "View", className="sf-unit")
    for name, style in (("before", "sf-side"), (UNIT, "sf-target"), ("after", "sf-side")):
        block = SubElement(unit, "View", className=style)
        SubElement(block, "Text", name=name, value=f"${name}", granularity="word")
    questions = SubElement(root, "View", className="sf-questions")
    for dimension in assign_hotkeys(codebook).dimensions:
        _question(questions, dimension)
    if comments:
        SubElement(
            root,
            "TextArea",
            name=COMMENT,
            toName=UNIT,
            placeholder="Comment (optional)",
            maxSubmissions="1",
            rows="1",
            editable="true",
            required="false",
        )
    indent(root)
    return tostring(root, encoding="unicode")


def config_problems(config: str) -> list[str]:
    """Check a labeling config without a server.

    Label Studio's own check runs first. It lets pass two choices with one alias or one hotkey,
    controls that answer to nothing, a misspelt `choice`, and a page that shows nothing; these are
    looked for here.

    Returns
    -------
    One line a problem; empty when the config is sound.

    Examples
    --------
    >>> yes, no = (f'<Choice value="{x}" alias="{x[0]}" hotkey="1"/>' for x in ("yes", "no"))
    >>> page = '<View><Text name="t" value="$t"/><Choices name="c" toName="t">{}</Choices></View>'
    >>> config_problems(page.format(yes + no))
    ["hotkey '1' stands for 'y' and 'n'"]
    """
    from label_studio_sdk.label_interface import interface

    if config.lstrip().startswith("<?xml"):
        return ["the config starts with an XML declaration; remove it, the server fails on it"]
    try:
        root = parse(config)  # noqa: S314 - expat refuses entity bombs since 2.4.1
    except ParseError as error:
        return [f"not XML: {error}"]
    try:
        interface.LabelInterface(config).validate()  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - of private modules of the SDK
        return [" ".join(str(error).split())]
    return list(_missed(root))


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
    return "\n".join(parts)


def _check(codebook: Codebook) -> None:
    problems = [
        f"{codebook.id}: dimension {d.id!r}: the labelling page needs this name; choose another id"
        for d in codebook.dimensions
        if d.id in _TAKEN
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


def _question(parent: Element, dimension: Dimension) -> None:
    attributes = {"className": "sf-question"}
    if dimension.when:
        attributes |= {
            "visibleWhen": "choice-selected",
            "whenTagName": dimension.when.dimension,
            "whenChoiceValue": ",".join(dimension.when.labels),
        }
    block = SubElement(parent, "View", attributes)
    SubElement(block, "Header", value=_plain(dimension.question), size="5")
    if dimension.target:
        SubElement(block, "Header", value=f"${dimension.target}", size="6")
    choices = SubElement(
        block,
        "Choices",
        name=dimension.id,
        toName=UNIT,
        choice="single-radio" if dimension.choice == "single" else "multiple",
        showInline="false",
    )
    if dimension.required:
        choices.set("required", "true")
        choices.set("requiredMessage", f"Please answer: {_plain(dimension.question)}")
    for label in dimension.labels:
        choice = SubElement(choices, "Choice", value=_plain(label.name), alias=label.id)
        if label.hotkey:
            choice.set("hotkey", label.hotkey)
        if hint := _definition(label):
            choice.set("hint", _plain(hint))


def _definition(label: Label) -> str:
    told = [label.definition] if label.definition else []
    told += [f"Also: {case}" for case in label.include]
    told += [f"Not: {case}" for case in label.exclude]
    return " ".join(told)


def _plain(text: str) -> str:
    # Label Studio replaces $word inside a header by the task's data; a word joiner after the dollar
    # sign keeps "$5 a head" as it was written.
    return " ".join(text.split()).replace("$", "$\u2060")


def _missed(root: Element) -> Iterator[str]:
    objects = {tag.get("name") for tag in root.iter() if tag.get("value", "").startswith("$")}
    if not objects - {None}:
        yield "the page shows nothing: no tag has a name and a value that starts with '$'"
    keys: dict[str, list[str]] = {}
    for control in root.iter("Choices"):
        name, target = control.get("name", ""), control.get("toName")
        if target not in objects:
            yield f"control {name!r} answers to {target!r}, which the page does not show"
        kind = control.get("choice", "single")
        if kind not in ("single", "single-radio", "multiple"):
            yield f"control {name!r}: choice={kind!r}; use single-radio or multiple"
        choices = [
            (c.get("value", ""), c.get("alias"), c.get("hotkey")) for c in control.iter("Choice")
        ]
        codes = Counter(alias or value for value, alias, _ in choices)
        yield from (f"control {name!r}: {c!r} stands {n} times" for c, n in codes.items() if n > 1)
        shown = Counter(value for value, _, _ in choices)
        yield from (
            f"control {name!r}: {v!r} is shown {n} times" for v, n in shown.items() if n > 1
        )
        for value, alias, key in choices:
            if key:
                keys.setdefault(key, []).append(alias or value)
    for key, users in keys.items():
        if len(users) > 1:
            yield f"hotkey {key!r} stands for {' and '.join(map(repr, users))}"
