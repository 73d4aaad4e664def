"""The frame of the pages that Standfirst writes: one style sheet, and a strict policy.

A page asks for nothing, and a browser applies only the style and runs only the script whose hashes
stand in its policy.
"""

import base64
import hashlib
import re
from html import escape

__all__ = ["STYLE", "colour_or", "page", "policy"]

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --faint: #595959; --rule: #c8c8c8;
  --wash: #f5f5f3; --link: #00588a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --paper: #17181a; --faint: #a9a9a5;
  --rule: #45474a; --wash: #222427; --link: #7cc4f0; } }
html { scroll-padding-top: 1rem; }
body { font: 16px/1.55 Georgia, "DejaVu Serif", serif; color: var(--ink); background: var(--paper);
  max-width: 50rem; margin: 2rem auto; padding: 0 1.25rem; overflow-wrap: break-word; }
h1, h2, h3, kbd, nav, button, select, input, label, th, .meta, summary, figcaption {
  font-family: system-ui, "DejaVu Sans", Helvetica, Arial, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: .75rem;
  border-top: 2px solid var(--ink); }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
a { color: var(--link); }
code { font-size: .88em; }
.meta { color: var(--faint); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; margin: .5rem 0; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --faint: #333;
  --rule: #999; --wash: #fff; --link: #000; } body { font-size: 10.5pt; margin: 0;
  max-width: none; } h2, h3 { break-after: avoid; } }
""".strip()
"""The style sheet of all pages, in CSS.

It follows the reader's light or dark setting, prints in black on white, and needs no font, picture
or script.
"""


def page(title: str, body: str, *, style: str = "", language: str = "en") -> str:
    """Write a page without a script.

    Parameters
    ----------
    title
        Its title, as plain text.
    body
        HTML that stands in it, safe already.
    style
        What is added to `STYLE`.
    language
        Its language, such as ``en``.

    Examples
    --------
    >>> made = page("<3", "<h1>&lt;3</h1>")
    >>> "<title>&lt;3</title>" in made, "default-src &#x27;none&#x27;; style-src" in made
    (True, True)
    """
    style = f"{STYLE}\n{style}".strip()
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(style))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


def policy(style: str, script: str = "") -> str:
    """Write the content security policy of a page with this style sheet and script.

    Trusted Types refuse whatever would make markup of a text.
    """
    run = f"script-src {_hash(script)}; " if script else ""
    return (
        f"default-src 'none'; {run}style-src {_hash(style)}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def colour_or(colour: str | None, other: str) -> str:
    """Return a colour of a codebook if it is one, such as ``#0072b2``, or else the other one."""
    return colour if colour and re.fullmatch("#[0-9a-fA-F]{6}", colour) else other


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
