"""Reading a body: how much each method gives, and when the response is done with its file."""

from __future__ import annotations

import array
import http.client
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import EXACT_STYLES, LOOSE_STYLES, observe

_HEAD = b"HTTP/1.1 200 OK\r\n"
_TEXT = b"first line\r\nsecond\n\nfourth, without an end"
_LARGE = bytes(range(256)) * 400
_BEHIND = b"HTTP/1.1 500 Not part of it\r\n\r\n"


def _sized(body: bytes, behind: bytes = b"") -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body + behind


def _chunked(body: bytes, size: int = 9) -> bytes:
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


BODIES = {
    "sized": _sized(_TEXT),
    "sized, with bytes behind it": _sized(_TEXT, _BEHIND),
    "until the end": _HEAD + b"\r\n" + _TEXT,
    "chunked": _chunked(_TEXT),
    "chunked, in one": _chunked(_TEXT, 1000),
    "chunked, in very small ones": _chunked(_TEXT, 1),
    "chunked, with bytes behind it": _chunked(_TEXT) + _BEHIND,
    "empty": _sized(b"", _BEHIND),
    "empty until the end": _HEAD + b"\r\n",
    "empty, chunked": _chunked(b""),
    "without an end of the last chunk": _chunked(_TEXT)[:-2],
    "large": _sized(_LARGE),
    "large until the end": _HEAD + b"\r\n" + _LARGE,
    "large, chunked": _chunked(_LARGE, 50_000),
    "large, in small chunks": _chunked(_LARGE[:25_000], 300),
}


@pytest.mark.parametrize("body", BODIES)
def test_reading_as_the_stdlib_does(
    client: ModuleType, deliver_buffered: Delivery, body: str
) -> None:
    for style in EXACT_STYLES:
        if style in ("read(1)", "read(7)", "readinto(5)") and body.startswith("large"):
            continue  # that would take long and show nothing new
        got = observe(deliver_buffered, client, BODIES[body], style=style)
        expected = observe(deliver_buffered, http.client, BODIES[body], style=style)
        if style in ("readline", "readlines", "iteration"):
            # Earlier ones leave a response open whose last byte was read by readline().
            expected["end"]["isclosed"] = got["end"]["isclosed"]
        assert got == expected, style


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("style", LOOSE_STYLES)
def test_reading_in_pieces_gives_the_same_in_sum(
    client: ModuleType, deliver_buffered: Delivery, body: str, style: str
) -> None:
    if body.startswith("large") and style in ("read1(3)", "readline(4)"):
        return
    wire = BODIES[body]
    got = observe(deliver_buffered, client, wire, style=style)
    whole = observe(deliver_buffered, http.client, wire)
    assert [got["body"]] == whole["body"]
    assert got["head"] == whole["head"]


@pytest.mark.parametrize("style", EXACT_STYLES)
@pytest.mark.parametrize("body", ["sized", "until the end", "chunked", "large, in small chunks"])
def test_delivery_does_not_matter(
    client: ModuleType, deliver_buffered: Delivery, body: str, style: str
) -> None:
    wire = BODIES[body][:5000]
    pieces = [wire[at : at + 7] for at in range(0, min(len(wire), 400), 7)] + [wire[406:]]
    wire = b"".join(pieces)
    whole = observe(deliver_buffered, client, wire, style=style)
    assert observe(deliver_buffered, client, *pieces, style=style) == whole


# ------------------------------------------------------------------------- read


@pytest.mark.parametrize("amt", [5, 6, 100, 1 << 40, 1 << 70])
def test_read_keeps_to_the_body(every_client: ModuleType, deliver: Delivery, amt: int) -> None:
    response = deliver(every_client, _sized(b"hello", _BEHIND))
    assert response.read(amt) == b"hello"
    assert response.isclosed()
    assert response.length == 0
    assert response.read(amt) == b""


@pytest.mark.parametrize("amt", [6, 1 << 40, 1 << 70])
def test_read_of_more_than_there_are_chunks(
    every_client: ModuleType, deliver: Delivery, amt: int
) -> None:
    for size in (1, 2, 5):
        response = deliver(every_client, _chunked(b"hello", size))
        assert response.read(amt) == b"hello"
        assert response.isclosed()


def test_read_of_nothing_is_no_end(every_client: ModuleType, deliver: Delivery) -> None:
    for wire in (_sized(b"hello"), _HEAD + b"\r\nhello", _chunked(b"hello")):
        response = deliver(every_client, wire)
        assert response.read(0) == b""
        assert not response.isclosed()
        assert response.read() == b"hello"


def test_read_counts_down(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _sized(b"hello"))
    lengths = [response.length]
    for amt in (2, 0, 2, 1):
        assert not response.isclosed()
        response.read(amt)
        lengths.append(response.length)
    assert lengths == [5, 3, 3, 1, 0]
    assert response.isclosed()


def test_chunks_count_down(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _chunked(b"hello world", 6))
    left = [response.chunk_left]
    for amt in (2, 4, 3, 1):
        response.read(amt)
        left.append(response.chunk_left)
    assert left == [None, 4, 0, 2, 1]
    assert response.read() == b"d"
    assert response.chunk_left is None
    assert response.length is None


@pytest.mark.parametrize("amt", [-1, -2, -(1 << 70)])
def test_read_of_less_than_nothing_is_all(
    newest_client: ModuleType, deliver: Delivery, amt: int
) -> None:
    """Within the body, and without the chunks; the stdlib from 3.14 on."""
    for wire in (_sized(b"hello", _BEHIND), _chunked(b"hello", 2) + _BEHIND):
        response = deliver(newest_client, wire)
        assert response.read(1) == b"h"
        assert response.read(amt) == b"ello"
        assert response.isclosed()


def test_an_empty_body_is_closed_by_reading_it(every_client: ModuleType, deliver: Delivery) -> None:
    for wire, method in (
        (_sized(b""), "GET"),
        (_sized(b"x" * 5), "HEAD"),
        (_chunked(b"x"), "HEAD"),
        (_HEAD + b"\r\n", "HEAD"),
        (b"HTTP/1.1 204 No\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", "GET"),
    ):
        for read in ("read", "readinto"):
            response = deliver(every_client, wire, method=method)
            assert not response.isclosed()
            got = response.read() if read == "read" else response.readinto(bytearray(9))
            assert not got
            assert response.isclosed()


def test_a_body_until_the_end_is_closed_by_reading_past_it(
    every_client: ModuleType, deliver: Delivery
) -> None:
    response = deliver(every_client, _HEAD + b"\r\nhello")
    assert response.read(5) == b"hello"
    assert not response.isclosed()
    assert response.read(5) == b""
    assert response.isclosed()
    response = deliver(every_client, _HEAD + b"\r\nhello")
    assert response.read() == b"hello"
    assert response.isclosed()


def test_the_last_byte_closes_whoever_reads_it(
    newest_client: ModuleType, deliver: Delivery
) -> None:
    """read, readinto, read1 and readline alike; the stdlib from 3.13 on."""
    for read in (
        lambda it: it.read(5),
        lambda it: it.readinto(bytearray(5)),
        lambda it: (it.read(2), it.read1(3), it.read1(3), it.read1(3)),
        lambda it: it.readline(),
        lambda it: it.readline(5),
    ):
        response = deliver(newest_client, _sized(b"hello", _BEHIND))
        read(response)
        assert response.isclosed()


# --------------------------------------------------------------------- readinto


def test_readinto_is_clipped_to_the_body(every_client: ModuleType, deliver: Delivery) -> None:
    for wire in (_sized(b"hello", b"SECRET"), _chunked(b"hello", 2) + b"SECRET"):
        response = deliver(every_client, wire)
        buffer = bytearray(b"." * 8)
        assert response.readinto(buffer) == 5
        assert buffer == b"hello..."
        assert response.readinto(buffer) == 0
        assert buffer == b"hello..."


def test_readinto_fills_what_it_is_given(every_client: ModuleType, deliver: Delivery) -> None:
    for wire in (_sized(b"hello"), _chunked(b"hello", 2), _HEAD + b"\r\nhello"):
        response = deliver(every_client, wire)
        buffer = bytearray(b"." * 9)
        with memoryview(buffer)[3:6] as view:
            assert response.readinto(view) == 3
            assert buffer == b"...hel..."
            assert response.readinto(view) == 2
        assert buffer == b"...lol..."


def test_readinto_an_empty_buffer_is_no_end(every_client: ModuleType, deliver: Delivery) -> None:
    for wire in (_sized(b"hello"), _chunked(b"hello"), _HEAD + b"\r\nhello"):
        response = deliver(every_client, wire)
        assert response.readinto(bytearray()) == 0
        assert not response.isclosed()
        assert response.read() == b"hello"


def test_readinto_an_array(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _HEAD + b"\r\n01234567")
    numbers = array.array("H", [0] * 4)
    assert response.readinto(numbers) == 8
    assert numbers.tobytes() == b"01234567"


@pytest.mark.parametrize("target", [b"12345", "12345", 5, None])
def test_readinto_what_cannot_be_written(
    every_client: ModuleType, deliver: Delivery, target: Any
) -> None:
    response = deliver(every_client, _sized(b"hello"))
    with pytest.raises(TypeError):
        response.readinto(target)


# ------------------------------------------------------------------------ read1


def test_read1_keeps_to_the_body(every_client: ModuleType, deliver: Delivery) -> None:
    for n in (-1, 5, 6, 1 << 20):
        response = deliver(every_client, _sized(b"hello", _BEHIND))
        assert response.read1(n) == b"hello"
        assert response.read1(n) == b""


def test_read1_of_nothing_is_no_end(every_client: ModuleType, deliver: Delivery) -> None:
    for wire in (_sized(b"hello"), _chunked(b"hello"), _HEAD + b"\r\nhello"):
        response = deliver(every_client, wire)
        assert response.read1(0) == b""
        assert not response.isclosed()
        assert response.read1(9) == b"hello"


def test_read1_stops_at_the_end_of_a_chunk(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    response = deliver_buffered(every_client, _chunked(b"hello world", 6))
    assert [response.read1(), response.read1(), response.read1()] == [b"hello ", b"world", b""]
    assert response.isclosed()


def test_read1_gives_what_has_arrived(every_client: ModuleType) -> None:
    """Without waiting for more."""
    with Delivery("socket") as deliver:
        wire = _sized(b"hello world")
        response = deliver(every_client, wire[:-6], wire[-6:])
        assert response.read1() == b"hello"
        assert response.read1() == b" world"


# ------------------------------------------------------------------------- peek


def test_peek_consumes_nothing(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    for wire in (_sized(b"hello"), _chunked(b"hello"), _HEAD + b"\r\nhello"):
        response = deliver_buffered(every_client, wire)
        assert response.peek(1) == response.peek() == response.peek(100) == b"hello"
        assert response.length in (5, None)
        assert response.read(3) == b"hel"
        assert response.peek() == b"lo"


def test_peek_sees_nothing_past_a_chunk(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    response = deliver_buffered(every_client, _chunked(b"hello world", 6) + _BEHIND)
    seen = []
    while ahead := response.peek():
        seen.append(ahead)
        response.read(len(ahead))
    assert seen == [b"hello ", b"world"]
    assert response.isclosed()


def test_peek_of_no_body_is_empty(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    response = deliver_buffered(every_client, _sized(b"hello"), method="HEAD")
    assert response.peek() == b""
    response = deliver_buffered(every_client, _sized(b"hello"))
    response.read()
    assert response.peek() == b""


def test_peek_of_broken_chunks_is_empty(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    """Whether that is an error is for read() to say."""
    response = deliver_buffered(every_client, _HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n")
    assert response.peek() == b""


# --------------------------------------------------------------------- readline


def test_readline_keeps_to_the_body(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    for wire in (_sized(_TEXT, _BEHIND), _chunked(_TEXT, 4) + _BEHIND, _chunked(_TEXT, 100)):
        response = deliver_buffered(every_client, wire)
        lines = [response.readline() for _ in range(6)]
        assert lines == [*_TEXT.splitlines(keepends=True), b"", b""]


def test_readline_takes_a_limit(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    for wire in (_sized(_TEXT, _BEHIND), _HEAD + b"\r\n" + _TEXT, _chunked(_TEXT, 100)):
        response = deliver_buffered(every_client, wire)
        assert [response.readline(5), response.readline(0), response.readline(100)] == [
            b"first",
            b"",
            b" line\r\n",
        ]
        assert response.readline(7) == b"second\n"


def test_lines_of_a_body(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    lines = _TEXT.splitlines(keepends=True)
    for wire in (_sized(_TEXT), _chunked(_TEXT, 4)):
        assert list(deliver_buffered(every_client, wire)) == lines
        assert deliver_buffered(every_client, wire).readlines() == lines
        assert deliver_buffered(every_client, wire).readlines(13) == lines[:2]
        response = deliver_buffered(every_client, wire)
        assert iter(response) is response
        assert next(response) == lines[0]


def test_head_has_no_lines(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    response = deliver_buffered(every_client, _sized(_TEXT), method="HEAD")
    assert (response.readline(), response.read1(), response.readlines()) == (b"", b"", [])
