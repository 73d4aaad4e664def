"""What is kept of a model's answers, beside people's annotations and never among them.

::

    annotations/language_models/MODEL@HASH/
    |-- prompt.json         what was asked: instructions, schema, parameters, codebook, endpoint
    |-- answers.jsonl       one line a unit: the raw answer, tokens, time, whether it is of use
    |-- annotations.jsonl   the labels, in the form of people's annotations
    `-- rejects.jsonl       what is of no use, with its reason and its raw text
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...corpus import Reject, keep_rejects
from ...errors import InputError, StudyError, UnknownNameError
from ...files import dump_json, write_jsonl, write_text
from ...labels import Annotation, Codebook, merge_annotations, read_annotations, write_annotations
from ...labels.annotations.annotation import MACHINE, read_rows
from .answers import UnusableError, read_answer
from .asking import Asked, Question
from .cache import Cache
from .endpoint import Reply
from .prompt import Prompt

__all__ = [
    "Answer",
    "AskedOf",
    "Counts",
    "asked_of",
    "coders_in",
    "find_coder",
    "folder_of",
    "keep",
    "read_answers",
    "remember",
    "variants_of",
]

_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer on one unit, as it came."""

    unit_id: str
    """The unit."""
    key: str
    """Hash of what was asked, and where."""
    answered: str
    """ISO time in UTC."""
    reply: Reply
    """The answer."""
    problem: str
    """Why it is of no use; empty if it is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the units that were wanted; all but `n_units`, `n_new` and tokens add up."""

    n_units: int
    """Units that were wanted."""
    n_answered: int
    """Units with labels."""
    n_rejected: int
    """Units whose answer is of no use."""
    n_failed: int
    """Units on which no answer came; the same command asks them again."""
    n_left: int
    """Units that were not asked."""
    n_new: int
    """Requests of this run."""
    n_prompt: int
    """Tokens of the requests for these units, of earlier runs as well."""
    n_answer: int
    """Tokens of the answers."""


def folder_of(annotations: Path, coder: str) -> Path:
    """Return the folder of a coder, beside the file of people's annotations.

    Examples
    --------
    >>> folder_of(Path("annotations/annotations.jsonl"), "llm:Qwen/qwen2.5:0.5b@0d1f5ea2c3b4").name
    'Qwen_qwen2.5_0.5b@0d1f5ea2c3b4'
    """
    model, _, mark = coder.removeprefix(MACHINE).rpartition("@")
    name = f"{_UNFIT.sub('_', model)[:_LONGEST]}@{_UNFIT.sub('_', mark)}"
    return annotations.parent / "language_models" / name


def coders_in(annotations: Path) -> dict[str, Path]:
    """Return the coders that have answered, and their folders; variants of one are left out.

    Raises
    ------
    InputError
        A folder's prompt.json cannot be read.
    """
    return {coder: folder for coder, (folder, of, _) in _coders(annotations).items() if not of}


def variants_of(annotations: Path, coder: str) -> dict[str, str]:
    """Return the variants of a coder that have answered: name, and which one it is.

    Raises
    ------
    InputError
        A folder's prompt.json cannot be read.
    """
    return {name: kind for name, (_, of, kind) in _coders(annotations).items() if of == coder}


@dataclass(frozen=True, slots=True)
class AskedOf:
    """By what a coder was asked."""

    endpoint: str
    """The address."""
    model: str
    """The name of the model there."""
    revision: str
    """Revision of the codebook."""


def asked_of(annotations: Path, coder: str) -> AskedOf | None:
    """Return by what a coder was asked; None where it left no prompt.

    Raises
    ------
    InputError
        A folder's prompt.json cannot be read.
    """
    known = _coders(annotations).get(coder)
    if known is None:
        return None
    path = known[0] / "prompt.json"
    about = json.loads(path.read_bytes())
    try:
        revision, model = about["codebook"]["revision"], about["prompt"]["model"]
        return AskedOf(str(about["endpoint"]), str(model), str(revision))
    except (LookupError, TypeError) as error:
        raise InputError(path, "is damaged", "remove its folder, and ask again") from error


def _coders(annotations: Path) -> dict[str, tuple[Path, str, str]]:
    """Return name to folder, and of a variant the coder whose variant it is, and which."""
    known = {}
    for path in sorted((annotations.parent / "language_models").glob("*/prompt.json")):
        try:
            about = json.loads(path.read_bytes())
            of, kind = str(about.get("of", "")), str(about.get("variant", ""))
            known[str(about["coder"])] = (path.parent, of, kind)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(path, "is damaged", "remove its folder, and ask again") from error
    return known


def find_coder(annotations: Path, name: str) -> tuple[str, Path]:
    """Find a coder by name; the hash may be left out where the model has answered by one alone.

    Raises
    ------
    StudyError, UnknownNameError
        No model has answered, or not this one, or the name fits several.
    """
    coders = coders_in(annotations)
    if not coders:
        problem = "no language model has answered yet"
        raise StudyError(annotations.parent, problem, "ask one: standfirst annotate ask")
    wanted = name if name.startswith(MACHINE) else f"{MACHINE}{name}"
    fit = [coder for coder in coders if wanted in (coder, coder.rpartition("@")[0])]
    if len(fit) > 1:
        raise StudyError(name, f"stands for {len(fit)} coders", f"name one: {', '.join(fit)}")
    if fit:
        return fit[0], coders[fit[0]]
    if exact := _coders(annotations).get(wanted):
        return wanted, exact[0]
    raise UnknownNameError("language model:", wanted, list(coders))


def read_answers(folder: Path) -> list[Answer]:
    """Read the raw answers of a coder; none where there are none yet."""
    path = folder / "answers.jsonl"
    return read_rows(path, Answer) if path.is_file() else []


def remember(cache: Cache, folder: Path, coder: str) -> None:
    """Put the answers of a study that came from another machine into the cache."""
    rows = {row.key: row for row in read_answers(folder)}
    known = cache.get(list(rows))
    for key, row in rows.items():
        if key not in known:
            cache.add(key, coder, row.reply, row.answered)


def keep(
    folder: Path,
    prompt: Prompt,
    codebook: Codebook,
    questions: Sequence[Question],
    asked: Asked,
    *,
    units: Sequence[Mapping[str, Any]],
    rounds: Mapping[str, str],
    endpoint: str,
) -> Counts:
    """Write what came of asking; what is there already stays.

    Parameters
    ----------
    folder
        The coder's folder.
    prompt
        What was asked.
    codebook
        What is coded.
    questions, asked
        The questions, and their answers.
    units
        The units that they are about.
    rounds
        Unit to coding round.
    endpoint
        The address.
    """
    article_of = {str(unit["unit_id"]): str(unit.get("article_id") or "") for unit in units}
    answers, annotations, rejects = [], [], []
    for question in questions:
        row = asked.replies.get(question.key)
        if row is None:
            continue
        problem, said = "", {}
        try:
            said = read_answer(row.reply.content, codebook, cut=row.reply.cut)
        except UnusableError as error:
            problem = str(error)
        for unit_id in question.unit_ids:
            answers.append(Answer(unit_id, row.key, row.answered, row.reply, problem))
            if problem:
                rejects.append(_reject(prompt.coder, unit_id, problem, row.reply.content))
            for dimension, (labels, status) in said.items():
                annotations.append(
                    Annotation(
                        unit_id,
                        prompt.coder,
                        dimension,
                        labels,
                        status,
                        article_id=article_of[unit_id],
                        created=row.answered,
                        seconds=row.reply.seconds,
                        round=rounds.get(unit_id, ""),
                        revision=codebook.revision,
                        source=f"chat:{row.key[:12]}",
                    )
                )
    failed = [
        _reject(prompt.coder, unit_id, failure.reason, failure.raw)
        for question, failure in asked.failures
        for unit_id in question.unit_ids
    ]
    _write(folder, prompt, codebook, answers, annotations=annotations, endpoint=endpoint)
    keep_rejects(folder / "rejects.jsonl", [*rejects, *failed])
    n_usable = sum(not answer.problem for answer in answers)
    return Counts(
        len(article_of),
        n_usable,
        len(answers) - n_usable,
        len(failed),
        len(article_of) - len(answers) - len(failed),
        asked.n_calls,
        sum(row.reply.n_prompt or 0 for row in asked.replies.values()),
        sum(row.reply.n_answer or 0 for row in asked.replies.values()),
    )


def _reject(coder: str, unit_id: str, reason: str, raw: str) -> Reject:
    return Reject.of(f"{coder}, unit {unit_id}", None, reason, raw)


def _write(
    folder: Path,
    prompt: Prompt,
    codebook: Codebook,
    answers: Iterable[Answer],
    *,
    annotations: Iterable[Annotation],
    endpoint: str,
) -> None:
    path = folder / "annotations.jsonl"
    before = read_annotations(path) if path.is_file() else []
    everything = {(row.unit_id, row.key): row for row in (*read_answers(folder), *answers)}
    rows = sorted(everything.values(), key=lambda row: (row.unit_id, row.answered))
    dates = [row.answered for row in rows]
    served = Counter(row.reply.model for row in rows if row.reply.model)
    about = {
        "coder": prompt.coder,
        **({"variant": prompt.variant, "of": prompt.of} if prompt.variant else {}),
        "endpoint": endpoint,
        "served_as": dict(sorted(served.items())),
        "first_answer": min(dates, default=""),
        "last_answer": max(dates, default=""),
        "codebook": {"id": codebook.id, "version": codebook.version, "revision": codebook.revision},
        "prompt": prompt.as_dict(),
    }
    write_text(folder / "prompt.json", dump_json(about) + "\n")
    write_jsonl(folder / "answers.jsonl", (asdict(row) for row in rows))
    write_annotations(path, merge_annotations(before, annotations))
