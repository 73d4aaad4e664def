"""A study: one folder that holds one project, and what needs both its coders and its models.

The public names are loaded when they are first used: commands import rooms of this package, and
must not load tables and readers to print their help.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import Round
    from .exchange import Exported
    from .folder import Settings
    from .notebook import Study
    from .pushing import PushedProject
    from .resolving import Resolved
    from .status import Status

_HOMES = {
    "Exported": "exchange",
    "PushedProject": "pushing",
    "Resolved": "resolving",
    "Round": "drawing",
    "Settings": "folder",
    "Status": "status",
    "Study": "notebook",
}

__all__ = ["Exported", "PushedProject", "Resolved", "Round", "Settings", "Status", "Study"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
