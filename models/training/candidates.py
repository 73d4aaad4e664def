"""What `train` compares: encoder, layers, context, kind of head.

The effort says how much is tried. ``fast`` takes one candidate, by rules that were right on average
over the sets of the benchmarks. ``default`` asks the folds where the rules are least sure and rows
are enough to tell: whether the neighbours of a sentence pay, and with thousands of rows, whether
counted words alone do. ``thorough`` tries all. How much layers and words count within a candidate
is not compared but learned (`heads.readings`).
What the user names is taken as named, and not compared.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..encoders.languages import unread
from ..encoders.networks.transformer import Transformer, is_ready
from ..encoders.registry import default_encoder, make_parts
from ..encoders.side_by_side import MARKED, MARKED_SHARE, Part
from ..views import CONTEXTS

__all__ = ["EFFORTS", "Candidate", "propose"]

EFFORTS = ("fast", "default", "thorough")
"""How much is tried."""

_NEIGHBOURS_FROM = 200
"""Rows from which on folds can decide whether neighbours pay, which bring three times the columns:
with fewer rows they cost more."""

_TFIDF_ALONE_FROM = 2_000
"""Rows from which on counted words may do without a network: by then they have seen the words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to turn units into vectors and vectors into labels."""

    encoder: str
    """Names of encoders joined by `+`, or a folder."""
    views: tuple[str, ...] = ("text",)
    """What networks read of a unit."""
    layers: tuple[int, ...] | None = None
    """Layers of the network that are pooled; its usual ones if None."""
    head: str = "logistic"
    """A name in `linear.KINDS`."""

    def parts(self) -> list[Part]:
        """Make its encoders.

        Counted words read what stands around a unit only where there is no network to do it:
        beside one, words of the context cost more than they give. Where they do, each view has
        words of its own.
        """
        made = make_parts(self.encoder, self.views)
        networks = [part for part in made if isinstance(part.encoder, Transformer)]
        parts = []
        for part in made:
            encoder, views = part.encoder, part.views
            if isinstance(encoder, Transformer) and self.layers is not None:
                encoder = type(encoder)(encoder.weights, self.layers)
            elif not isinstance(encoder, Transformer) and networks:
                views = ("text",)
            if isinstance(encoder, Transformer):
                share = part.share
                if "target" in views:
                    views = (*MARKED, *(view for view in views if view not in MARKED))
                    share *= MARKED_SHARE
                parts.append(Part(part.name, encoder, share, views))
            else:
                parts += [Part(part.name, encoder, part.share, (view,)) for view in views]
        return parts

    def __str__(self) -> str:
        parts = [self.encoder]
        if self.layers is not None:
            parts.append("layer " + " and ".join(map(str, self.layers)))
        parts += [name for name in ("target", "title") if name in self.views]
        if "before" in self.views:
            parts.append("neighbours")
        if self.head != "logistic":
            parts.append(self.head)
        return ", ".join(parts)


def propose(
    n_rows: int,
    present: Collection[str],
    *,
    encoders: Sequence[str] = (),
    context: str | None = None,
    effort: str = "default",
    languages: Sequence[str] = (),
) -> list[Candidate]:
    """Propose candidates, the usual one first.

    Parameters
    ----------
    n_rows
        Number of labelled rows.
    present
        The views that the data has.
    encoders
        Encoders that the user names; none: by the effort.
    context
        A name in `CONTEXTS`, if the user names one.
    effort
        One of `EFFORTS`.
    languages
        Of the texts; where MiniLM has learned none of them, the folds choose between what has and
        counted words.
    """
    target = ("target",) if "target" in present else ()
    usual = tuple(encoders) or (default_encoder(languages),)
    names = list(usual)
    if not encoders and effort != "fast":
        further = _further(n_rows, effort, languages)
        names += [name for name in further if name not in names]
    made: dict[Candidate, None] = {}
    for views in _contexts(n_rows, present, context, effort):
        for name in names:
            for layers in _layers(name, effort):
                for head in ("logistic", "ridge", "svm") if effort == "thorough" else ("logistic",):
                    made[Candidate(name, ("text", *target, *views), layers, head)] = None
    return list(made)


def _further(n_rows: int, effort: str, languages: Sequence[str]) -> Iterator[str]:
    """Yield the encoders that are tried beside the usual one."""
    if languages and len(unread("minilm", languages)) == len(languages):
        yield "tfidf"
        if effort == "thorough" and is_ready("multilingual"):
            yield "multilingual"
            yield "multilingual+tfidf"
        return
    for name in ("minilm", "mpnet"):
        if effort == "thorough" and is_ready(name):
            yield f"{name}+tfidf"
            yield name
    if effort == "thorough" or n_rows >= _TFIDF_ALONE_FROM:
        yield "tfidf"


def _contexts(
    n_rows: int, present: Collection[str], context: str | None, effort: str
) -> Iterator[tuple[str, ...]]:
    if context is not None:
        yield CONTEXTS[context]
        return
    yield ()
    if effort == "fast":
        return
    for name, views in CONTEXTS.items():
        # Titles are tried by the thorough only: they show the article's stance, not the unit's.
        tried = effort == "thorough" or (name == "neighbours" and n_rows >= _NEIGHBOURS_FROM)
        if views and tried and set(views) <= set(present):
            yield views


def _layers(name: str, effort: str) -> Iterator[tuple[int, ...] | None]:
    yield None
    if effort != "thorough":
        return
    for part in make_parts(name):
        if isinstance(part.encoder, Transformer):
            for layer in part.encoder.layers:
                yield (layer,)
