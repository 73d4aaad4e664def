"""YAML with the line of every value, so that a problem can be named with its line.

All scalars stay the text that the author wrote: ``id: no`` is the word "no" and ``version: 1.10``
keeps its zero. The model of the codebook says what a field should be. Duplicate keys are
problems, and do not silently take the last value. Documents that are nested too deeply, refer to
themselves or blow up through aliases are refused before they take time or memory.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

__all__ = ["Document", "Path", "read_yaml"]

Path = tuple[str | int, ...]
"""Where a value stands: names of fields and positions in lists, from the root."""

_MOST_NODES = 200_000
_DEEPEST = 40
_NULLS = {"", "~", "null", "Null", "NULL"}
_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads in a tenth of the time, where PyYAML was built with libyaml."""
_LOOSE = re.compile(r"[|>][-+0-9]*#")
"""What libyaml takes for a comment, and PyYAML for a mistake."""


@dataclass(slots=True)
class Document:
    """A YAML document as plain values, with the lines they stand on."""

    value: Any = None
    """Dicts, lists, strings and None."""
    lines: dict[Path, int] = field(default_factory=dict)
    """Line of each value, counted from 1; of a field, the line of its name."""
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, problem and remedy of what cannot be read."""
    n_nodes: int = 0
    """How many values were read, aliases counted each time."""

    def line(self, path: Path) -> int:
        """Return the line of a value, or of its nearest enclosing value."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_yaml(text: str) -> Document:
    r"""Read one YAML document.

    Examples
    --------
    >>> document = read_yaml("id: no\nlabels:\n  - 1.10\n")
    >>> document.value, document.line(("labels", 0))
    ({'id': 'no', 'labels': ['1.10']}, 3)
    """
    document = Document()
    try:
        line, root = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        remedy = "check indentation, quotes and colons on this line and the one above"
        document.problems.append((line, f"not YAML: {error.problem or error.context}", remedy))
        return document
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        document.problems.append((1, f"not YAML: {problem}", "save the file as UTF-8 text"))
        return document
    if line:
        remedy = f"nest at most {_DEEPEST} levels; a codebook needs six"
        document.problems.append((line, "nested too deeply", remedy))
        return document
    if root is not None:
        document.value = _value(root, (), document)
    if document.n_nodes > _MOST_NODES:
        # What was read up to there is a fragment; its problems would only hide this one.
        remedy = "write the values out, without aliases"
        problems = [(1, f"more than {_MOST_NODES} values, aliases counted", remedy)]
        document = Document(problems=problems)
    return document


def _composed(text: str) -> tuple[int, yaml.Node | None]:
    """Return the line that is nested too deeply, or 0, and the root of the document.

    libyaml reads what it reads as PyYAML does. The rest is for PyYAML itself, whose errors have
    better words: what libyaml refuses, and tabs and other marks, with which it is not as strict.
    """
    alike = text.replace("\n", "").isprintable() and not _LOOSE.search(text)
    if alike:
        with suppress(yaml.YAMLError):
            return _composed_by(_QUICK, text)
    return _composed_by(yaml.SafeLoader, text)


def _composed_by(loader: type, text: str) -> tuple[int, yaml.Node | None]:
    """Read it by one loader. The depth is known first, and without recursion."""
    flow: list[bool] = []
    for event in yaml.parse(text, Loader=loader):
        if getattr(event, "tag", None):
            loader = yaml.SafeLoader  # the two do not agree on where a tag ends
        if isinstance(event, yaml.CollectionStartEvent):
            flow.append(bool(event.flow_style))
        elif isinstance(event, yaml.CollectionEndEvent):
            flow.pop()
        elif flow and flow[-1] and isinstance(event, yaml.ScalarEvent) and "?" in event.value:
            loader = yaml.SafeLoader  # to it a mistake, where there are no quotes
        if len(flow) > _DEEPEST:
            return event.start_mark.line + 1 if event.start_mark else 1, None
    return 0, yaml.compose(text, Loader=loader)


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    document.n_nodes += 1
    if document.n_nodes > _MOST_NODES or len(path) > _DEEPEST:
        document.n_nodes = _MOST_NODES + 1
        return None
    if isinstance(node, yaml.ScalarNode):
        return None if not node.style and node.value in _NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), document) for i, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problem = "the name of a field is a list or a set of fields"
            document.problems.append((key_line, problem, "write the name as plain text"))
            continue
        key = key_node.value
        if key in result:
            problem = f"{key}: given twice, first on line {document.lines[(*path, key)]}"
            document.problems.append((key_line, problem, "keep one of the two"))
            continue
        document.lines[(*path, key)] = key_line
        result[key] = _value(value_node, (*path, key), document)
    return result
