"""A TLS server that says of each connection whether its session was resumed."""

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import trustme


@dataclass
class Server:
    """Listens on loopback; `resumed` has one entry for each connection that got its answer."""

    port: int
    authority: trustme.CA
    resumed: list[bool] = field(default_factory=list)

    def client_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


def _answer(server: Server, connection: ssl.SSLSocket) -> None:
    with connection:
        connection.settimeout(10)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            piece = connection.recv(4096)
            if not piece:
                return
            request += piece
        server.resumed.append(bool(connection.session_reused))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def _serve(server: Server, listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain:
            plain.settimeout(10)
            try:
                _answer(server, context.wrap_socket(plain, server_side=True))
            except OSError:  # a client that does not trust us
                continue


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    authority.issue_cert("localhost", "other.localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    made = Server(listener.getsockname()[1], authority)
    thread = threading.Thread(target=_serve, args=(made, listener, context))
    thread.start()
    yield made
    # shutdown() wakes accept(), which close() alone does not
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(15)
    assert not thread.is_alive()
