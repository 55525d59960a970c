"""Redirects: which request follows, what it carries, and what becomes of it where none can."""

from __future__ import annotations

import gc
import io
import pickle
import sys
import weakref
from collections.abc import Callable
from http.client import HTTPException, IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, closing, hang, serving
from .stage import End, Play, Stage

BODY = b"a body"


def to(where: str, status: int = 302, body: bytes = b"", *fields: bytes) -> bytes:
    """A redirect."""
    location = b"Location: " + where.encode("latin-1")
    return answer(body, location, *fields, status=b"%d Elsewhere" % status)


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


@pytest.fixture
def follower(make_pool: Callable[..., Any]) -> Any:
    return make_pool(redirects=5)


# ----------------------------------------------------------------- what follows


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_each_status_with_each_method(
    package: ModuleType, follower: Any, site: Site, status: int, method: str
) -> None:
    has_body = method in ("POST", "PUT", "PATCH")
    site.answers["/"] = b"HTTP/1.1 %d M\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n" % status
    site.answers["/to"] = b"HTTP/1.1 204 No\r\n\r\n"
    fields = {"Content-Type": "text/plain", "X-Own": "1"} if has_body else {"X-Own": "1"}
    request = package.Request(
        site.url("/"), method, headers=fields, body=BODY if has_body else None
    )
    page = _of(follower, request)
    becomes_get = (status in (301, 302) and method == "POST") or (
        status == 303 and method not in ("GET", "HEAD")
    )
    assert (page.error, page.status, page.url) == (None, 204, site.url("/to"))
    first, second = site.heard
    assert (first.method, second.method) == (method, "GET" if becomes_get else method)
    assert second.body == (BODY if has_body and not becomes_get else b"")
    assert second.fields.get("content-type") == (
        "text/plain" if has_body and not becomes_get else None
    )
    if becomes_get:
        assert "content-length" not in second.fields
    assert second.fields["x-own"] == "1"
    assert page.tries == 2
    assert [(each.status, each.url) for each in page.history] == [(status, site.url("/"))]
    assert page.request is request
    assert site.opened == 1


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 309, 399, 404])
def test_other_statuses_are_answers(follower: Any, site: Site, status: int) -> None:
    site.answers["/"] = to("/to", status)
    page = _of(follower, site.url("/"))
    assert (page.error, page.status, page.history) == (None, status, [])
    assert site.targets == ["/"]


@pytest.mark.parametrize("said", [b"HTTP/1.1 302 F\r\nContent-Length: 1\r\n\r\nx"])
def test_a_redirect_to_nowhere_is_an_answer(follower: Any, site: Site, said: bytes) -> None:
    site.answers["/"] = said
    page = _of(follower, site.url("/"))
    assert (page.error, page.status, page.body, page.history) == (None, 302, b"x", [])


def test_none_is_followed_unless_that_is_asked_for(pool: Any, site: Site) -> None:
    site.answers["/"] = to("/to", 302, b"there")
    page = _of(pool, site.url("/"))
    assert (page.error, page.status, page.body) == (None, 302, b"there")
    assert (page.history, page.retried, page.tries) == ([], [], 1)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("str", lambda: "text"),
        ("bytearray", lambda: bytearray(b"text")),
        ("list", lambda: [b"te", b"xt"]),
        ("file", lambda: io.BytesIO(b"text")),
        ("file within", lambda: _at(io.BytesIO(b"not this text"), 9)),
        ("large", lambda: b"text" * 100_000),
    ],
)
def test_a_body_is_sent_again(
    package: ModuleType, follower: Any, site: Site, kind: str, body: Callable[[], Any]
) -> None:
    for path in ("/0", "/1", "/2"):
        site.answers[path] = to(f"/{int(path[1:]) + 1}", 307)
    page = _of(follower, package.Request(site.url("/0"), "POST", body=body()))
    assert page.error is None
    expected = b"text" * (100_000 if kind == "large" else 1)
    assert [heard.body for heard in site.heard] == [expected] * 4
    assert [heard.method for heard in site.heard] == ["POST"] * 4


def _at(file: io.BytesIO, at: int) -> io.BytesIO:
    file.seek(at)
    return file


class _Pipe:
    """A file that cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def read(self, size: int = -1) -> bytes:
        piece, self._left = self._left, b""
        return piece


@pytest.mark.parametrize("body", [lambda: iter([b"once"]), lambda: _Pipe(b"once")])
@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_body_that_can_be_sent_only_once_is_not_sent_again(
    package: ModuleType, follower: Any, site: Site, body: Callable[[], Any], status: int
) -> None:
    site.answers["/"] = to("/to", status, b"moved")
    page = _of(follower, package.Request(site.url("/"), "PUT", body=body()))
    assert isinstance(page.error, HTTPException)
    assert "only once" in str(page.error)
    assert f"{site.url('/to')}" in str(page.error)
    assert (page.status, page.phase, page.body) == (status, "redirect", b"moved")
    assert [heard.body for heard in site.heard] == [b"once"]
    # It has an answer, and the connection is as good as ever.
    assert _of(follower, site.url("/x")).error is None
    assert site.opened == 1


@pytest.mark.parametrize("status", [302, 303])
def test_a_body_that_can_be_sent_only_once_may_be_dropped(
    package: ModuleType, follower: Any, site: Site, status: int
) -> None:
    site.answers["/"] = to("/to", status)
    page = _of(follower, package.Request(site.url("/"), "POST", body=iter([b"once"])))
    assert (page.error, page.status) == (None, 200)
    assert [(heard.method, heard.body) for heard in site.heard] == [("POST", b"once"), ("GET", b"")]


def test_a_dropped_body_stays_dropped(package: ModuleType, follower: Any, site: Site) -> None:
    site.answers["/"] = to("/1", 303)
    site.answers["/1"] = to("/2", 307)
    page = _of(follower, package.Request(site.url("/"), "POST", body=iter([b"once"])))
    assert page.error is None
    assert [heard.method for heard in site.heard] == ["POST", "GET", "GET"]


def test_a_redirect_before_the_body_was_sent(
    package: ModuleType, follower: Any, site: Site
) -> None:
    site.unread.add("/")
    site.answers["/"] = lambda exchange: exchange.end(to("/to", 307, b"", b"Connection: close"))
    body = b"x" * 5_000_000
    request = package.Request(site.url("/"), "PUT", body=body)
    pages = list(follower.map([request, *site.urls(3)]))
    assert [page.status for page in pages if page.request is not request] == [200] * 3
    (page,) = [page for page in pages if page.request is request]
    if page.error is None:  # unless the answer was lost with the connection
        assert page.url == site.url("/to")
        assert next(heard.body for heard in site.heard if heard.target == "/to") == body
    else:
        assert isinstance(page.error, OSError)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/to", "/to"),
        ("to", "/a/to"),
        ("../to", "/to"),
        ("../../../to", "/to"),
        ("./to/.", "/a/to/"),
        ("?q=1", "/a/b?q=1"),
        ("/a b", "/a%20b"),
        ("/caf\u00c3\u00a9", "/caf%C3%A9"),
        ("/caf\u00e9", "/caf%E9"),
        ("\\to", "/to"),
        ("http:to", "/a/to"),
        ("/to#part", "/to"),
        ("  /to\t", "/to"),
        ("//h.test/to", "/to"),
        ("///h.test/to", "/to"),
        ("HTTP://H.TEST/to", "/to"),
        ("http://h.test", "/"),
        ("http://h.test?q", "/?q"),
        ("/to,/from", "/to,/from"),
        ("/to, /from", "/to,%20/from"),
        ("/%0d%0aX:y", "/%0d%0aX:y"),
        ("/a?b=http://x.test/", "/a?b=http://x.test/"),
    ],
)
def test_odd_locations(
    make_pool: Callable[..., Any], site: Site, location: str, target: str
) -> None:
    pool = make_pool(redirects=1, resolver=site.resolve)
    site.answers["/a/b"] = to(location)
    page = _of(pool, "http://h.test/a/b?x")
    if location == "?q=1":
        assert isinstance(page.error, HTTPException)  # it is answered in the same way
    else:
        assert page.error is None
        assert page.url.startswith("http://h.test" + target)
    assert site.targets == ["/a/b?x", target]
    assert site.opened == 1


@pytest.mark.parametrize(
    "location",
    [
        *("ftp://h.test/", "file:///etc/passwd", "javascript:alert(1)", "data:,x", "mailto:a@b.c"),
        *("http://", "http:///", "//", "http://h.test:0/", "http://h.test:99999/", "http://[::1/"),
        *("http://h te.st/", "http://a..\u00c3\u00a9/", "/a\x01b", "/a\x7fb", "http://%00/"),
        *(
            "http://h%2ftest/",
            "http://\u00ff/",
            "http://xn--a/\x0b",
            "http://a:b:c@/",
            "https://@/",
        ),
    ],
    ids=ascii,
)
def test_a_location_that_is_no_page_is_an_error(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, location: str
) -> None:
    pool = make_pool(redirects=5, resolver=site.resolve)
    site.answers["/"] = to(location, 302, b"moved")
    page = _of(pool, "http://h.test/")
    assert isinstance(page.error, package.client.InvalidURL), page
    assert (page.phase, page.status, page.body) == ("redirect", 302, b"moved")
    assert (page.url, page.history) == ("http://h.test/", [])
    assert site.targets == ["/"]
    assert pool._engine.slots.open == 1
    assert _of(pool, "http://h.test/x").error is None
    assert site.opened == 1


def test_fragments_are_kept_and_not_sent(follower: Any, site: Site) -> None:
    site.answers["/keeps"] = to("/to")
    site.answers["/has"] = to("/to#new")
    site.answers["/drops"] = to("/to#")
    for path, fragment in (("/keeps", "#old"), ("/has", "#new"), ("/drops", "#")):
        page = _of(follower, site.url(path + "#old"))
        assert (page.error, page.url) == (None, site.url("/to" + fragment))
        assert [each.url for each in page.history] == [site.url(path + "#old")]
    assert all("#" not in target for target in site.targets)


def test_several_locations(follower: Any, site: Site) -> None:
    site.answers["/same"] = to("/to", 302, b"", b"Location: /to")
    site.answers["/other"] = to("/to", 302, b"", b"Location: /elsewhere")
    assert _of(follower, site.url("/same")).url == site.url("/to")
    page = _of(follower, site.url("/other"))
    assert isinstance(page.error, HTTPException)
    assert (page.status, page.phase) == (302, "redirect")


# ---------------------------------------------------------------- what it carries

_SECRET = {"Authorization": "Bearer x", "Cookie": "a=b", "Proxy-Authorization": "Basic y"}


@pytest.mark.parametrize("whose", ["request", "pool"])
@pytest.mark.parametrize("other", ["host", "port"])
def test_secrets_do_not_cross_origins_and_do_not_come_back(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, whose: str, other: str
) -> None:
    with serving() as second:
        by_port = {site.port: site, second.port: second}
        pool = make_pool(
            redirects=5,
            resolver=lambda host, port: by_port[port].resolve(host, port),
            headers=_SECRET if whose == "pool" else None,
        )
        far = f"http://h.test:{second.port}" if other == "port" else f"http://g.test:{site.port}"
        near = f"http://h.test:{site.port}"
        site.answers["/0"] = to("/1")
        site.answers["/1"] = to(f"{far}/2")
        for each in (site, second):
            each.answers["/2"] = to(f"{near}/3")
        fields = {"X-Own": "1", "Host": f"h.test:{site.port}"}
        if whose == "request":
            fields |= _SECRET
        page = _of(pool, package.Request(f"{near}/0", headers=fields))
        assert (page.error, page.url) == (None, f"{near}/3")
        heard = {each.target: each for each in [*site.heard, *second.heard]}
        for path, kept in (("/0", True), ("/1", True), ("/2", False), ("/3", False)):
            for name in _SECRET:
                assert (name.lower() in heard[path].fields) is kept, (path, name)
            assert heard[path].fields["x-own"] == "1"
        assert heard["/2"].host == far.partition("//")[2]
        assert heard["/3"].host == near.partition("//")[2]


def test_what_a_field_is_called_does_not_depend_on_case(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(redirects=5, resolver=site.resolve)
    site.answers["/"] = to(f"http://other.test:{site.port}/to")
    fields = {"AUTHORIZATION": "x", "cOOKIE": "y", "proxy-authorization": "z"}
    page = _of(pool, package.Request(site.url("/", "h.test"), headers=fields))
    assert page.error is None
    assert not {"authorization", "cookie", "proxy-authorization"} & set(site.heard[1].fields)


_A, _B = "Basic YTpi", "Basic Yzpk"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/to", _A),
        ("http://h.test:PORT/to", _A),
        ("http://c:d@h.test:PORT/to", _B),
        ("http://other.test:PORT/to", None),
        ("//other.test:PORT/to", None),
        ("http://c:d@other.test:PORT/to", _B),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_credentials_of_urls(
    package: ModuleType,
    make_pool: Callable[..., Any],
    site: Site,
    location: str,
    expected: str | None,
    own: bool,
) -> None:
    """The program's own field is the one that is sent, as long as it may be."""
    pool = make_pool(redirects=5, resolver=site.resolve)
    site.answers["/"] = to(location.replace("PORT", str(site.port)))
    site.answers["/to"] = to("/last")
    headers = {"Authorization": "own"} if own else {}
    page = _of(pool, package.Request(f"http://a:b@h.test:{site.port}/", headers=headers))
    assert page.error is None
    if own and "other" not in location:
        expected = "own"
    sent = [heard.fields.get("authorization") for heard in site.heard]
    assert sent == ["own" if own else _A, expected, expected]


def test_an_error_shows_no_password(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(redirects=3, resolver=site.resolve)
    site.answers["/"] = to(f"http://who:s3cret@h.test:{site.port}/")
    page = _of(pool, f"http://me:pa55@h.test:{site.port}/")
    assert isinstance(page.error, HTTPException)
    said = str(page.error) + " ".join(getattr(page.error, "__notes__", []))
    assert "s3cret" not in said
    assert "pa55" not in said


def test_from_http_to_https_and_back(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, safe_site: Site, context: Any
) -> None:
    pool = make_pool(redirects=5, context=context)
    site.answers["/"] = to(safe_site.url("/safe", "localhost"))
    safe_site.answers["/safe"] = to(site.url("/last", "localhost"))
    request = package.Request(site.url("/", "localhost"), headers={"Authorization": "x"})
    page = _of(pool, request)
    assert (page.error, page.url) == (None, site.url("/last", "localhost"))
    assert [heard.fields.get("authorization") for heard in site.heard] == ["x", None]
    assert "authorization" not in safe_site.heard[0].fields
    page = _of(make_pool(redirects=5), request)  # which trusts nobody
    assert isinstance(page.error, OSError)
    assert (page.phase, page.url) == ("TLS", safe_site.url("/safe", "localhost"))
    assert [each.status for each in page.history] == [302]


# ------------------------------------------------------------------------- chains


def test_a_circle_is_an_error_that_names_the_chain(
    package: ModuleType, follower: Any, site: Site
) -> None:
    site.answers["/0"] = to("/1")
    site.answers["/1"] = to("/2#x")
    site.answers["/2"] = to("/1#y")
    page = _of(follower, site.url("/0"))
    assert isinstance(page.error, package.TooManyRedirects)
    chain = tuple(map(site.url, ("/0", "/1", "/2#x", "/1#y")))
    assert page.error.chain == chain
    assert " -> ".join(chain) in str(page.error)
    assert (page.phase, page.status, page.url) == ("redirect", 302, site.url("/2#x"))
    assert [each.url for each in page.history] == [*chain[:2]]
    assert site.targets == ["/0", "/1", "/2"]


@pytest.mark.parametrize("cookies", [False, True])
def test_a_redirect_to_itself_is_a_circle_at_once(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, cookies: bool
) -> None:
    site.answers["/"] = to("/")
    page = _of(make_pool(redirects=5, cookies=cookies), site.url("/"))
    assert isinstance(page.error, package.TooManyRedirects)
    assert site.targets == ["/"]


def test_a_post_may_be_sent_back_to_where_it_came_from(
    package: ModuleType, follower: Any, site: Site
) -> None:
    def form(exchange: Exchange) -> None:
        exchange.send(to("/", 303) if exchange.method == "POST" else answer(b"done"))

    site.answers["/"] = form
    assert _of(follower, package.Request(site.url("/"), "POST", body=b"x")).body == b"done"


@pytest.mark.parametrize("most", [1, 3])
def test_too_many_are_an_error(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, most: int
) -> None:
    def on(exchange: Exchange) -> None:
        number = int(exchange.target.partition("?")[2])
        exchange.send(to(f"/?{number + 1}") if number < 3 else answer(b"last"))

    site.answers["/"] = on
    page = _of(make_pool(redirects=most), site.url("/?0"))
    if most == 3:
        assert (page.error, page.body, len(page.history), page.tries) == (None, b"last", 3, 4)
    else:
        assert isinstance(page.error, package.TooManyRedirects)
        assert str(most) in str(page.error)
        assert page.error.chain == tuple(site.url(f"/?{n}") for n in range(3))
        assert site.targets == ["/?0", "/?1"]


def test_the_history_is_of_pages(follower: Any, site: Site) -> None:
    site.answers["/0"] = to("/1", 301, b"first", b"X-A: 1")
    site.answers["/1"] = chunked(b"second").replace(b"200 OK", b"302 F\r\nLocation: /2")
    page = _of(follower, site.url("/0"))
    first, second = page.history
    assert (first.status, first.body, first.getheader("x-a")) == (301, b"first", "1")
    assert (second.status, second.body, second.url) == (302, b"second", site.url("/1"))
    assert [each.tries for each in (first, second, page)] == [1, 2, 3]
    assert first.error is second.error is None
    assert first.history == second.history == []
    assert 0 < first.elapsed <= second.elapsed <= page.elapsed
    page.history.clear()
    assert len(page.history) == 2


def test_a_page_with_a_history_can_be_pickled(
    package: ModuleType, follower: Any, site: Site
) -> None:
    if package is not sys.modules["fasthttp"]:
        pytest.skip("a second copy of the package cannot be found by name")
    site.answers["/0"] = to("/1", 301, b"first", b"X-A: 1")
    site.answers["/loop"] = to("/loop")
    page = _of(follower, site.url("/0"))
    kept = pickle.loads(pickle.dumps(page))
    assert (kept.url, kept.body, kept.tries) == (page.url, page.body, 2)
    (before,) = kept.history
    assert (before.status, before.body, before.url) == (301, b"first", site.url("/0"))
    assert before.getheader("x-a") == "1"
    kept = pickle.loads(pickle.dumps(_of(follower, site.url("/loop"))))
    assert kept.error.chain == (site.url("/loop"),) * 2


# ---------------------------------------------------------- bodies of redirects


def test_a_sink_gets_the_last_body_only(package: ModuleType, follower: Any, site: Site) -> None:
    site.answers["/0"] = to("/1", 301, b"first" * 100_000)
    site.answers["/1"] = chunked(b"second").replace(b"200 OK", b"302 F\r\nLocation: /2")
    site.answers["/2"] = answer(b"last")
    sink = io.BytesIO()
    page = _of(follower, package.Request(site.url("/0"), sink=sink))
    assert (page.error, page.body, sink.getvalue()) == (None, b"", b"last")
    assert [each.body for each in page.history] == [b"first" * 100_000, b"second"]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_redirect_that_is_cut_is_an_error(
    make_pool: Callable[..., Any], site: Site, retries: int
) -> None:
    pool = make_pool(redirects=5, retries=retries)
    cut = b"HTTP/1.1 302 F\r\nLocation: /to\r\nContent-Length: 10\r\n\r\n12345"
    said = [cut, answer(b"whole")]
    site.answers["/"] = lambda exchange: exchange.end(said.pop(0))
    page = _of(pool, site.url("/"))
    if retries:  # the other answer is no redirect: it leads nowhere
        assert (page.error, page.body, page.history) == (None, b"whole", [])
        assert site.targets == ["/", "/"]
        assert [type(each) for each in page.retried] == [IncompleteRead]
    else:
        assert isinstance(page.error, IncompleteRead)
        assert (page.status, page.body, page.phase) == (302, b"12345", "body")
        assert site.targets == ["/"]


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts references")
@pytest.mark.parametrize("location", [b"/", b"x:y", b"/to", b""])
@pytest.mark.parametrize("length", [b"Content-Length: 10\r\n", b"Content-Length: 5\r\n", b""])
def test_what_a_redirect_leads_to_holds_no_frames(
    make_pool: Callable[..., Any], site: Site, location: bytes, length: bytes
) -> None:
    pool = make_pool(redirects=5)
    head = b"HTTP/1.1 302 F\r\nLocation: " + location + b"\r\n" + length + b"\r\n"
    site.answers["/"] = closing(head + b"12345")
    run = pool.map([site.url("/")])
    page = next(run)
    assert page.url == site.url("/to") or page.error is not None
    gone = weakref.ref(run)
    gc.disable()
    try:
        del run
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("said", ["length", "chunked"])
def test_a_redirect_is_followed_whatever_the_size_of_its_body(
    make_pool: Callable[..., Any], site: Site, said: str
) -> None:
    """No more of it is taken than of a page."""
    pool = make_pool(redirects=5, max_body=10)
    long = to("/to", 302, b"x" * 11)
    if said == "chunked":
        long = chunked(b"x" * 11).replace(b"200 OK", b"302 F\r\nLocation: /to")
    site.answers["/"] = long
    site.answers["/to"] = answer(b"there")
    page = _of(pool, site.url("/"))
    assert (page.error, page.body) == (None, b"there")
    assert [past.body for past in page.history] == [b"x" * 10]
    assert pool._engine.slots.open == 1


def test_of_a_body_that_never_ends_a_redirect_takes_a_little(
    package: ModuleType, stage: Stage
) -> None:
    def endless(end: End) -> Play:
        if (yield from end.request())[0] == "/":
            end.say(b"HTTP/1.1 302 F\r\nLocation: /to\r\n\r\n")
            for _ in range(64):
                end.say(b"x" * 65536)
                yield 0.01
        else:
            end.say(answer(b"there"))

    site = stage.site(endless)
    with stage.pool(package, redirects=5) as pool:
        (page,) = pool.map([site.url("/")])
        assert (page.error, page.body) == (None, b"there")
        assert [len(past.body) for past in page.history] == [1 << 20]
        assert page.elapsed < 0.64


def test_a_redirect_that_was_cut_short_is_no_page(package: ModuleType, stage: Stage) -> None:
    """Where a delay leaves no time to follow it."""

    def long(end: End) -> Play:
        while (yield from end.request()) is not None:
            end.say(to("/to", 302, b"x" * 200))

    site = stage.site(long)
    with stage.pool(package, redirects=5, max_body=100, delay=50.0, deadline=20.0) as pool:
        (page,) = pool.map([site.url("/")])
        assert isinstance(page.error, package.client.IncompleteRead)
        assert (page.status, page.body, page.phase) == (302, b"x" * 100, "body")


# ---------------------------------------------------------------- times and places


def test_redirects_of_many_pages_do_not_cross(make_pool: Callable[..., Any], site: Site) -> None:
    """Each with its own chain of hops over two hosts, which share few connections."""
    pool = make_pool(redirects=10, total=5, per_host=3, resolver=site.resolve, cookies=True)

    def on(exchange: Exchange) -> None:
        page, _, hop = exchange.path[1:].partition("/")
        if int(hop) < int(page) % 6:
            host = "g.test" if int(hop) % 2 else "h.test"
            exchange.send(to(f"http://{host}:{site.port}/{page}/{int(hop) + 1}"))
        else:
            exchange.send(answer(exchange.path.encode()))

    site.default = on
    urls = [site.url(f"/{number}/0", "h.test") for number in range(200)]
    for page, url in zip(pool.map(urls, ordered=True), urls, strict=True):
        number = int(url.split("/")[3])
        assert page.error is None
        assert page.body == f"/{number}/{number % 6}".encode()
        assert [each.url.split("/", 3)[3] for each in page.history] == [
            f"{number}/{hop}" for hop in range(number % 6)
        ]
        assert page.history[0].url == url if page.history else page.url == url
    assert pool._engine.slots.open == len(pool._engine.slots.all_idle()) <= 5
    assert site.most_open <= 5 + 1  # what is closed here may be seen later there


def test_the_deadline_is_for_all_hops(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(redirects=5, deadline=0.4)

    def on(exchange: Exchange) -> None:
        asked = exchange.target.partition("?")[2]
        if len(asked) == 3:
            exchange.hang()
        site.closing.wait(0.08)
        exchange.send(to(f"/?{asked}1"))

    site.answers["/"] = on
    page = _of(pool, site.url("/"))
    assert isinstance(page.error, TimeoutError)
    assert 0.39 < page.elapsed < 1.4
    assert (len(page.history), page.phase) == (3, "head")


def _redirecting(coding: bytes = b"", body: bytes = b"moved") -> Callable[[End], Play]:
    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            end.say(to("/to", 302, body, coding) if request[0] == "/" else answer(b"there"))

    return play


@pytest.mark.parametrize("has_sink", [False, True])
@pytest.mark.parametrize("most", [None, 3])
def test_where_delay_leaves_no_time_the_answer_that_is_there_is_given(
    package: ModuleType, stage: Stage, has_sink: bool, most: int | None
) -> None:
    import gzip

    coded = gzip.compress(b"moved")
    site = stage.site(_redirecting(b"Content-Encoding: gzip", coded))
    sink = io.BytesIO()
    request = package.Request(
        site.url("/"), sink=sink if has_sink else None, max_body=None if most is None else 40
    )
    settings = {"redirects": 5, "delay": 10.0, "deadline": 5.0, "decode": True}
    with stage.pool(package, **settings) as pool:
        (page,) = pool.map([request])
        assert (page.error, page.status, page.url) == (None, 302, site.url("/"))
        assert (page.body, sink.getvalue()) == ((b"", b"moved") if has_sink else (b"moved", b""))
        assert (page.history, page.retried, page.tries) == ([], [], 1)
        assert [end.heard for end in site.ends] == [["/"]]
    settings["max_body"] = 3
    site.clear()
    with stage.pool(package, **settings) as pool:
        (page,) = pool.map([package.Request(site.url("/"), max_body=None)])
        assert isinstance(page.error, HTTPException)  # of the coded body


@pytest.mark.parametrize("delay", [0, 0.5])
def test_a_redirect_that_waits_for_others_until_the_deadline(
    package: ModuleType, stage: Stage, delay: float
) -> None:
    """Its host's connections are all busy: that is an error. With a delay it is as with a delay
    that takes too long: the answer that is there is given.
    """

    def stalling(end: End) -> Play:
        while (yield from end.request()) is not None:
            yield 100.0

    busy = stage.site(stalling)

    def redirecting(end: End) -> Play:
        while (yield from end.request()) is not None:
            yield 1.0
            end.say(to(busy.url("/to"), 302, b"moved"))

    site = stage.site(redirecting)
    limits = {"redirects": 5, "per_host": 1, "deadline": 7.0, "timeout": None, "delay": delay}
    with stage.pool(package, **limits) as pool:
        hogs = package.Request(busy.url("/hog"), deadline=50.0)
        pages = {page.request.url: page for page in pool.map([hogs, site.url("/")])}
        page = pages[site.url("/")]
        if delay:
            assert (page.error, page.status, page.body) == (None, 302, b"moved")
            assert page.url == site.url("/")
        else:
            assert isinstance(page.error, TimeoutError)
            assert (page.phase, page.url) == ("queue", busy.url("/to"))
            assert [past.status for past in page.history] == [302]
        assert isinstance(pages[busy.url("/hog")].error, TimeoutError)
        assert pool._engine.slots.waiting == 0


def test_the_order_counts_by_the_requests(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(redirects=5)

    def slowly(exchange: Exchange) -> None:
        site.closing.wait(0.05)
        exchange.send(to("/to"))

    site.answers["/slow"] = slowly
    urls = [site.url("/slow"), *site.urls(5), site.url("/slow")]
    run = pool.map(urls, ordered=True)
    pages = list(run)
    assert [page.request.url for page in pages] == urls
    assert [page.url for page in pages] == [site.url("/to"), *site.urls(5), site.url("/to")]
    assert (run.progress.done, run.progress.failed, run.progress.under_way) == (7, 0, 0)
    assert run.progress.waiting == 0


def test_allow_is_asked_for_each_hop(make_pool: Callable[..., Any], site: Site) -> None:
    asked = []

    def allow(host: str, address: str, port: int) -> bool:
        asked.append((host, address, port))
        return host != "inner.test"

    pool = make_pool(redirects=5, resolver=site.resolve, allow=allow)
    site.answers["/"] = to(f"http://g.test:{site.port}/in")
    site.answers["/in"] = to(f"http://inner.test:{site.port}/secret")
    page = _of(pool, site.url("/", "h.test"))
    assert isinstance(page.error, PermissionError)
    assert (page.phase, page.url) == ("connect", f"http://inner.test:{site.port}/secret")
    assert (page.status, page.body) == (None, b"")
    assert [each.status for each in page.history] == [302, 302]
    assert [host for host, _, _ in asked] == ["h.test", "g.test", "inner.test"]
    assert site.targets == ["/", "/in"]
    assert pool._engine.slots.open == 2


def test_a_redirect_to_who_refuses(make_pool: Callable[..., Any], site: Site) -> None:
    import socket

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/x"
        site.answers["/"] = to(url)
        page = _of(make_pool(redirects=5), site.url("/"))
    assert isinstance(page.error, ConnectionError)
    assert (page.phase, page.url, page.status, page.body) == ("connect", url, None, b"")
    assert len(page.history) == 1


def test_a_run_that_is_closed_between_hops(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(redirects=5)
    site.answers["/"] = to("/hang")
    site.answers["/hang"] = hang
    run = pool.map([site.url("/first"), site.url("/")])
    next(run)
    site.wait_for(lambda: True)
    run.close()
    assert list(run) == []
    assert pool._engine.slots.waiting == 0
    assert pool._engine.slots.open == len(pool._engine.slots.all_idle())
    assert _of(pool, site.url("/x")).error is None


def test_a_kept_connection_that_has_ended_is_no_matter_for_a_redirected_post(
    package: ModuleType, stage: Stage
) -> None:
    """What was a POST is a GET by now, and may be sent again."""

    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            if request[0] == "/":
                end.say(to("/to", 303))
                yield from end.request()  # the connection ends when it is asked for more
                end.stop()
                return
            end.say(answer(b"there"))

    site = stage.site(play)
    with stage.pool(package, redirects=5) as pool:
        for body in (b"x", io.BytesIO(b"x")):
            (page,) = pool.map([package.Request(site.url("/"), "POST", body=body)])
            assert (page.error, page.body, page.tries) == (None, b"there", 3)


def test_dropped_requests_are_those_that_wait(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(redirects=5, per_host=1)
    site.answers["/r"] = to("/to")
    with pool.map([site.url("/r"), site.url("/2"), site.url("/3")]) as run:
        first = next(run)
        dropped = run.drop(lambda request: True)
        left = list(run)
    assert first.error is None
    assert len(dropped) + len(left) == 2


def test_in_asyncio(make_pool: Callable[..., Any], site: Site) -> None:
    import asyncio

    pool = make_pool(redirects=5)
    site.answers["/"] = to("/to")

    async def main() -> list[Any]:
        return [page async for page in pool.amap([site.url("/")] * 20)]

    try:
        pages = asyncio.run(main())
    except NotImplementedError:
        pytest.skip("asyncio is not for this poller")
    assert [(page.error, page.url) for page in pages] == [(None, site.url("/to"))] * 20


def test_with_the_shell_s_functions(package: ModuleType, site: Site) -> None:
    site.answers["/"] = to("/to")
    assert package.get(site.url("/")).url == site.url("/to")
    (page,) = package.fetch([site.url("/")], redirects=0)
    assert page.status == 302


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", None, True])
def test_redirects_must_be_a_number(package: ModuleType, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="redirects"):
        package.Pool(redirects=wrong)
