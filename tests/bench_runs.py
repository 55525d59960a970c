"""Runs of `python -m fasthttp`, and figures that nobody measured, for the tests of `bench`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# Behind all else: `pytest` alone does not look for modules where it was started.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from bench import publish
from bench import report as REPORT  # noqa: N812
from bench.web import picture
from bench.web import record as web_record
from bench.web.judge import Wrong
from bench.web.report import Row as WebRow
from fasthttp._bench import record
from fasthttp._bench.environment import describe
from fasthttp._bench.measure import Pace, Row
from fasthttp._bench.scenarios import SCENARIOS

__all__ = [
    "HOME", "REPORT", "TIMES", "WEB", "fasthttp", "made_up", "made_up_web", "picture", "publish",
    "row", "web_record",
]  # fmt: skip

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
    environment["load"] = [0.0, 0.0, 0.0]
    environment["clients"] = {"pycurl": "7.49.10, libcurl 8.23.0", "geventhttpclient": "12.16.11"}
    environment["python"]["version"] = "3.15.0rc1"
    return record.described(
        environment,
        record.settings(Pace(rounds=3), None, None),
        [record.measured(SCENARIOS[name], taken) for name in scenarios],
    )


#: Pages per second and seconds of CPU, by client of bench/web.
WEB = MappingProxyType(
    {
        "aiohttp": (1000.0, 1.0), "fasthttp": (4000.0, 0.25), "requests": (250.0, 4.0),
        "http.client": (500.0, 2.0),
    }
)  # fmt: skip


def made_up_web(clients: Mapping[str, tuple[float, float]] = WEB) -> web_record.WebRecord:
    """The JSON of a run of bench.web over 2,000 pages, in three rounds."""
    rows = [
        WebRow(
            name, "", 24, cpu=[cpu] * 3, quick_wall=[2000 / speed] * 3, quick_pages=2000,
            wrong=[Wrong("ordinary", "http://a.test/", "missing")] * (name == "requests"),
        )
        for name, (speed, cpu) in clients.items()
    ]  # fmt: skip
    environment = made_up()["environment"]
    environment["load"] = [0.0, 0.0, 0.0]
    others = clients.keys() - {*web_record.OWN}
    environment["clients"] = dict.fromkeys(others, "12.16.11, libcurl 8.23.0")
    how: web_record.Settings = {"rounds": 3, "pages": 2000, "seed": 16}
    return web_record.described(how, rows, environment)
