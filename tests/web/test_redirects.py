"""What follows a redirect."""

from __future__ import annotations

import copy
import pickle
from http.client import HTTPException, InvalidURL

import pytest

from fasthttp._web.redirects import (
    Chain,
    Next,
    TooManyRedirects,
    fields_for_next,
    next_request,
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
#: (status, method): the next method; all others stay (RFC 9110 15.4, Fetch "HTTP-redirect fetch").
_BECOMES = {
    (301, "POST"): "GET",
    (302, "POST"): "GET",
    **{(303, method): "GET" for method in _METHODS if method != "HEAD"},
}


@pytest.mark.parametrize("method", _METHODS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_methods(status: int, method: str) -> None:
    found = next_request(status, method, "http://h.test/a", "/b")
    wanted = _BECOMES.get((status, method), method)
    drops_body = (status, method) in _BECOMES and method != "GET"
    assert found == Next("http://h.test/b", wanted, drops_body, False)


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 305, 306, 309, 399, 400, 404, 503])
def test_what_is_not_followed(status: int) -> None:
    assert next_request(status, "GET", "http://h.test/", "http://other.test/") is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_without_a_location_it_is_no_redirect(status: int) -> None:
    assert next_request(status, "GET", "http://h.test/", None) is None
    empty = next_request(status, "GET", "http://h.test/a?b", "")
    assert empty is not None and empty.url == "http://h.test/a?b"


@pytest.mark.parametrize("location", ["ftp://h.test/", "file:///etc/passwd", "data:,x", "//h:x/"])
def test_where_no_page_is(location: str) -> None:
    with pytest.raises(InvalidURL):
        next_request(302, "GET", "http://h.test/", location)


@pytest.mark.parametrize(
    ("location", "crosses"),
    [
        ("/b", False), ("http://h.test/b", False), ("http://H.TEST:80/b", False),
        ("https://h.test/b", True), ("http://h.test:81/", True), ("http://x.h.test/", True),
        ("//h.test/b", False), ("//h.test.evil.test/", True), ("http://h.test@evil.test/", True),
        ("http:\\\\evil.test\\", True), ("/\\evil.test", True), ("http://h.test./", True),
    ],
)  # fmt: skip
def test_origins(location: str, crosses: bool) -> None:
    found = next_request(302, "GET", "http://h.test/a", location)
    assert found is not None and found.crosses_origin is crosses


@pytest.mark.parametrize(
    ("status", "method", "is_error"),
    [
        (301, "POST", False), (302, "POST", False), (303, "POST", False), (303, "PUT", False),
        (307, "POST", True), (308, "POST", True), (307, "PUT", True), (301, "PUT", True),
        (302, "PATCH", True),
    ],
)  # fmt: skip
def test_a_body_that_can_be_sent_only_once(status: int, method: str, is_error: bool) -> None:
    arguments = (status, method, "http://h.test/", "//n:secret@h.test/b")
    assert next_request(*arguments) is not None
    if not is_error:
        assert next_request(*arguments, is_repeatable=False) is not None
        return
    with pytest.raises(HTTPException, match="a body that can be sent only once") as caught:
        next_request(*arguments, is_repeatable=False)
    assert "http://h.test/b" in str(caught.value) and "secret" not in str(caught.value)
    assert next_request(200, method, "http://h.test/", "/b", is_repeatable=False) is None


_FIELDS = {
    "Accept": "x",
    "AUTHORIZATION": "a",
    b"cookie": b"b",
    "Proxy-authorization": "c",
    "hOst": "h",
    "Content-Type": "t",
    b"content-length": 5,
    "CONTENT-ENCODING": "gzip",
    "Content-Language": "en",
    "Content-Location": "/",
    "Transfer-Encoding": "chunked",
    "Expect": "100-continue",
    b"X-Other": "y",
}


def test_fields() -> None:
    assert fields_for_next(_FIELDS, False, False) == _FIELDS
    assert fields_for_next(_FIELDS, False, False) is not _FIELDS
    within = fields_for_next(_FIELDS, False, True)
    assert list(within) == [*list(_FIELDS)[:5], b"X-Other"]
    across = fields_for_next(_FIELDS, True, False)
    assert list(across) == ["Accept", *list(_FIELDS)[5:]]
    assert fields_for_next(_FIELDS, True, True) == {"Accept": "x", b"X-Other": "y"}
    assert fields_for_next({}, True, True) == {}


def test_too_many() -> None:
    chain = Chain("GET", "http://h.test/0", 2)
    chain.add("GET", "http://h.test/1")
    chain.add("GET", "http://n:secret@h.test/2")
    with pytest.raises(TooManyRedirects, match="more than 2 redirects") as caught:
        chain.add("GET", "http://h.test/3")
    error = caught.value
    assert error.chain == (
        "http://h.test/0", "http://h.test/1", "http://h.test/2", "http://h.test/3",
    )  # fmt: skip
    assert str(error).endswith(
        "http://h.test/0 -> http://h.test/1 -> http://h.test/2 -> http://h.test/3"
    )
    assert isinstance(error, HTTPException)
    for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (str(same), same.chain) == (str(error), error.chain)


def test_circles() -> None:
    chain = Chain("GET", "http://h.test/a#1", 10)
    chain.add("GET", "http://h.test/b")
    with pytest.raises(TooManyRedirects, match=r"in a circle: http://h\.test/a#1 -> ") as caught:
        chain.add("GET", "http://h.test/a#2")
    assert len(caught.value.chain) == 3


def test_what_is_no_circle() -> None:
    chain = Chain("POST", "http://h.test/a", 10)
    chain.add("GET", "http://h.test/a")
    chain.add("GET", "http://h.test/a", "seen=1")
    chain.add("GET", "http://h.test/a", "seen=2")
    chain.add("GET", "http://h.test/a?b", "seen=2")
    with pytest.raises(TooManyRedirects, match="in a circle"):
        chain.add("GET", "http://h.test/a", "seen=1")
