"""Scores that another processor might give: off by a millionth, the same for the same score.

``pytest --perturb tests/models`` runs tests so. What turns then hangs on rounding: either the test
asserts on a choice that no promise covers, or a choice in the code lacks its rule for ties.
Programs that tests start are perturbed alike, since a model must answer the same in each of them.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from standfirst.models.heads.linear import LinearFit
from standfirst.models.matrix import Matrix

__all__ = ["perturb_programs", "perturb_scores"]

_RELATIVE = 1e-6


def perturb_programs(folder: Path) -> None:
    """Let every program of Python that is started from now on give perturbed scores, too."""
    lines = "from standfirst.tests.perturb import perturb_scores\nperturb_scores()\n"
    (folder / "sitecustomize.py").write_text(lines)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    )


def perturb_scores() -> None:
    """Let all classifiers give perturbed scores, from now on and in this process."""
    exact = LinearFit.scores
    if exact.__name__ == "perturbed":
        return

    def perturbed(self: LinearFit, vectors: Matrix) -> npt.NDArray[np.float64]:
        scores = exact(self, vectors)
        # Noise that depends on the score alone: two ways to the same score still agree.
        return np.asarray(scores * (1 + _RELATIVE * np.sin(1e4 * scores)))

    LinearFit.scores = perturbed  # type: ignore[method-assign]
