"""The next step of a study: which command brings it forward, by what is there.

These are the only rules about it. `standfirst status` shows the step, and every command that moves
a study forward ends with it.
"""

import importlib.util
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..annotate.language_models.records import asked_of, folder_of
from ..errors import RevisionError
from ..labels.annotations.annotation import MACHINE
from .inventory import GATE, UNITS, Inventory

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Step", "next_step", "next_with_files"]

_ROUND = 300
_TEST = 100
_MANY = 2_000
_OWN = "standfirst start FOLDER_OF_ARTICLES"


@dataclass(frozen=True, slots=True)
class Step:
    """One command to type."""

    command: str
    """The command, whole; empty where nothing is left to do, or something must be repaired first.
    """
    why: str
    """What it is for, or what must be done first."""

    def __str__(self) -> str:
        return f"{self.command}  # {self.why}" if self.command else self.why


def next_step(have: Inventory, *, after: str = "") -> Step:
    """Decide what comes next.

    Parameters
    ----------
    have
        What the study holds.
    after
        The command that has just ended, such as ``annotate agreement``. It matters for commands
        that leave no trace in the study. Behind ``annotate ask`` and ``annotate validate`` stands
        the name of the coder.

    Examples
    --------
    >>> from .folder import StudyFolder
    >>> next_step(Inventory(StudyFolder(Path("nowhere")))).why
    'the codebook has to be put right'
    """
    rules = (_codebook, _articles, _draw, _damage, _machine, _coding, _gold, _model, _tags)
    step = next((made for rule in rules if (made := rule(have, after))), None)
    step = step or _report(have, after)
    here = have.study.root.resolve()
    if step.command and here != Path.cwd().resolve():
        there = os.path.relpath(here) if here.is_relative_to(Path.cwd()) else str(here)
        return Step(f"cd {shlex.quote(there)} && {step.command}", step.why)
    return step


def next_with_files(after: str, path: str, *, names: "Sequence[str]" = ()) -> Step:
    """Say what comes after a command that worked on files, without a study.

    Parameters
    ----------
    after
        What has just ended: a command, or a group of them.
    path
        The model that it made or scored; for ``tag`` the tags that it wrote, for ``demo`` the study
        that it left, if it did; for ``encoders`` the one to fetch, if one is missing.
    names
        Labelled columns.

    Examples
    --------
    >>> print(next_with_files("evaluate", "my model").command)
    standfirst tag 'my model' ARTICLES -o tags.parquet
    """
    where = shlex.quote(path)
    options = "".join(f" --label {shlex.quote(name)}" for name in names)
    tag = f"standfirst tag {where} ARTICLES -o tags.parquet"
    if after in {"demo", "doctor"} and path:
        return Step(f"cd {where} && standfirst status", "what is there, to look at and go on with")
    if after == "encoders" and path:
        return Step(f"standfirst encoders pull {where}", "needs fewer labels than counted words")
    steps = {
        "agreement": (
            f"standfirst train --data {where}{options or ' --label NAME'} -o model",
            "from a table of texts with one answer each",
        ),
        "codebook": (f"standfirst init STUDY --codebook {where}", "a study that is coded by it"),
        "definitions": (
            f"standfirst annotate sample 100 --rule margin --model {where}",
            "have coded first what the definitions leave open",
        ),
        "demo": (_OWN, "a study of your own; or keep this one: standfirst demo --keep DIR"),
        "doctor": (_OWN, "a study of your own articles"),
        "encoders": ("standfirst train", "in a study; or with --data CODED.csv --label NAME"),
        "evaluate": (tag, "one row for each unit of new articles"),
        "measure": ("", "nothing is left to do with these files; a report is made in a study"),
        "plan": ("standfirst annotate sample N", "draw as many, in a study"),
        "plan of tags": ("", "the same command without --plan tags"),
        "tag": (
            f"standfirst measure shares {where} --gold CODED.csv",
            "corrected by units of these tags that people have coded",
        ),
        "train": (
            f"standfirst evaluate {where} --data HELD_OUT.csv{options}",
            f"or, without other labels: standfirst tag {where} ARTICLES -o TAGS",
        ),
    }
    return Step(*steps[after])


def _codebook(have: Inventory, _after: str) -> Step | None:
    if have.codebook is not None:
        return None
    return Step("standfirst labels check", "the codebook has to be put right")


def _articles(have: Inventory, _after: str) -> Step | None:
    n_articles, n_units = have.size
    if "corpus" in have.errors:
        return Step("", str(have.errors["corpus"]))
    if n_units:
        return None
    if n_articles:
        why = "all articles are set aside; name their language in study.toml first"
        return Step("standfirst corpus cut", why)
    return Step("standfirst corpus add PATHS...", "files or folders with articles")


def _draw(have: Inventory, _after: str) -> Step | None:
    if have.design or "design" in have.errors or have.annotations:
        return None
    n_units = have.size[1]
    test = f" --test {_TEST}" if n_units >= _MANY else ""
    command = f"standfirst annotate sample {min(_ROUND, n_units)}{test}"
    return Step(command, f"draw from the {n_units:,} units what people are to code")


def _damage(have: Inventory, _after: str) -> Step | None:
    """Stop where something cannot be read: what follows would not know of it."""
    for part in ("design", "annotations"):
        _ = getattr(have, part)
        if (error := have.errors.get(part)) is None:
            continue
        if isinstance(error, RevisionError):
            return Step("standfirst labels diff", "answers are of another revision of the codebook")
        return Step("", str(error))
    return None


def _machine(have: Inventory, after: str) -> Step | None:
    """Go on with a language model: from its answers to the check, from there to tags and shares."""
    command, is_machine, name = after.partition(f" {MACHINE}")
    if not is_machine or not have.gold:
        return None
    coder = f"{MACHINE}{name}"
    tagged = next((one for one in have.corpus_tags if coder in one.versions), None)
    if tagged is not None:
        why = "how often each label holds, by its answers and corrected by gold"
        return Step(f"standfirst measure shares {_within(have, tagged.path)}", why)
    if command == "annotate ask":
        why = "what people's blind gold says of it"
        return Step(f"standfirst annotate validate {shlex.quote(coder)}", why)
    asked = asked_of(have.study.annotations, coder)
    if asked is None:
        return None
    target = have.study.tags / f"{folder_of(have.study.annotations, coder).name}.parquet"
    words = ["--endpoint", asked.endpoint, "--model", asked.model, "--corpus", "-o"]
    command = f"standfirst annotate ask {shlex.join(words)} {_within(have, target)}"
    return Step(command, f"all {len(have.unit_ids):,} units, as tags; --plan tells what it takes")


def _coding(have: Inventory, after: str) -> Step | None:
    n_left = sum(row.n_left for row in have.workloads)
    if not n_left or after in {"annotate agreement", "annotate push --review", "labels gold"}:
        return None
    if after == "annotate export":
        return Step("standfirst annotate import FILE", "what the other tool exported, coded")
    fresh = after == "annotate sample" or not have.is_pushed
    begun = bool(have.annotations)
    if fresh and begun and after != "annotate sample" and not have.knows_server:
        # Answers came in as files; what is left may stay so.
        return None
    if have.gold and after != "annotate sample" and have.is_pushed:
        return None
    readings = f"{n_left:,} readings"
    if not fresh:
        return Step("standfirst annotate pull", f"{readings} are left; run it when some are done")
    if have.knows_server:
        return Step("standfirst annotate push", f"{readings} are to be done")
    if importlib.util.find_spec("label_studio") is None:
        why = "for a Label Studio elsewhere; or install it: pip install 'standfirst[label-studio]'"
        return Step("standfirst annotate export -o tasks.json", why)
    return Step("standfirst annotate start", "Label Studio on this machine; leave it running")


def _gold(have: Inventory, after: str) -> Step | None:
    if after == "annotate push --review":
        return Step("standfirst annotate adjudicate", "bring them back when they are decided")
    n_missing, n_ties = have.unresolved
    if n_ties and after == "annotate adjudicate":
        return Step(f"standfirst {after}", f"{n_ties:,} ties are open; again when they are decided")
    if not n_missing and not have.gold and "gold" not in have.errors:
        return Step("standfirst annotate adjudicate", f"all {n_ties:,} answers are ties")
    if not n_missing or after == "labels gold":
        return None
    if not have.gold and have.n_double and after not in {"", "annotate agreement"}:
        return Step(f"standfirst annotate agreement --gate {GATE}", "do coders agree well enough")
    if not have.gold and not after:
        low = [result.dimension for result in have.agreement if (result.alpha.value or 0.0) < GATE]
        if low:
            return Step("standfirst labels coders", f"where coders differ on {', '.join(low)}")
    ties = f"; {n_ties:,} ties stay open" if n_ties else ""
    return Step("standfirst labels gold", f"resolve {n_missing:,} answers{ties}")


def _model(have: Inventory, after: str) -> Step | None:
    usable = have.usable_models
    if "gold" in have.errors:
        return Step("standfirst labels gold", "gold is of another revision of the codebook")
    if not usable:
        return Step("standfirst train", f"learn from {len(have.gold):,} resolved answers")
    if have.has_other_gold(usable[0]) and after not in {"train", "evaluate"}:
        return Step("standfirst train", f"{usable[0].path.name} was trained before gold changed")
    if after == "train" and have.test:
        command = f"standfirst evaluate {_within(have, usable[0].path)}"
        return Step(command, f"score it on the {len(have.test):,} units of the test part")
    return None


def _tags(have: Inventory, after: str) -> Step | None:
    model = have.usable_models[0] if after in {"train", "evaluate"} else have.model
    assert model is not None  # noqa: S101 - the rule before has seen to it
    n_units, tags = len(have.unit_ids), have.corpus_tags
    if len(tags) > 1:
        names = ", ".join(entry.path.name for entry in tags)
        return Step("", f"several tags of the corpus ({names}): remove all but one from tags/")
    if tags and tags[0].n_shared >= n_units and tags[0].versions in {(), (model.version,)}:
        return None
    if not _holds_units(have):
        return Step(f"standfirst corpus units -o {UNITS}", "the study's own units, to be tagged")
    replaced = bool(tags) and tags[0].path.suffix == ".parquet"
    target = tags[0].path if replaced else have.study.tags / "corpus.parquet"
    command = f"standfirst tag {_within(have, model.path)} {UNITS} -o {_within(have, target)}"
    return Step(command, f"{n_units:,} units")


def _report(have: Inventory, after: str) -> Step:
    if after == "report":
        return Step("", "nothing is left to do; open the page in a browser")
    if have.report is None and have.design and after != "measure shares":
        why = "how often each label holds, corrected by gold"
        return Step("standfirst measure shares", why)
    if have.report is None or have.changed_since_report:
        return Step("standfirst report", "one page to read, send on and check")
    return Step("", f"nothing is left to do; open {have.report.name} in a browser")


def _holds_units(have: Inventory) -> bool:
    """Tell whether the file of units is there and holds all units."""
    from ..measure.inputs.tagged import unit_ids_of

    path = have.study.root / UNITS
    try:
        return path.is_file() and have.unit_ids <= set(unit_ids_of(path))
    except ValueError:
        return False


def _within(have: Inventory, path: Path) -> str:
    return shlex.quote(path.relative_to(have.study.root).as_posix())
