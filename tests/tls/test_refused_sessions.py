"""A server that refuses to resume sessions, as one of OpenSSL does that asks for certificates and
has no session id context: each offer ends in an alert. It is asked once more without, and then no
more.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import trustme

from ..cut_off import RESET, cut_off

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_SESSION_TICKET, _PRE_SHARED_KEY = 35, 41  # RFC 5077 3.2, RFC 8446 4.2.11


def _peek(sock: socket.socket) -> bytes:
    """The first record, which is left where it is."""
    while True:
        seen = sock.recv(65536, socket.MSG_PEEK)
        if not seen or (len(seen) > 5 and len(seen) >= 5 + int.from_bytes(seen[3:5], "big")):
            return seen


def _offers_session(hello: bytes) -> bool:
    """Whether a ClientHello (RFC 8446 4.1.2) asks for a session to be resumed."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, length = struct.unpack(">HH", hello[at : at + 4])
        if kind == _PRE_SHARED_KEY or (kind == _SESSION_TICKET and length):
            return True
        at += 4 + length
    return False


def _send_alert(sock: socket.socket) -> None:
    sock.recv(65536)
    sock.sendall(b"\x15\x03\x03\x00\x02\x02\x50")  # fatal, internal_error
    sock.shutdown(socket.SHUT_WR)
    sock.recv(65536)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _end(sock: socket.socket) -> None:
    sock.recv(65536)


def _resume(sock: socket.socket) -> None:
    """Nothing: what is offered is taken."""


class Server:
    """Listens on loopback, and does with who offers a session what it is told to; `offered` has one
    entry for each connection. A CONNECT is answered, and TLS begins behind it.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.refuse: Callable[[socket.socket], None] = _resume
        self.offered: list[bool] = []
        self.tunnels = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), plain:
                plain.settimeout(10)
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        if plain.recv(7, socket.MSG_PEEK) == b"CONNECT":
            while not plain.recv(65536).endswith(b"\r\n\r\n"):
                pass
            plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            self.tunnels += 1
        hello = _peek(plain)
        if not hello:
            return
        self.offered.append(_offers_session(hello))
        if self.offered[-1] and self.refuse is not _resume:
            self.refuse(plain)
            return
        with self.context.wrap_socket(plain, server_side=True) as sock:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += sock.recv(4096) or b"\r\n\r\n"
            sock.sendall(_ANSWER)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        cut_off(self._listener)
        self._listener.close()
        self._thread.join(15)
        assert not self._thread.is_alive()


VERSIONS = ["TLSv1_2", "TLSv1_3"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _server_context(authority: trustme.CA, version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Server]:
    with Server(_server_context(authority, request.param)) as made:
        yield made


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.create_default_context()
    authority.configure_trust(made)
    return made


def _connection(client: ModuleType, server: Server, context: Any, **how: Any) -> Any:
    return client.HTTPSConnection("localhost", server.port, context=context, timeout=10, **how)


def _fetch(connection: Any) -> bytes:
    connection.request("GET", "/")
    body: bytes = connection.getresponse().read()
    connection.close()
    return body


@pytest.mark.parametrize("refuse", [_send_alert, _reset, _end])
def test_it_is_offered_one_session_and_no_more(
    client: ModuleType, server: Server, context: ssl.SSLContext, refuse: Any
) -> None:
    server.refuse = refuse
    for _ in range(6):
        assert _fetch(_connection(client, server, context)) == b"ok"
    assert server.offered == [False, False, True, False, False, False, False]


def test_nor_by_a_connection_that_connects_again(
    client: ModuleType, server: Server, context: ssl.SSLContext
) -> None:
    server.refuse = _send_alert
    connection = _connection(client, server, context)
    for _ in range(5):
        assert _fetch(connection) == b"ok"
    assert server.offered == [False, True, False, False, False, False]


def test_the_others_of_the_context_go_on(
    client: ModuleType, server: Server, context: ssl.SSLContext, authority: trustme.CA
) -> None:
    server.refuse = _send_alert
    with Server(_server_context(authority, "TLSv1_3")) as other:
        for _ in range(4):
            assert _fetch(_connection(client, server, context)) == b"ok"
            assert _fetch(_connection(client, other, context)) == b"ok"
        assert server.offered == [False, False, True, False, False]
        assert other.offered == [False, True, True, True]


def test_another_context_has_not_been_refused(
    client: ModuleType, server: Server, context: ssl.SSLContext, authority: trustme.CA
) -> None:
    server.refuse = _send_alert
    for _ in range(3):
        _fetch(_connection(client, server, context))
    another = ssl.create_default_context()
    authority.configure_trust(another)
    for _ in range(3):
        assert _fetch(_connection(client, server, another)) == b"ok"
    assert server.offered == [False, False, True, False] * 2


def test_a_tunnel_is_dug_again(client: ModuleType, server: Server, context: ssl.SSLContext) -> None:
    server.refuse = _send_alert
    for _ in range(4):
        connection = _connection(client, server, context)
        connection.set_tunnel("localhost", 443)
        assert _fetch(connection) == b"ok"
    assert server.offered == [False, False, True, False, False]
    assert server.tunnels == 5


@pytest.mark.parametrize("how", [{"deadline": 60}, {"retry_stale": True}], ids=str)
def test_with_conditions(
    client: ModuleType, server: Server, context: ssl.SSLContext, how: dict[str, Any]
) -> None:
    server.refuse = _send_alert
    for _ in range(4):
        assert _fetch(_connection(client, server, context, **how)) == b"ok"
    assert server.offered == [False, False, True, False, False]


def _two_sessions(client: ModuleType, server: Server, context: ssl.SSLContext) -> None:
    """So that the next connection offers one."""
    for _ in range(2):
        assert _fetch(_connection(client, server, context)) == b"ok"


def test_the_second_try_is_within_the_deadline(
    client: ModuleType, server: Server, context: ssl.SSLContext
) -> None:
    _two_sessions(client, server, context)
    going_on = threading.Event()

    def refuse(sock: socket.socket) -> None:
        _send_alert(sock)
        sock.close()
        going_on.wait(10)  # and meanwhile nobody is served

    server.refuse = refuse
    connection = _connection(client, server, context)
    try:
        with pytest.raises(TimeoutError, match=r"deadline of 0\.5 seconds has passed|timed out"):
            connection.request("GET", "/", deadline=0.5)
    finally:
        going_on.set()
    assert connection.sock is None


def test_a_handshake_that_stalls_is_not_tried_again(
    client: ModuleType, server: Server, context: ssl.SSLContext
) -> None:
    _two_sessions(client, server, context)
    going_on = threading.Event()

    def refuse(_: socket.socket) -> None:
        going_on.wait(10)

    server.refuse = refuse
    connection = _connection(client, server, context)
    connection.timeout = 0.2
    try:
        with pytest.raises(TimeoutError):
            connection.request("GET", "/")
    finally:
        going_on.set()
    assert server.offered == [False, False, True]


def test_a_certificate_that_is_refused_is_not_asked_for_again(
    client: ModuleType, server: Server, context: ssl.SSLContext
) -> None:
    """The server does not know its sessions any more, and shows a certificate."""
    _two_sessions(client, server, context)
    server.context = _server_context(trustme.CA(), "TLSv1_3")
    with pytest.raises(ssl.SSLCertVerificationError):
        _connection(client, server, context).request("GET", "/")
    assert server.offered == [False, False, True]


def test_a_server_that_has_gone_bad_fails_with_its_error(
    client: ModuleType, server: Server, context: ssl.SSLContext
) -> None:
    """Its sessions are not to blame, and are offered again when it is well."""
    _two_sessions(client, server, context)
    server.refuse = _send_alert
    good, server.context = server.context, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    connection = _connection(client, server, context)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connection.request("GET", "/")
    assert connection.sock is None
    assert server.offered == [False, False, True, False]
    server.context, server.refuse = good, _resume
    for _ in range(3):
        assert _fetch(_connection(client, server, context)) == b"ok"
    assert server.offered[-2:] == [True, True]


@pytest.mark.parametrize("fails", [False, True])
def test_close_is_not_called_by_it(
    client: ModuleType, server: Server, context: ssl.SSLContext, fails: bool
) -> None:
    """http.client does not, so what a subclass has put there need not stand it."""
    _two_sessions(client, server, context)
    server.refuse = _send_alert
    if fails:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    class Own(client.HTTPSConnection):  # type: ignore[misc, name-defined]
        closed = 0

        def close(self) -> None:
            self.closed += 1
            super().close()

    connection = Own("localhost", server.port, context=context, timeout=10)
    with contextlib.suppress(OSError):
        connection.connect()
    assert connection.closed == 0
    connection.close()
