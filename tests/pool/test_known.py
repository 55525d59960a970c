"""Pages that are known: asked for only where they have changed."""

from __future__ import annotations

import gc
import gzip
import io
import pickle
import sys
from collections.abc import Callable
from http.client import IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, closing

ETAG = b'"v1"'
DATE = b"Tue, 15 Nov 1994 12:45:26 GMT"
_CONDITIONS = ("if-none-match", "if-modified-since")


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


def not_modified(*fields: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 304 Not Modified", *fields, b"", b""])


def serve(site: Site, path: str = "/", *fields: bytes, body: bytes = b"known") -> None:
    """Serve a page that has not changed for whom knows it."""

    def on(exchange: Exchange) -> None:
        if any(name in exchange.fields for name in _CONDITIONS):
            exchange.send(not_modified(b"ETag: " + ETAG))
        else:
            exchange.send(answer(body, b"ETag: " + ETAG, b"Last-Modified: " + DATE, *fields))

    site.answers[path] = on


def _conditions(exchange: Exchange) -> list[str | None]:
    return [exchange.fields.get(name) for name in _CONDITIONS]


def test_what_has_not_changed_has_the_known_body(
    package: ModuleType, pool: Any, site: Site
) -> None:
    serve(site)
    first = _of(pool, site.url("/"))
    again = _of(pool, package.Request(site.url("/"), known=first))
    assert (again.error, again.status, again.body) == (None, 304, b"known")
    assert (again.url, again.tries, again.history) == (site.url("/"), 1, [])
    assert _conditions(site.heard[0]) == [None, None]
    assert _conditions(site.heard[1]) == [ETAG.decode(), DATE.decode()]
    third = _of(pool, package.Request(site.url("/"), known=again))
    assert (third.status, third.body) == (304, b"known")
    assert _conditions(site.heard[2]) == [ETAG.decode(), DATE.decode()]
    assert site.opened == 1


def test_what_has_changed_is_new(package: ModuleType, pool: Any, site: Site) -> None:
    site.answers["/"] = answer(b"old", b'ETag: "1"')
    first = _of(pool, site.url("/"))
    site.answers["/"] = answer(b"new", b'ETag: "2"')
    again = _of(pool, package.Request(site.url("/"), known=first))
    assert (again.status, again.body) == (200, b"new")
    site.answers["/"] = answer(b"newer")
    third = _of(pool, package.Request(site.url("/"), known=again))
    assert third.body == b"newer"
    assert site.heard[2].fields["if-none-match"] == '"2"'
    assert _of(pool, package.Request(site.url("/"), known=third)).body == b"newer"
    assert _conditions(site.heard[3]) == [None, None]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([b'ETag: "x"'], ['"x"', None]),
        ([b'ETag: W/"x"'], ['W/"x"', None]),
        ([b"ETag: unquoted"], ["unquoted", None]),
        ([b"Last-Modified: " + DATE], [None, DATE.decode()]),
        ([b"Last-Modified: yesterday"], [None, "yesterday"]),
        ([b"ETag:"], [None, None]),
        ([b"ETag: a\x01b"], [None, None]),
        ([b'ETag: "\xff"'], ['"\xff"', None]),
        ([], [None, None]),
    ],
)
def test_validators_are_sent_back_as_they_came(
    package: ModuleType, pool: Any, site: Site, fields: list[bytes], expected: list[str | None]
) -> None:
    site.answers["/"] = answer(b"known", *fields)
    first = _of(pool, site.url("/"))
    assert _of(pool, package.Request(site.url("/"), known=first)).body == b"known"
    assert _conditions(site.heard[1]) == expected


def test_a_304_says_what_is_valid_from_now_on(package: ModuleType, pool: Any, site: Site) -> None:
    site.answers["/"] = answer(b"known", b'ETag: "1"', b"Last-Modified: " + DATE)
    page = _of(pool, site.url("/"))
    site.answers["/"] = not_modified(b'ETag: "2"')
    for expected in ('"1"', '"2"', '"2"'):
        page = _of(pool, package.Request(site.url("/"), known=page))
        assert (page.status, page.body) == (304, b"known")
        assert _conditions(site.heard[-1]) == [expected, DATE.decode()]


@pytest.mark.parametrize("path", ["/other", "/?q", "/#part"])
def test_another_url_is_asked_for_without_conditions(
    package: ModuleType, pool: Any, site: Site, path: str
) -> None:
    serve(site)
    first = _of(pool, site.url("/"))
    page = _of(pool, package.Request(site.url(path), known=first))
    assert (page.error, page.status) == (None, 200)
    assert _conditions(site.heard[1]) == [None, None]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_have_no_conditions(
    package: ModuleType, pool: Any, site: Site, method: str
) -> None:
    serve(site)
    first = _of(pool, site.url("/"))
    assert _of(pool, package.Request(site.url("/"), method, known=first)).status == 200
    assert _conditions(site.heard[1]) == [None, None]


@pytest.mark.parametrize(
    "name",
    ["If-None-Match", "IF-MODIFIED-SINCE", "If-Match", "If-Range", "If-Unmodified-Since", "range"],
)
@pytest.mark.parametrize("whose", ["request", "pool"])
def test_own_conditions_are_the_program_s(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, name: str, whose: str
) -> None:
    own = {name: '"own"'}
    first = None
    site.answers["/"] = answer(b"known", b"ETag: " + ETAG)
    first = _of(make_pool(), site.url("/"))
    site.answers["/"] = not_modified()
    pool = make_pool(headers=own if whose == "pool" else None)
    page = _of(
        pool, package.Request(site.url("/"), headers=own if whose == "request" else {}, known=first)
    )
    assert (page.error, page.status, page.body) == (None, 304, b"")
    sent = {key: value for key, value in site.heard[1].fields.items() if value == '"own"'}
    assert list(sent) == [name.lower()]
    assert ETAG.decode() not in site.heard[1].fields.values()


@pytest.mark.parametrize("status", [b"404 Not", b"500 Not", b"206 Partial", b"203 Other"])
def test_what_is_no_whole_answer_is_asked_for_as_if_nothing_were_known(
    package: ModuleType, pool: Any, site: Site, status: bytes
) -> None:
    site.answers["/"] = answer(b"bad", b"ETag: " + ETAG, status=status)
    first = _of(pool, site.url("/"))
    serve(site)
    assert _of(pool, package.Request(site.url("/"), known=first)).body == b"known"
    assert _conditions(site.heard[1]) == [None, None]


def test_a_page_that_failed_is_none_that_is_known(
    package: ModuleType, pool: Any, site: Site
) -> None:
    site.answers["/"] = closing(answer(b"known", b"ETag: " + ETAG)[:-1])
    cut = _of(pool, site.url("/"))
    assert isinstance(cut.error, IncompleteRead)
    failed = _of(pool, "http://h.test:0/")
    serve(site)
    for known in (cut, failed):
        page = _of(pool, package.Request(site.url("/"), known=known))
        assert (page.status, page.body) == (200, b"known")
        assert _conditions(site.heard[-1]) == [None, None]


@pytest.mark.parametrize("wrong", ["page", 1, b"x", object()])
def test_known_must_be_a_page(package: ModuleType, wrong: Any) -> None:
    with pytest.raises(TypeError, match="known must be a Page"):
        package.Request("http://h.test/", known=wrong)


def test_a_304_that_nobody_asked_for_has_no_body(
    package: ModuleType, pool: Any, site: Site
) -> None:
    site.answers["/known"] = answer(b"known")  # without validators
    first = _of(pool, site.url("/known"))
    site.answers["/"] = site.answers["/known"] = not_modified()
    assert (_of(pool, site.url("/")).body, _of(pool, site.url("/")).status) == (b"", 304)
    page = _of(pool, package.Request(site.url("/known"), known=first))
    assert (page.status, page.body) == (304, b"")


def test_text_and_charset_are_the_known_page_s(package: ModuleType, pool: Any, site: Site) -> None:
    serve(site, "/", b"Content-Type: text/html; charset=koi8-r", body=b"\xc1")
    page = first = _of(pool, site.url("/"))
    for _ in range(3):
        page = _of(pool, package.Request(site.url("/"), known=page))
        assert page.status == 304
        assert (page.text, page.charset) == (first.text, first.charset) == ("\u0430", "koi8-r")
    site.answers["/"] = not_modified(b"Content-Type: text/html; charset=utf-16le")
    page = _of(pool, package.Request(site.url("/"), known=page))
    assert page.charset == "utf-16le"
    if package is sys.modules["fasthttp"]:
        again = pickle.loads(pickle.dumps(_of(pool, package.Request(site.url("/"), known=first))))
        assert (again.status, again.body) == (304, b"\xc1")


def test_known_pages_do_not_keep_those_before(package: ModuleType, pool: Any, site: Site) -> None:
    serve(site)
    page = _of(pool, site.url("/"))
    kept = []
    for _ in range(5):
        page = _of(pool, package.Request(site.url("/"), known=page))
        kept.append(page.request.known)
    assert page.body == b"known"
    assert all(each.body is page.body for each in kept)  # which is there once


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts references")
def test_of_a_chain_of_known_pages_the_last_one_is_kept(
    package: ModuleType, pool: Any, site: Site
) -> None:
    serve(site)
    before = _count(package)
    page = _of(pool, site.url("/"))
    for _ in range(10):
        page = _of(pool, package.Request(site.url("/"), known=page))
    gc.collect()
    assert page.status == 304
    assert _count(package) - before <= 2


def _count(package: ModuleType) -> int:
    gc.collect()
    return sum(type(each).__name__ == "Page" for each in gc.get_objects())


def test_head_has_conditions_too(package: ModuleType, pool: Any, site: Site) -> None:
    serve(site)
    first = _of(pool, site.url("/"))
    page = _of(pool, package.Request(site.url("/"), "HEAD", known=first))
    assert (page.error, page.status) == (None, 304)


def test_with_a_sink_what_is_known_is_in_the_page(
    package: ModuleType, pool: Any, site: Site
) -> None:
    """Nothing has come that the sink could be given."""
    serve(site)
    first = _of(pool, site.url("/"))
    sink = io.BytesIO()
    page = _of(pool, package.Request(site.url("/"), known=first, sink=sink))
    assert (page.status, page.body, sink.getvalue()) == (304, b"known", b"")


def test_decoded_bodies_are_known_as_they_are(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(decode=True)
    serve(site, "/", b"Content-Encoding: gzip", body=gzip.compress(b"decoded"))
    first = _of(pool, site.url("/"))
    site.answers["/"] = not_modified(b"Content-Encoding: gzip")
    page = _of(pool, package.Request(site.url("/"), known=first))
    assert (page.error, page.status, page.body) == (None, 304, b"decoded")


def test_known_is_for_the_hop_that_has_its_url(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    """A redirect leads to it, and away from it."""
    pool = make_pool(redirects=5)
    serve(site, "/page")
    site.answers["/"] = answer(b"", b"Location: /page", b"ETag: x", status=b"302 F")
    first = _of(pool, site.url("/"))
    assert (first.url, first.body) == (site.url("/page"), b"known")
    again = _of(pool, package.Request(site.url("/"), known=first))
    assert (again.status, again.url, again.body) == (304, site.url("/page"), b"known")
    assert len(again.history) == 1
    assert _conditions(site.heard[2]) == [None, None]
    assert _conditions(site.heard[3]) == [ETAG.decode(), DATE.decode()]
    site.answers["/page"] = answer(b"", b"Location: /moved", status=b"302 F")
    site.answers["/moved"] = not_modified()
    moved = _of(pool, package.Request(site.url("/page"), known=first))
    assert (moved.status, moved.url, moved.body) == (304, site.url("/moved"), b"")
    assert _conditions(site.heard[-1]) == [None, None]
    assert _conditions(site.heard[-2]) == [ETAG.decode(), DATE.decode()]


def test_second_tries_have_the_conditions_too(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(retries=1)
    serve(site)
    first = _of(pool, site.url("/"))
    said = [answer(b"", status=b"503 N"), not_modified()]
    site.answers["/"] = lambda exchange: exchange.send(said.pop(0))
    page = _of(pool, package.Request(site.url("/"), known=first))
    assert (page.status, page.body, page.retried) == (304, b"known", [503])
    assert (
        _conditions(site.heard[-1])
        == _conditions(site.heard[-2])
        == [
            ETAG.decode(),
            DATE.decode(),
        ]
    )


def test_one_request_may_be_made_many_times(package: ModuleType, pool: Any, site: Site) -> None:
    serve(site)
    request = package.Request(site.url("/"), known=_of(pool, site.url("/")))
    pages = list(pool.map([request] * 50))
    assert [(page.error, page.status, page.body) for page in pages] == [(None, 304, b"known")] * 50
