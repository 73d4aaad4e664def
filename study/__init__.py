"""A study: one folder that holds one project, and what needs both its coders and its models.

The public names are loaded when they are first used: commands import rooms of this package, and
must not load tables and readers to print their help.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .folder import Settings, Study

__all__ = ["Settings", "Study"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import folder

    return getattr(folder, name)
