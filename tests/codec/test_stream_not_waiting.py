"""A socket that has been made non-blocking: where nothing has come, nothing is lost."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from .sockets import Pair, ScriptedSocket

_Opener = Callable[[Any], Any]
_ERRORS = [BlockingIOError(11, "not yet"), ssl.SSLWantReadError(2, "not yet")]
_errors = pytest.mark.parametrize("error", _ERRORS, ids=lambda error: type(error).__name__)

#: What io's classes return where nothing has come.
_NOTHING: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "read": (lambda file: file.read(), None),
    "read of some": (lambda file: file.read(5), None),
    "read of much": (lambda file: file.read(100_000), None),
    "read1": (lambda file: file.read1(5), b""),
    "read1 of much": (lambda file: file.read1(100_000), b""),
    "readinto": (lambda file: file.readinto(bytearray(5)), None),
    "peek": (lambda file: file.peek(), b""),
    "read_chunks": (lambda file: file.read_chunks(5, -1, 100), (b"", 5, 0, 4)),
}
_RAISING: dict[str, Callable[[Any], Any]] = {
    "readline": lambda file: file.readline(),
    "readline of some": lambda file: file.readline(9),
    "next": lambda file: next(file),
    "read_head": lambda file: file.read_head(100, 100),
}


@_errors
@pytest.mark.parametrize("use", _NOTHING)
def test_nothing_has_come(open_file: _Opener, use: str, error: Exception) -> None:
    call, nothing = _NOTHING[use]
    file = open_file(ScriptedSocket([error, error, b"line\nrest"]))
    for _ in range(2):
        assert call(file) == nothing
        assert file.starved is error
        assert not file.failed
    assert file.read() == b"line\nrest"
    assert file.starved is None
    file.close()
    assert file.leftover == 0


@_errors
@pytest.mark.parametrize("use", _RAISING)
def test_lines_and_heads_raise(open_file: _Opener, use: str, error: Exception) -> None:
    # A head that is there only in part may be left to the line reader.
    pieces: list[Any] = [] if use == "read_head" else [b"HTTP", error]
    file = open_file(
        ScriptedSocket([error, *pieces, b"HTTP/1.1 200 OK\r\n\r\n"[len(pieces) * 2 :]])
    )
    for _ in range(1 + len(pieces) // 2):
        with pytest.raises(type(error)) as caught:
            _RAISING[use](file)
        assert caught.value is error
        assert file.starved is error
        assert not file.failed
    if use == "readline of some":
        assert file.readline(9) == b"HTTP/1.1 "
    else:
        assert file.readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_blocking_file_says_nothing_of_it(open_file: _Opener) -> None:
    file = open_file(ScriptedSocket([b"ab"]))
    assert file.starved is None
    assert file.read() == b"ab"
    assert file.starved is None


@pytest.mark.parametrize("size", [7, 40_000, 300_000])
@_errors
def test_a_part_is_given_out(open_file: _Opener, error: Exception, size: int) -> None:
    """As BufferedReader does, and what comes later is read later."""
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    for read in (
        lambda file: file.read(size + 1),
        lambda file: file.read(),
        lambda file: bytes(room[: file.readinto(room)]) if (room := bytearray(size + 1)) else b"",
        lambda file: file.read_chunks(size + 1, -1, 100)[0],
    ):
        pieces = [body[at : at + 50_000] for at in range(0, size, 50_000)]
        file = open_file(ScriptedSocket([*pieces, error, b"later"]))
        assert read(file) == body
        assert file.starved is error
        assert file.read() == b"later"


def test_a_part_is_what_the_stdlib_gives(pair: Pair, open_file: _Opener) -> None:
    pair.near.setblocking(False)
    given = []
    with pair.near.makefile("rb") as original:
        for file in (original, open_file(pair.near)):
            got: list[Any] = [file.read(5), file.read1(5), file.peek(), file.readinto(bytearray(2))]
            pair.says(b"abc")
            got += [file.read(2), file.read(5), file.read(5)]
            pair.says(b"abc")
            got += [file.read(), file.read()]
            given.append(got)
    assert given[1] == given[0]


def test_chunks_go_on_where_they_were(open_file: _Opener) -> None:
    error = BlockingIOError()
    file = open_file(ScriptedSocket([b"5\r\nab", error, b"cde\r\n1", error, b"\r\nf\r\n0\r\n\r\n"]))
    content, left, whole, stop = file.read_chunks(-1, -1, 100)
    assert (content, left, whole, stop) == (b"ab", 3, 0, 4)
    content, left, _, _ = file.read_chunks(left, -1, 100)
    assert (content, left) == (b"cde", 0)
    assert file.read(2) == b"\r\n"
    try:
        line = file.readline()
    except BlockingIOError:  # a twin that had not yet asked for more
        line = file.readline()
    assert line == b"1\r\n"
    assert file.read_chunks(1, -1, 100) == (b"f", -1, 1, 5)


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), ssl.SSLError(1, "x")])
def test_other_failures_still_fail(open_file: _Opener, error: Exception) -> None:
    file = open_file(ScriptedSocket([b"ab", error, b"cd"]))
    with pytest.raises(type(error)):
        file.read(4)
    assert file.failed
    assert file.starved is None
    with pytest.raises(OSError):
        file.read(1)


# --------------------------------------------------------------------------- put back


def test_what_is_put_back_comes_next(open_file: _Opener) -> None:
    file = open_file(ScriptedSocket([b"abcdef", b"ghi\n", b"jk"]))
    assert file.read(2) == b"ab"
    file.put_back(b"ab")
    file.put_back(b"")
    assert file.peek() == b"abcdef"
    assert file.read(3) == b"abc"
    file.put_back(b"xyz\nabc")
    assert file.readline() == b"xyz\n"
    assert file.readline() == b"abcdefghi\n"
    file.put_back(b"-" * 200_000)
    assert file.read() == b"-" * 200_000 + b"jk"


@pytest.mark.parametrize("read", [0, 1, 4])
def test_what_is_put_back_is_left_over(open_file: _Opener, read: int) -> None:
    file = open_file(ScriptedSocket([b"ab"]))
    assert file.read(2) == b"ab"
    file.put_back(b"abcd")
    file.read(read)
    file.close()
    assert file.leftover == 4 - read


def test_nothing_is_put_back_behind_a_failure(open_file: _Opener) -> None:
    file = open_file(ScriptedSocket([b"ab", TimeoutError()]))
    with pytest.raises(TimeoutError):
        file.read(4)
    file.put_back(b"ab") if type(file).__module__.endswith("_py") else None
    with pytest.raises(OSError):
        file.read(4)


@pytest.mark.parametrize("buffered", [b"", b"cd"])
def test_a_file_that_is_told_to_fail_gives_nothing_more(
    open_file: _Opener, buffered: bytes
) -> None:
    file = open_file(ScriptedSocket([b"ab" + buffered, b"ef"]))
    assert file.read(2) == b"ab"
    file.fail()
    for read in (file.read, file.read1, file.readline, file.peek):
        with pytest.raises(OSError, match="failed read"):
            read()
    file.close()
    assert file.leftover > 0
