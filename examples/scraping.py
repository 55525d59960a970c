"""Fetching many pages politely with threads: what scrape.py and distributed_scrape.py share.

`Schedule` decides what may be asked for now: a host gets at most `per_host` connections, and no two
requests within `delay` seconds. `Scraper` runs the threads; each has a connection for itself as
long as it fetches from a host. A host is an origin here: scheme, name and port.
"""

from __future__ import annotations

import email.utils
import heapq
import queue
import random
import ssl
import threading
import time
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

from fasthttp import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL

Origin = tuple[str, str, int]

HEADERS = {
    "User-Agent": "scrape.py (an example of fasthttp)",
    "Accept": "text/html,*/*;q=0.5",
    "Accept-Encoding": "gzip",
}
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset((301, 302, 303, 307, 308))
BUSY = frozenset((429, 500, 502, 503, 504))  # worth another try, later
LONGEST_PAUSE = 120.0  # seconds; whatever Retry-After says
IDLE_TIMEOUT = 30.0  # seconds after which a connection is not trusted to be open still
MOST_IDLE = 256  # open connections that wait for their host's next turn, over all hosts


class TooLarge(Exception):  # noqa: N818 - says what the page is
    """The body is larger than `max_bytes`."""


class HostGivenUp(Exception):  # noqa: N818 - says what has happened to the host
    """So many exchanges with the host failed in a row that the rest was not tried."""


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
class Page:
    """What came of a URL: an answer, or the exception that the last try ended with."""

    url: str
    final_url: str
    attempts: int
    fetched_at: float
    seconds: float = 0.0
    redirects: int = 0
    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: Exception | None = None

    def header(self, name: str) -> str | None:
        """Return the value of the first field of that name."""
        return next((value for known, value in self.headers if known.lower() == name), None)


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


def path_of(url: str) -> str:
    """Return the path and query of `url` as they go on the wire, spaces and the like quoted."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="%/:=&?~#+!$,;'@()*[]")


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


def fetch(job: Job, connection: HTTPConnection, limits: Limits) -> Page:
    """Ask once. Never raises an `Exception`: the page holds it."""
    begun = time.monotonic()
    page = Page(job.url, job.target, job.attempts + 1, time.time(), redirects=job.redirects)
    try:
        connection.request("GET", path_of(job.target), headers=HEADERS)
        response = connection.getresponse()
        body = _body(response, limits.max_bytes)
        page = replace(page, status=response.status, headers=list(response.getheaders()), body=body)
    except Exception as error:  # whatever it is, it is this page's, not the scrape's
        connection.close()
        page = replace(page, error=error)
    return replace(page, seconds=time.monotonic() - begun)


def _body(response: HTTPResponse, limit: int) -> bytes:
    """Read the body and undo its gzip; `TooLarge` where that is more than `limit` bytes."""
    if response.length is None:  # in chunks, or until the connection closes
        body = response.read(limit + 1)
    elif response.length > limit:
        raise TooLarge(f"{response.length} bytes")
    else:
        body = response.read()  # read(n) would not say that bytes are missing
    if len(body) <= limit and response.getheader("Content-Encoding", "").lower() == "gzip":
        inflater = zlib.decompressobj(wbits=31)
        body = inflater.decompress(body, limit + 1)
        if not inflater.eof and len(body) <= limit:
            raise zlib.error("the gzip stream ends too early")
    if len(body) > limit:
        raise TooLarge(f"more than {limit} bytes")
    return body


def redirected(page: Page, limits: Limits) -> Job | None:
    """Return the job that a redirect leads to; None where the page is none, or one too many."""
    location = page.header("location")
    if page.status not in REDIRECTS or not location or page.redirects >= limits.redirects:
        return None
    return Job(page.url, urljoin(page.final_url, location), redirects=page.redirects + 1)


def pause_before_retry(page: Page, limits: Limits) -> float | None:
    """Return the seconds to wait before another try, or None where none is worth it.

    They double with each try, with some chance in it, so that hosts are not asked in waves;
    Retry-After (RFC 9110, 10.2.3) asks for longer ones.
    """
    if page.attempts > limits.retries:
        return None
    if not _is_trouble(page.error) and page.status not in BUSY:
        return None
    if isinstance(page.error, ssl.SSLCertVerificationError):
        return None
    pause: float = limits.backoff * 2 ** (page.attempts - 1) * random.uniform(0.5, 1)  # noqa: S311
    return min(max(pause, _retry_after(page)), LONGEST_PAUSE)


def _is_trouble(error: Exception | None) -> bool:
    """Whether `error` is the host's or the network's, and not this page's."""
    return isinstance(error, (OSError, HTTPException)) and not isinstance(error, InvalidURL)


def _retry_after(page: Page) -> float:
    value = page.header("retry-after") or "0"
    if value.isdigit():
        return float(value)
    try:
        return email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return 0.0


class Scraper:
    """A scrape under way: threads fetch `jobs`; `pages()` gives what came of them.

    A redirect to another host is followed where `may_follow` says so of its origin; else it is
    delivered as it is. `wait` seconds pass before the first request.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        limits: Limits,
        may_follow: Callable[[Origin], bool] = lambda origin: True,
        wait: float = 0.0,
    ) -> None:
        self._limits = limits
        self._may_follow = may_follow
        self._schedule = Schedule(limits, wait)
        added = (self._add(job) for job in jobs)
        self._invalid = [page for page in added if page is not None]
        # Bounded: where pages are stored slowly, they are fetched slowly.
        self._pages: queue.Queue[Page | BaseException | None] = queue.Queue(limits.threads * 4)

    def stop(self) -> None:
        """Ask for no more pages; those under way still come. A signal handler may call it."""
        self._schedule.stop()

    def pages(self) -> Iterator[Page]:
        """Yield each page as it comes, until all are there or `stop()` has been called."""
        yield from self._invalid
        # Daemons: a second Ctrl-C need not wait for them.
        for number in range(self._limits.threads):
            threading.Thread(target=self._run, name=f"scraper-{number}", daemon=True).start()
        running = self._limits.threads
        while running:
            page = self._pages.get()
            if page is None:
                running -= 1
            elif isinstance(page, Page):
                yield page
            else:
                raise page
        self._schedule.close()

    def _run(self) -> None:
        try:
            while (taken := self._schedule.take()) is not None:
                for page in self._exchange(*taken):
                    self._pages.put(page)
        except BaseException as error:  # a fault of this program, which is not to go unseen
            self._pages.put(error)
        self._pages.put(None)

    def _exchange(self, job: Job, connection: HTTPConnection) -> list[Page]:
        """Fetch, and decide: done, once more, or on to where a redirect leads."""
        page = fetch(job, connection, self._limits)
        failed = _is_trouble(page.error)
        pause = pause_before_retry(page, self._limits)
        if pause is not None:
            again = replace(job, attempts=page.attempts)
            given_up = self._schedule.finish(
                job, connection, again=again, pause=pause, failed=failed
            )
            return [_given_up(one, page) for one in given_up]
        follow = redirected(page, self._limits)
        settled = page if follow is None else self._follow(page, follow)
        given_up = self._schedule.finish(job, connection, failed=failed)
        pages = [] if settled is None else [settled]
        return pages + [_given_up(one, page) for one in given_up]

    def _add(self, job: Job) -> Page | None:
        """Let a job be fetched; return its page at once where its URL is none."""
        try:
            self._schedule.add(job)
        except InvalidURL as error:
            return Page(job.url, job.target, job.attempts, time.time(), error=error)
        return None

    def _follow(self, page: Page, job: Job) -> Page | None:
        """Fetch what a redirect leads to; return the redirect itself where that is not wanted."""
        try:
            wanted = self._may_follow(origin_of(job.target))
        except InvalidURL as error:
            return replace(page, error=error)
        return self._add(job) if wanted else page


def _given_up(job: Job, last: Page) -> Page:
    error = HostGivenUp(f"after {last.final_url}: {last.error!r}")
    return Page(job.url, job.target, job.attempts, time.time(), error=error)
