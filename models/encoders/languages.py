"""Which languages an encoder has learned, and what to say of texts in others.

A network has learned the languages of its training texts, and answers texts in others all the same:
its vectors of them are there, and are worth less than counted words. Encoders that count words know
no language and take all that are written with blanks.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from .weights.on_disk import added_folders
from .weights.published import SOURCES

__all__ = ["WORDS", "languages_of", "languages_of_folder", "unread", "unread_note"]

WORDS = frozenset({"hashed", "hashed-pieces", "tfidf"})
"""Encoders that count words and pieces of words, of whatever language."""

_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*$", re.DOTALL | re.MULTILINE)


def languages_of(name: str) -> tuple[str, ...] | None:
    """Return the languages that an encoder has learned, as ISO 639-1 codes.

    Parameters
    ----------
    name
        An encoder, or several joined by `+`, of which the networks count.

    Returns
    -------
    None where no network is among them, or nothing is known of one.

    Examples
    --------
    >>> languages_of("minilm-int8"), languages_of("tfidf"), "es" in languages_of("multilingual")
    (('en',), None, True)
    """
    learned: list[str] = []
    for part in name.split("+"):
        base = part.removesuffix("-int8")
        if part in WORDS:
            continue
        known = SOURCES[base].languages if base in SOURCES else _of_added(part)
        if not known:
            return None
        learned += [code for code in known if code not in learned]
    return tuple(learned) or None


def languages_of_folder(folder: Path) -> tuple[str, ...]:
    """Read which languages a pretrained network has learned, as its README states them.

    Returns
    -------
    Codes of two letters; none where it has no README, or that says nothing or just "multilingual".
    """
    import yaml

    try:
        front = _FRONT.search((folder / "README.md").read_text(encoding="utf-8"))
        stated = yaml.safe_load(front[1]).get("language") if front else None
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return ()
    # YAML takes the code of Norwegian for a "no".
    codes = ["no" if code is False else str(code) for code in _as_list(stated)]
    return tuple(code.lower() for code in codes if re.fullmatch(r"[A-Za-z]{2}", code))


def unread(name: str, languages: Sequence[str]) -> tuple[str, ...]:
    """Return the languages, of those of some texts, that an encoder has not learned.

    Examples
    --------
    >>> unread("minilm+tfidf", ["en", "es"]), unread("tfidf", ["es"])
    (('es',), ())
    """
    known = languages_of(name)
    return () if known is None else tuple(code for code in languages if code not in known)


def unread_note(name: str, languages: Sequence[str]) -> str | None:
    """Say that some texts are in languages that an encoder has not learned, and what to do.

    Parameters
    ----------
    name
        As in `languages_of`.
    languages
        Of the texts, the most frequent first.

    Examples
    --------
    >>> unread_note("minilm", ["es", "en"])
    'texts are in es, and minilm has learned en; compare --encoder multilingual --encoder tfidf'
    >>> unread_note("minilm", ["en"])
    """
    others = unread(name, languages)
    if not others:
        return None
    known = languages_of(name) or ()
    learned = ", ".join(known) if len(known) < 6 else f"{len(known)} other languages"
    ways = "--encoder multilingual --encoder tfidf"
    if not unread("multilingual", others):
        return f"texts are in {', '.join(others)}, and {name} has learned {learned}; compare {ways}"
    return (
        f"texts are in {', '.join(others)}, and {name} has learned {learned}; use --encoder tfidf, "
        "or name the folder of a network that has learned them"
    )


def _of_added(name: str) -> tuple[str, ...]:
    folder = Path(name)
    if not folder.is_dir():
        folder = dict(added_folders()).get(name, Path())
    return languages_of_folder(folder) if folder != Path() else ()


def _as_list(stated: object) -> list[object]:
    return stated if isinstance(stated, list) else [] if stated is None else [stated]
