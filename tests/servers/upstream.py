"""A small Python server: what nginx proxies to, and what nginx itself cannot be made to say."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STREAMED = [b"one ", b"two\n", b"x" * 70_000, b"\r\n0\r\n\r\n", b"end"]
UNTIL_CLOSE = b"read me until the end\n" * 5_000


class _Handler(BaseHTTPRequestHandler):
    """Echoes bodies, streams chunks, and speaks HTTP/1.0 below /old/."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # a forgotten connection does not keep its thread

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, **headers: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _echo(self) -> None:
        self._answer(self._body(), X_Echo_Method=self.command)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in STREAMED:
            self.wfile.write(b"%x;note=ignored\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\nX-Late: yes\r\n\r\n")

    def _old(self) -> None:
        self.close_connection = True
        head = b"HTTP/1.0 200 Fine\r\nContent-Type: text/plain\r\n"
        if self.path == "/old/kept":
            self.close_connection = False
            self.wfile.write(head + b"Connection: Keep-Alive\r\nContent-Length: 4\r\n\r\nkept")
        elif self.path == "/old/length":
            self.wfile.write(head + b"Content-Length: 5\r\n\r\nsized")
        elif self.path == "/old/short":
            self.wfile.write(head + b"Content-Length: 50\r\n\r\ncut off")
        else:
            self.wfile.write(head + b"\r\n" + UNTIL_CLOSE)

    def _interim(self) -> None:
        """Interim answers nobody asked for."""
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.write(b"HTTP/1.1 100 Still here\r\nX-Interim: 1\r\n\r\n")
        self._answer(b"the final one")

    def do_GET(self) -> None:
        """Answer by path."""
        if self.path.startswith("/streamed/"):
            self._stream()
        elif self.path.startswith("/old/"):
            self._old()
        elif self.path == "/interim":
            self._interim()
        else:
            self._echo()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _echo  # noqa: N815


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() then waits for every handler
    request_queue_size = 64


@contextlib.contextmanager
def run_upstream() -> Iterator[int]:
    """Serve on a free port of 127.0.0.1 and give that port."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="upstream")
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
