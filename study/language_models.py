"""A language model's answers in a study: asking for them, and reading them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..annotate.design.plan import read_design
from ..annotate.language_models.asking import Plan, Question, ask, plan, questions
from ..annotate.language_models.cache import Cache
from ..annotate.language_models.endpoint import Client, Endpoint
from ..annotate.language_models.prompt import Prompt, make_prompt
from ..annotate.language_models.records import (
    Counts,
    find_coder,
    folder_of,
    keep,
    read_answers,
    remember,
    variants_of,
)
from ..errors import RevisionError, StudyError
from ..files import locked
from ..labels import Annotation, Codebook, check_revision, current, read_annotations, settle
from ..progress import Progress
from .contents import annotations_of, codebook_of, gold_of, units_of
from .measuring import blind_gold

if TYPE_CHECKING:
    from ..measure.checks.machine_check import MachineCheck
    from .folder import StudyFolder

__all__ = [
    "Answers",
    "Job",
    "Outcome",
    "answers_of",
    "checked",
    "job_of",
    "labels_by_unit",
    "rows_by_unit",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of asking ended."""

    counts: Counts
    """What became of the units."""
    stopped: str
    """Why it ended early; empty if it did not."""
    is_broken: bool
    """Whether the endpoint was the reason."""
    folder: Path
    """Where the answers are."""


@dataclass(frozen=True, slots=True)
class Job:
    """A model, an endpoint and the units that it is asked about."""

    study: "StudyFolder"
    """The study."""
    codebook: Codebook
    """What is coded."""
    prompt: Prompt
    """What is asked."""
    endpoint: Endpoint
    """Where."""
    units: Sequence[Mapping[str, Any]]
    """About which units, in the order in which they are asked."""
    rounds: Mapping[str, str] = field(default_factory=dict)
    """Unit to coding round."""

    @property
    def folder(self) -> Path:
        """Where the answers are."""
        return folder_of(self.study.annotations, self.prompt.coder)

    def plan(self, **options: Any) -> Plan:
        """Work out what asking takes; see `asking.plan` for the options."""
        with self._cache() as cache:
            return plan(self.prompt, self._questions(), cache, **options)

    def run(self, client: Client, *, progress: Progress | None = None, **options: Any) -> Outcome:
        """Ask, and keep what comes back; see `asking.ask` for the options.

        Raises
        ------
        StudyError
            Another run asks the same model.
        """
        asked = self._questions()
        with locked(self.folder), self._cache() as cache:
            done = ask(self.prompt, asked, client, cache, progress=progress, **options)
            counts = keep(
                self.folder,
                self.prompt,
                self.codebook,
                asked,
                done,
                units=self.units,
                rounds=self.rounds,
                endpoint=self.endpoint.url,
            )
        return Outcome(counts, done.stopped, done.is_broken, self.folder)

    def _questions(self) -> list[Question]:
        return questions(self.prompt, self.units, self.endpoint.url)

    def _cache(self) -> Cache:
        cache = Cache(self.study.state / "language-models.sqlite")
        remember(cache, self.folder, self.prompt.coder)
        return cache


def job_of(
    study: "StudyFolder",
    endpoint: Endpoint,
    model: str,
    *,
    round: str | None = None,  # noqa: A002 - as the option
    corpus: bool = False,
    **parameters: Any,
) -> Job:
    """Prepare to ask a model about a study's units.

    Parameters
    ----------
    study
        The study.
    endpoint
        Where the model answers.
    model
        Its name.
    round
        Only the units of this coding round.
    corpus
        All units of the corpus, and not the drawn ones alone.
    parameters
        See `make_prompt`.

    Raises
    ------
    StudyError
        Nothing was drawn, or nothing in this round.
    """
    codebook = codebook_of(study)
    design = read_design(study.design)
    rounds = {row.unit_id: row.round for row in design}
    units = units_of(study)
    if not corpus:
        if not design:
            remedy = "draw: standfirst annotate sample 200; or ask about all units: --corpus"
            raise StudyError(study.root, "nothing was drawn", remedy)
        drawn = [row.unit_id for row in design if round in (None, row.round)]
        if not drawn:
            remedy = f"name one of {', '.join(sorted(set(rounds.values())))}"
            raise StudyError(study.design, f"no unit of round {round!r}", remedy)
        by_id = {str(unit["unit_id"]): unit for unit in units}
        units = [by_id[unit_id] for unit_id in drawn if unit_id in by_id]
    return Job(study, codebook, make_prompt(codebook, model, **parameters), endpoint, units, rounds)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a language model answered."""

    coder: str
    """Its full name."""
    annotations: list[Annotation]
    """Its labels."""
    unusable: frozenset[str]
    """Units on which its answer is of no use."""

    @property
    def asked(self) -> frozenset[str]:
        """Units on which it was asked."""
        return self.unusable.union(row.unit_id for row in self.annotations)


def answers_of(study: "StudyFolder", name: str) -> Answers:
    """Read what a model answered by the present codebook.

    Parameters
    ----------
    study
        The study.
    name
        ``llm:MODEL@HASH``; the hash may be left out where there is but one.

    Raises
    ------
    StudyError, UnknownNameError
        There is no such coder.
    RevisionError
        It answered by another revision of the codebook.
    """
    coder, folder = find_coder(study.annotations, name)
    path = folder / "annotations.jsonl"
    rows = read_annotations(path) if path.is_file() else []
    try:
        check_revision(rows, codebook_of(study), str(path))
    except RevisionError as error:
        raise RevisionError(path, error.problem, "ask again: standfirst annotate ask") from error
    answered = {row.unit_id for row in rows}
    bad = {answer.unit_id for answer in read_answers(folder) if answer.problem}
    return Answers(coder, rows, frozenset(bad - answered))


def rows_by_unit(given: Answers, codebook: Codebook) -> dict[str, dict[str, Annotation]]:
    """Give what counts of a model's answers: id of each dimension to unit to annotation."""
    made: dict[str, dict[str, Annotation]] = {}
    for row in current(settle(given.annotations, codebook).annotations):
        made.setdefault(row.dimension, {})[row.unit_id] = row
    return made


def labels_by_unit(given: Answers, codebook: Codebook) -> dict[str, dict[str, tuple[str, ...]]]:
    """Give a model's labels: id of each dimension to unit to labels, where it gave an answer."""
    rows = rows_by_unit(given, codebook)
    return {
        name: {unit: row.labels for unit, row in of.items() if row.status == "answered"}
        for name, of in rows.items()
    }


def checked(
    study: "StudyFolder", name: str, *, dimensions: Sequence[str] | None = None, **options: Any
) -> "MachineCheck":
    """Check a model by people's blind gold; see `check_machine` for the options.

    Raises
    ------
    StudyError, UnknownNameError
        There is no such coder, no gold, or no such dimension.
    LeakError
        All gold was coded with a suggestion in view.
    """
    from ..measure.checks.machine import check_machine

    codebook, given = codebook_of(study), answers_of(study, name)
    for dimension in dimensions or ():
        codebook.dimension(dimension)
    people = annotations_of(study)
    gold, n_shown = blind_gold(gold_of(study, codebook), people)
    if not gold:
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    columns = ["unit_id", "article_id", "text", "outlet"]
    variants = {
        kind: answers_of(study, variant).annotations
        for variant, kind in variants_of(study.annotations, given.coder).items()
    }
    made = check_machine(
        given.coder,
        given.annotations,
        people,
        gold,
        read_design(study.design),
        codebook=codebook,
        units={str(unit["unit_id"]): unit for unit in units_of(study, columns)},
        unusable=given.unusable,
        variants=variants,
        dimensions=dimensions,
        **options,
    )
    if not n_shown:
        return made
    note = f"{n_shown} answers with a suggestion in view are left out of gold"
    return replace(made, notes=(note, *made.notes))
