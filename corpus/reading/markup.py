"""Take HTML out of texts, as feeds, exports and sites put it into cells."""

import re
from typing import Any

__all__ = ["inner_text", "without_markup"]

_TAG = re.compile(
    r"</?(?:p|div|br|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|img|table|tr|td|script|style|blockquote"
    r"|figure|section|article)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:amp|quot|lt|gt|nbsp|apos|[lr][sd]quo|[mn]dash|hellip|#\d+|#x[0-9a-f]+);")
_BLOCKS = (
    *("p", "div", "br", "li", "tr", "blockquote", "section", "article", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
)


def without_markup(text: str) -> str:
    r"""Turn HTML into text with a line for each block; a text without any stays as it is.

    Examples
    --------
    >>> without_markup("<p>They said &quot;no&quot;.</p><p>They left.</p><script>x()</script>")
    'They said "no".\nThey left.'
    >>> without_markup("a < b, p > q")
    'a < b, p > q'
    """
    if "<" not in text or _TAG.search(text) is None:
        if "&" not in text or _ENTITY.search(text) is None:
            return text
        import html

        return html.unescape(text)
    if not re.search(rf"<(?:{'|'.join(_BLOCKS)})[\s/>]", text, re.IGNORECASE):
        # Without blocks, line breaks are what parts the paragraphs.
        text = text.replace("\n", "<br>")
    from lxml import html as lxml_html
    from lxml.etree import LxmlError

    try:
        return inner_text(lxml_html.fragment_fromstring(text, create_parent="div"))
    except (LxmlError, ValueError, AssertionError):
        return text


def inner_text(element: Any) -> str:
    """Return the text of an lxml element, with a line for each block and without scripts."""
    parts: list[str] = []
    for event, node in _walk(element):
        if event == "start":
            parts += ["\n"] if node.tag in _BLOCKS else []
            parts.append(_flat(node.text))
        else:
            parts += ["\n"] if node.tag in _BLOCKS else []
            parts.append(_flat(node.tail) if node is not element else "")
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _walk(element: Any) -> Any:
    from lxml.etree import iterwalk

    walker = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walker:
        if event in ("comment", "pi"):
            yield "tail", node
        elif node.tag in ("script", "style"):
            if event == "start":
                walker.skip_subtree()
            else:
                yield "tail", node
        else:
            yield event, node


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
