"""What a URL means, and which ones are refused."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPException
from types import ModuleType
from typing import Any

import pytest

from .site import Site, answer, hang, serving


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


@pytest.mark.parametrize(
    ("userinfo", "expected"),
    [
        ("who:secret", b"who:secret"),
        ("who:", b"who:"),
        ("who", b"who:"),
        (":secret", b":secret"),
        ("who:a:b", b"who:a:b"),
        ("who:a@b", b"who:a@b"),
        ("w%40o:p%3A%2F", b"w@o:p:/"),
        ("w%0D%0Ao:p", b"w\r\no:p"),  # which Base64 takes away
        ("\u00e9:\u20ac", "\u00e9:\u20ac".encode()),
        ("", None),
        (":", None),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("threaded", [False, True])
def test_credentials_become_a_field(
    package: ModuleType,
    make_pool: Callable[..., Any],
    site: Site,
    userinfo: str,
    expected: bytes | None,
    threaded: bool,
) -> None:
    pool = make_pool(resolver=site.resolve)
    url = f"http://{userinfo}@h.test/a"
    for _ in range(2):
        if threaded:
            assert pool.request("GET", url).read()
            continue
        for given in (url, package.Request(url)):
            page = _of(pool, given)
            assert (page.error, page.url) == (None, url)
    # Nobody has them who asks the same host without.
    assert _of(pool, "http://h.test/a").error is None
    field = None if expected is None else "Basic " + b64encode(expected).decode()
    *sent, last = [heard.fields.get("authorization") for heard in site.heard]
    assert sent == [field] * (2 if threaded else 4)
    assert last is None
    assert {(heard.host, heard.target) for heard in site.heard} == {("h.test", "/a")}
    assert site.opened == 1


@pytest.mark.parametrize("whose", ["request", "pool"])
def test_the_program_s_own_authorization_is_the_one_that_is_sent(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, whose: str
) -> None:
    own = {"AUTHORIZATION": "own"}
    pool = make_pool(resolver=site.resolve, headers=own if whose == "pool" else None)
    request = package.Request("http://a:b@h.test/", headers=own if whose == "request" else {})
    assert _of(pool, request).error is None
    assert site.heard[0].fields["authorization"] == "own"
    assert "YTpi" not in "".join(site.heard[0].fields.values())


def test_credentials_wait_and_are_tried_again_with_their_request(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(resolver=site.resolve, retries=1, per_host=1)
    said = [b"HTTP/1.1 503 N\r\nContent-Length: 0\r\n\r\n"]
    site.answers["/1"] = lambda exchange: exchange.send(said.pop() if said else answer(b"there"))
    urls = ["http://a:b@h.test/1", "http://h.test/2", "http://c:d@h.test/3"]
    with pool.map(urls) as run:
        run.add("http://e:f@h.test/4", delay=0.01)
        assert [page.error for page in run] == [None] * 4
    sent = {(heard.target, heard.fields.get("authorization")) for heard in site.heard}
    assert sent == {
        ("/1", "Basic YTpi"),
        ("/2", None),
        ("/3", "Basic Yzpk"),
        ("/4", "Basic ZTpm"),
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://a%3Ab:c@h.test/",
        "http://a\r\n:b@h.test/",
        "http://a:\x00@h.test/",
        "http://a:b@/",
        "http://a:b@:80/",
        "http://a:b@h.test:x/",
        "http://a:b\\@h.test/",
        "http://\ud800:b@h.test/",
        "ftp://me:pa55word@h.test/",
    ],
    ids=ascii,
)
def test_credentials_that_cannot_be_sent(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, url: str
) -> None:
    page = _of(make_pool(resolver=site.resolve), url)
    assert isinstance(page.error, package.client.InvalidURL)
    assert page.phase == "request"
    said = str(page.error) + " ".join(getattr(page.error, "__notes__", []))
    assert "pa55word" not in said
    assert site.opened == 0


def test_an_error_shows_no_credentials(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(resolver=site.resolve, timeout=0.1)
    site.answers["/hang"] = hang
    site.answers["/cut"] = lambda exchange: exchange.end(b"HTTP/1.1 200 OK\r\n")
    for path in ("/hang", "/cut"):
        page = _of(pool, f"http://who:pa55word@h.test{path}")
        assert page.error is not None
        assert "pa55word" not in str(page.error)
        assert "pa55word" not in " ".join(getattr(page.error, "__notes__", []))


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("http://stra\u00dfe.test/", None, "/"),
        ("http://B\u00dcCHER.test/", "xn--bcher-kva.test", "/"),
        ("http://b\u00fccher\u3002test/", "xn--bcher-kva.test", "/"),
        ("http://\uff48.test/", "h.test", "/"),
        ("  http://h.test/a  ", "h.test", "/a"),
        ("http://h.test/a b/\u00e9?\u20ac c#\u00fc d", "h.test", "/a%20b/%C3%A9?%E2%82%AC%20c"),
        ("http://h.test/%zz%", "h.test", "/%zz%"),
        ("http://h.test/\"<>^`{|}'", "h.test", None),
        ("http://h.test:0080/", "h.test", "/"),
        ("http://[0:0:0:0:0:0:0:1]/", "[::1]", "/"),
        ("http://[::FFFF:127.0.0.1]:81/", "[::ffff:7f00:1]:81", "/"),
    ],
    ids=ascii,
)
def test_what_a_person_pastes(
    make_pool: Callable[..., Any], site: Site, url: str, host: str | None, target: str | None
) -> None:
    pool = make_pool(resolver=site.resolve, redirects=1)
    page = _of(pool, url)
    assert (page.error, page.status) == (None, 200)
    heard = site.heard[0]
    assert heard.host == host or (host is None and heard.host.isascii())
    assert heard.target == target or (target is None and " " not in heard.target)
    # A redirect is as a URL that is given; its Location is bytes.
    location = b"Location: " + url.strip().encode()
    site.answers["/from"] = answer(b"", location, status=b"302 F")
    page = _of(pool, "http://from.test/from")
    assert (page.error, page.status) == (None, 200), page
    assert (site.heard[-1].host, site.heard[-1].target) == (heard.host, heard.target)
