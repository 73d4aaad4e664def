"""Codebooks to start from: the ready ones, and one inferred from labelled data."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from .codebook import Codebook, Dimension, Label
from .hotkeys import assign_hotkeys

__all__ = ["infer_codebook", "ready_codebooks"]


def ready_codebooks() -> dict[str, Path]:
    """Return the files of the codebooks that come with Standfirst, by name.

    Examples
    --------
    >>> sorted(ready_codebooks())
    ['generic-frames', 'policy-frames', 'stance', 'transfer-deals']
    """
    folder = Path(__file__).with_name("ready")
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def infer_codebook(
    columns: Mapping[str, Sequence[tuple[str, ...]]],
    multiple: Collection[str],
    *,
    complete: bool = True,
) -> Codebook:
    """Make a codebook from the answers that labelled data hold.

    It says which answers there are, and nothing about what they mean: definitions stay empty.

    Parameters
    ----------
    columns
        For each dimension, the answers of all rows; an empty tuple where there is none. A question
        with several labels that has one need not be answered.
    multiple
        Dimensions that take any number of labels.
    complete
        Refuse a dimension with fewer labels than a question needs.

    Raises
    ------
    InputError
        A dimension has fewer labels than a question needs, or a row of a single-choice one has two.

    Examples
    --------
    >>> book = infer_codebook({"bias": [("yes",), (), ("no",), ("yes",)]}, multiple=())
    >>> book.dimension("bias").label_ids
    ('no', 'yes')
    """
    dimensions = []
    for name, answers in columns.items():
        labels = sorted({label for answer in answers for label in answer})
        if complete and len(labels) < (1 if name in multiple else 2):
            seen = f"only the label {labels[0]!r}" if labels else "no label at all"
            raise InputError(
                f"column {name}", f"{seen} occurs", "provide rows with at least two labels"
            )
        wide = next((answer for answer in answers if len(answer) > 1), None)
        if wide and name not in multiple:
            problem = f"a row has {len(wide)} labels ({', '.join(wide)})"
            raise InputError(f"column {name}", problem, "declare the dimension as multiple choice")
        dimensions.append(
            Dimension(
                name,
                f"Which {name}?",
                tuple(Label(label, label) for label in labels),
                "multiple" if name in multiple else "single",
                required=name not in multiple or () not in answers,
            )
        )
    title = f"Inferred from data: {', '.join(columns)}"
    return assign_hotkeys(Codebook("inferred", title, "0", tuple(dimensions)))
