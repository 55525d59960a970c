"""Where a pool meets faults: many cases at once in one run, each with a server of its own.

Between the requests that meet a fault are others, to a server that is well: each of their pages
must be right. All is played on a stage, whose clock passes over every timeout.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from ..pool.stage import End, HangError, Play, Quiet, Site, Stage
from .arena import left_open, open_descriptors
from .outcome import SECOND, Tally

#: So many cases share a run, at most.
TOGETHER = 100
FIRST, WARM, _WELL = "/first", "/warm", "/well"
#: The pool's timeout in seconds, of which none is waited for.
SECONDS = 5.0


@dataclass(eq=False)
class Trial:
    """One case in a run: the server that is its own, and what came of it."""

    case: Any
    site: Site
    pages: list[Any] = field(default_factory=list)
    sunk: list[bytes] = field(default_factory=list)
    #: The connections on which the first request came.
    firsts: list[End] = field(default_factory=list)
    #: The connection on which the second request came.
    second: End | None = None

    @property
    def reused(self) -> bool:
        return self.second in self.firsts


class Theatre:
    """A stage with as many servers as there are cases in a run, and one that is well."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package
        self.stage = Stage()
        self.sites = [self.stage.site() for _ in range(TOGETHER)]
        self.well = self.stage.site(_is_well)
        gc.collect()  # what others have left
        self._before = open_descriptors()

    def pool(self) -> Any:
        """Make a pool that has room for all cases of a run, before and after the fault."""
        return self.stage.pool(self.package, total=3 * TOGETHER, timeout=SECONDS)

    def run(self, pool: Any, requests: dict[Trial, Any], tally: Tally) -> None:
        """Let the pool run; give each trial its pages. The others' pages are checked here."""
        trials = {_url_of(request): trial for trial, request in requests.items()}
        expected: dict[str, bytes] = {}

        def put() -> Iterator[Any]:
            for number, request in enumerate(requests.values()):
                path = f"{_WELL}/{number}"
                expected[self.well.url(path)] = path.encode("ascii")
                yield self.well.url(path)
                yield request

        try:
            for page in pool.map(put()):
                trial = trials.get(page.url)
                if trial is not None:
                    trial.pages.append(page)
                elif page.error or page.body != expected.pop(page.url, None) or page.tries != 1:
                    tally.find("disturbed", page.url, f"{page}, {page.body!r}")
        except Quiet:
            pass  # all that can come has come
        except HangError as error:
            tally.find("hang", str(next(iter(requests)).case), error)
        if expected:
            tally.find("disturbed", "a run", f"no page of {sorted(expected)[:3]}")

    def ask_again(
        self,
        pool: Any,
        trials: list[Trial],
        tally: Tally,
        may_reuse: Callable[[Trial], bool],
    ) -> None:
        """Send the next request to each server, and judge what comes of it."""
        for trial in trials:
            trial.pages.clear()
        self.run(pool, {trial: trial.site.url(SECOND) for trial in trials}, tally)
        for trial in trials:
            case = str(trial.case)
            if len(trial.pages) != 1 or trial.pages[0].error is not None:
                tally.find("not usable", case, f"the next request: {trial.pages}")
            elif (trial.pages[0].status, trial.pages[0].body) != (299, b"second"):
                tally.find("crossing", case, f"the next answer: {trial.pages}")
            if trial.reused and not may_reuse(trial):
                tally.find("kept", case, "the broken connection was used again")
            tally.kinds["reused"] += trial.reused

    def end(self, pool: Any, tally: Tally, what: str) -> None:
        """Close the pool, and look for what it leaves behind."""
        slots = pool._engine.slots
        idle = len(slots.all_idle())
        if slots.open != idle:
            tally.find("leak", what, f"{slots.open} slots, {idle} idle connections")
        pool.close()
        if slots.open:
            tally.find("leak", what, f"{slots.open} slots of a closed pool")
        self.stage.clear()
        if (more := left_open(self._before)) > 0:
            tally.find("leak", what, f"{more} file descriptors")
            self._before += more

    def __enter__(self) -> Theatre:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stage.__exit__(None, None, None)


def _url_of(request: Any) -> str:
    url: str = request if type(request) is str else request.url
    return url


def _is_well(end: End) -> Play:
    while (request := (yield from end.request())) is not None:
        body = request[0].encode("ascii")
        end.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
