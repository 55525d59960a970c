"""`bench --url`: a server of the user's own is asked politely, and by everybody alike."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from fasthttp._bench import url
from fasthttp._bench.hosting import ServerError, hosted
from fasthttp._bench.measure import Pace
from fasthttp._bench.record import load
from fasthttp._bench.scenarios import Expected, expected, know
from fasthttp._bench.visits import Anew, Seen, Sink, Visit

from .bench_runs import fasthttp


class _Handler(BaseHTTPRequestHandler):
    """Answers as the first word of the path says."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.items()))
        kind = self.path.strip("/").partition("/")[0]
        size = random.randint(900, 1100) if kind == "lengths" else 1000
        body = random.randbytes(size) if kind in ("lengths", "bytes") else b"x" * size
        if kind == "changing" and len(self.server.asked) > 20:
            body = b"other"
        if kind == "picky" and "fasthttp" not in self.headers["User-Agent"]:
            body = b"who are you?"
        head = f"HTTP/1.1 {self.server.status}\r\nContent-Type: text/plain\r\n"
        if kind == "closing":
            head += "Connection: close\r\n"
            self.close_connection = True
        # In one send: this is no test of Nagle's algorithm.
        self.wfile.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def log_message(self, *said: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(status: str = "200 OK") -> Iterator[Any]:
    """A server of somebody's own; `asked` is what it was sent, `address` the URL it has."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.status = [], status
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_everybody_asks_the_same_and_no_more_than_said(tmp_path):
    file = tmp_path / "figures.json"
    with serving() as server:
        done = fasthttp(
            "bench", "--quick", "--url", f"{server.address}/page?x=1#part", "--against", "all",
            "--requests", "200", "--json", str(file), "--chart", str(tmp_path / "chart.svg"),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http.client is answered 200, text/plain, 1,000 bytes" in done.stdout
    told = load(file)
    bound = told["settings"]["requests_at_most"]
    assert bound is not None
    assert f"at most {bound} requests" in done.stdout
    assert len(server.asked) <= bound <= 200
    assert told["settings"]["url"] == f"{server.address}/page?x=1"
    (scenario,) = told["scenarios"]
    states = {each["name"]: each["state"] for each in scenario["contestants"]}
    outside = {"raw socket": "not applicable"}
    if "httptools" in states:
        outside["httptools"] = "not applicable"
    assert states == dict.fromkeys(states, "measured") | outside
    assert {path for path, _ in server.asked} == {"/page?x=1"}
    for name in ("User-Agent", "Accept", "Accept-Encoding", "Host"):
        sent = Counter(
            tuple(value for field, value in fields if field.lower() == name.lower())
            for _, fields in server.asked
        )
        assert len(sent) == 1, (name, sent)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/lengths", "vary in length"),
        ("/bytes", "vary, at one length"),
        ("/closing", "closes connections"),
        ("/changing", "have changed"),
    ],
)
def test_answers_that_are_not_always_the_same_are_talked_about(path, said):
    with serving() as server:
        done = fasthttp("bench", "--quick", "--url", server.address + path, "--requests", "100")
    assert said in " ".join(done.stdout.split())
    assert ("length of the body: 5 instead of 1000" in done.stdout) == (path == "/changing")


def test_who_is_answered_something_else_has_no_speed():
    with serving() as server:
        scenario, place = url.take_apart(f"{server.address}/page", None, None)
        found = url.look(scenario, place)
    assert found.right.lengths is None
    visit = _Short(found.right)
    assert visit.examine() == "length of the body: 12 instead of 1000"
    with pytest.raises(ValueError, match="12 instead of 1000"):
        visit.measure(1)


class _Short(Visit):
    """A client that is answered something short."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        return self.right.status, self.right.header, 12


def test_lengths_that_vary_are_held_to_a_half_and_twice():
    visit = Visit(Expected(200, "text/plain", 1000, "", lengths=(500, 2000)))
    believed = {
        length: visit.compare((200, "text/plain", length)) == ""
        for length in (499, 500, 2000, 2001)
    }
    assert believed == {499: False, 500: True, 2000: True, 2001: False}


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "404 Not Found", "503 Service Unavailable"]
)
def test_only_success_is_measured(status):
    with serving(status) as server:
        done = fasthttp("bench", "--quick", "--url", f"{server.address}/page")
    assert done.returncode == 1
    assert status in done.stderr
    assert len(server.asked) == url.LOOKS


def test_a_server_that_is_not_there():
    with serving() as server:
        address = server.address
    done = fasthttp("bench", "--quick", "--url", address)
    assert done.returncode == 1
    assert "ConnectionRefusedError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://localhost/", "http:// or https://"),
        ("localhost:80", "http:// or https://"),
        ("http:///path", "and a host"),
        ("http://me:secret@localhost/", "user name"),
        ("http://localhost/a b", "percent-encode"),
        ("http://localhost/\N{LATIN SMALL LETTER E WITH ACUTE}", "percent-encode"),
        ("http://localhost:99999/", "[Pp]ort"),
    ],
)
def test_urls_that_are_none(address, message):
    with pytest.raises(ValueError, match=message):
        url.take_apart(address, None, None)


@pytest.mark.parametrize(
    ("address", "host", "port", "path", "whole"),
    [
        ("http://localhost", "localhost", 80, "/", "http://localhost/"),
        ("https://localhost:443/a", "localhost", 443, "/a", "https://localhost/a"),
        ("http://[::1]:81/?q", "::1", 81, "/?q", "http://[::1]:81/?q"),
    ],
)
def test_urls_taken_apart(address, host, port, path, whole):
    scenario, place = url.take_apart(address, 5.0, None)
    assert (place.host, place.port, scenario.path) == (host, port, path)
    assert scenario.name == place.url(path) == whole
    assert place.timeout == 5.0


@pytest.mark.parametrize("bound", [200, 999, 1000, 20_000])
@pytest.mark.parametrize("contestants", [1, 4])
def test_batches_use_what_is_allowed_and_no_more(bound, contestants):
    pace = url.within(bound, 15, contestants)
    more = Pace(15, pace.batch, pace.most + 1)
    assert url.most_requests(pace, contestants) <= bound < url.most_requests(more, contestants)


def test_too_few_requests_are_refused():
    with serving() as server:
        done = fasthttp("bench", "--url", server.address, "--requests", "20")
    assert done.returncode == 2
    assert "15 rounds of" in done.stderr
    assert server.asked == []


def test_a_batch_has_a_connection_of_its_own():
    opened: list[_Counting] = []

    def open_one() -> Visit:
        opened.append(_Counting(Expected(200, None, 0, "")))
        return opened[-1]

    visit = Anew(Expected(200, None, 0, ""), open_one)
    for count in (1, 5):
        visit.measure(count)
    assert [(each.fetched, each.closed) for each in opened] == [(2, True), (6, True)]


class _Counting(Visit):
    fetched, closed = 0, False

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.fetched += 1
        return 200, None, 0

    def close(self) -> None:
        self.closed = True


def test_https_with_a_certificate_of_ones_own(tmp_path):
    cafile = tmp_path / "ca.pem"
    with hosted(["/small"], None, tls=True) as place:
        assert place.tls_port is not None, place.no_tls
        cafile.write_text(place.authority, encoding="ascii")
        address = f"https://localhost:{place.tls_port}/small"
        untrusted = fasthttp("bench", "--quick", "--url", address)
        done = fasthttp(
            "bench", "--quick", "--url", address, "--against", "all", "--requests", "200",
            "--cafile", str(cafile), "--json", str(tmp_path / "figures.json"),
        )  # fmt: skip
    assert untrusted.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in untrusted.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    (scenario,) = load(tmp_path / "figures.json")["scenarios"]
    troubles = {each["name"]: each["why"] for each in scenario["contestants"] if each["why"]}
    assert troubles.keys() <= {"raw socket", "httptools"}, troubles


def test_what_is_not_known_is_not_made_up():
    scenario, _ = url.take_apart("http://localhost:1/small", None, None)
    with pytest.raises(LookupError, match="is not known"):
        expected(scenario)
    right = Expected(200, None, 3, "")
    know(scenario, right)
    assert expected(scenario) is right


def test_a_look_at_a_server_that_goes_away():
    with serving() as server:
        scenario, place = url.take_apart(f"{server.address}/page", None, None)
        before = url.look(scenario, place)
        assert url.changes(scenario, place, before) == []
    assert "ConnectionRefusedError" in url.changes(scenario, place, before)[0]
    with pytest.raises(ServerError):
        url.look(scenario, place)
