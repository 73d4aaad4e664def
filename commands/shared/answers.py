"""How commands that bring answers in report what came of them."""

from typing import TYPE_CHECKING

from ...errors import LeakError
from .options import print_json, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ...annotate.answers.identities import Identities
    from ...annotate.answers.merge import Merged
    from ...annotate.design.plan import Drawn

__all__ = ["print_merged", "say_strangers"]


def print_merged(kept: "Merged", *, as_json: bool) -> None:
    """Print what was kept of answers that came in."""
    if as_json:
        print_json(kept.as_dict())
    else:
        print(kept)
    if not as_json:
        say(*(f"note: {note}" for note in kept.notes))
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


def say_strangers(
    design: "Iterable[Drawn]", coders: "Collection[str]", identities: "Identities"
) -> None:
    """Say which planned coders nobody is, while others code whom nobody planned."""
    from ...annotate.answers.identities import strangers

    planned = {coder for row in design for coder in row.coders}
    missing, others = strangers(planned, coders, identities)
    if missing:
        say(
            f"warning: planned as {', '.join(missing)}, but coding as {', '.join(others)}; say who "
            f"is who: standfirst annotate coders --same {missing[0]} {others[0]}"
        )
