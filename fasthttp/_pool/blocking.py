"""`Pool.request`: one exchange in the thread that asks, over the pool's connections and limits."""

from __future__ import annotations

import math
import weakref
from time import monotonic

from .._client import tls
from .._client.connection import HTTPConnection
from .._client.exchange import Exchange
from .._client.response import HTTPResponse, is_in_step
from .._client.sockets import is_spent
from .._http import notes
from .._web import urls
from .dialing import Dial, Phase
from .engine import STARVED, Engine
from .errors import silent
from .hosts import Host
from .lookups import is_want_of_descriptors
from .loop import Loop
from .page import Page
from .proxying import request_through
from .wire import merged
from .work import Ended

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._client.policy import Policy
    from .._web.proxies import Proxy
else:
    Any = object  # for typing.get_type_hints()


class _Dialling:
    """Opens one connection in a loop of its own: an `Owner` of a `Dial`."""

    def __init__(self, engine: Engine, page: Page, seconds: float) -> None:
        self.settings = engine.settings
        self.slots = engine.slots
        self.lookups = engine.lookups
        self.dials: dict[Dial, None] = {}
        self.loop = Loop()
        self.found: tuple[Any, tls.State | None] | None = None
        self.error: Exception | None = None
        self._seconds = seconds
        page._until = self.loop.now + seconds

    def open(self, host: Host, page: Page, proxy: Proxy | None) -> tuple[Any, tls.State | None]:
        """Return a connected socket, and the state of its TLS. Raises `OSError`."""
        try:
            Dial(self, host, page, proxy).begin()
            while self.found is None and self.error is None:
                self.loop.begin()
                self.loop.turn(math.inf)
                self.loop.end()
            if self.error is not None:
                raise self.error
            assert self.found is not None  # noqa: S101 - the loop above
            self.loop.unwatch(self.found[0])
            return self.found
        finally:
            for dial in list(self.dials):
                dial.cancel()
            self.loop.close()

    def connected(self, dial: Dial, sock: Any, state: tls.State | None) -> None:
        self.found = sock, state
        dial.let_go(sock)

    def fail(self, page: Page, error: Exception, phase: Phase) -> None:
        notes.add(error, f"{phase.value}: {urls.shown(page.url)}")
        self.error = error

    def starve(self, host: Host, page: Page, error: Exception) -> None:
        self.error = error

    def late(self, page: Page, now: float) -> Exception:
        if now < page._until:
            return silent(self.settings.timeout)
        return TimeoutError(f"not connected within {self._seconds:g} seconds, its deadline")


class Response(HTTPResponse):
    """A response whose connection goes back to its pool when it is read to its end, or closed."""

    _fasthttp_lease: _Lease | None = None

    def close(self) -> None:
        try:
            HTTPResponse.close(self)
        finally:
            self._fasthttp_let_go()

    def _fasthttp_let_go(self) -> None:
        lease, self._fasthttp_lease = self._fasthttp_lease, None
        if lease is not None:
            lease.end(self)


class _LastExchange(Exchange):
    """What a response knows of its exchange: the connection goes back as soon as it is read to its
    end.
    """

    __slots__ = ("_response",)

    def __init__(self, policy: Policy | None, response: Response) -> None:
        super().__init__(policy)
        self._response = weakref.ref(response)  # which refers to this

    def note_end(self) -> None:
        response = self._response()
        if response is not None:
            response._fasthttp_let_go()


class _Lease(HTTPConnection):
    """A connection of the pool's, for one exchange."""

    response_class = Response

    def __init__(
        self, engine: Engine, host: Host, page: Page, seconds: float, proxy: Proxy | None
    ) -> None:
        settings = engine.settings
        usual = None if settings.timeout == math.inf else settings.timeout
        super().__init__(
            host.name,
            host.port,
            timeout=usual,
            max_response_headers=settings.max_response_headers,
            strict=settings.strict,
            skip_bad_lines=settings.skip_bad_lines,
            max_head_bytes=settings.max_head_bytes,
            on_informational=settings.on_informational,
            retry_stale=settings.retry_stale,
        )
        policy = self._fasthttp.policy
        if policy is not None:
            policy.rules = engine.reading.rules
        self.default_port = 443 if host.is_tls else 80
        self._engine = engine
        self._of = host
        self._page = page
        self._proxy = proxy
        self._until = monotonic() + seconds
        self._holds_slot = True
        self._shares = True
        self._state: tls.State | None = None

    def use(self, kept: Any) -> None:
        """Go on with a connection that has served, unless it can carry no request."""
        is_of_no_use = kept.is_spent()
        sock, state = self._engine.lend(kept)
        if is_of_no_use:
            sock.close()
        else:
            self._take(sock, state)
            self._fasthttp.served = True

    def _take(self, sock: Any, state: tls.State | None) -> None:
        sock.settimeout(self.timeout)
        self.sock = sock
        self._state = state

    def connect(self) -> None:
        """Open a connection as the pool's loop does. Raises `OSError`."""
        if not self._holds_slot and not self._engine.slots.take(self._of):
            raise ConnectionError(
                "the pool has no room for one more connection: raise its total or per_host"
            )
        self._holds_slot = True
        while self.sock is None:
            try:
                self._dial()
            except OSError as error:  # noqa: PERF203 - each attempt may fail
                if not (is_want_of_descriptors(error) and self._has_hope()):
                    raise
                self._wait_for_descriptor()

    def _dial(self) -> None:
        left = self._until - monotonic()
        dialling = _Dialling(self._engine, self._page, max(left, 0.001))
        self._holds_slot = False  # a dial that fails gives it back
        sock, state = dialling.open(self._of, self._page, self._proxy)
        self._holds_slot = True
        self._take(sock, state)

    def _has_hope(self) -> bool:
        """Give up what could have a descriptor. Return whether one will be free."""
        self._give_slot()
        idle = self._engine.slots.longest_idle()
        if idle is not None:
            self._engine.drop_idle(idle)
            return True
        return self._engine.slots.lower()

    def _wait_for_descriptor(self) -> None:
        """Wait for room among fewer connections. Raises `TimeoutError`."""
        engine = self._engine
        found = None
        while found is None:
            left = self._until - monotonic()
            if left <= 0 or engine.is_closed:
                raise TimeoutError(
                    "waited in vain for a file descriptor: let the process open more (ulimit -n),"
                    " or lower total of the pool"
                )
            found = engine.slots.take_for_thread(
                self._of, min(left, STARVED), lambda: engine.is_closed, monotonic
            )
            if found is None:
                engine.slots.raise_again()
        self._holds_slot = True
        kept, evicted = found
        if evicted is not None:
            evicted.shut()
        if kept is not None:  # its descriptor is what was wanted
            engine.lend(kept)[0].close()

    def _give_slot(self) -> None:
        if self._holds_slot:
            self._holds_slot = False
            self._engine.slots.give(self._of)
        self._engine.loop.wake()  # a run may wait for it

    def _fasthttp_before_close(self) -> None:
        if self._state is not None and self.sock is not None:
            tls.keep_session(self._state, self.sock)

    def give_up(self) -> None:
        """Close the connection, and count it no longer."""
        self.close()
        self._give_slot()
        self._share_no_more()

    def _share_no_more(self) -> None:
        if self._shares:
            self._shares = False
            self._engine.slots.share_no_more()

    def end(self, response: Any) -> None:
        """Take note that the response is read, or closed."""
        sock = self.sock
        if sock is None or not is_in_step(response) or is_spent(sock):
            self.give_up()
            return
        self.sock = None
        self._HTTPConnection__response = None
        self._holds_slot = False
        try:
            self._engine.take_back(self._of, sock, self._state, self._proxy)
        finally:
            self._share_no_more()


def _room_for(engine: Engine, host: Host, url: str, is_closed: Any) -> tuple[Any, Any]:
    """Wait for a connection that is kept, or for room for one, as `Slots` says it. The slots are
    shared from then on.

    Raises `TimeoutError`, `ValueError` where the pool is closed meanwhile, and what sinks raise of
    the run that this thread drives.
    """
    slots, queue = engine.slots, engine.settings.queue_timeout
    found = None
    slots.share()
    try:
        found = slots.take_for_thread(host, queue, is_closed, monotonic, engine.how_to_drive())
    except Ended as ended:
        raise ended.args[0] from None
    finally:
        if found is None:
            slots.share_no_more()
    if found is not None:
        return found
    engine.loop.wake()  # what was kept for this thread is the run's
    if is_closed():
        raise ValueError("the pool is closed: make a new one")
    text = f"waited in the queue for {queue:g} seconds, its queue_timeout"
    raise TimeoutError(f"{text}: {urls.shown(url)}")


def request(
    engine: Engine,
    method: str,
    url: str,
    body: Any,
    headers: Any,
    seconds: float,
    is_closed: Any,
) -> HTTPResponse:
    """Do what `Pool.request` does; `seconds` is the deadline."""
    host, target, authorization = engine.directory.place_of(url)
    if authorization is not None:
        headers = merged({"Authorization": authorization}, headers)
    page = Page(url, 0)
    page._method = method
    kept, evicted = _room_for(engine, host, url, is_closed)
    proxy = engine.settings.next_proxy(host.proxies) if kept is None else kept.proxy
    lease = _Lease(engine, host, page, seconds, proxy)
    try:
        if evicted is not None:
            evicted.shut()
        if kept is not None:
            lease.use(kept)
        target, headers = request_through(proxy, host, target, headers)
        deadline = None if seconds == math.inf else seconds
        lease.request(method, target, body, headers, deadline=deadline)
        response: Any = lease.getresponse()
        lease._HTTPConnection__response = None  # a cycle would be left to the collector
    except BaseException:
        lease.give_up()
        raise
    if response.isclosed():
        lease.end(response)
    else:
        response._fasthttp_lease = lease
        response._fasthttp_exchange = _LastExchange(lease._fasthttp.policy, response)
    found_response: HTTPResponse = response
    return found_response
