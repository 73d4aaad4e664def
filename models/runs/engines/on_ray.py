"""The Ray engine: the same shard tasks on the machines of a cluster.

Ray core tasks with retries, not Ray's dataframes: a task whose node dies is run on another, and
writes the same shard. No text passes through Ray. The model does, once: its folder is put into the
object store, and each worker process unpacks and loads it once. Inputs and outputs must be where
all nodes reach them (``s3://``, or a shared disk).
"""

import logging
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from .... import worker_process as apart
from ....errors import DeviceError, MissingExtraError, ServerError, StandfirstError, TaskError
from ...cascade.folder import FOLDER as STUDENTS
from ...encoders.networks.devices import VARIABLE, device_here, is_gpu
from ...predictor import Predictor
from ...threads import thread_settings
from ..inputs.plan import Task
from ..task import Count, Done, Job, load_model, run_task
from .local import ATTEMPTS, REMEDY, describe

__all__ = ["OnRay"]

_NODES_MAY_DIE = 20
"""How often a task may lose its node."""

_PATIENCE = 10.0
_NO_CLUSTER = "start one with: ray start --head, or name it with --address"
_AHEAD = 2
"""Tasks that are handed to Ray for each core, so that none waits for the next."""


class OnRay:
    """Runs tasks on a Ray cluster.

    Parameters
    ----------
    processes
        How many tasks run at once at most; as many as the cluster has cores when None.
    address
        The cluster: ``auto`` (the default) for the one that this machine is part of,
        ``ray://HOST:10001``, ``HOST:6379``; ``local`` starts one on this machine.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    DeviceError
        Networks are to be computed on a GPU.
    """

    def __init__(self, processes: int | None = None, address: str | None = None) -> None:
        if find_spec("ray") is None:
            raise MissingExtraError("the engine ray", "ray")
        if is_gpu(device := device_here()):
            problem = "there is one task for each core of a cluster, and none has a GPU of its own"
            raise DeviceError(f"--device {device}", problem, "use --engine local on each machine")
        self.processes, self.address = processes, address or "auto"

    def run(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        """Run tasks, and give the counts of each when it is done."""
        if not tasks:
            return
        _reachable(self.address)
        # Ray's own farewell takes seconds, and a signal in its start may leave it waiting for ever.
        process, line = apart.start(_drive, self, job, tasks)
        n_left = len(tasks)
        try:
            while n_left:
                what, value = line.recv()
                if what == "counts":
                    count(*value)
                elif what == "done":
                    n_left -= 1
                    yield value
                elif what == "refused":
                    raise value
                else:
                    raise RuntimeError(f"Ray failed:\n{value}")
            process.join(_PATIENCE)
        except EOFError:
            problem = "the process that talks to the cluster was killed"
            raise TaskError(
                self.address, problem, "run the same command again to continue"
            ) from None
        finally:
            apart.end(process, line)

    def drive(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        """Run tasks from this process."""
        import ray

        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            problem = f"no Ray cluster: {str(error).splitlines()[0]}"
            raise ServerError(self.address, problem, _NO_CLUSTER) from error
        yield from self._run(ray, job, tasks, count)

    def _run(self, ray: Any, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        bundle = ray.put(_packed(Path(job.model), students=job.cascade is not None))
        remote = ray.remote(_run_packed).options(
            num_cpus=1,
            max_retries=_NODES_MAY_DIE,
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": {**thread_settings(1), VARIABLE: device_here()}},
        )
        n_cores = int(ray.cluster_resources().get("CPU", 1))
        window = self.processes or _AHEAD * n_cores
        packed = msgspec.msgpack.encode(job)
        waiting, tries = list(reversed(tasks)), dict[int, int]()
        running: dict[Any, Task] = {}
        while waiting or running:
            while waiting and len(running) < window:
                task = waiting.pop()
                running[remote.remote(packed, msgspec.msgpack.encode(task), [bundle])] = task
            (ready, *_), _ = ray.wait(list(running), num_returns=1)
            task = running.pop(ready)
            try:
                done = msgspec.msgpack.decode(ray.get(ready), type=Done)
            except ray.exceptions.RayTaskError as error:
                _retry(task, error, tries)
                waiting.append(task)
            except ray.exceptions.RayError as error:
                problem = str(error).splitlines()[0]
                raise TaskError(
                    describe(task), problem, "run the same command again to continue"
                ) from error
            else:
                count(done.read, done.units, done.rejects)
                yield done


def _drive(line: Connection, engine: OnRay, job: Job, tasks: Sequence[Task]) -> None:
    """Live as the process that speaks with the cluster, or starts one on this machine."""
    apart.with_offspring()
    for done in engine.drive(job, tasks, lambda *now: line.send(("counts", now))):
        line.send(("done", done))


def _reachable(address: str) -> None:
    """Refuse a cluster that does not listen, for which Ray would wait for minutes."""
    host, colon, port = address.removeprefix("ray://").partition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except OSError as error:
        raise ServerError(address, f"no Ray cluster: {error}", _NO_CLUSTER) from error


def _retry(task: Task, error: Any, tries: dict[int, int]) -> None:
    """Let a task be tried again where it could not read or write; else raise what it raised."""
    cause = error.cause if hasattr(error, "cause") else None
    if isinstance(cause, StandfirstError) or not isinstance(cause, OSError):
        raise cause if isinstance(cause, StandfirstError) else error
    tries[task.number] = tries.get(task.number, 0) + 1
    if tries[task.number] >= ATTEMPTS:
        raise TaskError(describe(task), str(cause), REMEDY) from error


def _run_packed(job: bytes, task: bytes, bundle: list[Any]) -> bytes:
    """Run a task in a worker of Ray; everything in and out is plain bytes."""
    settings = msgspec.msgpack.decode(job, type=Job)
    model = _model(settings.version, settings.cascade, _Bundle(bundle))
    done = run_task(settings, model, msgspec.msgpack.decode(task, type=Task))
    return msgspec.msgpack.encode(done)


class _Bundle:
    """A model's files in the object store, fetched when it must be loaded.

    A cache takes all of them for equal, because the version identifies the model.
    """

    def __init__(self, refs: list[Any]) -> None:
        self._refs = refs

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bundle)

    def files(self) -> dict[str, bytes]:
        """Fetch the files, by name."""
        import ray

        bundle: dict[str, bytes] = ray.get(self._refs[0])
        return bundle


@lru_cache(maxsize=1)
def _model(version: str, cascade: float | None, bundle: _Bundle) -> Predictor:
    """Load a model, once for a process."""
    del version
    with tempfile.TemporaryDirectory(prefix="standfirst-model-") as scratch:
        for name, content in bundle.files().items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return load_model(Path(scratch), cascade)


def _packed(folder: Path, *, students: bool) -> dict[str, bytes]:
    """Read the files of a model, and those of its students where they are wanted."""
    paths = [path for path in folder.iterdir() if path.is_file()]
    if students:
        paths += [path for path in (folder / STUDENTS).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
