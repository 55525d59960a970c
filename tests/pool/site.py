"""A server for pools, on loopback: many connections, each in a thread, and what it has counted.

What it answers is written down by path: `site.answers["/x"]` is bytes, or a function that is given
the exchange. All other paths are answered with the number of the connection and the path.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, BinaryIO

from ..client.response_delivery import PATIENCE
from ..cut_off import RESET, cut_off


def answer(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with a Content-Length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields, b"", body]
    return b"\r\n".join(lines)


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    """An answer in the chunked coding."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]
    return head + b"".join(parts) + b"0\r\n" + trailers + b"\r\n"


class Exchange:
    """A request as it was heard, and the socket to answer on."""

    def __init__(self, site: Site, sock: Any, number: int, file: BinaryIO, line: bytes) -> None:
        self.site = site
        self.sock = sock
        #: That of the connection, from 0 on.
        self.number = number
        self.at = monotonic()
        self.line = line.rstrip(b"\r\n").decode("latin-1")
        self.method, self.target, _ = self.line.split(" ")
        self.path = self.target.partition("?")[0]
        self.fields: dict[str, str] = {}
        self.body = b""
        self.is_last = False
        self._file = file
        while (field := file.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            self.fields[name.lower()] = value.strip()

    @property
    def host(self) -> str:
        return self.fields["host"]

    def read_body(self) -> None:
        """Take the body of the request."""
        if self.fields.get("transfer-encoding") == "chunked":
            while size := int(self._file.readline(), 16):
                self.body += self._file.read(size)
                assert self._file.readline() == b"\r\n"
            assert self._file.readline() == b"\r\n"
        else:
            self.body = self._file.read(int(self.fields.get("content-length", 0)))

    def read_some(self, size: int) -> bytes:
        """Take a piece of the body, and leave it to be counted by who asks."""
        return self._file.read(size)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def send_slowly(self, data: bytes, seconds: float, piece: int = 1) -> None:
        """Send so many bytes at a time, with a pause between."""
        for at in range(0, len(data), piece):
            self.sock.sendall(data[at : at + piece])
            if self.site.closing.wait(seconds):
                return

    def hang(self) -> None:
        """Say nothing until the client has closed the connection."""
        self.is_last = True
        while self.sock.recv(65536):
            pass

    def end(self, data: bytes = b"") -> None:
        """Say this, and close the connection."""
        self.sock.sendall(data)
        self.is_last = True

    def reset(self, data: bytes = b"") -> None:
        """Say this, and reset the connection once the client has had the time to read it."""
        self.sock.sendall(data)
        self.site.closing.wait(0.02)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.is_last = True


Answer = bytes | Callable[[Exchange], Any]


#: Of Linux's tcp_info: neither end has hung up.
_ESTABLISHED = 1


class Site:
    """Serves until `close`. `heard` has all exchanges, in the order in which they came."""

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._context = context
        self.closing = threading.Event()
        self.changed = threading.Condition()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=512)
        self.address = self._listener.getsockname()
        self.port: int = self.address[1]
        self.answers: dict[str, Answer] = {}
        self.default: Answer = _number_and_path
        #: Done with each new socket, before anything is read.
        self.welcome: Callable[[Any], object] | None = None
        #: Paths of which the body is not read before they are answered.
        self.unread: set[str] = set()
        self.heard: list[Exchange] = []
        #: How many connections there were, are, and were at one time at most.
        self.opened = self.open = self.most_open = 0
        self._sockets: dict[int, Any] = {}
        #: Connections that are closed here, and still counted.
        self._closed: set[int] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://{host}:{self.port}{path}"

    def urls(self, count: int, path: str = "/") -> list[str]:
        """So many URLs, each of its own."""
        return [self.url(f"{path}{number}") for number in range(count)]

    def resolve(self, host: str, port: int) -> list[Any]:
        """A resolver for which every name is this server's."""
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", self.address)]

    @property
    def targets(self) -> list[str]:
        return [exchange.target for exchange in self.heard]

    @property
    def numbers(self) -> list[int]:
        """Of each exchange, on which connection it was."""
        return [exchange.number for exchange in self.heard]

    def wait_for(self, is_so: Callable[[], Any]) -> None:
        """Wait until something is so of what is counted here."""
        with self.changed:
            assert self.changed.wait_for(is_so, PATIENCE), "the server waits in vain"

    def wait_until_open(self, count: int) -> None:
        """Wait until so many connections are open."""
        self.wait_for(lambda: self.open == count)

    def hang_up(self) -> None:
        """Close all connections that are open, and wait until the client can see it."""
        with self.changed:
            sockets = list(self._sockets.values())
        for sock in sockets:
            cut_off(sock)
        self.wait_until_open(0)

    def say(self, data: bytes) -> None:
        """Say something on all connections, unasked."""
        with self.changed:
            sockets = list(self._sockets.values())
        for sock in sockets:
            sock.sendall(data)

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                if self.closing.is_set():
                    return
                continue  # a client that had gone before it was accepted
            plain.settimeout(PATIENCE)
            with self.changed:
                number = self.opened
                self.opened += 1
                self.open += 1
                self._sockets[number] = plain
                self.most_open = max(self.most_open, self._count_open())
                self.changed.notify_all()
            thread = threading.Thread(target=self._serve, args=(plain, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _count_open(self) -> int:
        """How many clients have not hung up, as the system knows it: threads learn of it later."""
        if not hasattr(socket, "TCP_INFO"):
            return self.open
        gone = len(self._closed)
        for number, sock in self._sockets.items():
            if number in self._closed:
                continue
            with contextlib.suppress(OSError):  # in a handshake
                gone += sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
        return self.open - gone

    def _serve(self, sock: Any, number: int) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                if self.welcome is not None:
                    self.welcome(sock)
                if self._context is not None:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    sock = self._sockets[number] = self._context.wrap_socket(sock, server_side=True)
                self._talk(sock, number)
        finally:
            with self.changed:
                self._closed.add(number)
            sock.close()
            with self.changed:
                self._closed.remove(number)
                del self._sockets[number]
                self.open -= 1
                self.changed.notify_all()

    def _talk(self, sock: Any, number: int) -> None:
        with sock.makefile("rb") as file:
            while (line := file.readline()).endswith(b"\r\n"):
                exchange = Exchange(self, sock, number, file, line)
                given = self.answers.get(exchange.path, self.default)
                if exchange.path not in self.unread:
                    exchange.read_body()
                with self.changed:
                    self.heard.append(exchange)
                    self.changed.notify_all()
                if callable(given):
                    given(exchange)
                else:
                    sock.sendall(given)
                if exchange.is_last:
                    return

    def close(self) -> None:
        """End every thread and close every socket."""
        self.closing.set()
        cut_off(self._listener)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        with self.changed:
            sockets = list(self._sockets.values())
            self.changed.notify_all()
        for sock in sockets:
            cut_off(sock)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def _number_and_path(exchange: Exchange) -> None:
    exchange.send(answer(f"{exchange.number} {exchange.target}".encode("latin-1")))


def hang(exchange: Exchange) -> None:
    """An answer that never comes."""
    exchange.hang()


def closing(data: bytes) -> Callable[[Exchange], None]:
    """An answer behind which the connection is closed."""
    return lambda exchange: exchange.end(data)


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Site]:
    """A server for the length of the block."""
    site = Site(context, host)
    try:
        yield site
    finally:
        site.close()


@contextlib.contextmanager
def silent() -> Iterator[tuple[str, int]]:
    """An address that answers no attempt to connect: nobody accepts, and the backlog is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()
