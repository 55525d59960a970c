"""What the fuzz targets have found, made small: each must stay mended."""

from __future__ import annotations

import http.client
import socket
from types import ModuleType

import pytest

from ..client.response_delivery import Delivery
from ..client.response_observer import STYLES, observe
from .link import ForeignSocket, Server
from .play_plan import SECOND, SENTINEL

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("style", ["read", "read(100000)", "read(7)"])
def test_size_line_directly_behind_the_data(client: ModuleType, style: str) -> None:
    """The pure twin took a size line that it knew for the CRLF and a size line."""
    wire = _CHUNKED + b"8\r\nabcdefgh8\r\n12345678\r\n0\r\n\r\n"
    for way in ("bytesio", "socket"):
        with Delivery(way) as deliver:
            got = observe(deliver, client, wire, style=style)
            expected = observe(deliver, http.client, wire, style=style)
        assert got["error"]["class"] is http.client.IncompleteRead
        assert got["error"]["class"] is expected["error"]["class"]


def test_place_after_a_long_trailer(client: ModuleType) -> None:
    """The fast way had left the coding where the plain one was still in its last line."""
    wire = _CHUNKED + b"1\r\nx\r\n0\r\nA: " + b"y" * 70_000 + b"\r\n\r\n"
    ends = []
    for way in ("bytesio", "socket"):
        with Delivery(way) as deliver:
            seen = observe(deliver, client, wire, style="read(7)")
        assert seen["error"]["class"] is http.client.LineTooLong
        ends.append(seen["end"])
    assert ends[0] == ends[1]


@pytest.mark.parametrize("kind", [socket.socket, ForeignSocket])
@pytest.mark.parametrize("late", [b"x", b"HTTP/1.1 200 Evil\r\nContent-Length: 0\r\n\r\n"])
def test_bytes_behind_a_finished_response(
    client: ModuleType, kind: type[socket.socket], late: bytes
) -> None:
    """The second request got them as its answer where the socket was not exactly the stdlib's."""
    with Server(kind, SENTINEL) as server:
        connection = server.connection(client)
        connection.request("GET", "/")
        server.links[0].send([b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"])
        assert connection.getresponse().read() == b"x"
        server.links[0].send([late])
        connection.request("GET", "/2")
        response = connection.getresponse()
        assert [response.status, response.reason, response.read().decode()] == SECOND
        assert len(server.links) == 2


def test_timeout_within_the_status_line(client: ModuleType) -> None:
    """The pure twin kept the connection, although it had lost what had come of the line."""
    with Server(socket.socket, SENTINEL) as server:
        connection = server.connection(client)
        connection.request("GET", "/")
        server.links[0].send([b"HT"])
        with pytest.raises(TimeoutError):
            connection.getresponse()
        assert connection.sock.fileno() == -1


@pytest.mark.parametrize("rest", [b"zz\r\ncd\r\n0\r\n\r\n", b"4"])
@pytest.mark.parametrize("style", ["read", "read(7)", "readline", "iteration", "peek"])
def test_strict_never_ends_a_body_silently(client: ModuleType, style: str, rest: bytes) -> None:
    """A malformed size line, met by readline() or peek(), looked like the end of the body."""
    with Server(socket.socket) as server:
        connection = server.connection(client, strict=True)
        connection.request("GET", "/")
        server.links[0].send([_CHUNKED + b"2\r\nab\r\n" + rest])
        server.links[0].finish("end")
        response = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead):
            STYLES[style](response)


@pytest.mark.parametrize("kind", [socket.socket, ForeignSocket])
@pytest.mark.parametrize("head", [b"304 Same\r\n\r\n", b"200 OK\r\nContent-Length: 1\r\n\r\nx"])
def test_bytes_in_the_buffer_behind_a_response(
    client: ModuleType, kind: type[socket.socket], head: bytes
) -> None:
    """Where the socket was not exactly the stdlib's, they were dropped with the buffer."""
    with Server(kind, SENTINEL) as server:
        connection = server.connection(client)
        connection.request("GET", "/")
        server.links[0].send([b"HTTP/1.1 " + head + b"junk"])
        connection.getresponse().read()
        connection.request("GET", "/2")
        assert len(server.links) == 2
