"""What fine-tuning makes small: cross entropies of classifiers, or distances of pairs; in torch."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..heads.linear import LinearFit
from .recipe import Lesson

__all__ = ["LearningHead", "contrastive_loss"]


class LearningHead:
    """The classifier of one dimension while it learns."""

    def __init__(self, lesson: Lesson, device: torch.device, *, learns: bool) -> None:
        self.multiple = lesson.multiple
        self.weights = torch.tensor(lesson.start.weights, dtype=torch.float32, device=device)
        self.intercept = torch.tensor(lesson.start.intercept, dtype=torch.float32, device=device)
        self.weights.requires_grad_(learns)
        self.intercept.requires_grad_(learns)
        self.truth = torch.tensor(lesson.truth, dtype=torch.float32, device=device)
        self.importance = torch.tensor(lesson.importance(), dtype=torch.float32, device=device)
        self.answered = torch.tensor(lesson.answered, device=device)

    def loss(self, vectors: Tensor, rows: Sequence[int]) -> Tensor:
        """Return the cross entropy of a batch; rows that nobody answered weigh nothing."""
        scores = vectors @ self.weights.T + self.intercept
        truth, importance = self.truth[rows], self.importance[rows]
        if self.multiple:
            each = functional.binary_cross_entropy_with_logits(scores, truth, reduction="none")
            return (each * importance).sum(1).mean()
        each = functional.cross_entropy(scores, truth, reduction="none")
        return (each * importance.sum(1)).mean()

    def likeness(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return what share of labels two rows have in common, and whether both are answered."""
        truth, answered = self.truth[rows], self.answered[rows]
        common = truth @ truth.T
        size = truth.sum(1)
        either = size[:, None] + size[None, :] - common
        share = torch.where(either > 0, common / either.clamp(min=1), 1.0)
        return share, answered[:, None] & answered[None, :]

    def fit(self) -> LinearFit:
        """Return the classifier as it is."""
        return LinearFit(
            self.weights.detach().cpu().numpy().astype(np.float64),
            self.intercept.detach().cpu().numpy().astype(np.float64),
        )


def contrastive_loss(vectors: Tensor, rows: Sequence[int], heads: Sequence[LearningHead]) -> Tensor:
    """Compare the cosine of each pair with the labels that it shares, averaged over dimensions.

    Pairs that are drawn together count as much as those that are pushed apart, however many there
    are of each.
    """
    unit = functional.normalize(vectors, dim=1)
    cosine = unit @ unit.T
    upper = torch.ones_like(cosine).triu(1)
    loss = cosine.new_zeros(())
    for head in heads:
        share, known = head.likeness(rows)
        pull = share * upper * known
        push = (1 - share) * upper * known
        for weight, aim in ((pull, 1.0), (push, 0.0)):
            loss = loss + (weight * (cosine - aim) ** 2).sum() / weight.sum().clamp(min=1)
    return loss
