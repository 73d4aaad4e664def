"""What commands print about answers that they have merged."""

from typing import TYPE_CHECKING

from ...errors import LeakError
from .options import print_json, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ...annotate.answers.identities import Identities
    from ...annotate.answers.merge import Merged
    from ...annotate.design.plan import Drawn

__all__ = ["print_merged", "say_strangers"]


def print_merged(merged: "Merged", *, as_json: bool) -> None:
    """Print the outcome of merging answers."""
    if as_json:
        print_json(merged.as_dict())
    else:
        print(merged)
    if not as_json:
        say(*(f"note: {note}" for note in merged.notes))
    if merged.n_rejected and not as_json:
        say(f"{merged.n_rejected} answers were set aside, with reasons, in {merged.rejects}")
    if merged.n_leaked:
        problem = f"{merged.n_leaked} answers on units to be coded blind had a suggestion in view"
        raise LeakError(merged.rejects, problem, "they do not count; have these units coded again")
    if merged.n_exposed:
        say(
            f"warning: {merged.n_exposed} units to be coded blind have a suggestion on the server; "
            "remove it there: Data Manager > Delete Predictions"
        )


def say_strangers(
    design: "Iterable[Drawn]", coders: "Collection[str]", identities: "Identities"
) -> None:
    """Warn of planned coders who do not appear, while others code who were not planned."""
    from ...annotate.answers.identities import strangers

    planned = {coder for row in design for coder in row.coders}
    missing, others = strangers(planned, coders, identities)
    if missing:
        say(
            f"warning: planned as {', '.join(missing)}, but coding as {', '.join(others)}; say who "
            f"is who: standfirst annotate coders --same {missing[0]} {others[0]}"
        )
