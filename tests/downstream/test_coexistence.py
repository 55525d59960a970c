"""Tools that look into `http.client`, or stand in for it, see the same with `install()`.

In both orders of activation, and after `uninstall()`. What they see is recorded by a process
without fasthttp and compared; what the requests gave is part of it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .pins import TOOLS

PLUGIN = Path(__file__).with_name("plugin")
OBSERVE = Path(__file__).with_name("tools") / "observe.py"
ORDERS = ("install-first", "tool-first")
# what observe.py observes, one after the other; the last two where a tool can be taken off
STAGES = ("installed", "after uninstall()", "tool taken off", "tool taken off, installed again")
Report = dict[str, Any]

pytestmark = pytest.mark.timeout(600)


def observe(python: Path, tool: str, order: str, server: tuple[str, str], tmp_path: Path) -> Report:
    """Run one tool in a process of its own; return its report."""
    report = tmp_path / f"{order}.json"
    done = subprocess.run(
        [str(python), str(OBSERVE), tool, order, *server, str(report)],
        cwd=tmp_path,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(tmp_path),
            "PYTHONPATH": str(PLUGIN),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: Report = json.loads(report.read_text())
    return told


def assert_it_saw_something(alone: Report) -> None:
    """A tool that saw nothing, or whose requests failed, would prove nothing."""
    for observation in alone["observations"][:2]:
        assert observation["events"]
        assert observation["results"]
    assert alone["fasthttp"]["replaced"] == []


def assert_fasthttp_was_at_work(report: Report) -> None:
    told = report["fasthttp"]
    assert told["installed"]
    assert told["implementation"] == "c"
    assert told["replaced"]
    assert told["calls"] > 0
    assert not told["installed_after_uninstall"]


@pytest.mark.parametrize("tool", TOOLS)
def test_tool(tools_python: Path, tool: str, server: tuple[str, str], tmp_path: Path) -> None:
    alone = observe(tools_python, tool, "alone", server, tmp_path)
    assert_it_saw_something(alone)
    for order in ORDERS:
        report = observe(tools_python, tool, order, server, tmp_path)
        assert_fasthttp_was_at_work(report)
        compared = zip(STAGES, report["observations"], alone["observations"], strict=False)
        for stage, observed, observed_alone in compared:
            assert observed == observed_alone, f"{order}, {stage}"
        assert len(report["observations"]) == len(alone["observations"])
