"""Connections are told apart by identity: `__eq__` and `__hash__` are the subclass's own."""

from __future__ import annotations

import copy
import dataclasses
import gc
import os
import socket
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _all_equal(base: type) -> type:
    class AllEqual(base):  # type: ignore[misc, valid-type]
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

    return AllEqual


def _unhashable(base: type) -> type:
    class Unhashable(base):  # type: ignore[misc, valid-type]
        def __eq__(self, other: object) -> bool:
            return self is other

    return Unhashable


def _no_hash(base: type) -> type:
    return type("NoHash", (base,), {"__hash__": None})


def _hash_of_a_later_attribute(base: type) -> type:
    class Later(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.name = "later"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Later) and self.name == other.name

        def __hash__(self) -> int:
            return hash(self.name)

    return Later


def _dataclass(base: type) -> type:
    @dataclasses.dataclass
    class Data(base):  # type: ignore[misc, valid-type]
        host: str
        label: str = "x"

        def __post_init__(self) -> None:
            super().__init__(self.host)

    return Data


def _eq_raises(base: type) -> type:
    class Raising(base):  # type: ignore[misc, valid-type]
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("compared")

        def __hash__(self) -> int:
            raise RuntimeError("hashed")

        def __bool__(self) -> bool:
            raise RuntimeError("asked")

        def __len__(self) -> int:
            raise RuntimeError("measured")

    return Raising


def _slots(base: type) -> type:
    return type("Slots", (base,), {"__slots__": ("name",)})


KINDS = {
    "all equal": _all_equal,
    "unhashable": _unhashable,
    "no hash": _no_hash,
    "hash of a later attribute": _hash_of_a_later_attribute,
    "dataclass": _dataclass,
    "comparing raises": _eq_raises,
    "slots": _slots,
}
_kinds = pytest.mark.parametrize("kind", KINDS)


@_kinds
@pytest.mark.parametrize("name", ["HTTPConnection", "HTTPSConnection"])
def test_it_can_be_made(every_client: ModuleType, kind: str, name: str) -> None:
    made = [KINDS[kind](getattr(every_client, name))("example.org") for _ in range(3)]
    assert [connection.host for connection in made] == ["example.org"] * 3


@_kinds
def test_it_serves(every_client: ModuleType, script: Script, kind: str) -> None:
    script.answers(_OK, _OK)
    model = script.connection(every_client)
    for _ in range(2):
        connection = KINDS[kind](every_client.HTTPConnection)("example.org")
        connection._create_connection = model._create_connection
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        connection.close()


def _let_go_of(implementation: str, connections: list[Any]) -> list[bool]:
    """What a forked child does, here; of which connections the socket is then gone."""
    load_package(implementation)._client.forking._in_child()
    return [connection.sock is None for connection in connections]


@_kinds
def test_a_child_lets_go_of_each(implementation: str, client: ModuleType, kind: str) -> None:
    made = [KINDS[kind](client.HTTPConnection)("example.org") for _ in range(3)]
    made.append(copy.copy(made[0]))
    pairs = [socket.socketpair() for _ in made]
    for connection, (near, _) in zip(made, pairs, strict=True):
        connection.sock = near
    assert _let_go_of(implementation, made) == [True] * 4
    for near, far in pairs:
        assert near.fileno() == -1
        far.close()


class _Refusing:
    """A socket whose close() raises, and says that it was asked."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        raise self.error("close")


@pytest.mark.parametrize("error", [OSError, RuntimeError, KeyboardInterrupt])
def test_one_that_raises_does_not_keep_the_others(
    implementation: str, client: ModuleType, error: type[BaseException]
) -> None:
    """Each has its turn, once; and the error is not lost."""
    made = [client.HTTPConnection("example.org") for _ in range(3)]
    socks = [_Refusing(error) for _ in made]
    for connection, sock in zip(made, socks, strict=True):
        connection.sock = sock
    with pytest.raises(error, match="close"):
        _let_go_of(implementation, made)
    assert [sock.closed for sock in socks] == [1, 1, 1]
    assert _let_go_of(implementation, made) == [True] * 3
    assert [sock.closed for sock in socks] == [1, 1, 1]


def test_none_is_kept_alive_or_noted_for_ever(implementation: str, client: ModuleType) -> None:
    noted = load_package(implementation)._client.forking._connections._noted
    gc.collect()
    before = set(noted)
    made = [client.HTTPConnection("example.org") for _ in range(10)]
    made[0].__init__("example.net")  # once more
    made.append(copy.copy(made[1]))
    cycle = client.HTTPConnection("example.org")
    cycle.itself = cycle
    assert set(noted) - before == {id(connection) for connection in [*made, cycle]}
    del made[:], cycle
    gc.collect()
    assert set(noted) <= before


def test_what_stands_in_for_one_is_not_noted(implementation: str) -> None:
    """As where `HTTPConnection.__init__` is called on what has no weak references."""

    class Stand:
        __slots__ = ()

    load_package(implementation)._client.forking.note_connection(Stand())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_in_a_real_child(client: ModuleType) -> None:
    near, far = socket.socketpair()
    connection = _all_equal(client.HTTPConnection)("example.org")
    other = _all_equal(client.HTTPConnection)("example.org")
    with near, far:
        connection.sock = near
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writing, repr((connection.sock, other.sock)).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as file:
            assert file.read() == "(None, None)"
        assert os.waitpid(pid, 0)[1] == 0
        assert connection.sock is near
