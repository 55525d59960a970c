"""Bodies that a program reads by itself, through `fp` and `_safe_read()`, as urllib3 and NTLM do.

Where it is known that such a body was read to its very end, the connection serves the next request.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasthttp._bench.implementations import load_implementation, load_package

from ...drawn import examples
from ..scripted_server import Script

_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_BODY = b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: t\r\n\r\n"
_SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"


def _as_urllib3(response: Any) -> bytes:
    """Read chunks, their sizes by readline() and the rest by _safe_read()."""
    content = b""
    while size := int(response.fp.readline().partition(b";")[0], 16):
        content += response._safe_read(size)
        response._safe_read(2)
    while response.fp.readline() not in (b"\r\n", b"\n", b""):
        pass
    return content


def _in_pieces(response: Any) -> bytes:
    """The same, with content in pieces, by each method of the file."""
    content = b""
    while size := int(response.fp.readline(100).partition(b";")[0], 16):
        part = response.fp.read1(1)
        part += response.fp.read(min(1, size - len(part)))
        rest = bytearray(size - len(part))
        assert response.fp.readinto(rest) == len(rest)
        content += part + rest
        assert next(response.fp) == b"\r\n"
    for line in response.fp:
        if line == b"\r\n":
            return content
    raise AssertionError("no end")


def _finish(response: Any) -> None:
    response.close()


def _drop(response: Any) -> None:
    response.fp = None


@pytest.mark.parametrize("read", [_as_urllib3, _in_pieces])
@pytest.mark.parametrize("end", [_finish, _drop])
def test_a_chunked_body_read_by_hand_keeps_its_connection(
    client: ModuleType, script: Script, read: Callable[[Any], bytes], end: Callable[[Any], None]
) -> None:
    script.answers(b"")
    connection = script.connection(client)
    for _ in range(3):
        connection.request("GET", "/")
        script.says(_HEAD + _BODY)
        response = connection.getresponse()
        assert read(response) == b"hello!"
        end(response)
    assert script.opened == 1


@pytest.mark.parametrize("end", [_finish, _drop])
def test_a_sized_body_read_by_hand_keeps_its_connection(
    client: ModuleType, script: Script, end: Callable[[Any], None]
) -> None:
    script.answers(b"")
    connection = script.connection(client)
    for _ in range(3):  # the three messages of NTLM's handshake need one connection
        connection.request("GET", "/")
        script.says(_SIZED)
        response = connection.getresponse()
        assert response._safe_read(int(response.getheader("Content-Length"))) == b"hello"
        end(response)
    assert script.opened == 1


@pytest.mark.parametrize("end", [_finish, _drop])
@pytest.mark.parametrize("lines", range(4))
def test_a_chunked_body_left_in_the_middle_does_not(
    client: ModuleType, script: Script, lines: int, end: Callable[[Any], None]
) -> None:
    script.answers(_HEAD + _BODY, _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    for _ in range(lines):
        response.fp.readline()
    end(response)
    connection.request("GET", "/")
    assert connection.getresponse().status == 299
    assert script.opened == 2


@pytest.mark.parametrize("end", [_finish, _drop])
@pytest.mark.parametrize(
    ("answer", "read"),
    [(_HEAD + _BODY, _as_urllib3), (_SIZED, lambda response: response._safe_read(5))],
    ids=["chunked", "sized"],
)
def test_nor_does_one_with_unasked_bytes_behind_it(
    client: ModuleType,
    script: Script,
    answer: bytes,
    read: Callable[[Any], bytes],
    end: Callable[[Any], None],
) -> None:
    script.answers(answer + b"HTTP/1.1 200 Evil\r\nContent-Length: 0\r\n\r\n", _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert read(response).startswith(b"hello")
    end(response)
    connection.request("GET", "/")
    assert connection.getresponse().status == 299


@pytest.mark.parametrize("size_line", [b"0x5\r\n", b"5 5\r\n", b"5\n", b'5;"\r\n', b"+5\r\n"])
def test_nor_does_one_that_readers_see_differently(
    client: ModuleType, script: Script, size_line: bytes
) -> None:
    script.answers(_HEAD + size_line + b"hello\r\n0\r\n\r\n", _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.fp.readline()
    response._safe_read(7)
    response.fp.readline()
    response.fp.readline()
    response.close()
    connection.request("GET", "/")
    assert connection.getresponse().status == 299


def test_fp_is_still_a_file(client: ModuleType, script: Script) -> None:
    script.answers(_HEAD + _BODY)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    fp = response.fp
    assert fp is response.fp
    assert isinstance(fp, io.BufferedIOBase)
    assert fp.fileno() == connection.sock.fileno()
    assert fp.raw._sock is connection.sock
    assert fp.readable() and not fp.closed
    assert fp.peek().startswith(b"5;x=y")
    script.hangs_up()
    with fp as entered:
        assert b"".join(entered.readlines()) == _BODY
    assert fp.closed
    response.fp = None


@pytest.mark.parametrize("count", range(8))
def test_a_body_begun_by_hand_is_read_on_from_there(
    client: ModuleType, script: Script, count: int
) -> None:
    """chunk_left says where it stands, as urllib3 and docker set it."""
    script.answers(_HEAD + b"7\r\ncontent\r\n0\r\n\r\n", _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.fp.readline() == b"7\r\n"
    response.chunk_left = 7
    begun = response._safe_read(count)
    response.chunk_left = 7 - count
    assert begun + response.read() == b"content"
    assert response.isclosed()


@given(st.data())
@examples(60)
def test_it_is_followed_however_it_is_cut(implementation: str, data: st.DataObject) -> None:
    client = load_implementation(implementation)
    is_in_step = load_package(implementation)._client.response.is_in_step
    contents = data.draw(st.lists(st.binary(min_size=1, max_size=40), max_size=5))
    message = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in contents) + b"0\r\n\r\n"
    tail = data.draw(st.sampled_from([b"", b"x"]))
    with Script() as script:
        script.answers(_HEAD + message + tail)
        connection = script.connection(client)
        connection.request("GET", "/")
        response = connection.getresponse()
        left = len(message) + len(tail)
        while left:
            size = data.draw(st.integers(1, left))
            left -= len(response.fp.read(size))
        response.close()
        assert is_in_step(response) == (not tail)
