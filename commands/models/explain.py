"""``standfirst explain``: which words a model's answer on a text rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..shared import completion
from ..shared.next_step import say_next_with_files
from ..shared.options import JsonOption, print_json

if TYPE_CHECKING:
    from ...models.explanation import Explanation

__all__ = ["explain"]

_MOST_WORDS = 6
_LEAST = 0.05


def explain(
    model: Annotated[
        Path, typer.Argument(help="The model's folder.", autocompletion=completion.models)
    ],
    text: Annotated[
        list[str], typer.Option("--text", help="One unit, such as a sentence; once for each.")
    ],
    before: Annotated[str, typer.Option(help="The unit before it.")] = "",
    after: Annotated[str, typer.Option(help="The unit after it.")] = "",
    title: Annotated[str, typer.Option(help="Title of its article.")] = "",
    target: Annotated[str, typer.Option(help="What the question is about.")] = "",
    json: JsonOption = False,
) -> None:
    """Show what a model answers on a text, and which words speak for the answer and against it.

    Example: standfirst explain models/deals --text "Campaigners called the deal cruel."
    """
    from ...models import Model
    from ...models.explanation import explain

    loaded = Model.load(model)
    around = {"before": before, "after": after, "title": title, "target": target}
    context = {name: [around[name]] * len(text) for name in loaded.needs}
    explanations = explain(loaded, text, context)
    if json:
        print_json([_as_json(one, of) for one, of in zip(text, explanations, strict=True)])
        return
    for one, of in zip(text, explanations, strict=True):
        print(one)
        for reason in of:
            given = "" if reason.given else ", not given"
            print(f"  {reason.dimension}: {reason.label} ({reason.probability:.0%}{given})")
            for sign, title_of in ((1, "for it"), (-1, "against it")):
                strongest = _strongest(one, reason, sign)
                if strongest:
                    print(f"    {title_of}: {strongest}")
    say_next_with_files("evaluate", model)


def _strongest(text: str, reason: "Explanation", sign: int) -> str:
    """Write the words with the largest effects of one sign."""
    words = [word for word in reason.words if sign * word.effect >= _LEAST]
    words.sort(key=lambda word: -sign * word.effect)
    return ", ".join(f"{text[w.start : w.end]} {w.effect:+.2f}" for w in words[:_MOST_WORDS])


def _as_json(text: str, reasons: "list[Explanation]") -> dict[str, Any]:
    from dataclasses import asdict

    rows = []
    for reason in reasons:
        words = [{"word": text[w.start : w.end], **asdict(w)} for w in reason.words]
        rows.append({**asdict(reason), "words": words})
    return {"text": text, "reasons": rows}
