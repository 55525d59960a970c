"""Fetching many pages politely with threads: what scrape.py and distributed_scrape.py share.

`Scraper` runs the threads, each of which fetches what its `Schedule` gives it, with the connection
that comes with it.
"""

from __future__ import annotations

import email.utils
import queue
import random
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

from politeness import Job, Limits, Origin, Schedule, origin_of

from fasthttp import HTTPConnection, HTTPException, HTTPResponse, InvalidURL

HEADERS = {
    "User-Agent": "scrape.py (an example of fasthttp)",
    "Accept": "text/html,*/*;q=0.5",
    "Accept-Encoding": "gzip",
}
REDIRECTS = frozenset((301, 302, 303, 307, 308))
BUSY = frozenset((429, 500, 502, 503, 504))  # worth another try, later
LONGEST_PAUSE = 120.0  # seconds; whatever Retry-After says


class TooLarge(Exception):  # noqa: N818 - says what the page is
    """The body is larger than `max_bytes`."""


class HostGivenUp(Exception):  # noqa: N818 - says what has happened to the host
    """So many exchanges with the host failed in a row that the rest was not tried."""


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


def path_of(url: str) -> str:
    """Return the path and query of `url` as they go on the wire, spaces and the like quoted."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="%/:=&?~#+!$,;'@()*[]")


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
