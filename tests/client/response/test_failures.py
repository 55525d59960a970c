"""Bodies that are cut off, streams that fail or fall silent, and responses after that."""

from __future__ import annotations

import gc
import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from ...cut_off import RESET
from ..response_delivery import PATIENCE, Delivery, fake_socket, socket_pair
from ..response_observer import EXACT_STYLES, observe

_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def _sized(length: int, body: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % length + body


# ------------------------------------------------------------------------------ cut off


@pytest.mark.parametrize("length", [4, 1 << 20, (1 << 20) + 1, 1 << 26, (1 << 26) + 1])
@pytest.mark.parametrize("body", [b"", b"abc"])
def test_a_body_that_is_cut_off_is_an_incomplete_read(
    every_client: ModuleType, deliver: Delivery, length: int, body: bytes
) -> None:
    response = deliver(every_client, _sized(length, body))
    with pytest.raises(IncompleteRead) as caught:
        response.read()
    error = caught.value
    assert (error.partial, error.expected, error.args) == (body, length - len(body), (body,))
    said = f"IncompleteRead({len(body)} bytes read, {length - len(body)} more expected)"
    assert repr(error) == str(error) == said
    assert error.__cause__ is None
    assert response.isclosed()
    assert response.read() == b""


@pytest.mark.parametrize("length", [1 << 40, 1 << 62, 1 << 63, 1 << 100])
def test_a_false_length_is_no_claim_on_memory(
    newest_client: ModuleType, deliver: Delivery, length: int
) -> None:
    """CVE-2025-13836."""
    response = deliver(newest_client, _sized(length, b"abc"))
    assert response.length == length
    with pytest.raises(IncompleteRead) as caught:
        response.read()
    assert (caught.value.partial, caught.value.expected) == (b"abc", length - 3)
    response = deliver(newest_client, _sized(length, b"abc"))
    assert response.read(2) == b"ab"
    assert response.length == length - 2


def test_a_body_that_is_cut_off_can_be_large(newest_client: ModuleType) -> None:
    """More than is trusted at once, then the end."""
    body = bytes(range(256)) * 10_000
    with Delivery("socket") as deliver:
        response = deliver(newest_client, _sized(1 << 30, b""), body)
        with pytest.raises(IncompleteRead) as caught:
            response.read()
        assert caught.value.partial == body
        assert caught.value.expected == (1 << 30) - len(body)


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_lengths_around_a_step_of_growth(
    every_client: ModuleType, deliver: Delivery, size: int
) -> None:
    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    response = deliver(every_client, _sized(size, body))
    assert response.read() == body
    assert response.isclosed()


@pytest.mark.parametrize("style", [style for style in EXACT_STYLES if style != "read(1)"])
@pytest.mark.parametrize("missing", [1, 4, 100])
def test_reading_in_parts_takes_a_cut_for_the_end(
    client: ModuleType, deliver_buffered: Delivery, style: str, missing: int
) -> None:
    """As the stdlib does it: an error could break those who rely on it."""
    wire = _sized(20 + missing, b"0123\n56789\n123456789")
    got = observe(deliver_buffered, client, wire, style=style)
    expected = observe(deliver_buffered, http.client, wire, style=style)
    if "error" not in got:
        assert b"".join(got["body"]) == b"0123\n56789\n123456789"
    assert got == expected


# ------------------------------------------------------------------------- failing files


class _Failing(io.RawIOBase):
    """Gives some bytes, then fails."""

    def __init__(self, data: bytes, error: BaseException) -> None:
        self._data, self._error = data, error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._data:
            raise self._error
        count = min(len(buffer), len(self._data))
        buffer[:count], self._data = self._data[:count], self._data[count:]
        return count


class _OwnError(Exception):
    pass


@pytest.mark.parametrize("error", [OSError("gone"), ConnectionResetError(), _OwnError("own")])
@pytest.mark.parametrize(
    "wire",
    [b"", b"HTTP/1.1 2", _HEAD, _HEAD + b"A: b\r\n", _sized(9, b"abc"), _CHUNKED + b"5\r\nab"],
)
def test_errors_of_a_file_are_passed_on(
    every_client: ModuleType, wire: bytes, error: Exception
) -> None:
    sock = fake_socket()
    sock.file = io.BufferedReader(_Failing(wire, error))
    response = every_client.HTTPResponse(sock)
    with pytest.raises(type(error)) as caught:
        response.begin()
        response.read()
    assert caught.value is error
    response.close()


# ----------------------------------------------------------------------------- real ones


@pytest.fixture
def connected(every_client: ModuleType) -> Iterator[tuple[Any, socket.socket]]:
    """A connection that has sent a GET, and the server's end of it."""
    near, far = socket_pair()
    connection = every_client.HTTPConnection("example.org")
    connection.sock = near
    connection.request("GET", "/")
    with near, far:
        yield connection, far
        connection.close()


def test_a_timeout_before_the_response_is_a_timeout(
    connected: tuple[Any, socket.socket],
) -> None:
    """And the response can be asked for again, if nothing of it was lost."""
    connection, far = connected
    connection.sock.settimeout(0.01)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            connection.getresponse()
    far.sendall(_sized(2, b"xy"))
    assert connection.getresponse().read() == b"xy"


_READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read of some": lambda response: response.read(7),
    "readinto": lambda response: response.readinto(bytearray(7)),
    "readline": lambda response: response.readline(),
}


@pytest.mark.parametrize("read", _READS)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_timeout_in_the_body_is_a_timeout(
    connected: tuple[Any, socket.socket], read: str, chunked: bool
) -> None:
    """And from then on reading fails, whatever still comes: bytes may have been lost."""
    connection, far = connected
    far.sendall(_CHUNKED + b"9\r\nabc" if chunked else _sized(9, b"abc"))
    response = connection.getresponse()
    connection.sock.settimeout(0.01)
    with pytest.raises(TimeoutError):
        _READS[read](response)
    far.sendall(b"defghi\r\n0\r\n\r\n")
    for again in _READS.values():
        with pytest.raises(OSError, match="cannot read from timed out object"):
            again(response)
    response.close()


@pytest.mark.parametrize(
    "arrived", [b"1", b"llo\r\n5", b"llo\r\n5\r\nworld\r\n1", b"llo\r\n3\r\nabc\r"]
)
def test_after_a_timeout_no_byte_is_taken_for_another(
    connected: tuple[Any, socket.socket], arrived: bytes
) -> None:
    """What is left in a buffer then is not the body, though a reader may be about to ask for it."""
    connection, far = connected
    far.sendall(_CHUNKED + b"5\r\nhe")
    response = connection.getresponse()
    assert response.read(2) == b"he"
    connection.sock.settimeout(0.01)
    far.sendall(arrived)
    with pytest.raises(TimeoutError):
        response.read()
    with pytest.raises(OSError, match="cannot read from timed out object"):
        response.read(3)
    response.close()


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2", _HEAD + b"A: b\r\n"])
def test_a_reset_before_the_response_closes_the_connection(
    every_client: ModuleType, sent: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = every_client.HTTPConnection(*server.getsockname(), timeout=PATIENCE)
        connection.request("GET", "/")
        far, _ = server.accept()
        far.sendall(sent)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        far.close()
        with pytest.raises((ConnectionError, http.client.BadStatusLine)) as caught:
            connection.getresponse().close()
        if isinstance(caught.value, ConnectionError):
            assert connection.sock is None
        connection.close()


def test_a_server_that_hangs_up_is_a_remote_disconnection(
    connected: tuple[Any, socket.socket],
) -> None:
    connection, far = connected
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    assert connection.sock is None
    assert connection._HTTPConnection__state == "Idle"


@pytest.mark.parametrize(
    "wire", [b"ICY 200 OK\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", _HEAD + b"A: " + b"x" * 65_536]
)
def test_a_bad_response_closes_the_connection(
    connected: tuple[Any, socket.socket], wire: bytes
) -> None:
    """Unlike http.client's, which goes on waiting until somebody calls close()."""
    connection, far = connected
    thread = threading.Thread(target=far.sendall, args=(wire,))
    thread.start()
    with pytest.raises(http.client.HTTPException):
        connection.getresponse()
    thread.join(PATIENCE)
    if type(connection) is http.client.HTTPConnection:
        assert connection._HTTPConnection__state == "Request-sent"
        with pytest.raises(http.client.CannotSendRequest):
            connection.request("GET", "/")
        assert connection.sock is not None
    else:
        assert connection._HTTPConnection__state == "Request-sent"
        assert connection.sock.fileno() == -1
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()


# -------------------------------------------------------------------------- being forgotten


def _hung_up(far: socket.socket) -> bool:
    far.setblocking(False)
    try:
        return far.recv(65536) == b""
    except BlockingIOError:
        return False


def test_a_response_keeps_the_socket_open_behind_its_connection(
    connected: tuple[Any, socket.socket],
) -> None:
    connection, far = connected
    far.sendall(_HEAD + b"Connection: close\r\n\r\nhello")
    response = connection.getresponse()
    far.recv(65536)
    assert connection.sock is None
    assert not _hung_up(far)
    assert response.read(5) == b"hello"
    response.close()
    assert _hung_up(far)


def test_a_forgotten_response_lets_its_socket_go(every_client: ModuleType) -> None:
    near, far = socket_pair()
    with far:
        far.sendall(_HEAD + b"\r\nhello")
        response = every_client.HTTPResponse(near)
        response.begin()
        near.close()
        assert not _hung_up(far)
        del response
        gc.collect()
        assert _hung_up(far)


def test_closing_the_connection_closes_its_response(
    connected: tuple[Any, socket.socket],
) -> None:
    """One that shares the connection; one that has it for itself lives on."""
    connection, far = connected
    far.sendall(_sized(5, b"he"))
    response = connection.getresponse()
    connection.close()
    assert response.isclosed()
    assert response.closed
    assert response.read() == b""
    far.recv(65536)
    assert _hung_up(far)
