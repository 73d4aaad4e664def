"""What ``train --fine-tune`` adds: its options, the work, and what came of it in words."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..shared.options import say
from ..shared.progress import ProgressLine

if TYPE_CHECKING:
    from ...models import Report, TrainingSet
    from ...models.finetuning.fine_tune import Outcome

__all__ = ["EpochsOption", "FineTuneOption", "check", "device_to_encode", "tune"]

FineTuneOption = Annotated[
    str | None,
    typer.Option(
        "--fine-tune",
        help="Tune the network itself: contrastive, end-to-end, or auto (both; kept if it pays).",
        show_default="not at all",
    ),
]
EpochsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100,
        help="Passes of fine-tuning over the texts.",
        show_default="3 to 6, by their number",
    ),
]


def check(
    method: str | None, device: str | None, encoders: list[str], *, epochs: int | None = None
) -> None:
    """Refuse what fine-tuning cannot do, before the long work; and its options without it.

    Raises
    ------
    UnknownNameError
        No such method or device.
    MissingExtraError
        Torch is not installed.
    InputError
        There is no such device here, none of the encoders that are named is a network, or passes
        are named and nothing is fine-tuned.
    MissingFileError
        No encoder is named, and the weights of the usual network are not here.
    """
    from ...errors import InputError, UnknownNameError
    from ...models.encoders.networks.devices import check_device, resolve

    if (wanted := device_to_encode(device, tunes=method is not None)) is not None:
        found = resolve(wanted)
        check_device(found)
        if device == "cuda" and found == "cpu":
            say("device: texts are read on cpu, as onnxruntime finds no GPU; torch tunes on cuda")
    if method is None:
        if epochs is not None:
            problem = "it is about fine-tuning, and nothing is fine-tuned"
            raise InputError("--epochs", problem, "add --fine-tune auto, or leave it out")
        return
    from ...models.encoders.networks.transformer import Transformer
    from ...models.encoders.registry import make_parts
    from ...models.encoders.weights.on_disk import find_weights
    from ...models.finetuning.fine_tune import load_tuner
    from ...models.finetuning.recipe import METHODS

    if method not in (*METHODS, "auto"):
        raise UnknownNameError("method of fine-tuning", method, [*METHODS, "auto"])
    load_tuner()[1](_device_to_tune(device))
    if not encoders:
        find_weights("minilm").read("tokenizer.json")
    parts = [part for name in encoders for part in make_parts(name)]
    if parts and not any(isinstance(part.encoder, Transformer) for part in parts):
        problem = f"the encoder {' '.join(encoders)!r} has no network that can be tuned"
        raise InputError("--fine-tune", problem, "name minilm or mpnet")


def device_to_encode(device: str | None, *, tunes: bool) -> str | None:
    """Return the device that reads the texts, given the one that was named.

    Torch may have a GPU where onnxruntime has none; then texts are read on the processor.

    Examples
    --------
    >>> device_to_encode("cuda", tunes=True), device_to_encode("cuda", tunes=False)
    ('auto', 'cuda')
    """
    return "auto" if tunes and device == "cuda" else device


def _device_to_tune(device: str | None) -> str:
    return {None: "auto", "openvino": "cpu", "cuda-half": "cuda"}.get(device, device or "auto")


def tune(
    rows: "TrainingSet",
    report: "Report",
    method: str,
    device: str | None,
    epochs: int | None,
) -> "tuple[Report, list[str]]":
    """Tune the network of a trained model; give the model to keep, and what came of it in words."""
    from ...models.finetuning.fine_tune import fine_tune
    from ...models.finetuning.recipe import METHODS

    n_methods = len(METHODS) if method == "auto" else 1
    folds = report.model.about.n_folds
    say(
        f"fine-tuning: up to {2 * n_methods * folds + 1} times, so that the score is honest; "
        "the time that is left is shown as it goes (the frozen model is kept already)"
    )
    with ProgressLine() as progress:
        outcome = fine_tune(
            rows,
            report,
            method,
            device=_device_to_tune(device),
            epochs=epochs,
            progress=progress,
        )
    return outcome.report, ["", *_lines(outcome)]


def _lines(outcome: "Outcome") -> list[str]:
    """Say whether fine-tuning paid."""
    mean, low, high = outcome.difference.numbers()
    lines = [
        f"fine-tuning {name}: macro-F1 {f1:.3f}; frozen {outcome.frozen:.3f}, on the same folds"
        for name, f1 in outcome.tuned.items()
    ]
    gain = f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"
    by = f"{outcome.best} against frozen {gain}, paired over groups"
    if outcome.pays:
        lines.append(f"  it pays and is kept: {by}")
    elif outcome.kept is None:
        lines.append(f"  it does not pay here, so the frozen network is kept: {by}")
    else:
        lines.append(f"  kept as you asked, though it is not clearly better: {by}")
    if outcome.kept is not None:
        both = "+" in outcome.report.model.encoder_name
        effort = "with both networks, and takes twice as long" if both else "as fast as before"
        lines.append(f"  tagging needs no torch; it reads {effort}")
    return lines
