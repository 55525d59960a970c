"""Plain sockets, which C sends to and receives from by their descriptor: as by their methods.

Where the methods are used, in Python, all of this holds as well.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from types import ModuleType
from typing import Any

import pytest

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_BODY = bytes(range(256)) * 240

pytestmark = pytest.mark.skipif(os.name != "posix", reason="socketpair() of AF_UNIX")


def _over(client: ModuleType, near: socket.socket, far: socket.socket) -> Any:
    """A connection over a socket that has carried an exchange."""
    connection = client.HTTPConnection("example.org")
    connection.sock = near
    connection.request("GET", "/")
    far.recv(1 << 16)
    far.sendall(_OK)
    assert connection.getresponse().read() == b"ok"
    return connection


def test_head_and_body_leave_in_one_packet(client: ModuleType) -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far:
        connection = _over(client, near, far)
        connection.request("POST", "/", _BODY)
        packet = far.recv(1 << 17)
        assert packet.startswith(b"POST / HTTP/1.1\r\n") and packet.endswith(_BODY)
        connection.close()


@pytest.mark.parametrize("timeout", [None, 10])
def test_what_is_not_taken_at_once_goes_later(client: ModuleType, timeout: float | None) -> None:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with far, ThreadPoolExecutor(1) as other:
        connection = _over(client, near, far)
        near.settimeout(timeout)
        sent = other.submit(connection.request, "POST", "/", _BODY)
        assert not wait([sent], timeout=0.05).done
        heard = b""
        while not heard.endswith(_BODY):
            heard += far.recv(1 << 16)
        assert sent.result(timeout=10) is None
        assert heard.count(b"POST") == 1 and len(heard) < len(_BODY) + 200
        far.sendall(_OK)
        assert connection.getresponse().read() == b"ok"
        connection.close()


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_what_is_not_taken_in_time(client: ModuleType, timeout: float) -> None:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with far:
        connection = _over(client, near, far)
        near.settimeout(timeout)
        with pytest.raises(TimeoutError if timeout else BlockingIOError):
            connection.request("POST", "/", _BODY)
        assert connection._HTTPConnection__state == "Request-sent"
        connection.close()


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_a_timeout_that_is_set_between_head_and_body(client: ModuleType, timeout: float) -> None:
    """The rest is received as the socket is then."""
    near, far = socket.socketpair()
    with far:
        connection = _over(client, near, far)
        connection.request("GET", "/")
        far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
        response = connection.getresponse()
        near.settimeout(timeout)
        if timeout:
            with pytest.raises(TimeoutError):
                response.read()
        else:
            with pytest.raises(BlockingIOError):
                response.read()
            far.sendall(b"ok")
            assert response.read() == b"okok"
        connection.close()


@pytest.mark.parametrize("when", ["request", "getresponse", "read"])
def test_a_socket_that_is_closed_meanwhile(client: ModuleType, when: str) -> None:
    """By its descriptor nothing can be reached that has been opened since."""
    near, far = socket.socketpair()
    with far, contextlib.ExitStack() as opened:
        connection = _over(client, near, far)
        steps: dict[str, Callable[[], Any]] = {
            "request": lambda: connection.request("GET", "/"),
            "getresponse": lambda: connection.getresponse(),
            "read": lambda: response.read(),
        }
        if when != "request":
            connection.request("GET", "/")
        if when == "read":
            far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
            response = connection.getresponse()
        number = near.detach()
        os.close(number)
        others = socket.socketpair()
        for other in others:
            opened.enter_context(other)
        assert number in [other.fileno() for other in others]
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            steps[when]()
        for other in others:
            other.setblocking(False)
            with pytest.raises(BlockingIOError):
                other.recv(1)
