"""Public functions refuse a wrong argument in one line, whichever it is, and before any work."""

import inspect
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import pytest

from standfirst.arguments import checked
from standfirst.corpus import read_articles, sentences
from standfirst.errors import InputError
from standfirst.labels import load_codebook, ready_codebooks
from standfirst.measure import plan_share
from standfirst.models import Model, compare

PACKAGES = ("corpus", "labels", "annotate", "models", "measure")
SHARES = ("level", "half_width", "share", "least", "overlap", "abstain_below")
COUNTS = ("n_workers", "batch", "n_folds", "size", "stride")


class Strange:
    """Nothing that any function takes."""

    def __repr__(self) -> str:
        return "strange"


def wrong_values(name: str, hint: Any) -> list[Any]:
    """Give values that a parameter of this name and annotation cannot be."""
    allowed = get_args(hint) if NoneType in get_args(hint) or Path in get_args(hint) else (hint,)
    allowed = tuple(one for one in allowed if one is not NoneType)
    if not all(known(one) for one in allowed):
        return []
    wrong: list[Any] = [Strange()]
    if not {str, Path} & {*allowed} and not any(get_origin(one) is None for one in allowed):
        wrong.append("a text")
    if {int, float} & {*allowed}:
        wrong += ["3", float("nan"), True]
    else:
        wrong.append(3)
    if name in SHARES:
        wrong += [-0.1, 1.5, 95]
    if name in COUNTS:
        wrong += [0, -1, 2.5]
    if name == "seed":
        wrong += [-1, 0.5]
    return wrong


def known(hint: Any) -> bool:
    """Tell whether an annotation is a type that can be looked at."""
    origin = get_origin(hint)
    if origin is not None:
        return isinstance(origin, type) and issubclass(origin, Iterable)
    return hint is not Any and isinstance(hint, type) and not getattr(hint, "_is_protocol", False)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f"{package}.{name}": function
    for package in PACKAGES
    for module in [import_module(f"standfirst.{package}")]
    for name in module.__all__
    if inspect.isfunction(function := getattr(module, name))
} | {"Model.load": Model.load}


@pytest.mark.parametrize("named", FUNCTIONS)
def test_each_argument_of_each_public_function(named: str) -> None:
    """Whatever else is given, a wrong type or a number out of range is named, with the remedy."""
    function = FUNCTIONS[named]
    parameters = [
        one
        for one in inspect.signature(function).parameters.values()
        if one.kind != one.VAR_POSITIONAL
    ]
    sound = {one.name: made(one.annotation) for one in parameters if one.default is one.empty}
    for parameter in parameters:
        for value in wrong_values(parameter.name, parameter.annotation):
            with pytest.raises(InputError) as caught:
                function(**(sound | {parameter.name: value}))

            assert f"{function.__name__}: {parameter.name} is " in str(caught.value)
            assert "; give " in str(caught.value)
            assert "\n" not in str(caught.value)


def made(hint: Any) -> Any:
    """Give something that is no wrong argument of a kind."""
    origin = get_origin(hint)
    plain = {Path: Path("x"), str: "x", int: 2, float: 0.5}
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    if origin is not None and isinstance(origin, type) and issubclass(origin, Iterable):
        return []
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type):
        return object.__new__(hint)
    return made(get_args(hint)[0]) if get_args(hint) else None


def test_examples(tmp_path: Path) -> None:
    """As they were met: a number for a path, a list for a mapping, a share in percent."""
    models = "give a dict of Models by name, which Model.load makes"
    calls: list[tuple[Any, list[Any], str]] = [
        (load_codebook, [3], "load_codebook: path is 3 (int); give a path"),
        (compare, [["m"], None], f"compare: models is ['m'] (list); {models}"),
        (compare, [{"m": 1}, None], f"compare: models is {{'m': 1}} (dict); {models}"),
        (plan_share, [30, 0.05], "plan_share: share is 30; give a number from 0 to 1"),
        (
            read_articles,
            ["a.csv"],
            "read_articles: inputs is 'a.csv' (str); give a list of texts or paths",
        ),
        (
            partial(Model.tag, abstain_below=2),
            [None, None],
            "tag: abstain_below is 2; give a number from 0 to 1",
        ),
    ]
    for function, arguments, message in calls:
        with pytest.raises(InputError) as caught:
            function(*arguments)

        assert str(caught.value) == message
    (tmp_path / "a.txt").write_text("They talk.")

    assert len([*read_articles([tmp_path / "a.txt"])]) == 1
    assert load_codebook(str(ready_codebooks()["stance"])).id == "stance"  # type: ignore[arg-type]


def test_what_is_read_twice_is_no_iterator() -> None:
    """A generator that would be empty the second time is refused where a list is asked for."""

    @checked
    def twice(names: Sequence[str]) -> int:
        return len([*names, *names])

    assert twice(["a"]) == 2
    with pytest.raises(InputError, match=r"twice: names is <generator .*; give a list of texts"):
        twice(name for name in "ab")  # type: ignore[arg-type]


def test_other_processes() -> None:
    """A public function can be sent to another process, and keeps what documents it."""
    assert pickle.loads(pickle.dumps(sentences)) is sentences  # noqa: S301 - our own
    assert "Examples" in (sentences.__doc__ or "")
    assert [*inspect.signature(sentences).parameters] == ["text", "language"]
