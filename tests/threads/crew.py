"""Threads that begin at one moment, with the switch interval so short that they interleave."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

THREADS = 8
#: In seconds: no test waits for longer, and none that passes waits for it at all.
PATIENCE = 60.0


@contextmanager
def _restless() -> Iterator[None]:
    """With a GIL, let it change hands as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def together(work: Callable[[int], Any]) -> list[Any]:
    """Call `work(number)` in THREADS threads at once; their results, in the order of numbers.

    Raises what the first of them raised.
    """
    start = threading.Barrier(THREADS)

    def begin(number: int) -> Any:
        start.wait(PATIENCE)
        return work(number)

    with _restless(), ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(begin, number) for number in range(THREADS)]
        return [job.result(PATIENCE) for job in jobs]
