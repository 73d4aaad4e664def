"""The formulas of regressions: names, ``+``, ``:``, ``*`` and ``C()``, and nothing else.

Libraries for formulas evaluate what stands in them as Python, so that a formula from a paper's
supplement could run code. This grammar cannot.
"""

import re
from dataclasses import dataclass

from ...errors import InputError

__all__ = ["Factor", "Formula", "parse_formula"]

_NAME = r"`[^`]+`|[^\s`~+:*()]+"
_TERM = re.compile(rf"C\(\s*({_NAME})\s*\)|({_NAME})")
_OUTCOME = re.compile(rf"\s*({_NAME})\s*")
_REMEDY = "write a label, ~, and columns: critique ~ outlet + month + C(page) + outlet:month"


@dataclass(frozen=True, slots=True, order=True)
class Factor:
    """A column that explains."""

    name: str
    """Name of the column."""
    categorical: bool = False
    """Whether numbers in it name groups, too; texts always do."""

    def __str__(self) -> str:
        return f"C({self.name})" if self.categorical else self.name


@dataclass(frozen=True, slots=True)
class Formula:
    """What is explained, and by what."""

    outcome: str
    """A label, or ``dimension=label``."""
    terms: tuple[tuple[Factor, ...], ...]
    """The terms in order; of a single column, or of several, whose product it is."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns that explain, each once."""
        return list(dict.fromkeys(factor.name for term in self.terms for factor in term))

    def __str__(self) -> str:
        return f"{self.outcome} ~ " + " + ".join(":".join(map(str, term)) for term in self.terms)


def parse_formula(text: str) -> Formula:
    """Read a formula.

    Parameters
    ----------
    text
        Such as ``critique ~ outlet + month``. ``a:b`` is the product of two columns, ``a*b`` stands
        for ``a + b + a:b``, and ``C(a)`` takes numbers for names of groups. A name with blanks or
        signs stands between backticks. An intercept is always there.

    Raises
    ------
    InputError
        It is no such formula.

    Examples
    --------
    >>> str(parse_formula("critique ~ outlet*month + C(`page number`)"))
    'critique ~ outlet + month + outlet:month + C(page number)'
    """
    left, sign, right = text.partition("~")
    outcome = _OUTCOME.fullmatch(left)
    if not sign or not outcome or "~" in right:
        raise InputError("formula", repr(text), _REMEDY)
    terms: dict[tuple[Factor, ...], None] = {}
    for part in _split(right, "+"):
        crossed: list[tuple[Factor, ...]] = [()]
        for piece in _split(part, "*"):
            product = tuple(_factor(name, text) for name in _split(piece, ":"))
            crossed += [(*term, *product) for term in crossed]
        terms.update(dict.fromkeys(sorted(crossed[1:], key=len)))
    for term in terms:
        for factor in term:
            if (factor,) not in terms:
                names = "*".join(map(str, term))
                problem = f"{':'.join(map(str, term))} without {factor} by itself"
                raise InputError("formula", problem, f"write {names}")
    return Formula(outcome[1].strip("`"), tuple(terms))


def _split(text: str, sign: str) -> list[str]:
    """Split at a sign, but not within backticks."""
    parts = re.split(rf"{re.escape(sign)}(?=(?:[^`]*`[^`]*`)*[^`]*$)", text)
    return [part.strip() for part in parts]


def _factor(text: str, formula: str) -> Factor:
    matched = _TERM.fullmatch(text)
    if matched is None:
        raise InputError("formula", f"{text!r} in {formula!r}", _REMEDY)
    name = (matched[1] or matched[2]).strip("`")
    if re.fullmatch(r"-?\d+(\.\d+)?", name) and "`" not in text:
        problem = f"{name!r} is a number; an intercept is always there"
        raise InputError("formula", problem, "leave it out, or write a column between backticks")
    return Factor(name, matched[1] is not None)
