"""Names to addresses, in threads, because the system's lookup cannot be cut short.

A lookup that hangs keeps its thread, and its place is given to another one. Nobody waits for a
thread: they are daemons.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections import deque
from time import monotonic

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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

_WITHOUT_DESCRIPTORS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


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


class _Lookup:
    """One name that is being asked for, and who waits for it."""

    __slots__ = ("begun", "key", "waiting")

    def __init__(self, key: tuple[str, int]) -> None:
        self.key = key
        self.begun: float | None = None
        self.waiting: list[Answer] = []


class Lookups:
    """Asks `resolver(host, port)` in threads. `wake` is called, in any thread, when there is an
    answer: `deliver` hands it on.
    """

    def __init__(self, resolver: Callable[[str, int], Any] | None, wake: Callable[[], None]) -> None:
        self._resolver = resolver or system_lookup
        self._is_own = resolver is not None
        self._wake = wake
        self._kept: dict[tuple[str, int], tuple[float, Any, Exception | None]] = {}
        self._asked: dict[tuple[str, int], _Lookup] = {}
        self._answers: deque[tuple[_Lookup, Any, Exception | None]] = deque()
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._queue: deque[_Lookup] = deque()
        self._running: set[_Lookup] = set()
        self._threads = self._resting = 0
        self._is_closed = False

    def find(self, host: str, port: int, answer: Answer) -> None:
        """Call `answer` with addresses or an error: at once where they are known."""
        key = (host, port)
        kept = self._kept.get(key)
        if kept is not None:
            if kept[0] > monotonic():
                answer(kept[1], kept[2])
                return
            del self._kept[key]
        if not self._is_own:
            numeric = numeric_addresses(host, port)
            if numeric is not None:
                answer(numeric, None)
                return
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = _Lookup(key)
            asked.waiting.append(answer)
            self._ask(asked)
        else:
            asked.waiting.append(answer)

    def _ask(self, lookup: _Lookup) -> None:
        with self._lock:
            self._queue.append(lookup)
            if self._resting:
                self._has_work.notify()
            else:
                self._start_threads()

    def _start_threads(self) -> None:
        now = monotonic()
        hanging = sum(1 for each in self._running if now - (each.begun or now) > _HANGING)
        wanted = min(len(self._queue), _THREADS - (self._threads - hanging))
        for _ in range(min(wanted, _MOST_THREADS - self._threads)):
            self._threads += 1
            threading.Thread(target=self._work, name="fasthttp lookup", daemon=True).start()

    def tend(self) -> bool:
        """Let lookups that hang be no hindrance to others. Return whether some wait."""
        with self._lock:
            if self._queue and not self._resting:
                self._start_threads()
            return bool(self._queue)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._resting += 1
                while not self._queue:
                    if self._is_closed or not self._has_work.wait(10):
                        if self._queue:
                            continue
                        self._resting -= 1
                        self._threads -= 1
                        return
                self._resting -= 1
                lookup = self._queue.popleft()
                lookup.begun = monotonic()
                self._running.add(lookup)
            found: Any = None
            error: Exception | None = None
            try:
                found = list(self._resolver(*lookup.key))
            except OSError as failure:
                error = failure
            except BaseException as failure:  # whatever it is, somebody waits for an answer
                error = OSError(f"the lookup of {lookup.key[0]!r:.80} failed: {failure!r}")
                error.__cause__ = failure
            with self._lock:
                self._running.discard(lookup)
                self._answers.append((lookup, found, error))
            self._wake()

    def deliver(self) -> None:
        """Hand on the answers that have come. Called by the thread that called `find`."""
        while self._answers:
            lookup, found, error = self._answers.popleft()
            self._asked.pop(lookup.key, None)
            if not is_want_of_descriptors(error):
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                until = monotonic() + (_KEPT if error is None else _KEPT_FAILURE)
                self._kept[lookup.key] = until, found, error
            for answer in lookup.waiting:
                answer(found, error)

    def forget(self, host: str, port: int) -> None:
        """Ask again next time: no address that is known could be connected to."""
        self._kept.pop((host, port), None)

    def close(self) -> None:
        """Let the threads end that are not in a lookup."""
        with self._lock:
            self._is_closed = True
            self._queue.clear()
            self._has_work.notify_all()
