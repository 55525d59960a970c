"""nginx: what each kind of answer looks like, above all those that have no body."""

from __future__ import annotations

import contextlib
import http.client
from types import ModuleType
from typing import Any

import pytest

from .nginx import Nginx
from .site import Site, digest


def _ask(connection: Any, path: str, method: str = "GET", **headers: str) -> Any:
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return connection.getresponse()


def _answer_still_fits(connection: Any, sock: Any) -> None:
    """The next answer on the same socket is the next request's."""
    assert connection.sock is sock
    assert _ask(connection, "/say/next").read() == b"GET /say/next"
    assert connection.sock is sock


def test_head_response_has_no_body(plain: Any, site: Site) -> None:
    """The length is announced, nothing is read, and the connection goes on."""
    response = _ask(plain, "/large.bin", "HEAD")
    sock = plain.sock
    assert (response.status, response.length) == (200, 0)
    assert response.getheader("Content-Length") == str(site.large_size)
    assert response.read() == b""
    assert response.isclosed()
    _answer_still_fits(plain, sock)


@pytest.mark.parametrize("path", ["/sub/text.txt", "/streamed/"])
def test_head_of_a_chunked_page_has_no_body(plain: Any, path: str) -> None:
    """Not even the last chunk follows."""
    response = _ask(plain, path, "HEAD")
    sock = plain.sock
    assert response.status == 200
    assert (response.read(10), response.read1(10), response.readline()) == (b"", b"", b"")
    response.close()
    _answer_still_fits(plain, sock)


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_304_has_no_body(plain: Any, header: str) -> None:
    """A conditional request that is met, with either validator."""
    first = _ask(plain, "/text.txt")
    first.read()
    condition = {"ETag": "If_None_Match", "Last-Modified": "If_Modified_Since"}[header]
    response = _ask(plain, "/text.txt", **{condition: first.getheader(header)})
    sock = plain.sock
    assert (response.status, response.reason) == (304, "Not Modified")
    assert (response.read(), response.isclosed()) == (b"", True)
    _answer_still_fits(plain, sock)


def test_204_has_no_body(plain: Any) -> None:
    """No length, no chunks, no waiting for the end."""
    response = _ask(plain, "/nothing")
    sock = plain.sock
    assert (response.status, response.reason, response.length) == (204, "No Content", 0)
    assert response.read() == b""
    _answer_still_fits(plain, sock)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=10-99", 10, 99), ("bytes=-100", -100, -1), ("bytes=5-", 5, -1)],
)
def test_range_gives_206_and_the_part(
    plain: Any, site: Site, asked: str, first: int, last: int
) -> None:
    """One range: exactly those bytes, and Content-Range says so."""
    response = _ask(plain, "/text.txt", Range=asked)
    first, last = first % len(site.text), last % len(site.text)
    assert (response.status, response.reason) == (206, "Partial Content")
    assert response.getheader("Content-Range") == f"bytes {first}-{last}/{len(site.text)}"
    assert response.read() == site.text[first : last + 1]


def test_ranges_put_together_are_the_file(plain: Any, site: Site) -> None:
    """A download resumed every 5 MiB over one connection."""
    step, body = 5 * 1024 * 1024, bytearray()
    while len(body) < site.large_size:
        response = _ask(plain, "/large.bin", Range=f"bytes={len(body)}-{len(body) + step - 1}")
        assert response.status == 206
        body += response.read()
    assert digest(body) == site.large_digest


def test_several_ranges_come_as_multipart(plain: Any, site: Site) -> None:
    """A multipart Content-Type does not disturb headers or body."""
    response = _ask(plain, "/text.txt", Range="bytes=0-4,10-14")
    assert response.status == 206
    assert response.headers.get_content_type() == "multipart/byteranges"
    boundary = response.headers.get_boundary()
    body = response.read()
    assert len(body) == int(response.getheader("Content-Length"))
    assert body.count(b"--" + boundary.encode()) == 3
    assert site.text[0:5] in body
    assert site.text[10:15] in body


def test_unsatisfiable_range_gives_416(plain: Any, site: Site) -> None:
    """The error page is an ordinary body."""
    response = _ask(plain, "/small.txt", Range="bytes=1000-")
    assert (response.status, response.reason) == (416, "Requested Range Not Satisfiable")
    assert response.getheader("Content-Range") == f"bytes */{len(site.small)}"
    assert len(response.read()) == int(response.getheader("Content-Length"))


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/absent", 404, "Not Found"),
        ("GET", "/forbidden", 403, "Forbidden"),
        ("POST", "/small.txt", 405, "Not Allowed"),
        ("GET", "/teapot", 418, ""),
        ("GET", "/broken", 500, "Internal Server Error"),
        ("GET", "/dead", 502, "Bad Gateway"),
    ],
)
def test_error_status_is_a_response_not_an_exception(
    plain: Any, method: str, path: str, status: int, reason: str
) -> None:
    """Status, reason and page come through; the connection goes on."""
    response = _ask(plain, path, method)
    assert response.status == response.code == response.getcode() == status
    assert response.reason == reason
    assert len(response.read()) == int(response.getheader("Content-Length"))
    assert _ask(plain, "/small.txt").read() == b"hello, small file\n"


def test_malformed_request_gives_400_and_closes(client: ModuleType, plain: Any) -> None:
    """nginx refuses a request without Host and hangs up."""
    plain.putrequest("GET", "/small.txt", skip_host=True)
    plain.endheaders()
    response = plain.getresponse()
    assert (response.status, response.will_close, plain.sock) == (400, True, None)
    assert len(response.read()) == int(response.getheader("Content-Length"))


def test_redirect_is_not_followed(plain: Any, nginx: Nginx) -> None:
    """301 with its Location and its page."""
    response = _ask(plain, "/moved")
    assert (response.status, response.reason) == (301, "Moved Permanently")
    assert response.getheader("Location") == f"http://{nginx.host}:{nginx.port}/small.txt"
    assert b"301" in response.read()


def test_options_and_unusual_methods_reach_the_server(plain: Any) -> None:
    """The method is sent as it is."""
    for method in ("OPTIONS", "PATCH", "DELETE", "PURGE"):
        response = _ask(plain, "/say/it", method)
        assert response.read() == f"{method} /say/it".encode()


def test_headers_are_an_httpmessage(plain: Any) -> None:
    """Lookup without regard to case; msg and info() are the same object."""
    response = _ask(plain, "/small.txt")
    assert isinstance(response.headers, http.client.HTTPMessage)
    assert response.msg is response.headers is response.info()
    assert response.headers["content-TYPE"] == response.getheader("Content-type") == "text/plain"
    assert response.getheader("absent") is None
    assert response.getheader("absent", ["a", "b"]) == "a, b"
    assert response.headers.defects == []
    assert response.getheader("Server").startswith("nginx")
    response.read()


def test_repeated_headers_are_all_there(plain: Any) -> None:
    """getheader() joins them, get_all() lists them."""
    response = _ask(plain, "/cookies")
    assert response.getheader("set-cookie") == "a=1; Path=/, b=2; Path=/"
    assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert response.read() == b""


def test_many_headers_keep_names_values_and_order(plain: Any) -> None:
    """All forty, as they were sent."""
    response = _ask(plain, "/headers/40")
    headers = response.getheaders()
    assert len(headers) == 40
    numbered = [pair for pair in headers if pair[0].startswith("X-Number-")]
    assert numbered == [(f"X-Number-{n}", f"value-{n}") for n in range(len(numbered))]
    assert response.read() == b"40"


@pytest.mark.parametrize("count", [101, 150])
def test_more_than_100_headers_are_refused(client: ModuleType, plain: Any, count: int) -> None:
    """The limit that protects from endless headers."""
    with pytest.raises(client.HTTPException, match="got more than 100 headers"):
        _ask(plain, f"/headers/{count}")
    plain.close()
    assert _ask(plain, "/small.txt").read() == b"hello, small file\n"


def test_exactly_100_headers_pass(newest: ModuleType, nginx: Nginx) -> None:
    """The blank line is not counted, as in the newest http.client."""
    connection = newest.HTTPConnection(nginx.host, nginx.port, timeout=30)
    with contextlib.closing(connection):
        response = _ask(connection, "/headers/100")
        assert len(response.getheaders()) == 100
        assert response.read() == b"100"


def test_max_response_headers_raises_the_limit(newest: ModuleType, nginx: Nginx) -> None:
    """150 headers pass with max_response_headers=200, twice on one connection."""
    connection = newest.HTTPConnection(nginx.host, nginx.port, timeout=30, max_response_headers=200)
    with contextlib.closing(connection):
        for _ in range(2):
            response = _ask(connection, "/headers/150")
            assert len(response.getheaders()) == 150
            assert response.read() == b"150"


def test_max_response_headers_lowers_the_limit(newest: ModuleType, nginx: Nginx) -> None:
    """The message names the limit that was set."""
    connection = newest.HTTPConnection(nginx.host, nginx.port, timeout=30, max_response_headers=20)
    with (
        contextlib.closing(connection),
        pytest.raises(newest.HTTPException, match="got more than 20 headers"),
    ):
        _ask(connection, "/headers/40")
