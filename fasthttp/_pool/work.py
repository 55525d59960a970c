"""Work: what a run has to do, and what has come of it."""

from __future__ import annotations

from collections import deque
from time import monotonic

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .page import Page

#: The most that are looked at for one that can start, while those before it wait for their hosts.
MOST_AHEAD = 10_000
#: So many requests more wait, for each connection that is opened anew because it was closed to make
#: room.
_FURTHER = 16


class Ended(BaseException):
    """Carries what a sink has raised out of the loop."""


class Work:
    """What a run has to do, and what has come of it."""

    __slots__ = (
        "_most",
        "ahead",
        "begun",
        "bytes",
        "delayed",
        "dropped",
        "ended",
        "failed",
        "finished",
        "held",
        "is_closed",
        "next_index",
        "ordered",
        "requests",
        "taken",
    )

    def __init__(self, requests: Iterator[Any], *, ordered: bool, ahead: int) -> None:
        self.requests: Iterator[Any] | None = requests
        self.ordered = ordered
        #: How many requests wait, where the iterable has them, beyond those that are under way.
        self.ahead = ahead
        #: How many pages may be on their way at most, those included that are held.
        self._most = ahead if ordered else MOST_AHEAD
        self.finished: deque[Page] = deque()
        #: Requests that were taken, and pages that ended.
        self.taken = self.ended = 0
        self.failed = self.dropped = 0
        #: Requests that are to wait later.
        self.delayed = 0
        self.bytes = 0
        self.begun = monotonic()
        #: Pages that wait for those before them, where the order counts.
        self.held: dict[int, Page] = {}
        self.next_index = 0
        self.is_closed = False

    def is_over(self) -> bool:
        """Return whether nothing is under way or waiting; so it is when the run was closed, perhaps
        by its own iterable.
        """
        return self.is_closed or (self.requests is None and self.ended == self.taken)

    def room(self) -> int:
        """Return how many requests more may be taken."""
        if self.requests is None:
            return 0
        return self._most - (self.taken - self.ended + len(self.finished) + len(self.held))

    def look_further(self) -> None:
        """Let more requests wait: of these, more go over a connection before it is closed for
        another host's.
        """
        self.ahead = min(self.ahead + _FURTHER, self._most)

    def end(self, page: Page) -> None:
        """Take a page that is done."""
        self.ended += 1
        if page.error is not None:
            self.failed += 1
        self.bytes += len(page.body)
        if self.ordered:
            self.put_in_order(page)
        else:
            self.finished.append(page)

    def drop(self, page: Page) -> None:
        """Take a page of which there will be nothing."""
        self.ended += 1
        self.dropped += 1
        if self.ordered:
            self.put_in_order(page)

    def put_in_order(self, page: Page) -> None:
        """Keep a page until all before it are done."""
        self.held[page._index] = page
        while self.next_index in self.held:
            page = self.held.pop(self.next_index)
            if page.error is not None or page.status is not None:  # else it was dropped
                self.finished.append(page)
            self.next_index += 1
