"""Sets of articles that are joined one pair at a time (union-find), in compact arrays."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

__all__ = ["Groups"]


class Groups:
    """Sets that are joined, each known by one of its members (union-find)."""

    def __init__(self, size: int) -> None:
        self._parent = np.arange(size)

    def roots(self, members: "Indices") -> "Indices":
        """Give the set of each member."""
        found = self._parent[members]
        while not np.array_equal(above := self._parent[found], found):
            found = above
        self._parent[members] = found
        return found

    def root(self, one: int) -> int:
        """Give the set of one member."""
        parent = self._parent
        while (above := int(parent[one])) != one:
            parent[one] = parent[above]
            one = above
        return one

    def join(self, one: int, other: int) -> None:
        """Join the sets of two members."""
        one, other = self.root(one), self.root(other)
        self._parent[max(one, other)] = min(one, other)
