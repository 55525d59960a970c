"""What `python -m pytest` alone leaves out, that it says so, and that it leaves nothing behind.

Each test runs pytest on a few tests of its own, with the hooks of this project's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INI = """
[pytest]
testpaths = cases
addopts = -ra --strict-markers --import-mode=importlib
tmp_path_retention_policy = failed
markers =
    alone(reason): x
    full(every, any): x
"""
CONFTEST = """
from pathlib import Path
import pytest
from tests import whole_run

whole_run.TESTS = Path(__file__).parent
pytest_addoption = whole_run.add_options

@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    whole_run.set_up(config)

@pytest.fixture(params=["c", "py"], scope="session")
def implementation(request):
    return request.param
"""
CASES = """
import pytest

@pytest.mark.full(every=3)
@pytest.mark.parametrize("case", range(8))
def test_table(implementation, case):
    pass

@pytest.mark.full
def test_long(tmp_path):
    pass
"""
ONE = "def test_one(tmp_path): (tmp_path / 'x').write_text('x')"


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest on the tests that lie in `tmp_path`, and returns its status and what it said."""
    cases = tmp_path / "cases"
    for folder, content in {"downstream": ONE, "examples": ONE, "near": CASES}.items():
        (cases / folder).mkdir(parents=True)
        (cases / folder / f"test_{folder}.py").write_text(content)
    (cases / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "scratch").mkdir()

    def run(*arguments: str, several: bool = False) -> tuple[int, str]:
        with_xdist = ("-p", "xdist.plugin", "-p", "xdist.looponfail") if several else ()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-v",
                "-p",
                "no:cacheprovider",
                *with_xdist,
                *arguments,
            ],
            cwd=tmp_path,
            env={
                **{key: value for key, value in os.environ.items() if "PYTEST" not in key},
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(tmp_path / "scratch"),
            },
            capture_output=True,
            text=True,
            timeout=100,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def _cases(said: str) -> list[str]:
    """The cases of the table that were run, as "c-0"."""
    return sorted(set(re.findall(r"test_table\[(\S+)\]", said)))


def test_what_takes_long_is_left_out_and_named(run: Run) -> None:
    """Of a table both twins have the same cases."""
    status, said = run()
    assert status == 0, said
    assert _cases(said) == ["c-0", "c-3", "c-6", "py-0", "py-3", "py-6"]
    assert "6 passed" in said
    assert (
        "left out: 11 tests, and cases of others (--full), tests/downstream (--downstream),"
        " tests/examples (--examples); --all leaves out nothing" in said
    )


def test_there_are_several_processes(run: Run) -> None:
    """Whose last lines are the same."""
    pytest.importorskip("xdist")
    status, said = run("--downstream", several=True)
    assert status == 0, said
    assert _cases(said) == ["c-0", "c-3", "c-6", "py-0", "py-3", "py-6"]
    assert len(set(re.findall(r"\[gw\d\]", said))) == 2
    assert "7 passed" in said
    assert "left out: 11 tests, and" in said


WAYS = """
import pytest

@pytest.fixture(params="abc")
def deliver(request):
    pass

@pytest.mark.parametrize("case", range(10))
def test_long(implementation, deliver, case):
    pass

@pytest.mark.parametrize("case", range(9))
def test_short(implementation, deliver, case):
    pass

@pytest.mark.full(any=("style", "size"))
@pytest.mark.parametrize("case", range(4))
@pytest.mark.parametrize("style", "xy")
@pytest.mark.parametrize("size", [1, 2])
def test_marked(implementation, size, style, case):
    pass

@pytest.mark.full(any=("style",))
@pytest.mark.parametrize("style", "xy")
def test_one_case(implementation, style):
    pass
"""


def test_each_case_is_there_in_one_way(run: Run, tmp_path: Path) -> None:
    """All cases of both twins, in the same ways, which take turns: where the table is long, or says
    which they are and has as many cases.
    """
    (tmp_path / "cases" / "client").mkdir()
    (tmp_path / "cases" / "client" / "test_ways.py").write_text(WAYS)

    def ran(name: str, said: str) -> list[str]:
        return sorted(set(re.findall(rf"test_{name}\[(\S+)\]", said)))

    status, said = run()
    assert status == 0, said
    compiled = [f"c-{way}-{case}" for case, way in enumerate("abcbcacaba")]
    assert ran("long", said) == sorted(compiled + [f"py{name[1:]}" for name in compiled])
    assert len(ran("short", said)) == 2 * 3 * 9
    compiled = ["c-1-x-0", "c-1-y-1", "c-2-x-2", "c-2-y-3"]
    assert ran("marked", said) == compiled + [f"py{name[1:]}" for name in compiled]
    assert len(ran("one_case", said)) == 2 * 2
    _, said = run("--full")
    counts = [len(ran(name, said)) for name in ("long", "short", "marked")]
    assert counts == [2 * 3 * 10, 2 * 3 * 9, 2 * 4 * 4]


def test_full_are_all_cases(run: Run) -> None:
    _, said = run("--full")
    assert len(_cases(said)) == 16 and "17 passed" in said
    assert "left out: tests/downstream (--downstream), tests/examples (--examples);" in said


@pytest.mark.parametrize("name", ["downstream", "examples"])
def test_each_folder_has_its_option(run: Run, name: str) -> None:
    _, said = run(f"--{name}")
    assert "7 passed" in said and f"test_{name}.py::test_one" in said
    assert f"(--{name})" not in said and "11 tests, and" in said


def test_all_is_all(run: Run) -> None:
    _, said = run("--all")
    assert "19 passed" in said and "left out" not in said


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["cases/downstream"], 1),
        (["cases/examples/test_examples.py::test_one"], 1),
        (["cases/near"], 17),
        (["cases/near/test_near.py::test_long", "cases/downstream"], 2),
        (["cases"], 6),
    ],
)
def test_what_is_named_is_run_whole(run: Run, names: list[str], count: int) -> None:
    status, said = run(*names)
    assert (status, f" {count} passed" in said) == (0, True), said
    assert ("left out" in said) is (names == ["cases"])


def test_nothing_is_left_behind_but_by_failures(run: Run, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    assert run("--all")[0] == 0
    assert list(scratch.iterdir()) == []
    (tmp_path / "cases" / "near" / "test_bad.py").write_text(f"{ONE}; assert 0")
    status, said = run()
    (kept,) = scratch.iterdir()
    assert (status, f"is kept in {kept}" in said) == (1, True), said
    assert [path.name for path in kept.rglob("x")] == ["x"]


ALONE = """
import os, time
from pathlib import Path
import pytest

def note(what):
    with open(Path(__file__).parent / "log", "a") as log:
        log.write(what)

@pytest.mark.parametrize("at", range(40))
def test_some(at):
    note("<")
    time.sleep(0.01)
    note(">")

@pytest.mark.alone("measures")
@pytest.mark.parametrize("at", range(10))
def test_alone(at):
    note("A")
    time.sleep(0.02)
    note("a")
"""


def test_who_wants_to_be_alone_is_alone(run: Run, tmp_path: Path) -> None:
    """And the others are not: else the log would prove nothing."""
    pytest.importorskip("xdist")
    folder = tmp_path / "cases" / "near"
    (folder / "test_alone.py").write_text(ALONE)
    status, said = run("-n", "2", "--dist", "load", "cases/near", several=True)
    assert status == 0, said
    log = (folder / "log").read_text()
    assert log.count("A") == 10 and log.count("Aa") == 10
    assert all(part.count("<") == part.count(">") for part in log.split("Aa"))
    assert "<<" in log
