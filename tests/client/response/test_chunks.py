"""Chunked bodies: sizes in every spelling, what is between them, trailers, and broken ones."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.client import HTTPException, IncompleteRead, LineTooLong
from types import ModuleType
from typing import Any

import pytest

from .. import oracle
from ..conftest import is_ours
from ..response_delivery import Delivery
from ..response_observer import EXACT_STYLES, STYLES, describe, observe

_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#: What is no error to http.client: (wire, body).
GOOD = {
    "two": (b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", b"abcde"),
    "capitals": (b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2),
    "zeros": (b"0002\r\nab\r\n0000\r\n\r\n", b"ab"),
    "many zeros": (b"0" * 40 + b"2\r\nab\r\n0\r\n\r\n", b"ab"),
    "extensions": (b'2;a=b;c="d"\r\nab\r\n0;e\r\n\r\n', b"ab"),
    "an extension with a CR": (b"2;a\rb\r\nab\r\n0\r\n\r\n", b"ab"),
    "blanks": (b" 2 \t\r\nab\r\n 0 \r\n\r\n", b"ab"),
    "a plus": (b"+2\r\nab\r\n0\r\n\r\n", b"ab"),
    "a prefix": (b"0x2\r\nab\r\n0X0\r\n\r\n", b"ab"),
    "an underscore": (b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n", b"0123456789abcdef"),
    "minus nothing": (b"2\r\nab\r\n-0\r\n\r\n", b"ab"),
    "LF": (b"2\nab\r\n0\n\n", b"ab"),
    "CR CR LF": (b"2\r\r\nab\r\n0\r\n\r\n", b"ab"),
    "any two bytes behind a chunk": (b"2\r\nabXY2\r\ncd\n\n0\r\n\r\n", b"abcd"),
    "trailers": (b"2\r\nab\r\n0\r\nA: b\r\nno trailer\r\n\r\n", b"ab"),
    "trailers of LF": (b"2\r\nab\r\n0\nA: b\n\n", b"ab"),
    "no end behind the last": (b"2\r\nab\r\n0\r\n", b"ab"),
    "no end of the last": (b"2\r\nab\r\n0", b"ab"),
    "no end of the trailers": (b"2\r\nab\r\n0\r\nA: b\r\n", b"ab"),
    "no end of a trailer": (b"2\r\nab\r\n0\r\nA: b", b"ab"),
    "a last with an extension only": (b"0;a\r\n\r\n", b""),
}


@pytest.mark.parametrize("kind", GOOD)
def test_good_chunks(every_client: ModuleType, deliver_buffered: Delivery, kind: str) -> None:
    wire, body = GOOD[kind]
    for style, read in STYLES.items():
        response = deliver_buffered(every_client, _HEAD + wire)
        assert b"".join(read(response)) == body, style
        assert response.isclosed(), style
        assert response.chunk_left is None, style


#: What is broken: (wire, what is whole, what the cause has, how much it misses).
BROKEN: dict[str, tuple[bytes, bytes, bytes, int | None]] = {
    "nothing": (b"", b"", b"", None),
    "no size": (b"\r\n", b"", b"", None),
    "no number": (b"hello\r\n", b"", b"", None),
    "an extension alone": (b";a\r\n2\r\nab", b"", b"", None),
    "a number that is none": (b"2\r\nab\r\n0x\r\n", b"ab", b"", None),
    "NUL": (b"2\0\r\nab", b"", b"", None),
    "cut in a chunk": (b"2\r\nab\r\n3\r\ncd", b"ab", b"cd", 1),
    "cut in the first chunk": (b"5\r\nabc", b"", b"abc", 2),
    "cut before a chunk": (b"2\r\nab\r\n3\r\n", b"ab", b"", 3),
    "cut behind a chunk": (b"2\r\nab", b"ab", b"", 2),
    "cut in the CRLF": (b"2\r\nab\r", b"ab", b"\r", 1),
    "cut behind the CRLF": (b"2\r\nab\r\n", b"ab", b"", None),
    "an empty line for a size": (b"2\r\nab\r\n\r\n", b"ab", b"", None),
    "a chunk that is too short": (b"5\r\nabc\r\n0\r\n\r\n", b"abc\r\n", b"", None),
    "a chunk that is too long": (b"2\r\nabc\r\n0\r\n\r\n", b"ab", b"", None),
    "larger than there is": (b"FFFFFFFF\r\nabc", b"", b"abc", 0xFFFFFFFF - 3),
    "larger than memory": (b"FFFFFFFFFFFF\r\nabc", b"", b"abc", 0xFFFFFFFFFFFF - 3),
    "larger than 2**63": (b"F" * 17 + b"\r\nabc", b"", b"abc", 16**17 - 4),
    "larger than 2**200": (b"F" * 51 + b"\r\nabc", b"", b"abc", 16**51 - 4),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_chunks_are_an_incomplete_read(
    newest_client: ModuleType, deliver: Delivery, kind: str
) -> None:
    """What is whole is in `partial`; what is not, in the cause, and in fasthttp's `partial` too."""
    wire, whole, rest, missing = BROKEN[kind]
    if is_ours(newest_client):
        if missing is not None and missing > 1 << 63:
            rest, missing = b"", None  # no size of a chunk
        rest = b"" if rest == b"\r" else rest  # half of a CRLF is no content
        whole += rest
    for read in (lambda it: it.read(), lambda it: it.read(1 << 60), lambda it: it.read(-1)):
        response = deliver(newest_client, _HEAD + wire)
        with pytest.raises(IncompleteRead) as caught:
            read(response)
        error, cause = caught.value, caught.value.__cause__
        assert (error.partial, error.expected, error.args) == (whole, None, (whole,))
        assert repr(error) == str(error) == f"IncompleteRead({len(whole)} bytes read)"
        assert isinstance(cause, IncompleteRead)
        if (
            missing is not None
            and missing > 1 << 60
            and read(deliver(newest_client, _HEAD + b"0\r\n\r\n")) == b""
        ):
            assert cause.partial == rest
            continue
        assert (cause.partial, cause.expected) == (rest, missing)


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_chunks_as_the_stdlib_has_them(
    client: ModuleType, deliver_buffered: Delivery, kind: str
) -> None:
    """In every style of reading, with the state that is left behind."""
    for style in EXACT_STYLES:
        if "larger" not in kind or _survives_large(style):
            _compare(deliver_buffered, client, BROKEN[kind][0], style)


def _compare(deliver: Delivery, client: ModuleType, wire: bytes, style: str) -> None:
    got = observe(deliver, client, _HEAD + wire, style=style)
    expected = observe(deliver, oracle, _HEAD + wire, style=style)
    for seen in (got, expected):
        seen.get("error", {}).pop("cause", None)  # missing on 3.10; see above
    assert got == expected, style


def _survives_large(style: str) -> bool:
    """Whether the running stdlib reads such a chunk, instead of asking for the memory."""
    return style.startswith("readinto") or hasattr(http.client, "_MIN_READ_BUF_SIZE")


NEGATIVE = (b"-1\r\nabc", b"-5\r\nabc", b"2\r\nab\r\n-3\r\nabc\r\n0\r\n\r\n")


@pytest.mark.parametrize("wire", NEGATIVE)
def test_negative_sizes_as_the_stdlib_has_them(
    client: ModuleType, deliver_buffered: Delivery, wire: bytes
) -> None:
    for style in STYLES:
        _compare(deliver_buffered, client, wire, style)


def _result_of(step: Callable[[Any], Any], response: Any) -> Any:
    try:
        return step(response)
    except Exception as error:
        return describe(error)["class"]


@pytest.mark.parametrize("wire", NEGATIVE)
@pytest.mark.parametrize("first", ["peek", "read1(0)", "read1(1)"])
def test_negative_sizes_are_no_place_in_the_coding(
    client: ModuleType, deliver_buffered: Delivery, wire: bytes, first: str
) -> None:
    """Whatever is called first leaves the size in `chunk_left`, where read() must not take it for
    something else.
    """

    firsts: dict[str, Callable[[Any], bytes]] = {
        "peek": lambda response: response.peek(),
        "read1(0)": lambda response: response.read1(0),
        "read1(1)": lambda response: response.read1(1),
    }

    def attempt(module: ModuleType) -> list[Any]:
        response = deliver_buffered(module, _HEAD + wire)
        return [
            (_result_of(step, response), response.chunk_left)
            for step in (firsts[first], lambda it: it.read(2), lambda it: it.read())
        ]

    assert attempt(client) == attempt(oracle)


@pytest.mark.parametrize("digits", [8, 12, 15])
def test_a_large_chunk_is_read_piece_by_piece(
    newest_client: ModuleType, deliver_buffered: Delivery, digits: int
) -> None:
    """Its size is no claim on memory (CVE-2025-13836)."""
    size = 16**digits - 1
    response = deliver_buffered(newest_client, _HEAD + b"%x\r\n" % size + b"abcdefghij")
    assert response.read(2) == b"ab"
    assert response.chunk_left == size - 2
    assert response.read1(2) == b"cd"
    buffer = bytearray(2)
    assert response.readinto(buffer) == 2
    assert buffer == b"ef"
    assert response.read(2) == b"gh"
    assert response.chunk_left == size - 8
    with pytest.raises(IncompleteRead) as caught:
        response.read()
    assert caught.value.partial == (b"ij" if is_ours(newest_client) else b"")
    cause = caught.value.__cause__
    assert isinstance(cause, IncompleteRead)
    assert (cause.partial, cause.expected) == (b"ij", size - 10)


@pytest.mark.parametrize("digits", [8, 12, 15])
def test_lines_and_peeks_of_a_large_chunk(
    every_client: ModuleType, deliver_buffered: Delivery, digits: int
) -> None:
    """Up to what an index can be; beyond, the file itself refuses."""
    response = deliver_buffered(every_client, _HEAD + b"f" * digits + b"\r\nab\ncd\n")
    assert response.peek() == b"ab\ncd\n"
    assert response.readline() == b"ab\n"
    assert response.read1() == b"cd\n"
    assert response.chunk_left == 16**digits - 7


@pytest.mark.parametrize("style", ["peek", "read1", "readline", "readline(4)"])
def test_a_chunk_beyond_any_index_as_the_stdlib_has_it(
    client: ModuleType, deliver_buffered: Delivery, style: str
) -> None:
    wire = _HEAD + b"f" * 17 + b"\r\nab\ncd\n"
    got = observe(deliver_buffered, client, wire, style=style)
    assert got == observe(deliver_buffered, oracle, wire, style=style)


def test_readinto_gives_what_is_whole(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _HEAD + b"2\r\nab\r\n5\r\ncd")
    with pytest.raises(IncompleteRead) as caught:
        response.readinto(bytearray(20))
    partial = b"abcd" if is_ours(every_client) else b"ab"
    assert (caught.value.partial, caught.value.expected) == (partial, None)


def test_read1_of_a_chunk_that_is_cut(every_client: ModuleType, deliver_buffered: Delivery) -> None:
    response = deliver_buffered(every_client, _HEAD + b"5\r\nabc")
    assert response.read1() == b"abc"
    with pytest.raises(IncompleteRead) as caught:
        response.read1()
    assert caught.value.partial == b""


def test_a_size_that_is_none_closes_the_response(
    every_client: ModuleType, deliver: Delivery
) -> None:
    """Nothing that follows can be trusted. An end of the stream leaves it open."""
    for wire, closed in ((b"x\r\n", True), (b"2\r\nab\r\nx\r\n", True), (b"5\r\nab", False)):
        response = deliver(every_client, _HEAD + wire)
        with pytest.raises(IncompleteRead):
            response.read()
        assert response.isclosed() is closed


@pytest.mark.parametrize("length", [65_536, 65_537])
def test_the_greatest_size_line(every_client: ModuleType, deliver: Delivery, length: int) -> None:
    data = b"x" * 65536  # enough for what the line costs
    line = b"10000;" + b"x" * (length - 8) + b"\r\n"
    for wire in (line + data + b"\r\n0\r\n\r\n", b"1\r\na\r\n" + line + data + b"\r\n0\r\n\r\n"):
        response = deliver(every_client, _HEAD + wire)
        if length == 65_536:
            assert response.read()[-65536:] == data
            continue
        with pytest.raises(LineTooLong) as caught:
            response.read()
        assert str(caught.value) == "got more than 65536 bytes when reading chunk size"


_COSTLY = b"1;" + b"x" * 31 + b"\r\na\r\n"  # 35 bytes, and 2 behind the data, for 16 + 2


@pytest.mark.parametrize("style", ["read", "read(7)", "readinto(5)", "read1", "readline"])
def test_what_size_lines_cost_has_a_limit(
    client: ModuleType, deliver_buffered: Delivery, style: str
) -> None:
    """CVE-2023-39326: 16 KiB beyond 16 bytes for each chunk and two for each byte in it."""
    most = 16384 // 19
    for count in (most, most + 1):
        response = deliver_buffered(client, _HEAD + _COSTLY * count + b"0\r\n\r\n")
        if count == most:
            assert b"".join(STYLES[style](response)) == b"a" * most
            continue
        with pytest.raises(HTTPException, match=r"^got more than 16384 bytes of overhead"):
            b"".join(STYLES[style](response))


def test_data_pays_for_extensions(client: ModuleType, deliver_buffered: Delivery) -> None:
    chunk = b"3e8;" + b"x" * 1900 + b"\r\n" + b"y" * 1000 + b"\r\n"
    response = deliver_buffered(client, _HEAD + chunk * 500 + b"0\r\n\r\n")
    assert response.read() == b"y" * 500_000


@pytest.mark.parametrize("length", [65_536, 65_537])
def test_the_greatest_trailer(every_client: ModuleType, deliver: Delivery, length: int) -> None:
    wire = b"0\r\nA: " + b"x" * (length - 5) + b"\r\n\r\n"
    response = deliver(every_client, _HEAD + wire)
    if length == 65_536:
        assert response.read() == b""
        return
    with pytest.raises(LineTooLong) as caught:
        response.read()
    assert str(caught.value) == "got more than 65536 bytes when reading trailer line"


@pytest.mark.parametrize("limit", [None, 0, 3, 150])
def test_the_number_of_trailers_has_a_limit(
    newest_client: ModuleType, deliver: Delivery, limit: int | None
) -> None:
    """100, or what begin() was told."""
    head = (
        b"HTTP/1.1 200 OK\r\n"
        + (b"" if limit == 0 else b"Transfer-Encoding: chunked\r\n")
        + b"\r\n"
    )
    most = 100 if limit is None else limit
    for count in (most, most + 1):
        wire = b"2\r\nab\r\n0\r\n" + b"A: b\r\n" * count + b"\r\n"
        response = deliver(newest_client, head + wire, max_headers=limit)
        if limit == 0:  # a limit that no head with a coding can keep to
            response.chunked, response.chunk_left, response.length = True, None, None
        if count == most:
            assert response.read() == b"ab"
            continue
        with pytest.raises(HTTPException) as caught:
            response.read()
        assert type(caught.value) is HTTPException
        assert str(caught.value) == f"got more than {most} trailers"


def test_large_bodies_are_joined_in_order(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    parts = [bytes([n % 256]) * (n * 37 % 5000) for n in range(1, 300)]
    wire = b"".join(b"%X\r\n%b\r\n" % (len(part), part) for part in parts if part)
    body = b"".join(parts)
    for style in ("read", "read(100000)", "readinto(100000)", "read1", "iteration"):
        response = deliver_buffered(every_client, _HEAD + wire + b"0\r\n\r\n")
        assert b"".join(STYLES[style](response)) == body, style
