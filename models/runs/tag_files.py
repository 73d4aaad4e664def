"""Tagging files from Python: what ``standfirst tag`` does."""

from collections.abc import Sequence
from pathlib import Path

from ...progress import Progress
from .ending.finish import Summary
from .engines.engine import make_engine
from .manifest import Options
from .prepare import prepare
from .run import run

__all__ = ["tag_files"]


def tag_files(
    model: str | Path,
    inputs: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    options: Options = Options(),  # noqa: B008 - frozen
    engine: str = "local",
    processes: int | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Tag files of articles or of ready units, of any size.

    A run that was interrupted goes on where it stopped when it is called again.

    Parameters
    ----------
    model
        Folder of a trained model.
    inputs
        Files, folders, globs or s3:// URLs.
    output
        A folder for shards, or one file: OUT.parquet, .jsonl or .csv.
    options
        What else can be chosen, such as the columns of the inputs.
    engine
        A name in `engines.ENGINES`: ``local`` or ``ray``.
    processes
        How many processes work; as the engine finds best if None.
    progress
        Receives how many bytes of input are done.

    Returns
    -------
    The counts: articles, units, labels, rejects.

    Raises
    ------
    StandfirstError
        Something is not there, not known, or made of something else.

    Examples
    --------
    >>> import tempfile
    >>> from standfirst.models.training.estimator import Classifier
    >>> fitted = Classifier("tfidf").fit(["It works.", "It is cruel."] * 9, ["for", "against"] * 9)
    >>> with tempfile.TemporaryDirectory() as scratch:
    ...     folder = Path(scratch)
    ...     fitted.save(folder / "model")
    ...     _ = (folder / "news.txt").write_text("It works. It is cruel.", encoding="utf-8")
    ...     done = tag_files(folder / "model", folder / "news.txt", folder / "tags.csv")
    >>> done.units, dict(done.labels["label"])
    (2, {'against': 1, 'for': 1})
    """
    given = [inputs] if isinstance(inputs, str | Path) else inputs
    prepared = prepare(Path(model), [str(path) for path in given], str(output), options)
    return run(prepared, make_engine(engine, processes), progress=progress)
