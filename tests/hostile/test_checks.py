"""The checks here can fail: http.client, and clients broken on purpose, do not pass."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from . import leaks, request_faults, response_faults
from .wires import BODY, WIRES


def _found(client: Any, wire: str, reading: str = "read()") -> set[str]:
    return set(response_faults.run(client, "fast", response_faults.cases(wire, reading)).findings)


@pytest.mark.parametrize("wire", ["length", "chunked", "trailers"])
def test_http_client_gives_one_answer_for_another(wire: str) -> None:
    """What comes late of the first one, chosen by the server."""
    assert "crossing" in _found(http.client, wire)


def test_http_client_cannot_be_used_again_when_sending_has_failed() -> None:
    tally = request_faults.run(
        http.client, "fast", request_faults.cases(http.client, "large bytes")
    )
    assert "not usable" in tally.findings


def _client(**methods: Any) -> Any:
    """http.client with methods of its response replaced."""
    response = type("Response", (http.client.HTTPResponse,), methods)
    connection = type("Connection", (http.client.HTTPConnection,), {"response_class": response})
    module = ModuleType("broken")
    module.HTTPConnection = connection  # type: ignore[attr-defined]
    return module


def _read_short(self: Any, amt: int | None = None) -> bytes:
    return http.client.HTTPResponse.read(self, amt)[:-1]


def _read_undocumented(self: Any, amt: int | None = None) -> bytes:
    raise KeyError("not of HTTP")


def _read_nothing(self: Any, amt: int | None = None) -> bytes:
    raise http.client.IncompleteRead(b"")


@pytest.mark.parametrize(
    ("read", "sort"),
    [(_read_short, "wrong"), (_read_undocumented, "undocumented"), (_read_nothing, "lost")],
)
def test_a_wrong_reading_is_found(read: Any, sort: str) -> None:
    assert sort in _found(_client(read=read), "length")


@pytest.fixture
def leaked() -> Iterator[list[int]]:
    """Descriptors that a client leaks, to be closed behind the test."""
    descriptors: list[int] = []
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_leaked_descriptors_are_found(leaked: list[int]) -> None:
    def begin(self: Any) -> None:
        leaked.append(os.dup(self.fp.fileno()))
        http.client.HTTPResponse.begin(self)

    assert "leak" in _found(_client(begin=begin), "until close")


def test_leaked_memory_is_found(leaked: list[int]) -> None:
    kept: list[Any] = []

    def begin(self: Any) -> None:
        kept.append([bytes(2048)])
        http.client.HTTPResponse.begin(self)

    client = _client(begin=begin)
    before, after, _ = leaks.measure(client, 1000)
    assert any("objects" in found for found in after.left_since(before))


def test_the_wires_are_what_http_client_reads() -> None:
    """Whole, each is a response whose body is `BODY`: else the cuts would mean nothing."""
    for name, wire in WIRES.items():
        near, far = socket.socketpair()
        with near, far:
            far.sendall(wire.whole.replace(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b""))
            far.close()
            response = http.client.HTTPResponse(near, method="GET")
            response.begin()
            assert (response.status, response.read()) == (200, BODY), name
            response.close()
