"""A server that goes silent: TimeoutError in time, and a connection that works again after it."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from .body_readers import WAYS
from .stalling import Stalling

TIMEOUT = 0.15
PATIENCE = 5.0  # on a slow machine; without the timeout the server stays silent for ever

IN_HEAD = ["/before-head", "/in-status-line", "/in-headers", "/after-interim"]
IN_BODY = ["/before-body", "/in-body", "/in-chunk", "/in-chunk-size", "/before-close"]


@contextlib.contextmanager
def _times_out() -> Iterator[None]:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        yield
    assert TIMEOUT * 0.9 <= time.monotonic() - started < PATIENCE


@pytest.fixture
def impatient(client: ModuleType, stalling: Stalling) -> Iterator[Any]:
    """A connection that waits a moment only."""
    connection = client.HTTPConnection(stalling.host, stalling.port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        yield connection


def _stalled(connection: Any, path: str) -> Any:
    """A response whose head came, however slow the machine, and whose body will not."""
    connection.timeout = PATIENCE
    connection.request("GET", path)
    sock = connection.sock
    response = connection.getresponse()
    sock.settimeout(TIMEOUT)
    return response


def _works_again(connection: Any) -> None:
    connection.close()
    connection.timeout = PATIENCE
    connection.request("GET", "/fine")
    assert connection.getresponse().read() == b"fine"


def test_socket_timeout_is_timeout_error() -> None:
    """One exception under two names, so that TimeoutError below means both."""
    assert socket.timeout is TimeoutError


@pytest.mark.parametrize("path", IN_HEAD)
def test_silence_in_the_head_times_out(impatient: Any, path: str) -> None:
    """getresponse() raises; after close() the connection works."""
    impatient.request("GET", path)
    with _times_out():
        impatient.getresponse()
    _works_again(impatient)


@pytest.mark.parametrize("path", IN_BODY)
def test_silence_in_the_body_times_out(impatient: Any, path: str) -> None:
    """read() raises; after close() the connection works."""
    response = _stalled(impatient, path)
    assert response.status == 200
    with _times_out():
        response.read()
    response.close()
    _works_again(impatient)


@pytest.mark.full(any=("path",))
@pytest.mark.parametrize("path", ["/in-body", "/in-chunk"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_reading_times_out(impatient: Any, path: str, way: str) -> None:
    """Also where a part of the body was already there."""
    response = _stalled(impatient, path)
    with _times_out():
        WAYS[way](response)
    response.close()
    _works_again(impatient)


@pytest.mark.parametrize("path", ["/in-body", "/in-chunk"])
def test_what_arrived_before_the_silence_can_be_read(impatient: Any, path: str) -> None:
    """read1() gives what is there without waiting for more."""
    response = _stalled(impatient, path)
    assert response.read1(5) == b"first"
    response.close()
    _works_again(impatient)


def test_reading_on_after_a_timeout_is_an_error(impatient: Any) -> None:
    """A body with a hole in it is never passed off as whole."""
    response = _stalled(impatient, "/in-body")
    with _times_out():
        response.read()
    with pytest.raises(OSError):
        response.read()
    response.close()


def test_server_that_does_not_read_times_out_the_sender(impatient: Any) -> None:
    """send() raises once the socket's buffers are full."""
    with _times_out():
        impatient.request("POST", "/unread", body=b"x" * 64 * 1024 * 1024)
    _works_again(impatient)


def test_silent_proxy_times_out_the_tunnel(impatient: Any) -> None:
    """CONNECT without an answer."""
    impatient.set_tunnel("example.invalid", 80)
    with _times_out():
        impatient.request("GET", "/before-head")


def test_silent_tls_handshake_times_out(client: ModuleType, stalling: Stalling) -> None:
    """connect() raises, and leaves no socket open."""
    connection = client.HTTPSConnection(stalling.host, stalling.port, timeout=TIMEOUT)
    with contextlib.closing(connection), _times_out():
        connection.connect()


def test_constructor_timeout_holds_for_the_body(client: ModuleType, stalling: Stalling) -> None:
    """Nobody called settimeout() here; the second is for slow machines."""
    with contextlib.closing(
        client.HTTPConnection(stalling.host, stalling.port, timeout=1.0)
    ) as connection:
        connection.request("GET", "/in-body")
        response = connection.getresponse()
        with _times_out():
            response.read()
        response.close()
        _works_again(connection)


def test_refused_connection_is_reported(client: ModuleType) -> None:
    """Nobody listens on port 1."""
    with contextlib.closing(client.HTTPConnection("127.0.0.1", 1, timeout=5)) as connection:
        with pytest.raises(ConnectionRefusedError):
            connection.request("GET", "/")
        assert connection.sock is None
