"""Bodies of requests, of every kind that http.client takes."""

from __future__ import annotations

import array
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, hang


def _blocks() -> Iterator[bytes]:
    yield b"first, "
    yield b""
    yield b"second"


@pytest.mark.parametrize(
    ("make", "sent", "is_chunked"),
    [
        (lambda: b"bytes", b"bytes", False),
        (lambda: b"", b"", False),
        (lambda: None, b"", False),
        (lambda: "text \xe9", b"text \xe9", False),
        (lambda: bytearray(b"more bytes"), b"more bytes", False),
        (lambda: memoryview(b"a view"), b"a view", False),
        (lambda: array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes(), False),
        (lambda: memoryview(b"0123456789")[::1], b"0123456789", False),
        (lambda: io.BytesIO(b"a file"), b"a file", True),
        (lambda: io.StringIO("a text \xe9"), b"a text \xe9", True),
        (lambda: io.BytesIO(b""), b"", True),
        (lambda: [b"a ", b"list"], b"a list", True),
        (lambda: (b"a ", bytearray(b"tuple")), b"a tuple", True),
        (list, b"", True),
        (_blocks, b"first, second", True),
        (lambda: iter([memoryview(b"views")]), b"views", True),
        (lambda: b"x" * 100_000, b"x" * 100_000, False),
        (lambda: [b"x" * 100_000] * 5, b"x" * 500_000, True),
        (lambda: io.BytesIO(b"x" * 100_000), b"x" * 100_000, True),
    ],
)
def test_a_body_of_any_kind_is_sent(
    package: ModuleType,
    pool: Any,
    site: Site,
    make: Callable[[], Any],
    sent: bytes,
    is_chunked: bool,
) -> None:
    requests = [package.Request(site.url("/"), method="POST", body=make()) for _ in range(2)]
    for request in requests:
        (page,) = pool.map([request])
        assert page.error is None
    assert [exchange.body for exchange in site.heard] == [sent, sent]
    for exchange in site.heard:
        assert ("transfer-encoding" in exchange.fields) == is_chunked
        assert ("content-length" in exchange.fields) != is_chunked
    assert site.opened == 1
    pool.request("POST", site.url("/"), make()).read()
    assert site.heard[2].body == sent


def test_a_file_is_sent(package: ModuleType, pool: Any, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 50_000)
    with path.open("rb") as binary, path.open() as text:
        binary.seek(10)
        requests = [package.Request(site.url("/"), "PUT", body=file) for file in (binary, text)]
        assert [page.error for page in pool.map(requests)] == [None, None]
    assert sorted(len(exchange.body) for exchange in site.heard) == [499_990, 500_000]


@pytest.mark.parametrize("name", ["Content-Length", "content-length"])
@pytest.mark.parametrize("make", [lambda: io.BytesIO(b"12345"), lambda: iter([b"123", b"45"])])
def test_a_content_length_that_is_given_is_kept(
    package: ModuleType, pool: Any, site: Site, name: str, make: Callable[[], Any]
) -> None:
    request = package.Request(site.url("/"), "POST", {name: "5"}, make())
    assert [page.error for page in pool.map([request, site.url("/")])] == [None, None]
    exchange = next(each for each in site.heard if each.method == "POST")
    assert (exchange.body, exchange.fields["content-length"]) == (b"12345", "5")
    assert "transfer-encoding" not in exchange.fields


def test_fields_are_sent_as_http_client_sends_them(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(headers={"User-Agent": "one", "X-Own": 5, b"X-Bytes": b"b"})
    other = {"user-agent": "two", "Host": "other.test", "Accept-Encoding": "gzip"}
    assert len(list(pool.map([site.url("/1")]))) == 1
    assert len(list(pool.map([package.Request(site.url("/2"), headers=other)]))) == 1
    pool.request("GET", site.url("/3"), headers=other).read()
    one, two, three = (exchange.fields for exchange in site.heard)
    assert one["user-agent"] == "one"
    assert (one["host"], one["accept-encoding"]) == (f"127.0.0.1:{site.port}", "identity")
    assert (two["user-agent"], two["host"], two["accept-encoding"]) == ("two", "other.test", "gzip")
    assert one["x-own"] == two["x-own"] == "5"
    assert one["x-bytes"] == two["x-bytes"] == "b"
    assert three == two


@pytest.mark.parametrize("kind", ["bytes", "blocks", "file"])
def test_a_large_body_to_a_slow_reader_holds_up_nobody(
    package: ModuleType, pool: Any, site: Site, kind: str
) -> None:
    size = 8 << 20
    others_are_done = threading.Event()

    def read_late(exchange: Exchange) -> None:
        got = len(exchange.read_some(1000))
        others_are_done.wait(20)
        while got < size:
            got += len(exchange.read_some(min(65536, size - got)))
        exchange.send(answer(b"%d" % got))

    site.answers["/late"] = read_late
    site.unread.add("/late")
    content = b"0123456789abcdef" * (size // 16)
    body: Any = content
    if kind == "file":
        body = io.BytesIO(content)
    elif kind == "blocks":
        body = (content[at : at + 100_000] for at in range(0, size, 100_000))
    large = package.Request(site.url("/late"), "PUT", {"Content-Length": str(size)}, body)
    run = pool.map([large, *site.urls(100)])
    for _ in range(100):
        assert next(run).request.method == "GET"
    others_are_done.set()
    assert next(run).body == b"%d" % size


def test_a_body_is_taken_only_as_the_socket_takes_it(
    package: ModuleType, pool: Any, site: Site
) -> None:
    site.answers["/hang"] = lambda exchange: exchange.site.closing.wait(20)
    site.unread.add("/hang")
    taken = [0]

    def blocks() -> Iterator[bytes]:
        while True:
            taken[0] += 1
            yield b"x" * 65536

    run = pool.map([package.Request(site.url("/hang"), "PUT", body=blocks()), *site.urls(300)])
    for _ in range(300):
        assert next(run).error is None
    assert 0 < taken[0] < 1000  # what the system's buffers take
    run.close()


class _WrongError(Exception):
    """Raised by a body."""


def _raising() -> Iterator[bytes]:
    yield b"some"
    raise _WrongError


class _RaisingFile(io.RawIOBase):
    """A file that cannot be read."""

    def read(self, size: int = -1) -> bytes:
        raise _WrongError


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (_raising, _WrongError),
        (_RaisingFile, _WrongError),
        (lambda: ["text"], TypeError),
        (lambda: [5], TypeError),
        (lambda: 5, TypeError),
        (lambda: io.StringIO("\u20ac"), UnicodeEncodeError),
        (lambda: "\u20ac", UnicodeEncodeError),
    ],
)
def test_what_a_body_raises_is_the_error_of_its_page(
    package: ModuleType, pool: Any, site: Site, make: Callable[[], Any], kind: type[Exception]
) -> None:
    given = package.Request(site.url("/wrong"), "PUT", body=make())
    pages = {page.request.method: page for page in pool.map([given, *site.urls(20)])}
    assert isinstance(pages["PUT"].error, kind)
    assert pages["PUT"].phase in ("request", "send")
    assert pages["GET"].error is None
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle())
    assert "/wrong" not in [each.target for each in site.heard if each.number in site.numbers[-1:]]
    for exchange in site.heard:
        assert exchange.method == "GET"  # no body was whole


def test_an_early_answer_to_a_large_body_counts(package: ModuleType, pool: Any, site: Site) -> None:
    """The server closes the connection without having read it all."""

    def refuse(exchange: Exchange) -> None:
        exchange.read_some(10_000)
        exchange.end(answer(b"too large", b"Connection: close", status=b"413 Too Large"))

    site.answers["/early"] = refuse
    site.unread.add("/early")
    for body in (b"x" * (4 << 20), (b"x" * 65536 for _ in range(64))):
        (page,) = pool.map([package.Request(site.url("/early"), "POST", body=body)])
        assert (page.status, page.body) == (413, b"too large")
    slots = pool._engine.slots
    assert slots.open == 0


def test_an_early_answer_leaves_a_connection_that_is_not_used_again(
    package: ModuleType, pool: Any, site: Site
) -> None:
    """The rest of the body would be read as the next request."""
    has_come = threading.Event()

    def refuse(exchange: Exchange) -> None:
        exchange.send(answer(b"too large", status=b"413 Too Large"))
        has_come.wait(20)
        exchange.hang()

    site.answers["/early"] = refuse
    site.unread.add("/early")
    (page,) = pool.map([package.Request(site.url("/early"), "POST", body=b"x" * (64 << 20))])
    assert (page.status, page.body, page.error) == (413, b"too large", None)
    has_come.set()
    (page,) = pool.map([site.url("/next")])
    assert page.body == b"1 /next"


def test_a_server_that_reads_no_body_times_out(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(timeout=0.3)
    site.answers["/hang"] = lambda exchange: exchange.site.closing.wait(20)
    site.unread.add("/hang")
    (page,) = pool.map([package.Request(site.url("/hang"), "PUT", body=b"x" * (16 << 20))])
    assert isinstance(page.error, TimeoutError)
    assert page.phase == "send"


def test_a_body_that_goes_on_for_longer_than_the_timeout_is_sent(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(timeout=0.8)
    size = 24 << 20
    site.welcome = lambda sock: sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)

    def read_slowly(exchange: Exchange) -> None:
        for _ in range(12):
            exchange.read_some(size // 12)
            exchange.site.closing.wait(0.1)
        exchange.send(answer(b"done"))

    site.answers["/slow"] = read_slowly
    site.unread.add("/slow")
    (page,) = pool.map([package.Request(site.url("/slow"), "PUT", body=b"x" * size)])
    assert (page.error, page.body) == (None, b"done")
    assert page.elapsed > 0.8


def test_no_answer_to_a_body_that_was_sent_is_waited_for_in_the_head(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(timeout=0.3)
    site.answers["/hang"] = hang
    (page,) = pool.map([package.Request(site.url("/hang"), "PUT", body=[b"x" * 100_000])])
    assert isinstance(page.error, TimeoutError)
    assert page.phase == "head"
