"""Tasks and answers of a study as files, for tools that cannot be asked over a network."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StudyError, UnknownNameError
from .contents import annotations_of, codebook_of, units_of

if TYPE_CHECKING:
    from ..annotate.answers.merge import Merged
    from .folder import StudyFolder

__all__ = ["Exported", "export_round", "import_answers", "refuse_output"]

_LABELS = {
    "label-studio": (".xml", ["<View", "sf-head"]),
    "doccano": (".labels.json", ["suffix_key"]),
}
"""Format to the file of the labels, and what it holds."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Study
    >>> with TemporaryDirectory() as folder:
    ...     study = Study.create(Path(folder) / "deals")
    ...     _ = study.add([{"title": "Talks", "text": "Talks resume. The minister left."}])
    ...     made = study.export_tasks(Path(folder) / "tasks.json")
    >>> made.n_tasks, made.labels.name
    (2, 'tasks.xml')
    """

    n_tasks: int
    """Units in the file."""
    path: Path
    """The file."""
    labels: Path | None
    """The file of the labels, which the other tool takes beside it; None where it needs none."""


def export_round(
    study: "StudyFolder",
    output: Path,
    *,
    name: str | None = None,
    form: str = "label-studio",
    coder: str = "",
    force: bool = False,
) -> Exported:
    """Write the drawn units (all, where none are drawn) with their answers for another tool.

    Parameters
    ----------
    study
        The study.
    output
        The file to write.
    name
        Only units of this round; all if None.
    form
        ``label-studio``, ``prodigy`` or ``doccano``.
    coder
        Only this coder's answers; those of all people if empty.
    force
        Replace an existing file that holds something else.

    Raises
    ------
    UnknownNameError
        There is no such format, round or coder.
    ExistsError
        The file is there already, and is another tool's.
    StudyError
        There are no units.
    """
    from ..annotate.design.sampling import read_design
    from ..annotate.other_tools.exchange import export_lines, export_tasks
    from ..labels import current, is_machine

    second = refuse_output(output, form, force=force)
    codebook, plan = codebook_of(study), read_design(study.design)
    known = sorted({row.round for row in plan} - {""})
    if name is not None and known and name not in known:
        raise UnknownNameError("round", name, known)
    design = [row for row in plan if name in (None, row.round)]
    if name is not None and not design:
        raise StudyError(study.design, "no unit is drawn", "run: standfirst annotate sample 100")
    units = units_of(study)
    if design:
        by_id = {unit["unit_id"]: unit for unit in units}
        units = [by_id[row.unit_id] for row in design if row.unit_id in by_id]
    answers = annotations_of(study)
    latest = current(answers)
    people = [row for row in latest if not is_machine(row.coder)]
    rows = [row for row in latest if row.coder == coder] if coder else people
    if coder and not rows:
        raise UnknownNameError("coder with answers:", coder, sorted({row.coder for row in answers}))
    rounds = {row.unit_id: row.round for row in design}
    if form == "label-studio":
        n_tasks = export_tasks(output, units, codebook, annotations=rows, rounds=rounds)
    else:
        n_tasks = export_lines(output, form, units, codebook, annotations=rows, rounds=rounds)
    return Exported(n_tasks, output, second)


def refuse_output(output: Path, form: str, *, force: bool = False) -> Path | None:
    """Refuse to replace a file of another tool.

    Returns
    -------
    The file of the labels, which is written as well; None where there is none.

    Raises
    ------
    ExistsError
        The file, or that of the labels, is there already and holds something else.
    """
    from ..tables.foreign import refuse_foreign

    refuse_foreign(output, ['"unit_id"'], force=force)
    if form not in _LABELS:
        return None
    suffix, marks = _LABELS[form]
    second = output.with_suffix(suffix)
    refuse_foreign(second, marks, force=force)
    return second


def import_answers(
    study: "StudyFolder", file: Path, *, form: str = "label-studio", coder: str = ""
) -> "Merged":
    """Add the answers that another tool exported to a study.

    Parameters
    ----------
    study
        The study.
    file
        What the tool exported.
    form
        ``label-studio``, ``prodigy`` or ``doccano``.
    coder
        Whose answers they are, whatever the file says.

    Raises
    ------
    MissingFileError, InputError, UnknownNameError
        The file cannot be used, or there is no such format.
    """
    from ..annotate.answers.merge import merge_answers
    from ..annotate.other_tools.exchange import import_lines, import_tasks
    from .migrations import earlier_revisions

    codebook = codebook_of(study)
    if form == "label-studio":
        earlier = earlier_revisions(study, codebook)
        read = import_tasks(file, codebook, coder=coder, earlier=earlier)
    else:
        read = import_lines(file, form, codebook, coder=coder)
    return merge_answers(study.annotations, read)
