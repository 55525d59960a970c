"""`parse_headers`, which http.server and others call themselves: any file, any class."""

from __future__ import annotations

import email.message
import http.client
import io
import socket
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import socket_pair
from .test_head import BLOCKS


class _OwnMessage(email.message.Message):
    pass


class _OwnHTTPMessage(http.client.HTTPMessage):
    pass


class _LinesOnly:
    """A file that has nothing but readline."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readline(self, *args: int) -> bytes:
        return self._file.readline(*args)

    def read(self) -> bytes:
        return self._file.read()


class _OwnReader(io.BufferedReader):
    """Sees every line go by."""

    lines = 0

    def readline(self, size: int | None = -1) -> bytes:
        self.lines += 1
        return super().readline(size)


FILES: dict[str, Any] = {
    "BytesIO": io.BytesIO,
    "BufferedReader": lambda data: io.BufferedReader(io.BytesIO(data)),  # type: ignore[arg-type]
    "a small buffer": lambda data: io.BufferedReader(io.BytesIO(data), 8),  # type: ignore[arg-type]
    "lines only": _LinesOnly,
    "a reader of one's own": lambda data: _OwnReader(io.BytesIO(data)),  # type: ignore[arg-type]
}


def _result(client: ModuleType, file: Any, **kwargs: Any) -> Any:
    message = client.parse_headers(file, **kwargs)
    return (
        type(message),
        message.items(),
        [type(defect) for defect in message.defects],
        message.is_multipart(),
        file.read(),
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_as_the_stdlib_has_it(client: ModuleType, block: str) -> None:
    """And nothing is read behind the blank line."""
    data = BLOCKS[block] + b"\r\nbehind\r\n\r\n"
    for kind, make in FILES.items():
        got, expected = (_result(module, make(data)) for module in (client, http.client))
        assert got == expected, kind
        assert got[-1] == b"behind\r\n\r\n", kind


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("cls", [_OwnMessage, _OwnHTTPMessage, email.message.EmailMessage])
def test_a_class_of_ones_own(client: ModuleType, block: str, cls: type[Any]) -> None:
    data = BLOCKS[block] + b"\r\nbehind"
    if cls is email.message.EmailMessage and block in ("Latin-1", "controls", "encoded words"):
        return  # its policy decodes, and warns
    for kind in ("BytesIO", "BufferedReader"):
        got, expected = (
            _result(module, FILES[kind](data), _class=cls) for module in (client, http.client)
        )
        assert got == expected
        assert got[0] is cls


def test_the_class_by_place(every_client: ModuleType) -> None:
    assert type(every_client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"), _OwnMessage)) is _OwnMessage


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_the_end_of_the_file_ends_the_headers(every_client: ModuleType, ending: bytes) -> None:
    for data in (b"", b"A: b", b"A: b" + ending, b"A: b" + ending + ending):
        for kind in FILES:
            message = every_client.parse_headers(FILES[kind](data))
            assert message.items() == ([("A", "b")] if data else [])


@pytest.mark.parametrize("kind", FILES)
def test_limits(newest_client: ModuleType, kind: str) -> None:
    make = FILES[kind]
    assert len(newest_client.parse_headers(make(b"A: b\r\n" * 100 + b"\r\n"))) == 100
    with pytest.raises(http.client.HTTPException, match=r"^got more than 100 headers$"):
        newest_client.parse_headers(make(b"A: b\r\n" * 101 + b"\r\n"))
    with pytest.raises(http.client.HTTPException, match=r"^got more than 2 headers$"):
        newest_client.parse_headers(make(b"A: b\r\n" * 3 + b"\r\n"), _max_headers=2)
    assert len(newest_client.parse_headers(make(b"A: b\r\n" * 2 + b"\r\n"), _max_headers=2)) == 2
    assert (
        len(newest_client.parse_headers(make(b"A: b\r\n" * 150 + b"\r\n"), _max_headers=150)) == 150
    )
    with pytest.raises(http.client.LineTooLong, match="more than 65536 bytes when reading header"):
        newest_client.parse_headers(make(b"A: " + b"x" * 70_000 + b"\r\n\r\n"))


@pytest.mark.parametrize("kind", ["a reader of one's own"])
def test_a_file_of_ones_own_is_read_by_its_own_methods(every_client: ModuleType, kind: str) -> None:
    file = FILES[kind](b"A: b\r\nC: d\r\n\r\n")
    every_client.parse_headers(file)
    assert file.lines == 3


def test_the_rest_of_a_socket_is_left_alone(every_client: ModuleType) -> None:
    """As http.server has it: headers that arrive in two pieces, then a body."""
    near, far = socket_pair()
    with near, far, near.makefile("rb") as file:
        far.sendall(b"A: b\r\n")
        assert file.peek() == b"A: b\r\n"
        far.sendall(b"C: d\r\n\r\nbody")
        far.shutdown(socket.SHUT_WR)
        assert every_client.parse_headers(file).items() == [("A", "b"), ("C", "d")]
        assert file.read() == b"body"


def test_what_is_no_file_is_an_error(every_client: ModuleType) -> None:
    for thing in (None, b"A: b\r\n\r\n", "A: b"):
        with pytest.raises(AttributeError):
            every_client.parse_headers(thing)
    with pytest.raises(http.client.HTTPException):  # a file of text has no end that is bytes
        every_client.parse_headers(io.StringIO("A: b\n\n"))
