"""Requests of all kinds, most of them with a fault, leave nothing behind.

In a process of their own: what other tests have left to the allocator is not theirs. The long run
is `python -m tests.hostile.leaks --requests 100000`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUESTS = 5000


def test_requests_leave_nothing_behind(implementation: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.leaks", "--requests", str(REQUESTS),
         "--client", implementation],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left behind: nothing" in done.stdout
