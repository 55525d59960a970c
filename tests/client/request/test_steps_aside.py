"""The fast path of sending steps aside for whoever replaces a method that it bypasses.

Judged by the stdlib: a replaced method must be called as often as there, and with the same.
"""

from __future__ import annotations

import functools
import http.client
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import FakeSocket, socket_pair

#: The methods of http.client.HTTPConnection that sending goes through, private ones included.
METHODS = (
    "connect",
    "send",
    "_output",
    "_read_readable",
    "_send_output",
    "putrequest",
    "_encode_request",
    "_validate_method",
    "_validate_path",
    "putheader",
    "endheaders",
    "request",
    "_send_request",
)
STATIC_METHODS = ("_get_content_length", "_is_textIO")

_Calls = list[tuple[Any, ...]]


def _said(value: Any) -> Any:
    return value if isinstance(value, (str, bytes, int, dict, type(None))) else type(value).__name__


def _spy(original: Callable[..., Any], calls: _Calls) -> Callable[..., Any]:
    """A method that notes its arguments, but for self, and does what it did before."""

    @functools.wraps(original)
    def spy(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append((*map(_said, args), *sorted(kwargs.items())))
        return original(self, *args, **kwargs)

    return spy


def _static_spy(original: Callable[..., Any], calls: _Calls) -> Any:
    def spy(*args: Any, **kwargs: Any) -> Any:
        calls.append((*map(_said, args), *sorted(kwargs.items())))
        return original(*args, **kwargs)

    return spy


def _requests(connection: Any) -> None:
    """Of each kind: without a body, with a small one, and with a file."""
    for args in (
        ("GET", "/", None, {"A": "b"}),
        ("POST", "/", b"body"),
        ("POST", "/", "text", {"Host": "x"}),
    ):
        connection.request(*args)
        connection._HTTPConnection__state = http.client._CS_IDLE  # type: ignore[attr-defined]


def _run(connection: Any, way: str) -> None:
    if way == "fake":
        connection._create_connection = lambda *_: FakeSocket()
        _requests(connection)
        connection.close()
        return
    near, far = socket_pair()
    with near, far:
        connection.sock = near
        _requests(connection)
        connection.close()


def _by_subclass(client: ModuleType, name: str, way: str) -> _Calls:
    calls: _Calls = []
    original = getattr(client.HTTPConnection, name)
    if name in STATIC_METHODS:
        replaced: Any = staticmethod(_static_spy(original, calls))
    else:
        replaced = _spy(original, calls)
    cls = type("Replacing", (client.HTTPConnection,), {name: replaced})
    heir: Any = type("Heir", (cls,), {})
    _run(heir("example.org"), way)
    return calls


def _by_instance(client: ModuleType, name: str, way: str) -> _Calls:
    calls: _Calls = []
    connection = client.HTTPConnection("example.org")
    setattr(connection, name, _static_spy(getattr(connection, name), calls))
    _run(connection, way)
    return calls


def _by_assignment(client: ModuleType, name: str, way: str) -> _Calls:
    """To the class itself, behind the first request of a connection and of a subclass."""
    calls: _Calls = []
    owner = client.HTTPConnection
    derived: Any = type("Derived", (owner,), {})
    first, second = owner("example.org"), derived("example.org")
    _run(first, way)
    _run(second, way)
    original = owner.__dict__.get(name)
    plain = getattr(owner, name)
    static = name in STATIC_METHODS
    setattr(owner, name, staticmethod(_static_spy(plain, calls)) if static else _spy(plain, calls))
    try:
        _run(first, way)
        _run(second, way)
        _run(owner("example.org"), way)
    finally:
        if original is None:
            delattr(owner, name)
        else:
            setattr(owner, name, original)
    noted = len(calls)
    _run(first, way)
    assert len(calls) == noted, "and it is gone again"
    return calls


def _by_assignment_to_a_subclass(client: ModuleType, name: str, way: str) -> _Calls:
    """To a subclass that has been used before, and is again afterwards."""
    calls: _Calls = []
    derived: Any = type("Derived", (client.HTTPConnection,), {})
    connection = derived("example.org")
    _run(connection, way)
    plain = getattr(derived, name)
    static = name in STATIC_METHODS
    setattr(
        derived, name, staticmethod(_static_spy(plain, calls)) if static else _spy(plain, calls)
    )
    _run(connection, way)
    noted = len(calls)
    _run(client.HTTPConnection("example.org"), way)
    delattr(derived, name)
    _run(connection, way)
    assert len(calls) == noted
    return calls


REPLACEMENTS = {
    "in a subclass": _by_subclass,
    "on the instance": _by_instance,
    "by assignment to the class": _by_assignment,
    "by assignment to a subclass": _by_assignment_to_a_subclass,
}


@pytest.mark.full(any=("way",))
@pytest.mark.parametrize("way", ["fake", "socket"])
@pytest.mark.parametrize("how", REPLACEMENTS)
@pytest.mark.parametrize("name", [*METHODS, *STATIC_METHODS])
def test_a_replaced_method_is_called_as_by_the_stdlib(
    client: ModuleType, name: str, how: str, way: str
) -> None:
    replace = REPLACEMENTS[how]
    assert replace(client, name, way) == replace(http.client, name, way)


@pytest.mark.parametrize("way", ["fake", "socket"])
def test_all_methods_at_once_are_called_in_the_order_of_the_stdlib(
    client: ModuleType, way: str
) -> None:
    def trace(module: ModuleType) -> list[tuple[str, _Calls]]:
        order: list[tuple[str, _Calls]] = []
        namespace: dict[str, Any] = {}
        for name in METHODS:
            calls: Any = _Tagged(name, order)
            namespace[name] = _spy(getattr(module.HTTPConnection, name), calls)
        cls: Any = type("Replacing", (module.HTTPConnection,), namespace)
        _run(cls("example.org"), way)
        return order

    assert trace(client) == trace(http.client)


class _Tagged(list[Any]):
    """Passes on what is appended, with a name."""

    def __init__(self, name: str, order: list[tuple[str, Any]]) -> None:
        self._name, self._order = name, order

    def append(self, item: Any) -> None:
        self._order.append((self._name, item))


@pytest.mark.parametrize("way", ["fake", "socket"])
def test_ipv6_is_wrapped_by_the_method_for_it(newest_client: ModuleType, way: str) -> None:
    """The stdlib has had `_wrap_ipv6` for Host and for CONNECT since 3.12."""
    calls: _Calls = []

    class Replacing(newest_client.HTTPConnection):  # type: ignore[name-defined, misc]
        def _wrap_ipv6(self, ip: bytes) -> bytes:
            calls.append((ip,))
            wrapped: bytes = super()._wrap_ipv6(ip)
            return wrapped

    _run(Replacing("[::1]"), way)
    assert calls == [(b"::1",), (b"::1",)]


def test_what_an_override_changes_goes_on_the_wire(every_client: ModuleType) -> None:
    """Not only is it called: its result counts."""

    class Replacing(every_client.HTTPConnection):  # type: ignore[name-defined, misc]
        def putheader(self, header: Any, *values: Any) -> None:
            super().putheader(f"X-{header}", *values)

        def _encode_request(self, request: str) -> bytes:
            return request.encode("utf-8")

        def _validate_path(self, url: str) -> None:
            """Anything goes."""

        @staticmethod
        def _get_content_length(body: Any, method: str) -> int:
            return 99

        def send(self, data: Any) -> None:
            sent.append(bytes(data))

    sent: list[bytes] = []
    connection = Replacing("example.org")
    connection.sock = FakeSocket()
    connection.request("GET", "/a b\xe9", headers={"A": "b"})
    connection.close()
    assert sent == [
        b"GET /a b\xc3\xa9 HTTP/1.1\r\nX-Host: example.org\r\nX-Accept-Encoding: identity\r\n"
        b"X-Content-Length: 99\r\nX-A: b\r\n\r\n"
    ]


def test_wrapping_all_methods_later_loses_none(client: ModuleType) -> None:
    """As tracers do it: wrap, use, unwrap, in any order, again and again."""
    counted: _Calls = []
    owner = client.HTTPConnection
    originals = {name: owner.__dict__[name] for name in ("putrequest", "putheader", "endheaders")}
    connection = owner("example.org")
    for _ in range(3):
        for name, original in originals.items():
            _run(connection, "socket")
            assert counted == []
            setattr(owner, name, _spy(original, counted))
            try:
                _run(connection, "socket")
            finally:
                setattr(owner, name, original)
            assert len(counted) >= 3, name
            counted.clear()


def test_a_replaced_create_connection_is_used(every_client: ModuleType) -> None:
    """PySocks-like tools put theirs on the instance."""
    connection = every_client.HTTPConnection("example.org")
    sock = FakeSocket()
    connection._create_connection = lambda *_: sock
    connection.request("GET", "/")
    assert len(sock.sent) == 1
    connection.close()


def test_an_overridden_getresponse_or_response_class_is_used(every_client: ModuleType) -> None:
    class Response(every_client.HTTPResponse):  # type: ignore[name-defined, misc]
        pass

    made: list[Any] = []

    def factory(*args: Any, **kwargs: Any) -> Any:
        made.append((args[1:], kwargs))
        return Response(*args, **kwargs)

    for response_class in (Response, factory):
        connection = every_client.HTTPConnection("example.org")
        connection.response_class = response_class
        near, far = socket_pair()
        with far:
            far.sendall(b"HTTP/1.1 204 No\r\n\r\n")
            connection.sock = near
            connection.request("GET", "/")
            with connection.getresponse() as response:
                assert type(response) is Response
            connection.close()
    assert made == [((), {"method": "GET"})]
