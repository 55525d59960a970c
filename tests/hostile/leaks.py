"""Prints what many requests leave behind: memory, file descriptors, threads.

    python -m tests.hostile.leaks [--requests 100000] [--client c py]

The requests are the fault cases, each followed by the one that must succeed, so about half of them
fail, in every way that there is. Ends with status 1 where more is left than the bounds allow.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from fasthttp._bench.implementations import load_implementation

from . import request_faults, response_faults
from .arena import PATHS, open_descriptors
from .body_readers import READINGS
from .wires import WIRES

#: How much may be left behind, whatever the number of requests: what a leak in one request of a
#: hundred would pass in a long run.
MOST_BYTES = 2 << 20
MOST_OBJECTS = 200
#: Stalls take time and nothing else, so one in so many is enough.
_STALLS = 12
_BATCH = 200
#: Each case has come once by then, on one path or the other.
_WARMING = 50_000
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


@dataclass(frozen=True)
class Usage:
    """What this process holds. `resident` is in bytes, 0 where /proc does not tell."""

    resident: int
    objects: int
    descriptors: int
    threads: int

    def left_since(self, before: Usage) -> list[str]:
        """What is held beyond `before` and the bounds."""
        found = []
        if (more := self.resident - before.resident) > MOST_BYTES:
            found.append(f"{more / 1024:.0f} KiB of memory")
        if (more := self.objects - before.objects) > MOST_OBJECTS:
            found.append(f"{more} objects")
        if self.descriptors != before.descriptors:
            found.append(f"{self.descriptors - before.descriptors} file descriptors")
        if self.threads != before.threads:
            found.append(f"{self.threads - before.threads} threads")
        return found

    def __str__(self) -> str:
        return (
            f"{self.resident / 2**20:.1f} MiB, {self.objects} objects, "
            f"{self.descriptors} file descriptors, {self.threads} threads"
        )


def usage() -> Usage:
    """What this process holds now, with its garbage collected."""
    for _ in range(3):
        gc.collect()
    statm = Path("/proc/self/statm")
    resident = int(statm.read_text().split()[1]) * _PAGE if statm.exists() else 0
    objects = len(gc.get_objects())
    return Usage(resident, objects, open_descriptors(), threading.active_count())


def _received() -> Iterator[response_faults.Case]:
    mixed = (response_faults.cases(wire, reading) for wire in WIRES for reading in READINGS)
    stalled = 0
    for case in itertools.chain.from_iterable(mixed):
        stalled += case.fault == "stalls"
        if case.fault != "stalls" or stalled % _STALLS == 0:
            yield case


def _sent(client: ModuleType) -> Iterator[request_faults.Case]:
    for body in ("bytes", "none", "str", "iterable"):
        yield from (case for case in request_faults.cases(client, body) if not case.times_out)


def requests(client: ModuleType) -> Iterator[int]:
    """Make requests, mixed, for ever; how many there were of each batch.

    The cases are all there before the first one: none of what grows later is theirs.
    """
    received, sent = itertools.cycle([*_received()]), itertools.cycle([*_sent(client)])
    for path in itertools.cycle(PATHS):
        made = response_faults.run(client, path, itertools.islice(received, _BATCH)).cases
        made += request_faults.run(client, path, itertools.islice(sent, _BATCH // 4)).cases
        yield 2 * made


def _make(count: int, batches: Iterator[int]) -> int:
    made = 0
    while made < count:
        made += next(batches)
    return made


def measure(client: ModuleType, count: int) -> tuple[Usage, Usage, int]:
    """What is held before and after so many requests, and their number.

    Before it there are some that fill the caches, so that only what grows is seen.
    """
    batches = requests(client)
    _make(min(count, _WARMING), batches)
    before = usage()
    made = _make(count, batches)
    return before, usage(), made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--client", nargs="+", default=["c", "py"], help="c, py")
    arguments = parser.parse_args()
    status = 0
    for name in arguments.client:
        started = time.monotonic()
        before, after, made = measure(load_implementation(name), arguments.requests)
        found = after.left_since(before)
        status |= bool(found)
        print(f"{name}: {made} requests in {time.monotonic() - started:.0f} s")
        print(f"    before {before}\n    after  {after}")
        print("    left behind:", ", ".join(found) or "nothing")
    return status


if __name__ == "__main__":
    sys.exit(main())
