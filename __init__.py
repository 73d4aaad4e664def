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
    from .corpus import Article, Corpus, Unit, cut, load_units, read_articles, sentences
    from .errors import StandfirstError
    from .labels import Annotation, Codebook, Gold, agreement, load_codebook, resolve
    from .measure import Shares, Tags, read_tags, shares
    from .models import Model, evaluate, from_file, from_rows, tag_files, train
    from .models.training.estimator import Classifier
    from .study.notebook import Study

_HOMES = {
    "Annotation": "labels",
    "Article": "corpus",
    "Classifier": "models.training.estimator",
    "Codebook": "labels",
    "Corpus": "corpus",
    "Gold": "labels",
    "Model": "models",
    "Shares": "measure",
    "StandfirstError": "errors",
    "Study": "study.notebook",
    "Tags": "measure",
    "Unit": "corpus",
    "agreement": "labels",
    "cut": "corpus",
    "evaluate": "models",
    "from_file": "models",
    "from_rows": "models",
    "load_codebook": "labels",
    "load_units": "corpus",
    "read_articles": "corpus",
    "read_tags": "measure",
    "resolve": "labels",
    "sentences": "corpus",
    "shares": "measure",
    "tag_files": "models",
    "train": "models",
}

__all__ = [
    "Annotation",
    "Article",
    "Classifier",
    "Codebook",
    "Corpus",
    "Gold",
    "Model",
    "Shares",
    "StandfirstError",
    "Study",
    "Tags",
    "Unit",
    "__version__",
    "agreement",
    "cut",
    "evaluate",
    "from_file",
    "from_rows",
    "load_codebook",
    "load_units",
    "read_articles",
    "read_tags",
    "resolve",
    "sentences",
    "shares",
    "tag_files",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
