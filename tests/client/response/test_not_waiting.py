"""A socket that is made non-blocking after getresponse(): where nothing has come, nothing is lost.

http.client closes such a response, or takes what there is for the whole: docs/deviations.md.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ...codec.sockets import open_pair

_HEAD = b"HTTP/1.1 200 OK\r\n"
_BODY = b"first line\nsecond line\n" + bytes(range(256)) * 200
_WIRES = {
    "length": (_HEAD + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY, False),
    "chunks": (
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"".join(
            b"%x;extension\r\n%b\r\n" % (len(_BODY[at : at + 9000]), _BODY[at : at + 9000])
            for at in range(0, len(_BODY), 9000)
        )
        + b"0\r\nX-Trailer: 1\r\nX-Other: 2\r\n\r\n",
        False,
    ),
    "plain chunks": (
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"".join(
            b"%x\r\n%b\r\n" % (len(_BODY[at : at + 700]), _BODY[at : at + 700])
            for at in range(0, len(_BODY), 700)
        )
        + b"0\r\n\r\n",
        False,
    ),
    "until close": (_HEAD + b"\r\n" + _BODY, True),
}  # fmt: skip
_kinds = pytest.mark.parametrize("kind", _WIRES)


def _into(response: Any) -> bytes:
    buffer = bytearray(4000)
    return bytes(buffer[: response.readinto(buffer)])


_READS: dict[str, Callable[[Any], bytes]] = {
    "read()": lambda response: bytes(response.read()),
    "read(n)": lambda response: bytes(response.read(4000)),
    "read(1)": lambda response: bytes(response.read(1)),
    "readinto": _into,
    "read1": lambda response: bytes(response.read1()),
    "read1(n)": lambda response: bytes(response.read1(100)),
    "readline": lambda response: bytes(response.readline()),
    "readline(n)": lambda response: bytes(response.readline(100)),
}
_reads = pytest.mark.parametrize("how", _READS)


class Place:
    """A response whose server says its wire piece by piece."""

    def __init__(self, client: ModuleType, near: Any, far: socket.socket, wire: bytes) -> None:
        head, _, self.rest = wire.partition(b"\r\n\r\n")
        self.far = far
        self.connection = client.HTTPConnection("127.0.0.1", 80)
        self.connection.sock = near
        self.connection.request("GET", "/")
        far.sendall(head + b"\r\n\r\n")
        self.response = self.connection.getresponse()

    def says(self, size: int, ends: bool = False) -> bool:
        """Let the server say the next so many bytes; whether there were any."""
        piece, self.rest = self.rest[:size], self.rest[size:]
        self.far.sendall(piece)
        if ends and not self.rest:
            self.far.shutdown(socket.SHUT_WR)
        return bool(piece)


@pytest.fixture
def make(client: ModuleType) -> Iterator[Callable[[bytes], Place]]:
    with open_pair() as pair, contextlib.ExitStack() as opened:

        def made(wire: bytes) -> Place:
            place = Place(client, pair.near, pair.far, wire)
            opened.callback(place.response.close)
            pair.near.setblocking(False)
            return place

        yield made


def _read_as_it_comes(place: Place, read: Callable[[Any], bytes], size: int, ends: bool) -> bytes:
    """All of the body, its server saying `size` bytes more whenever there is nothing to read."""
    body = b""
    while True:
        try:
            piece = read(place.response)
        except BlockingIOError:
            assert not place.response.isclosed()
            assert place.says(size, ends), "there is nothing more to come"
            continue
        if not piece:
            return body
        body += piece


@pytest.mark.parametrize("size", [1000, 4999])
@_reads
@_kinds
def test_reading_goes_on_where_it_was(
    make: Callable[[bytes], Place], kind: str, how: str, size: int
) -> None:
    wire, ends = _WIRES[kind]
    place = make(wire)
    assert _read_as_it_comes(place, _READS[how], size, ends) == _BODY
    assert place.response.isclosed()
    if kind == "chunks":
        assert place.response.trailers.items() == [("X-Trailer", "1"), ("X-Other", "2")]


@pytest.mark.parametrize("how", ["read()", "read(n)", "readinto", "readline"])
@pytest.mark.parametrize("kind", ["chunks", "plain chunks"])
def test_chunks_may_be_torn_anywhere(make: Callable[[bytes], Place], kind: str, how: str) -> None:
    body = b"ab\ncd"
    wire = b"2\r\nab\r\n3\r\n\ncd\r\n0\r\nX-Trailer: 1\r\n\r\n"
    if kind == "chunks":
        wire = wire.replace(b"2\r", b"2;x\r").replace(b"3\r", b"3;y=1\r")
    place = make(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + wire)
    assert _read_as_it_comes(place, _READS[how], 1, False) == body
    assert place.response.trailers.items() == [("X-Trailer", "1")]


@pytest.mark.parametrize("read", ["read", "peek"])
@_kinds
def test_the_connection_is_in_step_afterwards(
    make: Callable[[bytes], Place], kind: str, read: str
) -> None:
    wire, ends = _WIRES[kind]
    place = make(wire)
    for _ in range(3):
        if read == "peek":
            assert place.response.peek() == b""
        else:
            with pytest.raises(BlockingIOError):
                place.response.read()
    sock = place.connection.sock
    if sock is not None:
        sock.setblocking(True)
    else:
        place.response.fp.raw._sock.setblocking(True)
    place.far.sendall(place.rest)
    if ends:
        place.far.shutdown(socket.SHUT_WR)
    assert place.response.read() == _BODY
    if not ends:
        place.connection.request("GET", "/next")
        assert place.connection.sock is sock, "it is used again"
        place.far.sendall(_HEAD + b"Content-Length: 4\r\n\r\nnext")
        assert place.connection.getresponse().read() == b"next"


def test_a_part_is_given_out(make: Callable[[bytes], Place]) -> None:
    """As by http.client's own."""
    place = make(_HEAD + b"Content-Length: 10\r\n\r\n0123456789")
    place.says(4)
    assert place.response.read(8) == b"0123"
    assert place.response.length == 6
    with pytest.raises(BlockingIOError):
        place.response.read(8)
    place.says(6)
    assert place.response.read(8) == b"456789"
    assert place.response.isclosed()


def test_the_end_is_still_the_end(client: ModuleType, make: Callable[[bytes], Place]) -> None:
    place = make(_HEAD + b"Content-Length: 10\r\n\r\n0123")
    with pytest.raises(BlockingIOError):
        place.response.read()
    place.says(4, ends=True)
    with pytest.raises(client.IncompleteRead) as caught:
        place.response.read()
    assert caught.value.partial == b"0123"


def test_a_timeout_is_still_a_failure(make: Callable[[bytes], Place]) -> None:
    place = make(_HEAD + b"Content-Length: 10\r\n\r\n0123456789")
    with pytest.raises(BlockingIOError):
        place.response.read(5)
    place.connection.sock.settimeout(0.01)
    with pytest.raises(TimeoutError):
        place.response.read(5)
    place.says(10)
    with pytest.raises(OSError, match="timed out object"):
        place.response.read(5)


@_reads
def test_tls_wants_more(make: Callable[[bytes], Place], how: str) -> None:
    """SSLWantReadError is no BlockingIOError, but says the same."""
    place = make(_WIRES["length"][0])
    place.response.fp.receive_by(_wanting(place.connection.sock))
    with pytest.raises(ssl.SSLWantReadError):
        _READS[how](place.response)
    place.connection.sock.setblocking(True)
    place.far.sendall(place.rest)
    place.response.fp.receive_by(place.connection.sock.recv_into)
    assert place.response.read() == _BODY


def _wanting(sock: socket.socket) -> Callable[..., int]:
    def recv_into(*args: Any) -> int:
        try:
            return sock.recv_into(*args)
        except BlockingIOError:
            raise ssl.SSLWantReadError(2, "The operation did not complete (read)") from None

    return recv_into
