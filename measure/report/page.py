"""The page: one file that asks for nothing, runs only its own script, and shows text as text.

Its policy allows one script and one style sheet, by their hashes, and no request at all. Texts of
articles are data inside the page, packed, and the script only ever sets them as text; with Trusted
Types on, a browser refuses anything else.
"""

import base64
import gzip
import json
import zlib
from importlib.resources import files
from typing import Any

from ...labels.codebook.codebook import Codebook
from ...look.drawing import COLOURS
from ...look.page import STYLE, colour_or, policy
from . import figures, methods
from .contents import Contents, name_of

__all__ = ["html", "packed_articles", "unpacked"]

_PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8f8f00", "#7b5ea7",
)  # fmt: skip


def html(contents: Contents) -> str:
    """Write the page; the same contents give the same page.

    Parameters
    ----------
    contents
        What it says.
    """
    from jinja2 import Environment, StrictUndefined

    folder = files(__package__)
    style = f"{STYLE}\n{folder.joinpath('report.css').read_text(encoding='utf-8')}"
    script = folder.joinpath("report.js").read_text(encoding="utf-8")
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))
    cells = list(figures.over_time(contents))
    other = list(figures.sensitivity(contents))
    effects = list(figures.effects(contents))
    made: str = template.render(
        contents=contents,
        missing=contents.missing,
        policy=policy(style, script),
        style=style,
        script=script,
        colours=COLOURS,
        sections=_sections(cells=bool(cells), effects=bool(effects), other=bool(other)),
        lines=figures.headline(contents),
        shares=figures.shares_of(contents),
        cells=cells,
        effects=effects,
        trust=list(figures.trust(contents)),
        confusions=figures.confusions(contents),
        other=other,
        named=lambda dimension, labels: name_of(contents.codebook, dimension, labels),
        markdown=methods.markdown(contents),
        latex=methods.latex(contents),
        bibtex=methods.BIBTEX,
        reforms=methods.reforms(contents),
        numbers=as_data(contents.numbers()),
        articles=packed_articles(contents),
    )
    return made.strip() + "\n"


def as_data(value: Any) -> str:
    r"""Write JSON that cannot end the element it stands in.

    Examples
    --------
    >>> as_data({"a": "</script>"})
    '{"a": "\\u003c/script>"}'
    """
    return json.dumps(value, ensure_ascii=False, default=str).replace("<", "\\u003c")


def _sections(*, cells: bool, effects: bool, other: bool) -> list[tuple[str, str]]:
    return [
        ("headline", "What was found"),
        ("shares", "Shares"),
        *([("cells", "Over time and by outlet")] if cells else []),
        *([("effects", "Differences and trends")] if effects else []),
        ("trust", "Can coders and model be trusted?"),
        *([("other", "Would other choices have changed it?")] if other else []),
        ("read", "Read it"),
        ("methods", "Methods"),
    ]


def packed_articles(contents: Contents) -> str:
    """Pack the articles for the page: JSON, compressed, as base64."""
    book = contents.codebook
    asked = [dimension.id for dimension in book.dimensions]
    index = {
        dimension.id: {label: k for k, label in enumerate(dimension.label_ids)}
        for dimension in book.dimensions
    }

    def row(labels: Any) -> list[list[int] | None]:
        return [[index[n][x] for x in labels[n]] if n in labels else None for n in asked]

    articles = [
        [
            article.id,
            article.title,
            article.outlet,
            article.published,
            article.text,
            [
                [
                    s.unit_id,
                    s.start,
                    s.end,
                    row(s.tags),
                    [s.sure.get(n) for n in asked],
                    row(s.gold),
                    [[list(pair) for pair in s.words.get(n, ())] for n in asked] if s.words else 0,
                    list(s.alike),
                ]
                for s in article.sentences
            ],
        ]
        for article in contents.articles
    ]
    data = {"dimensions": _dimensions(book), "articles": articles}
    raw = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode("ascii")


def unpacked(packed: str, *, most: int | None = None) -> bytes:
    """Give the JSON that `packed_articles` packed.

    Parameters
    ----------
    packed
        As it stands in a page, which may come from anyone.
    most
        Bytes from which on it is refused; None for no limit.

    Raises
    ------
    ValueError, zlib.error
        It is damaged, or too long.
    """
    stream = zlib.decompressobj(wbits=31)
    raw = stream.decompress(base64.b64decode(packed), 0 if most is None else most + 1)
    if not stream.eof or (most is not None and len(raw) > most):
        raise ValueError("cut, or longer than it may be")
    return raw


def _dimensions(book: Codebook) -> list[dict[str, Any]]:
    return [
        {
            "id": dimension.id,
            "question": dimension.question,
            "labels": [
                {
                    "id": label.id,
                    "name": label.name,
                    "colour": colour_or(label.colour, _PALETTE[k % len(_PALETTE)]),
                }
                for k, label in enumerate(dimension.labels)
            ],
        }
        for dimension in book.dimensions
    ]
