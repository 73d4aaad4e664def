"""Label Studio, live and lossless, and a sampling plan whose probabilities are kept."""

from .access import Access, find_access
from .answers import Read, read_tasks
from .checks import config_problems
from .exchange import export_tasks, import_tasks
from .interface import labeling_config
from .keep import Kept, keep
from .local import LocalServer, start_local
from .progress import Progress, progress
from .sample import RULES, Drawn, assign, draw, read_design, set_test_aside, write_design
from .server import Server, connect
from .strata import strata_of
from .sync import Pushed, pull, push
from .tasks import task

__all__ = [
    "RULES",
    "Access",
    "Drawn",
    "Kept",
    "LocalServer",
    "Progress",
    "Pushed",
    "Read",
    "Server",
    "assign",
    "config_problems",
    "connect",
    "draw",
    "export_tasks",
    "find_access",
    "import_tasks",
    "keep",
    "labeling_config",
    "progress",
    "pull",
    "push",
    "read_design",
    "read_tasks",
    "set_test_aside",
    "start_local",
    "strata_of",
    "task",
    "write_design",
]
