"""Fine-tuning: the upper layers of a network learn from labels, in torch.

*End to end*: the cross entropy of one linear classifier a dimension over the vectors that the
encoder gives. The classifiers start from the regressions on the frozen vectors, so that the network
is not spoiled in the first steps by classifiers that know nothing. *Contrastive*: texts with the
same labels are drawn together and others apart, until the cosine of two vectors tells whether
labels are shared; all pairs of a batch are used, not drawn ones, which is the same for a fraction
of the forward passes.

Lower layers learn more slowly and the lowest not at all, the rate warms up and fades, and the
weights that are kept are the mean over the last part of the way. What comes out are tensors by the
names that they had: the encoder that runs without torch takes them over.

References
----------
Kumar, A. et al. (2022). Fine-Tuning can Distort Pretrained Features. ICLR (the start).
Tunstall, L. et al. (2022). Efficient Few-Shot Learning Without Prompts (contrastive; SetFit).
Howard, J. & Ruder, S. (2018). Universal Language Model Fine-tuning, section 3.2 (rates by layer).
Izmailov, P. et al. (2018). Averaging Weights Leads to Wider Optima. UAI (the mean of weights).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...errors import InputError
from ...progress import Progress
from ..encoders.networks.graph import MARKS
from ..encoders.weights.architectures import Network
from ..heads.linear import LinearFit
from .losses import LearningHead, contrastive_loss
from .recipe import Lesson, Recipe, Tokens
from .torch_network import TorchNetwork

__all__ = ["choose_device", "tune"]

_MEGABATCH = 8
_LONGEST_GRADIENT = 1.0


def choose_device(name: str) -> str:
    """Return the device that `auto`, `cpu` or `cuda` means here.

    Raises
    ------
    InputError
        There is no such device.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        problem = "torch finds no CUDA device on this machine"
        raise InputError(f"--device {name}", problem, "use --device cpu")
    return name


def tune(
    tensors: Mapping[str, npt.NDArray[Any]],
    network: Network,
    layers: Sequence[int],
    *,
    tokens: Tokens,
    lessons: Sequence[Lesson],
    recipe: Recipe,
    progress: Progress | None = None,
) -> tuple[dict[str, npt.NDArray[np.float16]], list[LinearFit]]:
    """Tune a network on labelled texts.

    Parameters
    ----------
    tensors
        Its weights.
    network
        What they are the weights of.
    layers
        The layers that are pooled.
    tokens
        The texts.
    lessons
        What is learned, one entry a dimension.
    recipe
        How it is tuned.
    progress
        Receives how many texts have been learned from.

    Returns
    -------
    The tensors that have changed, and the classifiers as they are at the end: those that went along
    end to end, or those that it began with.

    Raises
    ------
    InputError
        The device has too little memory.
    """
    device = torch.device(recipe.device)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(recipe.seed)
        try:
            made = TorchNetwork(
                tensors,
                network,
                layers,
                tune_from=recipe.first_layer(max(layers)),
                dropout=recipe.dropout,
                device=recipe.device,
            )
            heads = _learn(made, tokens, lessons, recipe, progress)
        except torch.cuda.OutOfMemoryError as error:
            problem = "has too little memory for this network"
            raise InputError(f"--device {recipe.device}", problem, "use --device cpu") from error
    # Half precision halves the bundle; the vectors that are scored are made with it too.
    tuned = {name: value.astype(np.float16) for name, value in made.tuned().items()}
    return tuned, [head.fit() for head in heads]


def _learn(
    made: TorchNetwork,
    tokens: Tokens,
    lessons: Sequence[Lesson],
    recipe: Recipe,
    progress: Progress | None,
) -> list[LearningHead]:
    """Take all steps; the network and the classifiers are changed in place."""
    contrastive = recipe.method == "contrastive"
    heads = [LearningHead(lesson, made.device, learns=not contrastive) for lesson in lessons]
    optimizer = _optimizer(made, [] if contrastive else heads, recipe)
    learned = [weight for group in optimizer.param_groups for weight in group["params"]]
    plan = list(_batches([len(ids) for ids in tokens.ids], recipe))
    warm = max(1, round(recipe.warm_up * len(plan)))
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warm, (len(plan) - step) / max(1, len(plan) - warm)),
    )
    mean, done = _Mean(learned), 0
    for step, rows in enumerate(plan):
        vectors = made.pooled(*_padded(tokens, rows), training=True)
        if contrastive:
            loss = contrastive_loss(vectors, rows, heads)
        else:
            loss = torch.stack([head.loss(vectors, rows) for head in heads]).sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(learned, _LONGEST_GRADIENT)
        optimizer.step()
        rate.step()
        if step >= len(plan) * (1 - recipe.averaged):
            mean.add()
        done += len(rows)
        if progress is not None:
            progress("fine-tuning", done, len(tokens.ids) * recipe.epochs, "texts")
    mean.take()
    return heads


def _optimizer(
    made: TorchNetwork, heads: Sequence[LearningHead], recipe: Recipe
) -> torch.optim.Optimizer:
    top = max(made.layers)
    groups: list[dict[str, Any]] = [
        {
            "params": list(made.of_layer(number).values()),
            "lr": recipe.rate * recipe.decay ** (top - number),
            "weight_decay": recipe.weight_decay,
        }
        for number in range(made.tune_from, top + 1)
    ]
    own = [weight for head in heads for weight in (head.weights, head.intercept)]
    if own:
        groups.append({"params": own, "lr": recipe.head_rate, "weight_decay": 0.0})
    return torch.optim.AdamW(groups)


class _Mean:
    """The mean of weights over the steps that were added."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights, self._n = weights, 0
        self._mean: list[Tensor] = []

    def add(self) -> None:
        """Add the weights as they are now."""
        self._n += 1
        if self._n == 1:
            self._mean = [weight.detach().clone() for weight in self._weights]
            return
        for mean, weight in zip(self._mean, self._weights, strict=True):
            mean.add_((weight.detach() - mean) / self._n)

    def take(self) -> None:
        """Set the weights to their mean."""
        with torch.no_grad():
            for weight, mean in zip(self._weights, self._mean, strict=bool(self._n)):
                weight.copy_(mean)


def _batches(lengths: Sequence[int], recipe: Recipe) -> Iterator[list[int]]:
    """Yield the rows of each step: in random order, but texts of a length together."""
    rng = np.random.default_rng(recipe.seed)
    for _ in range(recipe.epochs):
        order = rng.permutation(len(lengths)).tolist()
        batches = []
        for start in range(0, len(order), _MEGABATCH * recipe.batch):
            some = sorted(order[start : start + _MEGABATCH * recipe.batch], key=lengths.__getitem__)
            batches += [some[i : i + recipe.batch] for i in range(0, len(some), recipe.batch)]
        for number in rng.permutation(len(batches)):
            yield batches[number]


def _padded(tokens: Tokens, rows: Sequence[int]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return ids, mask, shape (n_rows, n_tokens), and marks of a batch."""
    shape = (len(rows), max(len(tokens.ids[row]) for row in rows))
    ids, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape)
    marks = None if tokens.marks is None else torch.zeros((shape[0], len(MARKS), shape[1]))
    for k, row in enumerate(rows):
        length = len(tokens.ids[row])
        ids[k, :length] = torch.tensor(tokens.ids[row])
        mask[k, :length] = 1
        if marks is not None and tokens.marks is not None:
            marks[k, :, :length] = torch.tensor(tokens.marks[row])
    return ids, mask, marks
