"""Run CPython's suites in processes of their own, and compare two runs of one.

`run_suite.py` does the running; this module starts it with any interpreter, with the
implementation wanted, and says what a run with `fasthttp.client` did worse than one with the
interpreter's own `http.client`.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUITES = ("test_httplib", "test_urllib2_localnet", "test_xmlrpc", "test_httpservers")
#: What is run with `fasthttp.install()` in force: more, as `http.client` itself is tested.
INSTALL_SUITES = (
    *SUITES,
    "test_urllib2",
    "test_docxmlrpc",
    "test_logging.HTTPHandlerTest",
    "test_ssl.ThreadedTests.test_socketserver",
)
# FASTHTTP_EXTENSION for each implementation
EXTENSION = {"c": "1", "py": "0"}
# fewer tests than this, and the suite was not run but left out
LEAST_RUN = {
    "test_httplib": 100,
    "test_urllib2_localnet": 15,
    "test_xmlrpc": 60,
    "test_httpservers": 50,
    "test_urllib2": 60,
    "test_docxmlrpc": 5,
}
SECONDS = 560

_SCRIPT = Path(__file__).with_name("run_suite.py")


class SuiteError(Exception):
    """The process that was to run a suite gave no report."""


@dataclass
class Run:
    """What one process said about one suite."""

    module: str
    suite: str
    python: str
    implementation: str
    run: int
    outcomes: dict[str, str]
    details: dict[str, str]
    subtests: dict[str, int]
    classes: list[str]

    @property
    def passed(self) -> set[str]:
        return {test for test, outcome in self.outcomes.items() if outcome == "pass"}


@dataclass
class Comparison:
    """Where a run with fasthttp differs from one with the interpreter's own `http.client`."""

    contradicting: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run_suite(
    python: str | Path,
    suite: str,
    implementation: str | None,
    path: str | Path | None = None,
    *,
    install: bool = False,
) -> Run:
    """Run `suite`: with `fasthttp.client` in `implementation`, or as it is with None; `install`:
    with `http.client` itself and `fasthttp.install()` in force.

    `path` is where `fasthttp` is to be found, if it is not installed for `python`.
    """
    module = "fasthttp.client" if implementation and not install else "http.client"
    environment = {k: v for k, v in os.environ.items() if k != "FASTHTTP_EXTENSION"}
    if implementation:
        environment["FASTHTTP_EXTENSION"] = EXTENSION[implementation]
    if path:
        environment["PYTHONPATH"] = str(path)
    with tempfile.TemporaryDirectory(prefix="fasthttp-run-") as scratch:
        out = Path(scratch, "report.json")
        command = [str(python), str(_SCRIPT), "--module", module, "--suite", suite]
        command += ["--install"] if install else []
        try:
            process = subprocess.run(
                [*command, "--json", str(out)],
                env=environment,
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise SuiteError(f"{' '.join(command)}: no end after {SECONDS} s") from late
        if process.returncode or not out.exists():
            said = process.stdout.decode("utf-8", "replace")[-4000:]
            raise SuiteError(f"{' '.join(command)}: exit status {process.returncode}\n{said}")
        return Run(**json.loads(out.read_text()))


def compare(own: Run, ours: Run, implementation: str, excused: Mapping[str, str]) -> Comparison:
    """Compare `ours`, a run with `implementation`, with `own`; `excused` are contradictions."""
    found = Comparison()
    wrong = found.wrong
    if ours.implementation != implementation:
        wrong.append(f"ran with implementation {ours.implementation!r}, not {implementation!r}")
    if ours.module != own.module and set(own.classes) & set(ours.classes):
        wrong.append("fasthttp.client has http.client's own classes")
    if own.run <= LEAST_RUN.get(own.suite, 0):
        wrong.append(f"only {own.run} tests were run with http.client")
    if ours.run != own.run:
        wrong.append(f"{ours.run} tests were run, {own.run} with http.client")
    for test in sorted(own.passed - ours.passed - set(excused)):
        outcome = ours.outcomes.get(test, "not run")
        wrong.append(f"{test}: {outcome}: {ours.details.get(test, '')}")
    for test in sorted(own.subtests.keys() - set(excused)):
        counts = own.subtests[test], ours.subtests.get(test, 0)
        if test in own.passed and counts[0] != counts[1]:
            wrong.append(f"{test}: {counts[1]} subtests, {counts[0]} with http.client")
    for test in sorted(excused):
        if test in own.passed and ours.outcomes.get(test) in ("fail", "error"):
            found.contradicting.append(test)
        else:
            wrong.append(
                f"stale entry {test}: {own.outcomes.get(test, 'not run')} with http.client,"
                f" {ours.outcomes.get(test, 'not run')} with fasthttp.client"
            )
    return found
