"""The commands of `standfirst measure`."""

import typer

from .coders import coders
from .doubts import doubts
from .drift import drift
from .outcomes import outcomes
from .plan import plan
from .regression import regression
from .shares import shares

__all__ = ["app"]

app = typer.Typer(help="Measure with tags and gold, with honest intervals.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Measure with tags and gold, with honest intervals."""


app.command()(shares)
app.command()(plan)
app.command()(coders)
app.command()(doubts)
app.command()(regression)
app.command()(outcomes)
app.command()(drift)
