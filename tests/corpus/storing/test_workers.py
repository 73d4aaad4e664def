"""Several processes: results in order, and an end that is told when a worker is killed."""

import signal
from collections.abc import Iterator

import pytest

from standfirst.corpus.storing.workers import in_order
from standfirst.errors import TaskError


@pytest.mark.slow
def test_results_come_in_order() -> None:
    """Whatever the number of processes, and jobs are not all taken at once."""
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(12):
            taken.append(number)
            yield number

    results = in_order(abs, jobs(), n_workers=2)

    assert next(results) == 0
    assert len(taken) < 8
    assert list(results) == list(range(1, 12))


def test_a_killed_worker_is_told() -> None:
    """The error says what to do, instead of a traceback or a wait without end."""
    with pytest.raises(TaskError, match=r"memory ran out; run the same .* with --processes 1"):
        list(in_order(signal.raise_signal, [signal.SIGKILL] * 2, n_workers=2))
