"""Everything that candidates read of the training rows, prepared once for all folds.

Candidates share most of their columns: the same text in the same network, with or without words
beside it. So each encoder prepares each view once; a candidate is a choice of these blocks, and in
a fold only what learns from other texts (how rare an n-gram is) is fitted again.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...progress import Progress
from ..encoders.networks.transformer import Transformer
from ..encoders.side_by_side import SHARES, Beside, Part, prepare_views
from ..heads.other_tasks import OtherTasks, other_tasks
from ..matrix import Matrix, States, stack
from ..views import Inputs
from .candidates import Candidate

__all__ = ["Features", "states_of"]


class Features:
    """The blocks of all candidates.

    Parameters
    ----------
    inputs
        The training rows.
    candidates
        What will be asked for.
    progress
        Receives how many texts each encoder has read.
    """

    def __init__(
        self,
        inputs: Inputs,
        candidates: Sequence[Candidate],
        progress: Progress | None = None,
    ) -> None:
        self._parts = {candidate: candidate.parts() for candidate in candidates}
        self.tasks = other_tasks(inputs.texts)
        self._begun: dict[str, Any] = {}
        self._blocks: dict[tuple[str, str], Matrix] = {}
        wanted: dict[str, dict[str, None]] = {}
        widest: dict[str, Any] = {}
        for part in (part for parts in self._parts.values() for part in parts):
            wanted.setdefault(part.key, {}).update(dict.fromkeys(part.views))
            widest[part.key] = _wider(widest.get(part.key), part.encoder)
        for name, views in wanted.items():
            encoder = widest[name]
            if progress is not None and isinstance(encoder, Transformer):
                encoder.progress = _named(progress, f"reading with {name}")
            # The target is read in one pass with the text, so that both are always asked for.
            begun, blocks = prepare_views(encoder, tuple(views), inputs, begin=True)
            self._begun[name] = begun
            self._blocks |= {(name, view): b for view, b in zip(views, blocks, strict=True)}

    def fit(self, candidate: Candidate, rows: npt.NDArray[np.int64] | None) -> tuple[Any, Matrix]:
        """Fit a candidate's encoders on some rows (None: on all).

        Returns
        -------
        The fitted encoder, and the vectors of all rows.
        """
        fitted, blocks = [], []
        for part in self._parts[candidate]:
            whole = self._begun[part.key]
            columns = _columns(whole, part.encoder)
            first = self._blocks[part.key, part.views[0]]
            encoder = whole.fit(first if rows is None else first[rows])
            if columns is not None:
                encoder = part.encoder
            for view in part.views:
                block = encoder.transform(self._blocks[part.key, view])
                if columns is not None:
                    block = block[:, columns]
                blocks.append(block * np.float32(part.share * SHARES[view]))
            fitted.append(Part(part.name, encoder, part.share, part.views))
        alone = len(fitted) == 1 and fitted[0].views == ("text",)
        return fitted[0].encoder if alone else Beside(fitted), stack(blocks)

    def states(self, encoder: Any) -> list[States]:
        """Return the columns of a fitted encoder that hold states of a network."""
        return states_of(encoder, self.tasks)

    def taught_by(self, states: Sequence[States]) -> tuple[str, ...]:
        """Name the sets whose questions are known in states; none where there are none."""
        return self.tasks.sets if any(view.other_tasks is not None for view in states) else ()


def states_of(encoder: Any, tasks: OtherTasks) -> list[States]:
    """Return the columns of a fitted encoder that hold states of a network, one of each view.

    Parameters
    ----------
    encoder
        The encoder.
    tasks
        What other tasks turn on in such states.
    """
    states, start = [], 0
    for part in encoder.parts if isinstance(encoder, Beside) else [Part("", encoder)]:
        for _ in part.views:
            end = start + part.encoder.width
            if isinstance(part.encoder, Transformer):
                last = end - part.encoder.weights.network.width
                states.append(States(start, last, end, tasks.in_states_of(part.encoder)))
            start = end
    return states


def _named(progress: Progress, what: str) -> Progress:
    """Report under a name of our own."""
    return lambda _, done, total, unit: progress(what, done, total, unit)


def _wider(widest: Any, other: Any) -> Any:
    """Return the encoder that pools the layers of both."""
    if not isinstance(other, Transformer):
        return widest or other
    layers = {*(widest.layers if widest else ()), *other.layers}
    return type(other)(other.weights, tuple(sorted(layers)))


def _columns(whole: Any, part: Any) -> npt.NDArray[np.int64] | None:
    """Columns of the prepared block that an encoder with fewer layers has; None for all."""
    if not isinstance(whole, Transformer) or whole.layers == part.layers:
        return None
    return whole.narrow(part.layers)[1]
