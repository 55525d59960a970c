"""Pool: many requests to many hosts from one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage

from .._client import forking
from .._client.deadline import seconds_of
from .._client.response import HTTPResponse
from . import blocking
from .aio import AsyncRun, refuse
from .engine import Engine
from .run import Run
from .settings import Settings, check_headers
from .wire import merged
from .work import Work

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._web.cookies import Cookies
else:
    Any = Cookies = object  # for typing.get_type_hints()


_NO_HEADERS: Mapping[str, Any] = {}


class Pool:
    """Connections to any number of hosts, kept open and driven by one thread.

    `map` gives the pages of many requests, `amap` does so within asyncio, and `request` makes one
    request in any thread. Use it in a `with` block, or `close` it. All arguments are by keyword.

    Limits, which are never passed:

    - `total`: sockets in all, an int; `per_host`: those to one scheme, name and port.
    - `delay`: seconds between the starts of two requests to one host, an int or a float.
    - `deadline`: seconds for a request, from when it leaves the queue to the last byte of its
      answer, lookup, redirects and more tries included. `timeout`: seconds for each wait within
      it. `queue_timeout`: seconds for waiting in the queue. `idle_timeout`: seconds for which a
      connection is kept that nobody uses. Each is an int or a float, or None for no limit.
    - `max_body`: the most bytes of a body, an int; None for no limit. `max_head_bytes` and
      `max_response_headers`: the most bytes and fields of a head; None for 1 MiB and 1,000.

    What is sent, and to whom:

    - `headers`: a mapping of names to values, for each request that does not have its own of the
      same names. No User-Agent is sent unless it is given there: many sites refuse who has none.
    - `proxy`: the URL of a proxy, or a list of them that new connections take in turn:
      `http://name:password@host:port`, `https://` for TLS with the proxy, `socks5h://`,
      `socks4a://`, or `socks5://` and `socks4://`, which are told addresses that are looked up
      here. Name and password are quoted as in any URL.
    - `trust_env`: where there is no `proxy`, let `http_proxy`, `https_proxy`, `all_proxy` and
      `no_proxy` of the environment count, as `urllib.request` reads them.
    - `allow`: a callable that is asked before each attempt to connect, with the host's name, the
      address and the port: `fasthttp.public_only` is one. Where what it returns is false, the next
      address is tried; where all are refused, the page's error is a `PermissionError`. What it
      raises is the page's error. With a proxy it is asked for the proxy's own name and addresses,
      and before that for the host's: with the address that the proxy is told, and with "" for the
      address of a name that the proxy looks up itself.
    - `resolver`: a callable that is called in threads with host and port, and returns what
      `socket.getaddrinfo` does. `source_address`: a tuple, as for `socket.create_connection`.
    - `context`: an `ssl.SSLContext`, which says whose certificates are trusted; None for the one
      that `HTTPSConnection` has.

    What pages are made of, all off unless set; for `map` and `amap`:

    - `redirects`: how many are followed, an int.
    - `retries`: how many more tries there are, an int, after connection errors and answers that
      say "not now".
    - `decode`: True to ask for content codings (gzip, br, ...), and to decode them.
    - `cookies`: True to keep those of servers and send them back, or a `Cookies` to begin with.

    How answers are read: `strict`, `on_informational` and `retry_stale` are as for
    `HTTPConnection`; so is `skip_bad_lines`, which is on unless `strict` is.

    Raises `TypeError` for an argument of a wrong type, and `ValueError` for one with a wrong value.
    """

    def __init__(
        self,
        *,
        total: int = 100,
        per_host: int = 6,
        delay: float = 0,
        deadline: float | None = 300,
        timeout: float | None = 30,
        idle_timeout: float | None = 60,
        queue_timeout: float | None = None,
        max_body: int | None = None,
        max_head_bytes: int | None = None,
        max_response_headers: int | None = None,
        headers: Mapping[str, Any] | None = None,
        strict: bool = False,
        skip_bad_lines: bool = True,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
        retry_stale: bool = True,
        context: Any = None,
        resolver: Callable[[str, int], Any] | None = None,
        source_address: tuple[str, int] | None = None,
        proxy: str | Iterable[str] | None = None,
        trust_env: bool = False,
        allow: Callable[[str, str, int], object] | None = None,
        redirects: int = 0,
        retries: int = 0,
        decode: bool = False,
        cookies: bool | Cookies = False,
    ) -> None:
        settings = Settings(
            total=total,
            per_host=per_host,
            delay=delay,
            deadline=deadline,
            timeout=timeout,
            idle_timeout=idle_timeout,
            queue_timeout=queue_timeout,
            max_body=max_body,
            max_head_bytes=max_head_bytes,
            max_response_headers=max_response_headers,
            headers=headers,
            strict=strict,
            skip_bad_lines=skip_bad_lines,
            on_informational=on_informational,
            retry_stale=retry_stale,
            context=context,
            resolver=resolver,
            source_address=source_address,
            proxy=proxy,
            trust_env=trust_env,
            allow=allow,
            redirects=redirects,
            retries=retries,
            decode=decode,
            cookies=cookies,
        )
        self._engine: Engine | None = Engine(settings)
        self._work: Work | None = None
        #: The work of the run that was going on when the pool was closed.
        self._cut: Work | None = None
        self._generation = forking.generation()

    @property
    def cookies(self) -> Cookies | None:
        """The jar, a `Cookies`; None where the pool keeps no cookies."""
        return self._check().settings.jar

    def map(self, requests: Iterable[Any], *, ordered: bool = False) -> Run:
        """Return a run over requests, each a URL or a `Request`: an iterator of pages.

        They are taken from `requests`, which may be endless, as there is room. The pages come as
        they complete; with `ordered` in the order of the requests. What `requests` raises comes out
        of the run and ends it; so does what a sink raises.

        Raises `RuntimeError` where another run is going on, or in a forked child, `ValueError`
        where the pool is closed, and `TypeError` for one URL in the place of an iterable.
        """
        engine = self._check()
        if self._work is not None:
            raise RuntimeError(
                "a pool has one run at a time: read the one before to its end, close() it, or use"
                " another pool"
            )
        run = Run(self, requests, ordered, engine.ahead)
        self._work = run._work
        return run

    def amap(self, requests: Iterable[Any], *, ordered: bool = False) -> AsyncRun:
        """Return a run for `async for`, which turns in the running asyncio loop; else as `map`.

        Raises `NotImplementedError` where the system has neither epoll nor kqueue, and what `map`
        raises.
        """
        engine = self._check()
        if not engine.loop.poller.can_nest:
            refuse()
        return AsyncRun(self.map(requests, ordered=ordered))

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, Any] = _NO_HEADERS,
        *,
        deadline: float | None = None,
    ) -> HTTPResponse:
        """Make one request in the thread that calls. Return its response, an `HTTPResponse`.

        It goes over the same connections and counts against the same limits as a run that may be
        going on. The connection goes back when the response is read to its end, or closed.

        Raises what `HTTPConnection` raises, `TimeoutError` after `queue_timeout` seconds without a
        connection, `RuntimeError` in a forked child, and `ValueError` where the pool is closed.
        """
        engine = self._check()
        check_headers(headers)
        settings = engine.settings
        seconds = settings.deadline if deadline is None else seconds_of("deadline", deadline)
        of_pool = settings.headers_if_not_decoded
        fields = merged(of_pool, headers) if of_pool else headers
        return blocking.request(
            engine, method, url, body, fields, seconds, lambda: self._engine is None
        )

    def _is_usable(self) -> bool:
        return self._generation == forking.generation() and self._engine is not None

    def _check(self) -> Engine:
        engine = self._engine
        if engine is None:
            raise ValueError("the pool is closed: make a new one, or use it before close()")
        if self._generation != forking.generation():
            raise RuntimeError("a forked child cannot use its parent's pool: make one of its own")
        return engine

    def _engine_of(self, work: Work) -> Engine | None:
        return None if work.is_closed or self._engine is None else self._check()

    def _check_whole(self, work: Work) -> None:
        """Raise `RuntimeError` where a run has ended because the pool was closed."""
        if work is self._cut:
            raise RuntimeError(
                "the pool was closed before its run had come to its end: iterate within the pool's"
                " with block, or close() the run to do without its other pages"
            )

    def _waiting(self, work: Work) -> int:
        engine = self._engine
        if engine is None or self._work is not work:
            return 0
        return engine.slots.waiting + work.delayed

    def _end_run(self, work: Work) -> None:
        work.is_closed = True
        work.requests = None
        engine = self._engine
        if self._work is work:
            if engine is not None and self._generation == forking.generation():
                engine.cancel()
            self._work = None  # last: to be done again, where an interrupt came before

    def close(self) -> None:
        """Close all connections. A run that goes on is cancelled: it gives the pages that it has,
        and then raises `RuntimeError`.
        """
        work = self._work
        if work is not None:
            if not work.is_over():
                self._cut = work
            self._end_run(work)
        engine, self._engine = self._engine, None
        if engine is None:
            return
        if self._generation == forking.generation():
            engine.close()
        else:
            engine.leave_to_parent()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_engine", None) is not None:
            self.close()
