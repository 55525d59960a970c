"""Runs a module of tests.pool in a process of its own, on one implementation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_TOP = Path(__file__).resolve().parents[2]
#: In seconds: no program takes nearly as long, unless it hangs.
_PATIENCE = 60


def command(implementation: str, name: str, *arguments: object) -> dict[str, Any]:
    """What `subprocess` is to be given for `python -m tests.pool.<name>`."""
    return {
        "args": [sys.executable, "-m", f"tests.pool.{name}", *map(str, arguments)],
        "cwd": _TOP,
        "env": {**os.environ, "FASTHTTP_EXTENSION": {"c": "1", "py": "0"}[implementation]},
        "text": True,
    }


def run_program(implementation: str, name: str, *arguments: object) -> Any:
    """What it printed, as JSON; fails where it failed."""
    given = command(implementation, name, *arguments)
    done = subprocess.run(**given, capture_output=True, timeout=_PATIENCE)
    assert done.returncode == 0, f"status {done.returncode}: {done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)
