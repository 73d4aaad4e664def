"""Standfirst turns news into measured stance and framing.

The public names below are loaded when they are first used, so that ``import standfirst`` is quick.

Examples
--------
>>> import standfirst
>>> standfirst.sentences("Talks resume. The minister left.")
['Talks resume.', 'The minister left.']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .corpus import Article, Unit, cut, load_units, read_articles, sentences
    from .errors import StandfirstError
    from .labels import Annotation, Codebook, Gold, agreement, load_codebook, resolve
    from .models import Model, train
    from .models.training.estimator import Classifier
    from .study.folder import Study

_HOMES = {
    "Annotation": "labels",
    "Article": "corpus",
    "Classifier": "models.training.estimator",
    "Codebook": "labels",
    "Gold": "labels",
    "Model": "models",
    "StandfirstError": "errors",
    "Study": "study.folder",
    "Unit": "corpus",
    "agreement": "labels",
    "cut": "corpus",
    "load_codebook": "labels",
    "load_units": "corpus",
    "read_articles": "corpus",
    "resolve": "labels",
    "sentences": "corpus",
    "train": "models",
}

__all__ = [
    "Annotation",
    "Article",
    "Classifier",
    "Codebook",
    "Gold",
    "Model",
    "StandfirstError",
    "Study",
    "Unit",
    "agreement",
    "cut",
    "load_codebook",
    "load_units",
    "read_articles",
    "resolve",
    "sentences",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
