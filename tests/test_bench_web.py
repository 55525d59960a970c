"""bench/web: the site answers as it says, the judge sees what is wrong, and lines are counted."""

import http.client
import socket
import ssl
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

# Behind all else: `pytest` alone does not look for modules where it was started.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from bench.web import __main__ as command
from bench.web.answers import Fixed, Later, Wall
from bench.web.hosting import Hosted, hosted
from bench.web.judge import judged
from bench.web.lines import lines_of, lines_of_code
from bench.web.run import CLIENTS, know_the_names
from bench.web.site import HOSTS, LOGIN, Expected, Site, digest_of
from bench.web.wire import bomb

PAGES = 60
BOMB = 16 << 20


@pytest.fixture(scope="module")
def site() -> Iterator[Hosted]:
    with hosted(PAGES, bomb=BOMB) as site:
        yield site


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    know_the_names()


@contextmanager
def asked(site: Hosted, url: str, cookie: str = "") -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    if parts.scheme == "https":
        context = ssl.create_default_context(cadata=site.authority)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=10, context=context)
    with closing(connection):
        headers = {"Accept-Encoding": "gzip, deflate", "Cookie": cookie}
        connection.request("GET", parts.path, headers=headers)
        with connection.getresponse() as response:
            yield response


def fetched(site: Hosted, url: str, cookie: str = "") -> dict[str, Any]:
    with asked(site, url, cookie) as response:
        if response.status == 302 and (location := response.getheader("Location")):
            given = (response.getheader("Set-Cookie") or "").partition(";")[0]
            return fetched(site, location, given or cookie)
        body = response.read()
    if response.getheader("Content-Encoding") == "gzip":
        body = zlib.decompress(body, zlib.MAX_WBITS | 16)
    elif response.getheader("Content-Encoding") == "deflate":
        is_wrapped = body[:1] == b"\x78"
        body = zlib.decompress(body, zlib.MAX_WBITS if is_wrapped else -zlib.MAX_WBITS)
    return {"url": url, "status": response.status, "final": url, "digest": digest_of(body)}


def of_kind(site: Hosted, *kinds: str) -> list[Expected]:
    return [each for each in site.expected if each.kind in kinds]


def test_there_is_each_kind_and_each_host(site: Hosted) -> None:
    assert len(HOSTS) == 20
    assert len(site.expected) == PAGES
    larger = Site(300, (80, 443), 16, BOMB)
    assert len(larger.expected) == 300
    # Nobody is sent to the one that gives cookies but by another.
    assert {urlsplit(each.url).hostname for each in larger.expected} == {*HOSTS} - {LOGIN}
    assert {each.kind for each in larger.expected} == {each.kind for each in site.expected}


def test_two_sites_of_one_seed_are_the_same() -> None:
    first, second = (Site(PAGES, (80, 443), 16, BOMB) for _ in range(2))
    assert first.expected == second.expected
    assert first.answers.keys() == second.answers.keys()
    assert Site(PAGES, (80, 443), 17, BOMB).expected != first.expected


def test_ordinary_pages_are_right(site: Hosted) -> None:
    kinds = ("ordinary", "image", "gzip", "deflate", "raw deflate", "br", "404", "503 always")
    pages = of_kind(site, *kinds)
    assert {each.kind for each in pages} == {*kinds}
    outcomes = [fetched(site, each.url) for each in pages]
    assert judged(pages, outcomes) == []


def test_a_wall_is_passed_with_its_cookie_only(site: Hosted) -> None:
    walls = of_kind(site, "cookie wall", "login wall")
    assert walls
    for each in walls:
        with asked(site, each.url) as response:
            assert response.status == 302
        assert fetched(site, each.url)["digest"] == each.digest


def test_what_is_busy_once_begins_anew_after_a_reset(site: Hosted) -> None:
    (page,) = of_kind(site, "503, then 200")[:1]
    for _ in range(2):
        site.reset()
        assert [fetched(site, page.url)["status"] for _ in range(3)] == [503, 200, 200]
    assert site.reset()["requests"] == 3
    assert site.reset()["requests"] == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", ConnectionError),
        ("bad chunk", http.client.IncompleteRead),
        ("body cut short", http.client.IncompleteRead),
        ("cut gzip", zlib.error),
    ],
)
def test_what_is_broken_is_broken(site: Hosted, kind: str, error: type[Exception]) -> None:
    page = of_kind(site, kind)[0]
    assert page.digest is None
    with pytest.raises(error):
        fetched(site, page.url)


def test_the_bomb_inflates_to_what_it_says() -> None:
    inflated = zlib.decompress(bomb(BOMB), zlib.MAX_WBITS | 16)
    assert len(inflated) == BOMB
    assert not inflated.strip(b"\0")
    assert len(bomb(BOMB)) < BOMB // 900


GOOD = Expected("http://a.test/", "ordinary", 200, digest_of("text"), "http://b.test/")
OUTCOME = {"url": GOOD.url, "status": 200, "digest": digest_of("text"), "final": GOOD.final}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({}, None),
        ({"error": "TimeoutError()"}, "TimeoutError()"),
        ({"status": 404}, "status 404, not 200"),
        ({"digest": digest_of("other")}, "not the text that it is"),
        ({"digest": None}, "not the text that it is"),
        ({"final": GOOD.url}, "from http://a.test/, not http://b.test/"),
    ],
)
def test_the_judge(change: dict[str, Any], what: str | None) -> None:
    wrong = judged([GOOD], [{**OUTCOME, **change}])
    assert [each.what for each in wrong] == ([] if what is None else [what])


def test_the_judge_sees_what_is_missing_or_comes_twice() -> None:
    assert [each.what for each in judged([GOOD], [])] == ["missing"]
    assert [each.what for each in judged([GOOD], [OUTCOME, OUTCOME])] == ["given twice"]


def test_the_judge_wants_errors_where_they_belong() -> None:
    broken = replace(GOOD, digest=None)
    assert judged([broken], [{"url": GOOD.url, "error": "IncompleteRead"}]) == []
    assert [each.what for each in judged([broken], [OUTCOME])] == ["a page (200), not an error"]


def test_which_answer() -> None:
    first, then = Fixed(b"first", br=b"first, br"), Fixed(b"then")
    assert first.bytes_for(b"GET / HTTP/1.1\r\nAccept-Encoding: gzip, br\r\n") == b"first, br"
    assert first.bytes_for(b"GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\nX: br\r\n") == b"first"
    assert Wall(b"a=1", first, then).chosen(b"Cookie: b=2; a=1\r\n") is first
    assert Wall(b"a=1", first, then).chosen(b"Cookie: b=2\r\n") is then
    later = Later(first, then, 60)
    assert list(islice(iter(lambda: later.chosen(b""), None), 2)) == [first, first]
    later.seconds = 0
    assert later.chosen(b"") is then
    later.forget()
    assert later.chosen(b"") is first


def test_lines_of_code() -> None:
    source = '"""Doc."""\n\nimport os\n\n\ndef f():\n    """Doc,\n    more."""\n    # why\n'
    source += "    a = f(  # so\n        1,\n    )\n    here()  # the site's place\n    return a\n"
    assert len(lines_of_code(source)) == 5
    for module in CLIENTS.values():
        assert lines_of(module) > 10
    # What it takes from by_hand counts.
    assert lines_of("pycurl_multi") > lines_of("fasthttp_pool")


@pytest.mark.parametrize(
    ("clients", "missing"),
    [
        ([], "aiohttp, brotli, httpx, pycurl, requests, trustme, urllib3"),
        (["fasthttp"], "trustme"),
        (["http.client", "pycurl"], "brotli, pycurl, trustme"),
    ],
)
def test_without_the_extras_it_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clients: list[str],
    missing: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["bench.web", *clients])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith(f"not installed: {missing}: python -m pip install -e '.[bench,web]'\n")
