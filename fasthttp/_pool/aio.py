"""`Pool.amap`: a run whose pages are awaited. The pool's loop turns inside of asyncio's.

The poller is itself a descriptor that asyncio can wait for. So there is no second thread, and
nothing is handed from one to another.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NoReturn

from .page import Page
from .request import Request
from .run import Progress, Run
from .work import Ended

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .engine import Engine
else:
    Any = object  # for typing.get_type_hints()

#: asyncio takes no pause of many days, in seconds.
_LONGEST = 3600.0


class AsyncRun(AsyncIterator[Page]):
    """An asynchronous iterator of pages, as they complete. `Pool.amap` makes it.

    It ends when nothing is under way or waiting. In an `async with` block it is closed at the end;
    so it is where the task that iterates is cancelled. Where its pool is closed before it has
    ended, it raises `RuntimeError`.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._work = run._work

    def __aiter__(self) -> AsyncRun:
        return self

    async def __anext__(self) -> Page:
        finished = self._work.finished
        if not finished:
            failure: BaseException | None = None
            try:
                await self._drive()
            except Ended as ended:
                failure = ended.args[0]
            except BaseException:
                self.close()
                raise
            if failure is not None:
                self.close()
                raise failure  # with the cause that it has
        return finished.popleft()

    async def _drive(self) -> None:
        """Go on until a page is done. Raises `StopAsyncIteration` where none will be, and
        `RuntimeError` where that is because the pool was closed.
        """
        work = self._work
        engine = self._run._pool._engine_of(work)
        if engine is None:
            self._run._pool._check_whole(work)
            raise StopAsyncIteration
        import asyncio  # at first use: it takes longer than all of the pool

        await asyncio.sleep(0)  # others have their turn, however many answers there are
        while not work.finished:
            if work.is_over():
                self._run._pool._check_whole(work)
                raise StopAsyncIteration
            engine.step(work, 0.0)
            if work.finished or work.is_over():
                continue
            # What has come may have made room, or let something wait.
            if engine.start(work):
                await asyncio.sleep(0)
            elif not (work.finished or work.is_over()):
                await _ready(engine)
                engine.stay()

    def add(self, request: str | Request, *, delay: float = 0.0) -> None:
        """Let one more request wait; as `Run.add`."""
        self._run.add(request, delay=delay)

    def drop(self, test: Callable[[Request], object]) -> list[Request]:
        """Forget requests that wait; as `Run.drop`."""
        return self._run.drop(test)

    @property
    def progress(self) -> Progress:
        """How far it has come, a `Progress`."""
        return self._run.progress

    def close(self) -> None:
        """Cancel what is under way and what waits, and close its sockets."""
        self._run.close()

    async def aclose(self) -> None:
        """Do the same as `close`."""
        self.close()

    async def __aenter__(self) -> AsyncRun:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()


async def _ready(engine: Engine) -> None:
    """Wait until a socket is ready, or a timer is due."""
    import asyncio

    loop = asyncio.get_running_loop()
    descriptor = engine.loop.poller.fileno()
    is_ready = loop.create_future()

    def wake() -> None:
        if not is_ready.done():
            is_ready.set_result(None)

    seconds = engine.seconds_to_wait()
    timer = None if seconds == math.inf else loop.call_later(min(seconds, _LONGEST), wake)
    # Only while it is waited for: what is ready and not taken would wake asyncio again and again.
    loop.add_reader(descriptor, wake)
    engine.on_added = wake
    engine.on_end = partial(loop.call_soon_threadsafe, wake)
    try:
        await is_ready
    finally:
        engine.on_added = engine.on_end = None
        loop.remove_reader(descriptor)
        if timer is not None:
            timer.cancel()


def refuse() -> NoReturn:
    """Raise the error of a system on which asyncio cannot wait for the pool's poller."""
    raise NotImplementedError(
        "amap() needs epoll or kqueue, which this system, or gevent's patching, does not have:"
        " run Pool.map() in a thread, as by asyncio.to_thread()"
    )
