"""What every contestant's visit to the server has in common: batches, timing, checking."""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from .hosting import Place
from .scenarios import Expected, Scenario

__all__ = ["Anew", "Contestant", "NotApplicable", "Sample", "Seen", "Sink", "Threads", "Visit"]

#: Status, the header that was asked for, length of the body: enough to see after every batch
#: that the answers are still the right ones.
Seen = tuple[int, str | None, int]

#: Takes the body, whole or in parts, where a fetch is checked and not timed.
Sink = Callable[[bytes | memoryview], object]

_BATCH_WITHIN = 120
_END_WITHIN = 5


class NotApplicable(Exception):  # noqa: N818 - nothing is wrong where it is raised
    """A contestant does not take part in a scenario; the message says why."""


@dataclass(frozen=True)
class Sample:
    """Seconds per request in one batch."""

    wall: float
    cpu: float


class Visit:
    """One contestant in one scenario, with whatever it keeps open in between."""

    def __init__(self, right: Expected) -> None:
        self.right = right

    def fetch(self, sink: Sink | None = None) -> Seen:
        """Do once what the scenario asks for."""
        raise NotImplementedError

    def batch(self, count: int) -> Seen:
        """Do it `count` times, as a fast user would; return what the last one saw."""
        fetch = self.fetch
        for _ in range(count - 1):
            fetch()
        return fetch()

    def examine(self) -> str:
        """What is wrong with the answers; empty if nothing is.

        Twice, because a client may get the first answer of a connection right and not the next.
        """
        for _ in range(2):
            digest = hashlib.sha256()
            trouble = self.compare(self.fetch(digest.update))
            if trouble:
                return trouble
            if self.right.digest and digest.hexdigest() != self.right.digest:
                return "the body has the right length and the wrong bytes"
        return ""

    def compare(self, seen: Seen) -> str:
        """What is wrong with an answer of which only `seen` is left."""
        right, (status, header, length) = self.right, seen
        if status != right.status:
            return f"status: {status!r} instead of {right.status!r}"
        if header != right.header:
            return f"header: {header!r} instead of {right.header!r}"
        least, most = right.lengths or (right.length, right.length)
        if not least <= length <= most:
            believed = f"{least} to {most}" if right.lengths else right.length
            return f"length of the body: {length} instead of {believed}"
        return ""

    def measure(self, count: int) -> Sample:
        """Time a batch, and see that it ended well."""
        cpu, wall = time.process_time(), time.perf_counter()
        seen = self.batch(count)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        trouble = self.compare(seen)
        if trouble:
            raise ValueError(trouble)
        return Sample(wall / count, cpu / count)

    def close(self) -> None:
        """Close what was kept open."""


@dataclass(frozen=True)
class Contestant:
    """A client by name, and how to send it on a visit."""

    name: str
    label: str
    #: Raises NotApplicable for what this one does not do.
    open: Callable[[Scenario, Place], Visit]


class Anew(Visit):
    """A visit over a connection new for each batch, with a first request that is not timed.

    A server of somebody's own may close a connection that waits for its turn, and should not have
    to keep one open for each contestant.
    """

    def __init__(self, right: Expected, opens: Callable[[], Visit]) -> None:
        super().__init__(right)
        self._opens = opens

    def examine(self) -> str:
        with closing(self._opens()) as visit:
            return visit.examine()

    def measure(self, count: int) -> Sample:
        with closing(self._opens()) as visit:
            visit.fetch()
            return visit.measure(count)


class Threads(Visit):
    """As many visits as connections, each in a thread of its own that is kept between batches."""

    def __init__(self, right: Expected, opens: Callable[[], Visit], connections: int) -> None:
        super().__init__(right)
        self._visits = [opens() for _ in range(connections)]
        self._each = 0
        self._seen: list[Seen | BaseException] = [(0, None, 0)] * connections
        # One more than the threads: whoever starts a batch waits with them, before and after.
        self._barrier = threading.Barrier(connections + 1)
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(connections)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, number: int) -> None:
        # The barrier breaks when the visit is over.
        with suppress(threading.BrokenBarrierError):
            while True:
                self._barrier.wait()
                try:
                    self._seen[number] = self._visits[number].batch(self._each)
                except Exception as error:
                    self._seen[number] = error
                self._barrier.wait()

    def _run(self, each: int) -> None:
        self._each = each
        self._barrier.wait(_BATCH_WITHIN)
        self._barrier.wait(_BATCH_WITHIN)

    def examine(self) -> str:
        for visit in self._visits:
            trouble = visit.examine()
            if trouble:
                return trouble
        return ""

    def measure(self, count: int) -> Sample:
        each = -(-count // len(self._visits))
        cpu, wall = time.process_time(), time.perf_counter()
        self._run(each)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        for seen in self._seen:
            if isinstance(seen, BaseException):
                raise seen
            trouble = self.compare(seen)
            if trouble:
                raise ValueError(trouble)
        done = each * len(self._visits)
        return Sample(wall / done, cpu / done)

    def close(self) -> None:
        self._barrier.abort()
        for thread in self._threads:
            thread.join(_END_WITHIN)
        for visit in self._visits:
            visit.close()
