"""What a pool does: it starts what may start, and takes what came of it.

`step` does what can be done now. Connections and dials call back what came of it: `done`, `fail`,
`release`, `connected`, `starve`.
"""

from __future__ import annotations

import math
from functools import partial
from http.client import InvalidURL
from itertools import islice
from time import monotonic

from .._client import tls
from .._client.sockets import is_spent
from .._http import notes
from .._web import urls
from .connection import Connection
from .dialing import Dial, Phase
from .directory import Directory
from .driving import Driving
from .errors import let_frames_go, silent
from .hosts import Host, Slots
from .leading import Leading
from .lookups import Lookups
from .loop import Loop
from .page import Page
from .poller import READ
from .request import Request, explained
from .usual import exchanges_of
from .waiting import Waiting
from .work import MOST_AHEAD, Ended, Work

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._web.proxies import Proxy
    from .settings import Settings

#: So many requests wait at least, where the iterable has them.
_AHEAD = 128
#: For so many seconds requests are taken from the iterable before sockets are looked at again.
_TAKING = 0.01
#: After so many seconds without descriptors, the system is asked for more again.
STARVED = 1.0
#: For so many seconds a thread waits that drives the loop only to have a connection.
_TURN_ONCE = 0.1


def _check_kind(given: Any, number: int) -> None:
    if not isinstance(given, (str, Request)):
        text = "a URL or a Request is needed, a str or a fasthttp.Request"
        raise TypeError(f"{text}, not {given!r:.80}: it would be the run's request {number + 1}")


class Engine:
    """All that a pool has: a loop, hosts, connections, and the work of the run that goes on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loop = Loop()
        most = self.loop.poller.most
        if most is not None and settings.total > most:
            self.loop.close()
            raise ValueError(
                f"total must be at most {most}, not {settings.total}: select() of this system has"
                " no more"
            )
        self.slots = Slots(settings.total, settings.per_host, settings.delay)
        self.lookups = Lookups(settings.resolver)
        self.reading = settings.reading()
        self.most_body = settings.max_body
        self.timeout = settings.timeout
        self.work: Work | None = None
        self.dials: dict[Dial, None] = {}
        self.connections: dict[Connection, None] = {}
        self.directory = Directory(settings, lambda: self.loop.real)
        self._has_idle_timer = False
        #: Whether there is more to an answer than its page.
        self.looks_at_answers = settings.looks_at_answers
        self.leading = Leading(self)
        self.waiting = Waiting(self)
        #: Called where the thread that drives the loop has added a request: another loop waits.
        self.on_added: Callable[[], None] | None = None
        #: Called where a run is ended meanwhile, by any thread.
        self.on_end: Callable[[], object] | None = None
        self._driving = Driving(self._end)
        self.is_closed = False
        self.ahead = max(_AHEAD, 2 * settings.total)
        self._exchanges = exchanges_of(self)

    # --------------------------------------------------------------------- loop

    def step(self, work: Work, longest: float = math.inf) -> None:
        """Do what can be done; wait for at most `longest` seconds where nothing can be done now.

        Raises what the iterable and the sinks of the run raise: the latter in an `Ended`; and
        `RuntimeError` from within one of them.
        """
        self._driving.drive(self._step, work, longest)

    def _step(self, work: Work, longest: float) -> None:
        loop = self.loop
        self._go_on_for(work)
        loop.begin()
        try:
            if self._start_what_can(work) or work.finished or work.is_over():
                longest = 0.0
            if self.work is not None:
                loop.turn(min(longest, self._seconds_to_delayed()))
        finally:
            loop.end()

    def start(self, work: Work) -> bool:
        """Start what can be started, before another loop waits. Return whether there is more."""
        return self._driving.drive(self._start, work)

    def _start(self, work: Work) -> bool:
        self._go_on_for(work)
        self.loop.begin()
        try:
            return self._start_what_can(work)
        finally:
            self.loop.end()

    def _go_on_for(self, work: Work) -> None:
        self.work = None if work.is_closed else work

    def stay(self) -> None:
        """Note that the time since the last step was waited for sockets, by another loop."""
        self.loop.end()

    def seconds_to_wait(self) -> float:
        """Return after how many seconds there is something to do, even if no socket is ready."""
        soonest = self.loop.timers.next()
        seconds = math.inf if soonest is None else soonest - self.loop.now
        return max(0.0, min(seconds, self._seconds_to_delayed()))

    def _seconds_to_delayed(self) -> float:
        moment = self.slots.next_delayed()
        return math.inf if moment is None else max(0.0, moment - self.loop.real)

    def _start_what_can(self, work: Work) -> bool:
        """Start what can be started, and take from the iterable what there is room for.

        Return whether there is room for more. An iterable may wait for what it gives: meanwhile
        what it has given is started, and sockets are looked at.
        """
        slots = self.slots
        self.loop.end()
        until = monotonic() + _TAKING
        may_take = True
        while True:
            if may_take:
                may_take = self._take(work, min(work.room(), work.ahead - slots.waiting), until)
            if self.work is None:  # the iterable has closed its run
                break
            start = slots.next(self.loop.real)
            if start is not None:
                self._begin(*start)
            elif work.room() <= 0 or slots.waiting >= self._most_waiting(work):
                break
            elif not may_take:
                self.loop.begin()
                return True
            else:
                may_take = self._take(work, 1, until)
        self.loop.begin()
        return False

    def _most_waiting(self, work: Work) -> int:
        """Return how many requests may wait: more, while there is room that none of them needs."""
        return MOST_AHEAD if self.slots.has_room() else work.ahead

    def _take(self, work: Work, room: int, until: float) -> bool:
        """Take so many requests from the iterable, if it has them. Return whether there is time
        left for more.
        """
        if self._exchanges is not None:
            return self._exchanges.take(work, room, until)
        requests = work.requests
        if requests is None or room <= 0:
            return True
        for given in islice(requests, room):
            if work.is_closed:  # by the iterable
                return False
            self.add(given, work)
            room -= 1
            if monotonic() >= until or work.requests is None:
                return False
        if room:
            work.requests = None
        return True

    # ------------------------------------------------------------------ requests

    def add(self, given: Any, work: Work, delay: float = 0.0) -> None:
        """Let a request wait: a URL or a `Request`. What is wrong with it is its page's error.

        For `delay` seconds it is not even in the queue. Raises `TypeError` for what is neither.
        """
        if type(given) is not str:
            _check_kind(given, work.taken)
        page = Page(given, work.taken)
        work.taken += 1
        try:
            host, page._target, authorization = self.directory.place_of(page.url)
        except Exception as error:  # InvalidURL, and what there is against the URL's type
            self.end_with_error(page, error, "request")
            return
        if authorization is not None:
            page._begun_trip().authorization = authorization
        if delay:
            self.waiting.delay(page, work, delay)
        else:
            self.waiting.queue(host, page)

    def drop(self, work: Work, test: Callable[[Request], object]) -> list[Request]:
        """Forget requests that wait, of which `test` is true. Return them."""
        if not self._driving.is_mine():
            self.loop.wake()  # another thread may wait for sockets, whose turn it is
        return self._driving.alone(self.waiting.drop, work, test)

    def add_soon(self, given: Any, work: Work, delay: float) -> None:
        """Do what `add` does, in the thread that drives the loop. Any thread may ask."""
        _check_kind(given, work.taken)
        add, driving = partial(self._add_late, given, work, delay), self._driving
        if driving.is_postponed(add):
            return
        if driving.driver and not driving.is_mine():
            self.loop.call_soon(add)
            return
        driving.alone(add)
        if driving.driver and self.on_added is not None:
            self.on_added()

    def _add_late(self, given: Any, work: Work, delay: float) -> None:
        if work.is_closed:
            return
        if self.work is None:  # before the first step
            self.work = work
        self.add(given, work, delay)

    def _begin(self, host: Host, page: Page, connection: Any, evicted: Any) -> None:
        """Start what the slots have decided."""
        if evicted is not None:
            evicted.shut()
            evicted.host.has_made_room = True
        if connection is not None:
            proxy = connection.proxy
        else:
            if host.has_made_room:
                host.has_made_room = False
                work = self.work
                if work is not None:
                    work.look_further()
            proxy = self.settings.next_proxy(host.proxies) if host.proxies else None
        if connection is not None and not connection.is_spent():
            self._go_on_with(connection, page)
        elif not self._prepare(host, page, proxy):
            if connection is not None:
                self.release(connection)
            else:
                self.slots.give(host)
        else:
            if connection is not None:
                connection.shut()
            Dial(self, host, page, proxy).begin()

    def _prepare(self, host: Host, page: Page, proxy: Proxy | None) -> bool:
        """Make the bytes of a request, and start its time. Return whether it can be sent."""
        settings = self.settings
        if page._expiry is not None:
            self.waiting.end(page)
        if page._trip is not None:
            page._trip.answer = None
        try:
            deadline = page._prepare(host, settings, proxy)
        except Exception as error:  # http.client's, or of the program's own objects
            self.end_with_error(page, explained(page.request, error), "request")
            return False
        if not page.tries:
            page._begun = self.loop.now
            page._until = self.loop.now + (settings.deadline if deadline is None else deadline)
        return self.work is not None  # else a field, a body or a jar of its own has closed the run

    # ------------------------------------------------------------ what came of it

    def connected(self, dial: Dial, sock: Any, state: Any) -> None:
        """Take a connection that was opened for a page."""
        page = dial.page
        connection = Connection(self, dial.host, sock, state, dial.proxy)
        self.connections[connection] = None
        dial.let_go(sock)
        self.loop.change(sock, READ, self._ready_of(connection))
        page.tries -= 1  # start() counts it again
        connection.start(page)

    def _ready_of(self, connection: Connection) -> Callable[[int], None]:
        """Return what is called when its socket is ready."""
        if self._exchanges is None:
            return connection.ready
        return self._exchanges.of(connection).ready

    def done(self, page: Page, failure: Exception | None = None) -> None:
        """Take a page whose answer has come; `failure` is what there is against its body."""
        page.elapsed = self.loop.now - page._begun
        trip = page._trip
        if trip is not None and trip.step is not None:
            if self.leading.go_on(page, trip):
                return
            failure = self.leading.finish(page)
        if failure is not None:
            self.end_with_error(page, failure, Phase.BODY.value)
            return
        if trip is not None and trip.conditions and page.status == 304:
            page.body = page.request.known.body  # type: ignore[union-attr]
        if page._rest is not None:
            page._forget()
        work = self.work
        if work is not None:
            work.end(page)

    def release(self, connection: Connection) -> None:
        """Take back a connection that can serve again."""
        while True:
            if self.work is None:  # nothing starts any more
                self.slots.keep(connection, self.loop.real)
                return
            page = self.slots.release(connection, self.loop.real)
            if page is None:
                self._limit_idling()
                return
            if self._starts(connection, page):
                return

    def _starts(self, connection: Connection, page: Page) -> bool:
        """Send a request over a connection, if it can be sent. Return whether it can."""
        if self._exchanges is not None and self._exchanges.send(connection, page):
            return True
        if not self._prepare(connection.host, page, connection.proxy):
            return False
        # A program's own fields and bodies take their time, in which it may have ended.
        if type(page._given) is not str and is_spent(connection.sock):
            connection.shut()
            Dial(self, connection.host, page, connection.proxy).begin()
        else:
            connection.start(page)
        return True

    def _go_on_with(self, connection: Connection, page: Page) -> None:
        """Send a request over a connection that can serve again, or the next one."""
        if not self._starts(connection, page):
            self.release(connection)

    def fail(self, page: Page, error: Exception, phase: Phase) -> None:
        """Take a page that has failed."""
        page.elapsed = self.loop.now - page._begun
        if page._trip is not None:
            page._trip.step = None  # of an answer that has not come whole
        if not self.leading.tries_again(page, error):
            self.end_with_error(page, explained(page.request, error), phase.value)

    def end_with_error(self, page: Page, error: Exception, phase: str) -> None:
        """End a page with an error, which happened while it waited for `phase`."""
        page.error = error
        page.phase = phase
        let_frames_go(error)
        is_read = not isinstance(error, InvalidURL)
        url = urls.shown(str(page.url), is_read=is_read)
        notes.add(error, f"{phase}: {page.request.method} {url}")
        page._forget()
        work = self.work
        if work is not None:
            work.end(page)

    def late(self, page: Page, now: float) -> TimeoutError:
        """Return the error of a page whose time is over."""
        if now < page._until:
            return silent(self.settings.timeout)
        seconds = page._until - page._begun
        return TimeoutError(f"the deadline of {seconds:g} seconds has passed")

    def may_send_again(self, page: Page, was_sent: bool) -> bool:
        """Return whether a request may be sent once more, whose connection had ended meanwhile."""
        if not self.settings.retry_stale or page._is_fresh:
            return False
        return page._as_resend().is_allowed(was_sent)

    def send_again(self, host: Host, page: Page) -> None:
        """Send a request once more, on a fresh connection."""
        page._is_fresh = True
        page._parser = None
        self.waiting.again(host, page)

    def starve(self, host: Host, page: Page, error: Exception) -> None:
        """Take a page for which the system has no descriptor: it waits, if there is hope."""
        page.tries -= 1
        idle = self.slots.longest_idle()
        if idle is not None:
            self.drop_idle(idle)
        elif not self.slots.lower():
            self.fail(page, error, Phase.CONNECT)
            return
        self.loop.timers.add(self.loop.now + STARVED, lambda now: self.slots.raise_again())
        self.waiting.again(host, page)

    def call_sink(self, sink: Callable[[bytes], object], content: bytes) -> None:
        """Give a piece of a body to a sink, unless the run is closed. What that raises goes out of
        the loop in an `Ended`.
        """
        work = self.work
        if work is None:
            return
        work.bytes += len(content)
        try:
            sink(content)
        except (StopIteration, StopAsyncIteration) as error:
            # It would end the loop over the run, without a word.
            failure = RuntimeError(f"a sink has raised {type(error).__name__}")
            failure.__cause__ = error
            raise Ended(failure) from error
        except BaseException as error:
            raise Ended(error) from error

    # --------------------------------------------------------- idle connections

    def drop_idle(self, connection: Connection) -> None:
        """Close a connection that is idle, if nobody has taken it meanwhile."""
        if self.slots.forget(connection):
            connection.close()

    def _limit_idling(self) -> None:
        if not self._has_idle_timer and self.settings.idle_timeout != math.inf:
            self._has_idle_timer = True
            self.loop.timers.add(self.loop.now + self.settings.idle_timeout, self._on_idle)

    def _on_idle(self, now: float) -> None:
        self._has_idle_timer = False
        while (oldest := self.slots.longest_idle()) is not None:
            left = oldest.idle_since + self.settings.idle_timeout - self.loop.real
            if left > 0:
                self._has_idle_timer = True
                self.loop.timers.add(now + left, self._on_idle)
                return
            self.drop_idle(oldest)

    # -------------------------------------------------------------- other threads

    def how_to_drive(self) -> Callable[[], None] | None:
        """Return what lets the loop turn, for the thread that drives it; None for all others.

        Raises `RuntimeError` from it where the loop cannot turn, because it does.
        """
        is_driver = self.work is not None and self._driving.is_mine()
        return self._turn_once if is_driver else None

    def _turn_once(self) -> None:
        if self.loop.is_turning:
            raise RuntimeError(
                "no connection is free, and none will be while this is waited for: raise total or"
                " per_host of the pool, or make this request outside of what the pool calls"
            )
        self._driving.alone(self._turn_for_a_while)

    def _turn_for_a_while(self) -> None:
        if self.is_closed:
            return
        self.loop.begin()
        try:
            self.loop.turn(_TURN_ONCE)
        finally:
            self.loop.end()

    def lend(self, connection: Connection) -> tuple[Any, tls.State | None]:
        """Return the socket of a connection that a thread has taken, which counts as before."""
        sock, connection.sock = connection.sock, None
        self.connections.pop(connection, None)
        self.loop.unwatch(sock)
        return sock, connection.tls

    def take_back(
        self, host: Host, sock: Any, state: tls.State | None, proxy: Proxy | None
    ) -> None:
        """Take a connection from a thread, to be kept."""
        if self.is_closed:
            sock.close()
            return
        sock.setblocking(False)
        connection = Connection(self, host, sock, state, proxy)
        connection.served = True
        self.connections[connection] = None
        try:
            self.loop.watch(sock, READ, self._ready_of(connection))
        except (OSError, ValueError):
            if not self.is_closed:
                raise
            connection.shut()  # the pool was closed in between
            return
        self.slots.keep(connection, self.loop.real_time())
        self.loop.call_soon(self._limit_idling)

    # ----------------------------------------------------------------------- end

    def cancel(self) -> None:
        """End what is under way, and forget what waits. Idle connections stay.

        Any thread may ask. Where this is busy with it, no more is started and no page is given from
        now on; the rest is done when that is over.
        """
        self.work = None
        if not self._driving.ask_to_end():
            self.loop.wake()
        if self.on_end is not None:
            self.on_end()

    def _end(self) -> None:
        """Do what `cancel` and `close` have asked for."""
        self.work = None  # another thread may just have gone on with it
        self._cancel()
        if self.is_closed:
            for connection in self.slots.all_idle():
                self.drop_idle(connection)
            self.slots.wake_threads()
            self.lookups.close()
            self.loop.close()

    def _cancel(self) -> None:
        hosts = self.directory.hosts()  # a thread may add one meanwhile
        self.waiting.clear(hosts)
        self.leading.cancel()
        for dial in list(self.dials):
            dial.cancel()
        for connection in list(self.connections):
            if connection.page is not None:
                connection.close()
        # Nothing is left but what is idle; unless an interrupt has come, between two steps of
        # whatever was going on.
        lost = self.slots.count_anew(hosts, list(self.connections))
        if lost is not None:
            for connection in lost:
                connection.shut()
            self.loop.watch_only([each.sock for each in self.connections if each.sock is not None])

    def close(self) -> None:
        """Close all sockets, as `cancel` ends what is under way."""
        self.is_closed = True
        self.slots.wake_threads()  # for one of which the run may wait just now
        self.cancel()

    def leave_to_parent(self) -> None:
        """In a forked child: let go of what is the parent's, without a word to anybody.

        The poller is shared by both, so nothing is taken out of it. No lock is taken: a thread may
        hold it that the child does not have.
        """
        sockets = [connection.sock for connection in self.connections]
        sockets += [sock for dial in self.dials for sock in dial.sockets()]
        self.loop.close()
        for sock in sockets:
            if sock is not None:
                sock.close()
