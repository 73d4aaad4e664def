"""What agreement looks like in a notebook."""

from html import escape

from standfirst.labels import Annotation, Codebook, Dimension, Label, agreement


def test_notebooks_show_alpha_and_what_limits_it() -> None:
    """A picture of alpha, a row for each label, and the cautions; no markup of a name."""
    labels = (Label("<i>for", "For"), Label("no", "No"))
    book = Codebook("b", "t", "1", (Dimension("stance", "?", labels),))
    rows = [
        Annotation(f"u{i}", coder, "stance", (labels[(i + (coder == "bo" and i == 3)) % 2].id,))
        for i in range(8)
        for coder in ("ann", "bo")
    ]
    (made,) = agreement(rows, book)
    html = made._repr_html_()

    assert html.startswith("<svg")
    assert "<circle" in html
    assert html.count("<tr>") == 3
    assert "<i>" not in html
    assert all(escape(warning) in html for warning in made.warnings)
