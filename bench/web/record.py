"""The JSON of a run: what it holds, how it is made, and how it is read again.

`FORMAT` changes when a reader of the old form would be misled.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import TypedDict

from fasthttp._bench.environment import Environment, describe
from fasthttp._bench.record import load_as

from .report import Row

FORMAT = 1
#: Clients that have no version of their own.
OWN = ("fasthttp", "http.client")


class Settings(TypedDict):
    """How it was measured."""

    rounds: int
    pages: int
    seed: int


class Client(TypedDict):
    """One client. Seconds are in the order of the rounds."""

    name: str
    #: Of its own code.
    lines: int
    #: Medians: pages of those that neither wait nor are large; CPU for the whole site.
    pages_per_second: float
    cpu_seconds: float
    #: How many pages were wrong or missing in the round that had most of them, by kind.
    wrong: dict[str, int]
    rounds: dict[str, list[float]]
    #: For the whole site, in each round.
    requests: list[int]
    connections: list[int]
    most_connections: int
    most_to_one_host: int


class WebRecord(TypedDict):
    """The whole file."""

    web_format: int
    #: When, in UTC (ISO 8601).
    made: str
    environment: Environment
    settings: Settings
    clients: list[Client]


def described(settings: Settings, rows: Sequence[Row], environment: Environment) -> WebRecord:
    """Return what a run came to."""
    return {
        "web_format": FORMAT,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "environment": environment,
        "settings": settings,
        "clients": [_client(row) for row in rows],
    }


def environment_for(names: Sequence[str]) -> Environment:
    """Describe this machine and process, with the versions of the clients called `names`."""
    return describe(name for name in names if name not in OWN)


def _client(row: Row) -> Client:
    return {
        "name": row.client,
        "lines": row.lines,
        "pages_per_second": row.quick_pages / median(row.quick_wall),
        "cpu_seconds": median(row.cpu),
        "wrong": dict(Counter(each.kind for each in row.wrong)),
        "rounds": {
            "cpu": row.cpu, "wall": row.wall,
            "quick_cpu": row.quick_cpu, "quick_wall": row.quick_wall,
        },
        "requests": row.requests,
        "connections": row.connections,
        "most_connections": row.most,
        "most_to_one_host": row.most_to_one,
    }  # fmt: skip


def load(file: Path) -> WebRecord:
    """Read what was written. Raises RecordError, also for a file that is not there."""
    record: WebRecord = load_as("web_format", FORMAT, file)
    return record
