"""pytest with a plugin: `fasthttp.install()` active in another project's suite, and a report of it.

    python -m fasthttp_downstream [pytest's arguments]

and not `pytest -p`, since pytest imports the library before any plugin when the suite's settings
name its warnings. The environment says what to do:

    FASTHTTP_DOWNSTREAM_MODE     without: fasthttp is not touched; before: `install()` is called
                                 before the library is imported; after: when it has been imported
    FASTHTTP_DOWNSTREAM_IMPORTS  the library's modules, separated by commas
    FASTHTTP_DOWNSTREAM_REPORT   where the report goes, as JSON
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import types
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fasthttp_downstream_loopback import keep_to_loopback

MODE = os.environ["FASTHTTP_DOWNSTREAM_MODE"]
IMPORTS = os.environ["FASTHTTP_DOWNSTREAM_IMPORTS"].split(",")
REPORT = Path(os.environ["FASTHTTP_DOWNSTREAM_REPORT"])

Place = tuple[object, str]
OWNERS = (
    http.client,
    http.client.HTTPConnection,
    http.client.HTTPSConnection,
    http.client.HTTPResponse,
)
# from good to bad: a test is as bad as the worst of its phases
SEVERITY = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


def functions_of_http_client() -> dict[Place, Any]:
    """Return the functions that `http.client`'s module and classes hold at this moment."""
    return {
        (owner, name): value
        for owner in OWNERS
        for name, value in vars(owner).items()
        if isinstance(value, staticmethod | classmethod | property)
        or (callable(value) and not isinstance(value, type))
    }


def label(place: Place) -> str:
    owner, name = place
    return name if owner is http.client else f"{getattr(owner, '__name__', owner)}.{name}"


class Calls:
    """Counts the calls of functions written in Python, without standing in their way."""

    TOOL = 4  # none of the numbers that sys.monitoring sets aside for debuggers and the like

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._names: dict[types.CodeType, str] = {}
        sys.monitoring.use_tool_id(self.TOOL, "fasthttp.downstream")
        sys.monitoring.register_callback(self.TOOL, sys.monitoring.events.PY_START, self._started)

    def _started(self, code: types.CodeType, _offset: int) -> None:
        self.counts[self._names[code]] += 1

    def watch(self, functions: Mapping[Place, Any], prefix: str) -> None:
        for place, function in functions.items():
            code = getattr(getattr(function, "__func__", function), "__code__", None)
            if isinstance(code, types.CodeType):
                self._names[code] = prefix + label(place)
                sys.monitoring.set_local_events(self.TOOL, code, sys.monitoring.events.PY_START)


class Recorder:
    """Installs as `MODE` says, and keeps the outcome of every test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.details: dict[str, str] = {}
        self.torn: dict[str, list[str]] = {}
        self.imported_early = sorted(name for name in IMPORTS if name in sys.modules)
        if MODE != "before":
            for name in IMPORTS:
                importlib.import_module(name)
        own = functions_of_http_client()
        if MODE != "without":
            import fasthttp

            fasthttp.install()
        now = functions_of_http_client()
        self.ours = {place: now[place] for place in own if now[place] is not own[place]}
        self.calls = Calls()
        self.calls.watch(own, "stdlib ")
        self.calls.watch(self.ours, "ours ")

    def gone(self) -> list[str]:
        """Return the names of the functions of ours that are not in place now."""
        return [
            label((owner, name))
            for (owner, name), value in self.ours.items()
            if vars(owner).get(name) is not value
        ]

    def note(self, test: str, outcome: str, detail: str) -> None:
        known = self.outcomes.get(test, "passed")
        if SEVERITY.index(outcome) >= SEVERITY.index(known):
            self.outcomes[test] = outcome
            if detail:
                self.details[test] = detail[-2000:]

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        elif report.failed and report.when != "call":
            outcome = "error"
        self.note(report.nodeid, outcome, "" if report.passed else report.longreprtext)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.note(f"collection of {report.nodeid}", "error", report.longreprtext)

    @pytest.hookimpl
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        gone = self.gone()
        if gone:
            self.torn[nodeid] = gone

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        fasthttp = sys.modules.get("fasthttp")
        REPORT.write_text(
            json.dumps(
                {
                    "mode": MODE,
                    "outcomes": self.outcomes,
                    "details": self.details,
                    "imported_early": self.imported_early,
                    "installed": bool(fasthttp and fasthttp.installed()),
                    "implementation": fasthttp.implementation if fasthttp else None,
                    "replaced": sorted(map(label, self.ours)),
                    "gone": sorted(self.gone()),
                    "torn": self.torn,
                    "calls": self.calls.counts,
                    "files": [str(sys.modules[name].__file__) for name in IMPORTS],
                }
            )
        )


if __name__ == "__main__":
    sys.addaudithook(keep_to_loopback)
    sys.exit(pytest.main(sys.argv[1:], plugins=[Recorder()]))
