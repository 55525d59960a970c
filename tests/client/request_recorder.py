"""Writes down what a client does to send: calls of sendall, audit events, the error, the state."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from . import oracle
from .response_delivery import PATIENCE, FakeSocket, socket_pair

#: What a test does with a connection.
Act = Callable[[Any], Any]

WAYS = ("fake", "socket")


class _Listeners(threading.local):
    """Those of the present thread, the newest last."""

    def __init__(self) -> None:
        self.all: list[list[tuple[Any, ...]]] = []


_listeners = _Listeners()
_hooked = threading.Event()
_hooking = threading.Lock()


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith("http.client.") and _listeners.all:
        _listeners.all[-1].append((event, *(_seen(arg) for arg in args[1:])))


def _seen(value: Any) -> Any:
    """What can be compared of an argument that is not needed any more by then."""
    if isinstance(value, (str, int)):
        return value
    try:
        return type(value).__name__, bytes(memoryview(value))
    except TypeError:
        return type(value).__name__


@contextlib.contextmanager
def audited() -> Iterator[list[tuple[Any, ...]]]:
    """The audit events of http.client, as (name, arguments without the connection)."""
    with _hooking:
        if not _hooked.is_set():
            _hooked.set()
            sys.addaudithook(_audit)  # for good: there is no way back
    events: list[tuple[Any, ...]] = []
    _listeners.all.append(events)
    try:
        yield events
    finally:
        _listeners.all.pop()


class _Drain:
    """Receives all that is sent to a socket, so that no sender has to wait; closes it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        with self._sock:
            self._parts.extend(iter(lambda: self._sock.recv(65536), b""))

    def received(self) -> bytes:
        """All of it, once the other end has hung up."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return b"".join(self._parts)


@dataclass
class Record:
    """What can be seen of an attempt to send."""

    sent: list[bytes] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    error: tuple[type[BaseException], str] | None = None
    state: tuple[Any, ...] = ()

    @property
    def wire(self) -> bytes:
        """All that went out."""
        return b"".join(self.sent)


def record(
    client: ModuleType, act: Act, *, way: str = "fake", host: str = "example.org", **kwargs: Any
) -> Record:
    """Let `act` use a new connection; what it did.

    `way` is "fake", where each call of sendall is kept apart, or "socket", where the fast path
    may put several into one.
    """
    kept = Record()
    with audited() as kept.events, contextlib.ExitStack() as stack:
        connection = client.HTTPConnection(host, **kwargs)
        stack.callback(connection.close)
        if way == "fake":
            sock = FakeSocket()
            connection._create_connection = lambda *_: sock
        else:
            connection.sock, far = socket_pair()
            drain = _Drain(far)
        try:
            act(connection)
        except Exception as error:
            kept.error = type(error), str(error)
        kept.state = _state(connection)
        if way == "fake":
            kept.sent = sock.sent
        else:
            connection.close()
            kept.sent = [drain.received()]
    return kept


def _state(connection: Any) -> tuple[Any, ...]:
    return (
        connection._HTTPConnection__state,
        connection._HTTPConnection__response,
        connection._method,
        list(connection._buffer),
        connection.sock is None,
    )


def assert_same(client: ModuleType, act: Act, **how: Any) -> Record:
    """Hold a client to what the stdlib does; what that is."""
    expected = record(oracle, act, **how)
    got = record(client, act, **how)
    assert got == expected
    return got
