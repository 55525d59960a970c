"""A response is a file: `with`, close, fileno, and readers put around it."""

from __future__ import annotations

import http.client
import io
from types import ModuleType

import pytest

from ..response_delivery import Delivery

_HEAD = b"HTTP/1.1 200 OK\r\n"
_TEXT = b"first line\r\nsecond\n\nfourth, without an end"
_SIZED = _HEAD + b"Content-Length: %d\r\n\r\n" % len(_TEXT) + _TEXT
_CHUNKED = (
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    b"9\r\n" + _TEXT[:9] + b"\r\n%x\r\n" % (len(_TEXT) - 9) + _TEXT[9:] + b"\r\n0\r\n\r\n"
)


def test_a_response_is_a_file(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _SIZED)
    assert isinstance(response, io.BufferedIOBase)
    assert isinstance(response, http.client.HTTPResponse)
    assert response.readable()
    assert not response.writable()
    assert not response.seekable()
    response.flush()
    text = io.TextIOWrapper(response, encoding="latin-1", newline="")
    assert text.readline() == "first line\r\n"
    text.close()
    assert response.closed
    assert response.isclosed()


def test_a_response_can_be_buffered_again(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    for wire in (_SIZED, _CHUNKED):
        response = deliver_buffered(every_client, wire)
        with io.BufferedReader(response) as reader:  # type: ignore[type-var]
            assert reader.read(10) == _TEXT[:10]
            assert reader.read() == _TEXT[10:]


def test_with_closes_it(every_client: ModuleType, deliver: Delivery) -> None:
    with deliver(every_client, _SIZED) as response:
        assert not response.closed
        assert response.read(3) == b"fir"
    assert response.closed
    assert response.isclosed()
    assert response.read() == b""
    assert response.readinto(bytearray(3)) == 0
    assert (response.read1(), response.peek(), response.readline()) == (b"", b"", b"")
    assert response.getheader("Content-Length") == str(len(_TEXT))
    response.close()


def test_reading_to_the_end_is_not_closing(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _SIZED)
    response.read()
    assert response.isclosed()
    assert not response.closed
    response.flush()
    response.close()
    assert response.closed


def test_fileno_is_that_of_the_socket(
    every_client: ModuleType, deliver_by_socket: Delivery
) -> None:
    sock = deliver_by_socket.sock(_SIZED)
    response = every_client.HTTPResponse(sock)
    assert response.fileno() == sock.fileno()
    assert response.fp.raw._sock is sock
    response.begin()
    response.read()
    with pytest.raises(AttributeError):  # there is no file any more
        response.fileno()
    response.close()


def test_methods_take_their_arguments_by_name(
    every_client: ModuleType, deliver_buffered: Delivery
) -> None:
    response = deliver_buffered(every_client, _SIZED)
    assert response.read(amt=2) == b"fi"
    assert response.readinto(b=bytearray(2)) == 2
    assert response.read1(n=1) == b"t"
    assert response.peek(n=1)
    assert response.readline(limit=3) == b" li"
    response.close()
