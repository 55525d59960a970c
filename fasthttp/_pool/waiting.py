"""Requests that wait: for their turn, for a delay before that, or for another try; and how long."""

from __future__ import annotations

import math
from functools import partial
from itertools import chain

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .engine import Engine
    from .hosts import Host
    from .page import Page
    from .request import Request
    from .work import Work


class Waiting:
    """What waits, for one engine. Who is next is said by its slots."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._slots, self._timers = engine.slots, engine.loop.timers
        self._queue_timeout = engine.settings.queue_timeout
        #: Requests that are to wait later, with timers.
        self._delayed: dict[Page, Any] = {}

    def delay(self, page: Page, work: Work, seconds: float) -> None:
        """Let a request be in the queue in so many seconds."""
        work.delayed += 1
        late = partial(self._queue_late, page, work)
        self._delayed[page] = self._timers.add(self._engine.loop.time() + seconds, late)

    def _queue_late(self, page: Page, work: Work, now: float) -> None:
        del self._delayed[page]
        work.delayed -= 1
        host = self._engine.directory.place_of(page.url)[0]  # which may be known no longer
        self.queue(host, page)

    def queue(self, host: Host, page: Page) -> None:
        """Let a request wait for its turn."""
        seconds = self._queue_timeout
        if seconds != math.inf:
            late = TimeoutError(f"waited in the queue for {seconds:g} seconds, its queue_timeout")
            self._limit(page, self._engine.loop.now + seconds, late)
        self._slots.add(host, page)

    def again(self, host: Host, page: Page) -> None:
        """Let a request wait once more, before all others. If it was sent, its time goes on."""
        if page.tries and page._until != math.inf:
            self._limit(page, page._until, self._engine.late(page, page._until))
        self._slots.add(host, page, first=True)

    def _limit(self, page: Page, until: float, error: TimeoutError) -> None:
        engine = self._engine

        def expire(now: float) -> None:
            self._slots.expire()
            if page.tries:
                page.elapsed = now - page._begun
            # Where it was no `delay` that took too long, an error says what happened.
            if page._trip is None or page._trip.answer is None or not engine.settings.delay:
                engine.end_with_error(page, error, "queue")
                return
            page.error = error  # by which it is known not to wait any longer
            engine.leading.give_answer(page._trip)

        page._expiry = self._timers.add(until, expire)

    def end(self, page: Page) -> None:
        """Let it wait for any time: it waits no longer."""
        if page._expiry is not None:
            self._timers.cancel(page._expiry)
            page._expiry = None

    def drop(self, work: Work, test: Callable[[Request], object]) -> list[Request]:
        """Forget requests of which `test` is true. Return them."""
        engine = self._engine
        paused = [page for page in engine.leading.paused if test(page.request)]
        delayed = [page for page in self._delayed if test(page.request)]
        hosts = engine.directory.hosts()
        pages = self._slots.drop(hosts, lambda page: bool(test(page.request)))
        engine.leading.forget(paused)
        for page in delayed:
            self._timers.cancel(self._delayed.pop(page))
        work.delayed -= len(delayed)
        pages += paused + delayed
        for page in pages:
            self.end(page)
            work.drop(page)
        return [page.request for page in pages]

    def clear(self, hosts: list[Host]) -> None:
        """Forget all; `hosts` are all there are."""
        for page in chain.from_iterable(host.waiting for host in hosts):
            self.end(page)
        self._slots.clear(hosts)
        for timer in self._delayed.values():
            self._timers.cancel(timer)
        self._delayed.clear()
