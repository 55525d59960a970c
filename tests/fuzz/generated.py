"""Plays inputs of our own making, for Pythons that have no atheris: `Engine.run`.

From CPython 3.12 on, sys.monitoring tells which lines of fasthttp an input was the first to reach;
such an input is kept, and bred from. Elsewhere all inputs descend from the seeds.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from types import CodeType
from typing import Any

from .mutation import most_seeds, mutate, seeds
from .target import Target

_PACKAGE = str(Path(__file__).resolve().parents[2] / "fasthttp")
_MOST_KEPT = 5_000
_TOOL = 1  # sys.monitoring.COVERAGE_ID


class _Lines:
    """How many lines of the package have been reached so far. Use it with `with`."""

    def __init__(self) -> None:
        self.reached = 0
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self.measured = self._monitoring is not None

    def __enter__(self) -> _Lines:
        if self.measured:
            self._monitoring.use_tool_id(_TOOL, "fasthttp's fuzzer")
            line = self._monitoring.events.LINE
            self._monitoring.register_callback(_TOOL, line, self._reach)
            self._monitoring.set_events(_TOOL, line)
            self._monitoring.restart_events()
        return self

    def __exit__(self, *_: Any) -> None:
        if self.measured:
            self._monitoring.set_events(_TOOL, 0)
            self._monitoring.free_tool_id(_TOOL)

    def _reach(self, code: CodeType, _line: int) -> Any:
        self.reached += code.co_filename.startswith(_PACKAGE)
        return self._monitoring.DISABLE  # each line is told once, so that it costs next to nothing


class Engine:
    """Runs a target on mutations of what has been interesting."""

    def __init__(self, target: Target, seed: int) -> None:
        self._target = target
        self._dice = random.Random(seed)
        self._kept: list[bytes] = []

    def run(self, seconds: float) -> str:
        """Go on for so long; what has been covered, as text."""
        self._kept = seeds(self._dice, most_seeds(seconds))
        with _Lines() as lines:
            self._run(seconds, lines)
        return f"lines: {lines.reached}" if lines.measured else "lines: not measured"

    def _run(self, seconds: float, lines: _Lines) -> None:
        end = time.monotonic() + seconds
        self._target.replay()
        for data in self._kept[:]:
            self._target(data)
        while time.monotonic() < end:
            data = mutate(self._dice.choice(self._kept), self._dice)
            before = lines.reached
            self._target(data)
            if lines.reached > before and len(self._kept) < _MOST_KEPT:
                # Several times, because it has thousands of seeds beside it.
                self._kept += [data] * 20
