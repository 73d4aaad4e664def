"""Suggestions while people code: which model is in force, and how the next one is trained.

A model is one reference that is replaced in one step, so that a request sees the old one or the new
one and never half of each. Training runs elsewhere, in a thread that waits for a process; requests
go on meanwhile, and an event that comes during a training starts one more when it is over.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import StandfirstError
from ...labels import Codebook
from ..design.sampling import Drawn
from .suggestion import Suggester, blind_units, prediction

__all__ = ["Service"]

_LOG = logging.getLogger(__name__)


class Service:
    """Makes suggestions, and learns in the background.

    Parameters
    ----------
    codebook
        What is coded.
    design
        Returns what is drawn at the moment.
    suggester
        The model to begin with; None as long as there is none.
    train
        Makes a new model; takes its time. None where nothing is to be learned.
    after
        Number of new annotations after which it trains by itself; never if 0.
    """

    def __init__(
        self,
        codebook: Codebook,
        design: Callable[[], Sequence[Drawn]],
        suggester: Suggester | None = None,
        *,
        train: Callable[[], Suggester] | None = None,
        after: int = 0,
    ) -> None:
        self._codebook, self._design = codebook, design
        self._suggester, self._train, self._after = suggester, train, after
        self._lock = threading.Lock()
        self._n_new, self._again = 0, False
        self._worker: threading.Thread | None = None
        self.n_trained = 0
        """How many models were trained and put in force."""
        self.problem = ""
        """Why the last training gave no model; empty when it did."""

    @property
    def version(self) -> str:
        """Version of the model in force; empty as long as there is none."""
        suggester = self._suggester
        return suggester.version if suggester else ""

    @property
    def training(self) -> bool:
        """Whether a training runs."""
        with self._lock:
            return self._worker is not None

    def predict(self, units: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Return the predictions of each unit, none or one, in the order of the units.

        Units that are coded blind, or that were never drawn, get none.
        """
        suggester = self._suggester
        if suggester is None:
            return [[] for _ in units]
        design = self._design()
        allowed = {row.unit_id for row in design} - blind_units(design)
        asked = [i for i, unit in enumerate(units) if _sound(unit) and unit["unit_id"] in allowed]
        made: list[list[dict[str, Any]]] = [[] for _ in units]
        suggestions = suggester.suggest([units[i] for i in asked]) if asked else []
        for i, suggestion in zip(asked, suggestions, strict=True):
            if any(suggestion.labels.values()):
                made[i] = [prediction(suggestion, self._codebook, suggester.version)]
        return made

    def note_answers(self, n_annotations: int) -> bool:
        """Take note of new annotations, and train when there are enough.

        Returns
        -------
        Whether a training was started, or will be when the present one is over.
        """
        with self._lock:
            self._n_new += n_annotations
            if not self._after or self._n_new < self._after:
                return False
            self._n_new = 0
        return self.start_training()

    def start_training(self) -> bool:
        """Train in the background; False where there is nothing to train."""
        if self._train is None:
            return False
        with self._lock:
            if self._worker is not None:
                self._again = True
                return True
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()
        return True

    def _work(self) -> None:
        assert self._train is not None  # noqa: S101 - for the type checker
        while True:
            try:
                made = self._train()
            except StandfirstError as error:
                self.problem = str(error)
                _LOG.warning("no new model: %s", error)
            except Exception:  # noqa: BLE001 - nothing may end the service
                # Whatever it was, the model in force stays, and the reason is shown.
                self.problem = "training failed; see the log"
                _LOG.exception("no new model")
            else:
                self._suggester, self.problem = made, ""
                self.n_trained += 1
                _LOG.info("suggestions come from %s now", made.version)
            with self._lock:
                if not self._again:
                    self._worker = None
                    return
                self._again = False


def _sound(unit: Mapping[str, Any]) -> bool:
    return isinstance(unit.get("unit_id"), str) and isinstance(unit.get("text"), str)
