"""The JSON of a run: what it holds, how it is made, and how it is read again.

All times are seconds per request. `FORMAT` changes when a reader of the old form would be misled.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any, Literal, TypedDict

from .environment import Environment
from .estimate import Gain, ratio, spread
from .hosting import Cores
from .measure import FLOOR, REFERENCE, Pace, Row
from .scenarios import Scenario

__all__ = [
    "FORMAT", "Compared", "Entry", "Measured", "Record", "RecordError", "Settings", "Stack",
    "described", "gain", "load", "load_as", "measured", "ratios", "settings", "spreads", "stack",
    "write",
]  # fmt: skip

FORMAT = 3

#: What a contestant is compared by.
Compared = Literal["cpu_stdlib_over_this", "wall_stdlib_over_this", "wall_this_over_raw"]


_Pair = tuple[Sequence[float], Sequence[float]]


class RecordError(Exception):
    """A file is not the JSON of a run, or of another format; the message says which."""


class Settings(TypedDict):
    """How it was measured."""

    rounds: int
    #: What http.client was given to do in a batch.
    batch_seconds: float
    #: The cores of client and server; None where nothing was pinned.
    cores: dict[str, int] | None
    socket_timeout: float | None
    #: For a server of the user's own: which was asked, and how many requests were the most.
    url: str | None
    requests_at_most: int | None


class Times(TypedDict):
    """Of one request; None where there is no right answer."""

    wall: float | None
    cpu: float | None


class Rounds(TypedDict):
    """The same round by round, in order."""

    wall: list[float]
    cpu: list[float]


class Ratios(TypedDict):
    """One median divided by another; None where that would mean nothing."""

    cpu_stdlib_over_this: float | None
    wall_stdlib_over_this: float | None
    wall_this_over_raw: float | None


class Spreads(TypedDict):
    """The least and the greatest that the ratio is in 95 of 100 such runs; None where it is."""

    cpu_stdlib_over_this: list[float] | None
    wall_stdlib_over_this: list[float] | None
    wall_this_over_raw: list[float] | None


class Entry(TypedDict):
    """One contestant in one scenario."""

    name: str
    label: str
    state: Literal["measured", "wrong", "not applicable"]
    #: What is wrong, or why it does not take part.
    why: str
    requests_per_batch: int
    median: Times
    ratios: Ratios
    spreads: Spreads
    rounds: Rounds


class Measured(TypedDict):
    """One scenario."""

    name: str
    what: str
    #: In which its times are shown.
    unit: Literal["us", "ms"]
    #: What was found out about a server of the user's own.
    notes: list[str]
    contestants: list[Entry]


class Stack(TypedDict):
    """A program on http.client in one scenario, without install() and with it."""

    library: str
    scenario: str
    what: str
    plain: Entry
    installed: Entry


class Record(TypedDict):
    """The whole file."""

    format: int
    #: When, in UTC (ISO 8601).
    made: str
    environment: Environment
    settings: Settings
    scenarios: list[Measured]
    #: Of `bench --install`, which measures these instead.
    install: list[Stack]


def _pairs(scenario: Scenario, row: Row, rows: Iterable[Row]) -> dict[Compared, _Pair]:
    """What is divided by what: a row next to http.client's and to the raw socket's."""
    others = {other.contestant: other for other in rows} if scenario.comparable else {}
    nobody = Row("nobody", "nobody")
    reference, floor = others.get(REFERENCE, nobody), others.get(FLOOR, nobody)
    return {
        "cpu_stdlib_over_this": (reference.cpu, row.cpu),
        "wall_stdlib_over_this": (reference.wall, row.wall),
        "wall_this_over_raw": (row.wall, floor.wall),
    }


def ratios(scenario: Scenario, row: Row, rows: Iterable[Row]) -> Ratios:
    """A row's times in those of http.client and of the raw socket, or the other way round."""
    pairs = _pairs(scenario, row, rows)
    return {
        "cpu_stdlib_over_this": ratio(*pairs["cpu_stdlib_over_this"]),
        "wall_stdlib_over_this": ratio(*pairs["wall_stdlib_over_this"]),
        "wall_this_over_raw": ratio(*pairs["wall_this_over_raw"]),
    }


def spreads(scenario: Scenario, row: Row, rows: Iterable[Row]) -> Spreads:
    """How sure those are."""
    pairs = _pairs(scenario, row, rows)
    return {
        "cpu_stdlib_over_this": spread(*pairs["cpu_stdlib_over_this"]),
        "wall_stdlib_over_this": spread(*pairs["wall_stdlib_over_this"]),
        "wall_this_over_raw": spread(*pairs["wall_this_over_raw"]),
    }


def gain(entry: Entry, which: Compared) -> Gain | None:
    """A ratio and its spread, of what a run has come to; None where there is nothing to say."""
    middle, ends = entry["ratios"][which], entry["spreads"][which]
    return None if middle is None or ends is None else Gain(middle, *ends)


def settings(
    pace: Pace,
    cores: Cores | None,
    timeout: float | None,
    url: str | None = None,
    requests_at_most: int | None = None,
) -> Settings:
    """How it is going to be measured."""
    return {
        "rounds": pace.rounds,
        "batch_seconds": pace.batch,
        "cores": asdict(cores) if cores else None,
        "socket_timeout": timeout,
        "url": url,
        "requests_at_most": requests_at_most,
    }


def measured(scenario: Scenario, rows: Sequence[Row], notes: Sequence[str] = ()) -> Measured:
    """What a scenario came to."""
    return {
        "name": scenario.name,
        "what": scenario.what,
        "unit": scenario.unit,
        "notes": list(notes),
        "contestants": [_entry(scenario, row, rows) for row in rows],
    }


def stack(scenario: Scenario, library: str, plain: Row, installed: Row) -> Stack:
    """What install() did for a program."""
    return {
        "library": library,
        "scenario": scenario.name,
        "what": scenario.what,
        "plain": _entry(scenario, plain, (plain,)),
        "installed": _entry(scenario, installed, (plain,)),
    }


def described(
    environment: Environment,
    how: Settings,
    scenarios: Sequence[Measured] = (),
    install: Sequence[Stack] = (),
) -> Record:
    """The whole run."""
    return {
        "format": FORMAT,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "environment": environment,
        "settings": how,
        "scenarios": list(scenarios),
        "install": list(install),
    }


def _entry(scenario: Scenario, row: Row, rows: Sequence[Row]) -> Entry:
    return {
        "name": row.contestant,
        "label": row.label,
        "state": row.state,
        "why": row.why,
        "requests_per_batch": row.batch,
        "median": {
            "wall": median(row.wall) if row.wall else None,
            "cpu": median(row.cpu) if row.cpu else None,
        },
        "ratios": ratios(scenario, row, rows),
        "spreads": spreads(scenario, row, rows),
        "rounds": {"wall": list(row.wall), "cpu": list(row.cpu)},
    }


def write(record: Mapping[str, Any], file: Path) -> None:
    """Write it for programs, and people, to read."""
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> Record:
    """Read what `write` has written. Raises RecordError, also for a file that is not there."""
    record: Record = load_as("format", FORMAT, file)
    return record


def load_as(key: str, wanted: int, file: Path) -> Any:
    """Read a record whose format, under this key, is the wanted one. Raises RecordError."""
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{file}: {error}") from error
    form = found.get(key) if isinstance(found, dict) else None
    if form != wanted:
        raise RecordError(f"{file}: format {form!r}, not {wanted}: measure again")
    return found
