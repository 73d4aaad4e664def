"""Label Studio, live and lossless, and a sampling plan whose probabilities are kept."""

from ..arguments import check_all
from .answers.from_label_studio import Read, read_tasks
from .answers.merge import Merged, merge_answers
from .answers.status import Workload, workloads
from .design.sampling import (
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
from .design.shares import Share, share
from .design.strata import strata_of
from .label_studio.access import Access, find_access
from .label_studio.connection import Server, connect
from .label_studio.local_server import LocalServer, start_local
from .label_studio.sync import Pushed, pull, push
from .other_tools.exchange import export_tasks, import_tasks
from .page.checks import config_problems
from .page.config import labeling_config
from .page.tasks import task

__all__ = [
    "RULES",
    "Access",
    "Aim",
    "Drawn",
    "LocalServer",
    "Merged",
    "Pushed",
    "Read",
    "Scores",
    "Server",
    "Share",
    "Workload",
    "assign",
    "assist",
    "closed_units",
    "config_problems",
    "connect",
    "draw",
    "export_tasks",
    "find_access",
    "import_tasks",
    "labeling_config",
    "merge_answers",
    "open_units",
    "pull",
    "push",
    "read_design",
    "read_tasks",
    "set_test_aside",
    "share",
    "start_local",
    "strata_of",
    "task",
    "workloads",
    "write_design",
]

check_all(globals(), __all__)
