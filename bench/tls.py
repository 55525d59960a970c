"""CPU of a small exchange on one kept connection with TLS: http.client, fasthttp.client, and a loop
that sends a ready request on an SSLSocket and receives the known length.

    python bench/tls.py [--rounds 15]

Rounds are interleaved; what is printed are medians per exchange, and the ratios to the loop.
"""

import argparse
import http.client
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

import fasthttp.client
from fasthttp._bench.answers import answer
from fasthttp._bench.in_turn import in_turn

_EXCHANGES = 400
_SMALL = answer("/small")
_REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n\r\n"


def _serve(certificate: str) -> None:
    """Answer one connection after the other, in a process of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            plain, _ = listener.accept()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with context.wrap_socket(plain, server_side=True) as sock:
                while sock.recv(65536).endswith(b"\r\n\r\n"):  # of requests that come in one piece
                    sock.sendall(_SMALL.wire)


def _loop(port: int, context: ssl.SSLContext) -> Callable[[], None]:
    sock = context.wrap_socket(
        socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
    )
    length = len(_SMALL.wire)

    def exchange() -> None:
        sock.sendall(_REQUEST)
        received = bytearray(length)
        view, got = memoryview(received), 0
        while got < length:
            got += sock.recv_into(view[got:])

    return exchange


def _client(module: Any, port: int, context: ssl.SSLContext) -> Callable[[], None]:
    connection = module.HTTPSConnection("localhost", port, context=context)

    def exchange() -> None:
        connection.request("GET", "/small")
        response = connection.getresponse()
        response.getheader("Content-Type")
        if response.read() != _SMALL.body:
            raise ValueError("this is not what the server has sent")

    return exchange


def _many(exchange: Callable[[], None]) -> Callable[[], None]:
    exchange()  # which opens the connection

    def exchanges() -> None:
        for _ in range(_EXCHANGES):
            exchange()

    return exchanges


def main() -> None:
    """Measure, or be the server."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        _serve(given.serve)
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        certificate = str(Path(folder, "certificate.pem"))
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        context = ssl.create_default_context()
        authority.configure_trust(context)
        servers = [
            subprocess.Popen(
                [sys.executable, __file__, "--serve", certificate], stdout=subprocess.PIPE
            )
            for _ in range(3)
        ]
        try:
            ports = [int(server.stdout.readline()) for server in servers if server.stdout]
            ways = {
                "loop over an SSLSocket": _loop(ports[0], context),
                "fasthttp.client": _client(fasthttp.client, ports[1], context),
                "http.client": _client(http.client, ports[2], context),
            }
            in_turn({name: _many(way) for name, way in ways.items()}, _EXCHANGES, given.rounds)
        finally:
            for server in servers:
                server.kill()
                server.wait()


if __name__ == "__main__":
    main()
