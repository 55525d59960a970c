"""Requests of all kinds, most of them with a fault, leave nothing behind.

In a process of their own: what other tests have left to the allocator is not theirs. The long run
is `python -m tests.hostile.leaks --requests 100000`.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from . import leaks

REQUESTS = 5000


def test_requests_leave_nothing_behind(implementation: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.leaks", "--requests", str(REQUESTS),
         "--client", implementation],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left behind: nothing" in done.stdout


def test_leaked_memory_is_found() -> None:
    """The check can fail."""
    kept: list[Any] = []

    class Response(http.client.HTTPResponse):
        def begin(self) -> None:
            kept.append([bytes(2048)])
            super().begin()

    class Connection(http.client.HTTPConnection):
        response_class = Response

    client = ModuleType("leaking")
    client.HTTPConnection = Connection  # type: ignore[attr-defined]
    before, after, _ = leaks.measure(client, 1000)
    assert any("objects" in found for found in after.left_since(before))
