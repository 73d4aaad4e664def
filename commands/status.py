"""``standfirst status``: what a study holds, what is odd in it, and what comes next."""

from .shared.options import JsonOption, StudyOption, find_study, print_json, say

__all__ = ["status"]


def status(study: StudyOption = None, json: JsonOption = False) -> None:
    """Show what a study holds, what is odd in it, and the next command to type.

    It works at any time, and asks no server. What coders have still to do is shown in full by
    `annotate status`.

    Example: standfirst status
    """
    from ..study.status import status_of

    made = status_of(find_study(study))
    if json:
        print_json(made.as_json())
        return
    print("\n".join(made.lines()))
    say(f"next: {made.next}")
