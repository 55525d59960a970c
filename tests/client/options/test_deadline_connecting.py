"""`deadline=` while connecting: all addresses of a host together are in time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ..conftest import Clock
from ..drip_server import Feeder
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"


def _exchange(connection: Any) -> bytes:
    connection.request("GET", "/")
    body: bytes = connection.getresponse().read()
    return body


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port at which connecting takes for ever, because nobody accepts what waits there."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            waiting.append(sock)
        yield listener.getsockname()[1]
        for sock in waiting:
            sock.close()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`resolve(address, ...)`: what names that end in .example stand for from now on."""
    known = socket.getaddrinfo

    def give(*addresses: tuple[Any, ...]) -> None:
        def getaddrinfo(host: str, port: int, *how: Any) -> list[Any]:
            if not host.endswith(".example"):
                return known(host, port, *how)
            kind = socket.AF_INET, socket.SOCK_STREAM, 6, ""
            return [(*kind, (address[0], port, *address[1:])) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return give


def test_all_addresses_of_a_host_together_are_in_time(
    client: ModuleType, deaf: int, resolve: Callable[..., None]
) -> None:
    """With a limit for each they would take half a minute."""
    resolve(*[("127.0.0.1",)] * 300)
    connection = client.HTTPConnection("a.example", deaf, timeout=20, deadline=0.05)
    with pytest.raises(TimeoutError, match="the deadline of"):
        connection.request("GET", "/")
    assert connection.sock is None


def test_the_next_address_is_tried(client: ModuleType, resolve: Callable[..., None]) -> None:
    with Feeder((_SIZED, b"")) as feeder:
        resolve(("127.0.0.2",), ("127.0.0.3",))  # at which nobody listens
        connection = client.HTTPConnection("a.example", feeder.port, deadline=60)
        with pytest.raises(ConnectionRefusedError):
            connection.request("GET", "/")
        resolve(("127.0.0.2",), ("127.0.0.1",))
        assert _exchange(connection) == b"ok"
        connection.close()


def test_a_host_without_an_address(client: ModuleType, resolve: Callable[..., None]) -> None:
    resolve()
    connection = client.HTTPConnection("a.example", 80, deadline=60)
    with pytest.raises(OSError, match="getaddrinfo returns an empty list"):
        connection.request("GET", "/")


def test_each_address_gets_what_is_left(
    client: ModuleType,
    clock: Clock,
    resolve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or the timeout, where that is less; a link-local address keeps its zone."""
    asked: list[Any] = []

    def create(address: Any, timeout: Any, source: Any) -> Any:
        asked.append((address, timeout, source))
        clock.now += 3
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create)
    resolve(("192.0.2.1",), ("2001:db8::1", 0, 0), ("fe80::1", 0, 3), ("192.0.2.2",))
    own = ("127.0.0.1", 0)
    connection = client.HTTPConnection("a.example", 80, 5, own, deadline=8)
    with pytest.raises(TimeoutError, match="deadline of 8 seconds"):
        connection.request("GET", "/")
    assert asked == [
        (("192.0.2.1", 80), 5, own),
        (("2001:db8::1", 80), 5, own),
        (("fe80::1%3", 80), 2.0, own),
    ]


def test_connecting_that_gives_up_a_little_early_has_waited_for_it(
    client: ModuleType,
    clock: Clock,
    resolve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def create(address: Any, timeout: float, source: Any) -> Any:
        clock.now += timeout - 0.0005
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", create)
    resolve(("192.0.2.1",))
    connection = client.HTTPConnection("a.example", 80, deadline=8)
    with pytest.raises(TimeoutError, match="the deadline of 8 seconds has passed"):
        connection.request("GET", "/")


def test_a_function_of_ones_own_connects_by_name(client: ModuleType, script: Script) -> None:
    """A proxy may be what looks it up."""
    script.answers(_SIZED)
    connection = script.connection(client, "a.example", 80, deadline=60)
    create = connection._create_connection
    asked: list[Any] = []

    def create_and_note(*where: Any) -> Any:
        asked.append(where[0])
        return create(*where)

    connection._create_connection = create_and_note
    assert _exchange(connection) == b"ok"
    assert asked == [("a.example", 80)]
