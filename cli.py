"""The command line: all commands in one place, where errors become words and exit codes.

Exit codes: 0 done; 1 refused, with one line that says what to do; 2 wrong usage; 130 interrupted. A
bug keeps its traceback. Nothing heavy is imported here or at the top of any module in `commands`,
so that ``--help`` is quick.
"""

import errno
import functools
import logging
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer
import typer.main

from .commands import doctor, guided_start, status
from .commands import start as study
from .commands.annotate import app as annotate
from .commands.corpus import app as corpus
from .commands.labels import app as labels
from .commands.measure import app as measure
from .commands.measure import report
from .commands.models import compare, distil, encoders, evaluate, explain, tag, train
from .errors import StandfirstError

__all__ = ["app", "main"]

_REMEDIES = dict.fromkeys(
    (errno.ENOSPC, errno.EFBIG, errno.EDQUOT),
    "make room, and run the same command again to continue",
)

app = typer.Typer(
    name="standfirst",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(corpus.app, name="corpus")
app.add_typer(labels.app, name="labels")
app.add_typer(annotate.app, name="annotate")
app.add_typer(measure.app, name="measure")
app.add_typer(encoders.app, name="encoders")
for command in (
    study.demo,
    guided_start.start,
    study.init,
    status.status,
    doctor.doctor,
    train.train,
    evaluate.evaluate,
    compare.compare,
    distil.distil,
    tag.tag,
    explain.explain,
    report.report,
):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"standfirst {version('standfirst')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Turn news into measured stance and framing.

    Start with: standfirst demo
    """
    # What libraries warn of (a page that trafilatura finds odd) is told by us, as a reject.
    logging.basicConfig(level=logging.ERROR)
    own = logging.getLogger("standfirst")
    own.handlers[:] = [logging.StreamHandler()]
    own.setLevel(logging.WARNING)
    own.propagate = False


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        _command()()
    except StandfirstError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"error: {_in_words(error)}", file=sys.stderr)
        sys.exit(1)


@functools.cache
def _command() -> Callable[[], object]:
    """Build all commands, once in a process: it takes typer some 30 ms."""
    return typer.main.get_command(app)


def _in_words(error: OSError) -> str:
    """Tell in one line what the system refused, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "check the path and its access rights")
    if error.errno is None or error.strerror is None:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"{problem}; {remedy}"
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{where}{error.strerror.splitlines()[0]}; {remedy}"
