"""What a URL means, and which ones are refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.client import HTTPException
from types import ModuleType
from typing import Any

import pytest

from .site import Site, serving


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("http://h.test", "h.test", "/"),
        ("http://h.test/", "h.test", "/"),
        ("http://h.test?q=1", "h.test", "/?q=1"),
        ("http://h.test?q=/1", "h.test", "/?q=/1"),
        ("http://h.test/a/b?q=1/2", "h.test", "/a/b?q=1/2"),
        ("http://h.test/a#part", "h.test", "/a"),
        ("http://h.test#/a", "h.test", "/"),
        ("http://h.test?q#part/x", "h.test", "/?q"),
        ("http://h.test/#", "h.test", "/"),
        ("http://h.test/a?b?c=%20", "h.test", "/a?b?c=%20"),
        ("http://h.test//a//b", "h.test", "//a//b"),
        ("http://h.test/http://x/", "h.test", "/http://x/"),
        ("http://h.test/a@b:c", "h.test", "/a@b:c"),
        ("HTTP://h.test/A", "h.test", "/A"),
        ("http://H.Test/A", "h.test", "/A"),
        ("http://h.test:80/a", "h.test", "/a"),
        ("http://h.test:/a", "h.test", "/a"),
        ("http://h.test:8080/a", "h.test:8080", "/a"),
        ("http://h.test:65535", "h.test:65535", "/"),
        ("http://h/a", "h", "/a"),
        ("http://b\u00fccher.test/a", "xn--bcher-kva.test", "/a"),
        ("http://[::1]/a", "[::1]", "/a"),
        ("http://[::1]:81/a", "[::1]:81", "/a"),
    ],
)
def test_a_url_names_host_and_target(
    make_pool: Callable[..., Any], site: Site, url: str, host: str, target: str
) -> None:
    pool = make_pool(resolver=site.resolve)
    for _ in range(2):  # the second time the host is known
        page = _of(pool, url)
        assert (page.error, page.url) == (None, url)
    assert [(heard.host, heard.target) for heard in site.heard] == [(host, target)] * 2
    assert pool.request("GET", url).read().endswith(target.encode())
    assert (site.heard[2].host, site.heard[2].target) == (host, target)
    assert site.opened == 1


def test_hosts_that_are_written_differently_share_connections(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(resolver=site.resolve)
    for url in ("http://h.test/", "HTTP://H.TEST/", "http://h.test:80", "http://h.test?q"):
        assert _of(pool, url).error is None
    assert site.opened == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "h.test",
        "h.test/a",
        "//h.test/a",
        "http:/h.test/a",
        "http:h.test",
        "http:",
        "http://",
        "http:///",
        "http:///a/b",
        "https:///a/b",
        "http://?q",
        "http://#a",
        "http://:80/",
        "ftp://h.test/",
        "httpx://h.test/",
        "ws://h.test/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "http://h.test:0/",
        "http://h.test:65536/",
        "http://h.test:-1/",
        "http://h.test:x/",
        "http://h.test:8_0/",
        "http://h.test:+80/",
        "http://h.test: 80/",
        "http://h.test:\u0661/",
        "http://h.test@/",
        "http://h.test\\@other.test/",
        "http://h.test\\a/",
        "http://h test/",
        "http://h.test /",
        "http://h.te\tst/",
        "http://h.test\t/a",
        "http://h.test\r\n/a",
        "http://h.test/a\r\nb",
        "http://h.test/a\tb",
        "http://h.test/\x00",
        "http://h.test/\x7f",
        "http://[::1/",
        "http://::1]/",
        "http://[::1]x/",
        "http://[::g]/",
        "http://[]/",
        "http://" + "a" * 64 + "\u00e4.test/",
        "http://a..\u00e4/",
        "http://h\u2100.test/",
        "http://h%00.test/",
        "http://h.test%2f/",
    ],
    ids=ascii,
)
def test_what_is_no_url_of_a_page_is_an_error(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, url: str
) -> None:
    pool = make_pool(resolver=site.resolve)
    for given in (url, package.Request(url)):
        page = _of(pool, given)
        assert isinstance(page.error, package.client.InvalidURL), page
        assert (page.phase, page.status, page.body, page.url) == ("request", None, b"", url)
        assert page.headers.items() == []
    with pytest.raises(package.client.InvalidURL):
        pool.request("GET", url)
    assert site.opened == 0
    assert pool._engine.slots.open == 0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://h.test/a b", "/a%20b"),
        ("http://h.test/a?b c", "/a?b%20c"),
        ("http://h.test?b c", "/?b%20c"),
        ("http://h.test/\u00e9", "/%C3%A9"),
        ("http://h.test/?\u20ac", "/?%E2%82%AC"),
        ("http://h.test?\u20ac", "/?%E2%82%AC"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("threaded", [False, True])
def test_spaces_and_what_is_not_ascii_are_quoted(
    make_pool: Callable[..., Any], site: Site, url: str, target: str, threaded: bool
) -> None:
    pool = make_pool(resolver=site.resolve)
    if threaded:
        assert pool.request("GET", url).status == 200
    else:
        page = _of(pool, url)
        assert (page.error, page.url) == (None, url)
    assert [heard.target for heard in site.heard] == [target]


def test_an_ipv6_literal_is_connected_to(pool: Any) -> None:
    try:
        serving_six = serving(host="::1")
        six = serving_six.__enter__()
    except OSError:
        pytest.skip("no IPv6 here")
    try:
        page = _of(pool, six.url("/six", "[::1]"))
        assert (page.error, page.body) == (None, b"0 /six")
        assert six.heard[0].host == f"[::1]:{six.port}"
    finally:
        serving_six.__exit__(None, None, None)


@pytest.mark.skipif(not hasattr(BaseException, "add_note"), reason="notes are of Python 3.11")
def test_an_error_says_what_was_asked_for_and_waited_for(pool: Any, site: Site) -> None:
    site.answers["/cut"] = lambda exchange: exchange.end(b"HTTP/1.1 2")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{bound.getsockname()[1]}/x"
        wanted = {
            "http://h.test:0/path": "request: GET",
            site.url("/cut"): "head: GET",
            "http://no-such-name.invalid/x": "lookup: GET",
            refused: "connect: GET",
        }
        pages = {page.url: page for page in pool.map(wanted)}
        for url, phase in wanted.items():
            assert f"{phase} {url}" in " ".join(pages[url].error.__notes__)
            if phase != "request: GET":
                with pytest.raises((OSError, HTTPException)):
                    pool.request("GET", url)
