"""Engines: what runs shard tasks. Only a scheduler; the task is the same for all of them.

An engine must run each task at least once and hand on its counts. It may run one twice, as a task
writes the same each time. A new engine is one class and one line in `ENGINES`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ....errors import UnknownNameError
from ..inputs.plan import Task
from ..task import Count, Done, Job
from .local import Local
from .on_ray import OnRay

__all__ = ["ENGINES", "Engine", "make_engine"]


class Engine(Protocol):
    """Runs tasks."""

    def run(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        """Run tasks, and yield the counts of each when it is done, in any order.

        Parameters
        ----------
        job
            What the tasks have in common.
        tasks
            What is run.
        count
            Called with records, units and rejects while tasks run, as far as the engine knows them.

        Raises
        ------
        TaskError
            A task ended its process again and again, or cannot read or write.
        """


ENGINES: dict[str, Callable[[int | None, str | None], Engine]] = {
    "local": lambda processes, _address: Local(processes),
    "ray": OnRay,
}
"""Name to what makes it from the number of processes and the address of a cluster."""


def make_engine(name: str, processes: int | None = None, address: str | None = None) -> Engine:
    """Make an engine by its name.

    Raises
    ------
    UnknownNameError
        No engine has this name.
    MissingExtraError
        Its libraries are not installed.
    """
    if name not in ENGINES:
        raise UnknownNameError("engine", name, sorted(ENGINES))
    return ENGINES[name](processes, address)
