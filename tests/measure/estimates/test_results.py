"""What notebooks show: a picture of the shares above their table, and no markup of a label."""

from xml.etree import ElementTree as ET

from standfirst.measure.estimates.results import DimensionShares, Estimate, LabelShares, Shares


def test_shares_are_drawn_above_their_table() -> None:
    """One picture a dimension with a mark for each estimate, and the tidy table below."""
    share = Estimate(0.2, 0.15, 0.26)
    labels = (
        LabelShares("<b>warm", Estimate(0.3), share, share, share, share),
        LabelShares("cold", Estimate(0.7)),
    )
    made = Shares((DimensionShares("tone", 2400, 290, labels, 410.0, 0.9),))
    html = made._repr_html_()
    picture, table = html.split("</svg>")
    root = ET.fromstring(picture + "</svg>")

    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 5
    assert "<table" in table
    assert "<b>" not in html
