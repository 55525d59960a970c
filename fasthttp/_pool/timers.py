"""What is to be done when, and a clock that stands while nobody drives the loop."""

from __future__ import annotations

from heapq import heappop, heappush
from time import monotonic

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable

#: A program that has not come back for longer than this was busy with something else. That time
#: is not held against servers, whose answers nobody took.
_AWAY = 0.1


class Clock:
    """Seconds, without those in which the program was away."""

    def __init__(self) -> None:
        self._lost = 0.0
        self._left_at = monotonic()

    def come_back(self) -> float:
        """Return the time, after the program has been away, or not."""
        now = monotonic()
        gone = now - self._left_at
        if gone > _AWAY:
            self._lost += gone
        return now - self._lost

    def now(self) -> float:
        """Return the time."""
        return monotonic() - self._lost

    def leave(self) -> None:
        """Note that the program goes on with something else."""
        self._left_at = monotonic()


class Timers:
    """Functions to be called at a time. One that is no longer needed does nothing when called."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0

    def add(self, when: float, call: Callable[[float], None]) -> None:
        """Let `call` be called with the time, at `when` or soon after."""
        self._count += 1  # or two functions would be compared
        heappush(self._heap, (when, self._count, call))

    def next(self) -> float | None:
        """Return the time of the first; None where there is none."""
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Call all whose time has come."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            heappop(heap)[2](now)

    def clear(self) -> None:
        """Forget all of them."""
        self._heap.clear()
