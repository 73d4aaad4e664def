"""Tell the language of an article, with py3langid (Lui & Baldwin's langid.py, refitted).

The first few hundred characters are enough for a whole article, and an outlet's language is usually
given anyway; single sentences are not asked about, because short texts are guessed badly by every
detector.

References
----------
Lui, M. & Baldwin, T. (2012). langid.py: an off-the-shelf language identification tool. Proceedings
of the ACL 2012 System Demonstrations, 25-30.
"""

__all__ = ["detect"]

_ENOUGH = 400


def detect(text: str) -> str:
    """Tell the language of a text.

    Returns
    -------
    An ISO 639-1 code.

    Examples
    --------
    >>> detect("Le gouvernement a confirmé mardi que les discussions étaient en cours.")
    'fr'
    """
    import py3langid

    language, _ = py3langid.classify(text[:_ENOUGH])
    return str(language)
