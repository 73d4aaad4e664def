"""How the pages look that Standfirst writes: one style sheet for the guide and the report.

It follows the reader's light or dark setting, prints in black on white, and needs no font, picture
or script.
"""

__all__ = ["STYLE"]

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
:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --faint: #333;
  --rule: #999; --wash: #fff; --link: #000; } body { font-size: 10.5pt; margin: 0;
  max-width: none; } h2, h3 { break-after: avoid; } }
""".strip()
"""The style sheet, in CSS."""
