"""A server that goes silent at a chosen point of its answer, for the timeout tests."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

# What is sent before the silence, by the path of the request.
ANSWERS = {
    "/before-head": b"",
    "/in-status-line": b"HTTP/1.1 200",
    "/in-headers": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Half",
    "/after-interim": b"HTTP/1.1 100 Continue\r\n\r\n",
    "/before-body": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "/in-body": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst part",
    "/in-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\nfirst part",
    "/in-chunk-size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nfirst part\r\n1",
    "/before-close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst part",
    "/fine": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",
}


class Stalling:
    """Accepts on a free port; each connection stays open until its client closes it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host, self.port = self._listener.getsockname()[:2]
        self._closing = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="stalling")]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), name="stalled")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        """Answer each request as far as ANSWERS says; the body of a POST is not even read."""
        with connection, contextlib.suppress(OSError):
            waiting = b""
            while received := connection.recv(4096):
                waiting += received
                while b"\r\n\r\n" in waiting:
                    head, _, waiting = waiting.partition(b"\r\n\r\n")
                    method, path = head.decode("latin-1").split()[:2]
                    if method == "POST":
                        self._closing.wait()
                        return
                    connection.sendall(ANSWERS.get(path, b""))

    def close(self) -> None:
        """End every thread and close every socket."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def run_stalling() -> Iterator[Stalling]:
    """A stalling server for the length of the block."""
    server = Stalling()
    try:
        yield server
    finally:
        server.close()
