"""Checks of a labeling config and of answers to it, beyond those of the server and its SDK.

Label Studio's own check finds unknown labels and controls. It accepts two choices with one alias
or one hotkey, a misspelt `choice`, controls that answer to nothing, a page that shows nothing, two
values on a single choice, the same control twice, and a required control without a value. These
are checked here, without a server.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.etree.ElementTree import fromstring as parse

from ...labels import Codebook, Dimension
from ...labels.codebook.codebook import NONE
from .config import COMMENT, SPEAKER

__all__ = ["answer_problems", "config_problems", "labels_of"]


def config_problems(config: str, codebook: Codebook | None = None) -> list[str]:
    """Check a labeling config without a server.

    Parameters
    ----------
    config
        The XML.
    codebook
        What it is to ask; where given, every dimension must have its control, with the codebook's
        labels and no others, and required where the codebook says so.

    Returns
    -------
    One line for each problem; empty when the config is sound.

    Examples
    --------
    >>> yes, no = (f'<Choice value="{x}" alias="{x[0]}" hotkey="1"/>' for x in ("yes", "no"))
    >>> page = '<View><Text name="t" value="$t"/><Choices name="c" toName="t">{}</Choices></View>'
    >>> config_problems(page.format(yes + no))
    ["hotkey '1' is shared by 'y' and 'n'"]
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
    return [*_overlooked(root), *(_mismatches(root, codebook) if codebook else ())]


def answer_problems(
    regions: Sequence[Mapping[str, Any]], codebook: Codebook, *, complete: bool = True
) -> list[str]:
    """Check the regions of one answer, or of one suggestion, on one unit.

    Parameters
    ----------
    regions
        Label Studio's `result`.
    codebook
        What was asked.
    complete
        Whether required questions must be answered, as far as their condition holds.

    Returns
    -------
    One line for each problem.

    Examples
    --------
    >>> from ...labels import Label
    >>> tone = Dimension("tone", "?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> book = Codebook("b", "t", "1", (tone,))
    >>> region = {"from_name": "tone", "value": {"choices": ["warm", "cold"]}}
    >>> answer_problems([region], book)
    ['tone: warm and cold on a single choice']
    >>> answer_problems([], book)
    ['tone: no answer, and one is required']
    """
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    names = [str(region.get("from_name", "")) for region in regions]
    problems = [
        f"control {name!r} is not a dimension of the codebook"
        for name in sorted(set(names) - {*known, COMMENT, SPEAKER})
    ]
    given: dict[str, tuple[str, ...] | None] = {}
    for name, dimension in known.items():
        values = [region.get("value") for region in regions if region.get("from_name") == name]
        if len(values) > 1:
            problems.append(f"{name} is answered {len(values)} times")
        elif values:
            try:
                given[name] = labels_of(values[0], dimension)
            except ValueError as error:
                problems.append(str(error))
                continue
    if complete and not problems:
        problems += [
            f"{name}: no answer, and one is required"
            for name, dimension in known.items()
            if dimension.required and given.get(name) is None and _asked(dimension, given)
        ]
    return problems


def labels_of(value: Any, dimension: Dimension) -> tuple[str, ...] | None:
    """Return the labels of a control's value, in the codebook's order; None without a choice.

    No labels are an answer where the value states that none of several applies.

    Raises
    ------
    ValueError
        The choices are not a list, a label is not in the codebook, or choices exclude each other;
        one line says which.
    """
    chosen: list[str] = []
    states_none = False
    if isinstance(value, Mapping) and "choices" not in value:
        held = ", ".join(map(repr, value)) or "nothing"
        raise ValueError(f"{dimension.id}: a value without 'choices', which holds {held}")
    choices = value["choices"] if isinstance(value, Mapping) else []
    if not isinstance(choices, list):
        raise ValueError(f"{dimension.id}: {choices!r} is not a list of choices")  # noqa: TRY004
    for choice in choices:
        if _is_none(choice, dimension):
            states_none = True
            continue
        label = _label(choice, dimension)
        if label is None:
            raise ValueError(f"{dimension.id}: {choice!r} is not a label of the codebook")
        if label not in chosen:
            chosen.append(label)
    if dimension.choice == "single" and len(chosen) > 1:
        raise ValueError(f"{dimension.id}: {' and '.join(chosen)} on a single choice")
    if states_none and chosen:
        raise ValueError(f"{dimension.id}: {' and '.join(chosen)}, and that none applies")
    if not (states_none or chosen):
        return None
    return tuple(label for label in dimension.label_ids if label in chosen)


def _is_none(value: Any, dimension: Dimension) -> bool:
    if dimension.choice == "single" or NONE in dimension.label_ids:
        return False
    return value == NONE or bool(dimension.none and value == dimension.none)


def _label(value: Any, dimension: Dimension) -> str | None:
    # A config that somebody wrote without aliases stores what coders read.
    names = {label.name: label.id for label in dimension.labels}
    if not isinstance(value, str):
        return None
    return value if value in dimension.label_ids else names.get(value)


def _asked(dimension: Dimension, given: Mapping[str, tuple[str, ...] | None]) -> bool:
    when = dimension.when
    return when is None or bool(set(given.get(when.dimension) or ()) & set(when.labels))


def _mismatches(root: Element, codebook: Codebook) -> Iterator[str]:
    controls = {tag.get("name", ""): tag for tag in root.iter("Choices")}
    for dimension in codebook.dimensions:
        control = controls.get(dimension.id)
        if control is None:
            yield f"dimension {dimension.id!r} has no control"
            continue
        codes = {str(c.get("alias") or c.get("value")) for c in control.iter("Choice")}
        wanted = {*dimension.label_ids, *([NONE] if dimension.none else [])}
        if codes != wanted:
            differing = ", ".join(sorted(codes ^ wanted))
            yield f"control {dimension.id!r} and the codebook differ in: {differing}"
        multiple = control.get("choice") == "multiple"
        if multiple != (dimension.choice == "multiple"):
            yield f"control {dimension.id!r} is not {dimension.choice} choice, as the codebook says"
        if dimension.required and control.get("required") != "true":
            yield f"control {dimension.id!r} must be required, as the codebook says"
    notes = {tag.get("name", ""): tag for tag in root.iter("TextArea")}
    if codebook.speaker_name and SPEAKER not in notes:
        yield f"no control {SPEAKER!r} takes the speaker's name, which the codebook asks for"
    if SPEAKER in notes and notes[SPEAKER].get("required") == "true":
        yield f"control {SPEAKER!r} must not be required: not every unit has a speaker"


def _overlooked(root: Element) -> Iterator[str]:
    objects = {tag.get("name") for tag in root.iter() if tag.get("value", "").startswith("$")}
    if not objects - {None}:
        yield "the page shows nothing: no tag has a name and a value that starts with '$'"
    keys: dict[str, list[str]] = {}
    for control in (*root.iter("Choices"), *root.iter("TextArea")):
        name, target = control.get("name", ""), control.get("toName")
        if target not in objects:
            yield f"control {name!r} answers to {target!r}, which the page does not show"
    for control in root.iter("Choices"):
        name = control.get("name", "")
        kind = control.get("choice", "single")
        if kind not in ("single", "single-radio", "multiple"):
            yield f"control {name!r}: choice={kind!r}; use single-radio or multiple"
        choices = [
            (c.get("value", ""), c.get("alias"), c.get("hotkey")) for c in control.iter("Choice")
        ]
        codes = Counter(alias or value for value, alias, _ in choices)
        yield from (f"control {name!r}: {c!r} occurs {n} times" for c, n in codes.items() if n > 1)
        shown = Counter(value for value, _, _ in choices)
        yield from (
            f"control {name!r}: {v!r} is shown {n} times" for v, n in shown.items() if n > 1
        )
        for value, alias, key in choices:
            if key:
                keys.setdefault(key, []).append(alias or value)
    for key, users in keys.items():
        if len(users) > 1:
            yield f"hotkey {key!r} is shared by {' and '.join(map(repr, users))}"
