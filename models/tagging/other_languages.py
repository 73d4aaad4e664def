"""Whether articles are in languages that the model has not learned from.

A model answers texts in any language, also where its encoder has never met it. Of the articles that
were looked at, one in ten in such a language is worth a word; fewer may be slips of the detector.
"""

from collections.abc import Mapping, Sequence

from ..encoders.languages import unread

__all__ = ["other_languages"]

_LEAST = 0.1


def other_languages(found: Mapping[str, int], learned: Sequence[str], encoder: str) -> list[str]:
    """Name the languages of articles that a model has not learned from.

    Parameters
    ----------
    found
        Language to the number of articles in it, of those that were looked at.
    learned
        Languages of the texts that the model learned from; empty where that is not known.
    encoder
        The model's.

    Returns
    -------
    One sentence, or none.

    Examples
    --------
    >>> note = other_languages({"en": 10, "es": 40}, ["en"], "minilm")[0]
    >>> note.partition(" (")[0]
    '80 % of the articles looked at are in es, and the model learned from texts in en'
    """
    n_looked_at = sum(found.values())
    others = {
        code: n
        for code, n in found.items()
        if learned and code not in learned and n >= _LEAST * n_looked_at
    }
    if not others:
        return []
    names = sorted(others, key=lambda code: (-others[code], code))
    strange = unread(encoder, names)
    network = f" ({encoder} has never learned {', '.join(strange)})" if strange else ""
    share = 100 * sum(others.values()) / n_looked_at
    found_in = f"{share:.0f} % of the articles looked at are in {', '.join(names)}"
    remedy = "keep them out with --languages, or code some of them, and train and evaluate on them"
    return [
        f"{found_in}, and the model learned from texts in {', '.join(learned)}{network}; {remedy}"
    ]
