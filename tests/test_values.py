"""What is handed out is a value: it cannot be changed, and holds nothing but its fields."""

import importlib
import pkgutil
from dataclasses import is_dataclass

import pytest


@pytest.mark.parametrize(
    "room", ["annotate.design", "labels.gold", "labels.reliability", "measure.estimates"]
)
def test_results_are_values(room: str) -> None:
    """Every dataclass of the rooms where figures are made is frozen, with slots."""
    package = importlib.import_module(f"standfirst.{room}")
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    ]
    made = [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__
    ]

    assert made
    for each in made:
        parameters = vars(each)["__dataclass_params__"]
        assert parameters.frozen, each
        assert "__slots__" in vars(each), each
