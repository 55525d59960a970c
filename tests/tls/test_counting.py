"""fasthttp.stats() over TLS: what is counted is inside it."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from .conftest import Server

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nAccept-Encoding: identity\r\n\r\n"


@pytest.mark.parametrize("kind", ["own", "lent"])
def test_bytes(server: Server, implementation: str, kind: str) -> None:
    fasthttp: Any = load_package(implementation)
    client = fasthttp.client if kind == "own" else http.client
    with fasthttp.installed_for(), fasthttp.counting():
        for _ in range(2):
            connection = client.HTTPSConnection(
                "localhost", server.port, timeout=10, context=server.client_context()
            )
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"ok"
            connection.close()
        told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (2, 2, ())
    assert told.received == 2 * len(_ANSWER)
    assert told.sent == 2 * len(_REQUEST % server.port)
