"""How requests leave: audit events, the number of calls, TCP_NODELAY, and what joins what."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from ..conftest import is_ours
from ..request_recorder import WAYS, audited, record
from ..response_delivery import FakeSocket, socket_pair


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What each call of sendall on a real socket is given from now on."""
    made: list[bytes] = []
    original = socket.socket.sendall

    def sendall(self: socket.socket, data: Any, *flags: int) -> None:
        made.append(bytes(data))
        return original(self, data, *flags)

    monkeypatch.setattr(socket.socket, "sendall", sendall)
    return made


@pytest.fixture
def plain(client: ModuleType) -> Iterator[Any]:
    """A connection over a real socket; what it sends stays in the kernel's buffer."""
    connection = client.HTTPConnection("example.org")
    connection.sock, far = socket_pair()
    with far:
        yield connection
        connection.close()


@pytest.mark.parametrize("body", [b"x", "text", b"x" * 1000, b"", None])
def test_head_and_small_body_leave_in_one_call(plain: Any, calls: list[bytes], body: Any) -> None:
    plain.request("POST", "/", body)
    assert len(calls) == 1
    assert calls[0].endswith(body.encode() if isinstance(body, str) else body or b"\r\n\r\n")


def test_both_are_events_all_the_same(plain: Any, calls: list[bytes]) -> None:
    with audited() as events:
        plain.request("POST", "/", b"body", {"A": "b"})
    head = calls[0].removesuffix(b"body")
    assert events == [
        ("http.client.send", ("bytes", head)),
        ("http.client.send", ("bytes", b"body")),
    ]


def test_a_socket_of_any_other_type_gets_them_apart(every_client: ModuleType) -> None:
    got = record(every_client, lambda it: it.request("POST", "/", b"body"))
    assert got.sent[0].endswith(b"\r\n\r\n")
    assert got.sent[1:] == [b"body"]


def test_a_type_derived_from_socket_gets_them_apart(client: ModuleType) -> None:
    """Whatever it overrides would be bypassed."""

    class Counting(socket.socket):
        sent: list[bytes]

        def sendall(self, data: Any, *_: Any) -> None:
            self.sent.append(bytes(data))

    connection = client.HTTPConnection("example.org")
    with Counting() as sock:
        sock.sent = []
        connection.sock = sock
        connection.request("POST", "/", b"body")
        assert len(sock.sent) == 2
        connection.close()


def test_the_events_of_a_connection_in_full(every_client: ModuleType) -> None:
    got = record(every_client, lambda it: it.request("POST", "/", b"body"), port=81)
    names = [event[0] for event in got.events]
    assert names == ["http.client.connect", "http.client.send", "http.client.send"]
    assert got.events[0] == ("http.client.connect", "example.org", 81)
    assert got.events[1] == ("http.client.send", ("bytes", got.sent[0]))
    assert got.events[2] == ("http.client.send", ("bytes", b"body"))


def test_events_name_the_connection(client: ModuleType) -> None:
    seen: list[Any] = []
    here: int | None = threading.get_ident()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if threading.get_ident() == here and event.startswith("http.client."):
            seen.append(args[0])

    sys.addaudithook(hook)
    connection = client.HTTPConnection("example.org")
    connection._create_connection = lambda *_: FakeSocket()
    connection.request("POST", "/", b"body")
    here = None
    assert len(seen) == 3
    assert all(it is connection for it in seen)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("forbidden", [1, 2])
def test_an_audit_hook_can_forbid_it(client: ModuleType, forbidden: int, way: str) -> None:
    """At the latest before the call that would send what it objects to."""
    left = forbidden
    here: int | None = threading.get_ident()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if threading.get_ident() == here and event == "http.client.send":
            left -= 1
            if not left:
                raise PermissionError("no")

    sys.addaudithook(hook)
    got = record(client, lambda it: it.request("POST", "/", b"body"), way=way)
    here = None
    assert got.error == (PermissionError, "no")
    assert b"body" not in got.wire


def test_connect_turns_nagle_off(every_client: ModuleType) -> None:
    sock = FakeSocket()
    connection = every_client.HTTPConnection("example.org")
    connection._create_connection = lambda *_: sock
    connection.connect()
    assert sock.options == [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    connection.close()
    assert sock.closed


@pytest.mark.parametrize("code", [errno.ENOPROTOOPT, errno.EINVAL, errno.EBADF])
def test_only_a_missing_option_is_forgiven(every_client: ModuleType, code: int) -> None:
    class Refusing(FakeSocket):
        def setsockopt(self, *option: Any) -> None:
            raise OSError(code, "no")

    connection = every_client.HTTPConnection("example.org")
    sock = Refusing()
    connection._create_connection = lambda *_: sock
    if code == errno.ENOPROTOOPT:
        connection.connect()
    else:
        with pytest.raises(OSError, match="no") as caught:
            connection.connect()
        assert caught.value.errno == code
    if is_ours(every_client) and code != errno.ENOPROTOOPT:
        assert connection.sock is None
        assert sock.closed
    else:
        assert connection.sock is sock
    connection.close()


def test_nagle_is_off_on_a_real_connection(every_client: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = every_client.HTTPConnection(*server.getsockname())
        connection.connect()
        assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()


def test_connect_passes_on_where_and_how(every_client: ModuleType) -> None:
    asked: list[Any] = []

    def create(*args: Any) -> FakeSocket:
        asked.append(args)
        return FakeSocket()

    connection = every_client.HTTPConnection("a", 81, 2.5, ("b", 82))
    connection._create_connection = create
    connection.connect()
    other = every_client.HTTPConnection("[::1]")
    other._create_connection = create
    other.request("GET", "/")
    default = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]
    assert asked == [(("a", 81), 2.5, ("b", 82)), (("::1", 80), default, None)]


def test_the_fast_way_is_taken_again_and_again(plain: Any, calls: list[bytes]) -> None:
    """Five requests on one connection, one call each."""
    for n in range(5):
        plain.request("PUT", f"/{n}", b"body", {"N": n})
        plain._HTTPConnection__state = http.client._CS_IDLE  # type: ignore[attr-defined]
    assert len(calls) == 5


def test_a_large_body_is_not_copied_behind_its_head(plain: Any, calls: list[bytes]) -> None:
    """It may leave in a call of its own."""
    body = b"x" * 500_000
    near, far = socket_pair()
    plain.sock.close()
    plain.sock = near
    received: list[bytes] = []

    def drain() -> None:
        with far:
            received.extend(iter(lambda: far.recv(65536), b""))

    thread = threading.Thread(target=drain)
    thread.start()
    plain.request("PUT", "/", body)
    plain.close()
    thread.join()
    assert b"".join(received).endswith(b"\r\n\r\n" + body)
    assert [len(call) for call in calls][1:] == [len(body)]
