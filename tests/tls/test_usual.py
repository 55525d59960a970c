"""The ordinary exchange over TLS, which passes by the methods of ssl.SSLSocket."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest
import trustme

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + bytes(200000)
#: A body that the end of the connection ends, without a word of TLS.
_UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nok"
_CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"


class _Kept:
    """A server that gives the answers one by one on one connection, and then hangs up."""

    def __init__(self, answers: list[bytes]) -> None:
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answers = answers
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as plain:
            plain.settimeout(10)
            with self._context.wrap_socket(plain, server_side=True) as secured:
                for answer in self._answers:
                    self.requests.append(_request(secured))
                    secured.sendall(answer)

    def close(self) -> None:
        self._thread.join(15)
        assert not self._thread.is_alive()


def _request(sock: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    if b"Content-Length: " in head:
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += sock.recv(1 << 16)
    return head.partition(b"\r\n")[0] + body


@pytest.fixture
def connect(client: ModuleType) -> Iterator[Callable[..., Any]]:
    with_it: list[Any] = []

    def connected(*answers: bytes, of: ModuleType = client) -> tuple[Any, _Kept]:
        server = _Kept(list(answers))
        connection = of.HTTPSConnection(
            "localhost", server.port, timeout=10, context=server.trusting
        )
        with_it.extend((connection, server))
        return connection, server

    yield connected
    for made in with_it:
        made.close()


def test_requests_and_answers_of_any_size(connect: Callable[..., Any]) -> None:
    connection, server = connect(_OK, _LARGE, _OK)
    large = bytes(60000)
    for method, body, wanted in (("GET", None, 2), ("POST", large, 200000), ("PUT", b"a", 2)):
        connection.request(method, "/", body)
        response = connection.getresponse()
        assert len(response.read()) == wanted
    wanted_lines = [b"GET / HTTP/1.1", b"POST / HTTP/1.1" + large, b"PUT / HTTP/1.1a"]
    assert server.requests == wanted_lines


def test_an_end_without_a_word_is_an_end(connect: Callable[..., Any]) -> None:
    """As ssl's own sockets have it, unless they are told otherwise."""
    for of in (http.client, None):
        connection, _ = connect(_OK, _UNTIL_CLOSE, **({"of": of} if of else {}))
        for _ in range(2):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"ok"


def test_an_end_without_a_word_may_be_an_error(connect: Callable[..., Any]) -> None:
    for of in (http.client, None):
        connection, _ = connect(_OK, _UNTIL_CLOSE, **({"of": of} if of else {}))
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        connection.sock.suppress_ragged_eofs = False
        connection.request("GET", "/")
        with pytest.raises(ssl.SSLEOFError):
            connection.getresponse().read()


def test_a_body_that_is_cut(connect: Callable[..., Any]) -> None:
    connection, _ = connect(_OK, _CUT)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/")
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    assert (caught.value.partial, caught.value.expected) == (b"ok", 7)


@pytest.mark.parametrize("name", ["sendall", "send", "recv_into", "read", "pending"])
def test_a_method_that_somebody_has_put_on_the_socket_is_called(
    connect: Callable[..., Any], name: str
) -> None:
    connection, _ = connect(_OK, _OK, _OK)
    called = []
    for turn in range(3):
        if turn == 1:
            original = getattr(connection.sock, name)

            def own(*given: Any, original: Any = original) -> Any:
                called.append(name)
                return original(*given)

            setattr(connection.sock, name, own)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
    assert called


def test_an_answer_that_does_not_come_in_time(connect: Callable[..., Any]) -> None:
    connection, _ = connect(_OK, b"", _OK)
    connection.request("GET", "/")
    with closing(connection.getresponse()) as response:
        assert response.read() == b"ok"
    connection.request("GET", "/")
    connection.sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.sock.settimeout(10)
    connection.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert connection.getresponse().read() == b"ok"
