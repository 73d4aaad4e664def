"""Hotkeys: one key for each label in the whole codebook, none of them used by the editor.

Label Studio registers the keys of all questions of a page together, so a key may stand for one
label only. Its editor keeps ``u`` for itself (unselect a region). Keys that the codebook names are
kept; the rest are dealt out in the order of the questions, first the digits, then the rows of the
keyboard, so that the answers of one question lie side by side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .codebook import Codebook

__all__ = ["HOTKEYS", "RESERVED", "assign_hotkeys", "next_hotkeys"]

RESERVED = frozenset("u")
"""Single keys that Label Studio's editor uses."""

HOTKEYS = tuple(key for key in "1234567890qwertyuiopasdfghjklzxcvbnm" if key not in RESERVED)
"""Keys that a label may have, in the order in which they are dealt out."""


def next_hotkeys(taken: Iterable[str], wanted: int) -> list[str | None]:
    """Return free keys, and None where there are no more.

    Examples
    --------
    >>> next_hotkeys(["1", "3"], 3)
    ['2', '4', '5']
    """
    used = set(taken)
    free: Sequence[str] = [key for key in HOTKEYS if key not in used]
    return [free[i] if i < len(free) else None for i in range(wanted)]


def assign_hotkeys(codebook: Codebook) -> Codebook:
    """Assign a free hotkey to each label without one.

    Parameters
    ----------
    codebook
        Its own hotkeys must be distinct and allowed, as `parse_codebook` checks.

    Returns
    -------
    The codebook with as many hotkeys as there are keys. Its revision is the same.

    Examples
    --------
    >>> from standfirst.labels import Codebook, Dimension, Label, assign_hotkeys
    >>> tone = Dimension(
    ...     "tone", "Which?", (Label("warm", "Warm"), Label("cold", "Cold", hotkey="1"))
    ... )
    >>> [
    ...     label.hotkey
    ...     for label in assign_hotkeys(Codebook("b", "Tone", "1", (tone,)))
    ...     .dimensions[0]
    ...     .labels
    ... ]
    ['2', '1']
    """
    labels = [label for dimension in codebook.dimensions for label in dimension.labels]
    missing = [label for label in labels if label.hotkey is None]
    dealt = iter(next_hotkeys((label.hotkey for label in labels if label.hotkey), len(missing)))
    return replace(
        codebook,
        dimensions=tuple(
            replace(
                dimension,
                labels=tuple(
                    label if label.hotkey else replace(label, hotkey=next(dealt))
                    for label in dimension.labels
                ),
            )
            for dimension in codebook.dimensions
        ),
    )
