"""Limits: bytes of a head, content where there can be none, lengths and sizes beyond all measure.

What is wrong is an exception of http.client, never MemoryError, OverflowError or ValueError.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from http.client import HTTPException, IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import STYLES, until_empty
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"


def _exchange(connection: Any, method: str = "GET") -> tuple[int, bytes]:
    connection.request(method, "/")
    response = connection.getresponse()
    return response.status, response.read()


# ----------------------------------------------------------------------------- bytes of a head


def _lines(size: int) -> bytes:
    """Header lines of so many bytes together."""
    fields, rest = divmod(size, 1000)
    block = b"".join(b"X: " + b"y" * 995 + b"\r\n" for _ in range(fields))
    return block + (b"X:" + b"y" * (rest - 4) + b"\r\n" if rest else b"")


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "head": lambda lines: _OK + lines + b"\r\nok",
    "interim": lambda lines: b"HTTP/1.1 103 E\r\n" + lines + b"\r\n" + _OK + b"\r\nok",
    "trailers": lambda lines: _CHUNKED + b"2\r\nok\r\n0\r\n" + lines + b"\r\n",
}


@pytest.mark.parametrize("most", [10, 500, 4096, 9500])
@pytest.mark.parametrize("place", PLACES)
def test_max_head_bytes(connect: Connect, script: Script, place: str, most: int) -> None:
    """It counts the lines with their ends, without the status line and the empty one."""
    what = "trailers" if place == "trailers" else "headers"
    small = max(most, 30) if place == "trailers" else most  # which the head has to pass first
    script.last_words(PLACES[place](_lines(small)))
    assert _exchange(connect(max_head_bytes=small)) == (200, b"ok")
    script.last_words(PLACES[place](_lines(small + 1)))
    script.last_words(_OK + b"\r\nok")
    connection = connect(max_head_bytes=small)
    with pytest.raises(HTTPException, match=f"got more than {small} bytes of {what}"):
        _exchange(connection)
    assert _exchange(connection) == (200, b"ok")


def test_max_head_bytes_of_a_proxy(connect: Connect, script: Script) -> None:
    for size in (100, 101):
        script.answers(_OK + _lines(size) + b"\r\n")
        connection = connect(max_head_bytes=100)
        connection.set_tunnel("origin.example")
        if size == 100:
            connection.connect()
            continue
        with pytest.raises(HTTPException, match="got more than 100 bytes of headers"):
            connection.connect()
        assert connection.sock is None


def test_more_than_the_default(client: ModuleType, deliver: Delivery) -> None:
    """And that is a MiB."""
    lines = _lines((1 << 20) + 10)
    with pytest.raises(HTTPException, match="got more than 1048576 bytes of headers"):
        deliver(client, _OK + lines + b"\r\n", max_headers=5000)
    response = deliver(client, _CHUNKED + b"0\r\n" + lines + b"\r\n", max_headers=5000)
    with pytest.raises(HTTPException, match="got more than 1048576 bytes of trailers"):
        response.read()


def test_max_head_bytes_is_a_number_of_bytes(client: ModuleType) -> None:
    for bad in (0, -1):
        with pytest.raises(ValueError, match="max_head_bytes must be at least 1"):
            client.HTTPConnection("example.org", max_head_bytes=bad)


# --------------------------------------------------------------------------------- no content

CLAIMS = {
    "nothing": b"",
    "length": b"Content-Length: 5\r\n",
    "chunked": b"Transfer-Encoding: chunked\r\n",
    "both": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "close": b"Connection: close\r\n",
}


@pytest.mark.full(any=("claim", "deliver_buffered"))
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("claim", CLAIMS)
def test_204_and_304_have_no_content(
    client: ModuleType, deliver_buffered: Delivery, claim: str, style: str
) -> None:
    """RFC 9112 6.3; what comes is neither read nor waited for."""
    for status in (b"204", b"304"):
        wire = b"HTTP/1.1 " + status + b" X\r\n" + CLAIMS[claim] + b"\r\n5\r\nhello\r\n0\r\n\r\n"
        response = deliver_buffered(client, wire)
        assert response.chunked is False
        assert b"".join(STYLES[style](response)) == b""
        assert response.read() == b""
        assert response.isclosed()


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_behind_them_is_not_the_next_answer(
    client: ModuleType, script: Script, claim: str
) -> None:
    for status in (b"204", b"304"):
        evil = b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"
        script.answers(b"HTTP/1.1 " + status + b" X\r\n" + CLAIMS[claim] + b"\r\n" + evil, _SIZED)
        connection = script.connection(client)
        assert _exchange(connection)[1] == b""
        assert _exchange(connection) == (200, b"ok")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("status", [b"200", b"204", b"304"])
def test_no_content_is_not_waited_for(
    connect: Connect, script: Script, status: bytes, style: str
) -> None:
    """The connection stays open, and nothing more comes."""
    script.answers(b"HTTP/1.1 " + status + b" X\r\nContent-Length: 0\r\n\r\n")
    connection = connect()
    connection.request("GET", "/")
    response = connection.getresponse()
    connection.sock.settimeout(0.5)  # which nothing comes near to
    assert b"".join(STYLES[style](response)) == b""


# ------------------------------------------------------------------------------ huge numbers

HUGE = [1 << 31, (1 << 63) - 1, 1 << 63, 1 << 64, 10**30]


@pytest.mark.parametrize("style", STYLES)
def test_a_length_that_no_memory_has(
    client: ModuleType, deliver_buffered: Delivery, style: str
) -> None:
    """All that has come is read, or in the error."""
    for length in HUGE:
        response = deliver_buffered(client, _OK + b"Content-Length: %d\r\n\r\na\nbc" % length)
        try:
            body = b"".join(STYLES[style](response))
        except IncompleteRead as error:
            assert style in ("read", "read(None)", "read(3) and the rest", "peek")
            body = error.partial
        assert body in (b"a\nbc", b"c", b"")


@pytest.mark.parametrize("style", STYLES)
def test_a_chunk_that_no_memory_has(
    client: ModuleType, deliver_buffered: Delivery, style: str
) -> None:
    """Beyond 63 bits it is none."""
    for size in HUGE:
        response = deliver_buffered(client, _CHUNKED + b"%x\r\na\nbc" % size)
        given = b""
        try:
            given = b"".join(STYLES[style](response))
            given += response.read()
        except IncompleteRead as error:
            given += error.partial
            assert style in ("readline", "readlines", "iteration", "readline(4)") or len(given) <= 4
        assert (len(given) <= 4) if size < 1 << 63 else given == b""


BODIES = {
    "length": _OK + b"Content-Length: 4\r\n\r\na\nbc",
    "until the end": _OK + b"\r\na\nbc",
    "chunks": _CHUNKED + b"4\r\na\nbc\r\n0\r\n\r\n",
}
ASKED: dict[str, Callable[[Any, int], list[bytes]]] = {
    "read": lambda response, size: until_empty(lambda: response.read(size)),
    "read1": lambda response, size: until_empty(lambda: response.read1(size)),
    "readline": lambda response, size: until_empty(lambda: response.readline(size)),
    "readlines": lambda response, size: response.readlines(size),
    "peek": lambda response, size: [response.peek(size)[:0], response.read()],
}


@pytest.mark.full(any=("kind", "deliver_buffered"))
@pytest.mark.parametrize("size", [(1 << 31) - 1, 1 << 31, -1, -5, -sys.maxsize])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", BODIES)
def test_more_may_be_asked_for_than_there_is(
    client: ModuleType, deliver_buffered: Delivery, kind: str, asked: str, size: int
) -> None:
    """Less than nothing is all there is."""
    response = deliver_buffered(client, BODIES[kind])
    assert b"".join(ASKED[asked](response, size)) == b"a\nbc"


@pytest.mark.full(any=("kind", "deliver_buffered"))
@pytest.mark.parametrize("size", [sys.maxsize, 1 << 63, 1 << 100])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", BODIES)
def test_more_may_be_asked_for_than_can_be_said(
    client: ModuleType, deliver_buffered: Delivery, kind: str, asked: str, size: int
) -> None:
    """Where http.client has an OverflowError; it is the caller's, and nothing is lost by it."""
    response = deliver_buffered(client, BODIES[kind])
    try:
        body = b"".join(ASKED[asked](response, size))
    except OverflowError:
        body = response.read()
    assert body == b"a\nbc"


def test_a_buffer_longer_than_the_body(client: ModuleType, deliver: Delivery) -> None:
    for wire in BODIES.values():
        response = deliver(client, wire)
        buffer = bytearray(100_000)
        assert (response.readinto(buffer), bytes(buffer[:5])) == (4, b"a\nbc\0")
        assert response.readinto(buffer) == 0


# --------------------------------------------------------------------------- settings


@pytest.mark.parametrize("name", ["deadline", "idle_timeout"])
def test_seconds_that_are_none(client: ModuleType, name: str) -> None:
    for wrong in ("4", "", b"4", b"", [], True, False, [4], {4}, 4j, object()):
        with pytest.raises(TypeError, match=f"^{name} must be a number of seconds, not ") as caught:
            client.HTTPConnection("example.org", **{name: wrong})
        assert repr(wrong) in str(caught.value)
    for wrong in (0, 0.0, -1, float("nan"), float("-inf"), Decimal("NaN"), -(10**400)):
        with pytest.raises(ValueError, match=f"^{name} must be more than 0 seconds, not "):
            client.HTTPConnection("example.org", **{name: wrong})


@pytest.mark.parametrize("wrong", ["4", True, 4j])
def test_seconds_of_one_request_that_are_none(connect: Connect, script: Script, wrong: Any) -> None:
    """Which is found before anything is sent, or opened."""
    connection = connect()
    with pytest.raises(TypeError, match=r"^deadline must be a number of seconds, not "):
        connection.request("GET", "/", deadline=wrong)
    assert script.opened == 0
    script.answers(_SIZED)
    assert _exchange(connection) == (200, b"ok")


@pytest.mark.parametrize("name", ["deadline", "idle_timeout"])
@pytest.mark.parametrize("seconds", [20, 20.5, Decimal(20), Fraction(41, 2), math.inf, 10**400])
def test_seconds_of_any_kind(connect: Connect, script: Script, name: str, seconds: Any) -> None:
    """Infinite ones, and what no float holds, are no limit."""
    script.answers(_SIZED)
    connection = connect(**{name: seconds})
    assert _exchange(connection) == (200, b"ok")
    connection.request("GET", "/")
    script.says(_SIZED)
    assert connection.getresponse().read() == b"ok"
    assert script.opened == 1


def test_a_request_without_the_limit_of_its_connection(connect: Connect, script: Script) -> None:
    script.answers(b"")
    connection = connect(deadline=0.05)
    connection.request("GET", "/", deadline=math.inf)
    time.sleep(0.1)
    script.says(_SIZED)
    assert connection.getresponse().read() == b"ok"


@pytest.mark.parametrize("wrong", ["x", "", b"5", False, True, 5.0, math.nan, math.inf, [5]])
def test_max_head_bytes_that_are_none(client: ModuleType, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^max_head_bytes must be a whole number of bytes, not "):
        client.HTTPConnection("example.org", max_head_bytes=wrong)


def test_on_informational_that_cannot_be_called(client: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"^on_informational must be callable, not 5"):
        client.HTTPConnection("example.org", on_informational=5)
