"""A loop over sockets and timers: what is ready is called. One thread drives it at a time."""

from __future__ import annotations

import math
import socket
from collections import deque
from contextlib import suppress

from .poller import READ, make_poller
from .timers import Clock, Timers

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Loop:
    """Sockets that are watched, timers, and functions that other threads want to be called."""

    __slots__ = (
        "_clock",
        "_soon",
        "_waker",
        "_watched",
        "_woken",
        "is_turning",
        "now",
        "poller",
        "real",
        "timers",
    )

    def __init__(self) -> None:
        self.poller = make_poller()
        self.timers = Timers()
        self._clock = Clock()
        #: The time of the turn that is going on, by a clock of the loop's own.
        self.now = self._clock.now()
        #: The same by `time.monotonic`.
        self.real = self.now
        #: Whether something that was ready is called just now, by which the loop must not turn.
        self.is_turning = False
        self._watched: dict[int, Callable[[int], None]] = {}
        self._soon: deque[Callable[[], None]] = deque()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self.watch(self._woken, READ, self._on_wake)

    def begin(self) -> None:
        """Look at the clock: the program may have been away."""
        self.now = self._clock.come_back()
        self.real = self.now + self._clock.lost

    def turn(self, longest: float) -> None:
        """Wait for at most `longest` seconds for the next thing to do, and do what is due.

        What sockets have is taken before timers are judged.
        """
        watched = self._watched
        found = self.poller.wait(self._seconds_to_wait(longest))
        self.now = self._clock.now()
        self.real = self.now + self._clock.lost
        self.is_turning = True
        try:
            for descriptor, mask in found:
                ready = watched.get(descriptor)
                if ready is not None:  # else it has been closed in this very turn
                    ready(mask)
            self.timers.run(self.now)
        finally:
            self.is_turning = False

    def real_time(self) -> float:
        """Return the same by `time.monotonic`, which does not stand when the program is away."""
        return self._clock.now() + self._clock.lost

    def time(self) -> float:
        """Return the time as of now, also between two turns."""
        return self._clock.now()

    def end(self) -> None:
        """Note that the program goes on with something else."""
        self._clock.leave()

    def _seconds_to_wait(self, longest: float) -> float:
        if not longest:
            return 0.0
        soonest = self.timers.next()
        seconds = longest if soonest is None else min(soonest - self.now, longest)
        return -1 if seconds == math.inf else max(0.0, seconds)

    # ------------------------------------------------------------------- sockets

    def watch(self, sock: Any, mask: int, ready: Callable[[int], None]) -> None:
        """Let `ready` be called with a mask when a socket is ready."""
        descriptor = sock.fileno()
        self.poller.add(descriptor, mask)
        self._watched[descriptor] = ready

    def change(self, sock: Any, mask: int, ready: Callable[[int], None] | None = None) -> None:
        """Wait for something else of a socket; call `ready` from now on, where it is given."""
        descriptor = sock.fileno()
        self.poller.change(descriptor, mask)
        if ready is not None:
            self._watched[descriptor] = ready

    def unwatch(self, sock: Any) -> None:
        """Forget a socket; to be called before it is closed."""
        descriptor = sock.fileno()
        if self._watched.pop(descriptor, None) is not None:
            self.poller.remove(descriptor)

    def watch_only(self, sockets: list[Any]) -> None:
        """Forget all sockets but these; others may have been closed without a word."""
        kept = {self._woken.fileno(), *(sock.fileno() for sock in sockets)}
        for descriptor in [each for each in self._watched if each not in kept]:
            del self._watched[descriptor]
            with suppress(OSError, KeyError):
                self.poller.remove(descriptor)

    # ------------------------------------------------------------- other threads

    def call_soon(self, function: Callable[[], None]) -> None:
        """Let a function be called by the thread that drives the loop. Any thread may ask."""
        self._soon.append(function)
        self.wake()

    def wake(self) -> None:
        """Let the loop look again. Any thread may ask."""
        try:
            self._waker.send(b"\0")
        except OSError:  # it has been woken often enough, or is closed
            return

    def _on_wake(self, mask: int) -> None:
        try:
            self._woken.recv(4096)
        except OSError:
            return
        while self._soon:
            self._soon.popleft()()

    # ----------------------------------------------------------------------- end

    def close(self) -> None:
        """Forget all sockets and timers, which are not closed by this."""
        self._watched.clear()
        self.timers.clear()
        self._soon.clear()
        self.poller.close()
        self._waker.close()
        self._woken.close()
