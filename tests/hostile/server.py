"""A keep-alive server on loopback, with TLS or without, that tells which connection was used.

The answer to each request is the number of its connection and its path. Some paths begin with what
the server does first: "/slow-head" and "/slow-body" wait before that part, "/late" waits before the
request's body is read, "/together" until as many requests have come as `Server` was told.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import BinaryIO

from ..client.response_delivery import PATIENCE

#: In seconds: how long a slow part keeps the client waiting.
DELAY = 0.4


class Server:
    """Serves until `close`; `heard` has the paths of each connection's requests."""

    def __init__(self, context: ssl.SSLContext | None = None, parties: int = 1) -> None:
        self._context = context
        self._meeting = threading.Barrier(parties, timeout=PATIENCE)
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[list[str]] = []
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                if self._closing.is_set():
                    return
                continue  # a client that had gone before it was accepted
            plain.settimeout(PATIENCE)
            self._open.append(plain)
            self.heard.append([])
            thread = threading.Thread(target=self._serve, args=(plain, len(self.heard) - 1))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError, threading.BrokenBarrierError))
            sock = stack.enter_context(plain)
            if self._context is not None:
                sock = stack.enter_context(self._context.wrap_socket(plain, server_side=True))
            file = stack.enter_context(sock.makefile("rb"))
            while (line := file.readline()).endswith(b"\r\n"):  # else it was cut
                path = line.split()[1].decode("ascii")
                self.heard[number].append(path)
                self._answer(sock, file, path, b"%d %b" % (number, path.encode("ascii")))

    def _answer(self, sock: socket.socket, file: BinaryIO, path: str, body: bytes) -> None:
        length = 0
        while (line := file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self._wait_if(path, "/late")
        while length and (got := len(file.read(min(length, 1 << 16)))):
            length -= got
        self._wait_if(path, "/slow-head")
        if path.startswith("/together"):
            self._meeting.wait()
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:1])
        self._wait_if(path, "/slow-body")
        sock.sendall(body[1:])

    def _wait_if(self, path: str, prefix: str) -> None:
        if path.startswith(prefix):
            self._closing.wait(DELAY)

    def close(self) -> None:
        """End every thread and close every socket."""
        self._closing.set()
        self._meeting.abort()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None, parties: int = 1) -> Iterator[Server]:
    """A server for the length of the block."""
    server = Server(context, parties)
    try:
        yield server
    finally:
        server.close()
