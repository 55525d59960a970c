"""The checks here can fail: http.client, and clients broken on purpose, do not pass."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..pool.stage import modules_of
from . import pool_requests, pool_responses, request_faults, response_faults
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


def _found_in_a_pool(package: ModuleType, wire: str, way: str = "page") -> set[str]:
    return set(pool_responses.run(package, pool_responses.cases(wire, way)).findings)


def test_a_pool_that_keeps_what_is_broken_is_found(
    implementation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(implementation)
    monkeypatch.setattr(package.incoming.ResponseParser, "can_reuse", True)
    monkeypatch.setattr(modules_of(package).connection.Connection, "is_spent", lambda self: False)
    assert {"kept", "crossing"} <= _found_in_a_pool(package, "length")


def test_a_pool_that_leaks_is_found(implementation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = load_package(implementation)
    kind = modules_of(package).connection.Connection
    shut = kind.shut
    leaked: list[Any] = []

    def leak(self: Any) -> None:
        if self.sock is not None:
            leaked.append(self.sock.dup())
        shut(self)

    monkeypatch.setattr(kind, "shut", leak)
    found = _found_in_a_pool(package, "until close")
    for sock in leaked:
        sock.close()
    assert "leak" in found


def test_a_pool_that_forgets_a_slot_is_found(
    implementation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(implementation)
    kind = modules_of(package).connection.Connection
    monkeypatch.setattr(kind, "close", kind.shut)
    assert "leak" in _found_in_a_pool(package, "until close")


def test_a_pool_that_takes_half_for_whole_is_found(
    implementation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(implementation)
    monkeypatch.setattr(type(package._http.rules.SCRAPING), "needs_end", False)
    assert _found_in_a_pool(package, "trailers") == {"wrong"}


def test_a_pool_that_disturbs_others_is_found(
    implementation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(implementation)
    kind = modules_of(package).connection.Connection
    fail = kind._fail

    def fail_all(self: Any, error: Exception) -> None:
        for connection in list(self._engine.connections):
            fail(connection, error)

    monkeypatch.setattr(kind, "_fail", fail_all)
    assert "disturbed" in _found_in_a_pool(package, "length", "kept")


def test_a_pool_that_sends_a_post_twice_is_found(
    implementation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(implementation)
    monkeypatch.setattr(modules_of(package).engine.Engine, "may_send_again", lambda *_: True)
    tally = pool_requests.run(package, pool_requests.some(package, "bytes"))
    assert "wrong" in tally.findings
