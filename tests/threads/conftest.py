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


@pytest.fixture
def answer(client: ModuleType) -> Iterator[Answer]:
    """`answer(wire)` is a connection that has sent a request and will be sent `wire`."""
    with contextlib.ExitStack() as stack:

        def connect(wire: bytes) -> Any:
            near, far = socket.socketpair()
            stack.callback(far.close)
            stack.callback(near.close)
            near.settimeout(PATIENCE)
            connection = client.HTTPConnection("example.org")
            connection.sock = near
            stack.callback(connection.close)
            connection.request("GET", "/")
            sender = threading.Thread(target=_send, args=(far, wire))
            stack.callback(sender.join, PATIENCE)
            stack.callback(near.close)  # lets the sender go on
            sender.start()
            return connection

        yield connect
