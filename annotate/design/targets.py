"""What a study wants to know, and how precisely: the share of a label, with a half-width.

A target leads the rule `precise`, and `annotate status` says how near it is. Coding may stop when
the interval is as narrow as was asked for: how wide an interval is says next to nothing about where
it lies. Stopping when a difference is significant would be another matter, and is not offered.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InputError
from .plan import Drawn

__all__ = ["Target", "parse_target", "targets_of"]


@dataclass(frozen=True, slots=True)
class Target:
    """A share that is to be known."""

    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label."""
    half_width: float | None = None
    """Half the width of its interval, between 0 and 0.5; None where no width is asked for."""

    def __str__(self) -> str:
        width = "" if self.half_width is None else f":{self.half_width:g}"
        return f"{self.dimension}={self.label}{width}"


def parse_target(text: str) -> Target:
    """Read ``DIMENSION=LABEL`` or ``DIMENSION=LABEL:HALF_WIDTH``.

    Raises
    ------
    InputError
        It is written otherwise, or the half-width is not between 0 and 0.5.

    Examples
    --------
    >>> parse_target("stance=critique:0.01")
    Target(dimension='stance', label='critique', half_width=0.01)
    """
    dimension, _, rest = text.partition("=")
    label, colon, width = rest.partition(":")
    if not (dimension.strip() and label.strip()):
        raise InputError("--target", repr(text), "write it as DIMENSION=LABEL:0.01")
    try:
        half = float(width) if colon else None
    except ValueError:
        half = 0.0
    if half is not None and not 0 < half < 0.5:
        problem = f"half-width {width!r}"
        raise InputError("--target", problem, "use a share above 0 and below 0.5, such as 0.01")
    return Target(dimension.strip(), label.strip(), half)


def targets_of(design: Iterable[Drawn]) -> list[Target]:
    """List the targets of all rounds; of one label the last half-width that was asked for.

    Examples
    --------
    >>> row = Drawn("u1", "a1", "coding", "1", "precise", "", 0.5, 8, 0, target="stance=for:0.02")
    >>> [str(target) for target in targets_of([row])]
    ['stance=for:0.02']
    """
    latest: dict[tuple[str, str], Target] = {}
    for text in dict.fromkeys(row.target for row in design if row.target):
        target = parse_target(text)
        if target.half_width is not None:
            latest[target.dimension, target.label] = target
    return list(latest.values())
