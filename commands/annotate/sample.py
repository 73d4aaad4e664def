"""``standfirst annotate sample``: what is to be coded, drawn with known probabilities."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..shared import completion
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, print_table, say
from ..shared.progress import ProgressLine

if TYPE_CHECKING:
    from ...study.drawing import Round
    from ...study.folder import StudyFolder

__all__ = ["sample"]


def sample(
    n: Annotated[int, typer.Argument(help="Number of units to draw.", min=1)],
    study: StudyOption = None,
    rule: Annotated[
        str,
        typer.Option(
            help="random, stratified, equal, keyword or one-per-cluster; by a model: "
            "precise, rare, least-confidence, margin, entropy, disagreement; by an encoder: "
            "diversity, coreset."
        ),
    ] = "random",
    by: Annotated[
        list[str] | None,
        typer.Option(help="Strata: outlet, month, article, cluster, language."),
    ] = None,
    keyword: Annotated[
        str, typer.Option(help="Regular expression; its matches are a stratum.")
    ] = "",
    model: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a model that the rule goes by, or llm:NAME, a language model that has "
            "answered; for disagreement, two or more.",
            autocompletion=completion.models,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="The encoder for diversity and coreset.",
            show_default="minilm, else tfidf",
            autocompletion=completion.encoders,
        ),
    ] = None,
    dimension: Annotated[
        str,
        typer.Option(
            help="The dimension that a model's rule uses.",
            show_default="all",
            autocompletion=completion.dimensions,
        ),
    ] = "",
    label: Annotated[
        str, typer.Option(help="DIMENSION=LABEL to look for, for the rule rare.")
    ] = "",
    target: Annotated[
        str,
        typer.Option(
            help="DIMENSION=LABEL:0.01: the share that is to be known, and its half-width. "
            "precise draws for it; status says how near it is."
        ),
    ] = "",
    mix: Annotated[
        float | None,
        typer.Option(
            help="Share of a model's draw that is random, above 0.", max=1, show_default="0.2"
        ),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(
            help="Probabilities follow the score to this power.",
            min=0,
            show_default="0.5",
        ),
    ] = None,
    test: Annotated[
        int, typer.Option(help="First set this many units aside for testing.", min=0)
    ] = 0,
    round: Annotated[str | None, typer.Option(help="Name of the round.")] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option(help="Who codes; may be repeated.", autocompletion=completion.coders),
    ] = None,
    overlap: Annotated[
        float, typer.Option(help="Share of units for two coders.", min=0, max=1)
    ] = 0.0,
    assist: Annotated[
        float,
        typer.Option(help="Share of each coder's units that may get suggestions.", min=0, max=1),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the draw.", min=0)] = 0,
    json: JsonOption = False,
) -> None:
    """Draw units for coding, and record their probabilities.

    Example: standfirst annotate sample 300 --rule equal --by outlet --test 100 --overlap 0.2
    """
    from ...study.drawing import draw_round

    folder = find_study(study)
    with ProgressLine() as progress:
        made = draw_round(
            folder,
            n,
            rule=rule,
            by=by or (),
            keyword=keyword,
            models=model or (),
            encoder=encoder,
            dimension=dimension,
            label=label,
            target=target,
            mix=mix,
            power=power,
            test=test,
            name=round,
            coders=coder or (),
            overlap=overlap,
            assisted=assist,
            seed=seed,
            progress=progress,
        )
    _print_draw(folder, made, share=assist, as_json=json)
    say_next(folder, "annotate sample", quiet=json)


def _print_draw(folder: "StudyFolder", made: "Round", *, share: float, as_json: bool) -> None:
    drawn = made.coding
    strata: dict[str, int] = {}
    for row in drawn:
        strata[row.stratum] = strata.get(row.stratum, 0) + 1
    n_assisted = sum(row.assisted for row in drawn)
    if as_json:
        chances = [row.probability for row in drawn]
        n_double = sum(row.n_coders > 1 for row in made.drawn)
        counts: dict[str, Any] = {"round": made.name, "drawn": len(drawn), "test": len(made.test)}
        counts |= {"closed": made.n_closed, "double": n_double, "assisted": n_assisted}
        counts |= {"strata": strata}
        counts |= {"probability": {"least": min(chances), "most": max(chances)}}
        print_json(counts | {"file": str(folder.design)})
        return
    print(made)
    if share < 1:
        print(f"{n_assisted} units may get suggestions, {len(drawn) - n_assisted} are coded blind")
    if len(strata) > 1:
        print_table(["stratum", "units"], [[key, str(n)] for key, n in sorted(strata.items())])
    say(f"written to {folder.design}")
