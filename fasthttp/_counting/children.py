"""How many child processes have been started: what they do, this process cannot count.

Seen by an audit hook, which sees what os, subprocess and pty start, and by the number that
multiprocessing gives to each of its processes, because it starts some without being audited. A hook
cannot be taken away again: it is put once, when counting first begins, and does nothing while
counting is off.
"""

from __future__ import annotations

import os
import sys

from .totals import totals

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_STARTS = frozenset(
    ("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
)
#: Whoever calls those and is counted in another way.
_COUNTED_ELSEWHERE = frozenset(("multiprocessing.popen_fork", "subprocess"))


class _Numbers:
    """The numbers of multiprocessing's processes, when counting began and when it ended."""

    def __init__(self) -> None:
        self.is_watched = False
        self.first = self.next()
        self.last: int | None = self.first

    def begin(self) -> None:
        self.first, self.last = self.next(), None

    def end(self) -> None:
        self.last = self.next()

    def next(self) -> int:
        """That of the next process: it counts those that were made."""
        module = sys.modules.get("multiprocessing.process")
        told = repr(getattr(module, "_process_counter", ""))  # "count(3)"
        digits = told.removeprefix("count(").removesuffix(")")
        return int(digits) if digits.isdecimal() else 1

    def count(self) -> int:
        last = self.next() if self.last is None else self.last
        # In a process that multiprocessing has started, its numbers begin again.
        return last - self.first if last >= self.first else last - 1

    def begin_in_process(self) -> None:
        """In a forked child, which has started nothing."""
        if self.last is None:
            self.begin()


_numbers = _Numbers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_numbers.begin_in_process)


def watch() -> None:
    """Count child processes from now on."""
    _numbers.begin()
    if not _numbers.is_watched:
        _numbers.is_watched = True
        sys.addaudithook(_hook)


def rest() -> None:
    """Count no more; `count()` stays what it is."""
    _numbers.end()


def count() -> int:
    """Those that this process has started since `watch()`."""
    return len(totals.children) + _numbers.count()


def _hook(
    event: str,
    _: Any,
    # Its own, since it is called until the interpreter ends, when those of the module are gone.
    starts: frozenset[str] = _STARTS,
    elsewhere: frozenset[str] = _COUNTED_ELSEWHERE,
    counted: Any = totals,
    frame: Any = sys._getframe,
) -> None:
    if event not in starts or not counted.on:
        return
    if event == "subprocess.Popen" or frame(1).f_globals.get("__name__") not in elsewhere:
        # No lock, which another thread may hold while this one forks.
        counted.children.append(event)
