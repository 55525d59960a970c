"""Plain sockets, which C sends to and receives from by their descriptor: as by their methods.

Where the methods are used, in Python, all of this holds as well.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
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


# ------------------------------------------------------------------------- signals


@contextlib.contextmanager
def _on_alarm(handler: Callable[[], object], after: float = 0.05) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_SECRET = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nSECRET"


def _given_to_others(near: socket.socket, others: list[socket.socket]) -> None:
    """Close a socket, and let new ones have its number, on which bytes wait that are not for us."""
    number = near.detach()
    os.close(number)
    others.extend(socket.socketpair())
    assert number in [other.fileno() for other in others]
    for other in others:
        other.sendall(_SECRET)


@pytest.mark.parametrize("when", ["request", "getresponse", "read"])
def test_a_handler_may_close_the_socket(client: ModuleType, when: str) -> None:
    """What its number leads to afterwards is neither read nor written to."""
    near, far = socket.socketpair()
    others: list[socket.socket] = []
    with far, contextlib.ExitStack() as opened:
        connection = _over(client, near, far)
        if when == "request":
            near.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    near.send(bytes(1 << 16))
            near.setblocking(True)
        else:
            connection.request("GET", "/")
        if when == "read":
            far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
            response = connection.getresponse()
        with (
            _on_alarm(lambda: _given_to_others(near, others)),
            pytest.raises(OSError, match=os.strerror(errno.EBADF)),
        ):
            if when == "request":
                connection.request("GET", "/")
            elif when == "getresponse":
                connection.getresponse()
            else:
                response.read()
        for other in others:
            opened.enter_context(other)
            other.setblocking(False)
            assert other.recv(1 << 16) == _SECRET


class _StopError(Exception):
    pass


def _stop() -> None:
    raise _StopError


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_handler_may_end_a_request_that_is_sent_in_part(
    client: ModuleType, timeout: float | None
) -> None:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    freed: list[bytes] = []
    with far:
        connection = _over(client, near, far)
        near.settimeout(timeout)
        rescue = threading.Timer(5, lambda: freed.append(far.recv(1 << 17)))
        rescue.start()
        with _on_alarm(_stop), pytest.raises(_StopError):
            connection.request("POST", "/", _BODY)
        rescue.cancel()
        assert not freed
        connection.close()


@pytest.mark.parametrize("when", ["getresponse", "read"])
def test_a_handler_may_set_a_timeout(client: ModuleType, when: str) -> None:
    near, far = socket.socketpair()
    with far:
        connection = _over(client, near, far)
        connection.request("GET", "/")
        if when == "read":
            far.sendall(_OK[:-2])
            response = connection.getresponse()
        answer = threading.Timer(0.2, far.sendall, [_OK if when == "getresponse" else _OK[-2:]])
        with _on_alarm(lambda: near.settimeout(10)):
            answer.start()
            if when == "getresponse":
                response = connection.getresponse()
            assert response.read() == b"ok"
        answer.join()
        connection.close()
