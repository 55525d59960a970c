"""Fetching many pages politely: what scrape.py and distributed_scrape.py share.

`Scraper` feeds a `fasthttp.Pool`, and decides what becomes of each answer: done, once more, or on
to where a redirect leads. The pool sees to connections, turns, delays and deadlines.
"""

from __future__ import annotations

import email.utils
import random
import ssl
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

import fasthttp
from fasthttp import HTTPException, InvalidURL, Pool, Request

Origin = tuple[str, str, int]

PORTS = {"http": 80, "https": 443}
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
class Limits:
    """What a scrape may ask of hosts, of the network and of this machine. Times in seconds."""

    total: int = 100
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


def request_of(job: Job) -> Request:
    """Return what the pool is to ask for, spaces and the like quoted; `InvalidURL` for no URL."""
    origin_of(job.target)
    parts = urlsplit(job.target)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path = quote(target, safe="%/:=&?~#+!$,;'@()*[]")
    return Request(f"{parts.scheme}://{parts.netloc}{path}", tag=job)


def page_of(answer: fasthttp.Page, limits: Limits) -> Page:
    """Return what is stored of an answer, its gzip undone. Errors are in it, of whatever kind."""
    job: Job = answer.request.tag
    page = Page(job.url, job.target, job.attempts + 1, time.time(), answer.elapsed, job.redirects)
    if answer.error is not None:
        is_long = "max_body" in str(answer.error)
        error = TooLarge(f"more than {limits.max_bytes} bytes") if is_long else answer.error
        return replace(page, error=error)
    try:
        body = _inflated(answer, limits.max_bytes)
    except Exception as error:  # whatever it is, it is this page's, not the scrape's
        return replace(page, error=error)
    fields = list(answer.headers.items())
    return replace(page, status=answer.status, headers=fields, body=body)


def _inflated(answer: fasthttp.Page, limit: int) -> bytes:
    """Undo the gzip of a body; `TooLarge` where that is more than `limit` bytes."""
    if (answer.getheader("Content-Encoding") or "").lower() != "gzip":
        return answer.body
    inflater = zlib.decompressobj(wbits=31)
    body = inflater.decompress(answer.body, limit + 1)
    if len(body) > limit:
        raise TooLarge(f"more than {limit} bytes")
    if not inflater.eof:
        raise zlib.error("the gzip stream ends too early")
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
    """A scrape under way; `pages()` gives what came of its jobs.

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
        self._jobs = iter(jobs)
        self._limits = limits
        self._may_follow = may_follow
        self._wait = wait
        self._failures: Counter[Origin] = Counter()  # in a row
        self._invalid: list[Page] = []
        self._stopping = False

    def stop(self) -> None:
        """Ask for no more pages; those under way still come. A signal handler may call it."""
        self._stopping = True

    def pages(self) -> Iterator[Page]:
        """Yield each page as it comes, until all are there or `stop()` has been called."""
        time.sleep(self._wait)
        limits = self._limits
        with (
            Pool(
                total=limits.total,
                per_host=limits.per_host,
                delay=limits.delay,
                deadline=limits.deadline,
                max_body=limits.max_bytes,
                headers=HEADERS,
            ) as pool,
            pool.map(self._requests()) as run,
        ):
            for answer in run:
                if self._stopping:
                    run.drop(lambda request: True)
                yield from self._settle(page_of(answer, limits), answer.request.tag, run)
                yield from self._take_invalid()
            yield from self._take_invalid()

    def _requests(self) -> Iterator[Request]:
        for job in self._jobs:
            if self._stopping:
                return
            request = self._request(job)
            if request is not None:
                yield request

    def _request(self, job: Job) -> Request | None:
        """Return the request of a job; keep its page where its URL is none."""
        try:
            return request_of(job)
        except InvalidURL as error:
            page = Page(job.url, job.target, job.attempts, time.time(), error=error)
            self._invalid.append(page)
            return None

    def _take_invalid(self) -> list[Page]:
        invalid, self._invalid = self._invalid, []
        return invalid

    def _settle(self, page: Page, job: Job, run: fasthttp.Run) -> Iterator[Page]:
        """Decide what becomes of a page; yield it if it is one to be stored."""
        given_up = self._count(page, job, run)
        pause = pause_before_retry(page, self._limits)
        if pause is not None and not given_up and not self._stopping:
            again = self._request(replace(job, attempts=page.attempts))
            if again is not None:
                run.add(again, delay=pause)
            return
        follow = redirected(page, self._limits)
        if follow is None or self._stopping:
            yield page
        else:
            yield from self._follow(page, follow, run)
        for request in given_up:
            error = HostGivenUp(f"after {page.final_url}: {page.error!r}")
            lost: Job = request.tag
            yield Page(lost.url, lost.target, lost.attempts, time.time(), error=error)

    def _count(self, page: Page, job: Job, run: fasthttp.Run) -> list[Request]:
        """Count the failures of a host; return what is not tried any more when it is given up."""
        origin = origin_of(job.target)
        if not _is_trouble(page.error):
            self._failures.pop(origin, None)
            return []
        self._failures[origin] += 1
        if self._failures[origin] < self._limits.give_up:
            return []
        return run.drop(lambda request: origin_of(request.tag.target) == origin)

    def _follow(self, page: Page, job: Job, run: fasthttp.Run) -> Iterator[Page]:
        """Fetch what a redirect leads to; yield the redirect itself where that is not wanted."""
        try:
            if self._may_follow(origin_of(job.target)):
                run.add(request_of(job))
            else:
                yield page
        except InvalidURL as error:
            yield replace(page, error=error)
