"""Races the contestants: right answers first, then rounds in which each has its turn."""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .hosting import Place
from .processes import ReportedError
from .scenarios import Scenario
from .visits import Contestant, NotApplicable, Sample, Visit

__all__ = ["FLOOR", "REFERENCE", "Pace", "Row", "race"]

#: The contestants that all others are compared with.
REFERENCE = "stdlib"
FLOOR = "raw socket"


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rounds: int = 15
    #: Seconds that a batch of http.client takes. Windows counts CPU time in steps of 1/64 s.
    batch: float = 0.3 if sys.platform == "win32" else 0.03
    #: The most requests in a batch.
    most: int = 1_000_000


@dataclass
class Row:
    """What one contestant did in one scenario: seconds per request, round by round."""

    contestant: str
    label: str
    state: Literal["measured", "wrong", "not applicable"] = "measured"
    why: str = ""
    batch: int = 0
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def blank(self, state: Literal["wrong", "not applicable"], why: str) -> None:
        """No figure may stand next to a wrong answer."""
        self.state, self.why, self.batch = state, why, 0
        self.wall.clear()
        self.cpu.clear()


def race(
    scenario: Scenario,
    contestants: Sequence[Contestant],
    place: Place,
    pace: Pace,
    tick: Callable[[int], None] = lambda done: None,
) -> list[Row]:
    """Run one scenario; `tick` is told after each round how many are done."""
    rows = {each.name: Row(each.name, each.label) for each in contestants}
    visits: dict[str, Visit] = {}
    try:
        for each in contestants:
            visit = _arrive(each, scenario, place, rows[each.name])
            if visit is not None:
                visits[each.name] = visit
        _calibrate(visits, rows, pace.batch * scenario.stretch, pace.most)
        order = list(visits)
        # Another order every round, and the same orders in every run.
        shuffle = random.Random(scenario.name).shuffle
        for done in range(1, pace.rounds + 1):
            shuffle(order)
            for name in order:
                _take_turn(visits[name], rows[name])
            tick(done)
    finally:
        for visit in visits.values():
            visit.close()
    return list(rows.values())


def _arrive(each: Contestant, scenario: Scenario, place: Place, row: Row) -> Visit | None:
    """Open a visit and see that its answers are right; else blank the row."""
    try:
        visit = each.open(scenario, place)
    except NotApplicable as reason:
        row.blank("not applicable", str(reason))
        return None
    except Exception as error:
        row.blank("wrong", _told(error))
        return None
    try:
        trouble = visit.examine()
    except Exception as error:
        trouble = _told(error)
    if not trouble:
        return visit
    row.blank("wrong", trouble)
    visit.close()
    return None


def _told(error: Exception) -> str:
    if isinstance(error, ReportedError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _take_turn(visit: Visit, row: Row) -> None:
    if row.state != "measured":
        return
    try:
        sample = visit.measure(row.batch)
    except Exception as error:
        row.blank("wrong", _told(error))
        return
    row.wall.append(sample.wall)
    row.cpu.append(sample.cpu)


def _calibrate(visits: dict[str, Visit], rows: dict[str, Row], aim: float, most: int) -> None:
    """Choose the batches: as many requests as http.client does in `aim` seconds.

    For whom that would take much longer it is fewer, so that a run ends in time, and for whom it
    would be over at once it is more: figures are per request and need no batches of one size.
    """
    pace: dict[str, float] = {}
    for name, visit in visits.items():
        each = _pace(visit, rows[name], aim, most)
        if each is not None:
            pace[name] = each
    if not pace:
        return
    count = aim / pace.get(REFERENCE, max(pace.values()))
    for name, each in pace.items():
        rows[name].batch = round(min(max(1, count, aim / 3 / each), max(1, 2 * aim / each), most))


def _pace(visit: Visit, row: Row, aim: float, most: int) -> float | None:
    """Seconds per request, roughly, once warm; None, and a blank row, if that goes wrong."""
    count = 1
    try:
        while True:
            started = time.perf_counter()
            sample: Sample = visit.measure(count)
            if time.perf_counter() - started > aim / 4 or count >= most:
                return max(sample.wall, 1e-9)
            count = min(2 * count, most)
    except Exception as error:
        row.blank("wrong", _told(error))
        return None
