"""A server on loopback, in a process of its own, that tells what it was asked; and a SOCKS5 proxy.

Prints the two ports and serves until its standard input is closed. No tool and no fasthttp in here:
what a tool did to a request is seen in what comes back.
"""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    """Answers with the request: its method, target, headers and body, as JSON."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {
            "method": self.command,
            "target": self.path,
            "headers": sorted(self.headers.items()),
            "body": body.decode("latin-1"),
        }
        if self.path.startswith("/slow"):
            time.sleep(0.3)
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("X-Echo", "yes")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        # always of one length: identifiers that a tool sends have now more digits, now fewer
        self._send_body(json.dumps(told).encode().ljust(4096))

    def _send_body(self, content: bytes) -> None:
        if not self.path.startswith("/chunked"):
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(content), 500):
            piece = content[start : start + 500]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = _answer  # noqa: N815

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: standard error is for what goes wrong."""


class Socks(socketserver.StreamRequestHandler):
    """The little of SOCKS5 (RFC 1928) that a CONNECT without authentication needs."""

    def handle(self) -> None:
        _version, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\x05\x00")
        _version, _command, _reserved, kind = self.rfile.read(4)
        if kind == 1:
            host = socket.inet_ntoa(self.rfile.read(4))
        else:
            host = self.rfile.read(self.rfile.read(1)[0]).decode()
        port = int.from_bytes(self.rfile.read(2), "big")
        with socket.create_connection((host, port)) as upstream:
            self.wfile.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            back = threading.Thread(target=self._copy, args=(upstream, self.connection))
            back.start()
            self._copy(self.connection, upstream)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side is gone, and so is the connection


class SocksServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


def main() -> None:
    servers = ThreadingHTTPServer(("127.0.0.1", 0), Echo), SocksServer(("127.0.0.1", 0), Socks)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
