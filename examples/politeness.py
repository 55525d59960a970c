"""Which page may be asked for now, on which connection: what keeps a scrape polite.

A host gets at most `per_host` connections, and no two requests within `delay` seconds; a connection
is one thread's as long as it fetches from the host. A host is an origin here: scheme, name, port.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from fasthttp import HTTPConnection, HTTPSConnection, InvalidURL

Origin = tuple[str, str, int]

PORTS = {"http": 80, "https": 443}
IDLE_TIMEOUT = 30.0  # seconds after which a connection is not trusted to be open still
MOST_IDLE = 256  # open connections that wait for their host's next turn, over all hosts


@dataclass(frozen=True)
class Limits:
    """What a scrape may ask of hosts, of the network and of this machine. Times in seconds."""

    threads: int = 16
    per_host: int = 2
    delay: float = 0.5
    deadline: float = 30.0
    max_bytes: int = 10 * 1024 * 1024
    retries: int = 3
    backoff: float = 1.0
    give_up: int = 10
    redirects: int = 5


@dataclass(frozen=True)
class Job:
    """A URL to fetch; `target` is where redirects have led so far."""

    url: str
    target: str
    attempts: int = 0
    redirects: int = 0


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of `url`; `InvalidURL` where it is none of http or https."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidURL(f"{url}: {error}") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise InvalidURL(f"{url}: not an http or https URL")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


class _Host:
    """The turn of one host: what is still to be fetched, and its idle connections."""

    def __init__(self, origin: Origin, not_before: float) -> None:
        self.origin = origin
        self.jobs: deque[Job] = deque()
        self.idle: list[HTTPConnection] = []
        self.under_way = 0
        self.not_before = not_before
        self.failures = 0  # in a row
        self.is_queued = False


class Schedule:
    """Gives out jobs, with a connection each, as the limits allow. Safe to use from threads.

    `wait` seconds pass before the first request to any host.
    """

    def __init__(self, limits: Limits, wait: float = 0.0) -> None:
        self._limits = limits
        self._first = time.monotonic() + wait
        self._hosts: dict[Origin, _Host] = {}
        self._turns: list[tuple[float, int, _Host]] = []  # a heap of hosts that may be asked then
        self._count = 0
        self._unfinished = 0
        self._idle: OrderedDict[HTTPConnection, _Host] = OrderedDict()  # oldest first
        self._changed = threading.Condition()
        self._stopping = False

    def add(self, job: Job) -> None:
        """Take a job in; `InvalidURL` where its URL is none."""
        origin = origin_of(job.target)
        with self._changed:
            host = self._hosts.get(origin)
            if host is None:
                host = self._hosts[origin] = _Host(origin, self._first)
            host.jobs.append(job)
            self._unfinished += 1
            self._queue(host)

    def stop(self) -> None:
        """Give out no more jobs. Takes no lock: a signal handler may call it."""
        self._stopping = True

    def take(self) -> tuple[Job, HTTPConnection] | None:
        """Return the next job and a connection for it, when its host may be asked; None at the end.

        `finish` must follow.
        """
        with self._changed:
            while self._unfinished and not self._stopping:
                wait = 0.5  # stop() does not notify
                if self._turns:
                    due, _, host = self._turns[0]
                    if host.not_before > due or not host.jobs:
                        # Since it was queued, it has been given a pause, or given up.
                        heapq.heappop(self._turns)
                        host.is_queued = False
                        self._queue(host)
                        continue
                    wait = min(wait, due - time.monotonic())
                    if wait <= 0:
                        heapq.heappop(self._turns)
                        return self._begin(host)
                self._changed.wait(wait)
            return None

    def finish(
        self,
        job: Job,
        connection: HTTPConnection,
        *,
        again: Job | None = None,
        pause: float = 0.0,
        failed: bool = False,
    ) -> list[Job]:
        """Give the connection back. `again` is tried once more when the host has had its `pause`.

        Returns the jobs that are over as well, because the host `failed` too often.
        """
        with self._changed:
            host = self._hosts[origin_of(job.target)]
            host.under_way -= 1
            host.not_before = max(host.not_before, time.monotonic() + pause)
            host.failures = host.failures + 1 if failed else 0
            self._unfinished -= 1
            given_up: list[Job] = []
            if host.failures >= self._limits.give_up:
                given_up, host.jobs = list(host.jobs), deque()
                self._unfinished -= len(given_up)
            if again is not None and host.failures < self._limits.give_up:
                host.jobs.appendleft(again)
                self._unfinished += 1
            elif again is not None:
                given_up.append(again)
            self._put_away(connection, host)
            self._queue(host)
            if not self._unfinished:
                self._changed.notify_all()
            return given_up

    def close(self) -> None:
        """Close the idle connections."""
        with self._changed:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _begin(self, host: _Host) -> tuple[Job, HTTPConnection]:
        host.is_queued = False
        host.under_way += 1
        host.not_before = time.monotonic() + self._limits.delay
        job = host.jobs.popleft()
        if host.idle:
            connection = host.idle.pop()
            del self._idle[connection]
        else:
            connection = self._connection(host.origin)
        self._queue(host)
        return job, connection

    def _connection(self, origin: Origin) -> HTTPConnection:
        scheme, name, port = origin
        kind = HTTPSConnection if scheme == "https" else HTTPConnection
        return kind(
            name,
            port,
            timeout=self._limits.deadline,
            deadline=self._limits.deadline,
            retry_stale=True,
            idle_timeout=IDLE_TIMEOUT,
        )

    def _queue(self, host: _Host) -> None:
        """Let the host have its turn as soon as it may."""
        if host.jobs and not host.is_queued and host.under_way < self._limits.per_host:
            host.is_queued = True
            self._count += 1
            heapq.heappush(self._turns, (host.not_before, self._count, host))
            self._changed.notify()

    def _put_away(self, connection: HTTPConnection, host: _Host) -> None:
        if not host.jobs:
            connection.close()
            for idle in host.idle:
                del self._idle[idle]
                idle.close()
            host.idle.clear()
            return
        host.idle.append(connection)
        self._idle[connection] = host
        if len(self._idle) > MOST_IDLE:
            oldest, its_host = self._idle.popitem(last=False)
            its_host.idle.remove(oldest)
            oldest.close()
