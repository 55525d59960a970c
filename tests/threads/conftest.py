"""Fixtures: responses whose bytes come over a socket, from a thread of their own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .crew import PATIENCE

Answer = Callable[[bytes], Any]


def _send(far: socket.socket, wire: bytes) -> None:
    with contextlib.suppress(OSError):  # a client that closed before it had read all
        far.sendall(wire)
        far.shutdown(socket.SHUT_WR)


def _close(sock: Any) -> None:
    """Close the socket, whatever its count of open files says.

    `socket.makefile()` and its counterpart count without a lock, in CPython as in fasthttp: without
    a GIL, threads that share a connection can leave the count, and so the socket, too high.
    """
    sock._io_refs = 0
    sock.close()


@pytest.fixture
def answer(client: ModuleType) -> Iterator[Answer]:
    """`answer(wire)` is a connection that has sent a request and will be sent `wire`."""
    with contextlib.ExitStack() as stack:

        def connect(wire: bytes) -> Any:
            near, far = socket.socketpair()
            stack.callback(far.close)
            near.settimeout(PATIENCE)
            connection = client.HTTPConnection("example.org")
            connection.sock = near
            stack.callback(connection.close)
            connection.request("GET", "/")
            sender = threading.Thread(target=_send, args=(far, wire))
            stack.callback(sender.join, PATIENCE)
            stack.callback(_close, near)  # lets the sender go on
            sender.start()
            return connection

        yield connect
