"""What is odd in a study: it is not wrong, and should be known before its figures are used."""

from collections.abc import Iterator
from dataclasses import dataclass

from .inventory import GATE, Inventory

__all__ = ["Oddity", "oddities"]


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing that is odd."""

    what: str
    """What it is."""
    remedy: str = ""
    """What can be done; empty where it cannot be said."""

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


def oddities(have: Inventory) -> list[Oddity]:
    """List what is odd, in the order of the way from articles to the report."""
    parts = (_drawn, _coders, _answers, _models, _tags, _report)
    odd = [oddity for part in parts for oddity in part(have)]
    # Whatever could not be read was met by now.
    return [*(Oddity(str(error)) for error in have.errors.values()), *odd]


def _drawn(have: Inventory) -> Iterator[Oddity]:
    gone = [row for row in have.design if row.unit_id not in have.unit_ids]
    if gone:
        what = f"{len(gone)} of {len(have.design)} drawn units are not in the corpus any more"
        yield Oddity(what, "the corpus was cut anew, or is another one")


def _coders(have: Inventory) -> Iterator[Oddity]:
    rows = [row for row in have.workloads if row.coder]
    done: dict[str, int] = {}
    for row in rows:
        done[row.coder] = done.get(row.coder, 0) + row.n_done
    planned = {coder for row in have.design for coder in row.coders}
    if any(done.values()):
        idle = sorted(coder for coder, n in done.items() if not n)
        others = sorted(done.keys() - planned - set(idle))
        if idle:
            remedy = "are these the addresses that they signed up with? standfirst annotate coders"
            yield Oddity(f"coded nothing: {', '.join(idle)}", remedy)
        if planned and others:
            yield Oddity(f"code without being planned: {', '.join(others)}")
    left: dict[str, int] = {}
    for row in have.workloads:
        left[row.round] = left.get(row.round, 0) + row.n_left
    for name, n in left.items():
        if n and have.annotations:
            yield Oddity(f"round {name} is not finished: {n} readings are left")


def _answers(have: Inventory) -> Iterator[Oddity]:
    if have.annotations and not have.n_double:
        remedy = "draw some for two: standfirst annotate sample 100 --overlap 1"
        yield Oddity("no unit has two coders, so that nobody knows whether they agree", remedy)
    for result in have.agreement:
        if result.alpha.value is not None and result.alpha.value < GATE:
            what = f"coders do not agree on {result.dimension} (alpha {result.alpha.value:.3f})"
            yield Oddity(what, "see where they differ: standfirst labels coders")
    n_missing, n_ties = have.unresolved
    if have.gold and n_missing:
        yield Oddity(f"gold lacks {n_missing} answers", "run: standfirst labels gold")
    if have.gold and n_ties:
        yield Oddity(
            f"{n_ties} ties are left", "settle them: standfirst annotate adjudicate --ties"
        )
    n_test = sum(row.part == "test" for row in have.design)
    if have.gold and n_test and not have.test:
        yield Oddity(f"none of the {n_test} units of the test part has gold", "code them")


def _models(have: Inventory) -> Iterator[Oddity]:
    book = have.codebook
    for model in have.models:
        name = f"models/{model.path.name}"
        if model.problem:
            yield Oddity(model.problem)
        elif book is not None and model.codebook != book.id:
            yield Oddity(f"{name} is of another codebook ({model.codebook})", "train again")
        elif book is not None and model.revision != book.revision:
            what = f"{name} is of revision {model.revision}; the codebook is {book.revision}"
            yield Oddity(what, "train again")
        elif model.n_rows and have.has_other_gold(model):
            yield Oddity(f"{name} was trained on other answers than gold holds now", "train again")


def _tags(have: Inventory) -> Iterator[Oddity]:
    models = {model.version: model for model in have.models if model.version}
    n_units = len(have.unit_ids)
    for tags in have.tags:
        name = f"tags/{tags.path.name}"
        if tags.problem:
            yield Oddity(tags.problem)
            continue
        if tags in have.corpus_tags and tags.n_shared < n_units:
            what = f"{name} lacks {n_units - tags.n_shared} units: the corpus has grown since"
            yield Oddity(what, "tag it again")
        for version in tags.versions:
            if version not in models:
                what = f"{name} was tagged by a model that is not here any more ({version})"
                yield Oddity(what, "tag it again")
            elif tags in have.corpus_tags and have.model and have.model.version != version:
                yield Oddity(f"{name} is older than models/{have.model.path.name}", "tag it again")
    if len(have.corpus_tags) > 1:
        names = ", ".join(tags.path.name for tags in have.corpus_tags)
        yield Oddity(f"several tags of the corpus: {names}", "remove all but one")


def _report(have: Inventory) -> Iterator[Oddity]:
    changed = have.changed_since_report
    if changed:
        yield Oddity(f"report.html is older than {', '.join(changed)}", "run: standfirst report")
