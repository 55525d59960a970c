"""A contestant in a process of its own: so that it finds the memory as a program would.

Side by side in one process, each would use the heap that the others have left behind, and with it
page faults that it would have, or be spared, anywhere else. The process is told what to do by
lines of JSON on its standard input and answers with one line each; it ends when that input does.
"""

import gc
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from .hosting import Place, end, ignore_interrupts, killed_after, spawn
from .scenarios import Expected, Scenario, expected, know
from .visits import Contestant, NotApplicable, Sample, Visit

__all__ = ["ReportedError", "in_own_process"]

_ANSWER_WITHIN = 600


class ReportedError(Exception):
    """What went wrong in the other process, as it told it."""


def in_own_process(name: str, label: str, switch: str | None = None) -> Contestant:
    """The contestant of that name (`contestants.contestant_named`), each visit a new process.

    `switch` is the FASTHTTP_EXTENSION that it runs under; None leaves that as it is.
    """
    return Contestant(
        name, label, lambda scenario, place: _RemoteVisit(name, switch, scenario, place)
    )


class _RemoteVisit(Visit):
    """A visit that takes place elsewhere."""

    def __init__(self, name: str, switch: str | None, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        environment = {} if switch is None else {"FASTHTTP_EXTENSION": switch}
        self.process = spawn("fasthttp._bench.processes", **environment)
        body = scenario.body and scenario.body.decode("ascii")
        try:
            self.ask(
                {
                    "contestant": name,
                    "scenario": asdict(scenario) | {"body": body},
                    "place": asdict(place),
                    "expected": asdict(self.right),
                }
            )
        except BaseException:
            self.close()
            raise

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        process = self.process
        if process.stdin is None or process.stdout is None:
            raise ReportedError("the process has no standard input or output")
        try:
            with killed_after(process, _ANSWER_WITHIN):
                process.stdin.write(json.dumps(order).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise ReportedError("the process ended")
        told: dict[str, Any] = json.loads(line)
        if "not applicable" in told:
            raise NotApplicable(told["not applicable"])
        if "error" in told:
            raise ReportedError(told["error"])
        return told

    def examine(self) -> str:
        trouble: str = self.ask({"examine": True})["trouble"]
        return trouble

    def measure(self, count: int) -> Sample:
        return Sample(**self.ask({"measure": count}))

    def close(self) -> None:
        end(self.process)


def _open(order: dict[str, Any]) -> Visit:
    from .contestants import contestant_named

    told = order["scenario"]
    scenario = Scenario(**told | {"body": told["body"] and told["body"].encode("ascii")})
    # Not worked out here: that would take and free many times the memory of a visit.
    know(scenario, Expected(**order["expected"]))
    return contestant_named(order["contestant"]).open(scenario, Place(**order["place"]))


def _obey(visit: Visit, order: dict[str, Any]) -> dict[str, Any]:
    if "measure" in order:
        # What was there before is not this batch's to clean up; what it makes itself is.
        gc.collect()
        return asdict(visit.measure(order["measure"]))
    return {"trouble": visit.examine()}


def main() -> None:
    """Serve one visit until the standard input ends."""
    ignore_interrupts()
    # Whatever a client prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    visit: Visit | None = None
    for line in sys.stdin.buffer:
        order = json.loads(line)
        told: dict[str, Any] = {}
        try:
            if visit is None:
                visit = _open(order)
            else:
                told = _obey(visit, order)
        except NotApplicable as reason:
            told = {"not applicable": str(reason)}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        try:
            print(json.dumps(told), file=answers, flush=True)
        except OSError:  # nobody waits for it any more
            break
    # Not visit.close(): threads of a client may wait for what never comes.
    os._exit(0)


if __name__ == "__main__":
    main()
