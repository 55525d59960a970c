"""Fetching many pages politely: what scrape.py and distributed_scrape.py share.

A `fasthttp.Pool` sees to connections, turns, delays and deadlines, and to redirects, cookies,
content codings and second tries. `Scraper` feeds it, gives up hosts that only fail, and makes a row
of each page.
"""

from __future__ import annotations

import itertools
import json
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import NamedTuple
from urllib.parse import urlsplit

import fasthttp
from fasthttp import Page, Pool, Request, Run

Allow = Callable[[str, str, int], bool]
Place = tuple[str, int]  # a host and a port

PORTS = {"http": 80, "https": 443}
HEADERS = {
    "User-Agent": "scrape.py (an example of fasthttp)",
    "Accept": "text/html,*/*;q=0.5",
}


@dataclass(frozen=True)
class Settings:
    """How a scrape goes about it: the arguments of a `Pool`, mostly, but such as can be pickled."""

    total: int = 100
    per_host: int = 2
    delay: float = 0.5
    deadline: float = 120.0
    timeout: float = 30.0
    max_body: int = 10 * 1024 * 1024
    retries: int = 3
    redirects: int = 5
    give_up: int = 10
    proxy: str | None = None
    public_only: bool = False
    ca: str | None = None  # certificates, in PEM
    insecure: bool = False

    def pool(self, allow: Allow | None = None) -> Pool:
        """Return a pool that does so, and connects only where `allow` lets it, too."""
        asked = [fasthttp.public_only] if self.public_only else []
        asked += [allow] if allow is not None else []
        return Pool(
            total=self.total,
            per_host=self.per_host,
            delay=self.delay,
            deadline=self.deadline,
            timeout=self.timeout,
            max_body=self.max_body,
            retries=self.retries,
            redirects=self.redirects,
            decode=True,
            cookies=True,
            headers=HEADERS,
            context=self._context(),
            proxy=self.proxy,
            trust_env=self.proxy is None,
            allow=(lambda *place: all(each(*place) for each in asked)) if asked else None,
        )

    def _context(self) -> ssl.SSLContext | None:
        if self.ca is None and not self.insecure:
            return None
        context = ssl.create_default_context(cadata=self.ca)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Row(NamedTuple):
    """What is stored of a URL: an answer, or the error that the last try ended with."""

    url: str
    final_url: str
    status: int | None = None
    headers: str = "[]"  # JSON: a list of pairs
    body: bytes = b""
    error: str | None = None
    attempts: int = 0
    seconds: float = 0.0
    fetched_at: float = 0.0


def row_of(page: Page) -> Row:
    """Return what is stored of a page. Its URL is the request's tag, where it has one."""
    row = Row(
        page.request.tag or page.request.url,
        page.url,
        attempts=page.tries,
        seconds=page.elapsed,
        fetched_at=time.time(),
    )
    if page.error is not None:
        return row._replace(error=f"{type(page.error).__name__}: {page.error}")
    fields = json.dumps(list(page.headers.items()))
    return row._replace(status=page.status, headers=fields, body=page.body)


def failed(request: Request, error: str) -> Row:
    """Return what is stored of a request of which there is no page."""
    return Row(request.tag or request.url, request.url, error=error, fetched_at=time.time())


def place_of(url: str) -> Place:
    """Return the host and the port that a URL names; nothing for what is no URL."""
    try:
        parts = urlsplit(url.strip())
        return parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


class Scraper:
    """A scrape under way; `rows()` gives what came of its requests, URLs or `Request`s."""

    def __init__(
        self,
        requests: Iterable[str | Request],
        settings: Settings,
        allow: Allow | None = None,
    ) -> None:
        self._requests = requests
        self._settings = settings
        self._allow = allow
        self._failures: Counter[Place] = Counter()
        self._stopping = False

    def stop(self) -> None:
        """Ask for no more pages; those under way still come. A signal handler may call it."""
        self._stopping = True

    def rows(self) -> Iterator[Row]:
        """Yield what came of each request, until all are there or `stop()` has been called."""
        requests = itertools.takewhile(lambda _: not self._stopping, self._requests)
        with self._settings.pool(self._allow) as pool, pool.map(requests) as run:
            for page in run:
                if self._stopping:
                    run.drop(lambda request: True)
                yield row_of(page)
                for request in self._given_up(page, run):
                    yield failed(request, f"HostGivenUp: after {page.url}: {page.error!r}")

    def _given_up(self, page: Page, run: Run) -> list[Request]:
        """Count the failures of a host; return what is not tried any more when it is given up."""
        place = place_of(page.url)
        if not _is_trouble(page):
            self._failures.pop(place, None)
            return []
        self._failures[place] += 1 + sum(isinstance(tried, Exception) for tried in page.retried)
        if self._failures[place] < self._settings.give_up:
            return []
        return run.drop(lambda request: place_of(request.url) == place)


def _is_trouble(page: Page) -> bool:
    """Whether the host failed, or the way to it, and not this page alone."""
    if isinstance(page.error, PermissionError):  # it was not to be asked
        return False
    return page.phase == "head" or isinstance(page.error, (OSError, IncompleteRead))
