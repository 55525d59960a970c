"""A proxy for tests, on loopback: an HTTP proxy, with or without TLS, or a SOCKS proxy.

It connects to `target`, whatever name it is asked for, and writes down what it was told.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..client.response_delivery import PATIENCE
from ..cut_off import cut_off


class Proxy:
    """Serves until `close`. `heard` has the heads, or the SOCKS requests, in order."""

    def __init__(self, target: tuple[str, int], context: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.heard: list[bytes] = []
        #: Done with a head instead of what a proxy does; where it returns true, the proxy goes on.
        self.on_head: Callable[[Any, bytes], object] | None = None
        #: How many connections there were, and are.
        self.opened = self.open = 0
        self.changed = threading.Condition()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._sockets: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, scheme: str = "http", userinfo: str = "", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{userinfo}{host}:{self.port}"

    def wait_until_open(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.open == count, PATIENCE)

    def _start(self, function: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=function, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            with self.changed:
                self.opened += 1
                self.open += 1
                self._sockets.add(sock)
            self._start(self._serve, sock)

    def _serve(self, plain: socket.socket) -> None:
        sock: Any = plain
        try:
            with contextlib.suppress(OSError):
                if self._context is not None:
                    sock = self._context.wrap_socket(plain, server_side=True)
                    with self.changed:
                        self._sockets.add(sock)
                self._talk(sock)
        finally:
            sock.close()
            with self.changed:
                self._sockets -= {plain, sock}
                self.open -= 1
                self.changed.notify_all()

    def _talk(self, sock: Any) -> None:
        first = sock.recv(1)
        if first == b"\5":
            self._talk_socks_5(sock)
        elif first == b"\4":
            self._talk_socks_4(sock)
        else:
            self._talk_http(sock, first)

    def _talk_http(self, sock: Any, data: bytes) -> None:
        """Take heads until a tunnel begins; a request without one is passed on as it came."""
        while True:
            while b"\r\n\r\n" not in data:
                more = sock.recv(65536)
                if not more:
                    return
                data += more
            head, end, data = data.partition(b"\r\n\r\n")
            self.heard.append(head)
            if self.on_head is not None and not self.on_head(sock, head):
                return
            if head.startswith(b"CONNECT "):
                self._pass_on(sock, b"HTTP/1.1 200 Connection established\r\n\r\n", data)
                return
            self._fetch(sock, head + end)

    def _fetch(self, sock: Any, head: bytes) -> None:
        line, _, fields = head.partition(b"\r\n")
        method, url, version = line.split(b" ")
        path = b"/" + url.split(b"/", 3)[3]
        kept = [
            field
            for field in fields.split(b"\r\n")
            if not field.lower().startswith(b"proxy-authorization:")
        ]
        with socket.create_connection(self.target, PATIENCE) as origin:
            origin.sendall(b" ".join((method, path, version)) + b"\r\n" + b"\r\n".join(kept))
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += origin.recv(65536)
            found, _, body = answer.partition(b"\r\n\r\n")
            size = int(found.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while len(body) < size:
                body += origin.recv(65536)
            sock.sendall(found + b"\r\nVia: 1.1 test\r\n\r\n" + body)

    def _talk_socks_5(self, sock: Any) -> None:
        with sock.makefile("rb") as file:
            methods = file.read(file.read(1)[0])
            if 2 in methods:
                sock.sendall(b"\5\2")
                _, size = file.read(2)
                self.heard.append(file.read(size) + b":" + file.read(file.read(1)[0]))
                sock.sendall(b"\1\0")
            else:
                sock.sendall(b"\5\0")
            head = file.read(4)
            length = file.read(1) if head[3] == 3 else b""
            size = length[0] if length else {1: 4, 4: 16}[head[3]]
            self.heard.append(head + length + file.read(size + 2))
        self._pass_on(sock, b"\5\0\0\1" + bytes(6))

    def _talk_socks_4(self, sock: Any) -> None:
        with sock.makefile("rb") as file:
            said = file.read(7)
            self.heard.append(said)
            names = 2 if said[3:6] == b"\0\0\0" else 1
            for _ in range(names):
                name = b""
                while (byte := file.read(1)) != b"\0":
                    name += byte
                self.heard.append(name)
        self._pass_on(sock, b"\0\x5a" + bytes(6))

    def _pass_on(self, sock: Any, answer: bytes, data: bytes = b"") -> None:
        with socket.create_connection(self.target, PATIENCE) as origin:
            with self.changed:
                self._sockets.add(origin)
            sock.sendall(answer)
            origin.sendall(data)
            with contextlib.suppress(OSError):
                self._copy(sock, origin)
            for end in (sock, origin):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            with self.changed:
                self._sockets.discard(origin)

    def _copy(self, sock: Any, origin: socket.socket) -> None:
        """Copy both ways in one thread: two must not use one TLS connection at the same time."""
        others = {sock: origin, origin: sock}
        with selectors.DefaultSelector() as selector:
            for end in others:
                selector.register(end, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(PATIENCE)]
                if not ready:
                    return
                for end in ready:
                    is_first = True
                    # What TLS has deciphered already makes no socket ready.
                    while is_first or (end is sock and getattr(sock, "pending", int)()):
                        is_first = False
                        data = end.recv(65536)
                        if not data:
                            return
                        others[end].sendall(data)

    def close(self) -> None:
        """End every thread and close every socket."""
        cut_off(self._listener)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        with self.changed:
            sockets = list(self._sockets)
        for sock in sockets:
            cut_off(sock)
        for thread in list(self._threads):
            thread.join(PATIENCE)
            assert not thread.is_alive()


@contextlib.contextmanager
def proxying(target: tuple[str, int], context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy for the length of the block."""
    proxy = Proxy(target, context)
    try:
        yield proxy
    finally:
        proxy.close()
