"""`python -m fasthttp bench` and `info`: figures from right answers only, nothing left over."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fasthttp._bench import raw, report, stacks
from fasthttp._bench.answers import answer
from fasthttp._bench.contestants import client_contestant
from fasthttp._bench.environment import describe
from fasthttp._bench.hosting import choose_cores, hosted
from fasthttp._bench.implementations import load_implementation
from fasthttp._bench.measure import Pace, race, ratio
from fasthttp._bench.rivals import RIVALS
from fasthttp._bench.scenarios import BODY_ROWS, SCENARIOS, expected
from fasthttp._bench.visits import Contestant, Seen, Sink, Visit

HOME = Path(__file__).resolve().parents[1]
STDLIB = client_contestant("stdlib", "http.client", http.client)
SHORT = Pace(rounds=3, batch=0.002)


def fasthttp(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m fasthttp` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "fasthttp", *arguments],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )


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


def test_info():
    done = fasthttp("info")
    assert done.returncode == 0, done.stderr
    told = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert {"fasthttp", "implementation", "Python", "GIL", "OpenSSL", "platform"} <= set(told)
    assert told["implementation"].strip()[:2] in ("c ", "py")


def test_bench_writes_a_table_and_json(tmp_path):
    file = tmp_path / "figures.json"
    done = fasthttp("bench", "--quick", "--scenario", "small,page", "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong" not in done.stdout
    assert "small: " in done.stderr
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["environment"]["python"]["version"]
    assert [scenario["name"] for scenario in told["scenarios"]] == ["small", "page"]
    for scenario in told["scenarios"]:
        entries = {entry["name"]: entry for entry in scenario["contestants"]}
        assert {"stdlib", "fasthttp", "raw socket"} <= set(entries)
        assert entries["stdlib"]["ratios"]["cpu_stdlib_over_this"] == 1
        for entry in entries.values():
            assert entry["state"] == "measured"
            assert len(entry["rounds"]["wall"]) == len(entry["rounds"]["cpu"]) == 3
            assert all(value > 0 for value in entry["ratios"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scenario", "nonsense"), "no scenario 'nonsense'"),
        (("--scenario", ","), "names none"),
        (("--against", "lynx"), "knows no 'lynx'"),
        (("--rounds", "1"), "at least 3 rounds"),
        (("--timeout", "0"), "more than 0"),
        (("--json", os.path.join("no", "such", "folder", "file")), "cannot write"),
        (("--all", "--scenario", "small"), "not allowed with"),
    ],
)
def test_what_cannot_be_had_is_said_at_once(arguments, message):
    done = fasthttp("bench", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_client_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(RIVALS["urllib3"], "library", "surely_not_installed")
    from fasthttp.__main__ import main

    assert main(["bench", "--against", "urllib3"]) == 2


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
    assert set(report.ratios(scenario, rows[1], rows).values()) == {None}
    line = next(line for line in report.table([(scenario, rows)]).splitlines() if "one" in line)
    assert line.split()[2] == "wrong"


@pytest.mark.parametrize("fault", ["late status", "late error"])
def test_an_answer_that_goes_wrong_later_is_blanked_too(fault):
    wrong = Contestant("wrong one", "wrong one", lambda scenario, place: Wrong(fault))
    scenario = SCENARIOS["small"]
    with hosted([scenario.path], None) as place:
        stdlib, row = race(scenario, [STDLIB, wrong], place, SHORT)
    assert (row.state, row.wall, row.cpu) == ("wrong", [], [])
    assert len(stdlib.wall) == 3


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


@pytest.mark.parametrize(
    ("path", "headers", "size"), [("/small", 12, 504), ("/headers40", 40, 2400)]
)
def test_the_heads_are_as_large_as_said(path, headers, size):
    head = answer(path).head
    assert len(head) == size
    assert len(head.splitlines()) == 1 + headers + 1


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
    assert "skipped: not asked for" in report.table([(scenario, rows)])


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


def test_ratios_are_taken_round_by_round():
    # A round that was slow for both must not count against one.
    assert ratio([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == 2
    assert ratio([1.0], [0.0]) is None
    assert ratio([], []) is None


def test_stacks_are_measured_with_install_and_without():
    package = sys.modules["fasthttp"]
    with hosted(stacks.paths(), None) as place:
        outcomes, missing = stacks.measure_stacks(place, SHORT)
    measured = {name for _, name, _, _ in outcomes}
    assert {"http.client", "xmlrpc.client", "urllib.request"} <= measured
    assert measured | set(missing) == stacks.STACKS.keys()
    for _, _, plain, installed in outcomes:
        assert (plain.why, installed.why) == ("", "")
        assert len(plain.cpu) == len(installed.cpu) == SHORT.rounds
    assert not package.installed()
    assert "CPU gain" in stacks.table(outcomes, missing)


def test_the_environment_goes_into_json():
    assert json.loads(json.dumps(describe()))["cores"] == os.cpu_count()
