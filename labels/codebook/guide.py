"""The coder's guide: what a codebook says, as one page to read, print and code by.

HTML is one file without scripts, fonts or pictures, so that it opens anywhere and prints well;
Markdown is for repositories and wikis. Both say the same. Texts of the codebook are escaped: a
codebook is data, whoever wrote it.
"""

from collections.abc import Callable, Iterator
from html import escape

from ...look.page import colour_or, page
from .codebook import NONE, Codebook, Dimension, Label
from .markdown import as_code, as_text

__all__ = ["guide_html", "guide_markdown"]

_STYLE = """
h3 { display: flex; gap: .6rem; align-items: baseline; }
h3 code { font-weight: normal; font-size: .82rem; color: var(--faint); }
kbd { border: 1px solid var(--faint); border-bottom-width: 2px; border-radius: 4px;
  padding: 0 .4rem; font-size: .85rem; font-weight: bold; background: var(--wash); }
nav ol { padding-left: 1.4rem; } nav a { color: inherit; }
.label { border-left: 5px solid #999; padding: .1rem 0 .1rem .9rem; margin: 1.1rem 0;
  break-inside: avoid; }
.label h3 { margin: 0; }
.label.child { margin-left: 1.6rem; }
.label p { margin: .2rem 0; } .label ul { margin: .1rem 0 .5rem; padding-left: 1.2rem; }
.label .kind { font: bold .78rem system-ui, "DejaVu Sans", sans-serif; margin: .5rem 0 0;
  color: var(--faint); }
.example { font-style: italic; }
""".strip()

_Write = Callable[[str], str]

_SPEAKER = "You may also write down the name of whoever speaks."
_PARTS = (
    ("include", "Belongs here"),
    ("exclude", "Does not belong here"),
    ("examples", "Examples"),
    ("counterexamples", "Looks like it, and is not"),
)


def guide_html(codebook: Codebook) -> str:
    """Write the guide as one HTML page.

    Examples
    --------
    >>> labels = (Label("warm", "Warm <3", hotkey="1"), Label("cold", "Cold", hotkey="2"))
    >>> page = guide_html(Codebook("b", "Tone", "1", (Dimension("tone", "Which?", labels),)))
    >>> "Warm &lt;3" in page and "<script" not in page
    True
    """
    intro = (
        f"Answer these questions for each {codebook.unit}, in this order. A key chooses an answer."
        + (f" {_SPEAKER}" if codebook.speaker_name else "")
    )
    body = [
        f"<h1>{escape(codebook.title)}</h1>",
        f'<p class="meta">{escape(_edition(codebook))}</p>',
        f"<p>{intro}</p>",
        "<nav><ol>",
        *(
            f'<li><a href="#{escape(d.id)}">{escape(d.question)}</a> {escape(when)}</li>'
            for d, when in ((d, _when(codebook, d)) for d in codebook.dimensions)
        ),
        "</ol></nav>",
    ]
    for number, dimension in enumerate(codebook.dimensions, start=1):
        body += _html_dimension(codebook, dimension, number)
    if codebook.sources:
        body += ["<h2>Sources</h2>", "<ul>"]
        body += [f"<li>{escape(source)}</li>" for source in codebook.sources] + ["</ul>"]
    # The page's policy allows no style in the markup itself.
    colours = dict.fromkeys(_colour(label) for d in codebook.dimensions for label in d.labels)
    rules = [f".{_class(colour)} {{ border-color: {colour}; }}" for colour in colours]
    style = "\n".join([_STYLE, *rules])
    return page(codebook.title, "\n".join(body), style=style, language=codebook.language)


def guide_markdown(codebook: Codebook) -> str:
    """Write the guide as Markdown.

    Examples
    --------
    >>> labels = (Label("warm", "Warm", "Kind.", hotkey="1"), Label("cold", "Cold", hotkey="2"))
    >>> text = guide_markdown(Codebook("b", "Tone", "1", (Dimension("tone", "Which?", labels),)))
    >>> text.splitlines()[4:10]
    ['## 1. Which?', '', '`tone`; one answer; required', '', '### Warm (`warm`, key `1`)', '']
    """
    lines = [f"# {as_text(codebook.title)}", "", as_text(_edition(codebook)), ""]
    lines += [_SPEAKER, ""] if codebook.speaker_name else []
    for number, dimension in enumerate(codebook.dimensions, start=1):
        lines += [
            f"## {number}. {as_text(dimension.question)}",
            "",
            _rules(codebook, dimension, as_text, as_code),
            "",
        ]
        lines += [as_text(dimension.help), ""] if dimension.help else []
        for label in dimension.labels:
            key = f", key `{label.hotkey}`" if label.hotkey else ""
            lines += [f"### {as_text(label.name)} ({as_code(label.id)}{key})", ""]
            lines += [f"Part of: {as_text(_parent(dimension, label))}", ""] if label.parent else []
            lines += [as_text(label.definition), ""] if label.definition else []
            for field, heading in _PARTS:
                texts: tuple[str, ...] = getattr(label, field)
                if texts:
                    lines += [f"{heading}:", "", *(f"- {as_text(text)}" for text in texts), ""]
        lines += [f"### {as_text(dimension.none)} (`{NONE}`)", ""] if dimension.none else []
    if codebook.sources:
        lines += ["## Sources", "", *(f"- {as_text(source)}" for source in codebook.sources), ""]
    return "\n".join(lines)


def _html_dimension(codebook: Codebook, dimension: Dimension, number: int) -> Iterator[str]:
    yield f'<h2 id="{escape(dimension.id)}">{number}. {escape(dimension.question)}</h2>'
    yield f'<p class="meta">{_rules(codebook, dimension, escape, escape)}</p>'
    if dimension.help:
        yield f"<p>{escape(dimension.help)}</p>"
    for label in dimension.labels:
        child = " child" if label.parent else ""
        key = f"<kbd>{escape(label.hotkey)}</kbd> " if label.hotkey else ""
        yield f'<section class="label{child} {_class(_colour(label))}">'
        yield f"<h3>{key}<span>{escape(label.name)}</span> <code>{escape(label.id)}</code></h3>"
        if label.parent:
            yield f'<p class="meta">Part of: {escape(_parent(dimension, label))}</p>'
        if label.definition:
            yield f"<p>{escape(label.definition)}</p>"
        for field, heading in _PARTS:
            texts: tuple[str, ...] = getattr(label, field)
            if texts:
                kind = ' class="example"' if "example" in field else ""
                yield f'<p class="kind">{heading}</p>\n<ul>'
                yield from (f"<li{kind}>{escape(text)}</li>" for text in texts)
                yield "</ul>"
        yield "</section>"
    if dimension.none:
        yield '<section class="label">'
        yield f"<h3><span>{escape(dimension.none)}</span> <code>{NONE}</code></h3>\n</section>"


def _colour(label: Label) -> str:
    return colour_or(label.colour, "#999999")


def _class(colour: str) -> str:
    return f"colour-{colour[1:]}"


def _edition(codebook: Codebook) -> str:
    return f"{codebook.id} {codebook.version}, revision {codebook.revision}"


def _rules(codebook: Codebook, dimension: Dimension, text: _Write, code: _Write) -> str:
    parts = [
        code(dimension.id),
        "any number of answers" if dimension.choice == "multiple" else "one answer",
        "required" if dimension.required else "optional",
    ]
    parts += [f"towards: {text(dimension.target)}"] if dimension.target else []
    parts += ["from less to more"] if dimension.scale == "ordinal" else []
    parts += [
        f"{text(label.name)} never with another answer" for label in dimension.labels if label.alone
    ]
    return f"{'; '.join(parts)} {text(_when(codebook, dimension))}".rstrip()


def _when(codebook: Codebook, dimension: Dimension) -> str:
    if dimension.when is None:
        return ""
    asked = codebook.dimension(dimension.when.dimension)
    names = " or ".join(asked.label(label).name for label in dimension.when.labels)
    return f"(only when {asked.id} is {names})"


def _parent(dimension: Dimension, label: Label) -> str:
    return dimension.label(label.parent).name if label.parent else ""
