"""A server that closes connections when it likes, and a pool that is to lose nothing by it.

    python -m tests.pool.churn --requests 100000

Each URL is asked for once; some requests are POSTs. The server closes connections behind an answer
without saying so, at once or a moment later, or when the next request has come. Exit status 1 where
a page is missing, or another's, or where a request was answered twice. A POST may fail: whether a
server has seen it before it closed the connection is not known, so it is not sent again.
"""

from __future__ import annotations

import argparse
import random
import selectors
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

#: One in so many answers is the last on its connection.
_ONE_IN = 7
#: Seconds after which some of these connections are closed; others are at once.
_LATER = 0.002


@dataclass
class Churn:
    """The server: where it listens, and how often it has answered to each path."""

    port: int
    answered: Counter[str] = field(default_factory=Counter)

    def url(self, number: int) -> str:
        """Return a URL."""
        return f"http://127.0.0.1:{self.port}/{number}"


class _Server:
    """Serves all connections from one thread, until `stop` is set."""

    def __init__(self, seed: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._random = random.Random(seed)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._listener, selectors.EVENT_READ)
        self._open: dict[int, socket.socket] = {}
        self._served: set[int] = set()
        self._closing: list[tuple[float, socket.socket]] = []
        self.churn = Churn(self._listener.getsockname()[1])
        self.stop = threading.Event()

    def run(self) -> None:
        """Serve."""
        while not self.stop.is_set():
            for key, _ in self._ready.select(0.005):
                descriptor = key.fd
                if descriptor == self._listener.fileno():
                    near, _ = self._listener.accept()
                    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._open[near.fileno()] = near
                    self._ready.register(near, selectors.EVENT_READ)
                else:
                    self._serve(descriptor)
            self._close_those_that_are_due()
        for near in (*self._open.values(), self._listener, self._ready):
            near.close()

    def _serve(self, descriptor: int) -> None:
        near = self._open.get(descriptor)
        if near is None:
            return
        try:
            request = near.recv(65536)
        except OSError:
            request = b""
        if not request:
            self._close(descriptor)
            return
        path = request.split(b" ", 2)[1].decode()
        choice = self._random.randrange(3 * _ONE_IN)
        if choice == 0 and descriptor in self._served:
            self._close(descriptor)  # as if it had been closed before the request came
            return
        self._served.add(descriptor)
        self.churn.answered[path] += 1
        body = path.encode()
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        if choice == 1:
            self._close(descriptor)
        elif choice == 2:
            self._closing.append((time.monotonic() + _LATER, near))

    def _close(self, descriptor: int) -> None:
        self._ready.unregister(descriptor)
        self._served.discard(descriptor)
        self._open.pop(descriptor).close()

    def _close_those_that_are_due(self) -> None:
        now = time.monotonic()
        due = [near for when, near in self._closing if when <= now]
        self._closing = [entry for entry in self._closing if entry[0] > now]
        for near in due:
            if near.fileno() >= 0:  # it may be closed already
                self._close(near.fileno())


@contextmanager
def churning(seed: int = 1) -> Iterator[Churn]:
    """Run the server in a thread."""
    server = _Server(seed)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.churn
    finally:
        server.stop.set()
        thread.join()


def wrongs(package: ModuleType, requests: int, **settings: Any) -> list[str]:
    """Ask for so many pages. Return what is wrong, a line each; errors of POSTs are none."""
    found: list[str] = []
    with churning() as churn, package.Pool(**settings) as pool:
        posts = {number for number in range(requests) if number % 10 == 0}
        asked: Iterator[Any] = (
            package.Request(churn.url(number), "POST", body=b"") if number in posts else url
            for number, url in ((number, churn.url(number)) for number in range(requests))
        )
        came: Counter[str] = Counter()
        for page in pool.map(asked):
            path = "/" + page.url.rpartition("/")[2]
            came[path] += 1
            is_post = int(path[1:]) in posts
            if page.error is None and page.body != path.encode():
                found.append(f"{path}: the page of {page.body!r}")
            elif page.error is not None and not (
                is_post and isinstance(page.error, ConnectionError)
            ):
                found.append(f"{path}: {page.error!r} after {page.tries} tries")
        found += [f"/{number}: no page" for number in range(requests) if not came[f"/{number}"]]
        found += [f"{path}: {count} pages" for path, count in came.items() if count > 1]
        found += [f"{path}: answered twice" for path, n in churn.answered.items() if n > 1]
    return found


def main() -> int:
    """Run it from the command line."""
    import fasthttp

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=100_000)
    options = parser.parse_args()
    begun = time.monotonic()
    found = wrongs(fasthttp, options.requests, total=64, per_host=64)
    print(*found[:20], sep="\n")
    print(f"{options.requests} requests, {len(found)} wrong, {time.monotonic() - begun:.1f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
