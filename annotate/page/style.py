"""The style of the labelling page.

Font sizes and the gaps between boxes are those at which four questions with two dozen answers fit
on a laptop's screen of 1280 x 800 without scrolling.
"""

__all__ = ["STYLES"]

STYLES = {
    "page": """
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
.sf-required h4:first-of-type::after { content: "\\a0*"; color: #b3261e; }
.sf-question label, .sf-question .lsf-choice__item { line-height: 22px !important;
           min-height: 0 !important; height: auto !important; }
.sf-question .lsf-choice__item { margin: 2px 0 !important; }
.sf-question sup { font-size: 12px; font-weight: 600; top: -.1em; margin-left: 4px; }
""",
    "adjudication": """
.sf-readings { background: #e8f1fb; border-left: 4px solid #2f6db3; padding: 2px 6px;
           margin-bottom: 4px; line-height: 1.35; }
.sf-readings * { color: #111; font-size: 13px; }
.sf-remarks * { font-size: 13px; opacity: .85; }
""",
    "notes": """
.sf-notes { display: flex; gap: 0 20px; }
""",
    # The article scrolls in its box, so that the answers stay where they are: a box that takes what
    # a window has beyond the questions.
    "article": """
.sf-article { max-height: max(270px, calc(100vh - 530px)); overflow-y: auto;
           line-height: 1.5; padding: 6px 10px; margin: 6px 0 8px;
           border: 1px solid #8886; border-radius: 6px; }
.sf-marks { display: none; }
""",
}
"""CSS by part of a page: what all pages have, and what some have besides."""
