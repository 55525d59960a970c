"""Faults while a pool sends a request: those of request_faults.py, on a new connection and on one
that has served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from types import ModuleType
from typing import Any

from ..client.request_recorder import record
from ..pool.stage import End, Play
from .outcome import DOCUMENTED, GOOD, SECOND, Tally
from .request_bodies import BODIES, IS_LARGE, send
from .request_faults import DEEDS, EARLY, Case, points
from .theatre import FIRST, TOGETHER, WARM, Theatre, Trial

#: What the server does, as by `request_faults.Deed.ends`.
_ENDS: dict[str, Callable[[End], None]] = {
    "stop": End.stop,
    "reset": End.reset,
    "half_close": End.half_close,
}
#: The sockets' buffers hold all of them.
_LARGE_TOGETHER = 25


class PoolCase(Case):
    """As a `request_faults.Case`; `asks`: on a connection that has served."""

    def __str__(self) -> str:
        kept = ", kept connection" if self.asks else ""
        return f"{self.body}, {self.deed} after {self.read} of {self.length}{kept}"


@cache
def _wire(package: ModuleType, body: str, port: int) -> bytes:
    """What a blocking connection sends."""
    return record(
        package.client, lambda connection: send(connection, body), host="127.0.0.1", port=port
    ).wire


def cases(package: ModuleType, body: str) -> Iterator[PoolCase]:
    """Every deed after each byte of a small request, of a large one after some."""
    length = len(_wire(package, body, 10_000))  # every port has five digits
    for read in points(body, length):
        for deed in DEEDS:
            for kept in (False, True):
                yield PoolCase(body, read, length, deed, kept)


def some(package: ModuleType, body: str) -> Iterator[PoolCase]:
    """One case in five, so that every deed comes after every fifth byte."""
    return islice(cases(package, body), 0, None, 5)


def run(package: ModuleType, chosen: Iterator[PoolCase]) -> Tally:
    """Play the cases; what came of them."""
    tally = Tally()
    with Theatre(package) as theatre:
        while batch := list(islice(chosen, _LARGE_TOGETHER)):
            if batch[0].body not in IS_LARGE:
                batch += islice(chosen, TOGETHER - _LARGE_TOGETHER)
            tally.cases += len(batch)
            _play(theatre, batch, tally)
    return tally


def _play(theatre: Theatre, batch: list[PoolCase], tally: Tally) -> None:
    trials = [Trial(case, site) for case, site in zip(batch, theatre.sites, strict=False)]
    for trial in trials:
        trial.site.play = _serving(trial)
    pool = theatre.pool()
    kept = [trial for trial in trials if trial.case.asks]
    theatre.run(pool, {trial: trial.site.url(WARM) for trial in kept}, tally)
    for trial in kept:
        if [page.status for page in trial.pages] != [299]:
            tally.find("wrong", str(trial.case), f"before it: {trial.pages}")
        trial.pages.clear()
    request = theatre.package.Request
    firsts = {
        trial: request(trial.site.url(FIRST), "POST", body=BODIES[trial.case.body]())
        for trial in trials
    }
    theatre.run(pool, firsts, tally)
    for trial in trials:
        _judge(theatre.package, trial, tally)
        for end in trial.site.ends:
            end.hear(None)
        trial.site.play = _answering(trial)
    theatre.ask_again(pool, trials, tally, _may_reuse)
    theatre.end(pool, tally, f"{batch[0]} to {batch[-1]}")


def _may_reuse(trial: Trial) -> bool:
    deed = DEEDS[trial.case.deed]
    return deed.answers and deed.ends is None


def _answering(trial: Trial) -> Callable[[End], Play]:
    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            if request[0] == SECOND:
                trial.second = end
            end.say(GOOD)

    return play


def _serving(trial: Trial) -> Callable[[End], Play]:
    case, deed = trial.case, DEEDS[trial.case.deed]

    def play(end: End) -> Play:
        if case.asks and not trial.firsts and not end.number:
            yield from end.request()
            end.hear(case.read)
            end.say(GOOD)
        else:
            end.hear(case.read)
        while len(end.came) < case.read or not (end.came or end.has_more):
            yield None
        trial.firsts.append(end)
        if deed.answers:
            end.say(EARLY)
        if deed.ends is not None:
            _ENDS[deed.ends.__name__](end)
        if end.closed:
            return
        if deed.reads_on:
            end.hear(None)
        while len(end.came) < case.length and not end.ended:
            yield None
        trial.sunk.append(end.take(case.length))
        yield from _answering(trial)(end)

    return play


def _judge(package: ModuleType, trial: Trial, tally: Tally) -> None:
    case = trial.case
    if len(trial.pages) != 1:
        tally.find("wrong", str(case), f"{len(trial.pages)} pages")
        return
    (page,) = trial.pages
    error = page.error
    tally.kinds["answer" if error is None else type(error).__name__] += 1
    seen = f"{page.status} {page.body!r} {error!r} in {page.phase!r}, {page.tries} tries"
    if error is not None and not isinstance(error, DOCUMENTED):
        tally.find("undocumented", str(case), seen)
    elif isinstance(error, TimeoutError) and case.deed != "stalls":
        tally.find("hang", str(case), seen)
    elif not _is_right(case, page):
        tally.find("wrong", str(case), seen)
    elif page.tries != 1 or len(trial.firsts) != 1:
        tally.find("wrong", str(case), f"{len(trial.firsts)} times at the server: {seen}")
    elif case.read == case.length:
        # Where the server has closed the connection, nobody has taken what came.
        sent = trial.sunk or [bytes(end.came) for end in trial.firsts]
        if sent != [_wire(package, case.body, trial.site.port)]:
            tally.find("wrong", str(case), "other bytes than a blocking connection sends")


def _is_right(case: Case, page: Any) -> bool:
    deed = DEEDS[case.deed]
    answered = page.error is None and (page.status, page.body) == (413, b"early")
    if deed.answers:
        # the kernel may drop what has arrived when a RST follows
        return answered or (deed.goes and isinstance(page.error, ConnectionError))
    if case.deed == "stalls":
        return isinstance(page.error, TimeoutError) and page.phase in ("send", "head")
    return isinstance(page.error, ConnectionError)
