"""Faults while a pool receives a response: those of response_faults.py, for each way to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from itertools import islice
from types import ModuleType
from typing import Any

from ..pool.stage import End, Play
from .outcome import DOCUMENTED, GOOD, SECOND, Tally
from .response_faults import AT_ONCE, FAULTS_PER_CUT, LATER, Case
from .response_faults import cases as cases_of_reading
from .theatre import FIRST, TOGETHER, WARM, Theatre, Trial
from .wires import BODY, EVIL, WIRES, Wire

#: How a request is put, or its answer arrives: a URL; a `Request` with a sink, or with a limit;
#: in two pieces; on a connection that has served.
WAYS = ("page", "sink", "limit", "pieces", "kept")
_FAULTS: dict[str, Callable[[End], None]] = {
    "stops": End.stop,
    "resets": End.reset,
    "stalls": End.stall,
    "half-closes": End.half_close,
}


def cases(wire: str, way: str) -> Iterator[Case]:
    """Every cut and every fault of one kind of response, asked for in one way."""
    return cases_of_reading(wire, way)


def rotated(wire: str) -> Iterator[Case]:
    """Every cut and every fault too, each asked for in one way, with the ways taking turns."""
    every = [list(cases(wire, way)) for way in WAYS]
    for number, choices in enumerate(zip(*every, strict=True)):
        yield choices[(number + number // FAULTS_PER_CUT) % len(choices)]


def _in_batches(chosen: Iterator[Any]) -> Iterator[list[Any]]:
    """Cases that can be played in one run."""
    while batch := list(islice(chosen, TOGETHER)):
        ended = [case for case in batch if getattr(case, "closes", False)]
        yield from (part for part in (ended, [c for c in batch if c not in ended]) if part)


def run(package: ModuleType, chosen: Iterator[Case]) -> Tally:
    """Play the cases; what came of them."""
    tally = Tally()
    with Theatre(package) as theatre:
        for batch in _in_batches(chosen):
            tally.cases += len(batch)
            _play(theatre, batch, tally)
    return tally


def _play(theatre: Theatre, batch: list[Case], tally: Tally) -> None:
    trials = [Trial(case, site) for case, site in zip(batch, theatre.sites, strict=False)]
    for trial in trials:
        trial.site.play = _serving(trial)
    pool = theatre.pool()
    kept = [trial for trial in trials if trial.case.reading == "kept"]
    theatre.run(pool, {trial: trial.site.url(WARM) for trial in kept}, tally)
    for trial in kept:
        if [page.status for page in trial.pages] != [299]:
            tally.find("wrong", str(trial.case), f"before it: {trial.pages}")
        trial.pages.clear()
    theatre.stage.ends_when_quiet = batch[0].closes
    theatre.run(pool, {trial: _request(theatre.package, trial) for trial in trials}, tally)
    theatre.stage.ends_when_quiet = False
    for trial in trials:
        _judge_pages(trial, tally)
        if trial.case.fault == LATER:
            trial.firsts[-1].say(EVIL)
    theatre.ask_again(pool, trials, tally, lambda trial: _is_sound(trial.case))
    theatre.end(pool, tally, f"{batch[0]} to {batch[-1]}")


def _is_sound(case: Case) -> bool:
    wire = WIRES[case.wire]
    return case.fault == "stalls" and case.cut == len(wire.whole) and not wire.until_close


def _request(package: ModuleType, trial: Trial) -> Any:
    url, way = trial.site.url(FIRST), trial.case.reading
    if way == "sink":
        return package.Request(url, sink=trial.sunk.append)
    if way == "limit":
        return package.Request(url, max_body=len(BODY))
    return url


def _serving(trial: Trial) -> Callable[[End], Play]:
    case, whole = trial.case, WIRES[trial.case.wire].whole

    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            if request[0] == WARM:
                end.say(GOOD)
            elif request[0] == SECOND:
                late = EVIL if case.closes and not _is_sound(case) else whole[case.cut :]
                end.say(late + GOOD if end in trial.firsts else GOOD)
                trial.second = end
            else:
                trial.firsts.append(end)
                if case.reading == "pieces" and case.cut:
                    end.say(whole[: case.cut // 2])
                    yield 0.0
                    end.say(whole[case.cut // 2 : case.cut])
                else:
                    end.say(whole[: case.cut])
                if case.fault == AT_ONCE:
                    end.say(EVIL)
                elif case.fault in _FAULTS:
                    _FAULTS[case.fault](end)
                if end.closed:
                    return

    return play


def _judge_pages(trial: Trial, tally: Tally) -> None:
    case, wire = trial.case, WIRES[trial.case.wire]
    if case.closes and not _is_sound(case):
        if trial.pages:
            tally.find("wrong", str(case), f"a page of what is not complete: {trial.pages}")
        return
    if len(trial.pages) != 1:
        tally.find("wrong", str(case), f"{len(trial.pages)} pages")
        return
    page = trial.pages[0]
    tally.kinds["answer" if page.error is None else type(page.error).__name__] += 1
    judge(wire, case, page, trial, tally)


def judge(wire: Wire, case: Case, page: Any, trial: Trial, tally: Tally) -> None:
    """Hold a page to what a client may know after the bytes that arrived."""
    got = b"".join(trial.sunk) if case.reading == "sink" else page.body
    arrived, error = wire.content(case.cut), page.error
    seen = f"{page.status} {got!r} {error!r} in {page.phase!r}, {page.tries} tries"
    if error is not None and not isinstance(error, DOCUMENTED):
        tally.find("undocumented", str(case), seen)
    elif isinstance(error, TimeoutError) and case.fault != "stalls":
        tally.find("hang", str(case), "waited for what cannot come")
    elif got != arrived:
        tally.find("lost" if arrived.startswith(got) else "wrong", str(case), seen)
    elif not (_is_right(wire, case, error) and _is_told(wire, case, page, trial)):
        tally.find("wrong", str(case), seen)


def _is_right(wire: Wire, case: Case, error: Exception | None) -> bool:
    stage = wire.stage(case.cut)
    if stage == "whole" and not wire.until_close:
        return error is None
    if case.fault == "stalls":
        return isinstance(error, TimeoutError)
    if case.fault == "resets":
        return isinstance(error, ConnectionResetError)
    if wire.until_close and stage in ("content", "whole"):
        return error is None  # its end is the connection's
    if case.cut == 0 or (stage == "interim" and wire.starts_line(case.cut)):
        return isinstance(error, (RemoteDisconnected, HTTPException))
    if stage in ("interim", "head"):
        return isinstance(error, (BadStatusLine, HTTPException))
    if stage == "end":
        return isinstance(error, HTTPException)
    return isinstance(error, IncompleteRead)


def _is_told(wire: Wire, case: Case, page: Any, trial: Trial) -> bool:
    """Return whether status, phase and tries are what they must be."""
    has_head = wire.stage(case.cut) not in ("interim", "head")
    status = 200 if has_head else None
    phase = None if page.error is None else "body" if has_head else "head"
    # A connection that was kept, and ends before it says a word, had ended before.
    again = case.reading == "kept" and case.cut == 0 and case.fault not in ("stalls", AT_ONCE)
    tries = 2 if again else 1
    found = page.status, page.phase, page.tries, len(trial.firsts)
    return found == (status, phase, tries, tries)
