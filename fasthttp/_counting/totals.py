"""What has been counted, over all threads.

One lock, taken a few times a request: only while counting is on does anybody come here.
"""

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar

from .._client.identity import Identities

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

#: So many are told apart: the names of fields and classes are the program's, and may be endless.
_MOST_REASONS = 200

#: CPU time of the calling thread in seconds; some systems cannot tell.
thread_time = getattr(time, "thread_time", None)


class _Noted:
    """An attribute with a value for each thread, and for each greenlet: gevent may take over
    after this was imported, so `threading.local` would not do.
    """

    def __init__(self, default: Any) -> None:
        self._value: ContextVar[Any] = ContextVar("fasthttp", default=default)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self._value.get()

    def __set__(self, instance: Any, value: Any) -> None:
        self._value.set(value)


class _Doing(_Noted):
    """Whether this is so; never in a thread that another starts meanwhile, with its context."""

    def __init__(self) -> None:
        super().__init__(None)

    def __get__(self, instance: Any, owner: Any = None) -> bool:
        return bool(self._value.get() == threading.get_ident())

    def __set__(self, instance: Any, value: bool) -> None:
        self._value.set(threading.get_ident() if value else None)


class Here:
    """What the running thread or greenlet is doing."""

    #: In a call whose time is taken already: the calls that it makes are part of it.
    timed = _Doing()
    #: In a call whose bytes are counted already.
    sending = _Doing()
    #: In the step-by-step way already, and the reason has been noted.
    on_plain_way = _Doing()
    #: Whether one of install()'s functions has had the last request to send, fast or not.
    had_request = _Noted(False)
    #: Bytes of the last request head that was encoded.
    head = _Noted(0)


class Totals:
    """The counts. `on`: whether they are to grow."""

    def __init__(self) -> None:
        self.on = False
        self._ended: float | None = None  # while it goes on
        self._cpu_ended: float | None = None
        self.begin_in_process()
        self._ended, self._cpu_ended = self._begun, self._cpu_begun

    def begin_in_process(self) -> None:
        """Begin at zero, with a lock that no thread has: in a forked child, others are gone."""
        # Reentrant: adding may run the garbage collector, and that any finalizer.
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Begin at zero."""
        with self.lock:
            self.requests = self.connections = self.sent = self.received = 0
            self.seconds = self.cpu_seconds = 0.0
            #: Calls whose time is in these.
            self.timed = 0
            #: By call and reason: how often it went the plain way.
            self.plain: dict[tuple[str, str], int] = {}
            #: By the same: the first of what has that reason, where it can be shown.
            self.examples: dict[tuple[str, str], str] = {}
            #: By which call each child process was started.
            self.children: list[str] = []
            self._seen = Identities()
            self._begun = time.perf_counter()
            self._cpu_begun = time.process_time()
            self._ended = self._cpu_ended = None

    def end(self) -> None:
        """Stop the clock."""
        with self.lock:
            self._ended = time.perf_counter()
            self._cpu_ended = time.process_time()

    @property
    def elapsed(self) -> float:
        """Seconds since the counts were 0, or for as long as they grew."""
        ended = time.perf_counter() if self._ended is None else self._ended
        return ended - self._begun

    @property
    def process_cpu_seconds(self) -> float:
        """Seconds of CPU of the whole process, all threads, in the same time."""
        ended = time.process_time() if self._cpu_ended is None else self._cpu_ended
        return ended - self._cpu_begun

    def add_exchange(self, connection: Any, sock: Any) -> None:
        """A request that was sent, on a connection's socket."""
        with self.lock:
            self.requests += 1
            self.add_connection(connection, sock)

    def add_connection(self, connection: Any, sock: Any) -> None:
        """A connection's socket that carries a request, for the first time or not."""
        with self.lock:
            # Not counted in connect(), which urllib3 and others have of their own. Sockets of
            # which there is no weak reference are taken for one for each connection object.
            for seen in (sock, connection):
                try:
                    if self._seen.add(seen):
                        self.connections += 1
                except TypeError:
                    continue
                return

    def add_sent(self, count: int) -> None:
        with self.lock:
            self.sent += count

    def add_received(self, count: int) -> None:
        with self.lock:
            self.received += count

    def add_time(self, seconds: float, cpu_seconds: float) -> None:
        with self.lock:
            self.seconds += seconds
            self.cpu_seconds += cpu_seconds
            self.timed += 1

    def add_plain(self, call: str, reason: str, example: str = "") -> None:
        """A call that was done step by step."""
        with self.lock:
            key = call, reason
            if key not in self.plain and len(self.plain) >= _MOST_REASONS:
                key = call, "other reasons"
            self.plain[key] = self.plain.get(key, 0) + 1
            if example and key[1] == reason:
                self.examples.setdefault(key, example)


totals = Totals()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=totals.begin_in_process)
here = Here()
