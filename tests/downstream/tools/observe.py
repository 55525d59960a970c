"""Let one tool watch requests, with or without `fasthttp.install()`; report what it saw.

    observe.py TOOL ORDER URL SOCKS_PORT REPORT

TOOL is one of the modules beside this one, `with_TOOL.py`, which has `activate()`, `observe()` and,
where the tool can be taken off, `deactivate()`. ORDER: alone (no fasthttp), install-first, or
tool-first. What is observed, into a JSON report: the tool with `install()`, after `uninstall()`,
when it was taken off, and then with `install()` again.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import traffic
from fasthttp_downstream_calls import Calls, functions_of_http_client, label


class Installation:
    """`install()`, what it replaced, and how often that was called."""

    def __init__(self) -> None:
        self.report: dict[str, Any] = {"replaced": [], "left": {}, "calls": 0, "warnings": []}
        self.calls = Calls()

    def install(self) -> None:
        import fasthttp

        before = functions_of_http_client()
        self.report["left"] = fasthttp.install()
        now = functions_of_http_client()
        ours = {place: now[place] for place in before if now[place] is not before[place]}
        self.report["replaced"] = sorted(map(label, ours))
        self.report["installed"] = fasthttp.installed()
        self.report["implementation"] = fasthttp.implementation
        self.calls.watch(ours, "ours ")

    def uninstall(self) -> None:
        import fasthttp

        self.report["calls"] = self.calls.counts.total()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fasthttp.uninstall()
        self.report["warnings"] = [str(warning.message) for warning in caught]
        self.report["installed_after_uninstall"] = fasthttp.installed()


def main(name: str, order: str, url: str, socks_port: str, report: str) -> None:
    tool = importlib.import_module(f"with_{name}")
    installation = Installation()
    steps = {
        "alone": (tool.activate,),
        "install-first": (installation.install, tool.activate),
        "tool-first": (tool.activate, installation.install),
    }[order]
    for step in steps:
        step()
    observations = [tool.observe(url, int(socks_port))]
    if order != "alone":
        installation.uninstall()
    observations.append(tool.observe(url, int(socks_port)))
    if hasattr(tool, "deactivate"):
        tool.deactivate()
        observations.append(tool.observe(url, int(socks_port)))
        if order != "alone":
            installation.install()
        observations.append(tool.observe(url, int(socks_port)))
    told = {"observations": traffic.settled(observations)}
    Path(report).write_text(json.dumps({**told, "fasthttp": installation.report}))


if __name__ == "__main__":
    main(*sys.argv[1:])
