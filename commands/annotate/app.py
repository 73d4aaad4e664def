"""The commands of `standfirst annotate`: draw units, bring them to coders, bring answers back."""

import typer

from .adjudicate import adjudicate
from .agreement import agreement
from .ask import ask
from .audit import audit
from .backend import backend
from .coders import coders
from .files import export, import_
from .sample import sample
from .server import pull, push, start
from .status import status
from .validate import validate

__all__ = ["app"]

app = typer.Typer(help="Code units in Label Studio, by a plan.", no_args_is_help=True)
for command in (agreement, sample, start, push, pull, adjudicate, backend, export):
    app.command()(command)
app.command(name="import")(import_)
app.command()(status)
app.command()(audit)
app.command()(coders)
app.command()(ask)
app.command()(validate)
