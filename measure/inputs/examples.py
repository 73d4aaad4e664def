"""Units that stand in the codebook as examples: a language model was shown them with their label.

Whoever reads the answer in the question is right by heart. Such units tell nothing of how often a
model errs, and correct nothing that it tagged.
"""

from collections.abc import Mapping

from ...labels import Codebook

__all__ = ["shown_units"]

_QUOTES = "\"'“”„«» "


def shown_units(codebook: Codebook, texts: Mapping[str, str]) -> set[str]:
    """Return the units whose text is an example of a label, or of what a label is not.

    Case, spacing and quotation marks around it do not matter.

    Parameters
    ----------
    codebook
        What was coded.
    texts
        Unit to text.

    Examples
    --------
    >>> from ...labels import Dimension, Label
    >>> cold = Label("cold", "Cold", examples=("The tour left late.",))
    >>> tone = Dimension("tone", "Which?", (Label("warm", "Warm"), cold))
    >>> book = Codebook("b", "Tone", "1", (tone,))
    >>> shown_units(book, {"u1": "“The tour  left late.”", "u2": "The tour left."})
    {'u1'}
    """
    labels = [label for dimension in codebook.dimensions for label in dimension.labels]
    shown = {_folded(text) for one in labels for text in (*one.examples, *one.counterexamples)}
    return {unit for unit, text in texts.items() if _folded(text) in shown}


def _folded(text: str) -> str:
    return " ".join(text.split()).strip(_QUOTES).casefold()
