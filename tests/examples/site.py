"""The web that the examples fetch: a few hosts on loopback, which remember who asked what, when."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def page(path: str) -> bytes:
    """Return what every host says at `path`."""
    return f"<html><title>{path}</title>{'a page ' * 200}</html>".encode()


@dataclass(frozen=True)
class Visit:
    """A request: to which port, from which port, when (`time.monotonic()`)."""

    port: int
    client: int
    path: str
    headers: dict[str, str]
    time: float


@dataclass
class Site:
    """The hosts, by port, and what they remember; `dead` is a port where nobody listens."""

    ports: list[int]
    dead: int
    slowness: float = 0.0
    visits: list[Visit] = field(default_factory=list)
    scheme: str = "http"
    open: Counter[int] = field(default_factory=Counter)
    most_open: Counter[int] = field(default_factory=Counter)
    lock: Any = field(default_factory=threading.Lock)

    def url(self, path: str, host: int = 0) -> str:
        """Return the URL of `path` on one of the hosts."""
        return f"{self.scheme}://127.0.0.1:{self.ports[host]}{path}"

    def paths(self) -> Counter[str]:
        """Return how often each path was asked for."""
        return Counter(visit.path for visit in self.visits)


class _Handler(BaseHTTPRequestHandler):
    """Pages below /page/, and trouble elsewhere."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 65536
    server: _Server

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def setup(self) -> None:
        super().setup()
        site, port = self.server.site, self.server.server_port
        with site.lock:
            site.open[port] += 1
            site.most_open[port] = max(site.most_open[port], site.open[port])

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # clients may close when they like
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        with self.server.site.lock:
            self.server.site.open[self.server.server_port] -= 1

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        site = self.server.site
        path = self.path if self.path.startswith("/") else "/" + self.path.split("/", 3)[3]
        visit = Visit(
            self.server.server_port,
            self.client_address[1],
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            time.monotonic(),
        )
        with site.lock:
            site.visits.append(visit)
            times = sum(1 for one in site.visits if (one.path, one.port) == (self.path, visit.port))
        time.sleep(site.slowness)
        kind = path.split("/")[1]
        getattr(self, f"at_{kind}", self.at_page)(path, times)

    def at_page(self, path: str, _times: int) -> None:
        self.answer(page(path))

    def at_gone(self, _path: str, _times: int) -> None:
        self.answer(b"gone", 404)

    def at_busy(self, path: str, times: int) -> None:
        """Two refusals, then the page."""
        if times < 3:
            self.answer(b"busy", 503, Retry_After="0")
        else:
            self.answer(page(path))

    def at_broken(self, _path: str, _times: int) -> None:
        self.answer(b"broken", 500)

    def at_cut(self, path: str, times: int) -> None:
        """A body that ends early, once."""
        if times > 1:
            self.answer(page(path))
            return
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst part")
        self.close_connection = True

    def at_cutoff(self, _path: str, _times: int) -> None:
        """A body that always ends early."""
        self.at_cut("", 1)

    def at_moved(self, path: str, _times: int) -> None:
        """To the page of the same name on the next host; /moved/loop to itself."""
        hosts = self.server.site.ports
        following = hosts[(hosts.index(self.server.server_port) + 1) % len(hosts)]
        target = f"http://127.0.0.1:{following}/page{path.removeprefix('/moved')}"
        self.answer(b"moved", 301, Location=path if path == "/moved/loop" else target)

    def at_zipped(self, path: str, _times: int) -> None:
        self.answer(gzip.compress(page(path)), Content_Encoding="gzip")

    def at_deflated(self, path: str, _times: int) -> None:
        """What browsers take for deflate, too: without zlib's head and checksum."""
        raw = zlib.compressobj(wbits=-15)
        self.answer(raw.compress(page(path)) + raw.flush(), Content_Encoding="deflate")

    def at_cutzip(self, path: str, _times: int) -> None:
        """A gzip stream that ends too early, in a body that does not."""
        self.answer(gzip.compress(page(path))[:-20], Content_Encoding="gzip")

    def at_bomb(self, _path: str, _times: int) -> None:
        """A megabyte, sent as a thousand bytes."""
        self.answer(gzip.compress(bytes(1_000_000)), Content_Encoding="gzip")

    def at_wall(self, path: str, _times: int) -> None:
        """The page for those who have a cookie, which others are given."""
        if f"seen={self.server.server_port}" in (self.headers["Cookie"] or ""):
            self.answer(page(path))
        else:
            cookie = f"seen={self.server.server_port}; Path=/"
            self.answer(b"", 302, Location=path, Set_Cookie=cookie)

    def at_later(self, path: str, times: int) -> None:
        """The page, after a second in which it is refused."""
        if times > 1:
            self.answer(page(path))
        else:
            self.answer(b"later", 429, Retry_After="1")

    def at_much(self, _path: str, _times: int) -> None:
        """A host that wants to be left alone for an hour."""
        self.answer(b"much later", 503, Retry_After="3600")

    def at_big(self, _path: str, _times: int) -> None:
        self.answer(b"x" * 300_000)

    def at_bigchunked(self, _path: str, _times: int) -> None:
        """300,000 bytes whose number is not said before."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(30):
                self.wfile.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def at_silent(self, _path: str, _times: int) -> None:
        """A head, and then nothing for longer than anybody waits."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst part")
        self.wfile.flush()
        self.server.ending.wait(20)
        self.close_connection = True

    def at_dripping(self, _path: str, _times: int) -> None:
        """A byte every 50 ms: no single read times out."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(500):
                self.wfile.write(b"x")
                self.wfile.flush()
                if self.server.ending.wait(0.05):
                    break
        self.close_connection = True

    def at_two(self, _path: str, _times: int) -> None:
        """Two fields of one name."""
        self.send_response(200)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, port: int, site: Site, context: ssl.SSLContext | None) -> None:
        self.site = site
        self.ending = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)
        if context is not None:
            # The handshake is the handler's, in its thread: at its first look.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may refuse a certificate."""


@contextlib.contextmanager
def run_site(hosts: int, context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Run so many hosts in threads of this process; with TLS where there is a context."""
    with contextlib.ExitStack() as stack:
        # Bound for as long as the site is up: a port merely free may be given to somebody else.
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        scheme = "http" if context is None else "https"
        site = Site([], deaf.getsockname()[1], scheme=scheme)
        for _ in range(hosts):
            server = stack.enter_context(_Server(0, site, context))
            site.ports.append(server.server_port)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.ending.set)
        yield site
