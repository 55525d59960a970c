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

from .mutation import mutate, seeds
from .target import Target

_PACKAGE = str(Path(__file__).resolve().parents[2] / "fasthttp")
_MOST_KEPT = 5_000


class _Lines:
    """How many lines of the package have been reached so far."""

    def __init__(self) -> None:
        self.reached = 0
        self.measured = hasattr(sys, "monitoring")
        if self.measured:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
            self._disable = monitoring.DISABLE
            monitoring.use_tool_id(monitoring.COVERAGE_ID, "fasthttp's fuzzer")
            monitoring.register_callback(
                monitoring.COVERAGE_ID, monitoring.events.LINE, self._reach
            )
            monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)

    def _reach(self, code: CodeType, _line: int) -> Any:
        self.reached += code.co_filename.startswith(_PACKAGE)
        return self._disable  # each line is told once, so that it costs next to nothing


class Engine:
    """Runs a target on mutations of what has been interesting."""

    def __init__(self, target: Target, seed: int) -> None:
        self._target = target
        self._dice = random.Random(seed)
        self._kept = seeds(self._dice)
        self._dice.shuffle(self._kept)

    def run(self, seconds: float) -> str:
        """Go on for so long; what has been covered, as text."""
        lines = _Lines()
        end = time.monotonic() + seconds
        for data in self._kept[:300]:
            self._target(data)
        while time.monotonic() < end:
            data = mutate(self._dice.choice(self._kept), self._dice)
            before = lines.reached
            self._target(data)
            if lines.reached > before and len(self._kept) < _MOST_KEPT:
                # Several times, because it has thousands of seeds beside it.
                self._kept += [data] * 20
        return f"lines: {lines.reached}" if lines.measured else "lines: not measured"
