"""SocketFile as a file: read, read1, readinto, peek, readline, lines, over real sockets."""

from __future__ import annotations

import array
import io
import platform
import re
from collections.abc import Callable
from typing import Any

import pytest

from .sockets import Pair, ScriptedSocket, talking
from .twins import Twin

_Opener = Callable[[Any], Any]
_BIG = bytes(range(256)) * 4096  # 1 MiB: more than any buffer on the way
#: PyPy's BufferedReader, which the twin in Python is there, asks once more behind the end.
_END = (b"",) if platform.python_implementation() == "CPython" else (b"", b"")
_NOTHING: tuple[bytes, ...] = ()


@pytest.fixture
def scripted(open_file: _Opener) -> Callable[..., tuple[Any, ScriptedSocket]]:
    """Opens a file over these pieces; the socket counts its receives."""

    def opener(*pieces: bytes) -> tuple[Any, ScriptedSocket]:
        sock = ScriptedSocket(pieces)
        return open_file(sock), sock

    return opener


_Scripted = Callable[..., tuple[Any, ScriptedSocket]]


# ------------------------------------------------------------------------------ read


def test_read_waits_for_all_it_was_asked_for(scripted: _Scripted) -> None:
    file, _ = scripted(b"ab", b"c", b"defgh")
    assert file.read(5) == b"abcde"
    assert file.read(3) == b"fgh"


def test_read_gives_less_only_at_the_end(scripted: _Scripted) -> None:
    file, _ = scripted(b"ab", b"c")
    assert file.read(5) == b"abc"
    assert file.read(5) == b""
    assert file.read() == b""


@pytest.mark.parametrize("everything", [(), (None,), (-1,)])
def test_read_without_a_size_reads_to_the_end(scripted: _Scripted, everything: Any) -> None:
    file, _ = scripted(b"ab", *_END, b"not reached")
    assert file.read(*everything) == b"ab"


def test_read_of_nothing_receives_nothing(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab")
    assert file.read(0) == b""
    assert sock.calls == 0


def test_read_from_the_buffer_receives_nothing(scripted: _Scripted) -> None:
    file, sock = scripted(b"abcd")
    assert [file.read(1), file.read(2), file.read(1)] == [b"a", b"bc", b"d"]
    assert sock.calls == 1


@pytest.mark.parametrize("size", [-2, -(1 << 40)])
def test_read_of_less_than_all_is_refused(scripted: _Scripted, size: int) -> None:
    with pytest.raises(ValueError) as own:
        io.BufferedReader(io.BytesIO()).read(size)
    file, _ = scripted(b"ab")
    with pytest.raises(ValueError, match=re.escape(str(own.value))):
        file.read(size)
    assert file.read(2) == b"ab"


def test_read_of_no_number_is_refused(scripted: _Scripted) -> None:
    file, _ = scripted(b"ab")
    for size in ("1", 1.0, b"1"):
        with pytest.raises(TypeError):
            file.read(size)


@pytest.mark.parametrize("size", [1, 100, 4096, 16384, 65536, 65537, 1 << 20, 1 << 30])
def test_read_of_a_big_stream(pair: Pair, open_file: _Opener, size: int) -> None:
    file = open_file(pair.near)
    with talking(pair, _BIG):
        assert file.read(size) == _BIG[:size]
        assert file.read() == _BIG[size:]


def test_read_asks_for_no_memory_that_is_not_used(twin: Twin, scripted: _Scripted) -> None:
    """1 TiB is a claim, not a body (CVE-2025-13836)."""
    if twin.name == "py":
        pytest.skip("BufferedReader allocates what it is asked for; body.py asks it for less")
    file, _ = scripted(b"ab")
    assert file.read(1 << 40) == b"ab"


# ----------------------------------------------------------------------------- read1


def test_read1_gives_what_is_there_with_one_receive(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab", b"cd")
    assert file.read1(10) == b"ab"
    assert sock.calls == 1
    assert file.read1() == b"cd"
    assert file.read1() == b""


def test_read1_receives_nothing_while_something_is_buffered(scripted: _Scripted) -> None:
    file, sock = scripted(b"abc", b"d")
    file.peek()
    assert [file.read1(2), file.read1(2)] == [b"ab", b"c"]
    assert sock.calls == 1


@pytest.mark.parametrize("size", [100, 4096, 16384, 70000])
def test_read1_gives_no_more_than_it_was_asked_for(
    pair: Pair, open_file: _Opener, size: int
) -> None:
    file, pieces = open_file(pair.near), []
    with talking(pair, _BIG):
        while piece := file.read1(size):
            pieces.append(piece)
    assert max(map(len, pieces)) <= size
    assert b"".join(pieces) == _BIG


def test_read1_of_nothing_receives_nothing(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab")
    assert file.read1(0) == b""
    assert sock.calls == 0


# -------------------------------------------------------------------------- readinto


def test_readinto_fills_the_buffer(scripted: _Scripted) -> None:
    file, _ = scripted(b"ab", b"c", b"de")
    buffer = bytearray(4)
    assert file.readinto(buffer) == 4
    assert buffer == b"abcd"
    assert file.readinto(buffer) == 1
    assert buffer == b"ebcd"
    assert file.readinto(buffer) == 0


def test_readinto1_receives_once(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab", b"cd")
    buffer = bytearray(4)
    assert file.readinto1(buffer) == 2
    assert sock.calls == 1
    assert buffer == b"ab\0\0"


@pytest.mark.parametrize("method", ["readinto", "readinto1"])
def test_readinto_takes_any_buffer_and_counts_bytes(scripted: _Scripted, method: str) -> None:
    for buffer in (bytearray(8), memoryview(bytearray(8)), array.array("I", [0, 0])):
        file, _ = scripted(b"01234567")
        assert getattr(file, method)(buffer) == 8
        assert bytes(buffer) == b"01234567"


def test_readinto_of_an_empty_buffer_receives_nothing(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab")
    assert file.readinto(bytearray()) == 0
    assert sock.calls == 0


@pytest.mark.parametrize("method", ["readinto", "readinto1"])
def test_readinto_refuses_what_cannot_be_written(scripted: _Scripted, method: str) -> None:
    """As BufferedReader does, and nothing is lost by it."""
    file, _ = scripted(b"abcd")
    for buffer in (b"1234", "1234", 4, None, memoryview(b"1234"), memoryview(bytearray(8))[::2]):
        with pytest.raises(TypeError):
            getattr(file, method)(buffer)
    assert file.read(4) == b"abcd"


@pytest.mark.parametrize("size", [1000, 16384, 100_000, 1 << 20])
def test_readinto_of_a_big_stream(pair: Pair, open_file: _Opener, size: int) -> None:
    file, buffer, body = open_file(pair.near), bytearray(size), bytearray()
    with talking(pair, _BIG):
        while count := file.readinto(buffer):
            body += buffer[:count]
    assert body == _BIG


def test_readinto1_of_a_big_stream(pair: Pair, open_file: _Opener) -> None:
    file, buffer, body = open_file(pair.near), bytearray(100_000), bytearray()
    with talking(pair, _BIG):
        while count := file.readinto1(buffer):
            body += buffer[:count]
    assert body == _BIG


# ------------------------------------------------------------------------------ peek


def test_peek_consumes_nothing_and_receives_once(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab", b"cd")
    assert [file.peek(), file.peek(1), file.peek(100)] == [b"ab"] * 3
    assert sock.calls == 1
    assert file.read(3) == b"abc"
    assert file.peek() == b"d"


def test_peek_at_the_end_is_empty(scripted: _Scripted) -> None:
    file, _ = scripted()
    assert file.peek() == b""
    assert file.peek(5) == b""


# -------------------------------------------------------------------------- readline


@pytest.mark.parametrize(
    ("pieces", "limit", "expected"),
    [
        ((b"ab\ncd\n",), -1, [b"ab\n", b"cd\n", b""]),
        ((b"ab", b"c\r", b"\nd"), -1, [b"abc\r\n", b"d", b""]),
        ((b"\n\n",), -1, [b"\n", b"\n", b""]),
        ((b"abcd\n",), 2, [b"ab", b"cd", b"\n", b""]),
        ((b"abcd\n",), 5, [b"abcd\n", b""]),
        ((b"ab", b"cd\n"), 3, [b"abc", b"d\n", b""]),
        ((b"a\rb\x85c\x0b\n",), 99, [b"a\rb\x85c\x0b\n", b""]),
        ((b"ab",), 1 << 40, [b"ab", b""]),
        (_NOTHING, -1, [b""]),
    ],
)
def test_readline(
    scripted: _Scripted, pieces: tuple[bytes, ...], limit: int, expected: list[bytes]
) -> None:
    file, _ = scripted(*pieces)
    assert [file.readline(limit) for _ in expected] == expected


def test_readline_of_nothing_receives_nothing(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab\n")
    assert file.readline(0) == b""
    assert sock.calls == 0


def test_readline_does_not_wait_behind_the_line(scripted: _Scripted) -> None:
    file, sock = scripted(b"ab\n", b"cd\n")
    assert file.readline() == b"ab\n"
    assert file.readline(2) == b"cd"
    assert sock.calls == 2


@pytest.mark.parametrize("limit", [-1, 65537, 70_000, 70_001, 200_000])
def test_readline_of_a_line_beyond_the_buffer(pair: Pair, open_file: _Opener, limit: int) -> None:
    line = b"x" * 69_999 + b"\n"
    file = open_file(pair.near)
    with talking(pair, line * 3):
        assert file.readline(limit) == (line if limit < 0 else line[:limit])
        assert len(file.read()) == 210_000 - min(70_000, limit if limit > 0 else 70_000)


def test_lines(scripted: _Scripted) -> None:
    pieces = (b"ab\nc", b"d\n", b"e")
    lines = [b"ab\n", b"cd\n", b"e"]
    assert list(scripted(*pieces)[0]) == lines
    assert scripted(*pieces)[0].readlines() == lines
    assert scripted(*pieces)[0].readlines(None) == lines
    file, _ = scripted(*pieces)
    assert next(file) == b"ab\n"
    assert file.read() == b"cd\ne"
    with pytest.raises(StopIteration):
        next(file)


@pytest.mark.parametrize("hint", [-1, 0, 1, 2, 3, 4, 5, 6, 7, 100])
def test_readlines_takes_a_hint_as_a_buffered_reader_does(scripted: _Scripted, hint: int) -> None:
    data = b"ab\ncd\nef\n"
    expected = io.BufferedReader(io.BytesIO(data)).readlines(hint)  # type: ignore[arg-type]
    assert scripted(data)[0].readlines(hint) == expected


# ---------------------------------------------------------------------- what it is


def test_it_is_a_buffered_reader_of_a_socket(pair: Pair, open_file: _Opener) -> None:
    file = open_file(pair.near)
    assert isinstance(file, io.BufferedIOBase)
    assert file.readable() is True
    assert (file.writable(), file.seekable(), file.isatty()) == (False, False, False)
    assert file.closed is False
    assert file.flush() is None


def test_it_shows_its_socket(pair: Pair, open_file: _Opener) -> None:
    """botocore and docker reach for it."""
    file = open_file(pair.near)
    assert file.fileno() == pair.near.fileno()
    assert file.raw._sock is pair.near
    assert file.raw.fileno() == pair.near.fileno()


def test_it_receives_by_what_it_is_told(scripted: _Scripted) -> None:
    """So that bytes can be counted, whatever asks for them; and from then on only."""
    file, sock = scripted(b"HTTP/1.1 200 OK\r\n\r\n", b"5\r\nhe", b"llo\r\n", b"0\r\n\r\n")
    assert file.read_head(100, 100).status == 200
    counts: list[int] = []

    def counted(*given: Any) -> int:
        counts.append(sock.recv_into(*given))
        return counts[-1]

    file.receive_by(counted)
    assert file.read_chunks(-1, 5, 100)[0] == b"hello"
    assert file.read(7) == b"\r\n0\r\n\r\n"
    assert counts == [5, 5, 5]


def test_with_closes_it(pair: Pair, open_file: _Opener) -> None:
    with open_file(pair.near) as file:
        assert not file.closed
    assert file.closed
