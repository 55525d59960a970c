"""Turns measurements into a table to read and JSON to keep."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, TextIO

from .hosting import Cores
from .measure import FLOOR, REFERENCE, Pace, Row, ratio
from .scenarios import Scenario

__all__ = ["Progress", "Results", "as_json", "closing", "heading", "ratios", "table"]

Results = Sequence[tuple[Scenario, Sequence[Row]]]

_NAME = 20
_COLUMNS = {"time": 12, "CPU": 12, "CPU gain": 10, "time gain": 11, "to floor": 10}
_UNITS = {"us": 1e6, "ms": 1e3}


def ratios(scenario: Scenario, row: Row, rows: Iterable[Row]) -> dict[str, float | None]:
    """A row next to http.client's and to the raw socket's; None where there is nothing to say."""
    others = {other.contestant: other for other in rows} if scenario.comparable else {}
    nobody = Row("nobody", "nobody")
    reference, floor = others.get(REFERENCE, nobody), others.get(FLOOR, nobody)
    return {
        "cpu_stdlib_over_this": ratio(reference.cpu, row.cpu),
        "wall_stdlib_over_this": ratio(reference.wall, row.wall),
        "wall_this_over_raw": ratio(row.wall, floor.wall),
    }


def heading(environment: dict[str, Any], pace: Pace, cores: Cores | None) -> str:
    """What is measured, and on what."""
    package, python = environment["fasthttp"], environment["python"]
    codec = {"c": "compiled", "py": "pure Python"}.get(package["implementation"], "?")
    pgo = {True: "with PGO", False: "without PGO", None: "PGO unknown"}[python["pgo"]]
    return "\n".join(
        (
            f"fasthttp {package['version']} ({codec}, {package['installed_from']}) and http.client,"
            " fetching from a server on this machine",
            f"{python['implementation']} {python['version']} (built {pgo}),"
            f" {environment['openssl']}, {environment['system']}",
            f"{environment['cpu']}, {environment['cores']} cores; {_placed(cores)}",
            f"{pace.rounds} rounds, taking turns; medians, in microseconds per request",
        )
    )


def _placed(cores: Cores | None) -> str:
    if cores is None:
        return "client and server not pinned"
    if cores.client == cores.server:
        return f"client and server share core {cores.client}"
    return f"client on core {cores.client}, server on core {cores.server}"


def table(results: Results) -> str:
    """All scenarios, a block each."""
    titles = "".join(f"{title:>{width}}" for title, width in _COLUMNS.items())
    lines = [" " * _NAME + titles]
    for scenario, rows in results:
        lines += ["", f"{scenario.name}: {scenario.what}"]
        absent = [row for row in rows if row.state == "not applicable"]
        lines += [_line(scenario, row, rows) for row in rows if row not in absent]
        if len(absent) == len(rows):
            lines.append(f"  skipped: {absent[0].why}" if absent else "  skipped")
        elif absent:
            lines.append(f"  not taking part: {', '.join(row.label for row in absent)}")
    return "\n".join(lines)


def _line(scenario: Scenario, row: Row, rows: Sequence[Row]) -> str:
    name = f"  {row.label}".ljust(_NAME)
    if row.state == "wrong" or not row.wall:
        return f"{name}{'wrong':>12}  {row.why}"
    against = ratios(scenario, row, rows)
    cells = (
        _amount(median(row.wall), scenario.unit),
        _amount(median(row.cpu), scenario.unit),
        _times(against["cpu_stdlib_over_this"]),
        _times(against["wall_stdlib_over_this"]),
        _times(against["wall_this_over_raw"]),
    )
    widths = _COLUMNS.values()
    return name + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _amount(seconds: float, unit: str) -> str:
    return f"{seconds * _UNITS[unit]:,.1f}" + (f" {unit}" if unit != "us" else "")


def _times(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}x" if value >= 100 else f"{value:.2f}x"


def closing() -> str:
    """What the columns mean."""
    return "\n".join(
        (
            "time: from the call to the answer read; CPU: what the client's process used of it.",
            "CPU gain, time gain: http.client's divided by this one's, so 4x is four times better.",
            "to floor: time divided by a raw socket's that understands nothing; 1x is the limit,"
            " as the raw socket's CPU gain is.",
        )
    )


def as_json(
    environment: dict[str, Any],
    results: Results,
    pace: Pace,
    cores: Cores | None,
    timeout: float | None,
) -> dict[str, Any]:
    """Everything, with the figures of each round, in seconds per request."""
    return {
        "format": 1,
        "environment": environment,
        "settings": {
            "rounds": pace.rounds,
            "batch_seconds": pace.batch,
            "cores": asdict(cores) if cores else None,
            "socket_timeout": timeout,
        },
        "scenarios": [
            {
                "name": scenario.name,
                "what": scenario.what,
                "contestants": [_entry(scenario, row, rows) for row in rows],
            }
            for scenario, rows in results
        ],
    }


def _entry(scenario: Scenario, row: Row, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "name": row.contestant,
        "state": row.state,
        "why": row.why,
        "requests_per_batch": row.batch,
        "median": {
            "wall": median(row.wall) if row.wall else None,
            "cpu": median(row.cpu) if row.cpu else None,
        },
        "ratios": ratios(scenario, row, rows),
        "rounds": {"wall": row.wall, "cpu": row.cpu},
    }


class Progress:
    """How far the run is: a bar on a terminal, a line per scenario elsewhere."""

    _BAR = 24

    def __init__(self, scenarios: int, rounds: int, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.live = self.stream.isatty()
        self.rounds, self.total = rounds, scenarios * rounds
        self.before, self.name = 0, ""

    def start(self, name: str) -> None:
        """Begin a scenario."""
        self.name = name
        if self.live:
            self.tick(0)
        else:
            print(f"{name}: {self.rounds} rounds", file=self.stream, flush=True)

    def tick(self, done: int) -> None:
        """`done` rounds of the scenario are over."""
        if self.live:
            share = (self.before + done) / self.total
            bar = ("#" * round(share * self._BAR)).ljust(self._BAR, ".")
            text = f"[{bar}] {share:4.0%}  {self.name} {done}/{self.rounds}"
            self.stream.write(f"\r{text:<70}")
            self.stream.flush()
        if done == self.rounds:
            self.before += done

    def end(self) -> None:
        """Leave the line to whoever writes next."""
        if self.live:
            self.stream.write("\r" + " " * 70 + "\r")
            self.stream.flush()
