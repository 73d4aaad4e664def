"""The one clock that estimates how much longer work takes."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from standfirst.progress import Clock


def running(*times: float) -> Callable[[], float]:
    left = iter(times)
    return lambda: next(left)


@given(st.integers(0, 50), st.integers(1, 200), st.floats(0.01, 100))
def test_steady_work(before: int, n_steps: int, seconds: float) -> None:
    """Steps of equal length: the estimate is exact, also where work goes on that was begun."""
    clock = Clock(running(*(k * seconds for k in range(n_steps + 1))))
    total = before + n_steps
    estimates = [clock.left(before + k, total) for k in range(n_steps + 1)]

    assert estimates[0] is None
    for k, left in enumerate(estimates[1:], 1):
        assert left is not None
        assert abs(left - (n_steps - k) * seconds) < 1e-6 * (1 + n_steps * seconds)


def test_later_steps_count() -> None:
    """Where steps become slower, the pace of the first ones is forgotten."""
    clock = Clock(running(0, 1, 2, 6, 10, 14, 18))
    estimates = [clock.left(k, 8) for k in range(7)]

    assert estimates[2] == 6.0
    assert estimates[6] == 8.0


def test_other_work_begins_anew() -> None:
    """Another total, or less done, says nothing of the work before."""
    clock = Clock(running(0, 10, 11, 12, 20, 21))
    clock.left(0, 4)

    assert clock.left(1, 4) == 30.0
    assert clock.left(0, 2) is None
    assert clock.left(1, 2) == 1.0
    assert clock.left(0, 2) is None
    assert clock.left(1, 2) == 1.0


def test_nothing_moves() -> None:
    """Reports without progress give no estimate, and no division by zero."""
    clock = Clock(running(5, 5, 6, 6))

    assert [clock.left(done, 3) for done in (0, 0, 0)] == [None, None, None]
    assert clock.left(3, 3) == 0.0
