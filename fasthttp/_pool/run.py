"""A run: requests go in, pages come out, and the thread that asks for them drives the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import NamedTuple

from .page import Page
from .request import Request
from .settings import pause_in_seconds, switch
from .work import Ended, Work

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .pool import Pool
else:
    Any = Pool = object  # for typing.get_type_hints()


class Progress(NamedTuple):
    """How far a run has come."""

    #: Requests that ended, those that failed among them.
    done: int
    #: Requests that ended with an error.
    failed: int
    #: Requests that have left the queue and not ended.
    under_way: int
    #: Requests that wait for their turn.
    waiting: int
    #: Bytes of the bodies that came.
    bytes: int
    #: Requests that ended, by the second, since the run began.
    per_second: float


def _check_iterable(requests: Any) -> None:
    text = "requests must be an iterable of URLs and Requests, such as a list"
    if isinstance(requests, (str, bytes, Request)):
        raise TypeError(f"{text}, not one alone: put it into a list")
    if hasattr(requests, "__aiter__"):
        raise TypeError(
            f"{text}, not an asynchronous one: collect what it gives first, or add() it to the run"
            " while other pages are still to come"
        )
    if not hasattr(requests, "__iter__") and not hasattr(requests, "__getitem__"):
        raise TypeError(f"{text}, not {requests!r:.60}")


class Run(Iterator[Page]):
    """An iterator of pages, as they complete. `Pool.map` makes it.

    It ends when nothing is under way or waiting. In a `with` block it is closed at the end. It is
    to be read before its pool is closed: after that it raises `RuntimeError`, unless it had ended.
    """

    def __init__(self, pool: Pool, requests: Iterable[Any], ordered: bool, ahead: int) -> None:
        _check_iterable(requests)
        ordered = switch("ordered", ordered)
        self._pool = pool
        self._work = Work(iter(requests), ordered=ordered, ahead=ahead)
        self._finished = self._work.finished
        self._closes_pool = False

    def __iter__(self) -> Run:
        return self

    def __next__(self) -> Page:
        finished = self._finished
        if not finished:
            self._drive()
        return finished.popleft()

    def _drive(self) -> None:
        """Go on until a page is done. Raises `StopIteration` where none will be, and `RuntimeError`
        where that is because the pool was closed.
        """
        work = self._work
        engine = self._pool._engine_of(work)
        if engine is None:
            self._pool._check_whole(work)
            raise StopIteration
        try:
            while not work.finished:
                if work.is_over():
                    self._pool._check_whole(work)
                    raise StopIteration
                engine.step(work)
        except Ended as ended:
            failure: BaseException = ended.args[0]
        except BaseException:
            self.close()
            raise
        else:
            return
        self.close()
        raise failure  # with the cause that it has

    def add(self, request: str | Request, *, delay: float = 0.0) -> None:
        """Let one more request wait, as a crawler does that finds links. Any thread may do so, as
        long as the run has not ended. `delay`: for so many seconds it does not even wait.

        Raises `ValueError` where the run is closed, and `TypeError` for what is no request.
        """
        engine = self._pool._engine_of(self._work)
        if engine is None:
            raise ValueError("the run has ended: add before its last page comes, or begin another")
        engine.add_soon(request, self._work, pause_in_seconds("delay", delay))

    def drop(self, test: Callable[[Request], object]) -> list[Request]:
        """Forget requests that wait and of which `test` is true: for their turn, for the `delay` of
        `add`, or for another try. Return them.

        There are no pages of them. It takes the longer the more requests wait, and is for the
        thread that iterates.
        """
        engine = self._pool._engine_of(self._work)
        return [] if engine is None else engine.drop(self._work, test)

    @property
    def progress(self) -> Progress:
        """How far it has come, a `Progress`."""
        work = self._work
        done = work.ended - work.dropped
        waiting = self._pool._waiting(work)
        seconds = max(monotonic() - work.begun, 1e-9)
        under_way = 0 if work.is_closed else work.taken - work.ended - waiting
        return Progress(done, work.failed, under_way, waiting, work.bytes, done / seconds)

    def close(self) -> None:
        """Cancel what is under way and what waits, and close its sockets."""
        self._pool._end_run(self._work)
        if self._closes_pool:
            self._pool.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_finished"):
            self.close()
