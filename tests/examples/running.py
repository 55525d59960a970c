"""Runs a program of examples/ as a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..stdlib.every_python import ROOT

EXAMPLES = ROOT / "examples"
SECONDS = 60.0


@dataclass(frozen=True)
class Runner:
    """Runs programs with the Python of an environment that has what they need."""

    python: Path

    def start(self, program: Path, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """Start a program in a process group of its own; its output can be read."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "PYTHONDONTWRITEBYTECODE" and not name.lower().endswith("_proxy")
        }
        environment.pop("PYTHONPATH", None)  # the environment's fasthttp, not the checkout's
        return subprocess.Popen(
            [str(part) for part in (self.python, program, *arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment | options.pop("environment", {}),
            text=True,
            start_new_session=True,
            **options,
        )

    @contextlib.contextmanager
    def running(
        self, program: Path, *arguments: object, **options: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """Run a program for a `with` block; kill what is left of its process group at the end."""
        process = self.start(program, *arguments, **options)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def run(
        self, program: Path, *arguments: object, status: int = 0, stdin: str = "", **options: Any
    ) -> str:
        """Run a program to its end; return what it printed. It must exit with `status`."""
        with self.start(program, *arguments, **options) as process:
            try:
                out, errors = process.communicate(stdin, SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        assert process.returncode == status, f"{program.name}: {out}{errors}"
        return out


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def stored(path: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of a scrape's SQLite database by their URLs."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return {row["url"]: dict(row) for row in database.execute("SELECT * FROM pages")}
