"""How commands that bring answers in report what came of them."""

from typing import TYPE_CHECKING

from ...errors import LeakError
from .options import print_json, say

if TYPE_CHECKING:
    from ...annotate.answers.merge import Merged

__all__ = ["print_merged"]


def print_merged(kept: "Merged", *, as_json: bool) -> None:
    """Print what was kept of answers that came in."""
    if as_json:
        print_json(kept.as_dict())
    else:
        print(kept)
    if kept.n_rejected and not as_json:
        say(f"{kept.n_rejected} answers were set aside, with reasons, in {kept.rejects}")
    if kept.n_leaked:
        problem = f"{kept.n_leaked} answers on units to be coded blind had a suggestion in view"
        raise LeakError(kept.rejects, problem, "they do not count; have these units coded again")
    if kept.n_exposed:
        say(
            f"warning: {kept.n_exposed} units to be coded blind have a suggestion on the server; "
            "remove it there: Data Manager > Delete Predictions"
        )
