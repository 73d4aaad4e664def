"""Sets of articles that are joined one pair at a time (union-find), in compact arrays."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

__all__ = ["Groups"]


class Groups:
    """Sets that are joined, each named after one of its members (union-find)."""

    def __init__(self, size: int) -> None:
        self._parent = np.arange(size)

    def roots(self, members: "Indices") -> "Indices":
        """Return the root of each member's set."""
        roots = self._parent[members]
        while not np.array_equal(above := self._parent[roots], roots):
            roots = above
        self._parent[members] = roots
        return roots

    def root(self, member: int) -> int:
        """Return the root of a member's set."""
        parent = self._parent
        while (above := int(parent[member])) != member:
            parent[member] = parent[above]
            member = above
        return member

    def join(self, left: int, right: int) -> None:
        """Join the sets of two members."""
        left, right = self.root(left), self.root(right)
        self._parent[max(left, right)] = min(left, right)
