"""What is to be done when, and a clock that stands while nobody drives the loop."""

from __future__ import annotations

import threading
from heapq import heapify, heappop, heappush
from time import monotonic

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    #: [time, serial number, function; None where it was called or cancelled].
    Timer = list[Any]

#: A program that has not come back for longer than this was busy with something else. That time
#: is not held against servers, whose answers nobody took.
_AWAY = 0.1
#: So many timers that were cancelled are of no concern.
_SWEPT = 256


class Clock:
    """Seconds, without those in which the program was away."""

    def __init__(self) -> None:
        #: The seconds that do not count.
        self.lost = 0.0
        self._left_at = monotonic()

    def come_back(self) -> float:
        """Return the time, after the program has been away, or not."""
        now = monotonic()
        gone = now - self._left_at
        if gone > _AWAY:
            self.lost += gone
        return now - self.lost

    def now(self) -> float:
        """Return the time."""
        return monotonic() - self.lost

    def leave(self) -> None:
        """Note that the program goes on with something else, from now on."""
        self._left_at = monotonic()


class Timers:
    """Functions to be called at a time. Any thread may add and cancel them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may add a request that is to wait
        self._heap: list[Timer] = []
        self._count = 0
        self._cancelled = 0

    def add(self, when: float, call: Callable[[float], None]) -> Timer:
        """Let `call` be called with the time, at `when` or later. `cancel` takes the result."""
        with self._lock:
            self._count += 1  # or two functions would be compared
            timer: Timer = [when, self._count, call]
            heappush(self._heap, timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        """Let a function not be called. Nothing of it is kept; it may have been called already."""
        with self._lock:
            if timer[2] is None:
                return
            timer[2] = None
            self._cancelled += 1
            # Sweeping costs as much as there is, and is done when half of that goes.
            if self._cancelled > _SWEPT and 2 * self._cancelled > len(self._heap):
                self._heap = [each for each in self._heap if each[2] is not None]
                heapify(self._heap)
                self._cancelled = 0

    def next(self) -> float | None:
        """Return the time of the first; None where there is none."""
        heap = self._heap  # which another thread may replace
        return heap[0][0] if heap else None

    def run(self, now: float) -> None:
        """Call all whose time has come."""
        while True:
            with self._lock:
                if not self._heap or self._heap[0][0] > now:
                    return
                timer = heappop(self._heap)
                call, timer[2] = timer[2], None
                if call is None:
                    self._cancelled -= 1
            if call is not None:
                call(now)

    def clear(self) -> None:
        """Forget all of them."""
        self._heap.clear()
