"""Runs a module of tests.hostile in a process of its own, on one implementation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_TOP = Path(__file__).resolve().parents[2]
#: In seconds: no program takes nearly as long, unless it hangs.
_PATIENCE = 90


def run_program(implementation: str | None, name: str, *arguments: object) -> Any:
    """What `python -m tests.hostile.<name>` printed, as JSON; fails where it failed.

    Without an implementation the package chooses by itself.
    """
    environment = {k: v for k, v in os.environ.items() if k != "FASTHTTP_EXTENSION"}
    if implementation is not None:
        environment["FASTHTTP_EXTENSION"] = {"c": "1", "py": "0"}[implementation]
    done = subprocess.run(
        [sys.executable, "-m", f"tests.hostile.{name}", *map(str, arguments)],
        cwd=_TOP,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, f"status {done.returncode}: {done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)
