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

import importlib
import json
import os
import sys
from pathlib import Path

import pytest
from fasthttp_downstream_calls import Calls, functions_of_http_client, label
from fasthttp_downstream_loopback import keep_to_loopback

MODE = os.environ["FASTHTTP_DOWNSTREAM_MODE"]
IMPORTS = os.environ["FASTHTTP_DOWNSTREAM_IMPORTS"].split(",")
REPORT = Path(os.environ["FASTHTTP_DOWNSTREAM_REPORT"])

# Where the suite lies; some tests have it in their id, and it is another one in every run.
WHERE = os.getcwd()
# from good to bad: a test is as bad as the worst of its phases
SEVERITY = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


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
        test = test.replace(WHERE, "<source>")
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
            self.torn[nodeid.replace(WHERE, "<source>")] = gone

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
