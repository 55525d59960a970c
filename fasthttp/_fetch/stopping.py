"""Ctrl-C and SIGTERM: the first asks for an end, the second is one."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Stop"]

_SAID = b"\nstopping: the pages under way are still taken; once more to stop at once\n"


class Stop:
    """A handler for both signals, in a `with` block.

    No KeyboardInterrupt at first: it could come between a page and its being written.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        #: Ends a wait for the next page. It is called in a thread of its own: the one that was
        #: interrupted may be anywhere.
        self._wake = wake
        self.asked = False
        #: Set while the next page is waited for.
        self.is_waiting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        with contextlib.suppress(ValueError):  # not in the main thread: its handlers stay
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        for each in self._before:
            signal.signal(each, signal.default_int_handler)
        self.asked = True
        os.write(2, _SAID)  # not print(), which must not be entered from within itself
        if self.is_waiting:
            threading.Thread(target=self._wake, daemon=True).start()
