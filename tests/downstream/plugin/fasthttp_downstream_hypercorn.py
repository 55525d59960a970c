"""What urllib3's test server asks of hypercorn, and the hypercorn on the package index has not.

urllib3 tests with a changed hypercorn that no index has. It tells the ASGI application, in the
scope's `extensions`, about TLS ("tls": the ALPN protocol and the client's certificate) and hands
over the connection ("_transport"), for CONNECT. Without them all tests of tunnels would fail.
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any

import hypercorn.trio.tcp_server
import trio
from hypercorn.app_wrappers import ASGIWrapper

# The tasks of a connection are started by its server's, and so have its context.
_connection: ContextVar[Any] = ContextVar("connection")
_run_server = hypercorn.trio.tcp_server.TCPServer.run
_call_application = ASGIWrapper.__call__


async def _run(server: Any) -> None:
    _connection.set(server.stream)
    await _run_server(server)


def _tls(stream: trio.SSLStream[trio.SocketStream]) -> dict[str, Any]:
    told: dict[str, Any] = {"alpn_protocol": stream.selected_alpn_protocol()}
    certificate = stream.getpeercert()
    if certificate:
        parts = [part[0] for part in certificate["subject"]]
        told["client_cert_name"] = ", ".join(f"{name}={value}" for name, value in parts)
    return told


def _call(self: ASGIWrapper, scope: Any, *arguments: Any) -> Awaitable[None]:
    stream = _connection.get(None)
    if stream is not None and scope["type"] == "http":
        scope["extensions"]["_transport"] = stream
        if isinstance(stream, trio.SSLStream):
            scope["extensions"]["tls"] = _tls(stream)
    return _call_application(self, scope, *arguments)


hypercorn.trio.tcp_server.TCPServer.run = _run
ASGIWrapper.__call__ = _call
