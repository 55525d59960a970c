"""The rows of `bench` with many connections at a time: right answers, and as many as are said."""

import http.client
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fasthttp._bench import command, many
from fasthttp._bench.contestants import client_contestant, contestant_named, pool_contestants
from fasthttp._bench.hosting import Place, hosted
from fasthttp._bench.many_rivals import MANY_RIVALS
from fasthttp._bench.measure import Pace, race
from fasthttp._bench.scenarios import DEFAULT, FAMILIES, SCENARIOS, Scenario
from fasthttp._bench.visits import Contestant, NotApplicable, Visit

HOME = Path(__file__).resolve().parents[1]
SHORT = Pace(rounds=3, batch=0.002)
FEW = 4
IN_THREADS = client_contestant("stdlib", "http.client", http.client)
NAMES = ["stdlib", "raw socket", "fasthttp-pool", "fasthttp-amap", *MANY_RIVALS]
needs_epoll = pytest.mark.skipif(sys.platform != "linux", reason="no epoll, or no /proc")


def contestant(name: str) -> Contestant:
    if name in MANY_RIVALS and importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    return IN_THREADS if name == "stdlib" else contestant_named(name)


def opened(name: str, scenario: Scenario, place: Place) -> Visit:
    try:
        return contestant(name).open(scenario, place)
    except NotApplicable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One server for most of the tests."""
    with hosted(["/small", "/page"], None, tls=True, many=True) as it:
        yield it


def few(name: str) -> Scenario:
    """A scenario with fewer connections, so that it takes no time."""
    return replace(SCENARIOS[name], connections=FEW, stretch=1)


def test_the_rows_say_how_many_and_do_not_make_the_usual_run_longer():
    family = FAMILIES["pool"]
    assert {"pool32", "pool256", "pool1024", "pool32-page", "pool256-page"} < set(family)
    for name in family:
        scenario = SCENARIOS[name]
        assert f"pool{scenario.connections}" == name.partition("-")[0]
        assert scenario.what.startswith(f"{scenario.connections:,} connections")
    assert [name for name in family if SCENARIOS[name].tls] == ["pool32-tls"]
    assert not set(DEFAULT) & set(family)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", ["pool32", "pool32-page", "pool32-tls"])
def test_answers_are_right(name, row, place):
    scenario = few(row)
    visit = opened(name, scenario, place)
    try:
        assert visit.examine() == ""
        assert visit.measure(3 * FEW).wall > 0
    finally:
        visit.close()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "raw socket"])
@pytest.mark.parametrize("part", ["status", "header", "length"])
def test_a_wrong_answer_among_them_is_seen(name, part, place):
    """Each is looked at: the last of them is right, as is what stands in its place here."""
    scenario = few("pool32")
    visit: Any = opened(name, scenario, place)
    try:
        wrong: dict[str, Any] = {"status": 404, "header": "text/plain", "length": 5}
        expected = replace(visit.right, **{part: wrong[part]})
        for each in [visit, *getattr(visit, "_visits", ())]:
            each.right = expected
            each.seen = (expected.status, expected.header, expected.length)
        assert visit.compare((200, "text/html; charset=utf-8", 1024)) != ""
        with pytest.raises(ValueError, match=part):
            visit.measure(3 * FEW)
    finally:
        visit.close()


@pytest.mark.parametrize("name", NAMES)
def test_wrong_bytes_are_seen_before_anything_is_timed(name, place):
    scenario = few("pool32")
    visit: Any = opened(name, scenario, place)
    try:
        for each in [visit, *getattr(visit, "_visits", ())]:
            each.right = replace(each.right, digest="another", framed_digest="another")
        assert "bytes" in visit.examine()
    finally:
        visit.close()


def _sockets_of(pid: int) -> int:
    """How many a process has, whatever files it opens beside them while it starts."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    return sum(os.readlink(file).startswith("socket:") for file in files)


@needs_epoll
def test_a_thousand_connections_are_as_many_for_the_server(monkeypatch):
    monkeypatch.setattr(many.Many, "visitors", 2)
    scenario = SCENARIOS["pool1024"]
    with hosted([scenario.path], None, many=True) as place:
        visits = []
        for name in ("raw socket", "fasthttp-pool"):
            before = _sockets_of(place.pid)
            visit = opened(name, scenario, place)
            assert visit.measure(1).wall > 0
            assert _sockets_of(place.pid) - before == scenario.connections
            visits.append(visit)
    for visit in visits:
        visit.close()


def test_who_takes_no_part_says_why(monkeypatch):
    nowhere = Place(port=9, no_tls="nobody asked")
    with pytest.raises(NotApplicable, match="256 threads"):
        IN_THREADS.open(SCENARIOS["pool1024"], nowhere)
    for name in ("fasthttp-pool", "stdlib"):
        with pytest.raises(NotApplicable, match="nobody asked"):
            contestant(name).open(SCENARIOS["pool32-tls"], nowhere)
    with pytest.raises(NotApplicable, match="one request at a time"):
        contestant("fasthttp-pool").open(SCENARIOS["small"], nowhere)
    monkeypatch.setattr(many, "most_files", lambda: 256)
    with pytest.raises(NotApplicable, match="256 files"):
        contestant("fasthttp-pool").open(SCENARIOS["pool256"], nowhere)


def test_the_pool_takes_part_where_there_are_many_connections(place):
    scenario = few("pool32")
    entrants = [IN_THREADS, contestant("raw socket"), *command._more(scenario)]
    assert [each.name for each in entrants[2:]] == [each.name for each in pool_contestants()]
    rows = race(scenario, entrants, place, SHORT)
    for row in rows:
        assert row.state == "measured" or "epoll" in row.why, row.why
    assert not [each for each in command._more(SCENARIOS["small"]) if each.name in many.POOLS]


@needs_epoll
def test_the_script_for_growth_runs():
    done = subprocess.run(
        [sys.executable, "bench/pool.py", "queue", "hosts", "flat", "--requests", "100",
         "--rounds", "1"],
        cwd=HOME, env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("1.00x") >= 3
    assert "1,000 hosts" in done.stdout and "grown since the first tenth" in done.stdout


@needs_epoll
def test_the_script_for_growth_holds_answers_back():
    code = (
        "import runpy; pool = runpy.run_path('bench/pool.py');"
        "pool['_held_by'].__globals__['_STILL'] = 0.05;"
        "print(pool['_held_by']('fasthttp-pool', 50))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HOME, env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("KiB") == 3


def test_the_script_for_tls_runs():
    done = subprocess.run(
        [sys.executable, "bench/tls.py", "--rounds", "1"],
        cwd=HOME, env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("us of CPU") == 3
    assert "1.00x" in done.stdout
