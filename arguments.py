"""Checks of what a caller hands to a public function, by its annotations and before any work.

A wrong argument from Python otherwise shows where it happens to break, deep inside and after
minutes, or not at all: a text where a list of texts belongs is read letter by letter. pydantic's
`validate_call` was the other choice; it copies sequences, and knows no ranges by name.
"""

import inspect
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from .errors import InputError

__all__ = ["check_all", "checked"]

P = ParamSpec("P")
R = TypeVar("R")

_SHARE = (0.0, 1.0, "a number from 0 to 1")
_INSIDE = (math.nextafter(0, 1), math.nextafter(1, 0), "a number between 0 and 1")
_COUNT = (1, math.inf, "a whole number from 1")
_FROM_ZERO = (0, math.inf, "a whole number from 0")
_RANGES: dict[tuple[str, type], tuple[float, float, str]] = {
    **dict.fromkeys([(name, float) for name in ("level", "half_width")], _INSIDE),
    **dict.fromkeys(
        [(name, float) for name in ("share", "least", "overlap", "most", "abstain_below")], _SHARE
    ),
    **dict.fromkeys(
        [
            (name, int)
            for name in ("n", "n_units", "n_workers", "batch", "size", "stride", "project")
        ],
        _COUNT,
    ),
    **dict.fromkeys(
        [(name, int) for name in ("seed", "draws", "context", "examples", "most")], _FROM_ZERO
    ),
    **dict.fromkeys([(name, float) for name in ("lower", "gate")], (-1, 1, "a number up to 1")),
    ("n_folds", int): (2, math.inf, "a whole number from 2"),
    ("port", int): (0, 65_535, "a port, from 0 to 65535"),
    ("timeout", float): (math.nextafter(0, 1), math.inf, "a number of seconds above 0"),
}
"""What a parameter of this name and type may be; each name means the same wherever it stands."""

_WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    NoneType: "None",
}
_MAKERS = {
    "Codebook": "load_codebook",
    "Model": "Model.load",
    "Tags": "read_tags",
    "TrainingSet": "from_file, from_rows or from_study",
}
"""What makes a value of a class that users do not make themselves."""


def check_all(namespace: MutableMapping[str, Any], names: Iterable[str]) -> None:
    """Let the functions among the names of a package check their arguments.

    Parameters
    ----------
    namespace
        The package's `globals()`.
    names
        Its public names.
    """
    for name in names:
        if inspect.isfunction(function := namespace[name]):
            wrapped = checked(function)
            # So that it can be pickled: it is found where users find it.
            wrapped.__module__, wrapped.__qualname__ = namespace["__name__"], name
            namespace[name] = wrapped


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a function by its annotations, and turn texts into paths.

    Raises
    ------
    InputError
        From the function: an argument is of a wrong type, or out of range.

    Examples
    --------
    >>> @checked
    ... def read(path: Path, level: float = 0.95) -> Path:
    ...     return path
    >>> read("a.csv").suffix
    '.csv'
    >>> from .errors import InputError
    >>> for arguments in ([3], ["a.csv", 95]):
    ...     try:
    ...         read(*arguments)
    ...     except InputError as error:
    ...         print(error)
    read: path is 3 (int); give a path
    read: level is 95; give a number between 0 and 1
    """
    signature = inspect.signature(function)
    hints = {
        name: one.annotation
        for name, one in signature.parameters.items()
        if one.annotation is not one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    }

    @wraps(function)
    def check(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            # Python's own words for what is missing or not known name the function.
            return function(*args, **kwargs)
        for name, value in bound.arguments.items():
            hint = hints.get(name, Any)
            if problem := _problem(value, hint, name):
                raise InputError(function.__name__, *problem)
            if hint is Path:
                bound.arguments[name] = Path(value)
        return function(*bound.args, **bound.kwargs)

    return check


def _problem(value: Any, hint: Any, name: str) -> tuple[str, str] | None:
    """Return what is wrong with an argument, and what to give instead; None when it is sound."""
    if not _fits(value, hint):
        shown = f"{name} is {_shown(value)} ({type(value).__name__})"
        named = re.findall(r"\w+", str(hint))
        maker = next((_MAKERS[word] for word in named if word in _MAKERS), "")
        return shown, f"give {_words(hint)}" + (f", which {maker} makes" if maker else "")
    for kind in (int, float):
        within = _RANGES.get((name, kind))
        plain = kind in (hint, *get_args(hint)) and isinstance(value, Real)
        if within and plain and not within[0] <= value <= within[1]:
            return f"{name} is {_shown(value)}", f"give {within[2]}"
    return None


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(one, inner[1]) for one in value.values())
    if origin is tuple:
        return isinstance(value, tuple | list)
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _fits_list(value, origin, inner[0] if inner else Any)
    if origin is not None or not isinstance(hint, type):
        # Callables, names that only type checkers load, and what else cannot be looked at.
        return True
    if hint is Path:
        return isinstance(value, str | os.PathLike)
    if hint in (int, float):
        number = isinstance(value, Integral if hint is int else Real)
        return number and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN
    if hint is bool:
        return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")
    return getattr(hint, "_is_protocol", False) or isinstance(value, hint)


def _fits_list(value: Any, origin: type, inner: Any) -> bool:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return False
    # What is read twice must not be gone after the first time.
    if origin is not get_origin(Iterable[Any]) and not hasattr(value, "__len__"):
        return False
    if isinstance(value, Mapping):
        return inner is str
    return not isinstance(value, list | tuple) or all(_fits(one, inner) for one in value)


def _words(hint: Any) -> str:
    """Say in words what an annotation asks for."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_words, inner)))
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a dict of {_plural(inner[1])} by name"
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return f"a list of {_plural(inner[0])}" if inner else "a list"
    return _WORDS.get(hint) or f"a {getattr(hint, '__name__', hint)}"


def _plural(hint: Any) -> str:
    parts = (word.removeprefix("a ").partition(" of ") for word in _words(hint).split(" or "))
    return " or ".join(f"{head}s{of}{rest}" for head, of, rest in parts)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 and "\n" not in shown else f"{shown.split(chr(10))[0][:60]}..."
