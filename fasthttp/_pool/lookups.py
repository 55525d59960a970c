"""Names to addresses, in threads, because the system's lookup cannot be cut short.

A lookup that hangs keeps its thread, and its place is given to another one. Nobody waits for a
thread: they are daemons.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections import deque
from functools import partial
from time import monotonic

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .loop import Loop

    #: Called with addresses as `getaddrinfo` gives them, or with an error.
    Answer = Callable[[list[Any] | None, Exception | None], None]

#: So many lookups run at a time, not counting those that hang.
_THREADS = 16
#: Threads in all, those included that hang.
_MOST_THREADS = 512
#: After so many seconds a lookup hangs.
_HANGING = 0.5
#: For so many seconds a name is not asked for again, where it was found and where it was not.
_KEPT = 60.0
_KEPT_FAILURE = 2.0
_MOST_KEPT = 10_000
#: A thread that has nothing to do for so many seconds ends.
_REST = 10.0
#: So often, in seconds, those that wait are looked after.
_TENDED = 0.1

_WITHOUT_DESCRIPTORS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def in_turn(found: list[Any], last: Any) -> deque[Any]:
    """Return addresses in the order in which they are tried (RFC 8305 4): `last`, which has worked
    before, then the families in turn, beginning with that of the first.
    """
    families: dict[Any, deque[Any]] = {}
    for address in found:
        families.setdefault(address[0], deque()).append(address)
    order: deque[Any] = deque()
    queues = deque(families.values())
    while queues:
        queue = queues.popleft()
        order.append(queue.popleft())
        if queue:
            queues.append(queue)
    if last in order:
        order.remove(last)
        order.appendleft(last)
    return order


def is_want_of_descriptors(error: BaseException | None) -> bool:
    """Return whether the system has no descriptor, or no memory, for one more socket."""
    return isinstance(error, OSError) and error.errno in _WITHOUT_DESCRIPTORS


def system_lookup(host: str, port: int) -> list[Any]:
    """Return what `socket.getaddrinfo` does for TCP. Raises `OSError`."""
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except socket.gaierror:
        # Where there is no descriptor left, glibc speaks of a name that is not known.
        socket.socket().close()
        raise


def numeric_addresses(host: str, port: int) -> list[Any] | None:
    """Return the address that a host is itself, for which nobody has to be asked; else None."""
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None


def _checked(address: Any) -> Any:
    """Return an address as `getaddrinfo` gives it. Raises `TypeError` and `ValueError`."""
    _family, _kind, _protocol, _name, target = address
    if not isinstance(target, tuple):
        raise TypeError(f"an address must be a tuple, not {target!r}")
    return address


class _Lookup:
    """One name that is being asked for, and who waits for it, with the loop that calls it."""

    __slots__ = ("begun", "key", "waiting")

    def __init__(self, key: tuple[str, int]) -> None:
        self.key = key
        self.begun: float | None = None
        self.waiting: list[tuple[Answer, Loop]] = []


class Lookups:
    """Asks `resolver(host, port)` in threads; the system, where that is None. For any thread."""

    def __init__(self, resolver: Callable[[str, int], Any] | None) -> None:
        self._resolver = resolver or system_lookup
        self._is_own = resolver is not None
        self._kept: dict[tuple[str, int], tuple[float, Any, Exception | None]] = {}
        self._asked: dict[tuple[str, int], _Lookup] = {}
        self._lock = threading.RLock()  # a signal handler may close the pool
        self._has_work = threading.Condition(self._lock)
        self._queue: deque[_Lookup] = deque()
        self._running: set[_Lookup] = set()
        self._threads = self._resting = 0
        self._is_closed = False

    def find(self, host: str, port: int, answer: Answer, loop: Loop) -> None:
        """Call `answer` with addresses or an error: now where they are known, else in `loop`."""
        key = (host, port)
        kept = self._kept.get(key)
        if kept is None and not self._is_own:
            numeric = numeric_addresses(host, port)
            if numeric is not None:
                answer(numeric, None)
                return
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] <= monotonic():
                kept = None
                self._ask(key, answer, loop)
        if kept is not None:
            answer(kept[1], kept[2])

    def _ask(self, key: tuple[str, int], answer: Answer, loop: Loop) -> None:
        lookup = self._asked.get(key)
        if lookup is not None:
            lookup.waiting.append((answer, loop))
            return
        lookup = self._asked[key] = _Lookup(key)
        lookup.waiting.append((answer, loop))
        self._queue.append(lookup)
        if self._resting:
            self._has_work.notify()
        else:
            self._start_threads()
        if self._queue:
            loop.timers.add(loop.now + _TENDED, partial(self._tend, loop))

    def _start_threads(self) -> None:
        now = monotonic()
        hanging = sum(1 for each in self._running if now - (each.begun or now) > _HANGING)
        wanted = min(len(self._queue), _THREADS - (self._threads - hanging))
        for _ in range(min(wanted, _MOST_THREADS - self._threads)):
            self._threads += 1
            thread = threading.Thread(target=self._work, name="fasthttp lookup", daemon=True)
            try:
                thread.start()
            except RuntimeError as failure:  # the system has no more
                self._threads -= 1
                if not self._threads:
                    self._give_up(OSError(f"no thread to look names up: {failure}"))
                return

    def _give_up(self, error: OSError) -> None:
        """Answer to all that wait: nobody will look their names up."""
        while self._queue:
            lookup = self._queue.popleft()
            self._asked.pop(lookup.key, None)
            for answer, loop in lookup.waiting:
                loop.call_soon(partial(answer, None, error))

    def _tend(self, loop: Loop, now: float) -> None:
        """Let lookups that hang be no hindrance to those that wait."""
        with self._lock:
            if self._queue and not self._resting:
                self._start_threads()
            if self._queue:
                loop.timers.add(now + _TENDED, partial(self._tend, loop))

    def _work(self) -> None:
        while True:
            with self._lock:
                lookup = self._next()
            if lookup is None:
                return
            found: list[Any] | None = None
            error: Exception | None = None
            try:
                found = [_checked(address) for address in self._resolver(*lookup.key)]
            except OSError as failure:
                error = failure
            except BaseException as failure:  # whatever it is, somebody waits for an answer
                error = OSError(f"the lookup of {lookup.key[0]!r:.80} failed: {failure!r}")
                error.__cause__ = failure
            with self._lock:
                self._running.discard(lookup)
                self._asked.pop(lookup.key, None)
                self._keep(lookup.key, found, error)
            for answer, loop in lookup.waiting:
                loop.call_soon(partial(answer, found, error))

    def _next(self) -> _Lookup | None:
        """Wait for something to do; None where there is nothing for a while."""
        self._resting += 1
        try:
            while not self._queue:
                if self._is_closed or not (self._has_work.wait(_REST) or self._queue):
                    self._threads -= 1
                    return None
        finally:
            self._resting -= 1
        lookup = self._queue.popleft()
        lookup.begun = monotonic()
        self._running.add(lookup)
        return lookup

    def _keep(self, key: tuple[str, int], found: Any, error: Exception | None) -> None:
        if is_want_of_descriptors(error):
            return
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        until = monotonic() + (_KEPT if error is None else _KEPT_FAILURE)
        self._kept[key] = until, found, error

    def forget(self, host: str, port: int) -> None:
        """Ask again next time: no address that is known could be connected to."""
        self._kept.pop((host, port), None)

    def close(self) -> None:
        """Let the threads end that are not in a lookup."""
        with self._lock:
            self._is_closed = True
            self._queue.clear()
            self._has_work.notify_all()
