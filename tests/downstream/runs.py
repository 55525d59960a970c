"""One run of one suite in one mode, in a process of its own, and what it reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .environments import Environment

PLUGIN = Path(__file__).with_name("plugin")
MODES = ("without", "before", "after")
SECONDS = 600


class RunError(Exception):
    """A suite that gave no report."""


@dataclass
class Run:
    """What `plugin/fasthttp_downstream.py` reported; its fields are explained there."""

    mode: str
    outcomes: dict[str, str]
    details: dict[str, str]
    imported_early: list[str]
    installed: bool
    implementation: str | None
    replaced: list[str]
    gone: list[str]
    torn: dict[str, list[str]]
    calls: dict[str, int]
    files: list[str]

    @property
    def passed(self) -> int:
        """The number of tests that passed."""
        return sum(outcome == "passed" for outcome in self.outcomes.values())

    def calls_of(self, prefix: str, names: Sequence[str]) -> int:
        """Return how often the functions called `names` were called; "stdlib" or "ours"."""
        return sum(self.calls.get(f"{prefix} {name}", 0) for name in names)


def _environment(home: Path) -> dict[str, str]:
    """Return the little that a suite needs: settings of this machine would change its results."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CI": "true",  # some suites wait longer then
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(PLUGIN),
    }


def run_suite(environment: Environment, mode: str, tests: Sequence[str] = ()) -> Run:
    """Run the suite (or only `tests` of it) in `mode`, one of `MODES`.

    In a copy of the sdist: some suites write beside their tests, and runs are made side by side.
    """
    with tempfile.TemporaryDirectory(dir=environment.source.parent) as directory:
        home = Path(directory)
        shutil.copytree(environment.source, home / "source", symlinks=True)
        return _run_in(home, environment, mode, tests)


def _run_in(home: Path, environment: Environment, mode: str, tests: Sequence[str]) -> Run:
    suite = environment.suite
    report = home / "report.json"
    chosen = [test.replace("<source>", str(home / "source")) for test in tests or suite.tests]
    command = [
        str(environment.python), "-m", "fasthttp_downstream", "-q", "-p", "no:cacheprovider",
        *suite.options, *chosen,
    ]  # fmt: skip
    try:
        process = subprocess.run(
            command,
            cwd=home / "source",
            env={
                **_environment(home),
                "FASTHTTP_DOWNSTREAM_MODE": mode,
                "FASTHTTP_DOWNSTREAM_IMPORTS": ",".join(suite.imports),
                "FASTHTTP_DOWNSTREAM_REPORT": str(report),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise RunError(f"{suite.name} {mode}: no end after {SECONDS} s") from late
    # 0: all passed; 1: some failed. Everything else is a suite that was not run.
    if process.returncode not in (0, 1) or not report.exists():
        said = process.stdout.decode("utf-8", "replace")[-4000:]
        raise RunError(f"{suite.name} {mode}: exit status {process.returncode}\n{said}")
    return Run(**json.loads(report.read_text()))
