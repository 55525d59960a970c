"""robots.txt: RFC 9309."""

from __future__ import annotations

from http.client import IncompleteRead
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fasthttp import Page
from fasthttp._fetch import robots
from fasthttp._fetch.robots import MOST_HELD, Ask, Gate, Go, Refuse, Rules, rules_of
from fasthttp._web.redirects import TooManyRedirects

from ..pool.site import Site, answer
from .conftest import Fetch
from .running import by_url, rows_of

TEXT = b"""\
User-agent: other
Disallow: /

User-agent: me
Disallow: /no
Crawl-delay: 2
"""


@pytest.fixture(params=["protego", "stdlib"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each parser."""
    name: str = request.param
    if name == "protego":
        pytest.importorskip("protego")
    else:

        def missing(name: str) -> Any:
            raise ImportError(name)

        monkeypatch.setattr(robots, "import_module", missing)
    return name


def page(status: int | None, body: bytes = b"", error: Exception | None = None) -> Page:
    made = Page("http://h/robots.txt", 0)
    made.status, made.body, made.error = status, body, error
    return made


def test_rules(parser: str) -> None:
    rules = rules_of(page(200, TEXT), "me")
    assert rules.refuses("http://h/yes") is None
    assert rules.refuses("http://h/no") == "robots.txt does not allow it"
    assert rules.refuses("http://h/") is None
    assert rules.delay == 2
    assert rules_of(page(200, TEXT), "other").refuses("http://h/yes")
    assert rules_of(page(200, TEXT), "third").refuses("http://h/no") is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\x00", b"\xef\xbb\xbf" + TEXT])
def test_odd_ones(parser: str, body: bytes) -> None:
    rules = rules_of(page(200, body), "me")
    assert rules.refuses("http://h/yes") is None
    assert (rules.refuses("http://h/no") is not None) == (b"Disallow" in body)


@pytest.mark.parametrize("value", [b"1e9", b"-5", b"nan", b"inf", b"x", b"\xc2\xb2", b"100000"])
def test_odd_delays(parser: str, value: bytes) -> None:
    rules = rules_of(page(200, b"User-agent: *\nCrawl-delay: " + value), "me")
    assert 0 <= rules.delay <= robots.LONGEST_DELAY


@pytest.mark.parametrize(
    ("status", "error", "allows"),
    [
        (404, None, True),
        (403, None, True),
        (301, None, True),
        (204, None, True),
        (429, None, False),
        (500, None, False),
        (503, None, False),
        (None, OSError("unreachable"), False),
        (200, IncompleteRead(b""), False),
        (302, TooManyRedirects("too many"), True),
    ],
)
def test_where_there_is_none(status: int | None, error: Exception | None, allows: bool) -> None:
    """RFC 9309 2.3.1."""
    assert (rules_of(page(status, error=error), "me").refuses("http://h/x") is None) is allows


def test_one_that_is_too_long() -> None:
    body = TEXT.ljust(robots.MAX_BODY, b"#")
    rules = rules_of(page(200, body, IncompleteRead(b"")), "me")
    assert rules.refuses("http://h/no") and not rules.refuses("http://h/yes")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_pages_wait_for_it() -> None:
    gate = Gate("me", Clock())
    for url in ("http://h/1", "http://h:80/2", "HTTP://H/no", "https://h/3", "no url"):
        gate.offer(url)
    assert list(gate.steps()) == [Ask("http://h"), Ask("https://h"), Go("no url")]
    gate.learn("http://h", rules_of(page(200, b"User-agent: *\nDisallow: /no"), "me"))
    first, second, refused = gate.steps()
    assert (first, second) == (Go("http://h/1"), Go("http://h:80/2"))
    assert isinstance(refused, Refuse) and refused.url == "HTTP://H/no"
    gate.offer("http://h/4")
    assert list(gate.steps()) == [Go("http://h/4")]
    gate.end("no url")
    gate.end("http://elsewhere/")


def test_a_crawl_delay() -> None:
    """One at a time, and so many seconds between two starts."""
    clock = Clock()
    gate = Gate("me", clock, least_delay=1.0)
    for number in range(4):
        gate.offer(f"http://h/{number}")
    assert list(gate.steps()) == [Ask("http://h")]
    gate.learn("http://h", Rules(delay=3.0))
    assert list(gate.steps()) == [Go("http://h/0", 3.0)]
    clock.now += 4  # it began after 3, and took 1
    gate.end("http://h/0")
    assert list(gate.steps()) == [Go("http://h/1", 2.0)]
    clock.now += 60
    gate.end("http://h/1")
    assert list(gate.steps()) == [Go("http://h/2", 0.0)]
    gate.end("http://h/2")
    assert list(gate.steps()) == [Go("http://h/3", 3.0)]


def test_the_longer_delay_holds() -> None:
    gate = Gate("me", Clock(), least_delay=5.0)
    gate.offer("http://h/0")
    gate.learn("http://h", Rules(delay=3.0))
    assert list(gate.steps()) == [Ask("http://h"), Go("http://h/0", 5.0)]


def test_not_everything_waits_in_memory() -> None:
    gate = Gate("me", Clock())
    for number in range(MOST_HELD):
        assert gate.has_room()
        gate.offer(f"http://h/{number}")
    assert not gate.has_room()
    gate.learn("http://h", Rules())
    assert gate.has_room()


@pytest.mark.parametrize(("size", "count"), [(0, 20_000), (1 << 10, 10_000), (500 << 10, 100)])
def test_rules_are_forgotten_where_there_are_many(size: int, count: int) -> None:
    """However many origins there are; one that pages come of all the time is not among them."""
    gate = Gate("me", Clock())
    asked = 0
    for number in range(count):
        for url in (f"http://h{number}/", "http://often/"):
            gate.offer(url)
            for step in gate.steps():
                if isinstance(step, Ask):
                    asked += 1
                    gate.learn(step.origin, Rules(size=size))
            gate.end(url)
        assert gate._kept <= robots.MOST_KEPT
    assert sum(lane.size() for lane in gate._lanes.values()) == gate._kept
    assert gate._kept > robots.MOST_KEPT // 2
    assert asked == count + 1


def test_what_is_forgotten_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MOST_KEPT", 4 << 10)
    gate = Gate("me", Clock())
    for number in range(9):
        gate.offer(f"http://h{number}/no")
        gate.learn(f"http://h{number}", rules_of(page(200, TEXT), "other"))
        assert len(gate._lanes) <= 4
    asked, refused = list(gate.steps())[:2]
    assert asked == Ask("http://h0") and isinstance(refused, Refuse)
    gate.end("http://h0/no")
    gate.offer("http://h0/no")
    assert list(gate.steps()) == [Ask("http://h0")]
    gate.offer("http://h8/no")
    (refused,) = gate.steps()
    assert isinstance(refused, Refuse)


def test_nothing_is_forgotten_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Origins with pages that wait for rules, or with one under way while there is a delay."""
    monkeypatch.setattr(robots, "MOST_KEPT", 4 << 10)
    gate = Gate("me", Clock())
    gate.offer("http://unknown/")
    for number in range(20):
        gate.offer(f"http://h{number}/")
        gate.offer(f"http://h{number}/2")
        gate.learn(f"http://h{number}", Rules(delay=2.0))
    assert len(gate._lanes) == 21
    list(gate.steps())
    for number in range(20):
        gate.end(f"http://h{number}/")
    assert list(gate.steps()) == [Go(f"http://h{number}/2", 4.0) for number in range(20)]
    for number in range(20):
        gate.end(f"http://h{number}/2")
    gate.offer("http://last/")
    gate.learn("http://last", Rules())
    assert list(gate._lanes) == ["http://unknown", "http://h18", "http://h19", "http://last"]
    gate.learn("http://unknown", Rules())
    assert Go("http://unknown/") in list(gate.steps())


def test_the_command_asks_again(
    site: Site, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page at a time, of an origin that is forgotten at once."""
    monkeypatch.setattr(robots, "MOST_KEPT", 0)
    monkeypatch.setattr(robots, "MOST_HELD", 1)
    out = tmp_path / "x.jsonl"
    assert fetch("--robots", "-o", out, *site.urls(5)) == 0
    assert len(by_url(rows_of(out))) == 5
    assert site.targets.count("/robots.txt") == 5


def test_the_command(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = answer(TEXT.replace(b"Crawl-delay: 2", b""))
    out = tmp_path / "x.jsonl"
    urls = [site.url(path) for path in ("/1", "/no", "/2")]
    arguments = ("--robots", "--user-agent", "me/1.0", "-o", out, *urls)
    assert fetch(*arguments) == 1
    assert site.targets[0] == "/robots.txt"
    assert sorted(site.targets[1:]) == ["/1", "/2"]
    refused = by_url(rows_of(out))[site.url("/no")]
    assert refused["error"] == "RefusedByRobots: robots.txt does not allow it"
    assert (refused["phase"], refused["status"], refused["tries"]) == ("robots", None, 0)
    assert "text" not in refused and "body" not in refused


def test_the_command_with_a_delay(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    pytest.importorskip("protego")  # for the stdlib a delay is a whole number
    site.answers["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 0.2")
    assert fetch("--robots", "-o", tmp_path / "x.jsonl", *site.urls(4)) == 0
    starts = [exchange.at for exchange in site.heard]
    gaps = [after - before for before, after in pairwise(starts)]
    assert len(gaps) == 4
    assert min(gaps) > 0.15


def test_more_urls_than_may_be_held(
    site: Site, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MOST_HELD", 5)
    out = tmp_path / "x.jsonl"
    assert fetch("--robots", "-o", out, *site.urls(30)) == 0
    assert len(by_url(rows_of(out))) == 30
    assert site.targets.count("/robots.txt") == 1
