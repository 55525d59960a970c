"""One at a time: who is at work on an engine, and what has to wait until it comes back.

Whatever the engine calls may want to end what it is in the middle of: a sink, an iterable, a signal
handler, another thread. Then that is only noted, and comes when the call is over.
"""

from __future__ import annotations

import threading
from time import monotonic, sleep

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")

#: In seconds: how long a thread waits for another one's turn to end that is to be the last.
_PATIENCE = 5.0
#: So often it looks, which is seldom worth more than that.
_LOOK = 0.005


class Driving:
    """A turn for one at a time. `end` is called for what is to end; once more, where an interrupt
    has come before it was done.

    The lock is held for a moment only, never while anything else is called: finalizers and signal
    handlers come here from wherever they are.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        #: The thread that has the turn; 0 where none has.
        self.owner = 0
        #: The thread that had the last turn of a run; 0 before one had.
        self.driver = 0
        self._end = end
        #: How often an end was asked for, and up to which of these it is done.
        self._asked = self._done = 0
        #: Whether the turn is but a moment: no step of a run, which may wait for sockets.
        self._is_short = False
        #: What is to be done behind an end.
        self._after: list[Callable[[], object]] = []
        self._lock = threading.RLock()

    def is_mine(self) -> bool:
        """Return whether the calling thread drives."""
        return self.driver == threading.get_ident()

    def drive(self, call: Callable[..., Result], *given: object) -> Result:
        """Have a turn of a run, in which this thread does what `call` does.

        Raises `RuntimeError` where the turn is this thread's own, or another one's that goes on.
        """
        self._check()
        return self._have_turn(call, given, is_short=False)

    def alone(self, call: Callable[..., Result], *given: object) -> Result:
        """Call something in the middle of which nothing may end."""
        if self.owner == threading.get_ident():
            return call(*given)
        return self._have_turn(call, given, is_short=True)

    def _have_turn(
        self, call: Callable[..., Result], given: tuple[object, ...], *, is_short: bool
    ) -> Result:
        me = threading.get_ident()
        try:
            self._begin(is_short)
            return call(*given)
        finally:
            if self.owner == me:  # first, and no call: an interrupt may come with each
                self.owner = 0
            if self._done != self._asked:
                self._end_what_is_asked()

    def _check(self) -> None:
        """Wait for another thread's moment, or for its last turn. Raises `RuntimeError` where the
        turn is this thread's own, or another one's that goes on.
        """
        if not self.owner:
            return
        until = monotonic() + _PATIENCE
        while self.owner:
            is_own = self.owner == threading.get_ident()
            is_waited_for = self._is_short or self._done != self._asked
            if is_own or not is_waited_for or monotonic() > until:
                raise RuntimeError(
                    "the run is at work just now: something that it calls, or another thread, wants"
                    " its next page, too. Take the pages in one place"
                )
            sleep(_LOOK)

    def _begin(self, is_short: bool) -> None:
        """Have the turn, as soon as no other thread has it; and drive from now on, unless it is
        short.
        """
        if self._done != self._asked:  # an interrupt may have come before that was done
            self._end_what_is_asked()
        while not self._takes(is_short):
            sleep(_LOOK)
        if not is_short:
            self.driver = self.owner

    def _takes(self, is_short: bool) -> bool:
        with self._lock:
            if self.owner:
                return False
            self.owner = threading.get_ident()
            self._is_short = is_short
        return True

    def ask_to_end(self) -> bool:
        """End now, or when nobody has a turn. Any thread may ask. Return whether it is done."""
        with self._lock:
            self._asked += 1
        self._end_what_is_asked()
        return self._done == self._asked

    def _end_what_is_asked(self) -> None:
        while self._done != self._asked and not self.owner:
            self._try_to_end()

    def _try_to_end(self) -> None:
        is_owner = False
        try:
            with self._lock:
                if self.owner:
                    return  # who has the turn will do it
                asked = self._asked
                is_owner = True
                self.owner = threading.get_ident()
                self._is_short = True
            self.driver = 0
            self._end()
            with self._lock:  # whoever is postponed has been, or is not
                self._done = asked
            while self._after and asked == self._asked:
                self._after.pop(0)()
        finally:
            if is_owner:
                self.owner = 0

    def is_postponed(self, call: Callable[[], object]) -> bool:
        """Postpone a call until an end is done that was asked for. Return whether there is one."""
        with self._lock:
            if self._done == self._asked:
                return False
            self._after.append(call)
        return True
