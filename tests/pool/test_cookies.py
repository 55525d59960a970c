"""Cookies: what a pool keeps of answers, and what it sends to whom."""

from __future__ import annotations

import http.cookiejar
import sys
from collections.abc import Callable
from http.client import HTTPException, IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, closing, serving


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


def setting(*cookies: str, status: bytes = b"200 OK", to: str = "") -> bytes:
    """An answer that sets cookies, and may be a redirect."""
    fields = [b"Set-Cookie: " + each.encode("latin-1") for each in cookies]
    if to:
        fields.append(b"Location: " + to.encode())
    return answer(b"set", *fields, status=b"302 F" if to else status)


def _sent(site: Site) -> list[str | None]:
    return [heard.fields.get("cookie") for heard in site.heard]


@pytest.fixture
def keeper(make_pool: Callable[..., Any], site: Site) -> Any:
    """A pool with a jar, for which every name is the site's."""
    return make_pool(cookies=True, redirects=5, resolver=site.resolve)


# ----------------------------------------------------------------------- settings


@pytest.mark.parametrize("wrong", [1, "yes", {"a": "b"}, [], http.cookiejar.CookieJar()])
def test_cookies_must_be_a_jar(package: ModuleType, wrong: Any) -> None:
    with pytest.raises(TypeError, match="cookies"):
        package.Pool(cookies=wrong)


def test_the_jar_is_the_pool_s(package: ModuleType, make_pool: Callable[..., Any]) -> None:
    jar = package.Cookies()
    assert make_pool(cookies=jar).cookies is jar
    assert make_pool().cookies is None
    assert make_pool(cookies=False).cookies is None
    first, second = make_pool(cookies=True).cookies, make_pool(cookies=True).cookies
    assert len(first) == len(second) == 0
    assert first is not second


def test_an_empty_jar_is_a_jar(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    """Though it is false, as all that is empty."""
    jar = package.Cookies()
    site.answers["/"] = setting("a=1")
    pool = make_pool(cookies=jar)
    assert _of(pool, site.url("/")).error is None
    assert jar.get("a", "127.0.0.1") == "1"


def test_none_are_kept_unless_that_is_asked_for(pool: Any, site: Site) -> None:
    site.answers["/"] = setting("a=1")
    for _ in range(2):
        assert _of(pool, site.url("/")).error is None
    assert _sent(site) == [None, None]
    assert pool.cookies is None


# ----------------------------------------------------------------- keep and send


def test_a_cookie_comes_back(package: ModuleType, keeper: Any, site: Site) -> None:
    site.answers["/set"] = setting("a=1", "b=2; Path=/deep", "c=\u00c3\u00a9")
    for path in ("/set", "/x", "/deep/x", "/set"):
        assert _of(keeper, site.url(path)).error is None
    assert _of(keeper, package.Request(site.url("/x"), "POST", body=b"x")).error is None
    assert _sent(site) == [
        None,
        "a=1; c=\u00c3\u00a9",
        "b=2; a=1; c=\u00c3\u00a9",
        "a=1; c=\u00c3\u00a9",
        "a=1; c=\u00c3\u00a9",
    ]


def test_cookies_of_each_kind_of_answer(package: ModuleType, keeper: Any, site: Site) -> None:
    """Whether its body comes at once, in pieces, not at all, or is an error."""
    said: dict[str, Any] = {
        "whole": setting("whole=1"),
        "pieces": lambda exchange: exchange.send_slowly(setting("pieces=1"), 0.0005, 9),
        "404": setting("404=1", status=b"404 Not"),
        "503": setting("503=1", status=b"503 Not"),
        "204": b"HTTP/1.1 204 No\r\nSet-Cookie: 204=1\r\n\r\n",
        "304": b"HTTP/1.1 304 No\r\nSet-Cookie: 304=1\r\n\r\n",
        "chunked": b"HTTP/1.1 200 OK\r\nset-COOKIE: chunked=1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: trailer=1\r\n\r\n",
        "cut": closing(setting("cut=1")[:-1]),
        "interim": b"HTTP/1.1 103 E\r\nSet-Cookie: early=1\r\n\r\n" + setting("interim=1"),
    }
    for name, each in said.items():
        site.answers[f"/{name}"] = each
    pages = list(keeper.map([site.url(f"/{name}") for name in said]))
    cut = [page for page in pages if page.error is not None]
    assert [type(page.error) for page in cut] == [IncompleteRead]
    # What a head says counts as soon as it is there, as in browsers; a trailer and an interim
    # response say nothing about cookies.
    assert {each.name for each in keeper.cookies} == set(said)
    head = package.Request(site.url("/whole"), "HEAD")
    keeper.cookies.clear()
    site.answers["/whole"] = setting("whole=1")[:-3]
    assert _of(keeper, head).error is None
    assert {each.name for each in keeper.cookies} == {"whole"}


def test_a_body_that_cannot_be_decoded_makes_no_difference(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(cookies=True, decode=True, max_body=2)
    for path, field in (("/odd", b"Content-Encoding: odd"), ("/gzip", b"Content-Encoding: gzip")):
        site.answers[path] = answer(b"xx", field, b"Set-Cookie: " + path[1:].encode() + b"=1")
        assert isinstance(_of(pool, site.url(path)).error, package.DecodingError)
    site.answers["/long"] = setting("long=1")
    assert isinstance(_of(pool, site.url("/long")).error, HTTPException)
    assert {each.name for each in pool.cookies} == {"odd", "gzip", "long"}


@pytest.mark.parametrize("name", ["Cookie", "cookie", "COOKIE"])
@pytest.mark.parametrize("whose", ["request", "pool"])
def test_the_program_s_own_field_is_the_one_that_is_sent(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, name: str, whose: str
) -> None:
    of_pool = {name: "own=1"} if whose == "pool" else None
    pool = make_pool(cookies=True, headers=of_pool)
    site.answers["/"] = setting("a=1")
    headers = {name: "own=1"} if whose == "request" else {}
    for _ in range(2):
        assert _of(pool, package.Request(site.url("/"), headers=headers)).error is None
    assert _sent(site) == ["own=1", "own=1"]
    assert pool.cookies.get("a", "127.0.0.1") == "1"
    if whose == "pool":
        assert _of(pool, site.url("/")).error is None
        assert _sent(site)[2] == "own=1"


def test_cookies_of_one_host_do_not_go_to_another(keeper: Any, site: Site) -> None:
    site.answers["/set"] = setting(
        "host=1", "below=1; Domain=example.org", "evil=1; Domain=other.test", "all=1; Domain=org"
    )
    assert _of(keeper, site.url("/set", "www.example.org")).error is None
    for host in (
        "www.example.org",
        "WWW.Example.ORG",
        "example.org",
        "a.example.org",
        "other.test",
    ):
        assert _of(keeper, site.url("/x", host)).error is None
    assert _sent(site)[1:] == ["host=1; below=1"] * 2 + ["below=1"] * 2 + [None]


def test_ports_share_cookies(make_pool: Callable[..., Any], keeper: Any, site: Site) -> None:
    """RFC 6265 8.5: they do not keep hosts apart."""
    site.answers["/set"] = setting("a=1")
    assert _of(keeper, site.url("/set")).error is None
    with serving() as other:
        jar = keeper.cookies
        assert _of(make_pool(cookies=jar), other.url("/x")).error is None
        assert _sent(other) == ["a=1"]


def test_secure_cookies(
    make_pool: Callable[..., Any], site: Site, safe_site: Site, context: Any
) -> None:
    pool = make_pool(cookies=True, context=context)
    safe_site.answers["/set"] = setting("s=1; Secure", "n=1")
    site.answers["/set"] = setting("s=evil", "p=1; Secure", "q=1")
    for given in (safe_site.url("/set", "localhost"), site.url("/set", "localhost")):
        assert _of(pool, given).error is None
    assert _of(pool, safe_site.url("/x", "localhost")).error is None
    assert _of(pool, site.url("/x", "localhost")).error is None
    assert _sent(safe_site) == [None, "s=1; n=1; q=1"]
    assert _sent(site) == ["n=1", "n=1; q=1"]


def test_cookies_that_expire(keeper: Any, site: Site) -> None:
    site.answers["/set"] = setting("a=1", "b=1; Max-Age=1000", "c=1; Max-Age=0")
    site.answers["/unset"] = setting("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    for path in ("/set", "/x", "/unset", "/x"):
        assert _of(keeper, site.url(path)).error is None
    assert _sent(site) == [None, "a=1; b=1", "a=1; b=1", "b=1"]


def test_two_pools_share_a_jar(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    jar = package.Cookies()
    first, second = make_pool(cookies=jar), make_pool(cookies=jar)
    site.answers["/set"] = setting("a=1")
    assert _of(first, site.url("/set")).error is None
    assert _of(second, site.url("/x")).error is None
    jar.set("b", "2", "127.0.0.1")
    assert _of(first, site.url("/x")).error is None
    assert _sent(site) == [None, "a=1", "a=1; b=2"]


# ---------------------------------------------------------------------- redirects


@pytest.mark.parametrize("hops", [0, 1])
def test_a_cookie_wall(package: ModuleType, keeper: Any, site: Site, hops: int) -> None:
    """Sites set a cookie and send back to where one came from."""

    def wall(exchange: Exchange) -> None:
        if "seen=1" in exchange.fields.get("cookie", ""):
            exchange.send(answer(b"behind it"))
        else:
            exchange.send(setting(*() if hops else ("seen=1",), to="/set" if hops else "/"))

    site.answers["/"] = wall
    site.answers["/set"] = setting("seen=1; Path=/", to="/")
    page = _of(keeper, site.url("/"))
    assert (page.error, page.body, len(page.history)) == (None, b"behind it", hops + 1)
    assert _of(keeper, site.url("/")).history == []


def test_a_wall_without_a_jar_is_a_circle(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    site.answers["/"] = setting("seen=1", to="/")
    page = _of(make_pool(redirects=9), site.url("/"))
    assert isinstance(page.error, package.TooManyRedirects)
    assert site.targets == ["/"]


def test_a_wall_that_wants_ever_new_cookies_ends(
    package: ModuleType, keeper: Any, site: Site
) -> None:
    site.answers["/"] = lambda exchange: exchange.send(setting(f"n={len(site.heard)}", to="/"))
    page = _of(keeper, site.url("/"))
    assert isinstance(page.error, package.TooManyRedirects)
    assert len(page.error.chain) == 7
    assert len(site.heard) == 6


def test_each_hop_has_the_cookies_of_its_host(keeper: Any, site: Site) -> None:
    port = site.port
    site.answers["/0"] = setting("h=1", to=f"http://g.test:{port}/1")
    site.answers["/1"] = setting("g=1", to=f"http://h.test:{port}/2")
    site.answers["/2"] = setting("h=2", to=f"http://g.test:{port}/3")
    page = _of(keeper, f"http://h.test:{port}/0")
    assert (page.error, page.url) == (None, f"http://g.test:{port}/3")
    assert _sent(site) == [None, None, "h=1", "g=1"]


def test_an_own_field_does_not_cross_and_the_jar_s_does_not_either(
    package: ModuleType, keeper: Any, site: Site
) -> None:
    keeper.cookies.set("jar", "1", "g.test")
    site.answers["/0"] = setting("h=1", to="/1")
    site.answers["/1"] = setting(to=f"http://g.test:{site.port}/2")
    request = package.Request(f"http://h.test:{site.port}/0", headers={"Cookie": "own=1"})
    assert _of(keeper, request).error is None
    assert _sent(site) == ["own=1", "own=1", "jar=1"]


def test_from_https_to_http_no_secure_cookie_goes(
    make_pool: Callable[..., Any], site: Site, safe_site: Site, context: Any
) -> None:
    pool = make_pool(cookies=True, redirects=5, context=context)
    safe_site.answers["/"] = setting("s=1; Secure", "n=1", to=site.url("/", "localhost"))
    site.answers["/"] = setting(to=safe_site.url("/last", "localhost"))
    assert _of(pool, safe_site.url("/", "localhost")).error is None
    assert _sent(site) == ["n=1"]
    assert _sent(safe_site) == [None, "s=1; n=1"]


# --------------------------------------------------------------------------- more


def test_cookies_of_many_hosts_do_not_mix(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(cookies=True, total=8, resolver=site.resolve)

    def on(exchange: Exchange) -> None:
        name = exchange.host.partition(".")[0]
        sent = exchange.fields.get("cookie")
        is_right = sent in (None, f"id={name}")
        exchange.send(answer(b"right" if is_right else b"wrong", f"Set-Cookie: id={name}".encode()))

    site.default = on
    urls = [site.url(f"/{n}", f"h{n % 20}.test") for n in range(400)]
    assert [page.body for page in pool.map(urls)] == [b"right"] * 400
    assert len(pool.cookies) == 20


def test_hostile_fields_do_no_harm(keeper: Any, site: Site) -> None:
    odd = [
        *("", "=", ";", ";;;", "=;=", "a", "a=b; Domain=", "a=b; Domain=.", "a=b; Path"),
        *("x" * 5000, "n=" + "v" * 5000, "a=b; Max-Age=" + "9" * 5000, "a=b; Expires=never"),
        *("a=b; Expires=" + "1" * 1000, "__Host-a=b", "__Secure-a=b", "a=\xff\xfe", "a=b\tc"),
    ]
    site.answers["/set"] = setting(*odd, *(f"c{n}=1" for n in range(300)))
    assert _of(keeper, site.url("/set")).error is None
    page = _of(keeper, site.url("/x"))
    assert page.error is None
    assert len(keeper.cookies) <= 180
    assert len(_sent(site)[1] or "") < 100_000


def test_what_a_cookie_holds_cannot_end_a_line(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    jar = package.Cookies()
    for value in ("1\r\nX: y", "1\nX: y", "1\0", "1; b=2"):
        with pytest.raises(ValueError):
            jar.set("a", value, "127.0.0.1")
    site.answers["/set"] = setting("a=1\x00; x", "b=1\x0b", "c=2")
    pool = make_pool(cookies=jar)
    for path in ("/set", "/x"):
        assert _of(pool, site.url(path)).error is None
    assert "x" not in site.heard[1].fields
    assert all(character >= " " for character in _sent(site)[1] or "")


def test_through_threads_no_cookies_are_kept(keeper: Any, site: Site) -> None:
    site.answers["/set"] = setting("a=1")
    keeper.request("GET", site.url("/set")).read()
    assert len(keeper.cookies) == 0


def test_what_is_kept_is_saved_and_loaded(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, tmp_path: Any
) -> None:
    site.answers["/set"] = setting("a=1; Max-Age=1000", "b=2")
    pool = make_pool(cookies=True)
    assert _of(pool, site.url("/set")).error is None
    pool.cookies.save(tmp_path / "jar")
    jar = package.Cookies()
    jar.load(tmp_path / "jar")
    assert _of(make_pool(cookies=jar), site.url("/x")).error is None
    assert "a=1" in (_sent(site)[1] or "")
    pool = make_pool(cookies=package.Cookies(pool.cookies.to_cookiejar()))
    assert _of(pool, site.url("/x")).error is None
    assert "a=1" in (_sent(site)[2] or "")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="measures one of them")
def test_a_page_without_new_cookies_changes_nothing(keeper: Any, site: Site) -> None:
    site.answers["/set"] = setting("a=1")
    assert _of(keeper, site.url("/set")).error is None
    before = list(keeper.cookies)
    assert all(page.error is None for page in keeper.map(site.urls(50)))
    assert list(keeper.cookies) == before
    assert _sent(site)[1:] == ["a=1"] * 50
