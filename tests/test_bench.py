"""What `python -m fasthttp bench` measures: figures from right answers only, nothing left over.

The command itself is in test_bench_command.py, and what comes of its figures in
test_bench_chart.py.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fasthttp._bench import raw, record, report, stacks
from fasthttp._bench.answers import Served, answer
from fasthttp._bench.contestants import client_contestant, installed_contestant
from fasthttp._bench.hosting import choose_cores, hosted
from fasthttp._bench.implementations import load_implementation
from fasthttp._bench.measure import Pace, race
from fasthttp._bench.processes import in_own_process
from fasthttp._bench.scenarios import (
    BODY_ROWS,
    DEFAULT,
    FAMILIES,
    SCENARIOS,
    SMALL_READS,
    expected,
)  # fmt: skip
from fasthttp._bench.visits import Contestant, Seen, Sink, Visit

HOME = Path(__file__).resolve().parents[1]
STDLIB = client_contestant("stdlib", "http.client", http.client)
APART = in_own_process("stdlib", "http.client")
SHORT = Pace(rounds=3, batch=0.002)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


class Wrong(Visit):
    """A client of which one thing is wrong."""

    def __init__(self, fault: str) -> None:
        super().__init__(expected(SCENARIOS["small"]))
        self.fault, self.fetched, self.closed = fault, 0, False

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.fetched += 1
        body = answer("/small").body
        if self.fault == "bytes":
            body = body[::-1]
        if self.fault == "error" or (self.fault == "late error" and self.fetched > 2):
            raise http.client.IncompleteRead(b"")
        if self.fault == "late status" and sink is None and self.fetched > 20:
            return 500, self.right.header, len(body)
        if sink is not None:
            sink(body)
        status = 404 if self.fault == "status" else 200
        header = None if self.fault == "header" else self.right.header
        return status, header, len(body) - (self.fault == "length")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("fault", ["status", "header", "length", "bytes", "error"])
def test_a_wrong_answer_is_blanked_before_it_is_timed(fault):
    visit = Wrong(fault)
    wrong = Contestant("wrong one", "wrong one", lambda scenario, place: visit)
    scenario = SCENARIOS["small"]
    with hosted([scenario.path], None) as place:
        rows = race(scenario, [STDLIB, wrong], place, SHORT)
    assert [row.state for row in rows] == ["measured", "wrong"]
    assert rows[1].why
    assert visit.fetched <= 2
    assert visit.closed
    shown = report.table(record.measured(scenario, rows))
    assert shown.rows[1] == ("wrong one", f"wrong: {rows[1].why}")


@pytest.mark.parametrize("fault", ["late status", "late error"])
def test_an_answer_that_goes_wrong_later_is_blanked_too(fault):
    wrong = Contestant("wrong one", "wrong one", lambda scenario, place: Wrong(fault))
    scenario = SCENARIOS["small"]
    with hosted([scenario.path], None) as place:
        stdlib, row = race(scenario, [STDLIB, wrong], place, SHORT)
    assert (row.state, row.wall, row.cpu) == ("wrong", [], [])
    assert len(stdlib.wall) == 3


def test_a_visit_in_a_process_of_its_own_ends_with_it():
    scenario = SCENARIOS["small"]
    with hosted([scenario.path], None) as place:
        visit: Any = APART.open(scenario, place)
        assert visit.examine() == ""
        sample = visit.measure(5)
        assert sample.wall > 0
        assert visit.process.poll() is None
        visit.close()
        assert visit.process.returncode == 0


def test_what_goes_wrong_in_another_process_is_told():
    scenario = SCENARIOS["small"]
    with hosted(["/page"], None) as place:  # the server does not know what is asked for
        (row,) = race(scenario, [APART], place, SHORT)
    assert (row.state, row.wall) == ("wrong", [])
    assert "RemoteDisconnected" in row.why
    scenario = SCENARIOS["tls-connect"]
    with hosted([scenario.path], None) as place:
        (row,) = race(scenario, [APART], place, SHORT)
    assert (row.state, row.why) == ("not applicable", "not asked for")


@pytest.mark.parametrize("contestant", [STDLIB, raw.CONTESTANT], ids=lambda each: each.name)
def test_the_references_are_right_everywhere(contestant):
    scenarios = [each for each in SCENARIOS.values() if each.way in (*BODY_ROWS, "threads")]
    with hosted({each.path for each in scenarios}, None) as place:
        for scenario in scenarios:
            visit = contestant.open(scenario, place)
            try:
                assert visit.examine() == "", scenario.name
            finally:
                visit.close()


@pytest.mark.parametrize("name", ["small", "chunks64k"])
def test_the_floor_is_right_where_calls_are_cut_short(name):
    """With a time-out, a call returns what has come, however much is asked for."""
    scenario = SCENARIOS[name]
    with hosted([scenario.path], None, timeout=20) as place:
        visit = raw.CONTESTANT.open(scenario, place)
        try:
            assert visit.examine() == ""
        finally:
            visit.close()


@pytest.mark.parametrize("name", FAMILIES["small-reads"])
def test_small_reads_are_right(name, client):
    """In http.client, in each implementation, and with install()."""
    scenario = SCENARIOS[name]
    ours = client_contestant("fasthttp", "fasthttp", client)
    with hosted([scenario.path], None) as place:
        for contestant in (STDLIB, ours, installed_contestant()):
            visit = contestant.open(scenario, place)
            try:
                assert visit.examine() == "", contestant.name
                assert visit.measure(1).wall > 0
            finally:
                visit.close()


def test_small_reads_are_in_small_pieces():
    class Given:
        def __init__(self):
            self.asked = []

        def read(self, amount):
            self.asked.append(amount)
            return b""

    visits = {}
    with hosted(["/chunks4k"], None) as place:
        for name in ("small-reads-1", "small-reads-16", "small-reads-into"):
            visits[name] = STDLIB.open(SCENARIOS[name], place)
            visits[name].close()
    given = Given()
    for name in ("small-reads-1", "small-reads-16"):
        assert list(visits[name].pieces(given)) == []
    assert given.asked == [1, 16]
    assert len(visits["small-reads-into"].kept) == 64


def test_small_reads_do_not_make_the_usual_run_longer():
    assert len(FAMILIES["small-reads"]) == len(SMALL_READS) == 5
    assert not set(DEFAULT) & set(FAMILIES["small-reads"])


@pytest.mark.parametrize(
    ("path", "headers", "size"), [("/small", 12, 504), ("/headers40", 40, 2400)]
)
def test_the_heads_are_as_large_as_said(path, headers, size):
    head = answer(path).head
    assert len(head) == size
    assert len(head.splitlines()) == 1 + headers + 1


def test_the_server_says_something_new_each_time():
    right = answer("/small")
    served = Served(right)
    first, second = (bytes(served.next_wire()) for _ in range(2))
    assert len(first) == len(second) == len(right.wire)
    assert first.endswith(right.framed) and second.endswith(right.framed)
    lines = zip(*(wire.split(b"\r\n") for wire in (right.head, first, second)), strict=False)
    new = [old.partition(b":")[0] for old, *now in lines if len({old, *now}) == 3]
    assert new == [b"ETag", b"X-Request-Id", b"Set-Cookie"]


def test_tls_rows_run_or_say_why():
    scenario = SCENARIOS["tls-connect"]
    with hosted([scenario.path], choose_cores(), tls=True) as place:
        rows = race(scenario, [STDLIB, raw.CONTESTANT], place, SHORT)
    assert {row.state for row in rows} in ({"measured"}, {"not applicable"})
    assert all(row.wall or row.why for row in rows)


def test_a_row_without_a_certificate_says_so():
    scenario = SCENARIOS["tls-connect"]
    with hosted([scenario.path], None) as place:
        rows = race(scenario, [STDLIB, raw.CONTESTANT], place, SHORT)
    assert report.table(record.measured(scenario, rows)).notes == ["skipped: not asked for"]


def test_the_server_ends_with_the_run():
    with hosted(["/small"], choose_cores()) as place:
        assert listens(place.port)
    assert not listens(place.port)


def test_the_server_ends_with_a_client_that_was_killed():
    code = (
        "import time\n"
        "from fasthttp._bench.hosting import hosted\n"
        "with hosted(['/small'], None) as place:\n"
        "    print(place.port, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
    ) as parent:
        try:
            assert parent.stdout is not None
            port = int(parent.stdout.readline())
            assert listens(port)
        finally:
            parent.kill()
    deadline = time.monotonic() + 30
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(port)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no way to pin")
@pytest.mark.parametrize("placing", ["apart", "shared", "any"])
def test_the_client_gets_its_cores_back(placing):
    before = os.sched_getaffinity(0)
    cores = choose_cores(placing)
    with hosted(["/small"], cores):
        assert os.sched_getaffinity(0) == ({cores.client} if cores else before)
    assert os.sched_getaffinity(0) == before


def test_a_second_implementation_leaves_no_trace(monkeypatch):
    monkeypatch.setenv("FASTHTTP_EXTENSION", "")
    before = {name: module for name, module in sys.modules.items() if "fasthttp" in name}
    path = list(sys.path)
    twin = load_implementation("py")
    assert twin is load_implementation("py")
    assert issubclass(twin.HTTPConnection, http.client.HTTPConnection)
    after = {name: module for name, module in sys.modules.items() if "fasthttp" in name}
    assert after == before
    assert os.environ["FASTHTTP_EXTENSION"] == ""
    assert sys.path == path


def test_an_implementation_by_another_name():
    with pytest.raises(ValueError, match="'c' or 'py'"):
        load_implementation("rust")


def test_stacks_are_measured_with_install_and_without():
    package = sys.modules["fasthttp"]
    races, missing = stacks.races()
    measured = {name for _, name, _ in races}
    assert {"http.client", "xmlrpc.client", "urllib.request"} <= measured
    assert measured | set(missing) == stacks.STACKS.keys()
    with hosted(stacks.paths(), None) as place:
        for scenario, _, contestant in races:
            ticks: list[int] = []
            rows = stacks.race_itself(scenario, contestant, place, SHORT, ticks.append)
            assert [row.why for row in rows] == ["", ""]
            assert [len(row.cpu) for row in rows] == [SHORT.rounds] * 2
            assert ticks == [1, 2, 3]
    assert not package.installed()
