"""Every CPython test that the interpreter's own `http.client` passes, `fasthttp.client` passes."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import fasthttp

from .contradictions import CONTRADICTIONS, contradictions
from .suites import SUITES, Run, compare, run_suite

# All of them are begun at once, mostly wait, and are asked for one by one.
pytestmark = pytest.mark.timeout(600)
IN_CI = os.environ.get("CI") == "true"
WITHOUT_C = (
    os.environ.get("FASTHTTP_EXTENSION") == "0" or platform.python_implementation() != "CPython"
)
Runs = dict[tuple[str, str | None], "Future[Run]"]


def _has(suite: str) -> bool:
    try:
        return importlib.util.find_spec(f"test.{suite}") is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    where = Path(fasthttp.__file__).parents[1]
    with ThreadPoolExecutor(4) as pool:
        # test_xmlrpc sleeps for most of its half minute: first in, so that it ends in time
        asked = {
            (suite, how): pool.submit(run_suite, sys.executable, suite, how, where)
            for suite in sorted(SUITES, key="test_xmlrpc".__ne__)
            for how in (None, *(("py",) if WITHOUT_C else ("c", "py")))
            if _has(suite)
        }
        yield asked
        for future in asked.values():
            future.cancel()


@pytest.mark.parametrize("suite", SUITES)
def test_suite(runs: Runs, suite: str, implementation: str) -> None:
    if not _has(suite):
        message = f"this Python has no test.{suite} (Debian: install its -testsuite package)"
        if IN_CI:
            pytest.fail(message)
        pytest.skip(message)
    own = runs[suite, None].result()
    ours = runs[suite, implementation].result()
    found = compare(own, ours, implementation, contradictions(suite))
    assert not found.wrong, "\n".join(found.wrong)


def test_contradictions_name_known_suites() -> None:
    for entry in CONTRADICTIONS:
        assert entry.test.split(".")[1] in SUITES
        assert entry.reason
        assert entry.since < entry.before
