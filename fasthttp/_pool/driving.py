"""One at a time: which thread drives an engine, and what has to wait until it comes back.

Whatever the engine calls may want to end what it is in the middle of: a sink, an iterable, a signal
handler, another thread. Then the end is only noted, and comes when the call is over.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")


class Driving:
    """A turn for one at a time. `end` is called for what is to end, and may be called once more
    where an interrupt has come before it was done.

    Who has the turn calls `begin` in a `try`, and in its `finally` sets `is_busy` to False and then
    calls `come_back`: an interrupt may come with each call, so that the first is no call.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self.is_busy = False
        #: The thread that drives; 0 before one does.
        self.driver = 0
        self._end = end
        self._is_to_end = False
        # Reentrant: a signal handler has the thread that it comes upon.
        self._lock = threading.RLock()

    def is_mine(self) -> bool:
        """Return whether the calling thread drives."""
        return self.driver == threading.get_ident()

    def check(self) -> None:
        """Raise `RuntimeError` where this is busy. What another thread adds is waited for."""
        with self._lock:
            is_busy = self.is_busy
        if is_busy:
            raise RuntimeError(
                "the run is at work just now: something that it calls, or another thread, wants its"
                " next page, too. Take the pages in one place"
            )

    def begin(self) -> None:
        """Be busy, and drive from now on."""
        with self._lock:
            if self._is_to_end:  # an interrupt has come before that
                self._end_now()
            self.is_busy = True
            self.driver = threading.get_ident()

    def come_back(self) -> None:
        """End what was to be ended meanwhile."""
        with self._lock:
            if self._is_to_end:
                self._end_now()

    def ask_to_end(self) -> bool:
        """End now, or as soon as nothing is busy. Any thread may ask. Return whether it is done."""
        with self._lock:
            self._is_to_end = True
            if self.is_busy:
                return False
            self._end_now()
        return True

    def _end_now(self) -> None:
        self.driver = 0
        self._end()
        self._is_to_end = False

    def alone(self, call: Callable[[], Result]) -> Result:
        """Call something in the middle of which nothing may end."""
        if self.is_busy:
            return call()
        try:
            self.begin()
            return call()
        finally:
            self.is_busy = False
            self.come_back()

    def alone_before_all(self, call: Callable[[], object]) -> bool:
        """Do the same if no thread drives yet. Return whether that is so."""
        with self._lock:
            if self.driver:
                return False
            self.alone(call)
            self.driver = 0  # who will has still to come
        return True
