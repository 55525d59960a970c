"""Prints the table of faults: every case in every way, and what came of them.

    python -m tests.hostile.table [--client c py stdlib] [--path fast plain pool] [--show N]

A path is that of a blocking connection over exactly the stdlib's socket or over any other, or that
of a pool. "stdlib" is the running Python's http.client, for comparison: it shows that the checks
can fail.
Ends with status 1 where there is a finding in fasthttp.
"""

from __future__ import annotations

import argparse
import faulthandler
import http.client
import platform
import sys
import time
from types import ModuleType

from fasthttp._bench.implementations import load_implementation, load_package

from . import pool_requests, pool_responses, request_faults, response_faults
from .arena import PATHS
from .body_readers import READINGS
from .outcome import SORTS, Tally
from .request_bodies import BODIES
from .wires import WIRES

#: In seconds: no row takes nearly as long, unless something spins.
_ROW_SECONDS = 300
_POOL = "pool"


def _client(name: str) -> ModuleType:
    return http.client if name == "stdlib" else load_implementation(name)


def rows(client: ModuleType, path: str) -> list[tuple[str, Tally]]:
    """One row for each kind of response, and for each kind of request body."""
    made = []
    for wire in WIRES:
        tally = Tally()
        for reading in READINGS:
            faulthandler.dump_traceback_later(_ROW_SECONDS, exit=True)
            tally.add(response_faults.run(client, path, response_faults.cases(wire, reading)))
        made.append((f"receiving, {wire}", tally))
    for body in BODIES:
        faulthandler.dump_traceback_later(_ROW_SECONDS, exit=True)
        tally = request_faults.run(client, path, request_faults.cases(client, body))
        made.append((f"sending, {body}", tally))
    faulthandler.cancel_dump_traceback_later()
    return made


def _line(name: str, tally: Tally) -> str:
    return " | ".join(["", name, str(tally.cases), *(str(tally.count(s)) for s in SORTS), ""])[1:]


def pool_rows(package: ModuleType) -> list[tuple[str, Tally]]:
    """The same rows for a pool."""
    made = []
    for wire in WIRES:
        tally = Tally()
        for way in pool_responses.WAYS:
            faulthandler.dump_traceback_later(_ROW_SECONDS, exit=True)
            tally.add(pool_responses.run(package, pool_responses.cases(wire, way)))
        made.append((f"receiving, {wire}", tally))
    for body in BODIES:
        faulthandler.dump_traceback_later(_ROW_SECONDS, exit=True)
        tally = pool_requests.run(package, pool_requests.cases(package, body))
        made.append((f"sending, {body}", tally))
    faulthandler.cancel_dump_traceback_later()
    return made


def _report(name: str, path: str, show: int) -> Tally:
    total = Tally()
    for row, tally in pool_rows(load_package(name)) if path == _POOL else rows(_client(name), path):
        print(_line(f"{name}, {path}: {row}", tally), flush=True)
        total.add(tally)
    print(_line(f"**{name}, {path}**", total))
    for sort, cases in total.findings.items():
        for case in cases[:show]:
            print(f"    {sort}: {case}")
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", nargs="+", default=["c", "py"], help="c, py, stdlib")
    parser.add_argument("--path", nargs="+", default=[*PATHS, _POOL], help="fast, plain, pool")
    parser.add_argument("--show", type=int, default=3, help="findings of each sort to print")
    arguments = parser.parse_args()
    started = time.monotonic()
    print(" | ".join(["", "what", "cases", *SORTS, ""])[1:])
    print("|".join(["", "--", *["--:"] * (1 + len(SORTS)), ""]))
    ours = Tally()
    for name in arguments.client:
        for path in arguments.path:
            if name == "stdlib" and path == _POOL:
                continue
            total = _report(name, path, arguments.show)
            if name != "stdlib":
                ours.add(total)
    print(f"\n{platform.python_implementation()} {platform.python_version()}", end=": ")
    print(f"{ours.cases} cases of fasthttp in {time.monotonic() - started:.0f} s")
    print("outcomes:", ", ".join(f"{kind} {count}" for kind, count in ours.kinds.most_common()))
    return 1 if ours.findings else 0


if __name__ == "__main__":
    sys.exit(main())
