"""Faults while a response is received: each kind, cut behind each byte, read in each way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from types import ModuleType
from typing import Any

from ..client.response_delivery import PATIENCE
from .arena import BRIEF, FAULTS, Arena, left_open, open_descriptors
from .body_readers import READINGS
from .outcome import DOCUMENTED, Outcome, Tally, attempt
from .second_exchange import ask_again
from .wires import BODY, EVIL, WIRES, Wire

#: The faults at each cut: one of them comes twice, with the response closed and not.
FAULTS_PER_CUT = len(FAULTS) + 1
#: What the server does behind a whole response: it sends one more, at once or when that was read.
AT_ONCE, LATER = "answers twice at once", "answers twice"


@dataclass(frozen=True)
class Case:
    """The first `cut` bytes of a wire arrive, then the fault.

    `closes`: the caller closes the response before it asks again. Then what http.client takes for
    the next answer is what comes late of this one, and the server may choose what that is.
    """

    wire: str
    cut: int
    fault: str
    reading: str
    closes: bool = False

    def __str__(self) -> str:
        closes = ", closed" if self.closes else ""
        return f"{self.wire}, {self.fault} after {self.cut}, {self.reading}{closes}"


def cases(wire: str, reading: str) -> Iterator[Case]:
    """Every cut and every fault of one kind of response, read in one way; last, unasked answers."""
    for cut in range(len(WIRES[wire].whole) + 1):
        for fault in FAULTS:
            yield Case(wire, cut, fault, reading)
        yield Case(wire, cut, "stalls", reading, closes=True)
    if not WIRES[wire].until_close:
        for fault in (AT_ONCE, LATER):
            yield Case(wire, len(WIRES[wire].whole), fault, reading)


def rotated(wire: str) -> Iterator[Case]:
    """Every cut and every fault too, each read in one way, with the ways taking turns."""
    every = [list(cases(wire, reading)) for reading in READINGS]
    for number, choices in enumerate(zip(*every, strict=True)):
        # At each cut one way further, so that every fault meets every way.
        yield choices[(number + number // FAULTS_PER_CUT) % len(choices)]


def run(client: ModuleType, path: str, chosen: Iterator[Case]) -> Tally:
    """Play the cases, each on a connection object of its own; what came of them."""
    tally = Tally()
    with Arena(path) as arena:
        gc.collect()  # what others have left
        before = open_descriptors()
        for case in chosen:
            tally.cases += 1
            _play(client, arena, case, tally)
            arena.clear()
            if (more := left_open(before)) > 0:
                tally.find("leak", str(case), f"{more} file descriptors")
                before += more
    return tally


def _play(client: ModuleType, arena: Arena, case: Case, tally: Tally) -> None:
    wire = WIRES[case.wire]
    connection = arena.connection(client, BRIEF if case.fault == "stalls" else PATIENCE)
    kept: list[Any] = []  # a caller still has the response when it asks again

    def act(outcome: Outcome) -> None:
        connection.request("GET", "/first")
        arena.hears()
        arena.says(wire.whole[: case.cut])
        if case.fault == AT_ONCE:
            arena.says(EVIL)
        elif case.fault in FAULTS:
            FAULTS[case.fault](arena)
        response = connection.getresponse()
        kept.append(response)
        outcome.status = response.status
        READINGS[case.reading](response, outcome.pieces)

    first = attempt(act)
    tally.kinds[first.kind] += 1
    judge(wire, case, first, tally)
    if case.closes and kept:
        kept[0].close()
    if case.fault == LATER:
        arena.says(EVIL)
    sound = case.fault == "stalls" and case.cut == len(wire.whole) and not wire.until_close
    late = EVIL if case.closes and not sound else wire.whole[case.cut :]
    ask_again(arena, connection, tally, str(case), may_reuse=sound, late=late)
    kept.clear()
    connection.close()


def judge(wire: Wire, case: Case, seen: Outcome, tally: Tally) -> None:
    """Hold what was seen to what a client may know after the bytes that arrived."""
    arrived = wire.content(case.cut)
    error, stage = seen.error, wire.stage(case.cut)
    if error is not None and not isinstance(error, DOCUMENTED):
        tally.find("undocumented", str(case), repr(error))
    elif isinstance(error, TimeoutError) and case.fault != "stalls":
        tally.find("hang", str(case), "waited for what cannot come")
    elif not arrived.startswith(seen.got) or seen.status not in (None, 200):
        tally.find("wrong", str(case), seen)
    elif isinstance(error, IncompleteRead) and seen.got + error.partial != arrived:
        tally.find("lost", str(case), f"{seen}, and {arrived!r} had arrived")
    elif not _is_right(wire, case, seen, stage):
        tally.find("wrong", str(case), seen)


def _is_right(wire: Wire, case: Case, seen: Outcome, stage: str) -> bool:
    error = seen.error
    if stage == "whole" and not wire.until_close:
        return error is None and seen.got == BODY
    if case.fault == "stalls":
        return isinstance(error, TimeoutError)
    if case.fault == "resets" and isinstance(error, ConnectionResetError):
        return True
    if stage == "interim" or case.cut == 0:
        return isinstance(error, (RemoteDisconnected, BadStatusLine))
    if stage == "head":
        # As in http.client, the end of the stream ends a head as well, so that it may give a
        # response, though one without a body.
        return error is None or isinstance(error, (BadStatusLine, IncompleteRead))
    if wire.until_close:
        return error is None and seen.got == wire.content(case.cut)
    if stage == "end":
        return seen.got == BODY if error is None else isinstance(error, IncompleteRead)
    if not wire.chunked and case.reading != "read()":
        # http.client: a body that is read in parts by its Content-Length just ends.
        return error is None and seen.got == wire.content(case.cut)
    if case.reading == "readline" and error is None:
        # http.client: for readline() a chunk-size line that is missing altogether is the end.
        return wire.starts_line(case.cut) and seen.got == wire.content(case.cut)
    return isinstance(error, IncompleteRead)
