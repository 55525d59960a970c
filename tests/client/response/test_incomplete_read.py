"""`IncompleteRead.partial` holds every byte of the body that arrived since the last call."""

from __future__ import annotations

from collections.abc import Callable
from http.client import IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import STYLES

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_TEXT = b"abc\ndefgh\nij"

#: Chunked bodies that end too early or go wrong, each with the content that there is of them.
BROKEN: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "half a size": (b"1", b""),
    "a size": (b"14\r\n", b""),
    "half a chunk": (b"14\r\n" + _TEXT, _TEXT),
    "one byte of a chunk": (b"14\r\na", b"a"),
    "a chunk": (b"c\r\n" + _TEXT, _TEXT),
    "a chunk and CR": (b"c\r\n" + _TEXT + b"\r", _TEXT),
    "a chunk and CRLF": (b"c\r\n" + _TEXT + b"\r\n", _TEXT),
    "a chunk and a size": (b"c\r\n" + _TEXT + b"\r\nc\r\n", _TEXT),
    "chunks": (b"3\r\nabc\r\n1\r\n\n\r\n8\r\ndefgh\nij\r\n", _TEXT),
    "chunks and half a one": (b"3\r\nabc\r\n1\r\n\n\r\n9\r\ndefgh\nij", _TEXT),
    "a chunk and no size": (b"c\r\n" + _TEXT + b"\r\nx\r\n", _TEXT),
    "a chunk and a negative size": (b"c\r\n" + _TEXT + b"\r\n-1\r\n", _TEXT),
    "chunks with extensions": (b"3;a\r\nabc\r\n9;b=c\r\n\ndefgh\nij\r\n5;d\r\n", _TEXT),
}
_WAYS = ("read", "read(None)", "read(100000)", "readinto(100000)")


@pytest.mark.parametrize("kind", BROKEN)
def test_chunks_that_are_read_at_once(client: ModuleType, deliver: Delivery, kind: str) -> None:
    wire, content = BROKEN[kind]
    for style in _WAYS:
        response = deliver(client, _CHUNKED + wire)
        with pytest.raises(IncompleteRead) as caught:
            STYLES[style](response)
        assert (type(caught.value), caught.value.partial) == (IncompleteRead, content), style
        assert type(caught.value.partial) is bytes


def _readinto(response: Any, size: int) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: response.readinto(buffer)])


PARTS: dict[str, Callable[[Any], bytes]] = {
    "read(1)": lambda response: response.read(1),
    "read(5)": lambda response: response.read(5),
    "readinto(1)": lambda response: _readinto(response, 1),
    "readinto(5)": lambda response: _readinto(response, 5),
    "read1": lambda response: response.read1(),
    "read1(5)": lambda response: response.read1(5),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_chunks_that_are_read_in_parts(client: ModuleType, deliver: Delivery, kind: str) -> None:
    """What was given out, and what the error holds, are the content together."""
    wire, content = BROKEN[kind]
    for part, read in PARTS.items():
        response = deliver(client, _CHUNKED + wire)
        given = b""
        with pytest.raises(IncompleteRead) as caught:
            while True:
                piece = read(response)
                assert piece, "a broken body has no end"
                given += piece
        assert given + caught.value.partial == content, part


@pytest.mark.parametrize("kind", BROKEN)
def test_lines_and_what_is_read_behind_them(
    client: ModuleType, deliver: Delivery, kind: str
) -> None:
    """Lines end in silence, as those of any file; no byte is lost to them."""
    wire, content = BROKEN[kind]
    response = deliver(client, _CHUNKED + wire)
    given = b""
    try:
        for line in response:
            given += line
        given += response.read()
    except IncompleteRead as error:
        given += error.partial
    assert given == content


@pytest.mark.parametrize("size", [1, 12, 8191, 8192, 8193, 70_000])
def test_a_length_that_is_not_reached(client: ModuleType, deliver: Delivery, size: int) -> None:
    content = b"x" * size
    wire = _OK + b"Content-Length: %d\r\n\r\n" % (size + 3) + content
    response = deliver(client, wire)
    with pytest.raises(IncompleteRead) as caught:
        response.read()
    assert (caught.value.partial, caught.value.expected) == (content, 3)
    response = deliver(client, wire)
    assert response.read(1) == b"x"
    with pytest.raises(IncompleteRead) as caught:
        response.read()
    assert (caught.value.partial, caught.value.expected) == (content[1:], 3)


@pytest.mark.parametrize("size", [8191, 8192, 8193, 70_000])
@pytest.mark.parametrize("style", _WAYS)
def test_large_chunks(client: ModuleType, deliver: Delivery, size: int, style: str) -> None:
    content = b"x" * size
    for body in (b"%x\r\n" % (size + 1) + content, b"%x\r\n%b\r\n5\r\n" % (size, content)):
        response = deliver(client, _CHUNKED + body)
        with pytest.raises(IncompleteRead) as caught:
            STYLES[style](response)
        assert caught.value.partial == content
