"""urllib3's and requests' own suites come out the same with `install()`, test by test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from .comparison import compare
from .conftest import or_skip
from .environments import Environment
from .runs import run_suite
from .suites import Verdict, prepare, run_all

NAMES = ("urllib3", "requests")
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def environments(scratch: Path, wheel: Path) -> dict[str, Environment]:
    made = or_skip(lambda: prepare(sys.executable, NAMES, wheel, scratch))
    return {environment.suite.name: environment for environment in made}


@pytest.fixture(scope="module")
def verdicts(environments: dict[str, Environment]) -> Iterator[dict[str, Verdict]]:
    """All runs are begun at once, mostly wait, and are judged in the end."""
    yield dict(zip(environments, run_all(list(environments.values())), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_suite(verdicts: dict[str, Verdict], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = verdicts[name]
    with capsys.disabled():
        print("", *verdict.rows, *verdict.notes, sep="\n")
    assert not verdict.wrong, "\n".join(verdict.wrong)


OWN_TESTS = """
import http.client, urllib.request
import fasthttp_downstream_calls

def test_that_calls():
    http.client.parse_headers(open("headers", "rb"))

def test_that_undoes():
    import sys
    if "fasthttp" in sys.modules:
        sys.modules["fasthttp"].uninstall()

def test_that_differs():
    import sys
    assert "fasthttp" not in sys.modules
"""


def test_a_suite_that_undoes_install_is_found_out(
    environments: dict[str, Environment], tmp_path: Path
) -> None:
    """The judge is given a suite on which it must not be silent."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "test_own.py").write_text(OWN_TESTS)
    (source / "headers").write_bytes(b"A: b\r\n\r\n")
    own = environments["requests"]
    suite = replace(own.suite, tests=("test_own.py",), imports=("urllib.request",))
    environment = Environment(suite, own.python, source)
    without, run = (run_suite(environment, mode) for mode in ("without", "before"))
    found = compare(without, run, ())
    assert found.differing == ["test_own.py::test_that_differs"]
    said = "\n".join(found.wrong)
    assert "install() was not active" in said
    assert "at the end these were no longer ours" in said
    assert "after test_own.py::test_that_undoes these were no longer ours" in said
