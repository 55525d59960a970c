"""Every CPython test that the interpreter's own `http.client` passes, `fasthttp.client` passes."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import fasthttp

from ..implementations import IMPLEMENTATIONS
from .contradictions import CONTRADICTIONS, contradictions
from .suites import INSTALL_SUITES, SUITES, Run, compare, run_suite

# All of them are begun at once, mostly wait, and are asked for one by one.
pytestmark = pytest.mark.timeout(600)
IN_CI = os.environ.get("CI") == "true"
#: By suite, implementation (None: without fasthttp), and whether it was install()ed.
Runs = dict[tuple[str, str | None, bool], "Future[Run]"]


def _has(suite: str) -> bool:
    try:
        return importlib.util.find_spec(f"test.{suite.partition('.')[0]}") is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    where = Path(fasthttp.__file__).parents[1]
    with ThreadPoolExecutor(4) as pool:
        # test_xmlrpc sleeps for most of its half minute: first in, so that it ends in time
        wanted = [
            (suite, how, installed)
            for suite in sorted(INSTALL_SUITES, key="test_xmlrpc".__ne__)
            for how in (None, *IMPLEMENTATIONS)
            for installed in (False, True)
            if _has(suite) and (how or not installed) and (installed or not how or suite in SUITES)
        ]
        asked = {
            one: pool.submit(run_suite, sys.executable, one[0], one[1], where, install=one[2])
            for one in wanted
        }
        yield asked
        for future in asked.values():
            future.cancel()


def _require(suite: str) -> None:
    if not _has(suite):
        message = f"this Python has no test.{suite} (Debian: install its -testsuite package)"
        if IN_CI:
            pytest.fail(message)
        pytest.skip(message)


@pytest.mark.parametrize("suite", SUITES)
def test_suite(runs: Runs, suite: str, implementation: str) -> None:
    _require(suite)
    own = runs[suite, None, False].result()
    ours = runs[suite, implementation, False].result()
    found = compare(own, ours, implementation, contradictions(suite))
    assert not found.wrong, "\n".join(found.wrong)


@pytest.mark.parametrize("suite", INSTALL_SUITES)
def test_suite_with_install(runs: Runs, suite: str, implementation: str) -> None:
    """`http.client` itself, with `fasthttp.install()` in force, passes every test: no excuses."""
    _require(suite)
    own = runs[suite, None, False].result()
    ours = runs[suite, implementation, True].result()
    found = compare(own, ours, implementation, {})
    assert not found.wrong, "\n".join(found.wrong)


def test_contradictions_name_known_suites() -> None:
    for entry in CONTRADICTIONS:
        assert entry.test.split(".")[1] in SUITES
        assert entry.reason
        assert entry.since < entry.before
