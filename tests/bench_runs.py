"""Runs of `python -m fasthttp`, and figures that nobody measured, for the tests of `bench`."""

import os
import subprocess
import sys
from pathlib import Path

from fasthttp._bench import record
from fasthttp._bench.environment import describe
from fasthttp._bench.measure import Pace, Row
from fasthttp._bench.scenarios import SCENARIOS

HOME = Path(__file__).resolve().parents[1]

#: Microseconds per request, by contestant: made up, and far enough apart to be told from another.
TIMES = {
    "raw socket": 15.0, "fasthttp": 18.0, "pycurl": 30.0, "geventhttpclient": 66.0, "stdlib": 75.0,
    "urllib3": 155.0, "requests": 515.0, "httpx": 600.0, "aiohttp": 250.0,
}  # fmt: skip


def fasthttp(
    *arguments: str, stdout: int = subprocess.PIPE, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run `python -m fasthttp` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "fasthttp", *arguments],
        env={**os.environ, "PYTHONPATH": str(HOME), **environment},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=100,
    )


def row(name: str, microseconds: float) -> Row:
    """A contestant that took so long, in each of three rounds."""
    seconds = microseconds / 1e6
    label = {"stdlib": "http.client", "fasthttp": "fasthttp (C)"}.get(name, name)
    return Row(name, label, batch=100, wall=[seconds] * 3, cpu=[seconds * 0.8] * 3)


def made_up(*rows: Row, scenarios: tuple[str, ...] = ("small",)) -> record.Record:
    """The JSON of a run in which `rows` (by default TIMES) came of each scenario."""
    taken = rows or tuple(row(name, time) for name, time in TIMES.items())
    environment = describe()
    environment["clients"] = {"pycurl": "7.49.10, libcurl 8.23.0", "geventhttpclient": "12.16.11"}
    environment["python"]["version"] = "3.15.0rc1"
    return record.described(
        environment,
        record.settings(Pace(rounds=3), None, None),
        [record.measured(SCENARIOS[name], taken) for name in scenarios],
    )
