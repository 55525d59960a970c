"""Who is next: requests wait with their hosts, hosts take turns, and connections are counted.

A decision takes no longer with more hosts, connections or requests than with few. There are no
sockets here, and no clock: times are given. A lock makes each method whole, because threads that
call `Pool.request` take from the same connections.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from heapq import heappop, heappush
from typing import NamedTuple

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .._web.proxies import Proxy
    from .page import Page

#: After so many requests on one connection it is another host's turn, if that waits for room. For
#: each one a connection would be opened and another one closed.
TURN = 64
#: For so many seconds an idle connection is not closed for a host that has another one: it would be
#: opened again as soon as its own host is next, and one more closed for it.
MOMENT = 1.0


class Host:
    """A server, by scheme, name and port, with what waits for it and what is connected to it."""

    __slots__ = (
        "address",
        "has_made_room",
        "idle",
        "is_aside",
        "is_listed",
        "is_tls",
        "line",
        "name",
        "not_before",
        "open",
        "origin",
        "port",
        "proxies",
        "waiting",
        "wanted",
        "with_cookie",
        "writer",
    )

    def __init__(self, origin: str, name: str, port: int, line: bytes, is_tls: bool) -> None:
        #: Scheme, name and port, as they stand in a URL.
        self.origin = origin
        self.name = name
        self.port = port
        self.is_tls = is_tls
        #: The Host field with its end.
        self.line = line
        #: The proxies to go through, in turn; none where the server itself is connected to.
        self.proxies: tuple[Proxy, ...] = ()
        self.waiting: deque[Page] = deque()
        #: Connections that may carry a request, the newest last.
        self.idle: dict[Any, None] = {}
        #: Sockets of any kind.
        self.open = 0
        #: Threads that wait for a connection.
        self.wanted = 0
        self.is_listed = self.is_aside = False
        self.not_before = 0.0
        #: Whether a connection was closed for another host's, and none opened since.
        self.has_made_room = False
        #: The address that connected last, to be tried first.
        self.address: Any = None
        #: The Cookie that was sent last, and the pool's fields with it.
        self.with_cookie: tuple[str, dict[Any, Any]] = ("", {})
        #: An `HTTPConnection` that writes unusual requests; it is never opened.
        self.writer: Any = None

    def is_unused(self, now: float) -> bool:
        """Return whether nothing is known of it that could not be found out again."""
        return not (self.open or self.waiting or self.wanted) and self.not_before <= now


class Start(NamedTuple):
    """What is to be done next: `page` is to be fetched from `host`.

    `connection` is one that is kept; None where one has to be opened, for which there is room once
    `evicted` is closed, if that is not None.
    """

    host: Host
    page: Page
    connection: Any
    evicted: Any


class Slots:
    """The limits, and all that counts against them.

    `total` and `per_host` are the most sockets, `delay` seconds between starts to one host.
    """

    # With the compiled modules, pool_c.pyx of `_usual` does the plain case of `add` and `release`
    # by these, without the lock as long as no other thread takes connections.
    __slots__ = (
        "_aside",
        "_delayed",
        "_freed",
        "_idle",
        "_lock",
        "_most",
        "_ready",
        "_serial",
        "_sharing",
        "_wanting",
        "delay",
        "is_shared",
        "open",
        "per_host",
        "total",
        "waiting",
    )

    def __init__(self, total: int, per_host: int, delay: float) -> None:
        self.total = self._most = total
        self.per_host = per_host
        self.delay = delay
        self.open = 0
        #: How many threads and responses have taken connections, or are about to, beside the
        #: thread that drives the loop; and whether there are any.
        self._sharing = 0
        self.is_shared = False
        #: Requests that wait.
        self.waiting = 0
        #: The hosts for whose connections threads wait.
        self._wanting: dict[Host, None] = {}
        # Reentrant: a response that is collected gives its connection back, at any moment.
        self._lock = threading.RLock()
        self._freed = threading.Condition(self._lock)
        #: Hosts that have something to be started, in turn.
        self._ready: deque[Host] = deque()
        #: Hosts that go on over what they have, and would take one connection more.
        self._aside: deque[Host] = deque()
        #: (time, serial number, host) of those that have to wait for their delay.
        self._delayed: list[tuple[float, int, Host]] = []
        self._serial = 0
        #: All idle connections, the one that is idle for longest first.
        self._idle: OrderedDict[Any, None] = OrderedDict()

    # ------------------------------------------------------------------ requests

    def add(self, host: Host, page: Page, *, first: bool = False) -> None:
        """Let a request wait; `first`: before all others of its host."""
        with self._lock:
            if first:
                host.waiting.appendleft(page)
            else:
                host.waiting.append(page)
            self.waiting += 1
            if not host.is_listed:
                self._list(host)

    def has_room(self) -> bool:
        """Return whether a connection could be opened, or used, for a host that has none."""
        return (self.open < self._most or bool(self._idle)) and not self._ready

    def next(self, now: float) -> Start | None:
        """Return what to start next; None where nothing can be started now."""
        with self._lock:
            while self._delayed and self._delayed[0][0] <= now:
                self._list(heappop(self._delayed)[2])
            ready = self._ready
            while ready or self._call_back(now):
                host = ready[0]
                page = self._first_of(host)
                if page is None or self._is_to_wait(host, now):
                    ready.popleft()
                    host.is_listed = False
                    continue
                found = None
                if not self._wanting or self._has_more_than_threads_want(host):
                    found = self._room_for(host, page._is_fresh, now)
                if found is None:
                    if not self._has_room_beside_threads():
                        return None  # for no host
                    ready.popleft()
                    host.is_listed = False
                    if host.open < self.per_host and not host.is_aside and not host.wanted:
                        host.is_aside = True
                        self._aside.append(host)
                    continue
                ready.popleft()
                host.waiting.popleft()
                self.waiting -= 1
                host.not_before = now + self.delay
                host.is_listed = False
                self._list(host)
                return Start(host, page, *found)
        return None

    def _list(self, host: Host) -> None:
        if host.waiting and not host.is_listed:
            host.is_listed = True
            self._ready.append(host)

    def _first_of(self, host: Host) -> Page | None:
        waiting = host.waiting
        while waiting:
            if waiting[0].error is None:
                return waiting[0]
            waiting.popleft()  # it has waited for too long, and was counted then
        return None

    def _is_to_wait(self, host: Host, now: float) -> bool:
        if self.delay and now < host.not_before:
            self._serial += 1
            heappush(self._delayed, (host.not_before, self._serial, host))
            return True
        return False

    def _call_back(self, now: float) -> bool:
        """List the next host that was put aside, if there is room for it by now. Return whether."""
        while self._aside and (self.open < self._most or self._is_idle_for_long(now)):
            host = self._aside.popleft()
            host.is_aside = False
            self._list(host)
            if self._ready:
                return True
        return False

    def _is_idle_for_long(self, now: float) -> bool:
        return bool(self._idle) and next(iter(self._idle)).idle_since <= now - MOMENT

    def _room_for(
        self, host: Host, is_fresh: bool, now: float = math.inf
    ) -> tuple[Any, Any] | None:
        """Return (a kept connection, None) or (None, what to close first); None: there is none.

        Another host's connection is closed for a host that has one only if it is idle for long.
        """
        evicted = None
        if host.idle and not is_fresh:
            connection = host.idle.popitem()[0]
            del self._idle[connection]
            return connection, None
        if host.open >= self.per_host:
            if not host.idle:
                return None
            evicted = next(iter(host.idle))
        elif self.open >= self._most:
            may_evict = not host.open or is_fresh or self._is_idle_for_long(now)
            if not (self._idle and may_evict):
                return None
            evicted = next(iter(self._idle))
        if evicted is not None:
            self._drop_idle(evicted)
        host.open += 1
        self.open += 1
        return None, evicted

    def expire(self) -> None:
        """Count one request less: it has waited for too long, and has its error."""
        with self._lock:
            self.waiting -= 1

    def drop(self, hosts: Iterable[Host], test: Callable[[Page], bool]) -> list[Page]:
        """Let pages wait no longer of which `test` is true. Return them."""
        dropped: list[Page] = []
        with self._lock:
            left: list[tuple[Host, deque[Page]]] = []
            for host in hosts:
                kept: deque[Page] = deque()
                for page in host.waiting:
                    is_waiting = page.error is None
                    (dropped if is_waiting and test(page) else kept).append(page)
                left.append((host, kept))
            for host, kept in left:  # not before: a test may raise
                host.waiting = kept
            self.waiting -= len(dropped)
        return dropped

    def next_delayed(self) -> float | None:
        """Return when a host may start something that cannot be started yet, though nothing else
        happens; None where none waits for that.
        """
        delayed = self._delayed[0][0] if self._delayed else math.inf
        with self._lock:
            # With a host that is listed, `next` has gone as far as it could.
            if self._aside and self._idle and not self._ready:
                delayed = min(delayed, next(iter(self._idle)).idle_since + MOMENT)
        return None if delayed == math.inf else delayed

    def clear(self, hosts: Iterable[Host]) -> None:
        """Let no request of these hosts, which are all there are, wait any longer."""
        with self._lock:
            self._ready.clear()
            self._delayed.clear()
            self._aside.clear()
            self.waiting = 0
            for host in hosts:
                host.waiting.clear()
                host.is_listed = host.is_aside = False

    def count_anew(self, hosts: Iterable[Host], connections: Iterable[Any]) -> list[Any] | None:
        """Count idle connections alone: nothing is under way. Return what else there is of
        `connections`; None, where threads have some, and nothing has been done.
        """
        with self._lock:
            if self.is_shared:
                return None
            self.open = len(self._idle)
            for host in hosts:
                host.open = len(host.idle)
            return [each for each in connections if each not in self._idle]

    # --------------------------------------------------------------- connections

    def release(self, connection: Any, now: float) -> Page | None:
        """Take back a connection that can serve again. Return the next request for it; None where
        it is to be idle.
        """
        host: Host = connection.host
        with self._lock:
            page = host.waiting[0] if host.waiting else None
            if page is not None and page.error is not None:
                page = self._first_of(host)
            if page is not None and not (self.delay or self._wanting or page._is_fresh):
                # Others that wait, while there is no room for them.
                if self.open >= self._most and len(self._ready) > host.is_listed:
                    connection.turn -= 1
                if connection.turn > 0:
                    host.waiting.popleft()
                    self.waiting -= 1
                    return page
            self._keep(connection, now)
        return None

    def keep(self, connection: Any, now: float) -> None:
        """Take back a connection that is to be idle."""
        with self._lock:
            self._keep(connection, now)

    def _keep(self, connection: Any, now: float) -> None:
        connection.turn = TURN
        connection.idle_since = now
        connection.host.idle[connection] = None
        self._idle[connection] = None
        self._list(connection.host)
        if self._wanting:
            self._freed.notify_all()

    def forget(self, connection: Any) -> bool:
        """Take an idle connection, which is to be closed; it counts until `give`. Return whether it
        was idle: nobody has taken it.
        """
        with self._lock:
            if connection not in self._idle:
                return False
            del self._idle[connection]
            del connection.host.idle[connection]
        return True

    def _drop_idle(self, connection: Any) -> None:
        host = connection.host
        del self._idle[connection]
        del host.idle[connection]
        self._give(host)

    def take(self, host: Host) -> bool:
        """Count one socket more for a host. Return whether there is room for it."""
        with self._lock:
            if host.open >= self.per_host or self.open >= self._most:
                return False
            host.open += 1
            self.open += 1
        return True

    def give(self, host: Host) -> None:
        """Count one socket less."""
        with self._lock:
            self._give(host)

    def _give(self, host: Host) -> None:
        host.open -= 1
        self.open -= 1
        if not host.is_listed:
            self._list(host)
        if self._wanting:
            self._freed.notify_all()

    def longest_idle(self) -> Any:
        """Return the connection that has been idle for longest; None where none is."""
        with self._lock:
            return next(iter(self._idle), None)

    def all_idle(self) -> list[Any]:
        """Return all idle connections."""
        with self._lock:
            return list(self._idle)

    # ------------------------------------------------------------------- threads

    def share(self) -> None:
        """Let somebody else take connections than the thread that drives the loop."""
        with self._lock:
            self._sharing += 1
            self.is_shared = True

    def share_no_more(self) -> None:
        """Take note that this has none any longer."""
        with self._lock:
            self._sharing -= 1
            self.is_shared = self._sharing > 0

    def take_for_thread(
        self,
        host: Host,
        seconds: float,
        is_closed: Callable[[], bool],
        clock: Callable[[], float],
        drive: Callable[[], None] | None = None,
    ) -> tuple[Any, Any] | None:
        """Wait for what `_room_for` returns; None after `seconds`, or where the pool is closed.
        To be called between `share` and `share_no_more`.

        `drive` is for the thread that drives the loop: nobody else would free a connection.
        """
        until = clock() + seconds
        while not is_closed():
            with self._freed:
                now = clock()
                if now >= host.not_before:
                    found = self._room_for(host, is_fresh=False)
                    if found is not None:
                        host.not_before = now + self.delay
                        return found
                if now >= until:
                    break
                if drive is None:
                    self._wait_in_thread(host, now, until)
                    continue
            self._drive_in_thread(host, drive)
        return None

    def _drive_in_thread(self, host: Host, drive: Callable[[], None]) -> None:
        with self._lock:
            self._want(host)
        try:
            drive()
        finally:
            with self._lock:
                self._want_no_more(host)

    def _wait_in_thread(self, host: Host, now: float, until: float) -> None:
        if now < host.not_before:
            self._freed.wait(min(until, host.not_before) - now)
            return
        self._want(host)
        try:
            self._freed.wait(None if until == math.inf else until - now)
        finally:
            self._want_no_more(host)

    def _has_more_than_threads_want(self, host: Host) -> bool:
        """Return whether room is left when each thread that waits has its connection."""
        return self._room_of(host) > host.wanted and self._has_room_beside_threads()

    def _has_room_beside_threads(self) -> bool:
        """Return whether there is room in all, more than the threads that wait could use now."""
        room = self._most - self.open + len(self._idle)
        return room > sum(min(host.wanted, self._room_of(host)) for host in self._wanting)

    def _room_of(self, host: Host) -> int:
        return self.per_host - host.open + len(host.idle)

    def _want(self, host: Host) -> None:
        """Count one more thread that waits for a connection."""
        host.wanted += 1
        self._wanting[host] = None

    def _want_no_more(self, host: Host) -> None:
        host.wanted -= 1
        if not host.wanted:
            del self._wanting[host]
            self._list(host)  # it may have been passed over for the thread

    def wake_threads(self) -> None:
        """Let waiting threads look again: the pool is closed."""
        with self._lock:
            self._freed.notify_all()

    # --------------------------------------------------------------- descriptors

    def lower(self) -> bool:
        """Be content with fewer sockets: the system gives no more. Return whether some are open."""
        with self._lock:
            self._most = max(1, self.open)
            return self.open > 0

    def raise_again(self) -> None:
        """Try whether the system gives more by now."""
        self._most = self.total
