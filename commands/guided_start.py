"""``standfirst start``: from a folder of articles to a study whose coders can begin.

It asks what is not named, and then runs `init`, `corpus add` and `annotate sample`. What these have
done already is left as it is, so that the same command continues after an interruption.
"""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import (
    CodebookError,
    InputError,
    MissingFileError,
    StandfirstError,
    UnknownNameError,
)
from .annotate.sample import sample
from .corpus.add import add, preview
from .shared import completion
from .shared.next_step import say_next, without_next
from .shared.options import find_study, print_table, say
from .start import init

if TYPE_CHECKING:
    from ..study.folder import StudyFolder

__all__ = ["start"]

_SIZES = (100, 200, 300, 500, 1000)
_USUAL = 300
_OVERLAP = 0.3
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")
_COLUMN = "Name of the column with the {}; guessed when not given."


def start(
    articles: Annotated[
        Path | None, typer.Argument(metavar="FOLDER_OF_ARTICLES", help="A folder or a file.")
    ] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="The study's folder, made if it is not there.")
    ] = None,
    codebook: Annotated[
        str | None,
        typer.Option(
            help="Name of a ready codebook, or the path of a file.",
            autocompletion=completion.codebooks,
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help=_COLUMN.format("text"))] = None,
    title: Annotated[str | None, typer.Option(help=_COLUMN.format("headline"))] = None,
    outlet: Annotated[str | None, typer.Option(help=_COLUMN.format("outlet"))] = None,
    published: Annotated[str | None, typer.Option(help=_COLUMN.format("date"))] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option(help="E-mail address that a coder signs up with; may be repeated."),
    ] = None,
    units: Annotated[int | None, typer.Option(help="Units of the first round.", min=1)] = None,
    overlap: Annotated[
        float, typer.Option(help="Share of units for two coders.", min=0, max=1)
    ] = _OVERLAP,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, and take the defaults.")] = False,
) -> None:
    """Make a study out of a folder of articles, ready for coders; ask what is not named.

    It runs init, corpus add and annotate sample. Run it again to continue after an interruption.

    Example: standfirst start ~/news --study deals --codebook transfer-deals --yes
    """
    asks = sys.stdin.isatty() and not yes
    place = _known_study(study)
    given: dict[str, object] = {
        "FOLDER_OF_ARTICLES": articles,
        "--study": study,
        "--codebook": codebook,
    }
    given |= {"--coder": coder, "--units": units}
    _check_coders(coder)
    if not asks:
        _refuse_silence(given, place, yes=yes)
    columns = {"text": text, "title": title, "outlet": outlet, "published": published}
    if place is None or not place.design.exists():
        articles = _articles(articles, asks=asks)
        if place is None or not place.corpus.exists():
            columns = _columns(articles, columns, asks=asks)
        if place is None:
            place = _make(study or _study_folder(articles, asks=asks), codebook, asks=asks)
        with without_next():
            add(
                [str(articles)],
                study=place.root,
                text=columns["text"],
                title=columns["title"],
                outlet=columns["outlet"],
                published=columns["published"],
            )
        _draw(place, coder, units, overlap, asks=asks)
    else:
        say(f"{place.root} has its articles and its first round already")
    say_next(place, "annotate sample")


def _known_study(folder: Path | None) -> "StudyFolder | None":
    """Find the study that is named, or that holds the current folder; None if it is to be made."""
    from ..errors import StudyError
    from ..study.folder import StudyFolder

    if folder is not None:
        return find_study(folder) if (folder / "study.toml").is_file() else None
    try:
        return StudyFolder.find()
    except StudyError:
        return None


def _refuse_silence(given: dict[str, object], place: "StudyFolder | None", *, yes: bool) -> None:
    """Name the options that are missing where nothing can be asked."""
    there = {"--study", "--codebook"} if place else set()
    if place and place.design.exists():
        there = set(given)
    missing = [name for name, value in given.items() if not value and name not in there]
    if yes:
        missing = [name for name in missing if name == "FOLDER_OF_ARTICLES"]
    if missing:
        why = (
            "nothing can be asked here: standard input is no terminal" if not yes else "no default"
        )
        defaults = "" if yes else ", or take the defaults with --yes"
        raise InputError("start", why, f"name {', '.join(missing)}{defaults}")


def _check_coders(coders: list[str] | None) -> None:
    for one in coders or ():
        if not _EMAIL.fullmatch(one):
            problem = f"{one!r} is no e-mail address"
            raise InputError("--coder", problem, "name the address that the coder signs up with")


def _articles(articles: Path | None, *, asks: bool) -> Path:
    while articles is None or (asks and not articles.exists()):
        if articles is not None:
            say(f"{articles}: no such file")
        articles = Path(_ask("Folder or file of articles")).expanduser()
    if not articles.exists():
        raise MissingFileError(articles, remedy="name a folder or a file of articles")
    return articles


def _columns(
    articles: Path, columns: dict[str, str | None], *, asks: bool
) -> dict[str, str | None]:
    """Show how the first articles are read, until somebody says that it is right."""
    while True:
        try:
            n_read, n_rejected = preview([str(articles)], columns, quiet=not asks)
            if n_read == n_rejected:
                problem = f"none of the first {n_read} records can be used"
                raise InputError(articles, problem, "name the column of the text: --text COLUMN")
        except StandfirstError as error:
            if not asks:
                raise
            say(str(error))
        else:
            if not asks:
                return columns
            rejected = f", {n_rejected} of them of no use" if n_rejected else ""
            say(f"{n_read} records looked at{rejected}")
            if typer.confirm("Are texts and columns taken rightly?", default=True, err=True):
                return columns
        columns = {
            name: _ask(f"Column of the {name} (empty: guessed)", "") or None for name in columns
        }


def _study_folder(articles: Path, *, asks: bool) -> Path:
    name = f"{articles.resolve().stem or 'news'}-study"
    return Path(_ask("Folder of the study", name)).expanduser() if asks else Path(name)


def _make(folder: Path, codebook: str | None, *, asks: bool) -> "StudyFolder":
    """Make the study, unless a run that was interrupted has made it."""
    from ..labels import load_codebook, ready_codebooks

    if (folder / "study.toml").is_file():
        return find_study(folder)
    if codebook is None and asks:
        say("codebooks that are ready, each yours to change:")
        for name, path in ready_codebooks().items():
            book = load_codebook(path)
            asked = ", ".join(one.id for one in book.dimensions)
            say(f"  {name:16}{book.title} ({asked})")
    while True:
        if codebook is None and asks:
            codebook = _ask("Codebook, or the path of your own", "transfer-deals")
        try:
            with without_next():
                init(folder, codebook=codebook or "transfer-deals")
        except (CodebookError, InputError, UnknownNameError) as error:
            if not asks:
                raise
            say(str(error))
            codebook = None
        else:
            return find_study(folder)


def _draw(
    place: "StudyFolder", coders: list[str] | None, n: int | None, overlap: float, *, asks: bool
) -> None:
    """Ask who codes how many units, and draw them."""
    from ..corpus.storing.summary import size

    n_units = size(place.corpus)[1]
    if not n_units:
        raise InputError(place.corpus, "holds no units", "see above why, and name other articles")
    while coders is None and asks:
        answer = _ask("Coders' e-mail addresses, separated by commas (empty: anybody)", "")
        coders = [one.strip() for one in answer.split(",") if one.strip()]
        if wrong := [one for one in coders if not _EMAIL.fullmatch(one)]:
            say(f"{wrong[0]!r} is no e-mail address")
            coders = None
    overlap = overlap if coders is None or len(coders) != 1 else 0.0
    if asks and n is None:
        _show_sizes(n_units, overlap)
        while n is None or not 1 <= n <= n_units:
            n = typer.prompt(
                "Units of the first round", default=min(_USUAL, n_units), type=int, err=True
            )
    with without_next():
        sample(n or min(_USUAL, n_units), study=place.root, coder=coders, overlap=overlap)


def _show_sizes(n_units: int, overlap: float) -> None:
    """Say what the size of a round gives."""
    from ..measure.plans.planning import agreement_units, half_width_at_random
    from ..study.inventory import GATE

    sizes = [n for n in _SIZES if n < n_units] or [n_units]
    rows = []
    for n in sizes:
        half, tenth = (100 * half_width_at_random(p * (1 - p), n, n_units) for p in (0.5, 0.1))
        rows.append([str(n), f"+/- {half:.1f} %", f"+/- {tenth:.1f} %", str(round(overlap * n))])
    print_table(["units", "share of a half", "share of a tenth", "coded twice"], rows)
    even, rare = agreement_units(0.8, GATE, 0.5), agreement_units(0.8, GATE, 0.1)
    say(
        f"of {n_units:,} units, without a model; to tell an alpha of 0.8 from {GATE} it takes "
        f"{even} units coded twice, {rare} for a label on a tenth"
    )


def _ask(question: str, default: str | None = None) -> str:
    answer: str = typer.prompt(question, default=default, err=True, show_default=bool(default))
    return answer.strip()
