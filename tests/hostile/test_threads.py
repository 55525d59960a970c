"""One connection used by many threads by mistake, with a server that lets it reconnect.

What tests/threads has for one socket, here for many: results may be anybody's and errors any of
those that a program must expect, but nothing crashes, nothing hangs, and close() sets all right.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ..client.response_delivery import PATIENCE
from ..threads.crew import together
from ..threads.test_shared import EXPECTED
from .arena import PATHS
from .server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def connect(client: ModuleType, server: Server, path: str) -> Iterator[Callable[[], Any]]:
    """Makes a connection whose waiting ends soon where another thread has taken its answer.

    Two threads may open it at once; the socket that is lost by that is closed behind the test.
    """
    with contextlib.ExitStack() as opened:

        def open_socket(_address: Any, timeout: float, *_: Any) -> socket.socket:
            sock = opened.enter_context(PATHS[path](socket.AF_INET))
            sock.settimeout(timeout)
            sock.connect(("127.0.0.1", server.port))
            return sock

        def connection() -> Any:
            made = client.HTTPConnection("127.0.0.1", server.port, timeout=0.2)
            made._create_connection = open_socket
            return made

        yield connection


def _fetch(connection: Any, path: str) -> str:
    connection.request("GET", path)
    body: bytes = connection.getresponse().read()
    return body.decode("ascii")


def _assert_right_again(connection: Any) -> None:
    connection.close()
    connection.timeout = PATIENCE
    assert _fetch(connection, "/after").partition(" ")[2] == "/after"
    connection.close()


def test_threads_use_one_connection(connect: Callable[[], Any]) -> None:
    """Whole exchanges by all of them at once, each reconnecting when it finds that closed."""
    connection = connect()

    def work(number: int) -> None:
        for turn in range(10):
            with contextlib.suppress(*EXPECTED):
                _fetch(connection, f"/{number}/{turn}")

    together(work)
    _assert_right_again(connection)


def test_a_thread_closes_while_others_use(connect: Callable[[], Any]) -> None:
    """It closes what they send on, wait for and read from."""
    connection = connect()

    def work(number: int) -> None:
        for turn in range(10):
            with contextlib.suppress(*EXPECTED):
                if number % 4:
                    _fetch(connection, f"/slow-body/{number}/{turn}")
                else:
                    connection.close()

    together(work)
    _assert_right_again(connection)


def test_each_thread_has_its_own(connect: Callable[[], Any]) -> None:
    """As it is meant: every answer is that to the thread's own request."""

    def work(number: int) -> list[str]:
        connection = connect()
        connection.timeout = PATIENCE
        got = [_fetch(connection, f"/{number}/{turn}") for turn in range(20)]
        connection.close()
        return [line.partition(" ")[2] for line in got]

    assert together(work) == [[f"/{n}/{turn}" for turn in range(20)] for n in range(8)]
