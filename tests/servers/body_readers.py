"""The ways to read a response's body, each as a function from response to bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _read_all(response: Any) -> bytes:
    return bytes(response.read())


def _read_pieces(response: Any) -> bytes:
    return b"".join(iter(lambda: response.read(100_000), b""))


def _readinto(response: Any) -> bytes:
    """Into one buffer that is used again and again, through a memoryview."""
    buffer, pieces = bytearray(65_536), []
    with memoryview(buffer) as view:
        while count := response.readinto(view):
            pieces.append(bytes(view[:count]))
    return b"".join(pieces)


def _read1(response: Any) -> bytes:
    return b"".join(iter(response.read1, b""))


def _read1_sized(response: Any) -> bytes:
    pieces = list(iter(lambda: response.read1(10_000), b""))
    assert all(len(piece) <= 10_000 for piece in pieces)
    return b"".join(pieces)


def _iterate(response: Any) -> bytes:
    lines = list(response)
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines[:-1])
    return b"".join(lines)


def _readline(response: Any) -> bytes:
    """Parts of lines: sized bodies keep to the limit, IOBase.readline() over chunks may pass it."""
    chunked = response.chunked
    pieces = list(iter(lambda: response.readline(50), b""))
    assert chunked or all(len(piece) <= 50 for piece in pieces)
    return b"".join(pieces)


def _peek(response: Any) -> bytes:
    """Whatever can be seen ahead is then read."""
    pieces = []
    while ahead := response.peek(1):
        piece = response.read(len(ahead))
        assert piece == ahead
        pieces.append(piece)
    return b"".join(pieces) + bytes(response.read())


WAYS: dict[str, Callable[[Any], bytes]] = {
    "read": _read_all,
    "read_pieces": _read_pieces,
    "readinto": _readinto,
    "read1": _read1,
    "read1_sized": _read1_sized,
    "iteration": _iterate,
    "readline": _readline,
    "peek": _peek,
}
