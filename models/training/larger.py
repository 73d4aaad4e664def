"""What a larger network would bring, and cost: said after training, so that it is a choice.

MPNet is better than MiniLM and reads a seventh as fast, which is minutes for a study and days for a
million articles. So it is never taken unasked. The rule that the figures speak for: take it where
the question is what is said of somebody; for tone, where two or three points are worth the time.
"""

from collections.abc import Sequence

from ..encoders.languages import unread
from ..encoders.networks.transformer import is_ready

__all__ = ["larger_network_note"]

_MANY = 100
"""Labelled rows from which on it is told what 200 labels gained, and not 50."""

_GAINS = {50: (-1, 4), 200: (2, 5)}
"""Number of labels to the least and the largest gain of five public sets, in points of macro-F1
(`benchmarks/few_labels.py --larger`)."""


def larger_network_note(encoder: str, languages: Sequence[str], n_rows: int) -> str | None:
    """Say what MPNet would bring and cost, where MiniLM reads English; None elsewhere.

    Parameters
    ----------
    encoder
        Name of the encoder that was taken.
    languages
        Of the texts.
    n_rows
        Number of labelled rows.
    """
    if "minilm" not in encoder.split("+") or unread("mpnet", languages):
        return None
    measured = 50 if n_rows < _MANY else 200
    least, most = _GAINS[measured]
    worst = f"between {-least} worse and" if least < 0 else f"{least} to"
    pull = "" if is_ready("mpnet") else "standfirst encoders pull mpnet, then "
    return (
        f"a larger network, mpnet, was {worst} {most} points of macro-F1 better with {measured} "
        f"labels of public sets, and reads a seventh as fast: {pull}train --encoder mpnet+tfidf"
    )
