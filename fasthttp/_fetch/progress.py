"""How far a run is, on the standard error: a bar by rich in a terminal, else lines."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from time import monotonic
from typing import Any, TextIO

from .tally import Tally

__all__ = ["Bar", "Lines", "Quiet", "progress_on"]

#: Seconds between two lines, and between two pictures of a bar.
_LINE, _PICTURE = 10.0, 0.1


class Quiet:
    """Says nothing."""

    def show(self, tally: Tally, left_out: int) -> None:
        """A page is done."""

    def close(self) -> None:
        """The run is over."""


class Lines(Quiet):
    """A line every ten seconds."""

    def __init__(
        self, out: TextIO, total: int | None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._out = out
        self._total = total
        self._clock = clock
        self._next = clock() + _LINE

    def show(self, tally: Tally, left_out: int) -> None:
        """Print a line, if it is time."""
        if self._clock() >= self._next:
            self._next = self._clock() + _LINE
            total = None if self._total is None else self._total - left_out
            print(tally.line(total), file=self._out, flush=True)


class Bar(Quiet):
    """A bar. Raises `ImportError` without rich."""

    def __init__(self, out: TextIO, total: int | None) -> None:
        bars: Any = import_module("rich.progress")
        console: Any = import_module("rich.console")
        self._bars = bars.Progress(
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TextColumn("{task.description}", markup=False),
            bars.TimeRemainingColumn(),
            console=console.Console(file=out, markup=False, highlight=False),
            transient=True,
            # A thread that draws would take the core from the one that fetches.
            auto_refresh=False,
        )
        self._task = self._bars.add_task("", total=total)
        self._next = 0.0
        self._bars.start()

    def show(self, tally: Tally, left_out: int) -> None:
        """Draw it anew, if the last picture is old."""
        now = monotonic()
        if now >= self._next:
            self._next = now + _PICTURE
            self._bars.update(
                self._task,
                completed=tally.done + left_out,
                description=tally.line(None),
                refresh=True,
            )

    def close(self) -> None:
        """Take the bar away."""
        self._bars.stop()


def progress_on(out: TextIO, total: int | None, is_quiet: bool) -> Quiet:
    """Return the best there is for `out`."""
    if is_quiet:
        return Quiet()
    if out.isatty():
        try:
            return Bar(out, total)
        except ImportError:
            pass
    return Lines(out, total)
