"""The server that the examples in these pages talk to: every name leads to it, and none elsewhere.

`start()` serves on the loopback interface, with and without TLS, and lets the process find it by
any name on the ports 80 and 443, and as a proxy on 3128. No example reaches the network.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

import fasthttp

BIG = bytes(range(256)) * 4096  # 1 MiB

#: Whole answers that no decent server gives, by path.
_ODD = {
    "/bad-line": b"HTTP/1.1 200 OK\r\nA: 1\r\nthis is no field\r\nContent-Length: 2\r\n\r\nok",
    "/folded": b"HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\nok",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nwrong\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this",
    "/old": b"HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n",
    "/circle": b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n",
    "/early": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Checksum\r\n\r\n"
    b"5\r\nhello\r\n7\r\n, world\r\n0\r\nChecksum: 42\r\n\r\n",
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: no example waits for a delayed acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer as the path says."""
        if self.path in _ODD:
            self.wfile.write(_ODD[self.path])
            self.wfile.flush()
            self.close_connection = self.path in ("/cut", "/bad-chunk")
        elif self.path == "/drip":
            self._drip()
        elif self.path in _PLACES:
            _PLACES[self.path](self)
        elif self.path == "/big":
            self._answer(BIG, "application/octet-stream")
        elif self.path == "/port":  # the client's: it tells connections apart
            self._answer(b"%d" % self.client_address[1], "text/plain")
        else:
            self._answer(f"<h1>{self.path}</h1>\n".encode(), "text/html")
            self.close_connection = self.path == "/hangs-up"  # without a word about it

    def do_POST(self) -> None:
        """Say what came."""
        length = self.headers.get("Content-Length")
        body = b"".join(self._chunks()) if length is None else self.rfile.read(int(length))
        said = {"method": self.command, "length": length, "body": body.decode()}
        self._answer(json.dumps(said).encode(), "application/json")

    def do_PUT(self) -> None:
        """The same."""
        self.do_POST()

    def do_CONNECT(self) -> None:
        """Be a proxy: the tunnel leads to the server with TLS, whatever was asked for."""
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.close_connection = True
        with socket.create_connection(_addresses[443]) as far:
            back = threading.Thread(target=_pump, args=(far, self.connection), daemon=True)
            back.start()
            _pump(self.connection, far)
            back.join()

    def _packed(self) -> None:
        self._answer(gzip.compress(b"<h1>packed</h1>"), "text/html", {"Content-Encoding": "gzip"})

    def _latin(self) -> None:
        self._answer("<meta charset=latin1>caf\xe9".encode("latin-1"), "text/html")

    def _wall(self) -> None:
        if self.headers.get("Cookie") == "seen=1":
            self._answer(b"welcome", "text/plain")
        else:
            self._answer(b"", "text/plain", {"Location": "/wall", "Set-Cookie": "seen=1"}, 302)

    def _busy(self) -> None:
        _visits.append(self.path)
        status = 503 if len(_visits) % 2 else 200
        self._answer(b"", "text/plain", {"Retry-After": "0"}, status)

    def _tagged(self) -> None:
        is_known = self.headers.get("If-None-Match") == '"1"'
        body, status = (b"", 304) if is_known else (b"<h1>known</h1>", 200)
        self._answer(body, "text/html", {"ETag": '"1"'}, status)

    def _answer(
        self, body: bytes, kind: str, more: Mapping[str, str] = {}, status: int = 200
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.02)
        self.close_connection = True

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_: Any) -> None:
        """Keep quiet: what is printed is compared."""


#: What answers by what is asked, or by how often.
_PLACES: dict[str, Callable[[_Handler], None]] = {
    "/gzip": _Handler._packed,
    "/latin": _Handler._latin,
    "/wall": _Handler._wall,
    "/busy": _Handler._busy,
    "/etag": _Handler._tagged,
}
_visits: list[str] = []


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Examples hang up in the middle; that is no news."""


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


_addresses: dict[int, tuple[str, int]] = {}
_folder = tempfile.TemporaryDirectory(prefix="fasthttp-docs-")  # gone with the process


def _serve(port: int, tls: ssl.SSLContext | None = None) -> None:
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    _addresses[port] = ("127.0.0.1", server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()


def _find(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
    """Stand for `socket.getaddrinfo`."""
    near = ("127.0.0.1", port) if ("127.0.0.1", port) in _addresses.values() else None
    address = near or _addresses.get(port)
    if address is None:
        raise socket.gaierror(socket.EAI_NONAME, f"no example reaches {host!r}, port {port}")
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]


def start() -> None:
    """Serve, once in a process, and lead every name here."""
    if _addresses:
        return
    authority = trustme.CA()
    trusted = str(Path(_folder.name) / "authority.pem")
    authority.cert_pem.write_to_path(trusted)
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = trusted
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("example.org", "*.example.org").configure_cert(tls)
    _serve(80)
    _serve(443, tls)
    _addresses[3128] = _addresses[80]
    socket.getaddrinfo = _find
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)


def tidy() -> None:
    """Leave nothing of one page to the next."""
    fasthttp.uninstall()
