"""Label Studio, live and lossless, and a sampling plan whose probabilities are kept."""

from .access import Access, find_access
from .answers import Read, read_tasks
from .checks import config_problems
from .exchange import export_tasks, import_tasks
from .interface import labeling_config
from .keep import Kept, keep
from .local import LocalServer, start_local
from .progress import Progress, progress
from .sample import (
    RULES,
    Aim,
    Drawn,
    Scores,
    assign,
    assist,
    closed_units,
    draw,
    open_units,
    read_design,
    set_test_aside,
    write_design,
)
from .server import Server, connect
from .shares import Share, share
from .strata import strata_of
from .sync import Pushed, pull, push
from .tasks import task

__all__ = [
    "RULES",
    "Access",
    "Aim",
    "Drawn",
    "Kept",
    "LocalServer",
    "Progress",
    "Pushed",
    "Read",
    "Scores",
    "Server",
    "Share",
    "assign",
    "assist",
    "closed_units",
    "config_problems",
    "connect",
    "draw",
    "export_tasks",
    "find_access",
    "import_tasks",
    "keep",
    "labeling_config",
    "open_units",
    "progress",
    "pull",
    "push",
    "read_design",
    "read_tasks",
    "set_test_aside",
    "share",
    "start_local",
    "strata_of",
    "task",
    "write_design",
]
