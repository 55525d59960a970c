"""The JSON of a run: what it holds, how it is made, and how it is read again.

All times are seconds per request. `FORMAT` changes when a reader of the old form would be misled.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any, Literal, TypedDict

from .environment import Environment
from .hosting import Cores
from .measure import FLOOR, REFERENCE, Pace, Row, ratio
from .scenarios import Scenario

__all__ = [
    "FORMAT", "Entry", "Measured", "Record", "RecordError", "Settings", "Stack", "described",
    "load", "measured", "ratios", "settings", "stack", "write",
]  # fmt: skip

FORMAT = 2


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
    """Medians of the ratios round by round; None where they would mean nothing."""

    cpu_stdlib_over_this: float | None
    wall_stdlib_over_this: float | None
    wall_this_over_raw: float | None


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


def ratios(scenario: Scenario, row: Row, rows: Iterable[Row]) -> Ratios:
    """A row next to http.client's and to the raw socket's; None where there is nothing to say."""
    others = {other.contestant: other for other in rows} if scenario.comparable else {}
    nobody = Row("nobody", "nobody")
    reference, floor = others.get(REFERENCE, nobody), others.get(FLOOR, nobody)
    return {
        "cpu_stdlib_over_this": ratio(reference.cpu, row.cpu),
        "wall_stdlib_over_this": ratio(reference.wall, row.wall),
        "wall_this_over_raw": ratio(row.wall, floor.wall),
    }


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
        "rounds": {"wall": list(row.wall), "cpu": list(row.cpu)},
    }


def write(record: Record, file: Path) -> None:
    """Write it for programs, and people, to read."""
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> Record:
    """Read what `write` has written. Raises RecordError, also for a file that is not there."""
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{file}: {error}") from error
    form = found.get("format") if isinstance(found, dict) else None
    if form != FORMAT:
        raise RecordError(f"{file}: format {form!r}, not {FORMAT}: measure again")
    record: Record = found
    return record
