"""The fast path of reading steps aside for whoever replaces a method that it bypasses.

Judged by the stdlib: a replaced method must be called as often as there, and with the same.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..request.test_steps_aside import _Calls, _spy
from ..response_delivery import Delivery

#: The methods of http.client.HTTPResponse, private ones included, that reading goes through.
METHODS = (
    "begin",
    "_read_status",
    "_check_close",
    "_close_conn",
    "read",
    "readinto",
    "read1",
    "peek",
    "readline",
    "_read_next_chunk_size",
    "_read_and_discard_trailer",
    "_get_chunk_left",
    "_read_chunked",
    "_readinto_chunked",
    "_safe_read",
    "_safe_readinto",
    "_read1_chunked",
    "_peek_chunked",
    "close",
    "flush",
)

_HEAD = b"HTTP/1.1 200 OK\r\nA: b\r\n"
_SIZED = _HEAD + b"Content-Length: 11\r\n\r\nhello\nworld"
_CHUNKED = (
    _HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n4\r\nlo\nw\r\n4\r\norld\r\n0\r\nT: x\r\n\r\n"
)
RESPONSES = {"sized": _SIZED, "chunked": _CHUNKED}

STYLES: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read in parts": lambda response: [response.read(4) for _ in range(4)],
    "readinto": lambda response: [response.readinto(bytearray(5)) for _ in range(3)],
    "read1": lambda response: list(iter(lambda: response.read1(3), b"")),
    "readline": lambda response: [response.readline() for _ in range(3)],
    "peek": lambda response: (response.peek(), response.read()),
}


def _use(deliver: Delivery, client: ModuleType, cls: Any, raw: bytes, style: str) -> None:
    stand_in = type("Client", (), {"HTTPResponse": cls})
    response = deliver(stand_in, raw)  # type: ignore[arg-type]
    STYLES[style](response)
    response.close()


def _by_subclass(
    deliver: Delivery, client: ModuleType, name: str, raw: bytes, style: str
) -> _Calls:
    calls: _Calls = []
    replaced = _spy(getattr(client.HTTPResponse, name), calls)
    cls = type("Replacing", (client.HTTPResponse,), {name: replaced})
    heir = type("Heir", (cls,), {})
    _use(deliver, client, heir, raw, style)
    return calls


def _by_assignment(
    deliver: Delivery, client: ModuleType, name: str, raw: bytes, style: str
) -> _Calls:
    """To the class itself, when it has been in use; and taken back."""
    calls: _Calls = []
    owner = client.HTTPResponse
    derived = type("Derived", (owner,), {})
    _use(deliver, client, derived, raw, style)
    own = owner.__dict__.get(name)
    setattr(owner, name, _spy(getattr(owner, name), calls))
    try:
        _use(deliver, client, derived, raw, style)
    finally:
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)
    noted = len(calls)
    _use(deliver, client, derived, raw, style)
    assert len(calls) == noted
    return calls


def _by_instance(
    deliver: Delivery, client: ModuleType, name: str, raw: bytes, style: str
) -> _Calls:
    calls: _Calls = []
    response = deliver.response(client, raw)

    original = getattr(response, name)

    def spy(*args: Any, **kwargs: Any) -> Any:
        calls.append((*args, *sorted(kwargs.items())))
        return original(*args, **kwargs)

    setattr(response, name, spy)
    response.begin()
    STYLES[style](response)
    response.close()
    return [
        tuple(arg for arg in call if not isinstance(arg, (bytearray, memoryview))) for call in calls
    ]


REPLACEMENTS = {
    "in a subclass": _by_subclass,
    "on the instance": _by_instance,
    "by assignment to the class": _by_assignment,
}


@pytest.mark.full(any=("kind",))
@pytest.mark.parametrize("kind", RESPONSES)
@pytest.mark.parametrize("how", REPLACEMENTS)
@pytest.mark.parametrize("name", METHODS)
def test_a_replaced_method_is_called_as_by_the_stdlib(
    client: ModuleType, deliver_by_socket: Delivery, name: str, how: str, kind: str
) -> None:
    replace, raw = REPLACEMENTS[how], RESPONSES[kind]
    for style in STYLES:
        expected = replace(deliver_by_socket, http.client, name, raw, style)
        assert replace(deliver_by_socket, client, name, raw, style) == expected, style


def test_what_an_override_changes_counts(
    every_client: ModuleType, deliver_by_socket: Delivery
) -> None:
    class Replacing(every_client.HTTPResponse):  # type: ignore[name-defined, misc]
        def _read_status(self) -> tuple[str, int, str]:
            _, status, _ = super()._read_status()
            return "HTTP/1.0", status + 1, " changed "

        def _read_next_chunk_size(self) -> int:
            size: int = super()._read_next_chunk_size()
            sizes.append(size)
            return size

        def _safe_read(self, amt: int) -> bytes:
            data: bytes = super()._safe_read(amt)
            return data.upper()

    sizes: list[int] = []
    stand_in = type("Client", (), {"HTTPResponse": Replacing})
    response = deliver_by_socket(stand_in, _CHUNKED)  # type: ignore[arg-type]
    assert (response.version, response.status, response.reason) == (10, 201, "changed")
    assert response.will_close
    assert response.read() == b"HELLO\nWORLD"
    assert sizes == [3, 4, 4, 0]


def test_a_check_close_of_ones_own_counts(every_client: ModuleType, deliver: Delivery) -> None:
    class Replacing(every_client.HTTPResponse):  # type: ignore[name-defined, misc]
        def _check_close(self) -> bool:
            assert self.headers["A"] == "b"
            return True

    stand_in = type("Client", (), {"HTTPResponse": Replacing})
    assert deliver(stand_in, _SIZED).will_close  # type: ignore[arg-type]
    assert not deliver(every_client, _SIZED).will_close


def test_a_file_put_in_the_place_of_fp_is_read_from(
    every_client: ModuleType, deliver: Delivery
) -> None:
    """Even one that has hardly more than readline."""

    class Wrapper:
        def __init__(self, file: Any) -> None:
            self._file = file
            self.lines = 0

        def readline(self, *args: int) -> bytes:
            self.lines += 1
            line: bytes = self._file.readline(*args)
            return line

        def read(self, *args: int) -> bytes:
            data: bytes = self._file.read(*args)
            return data

        def flush(self) -> None: ...

        def close(self) -> None:
            self._file.close()

    for before in (True, False):
        response = deliver.response(every_client, _CHUNKED)
        if before:
            response.fp = Wrapper(response.fp)
            response.begin()
            assert response.fp.lines == 4
        else:
            response.begin()
            response.fp = Wrapper(response.fp)
        assert response.read() == b"hello\nworld"
        assert response.isclosed()
