"""Many requests at a time from one thread: the floor, and the ways of fasthttp's pool."""

import asyncio
import hashlib
import importlib
import socket
import ssl
from dataclasses import replace
from itertools import repeat
from typing import Any

from .hosting import Place, most_files
from .scenarios import Scenario, expected
from .visits import Contestant, NotApplicable, Sample, Seen, Sink, Visit

__all__ = ["KEPT_FOR", "POOLS", "Many", "RawLoop", "epoll", "pool_contestant", "secured", "select"]

#: Any, for type checkers: not each system's has what this one has.
select: Any = importlib.import_module("select")

#: Seconds for which clients keep a connection that waits for its turn: as long as the server does.
KEPT_FOR = 240

#: A batch is so many requests for each connection, or more: starting and ending it, when not all
#: connections are busy, must not be most of it.
_FOR_EACH = 8

#: Seconds after which the floor gives up.
_WITHIN = 30


def secured(scenario: Scenario, place: Place) -> Place:
    """Where a scenario is fetched from: the port that speaks TLS, where it asks for that.

    Raises NotApplicable where there is none.
    """
    if not scenario.tls:
        return place
    if place.tls_port is None:
        raise NotApplicable(place.no_tls)
    return replace(place, port=place.tls_port, scheme="https")


def epoll() -> Any:
    """An epoll object. Raises NotApplicable where the system has none."""
    if not hasattr(select, "epoll"):
        raise NotApplicable("the system has no epoll")
    return select.epoll()


class Many(Visit):
    """A visit over many connections, which are kept open between batches."""

    #: So many requests for each connection are a batch at least.
    for_each = _FOR_EACH
    #: The server, which may open no more files than this process, has so many visitors.
    visitors = 12

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.scenario, self.connections = scenario, scenario.connections
        self.place = secured(scenario, place)
        self.url, self.asks = self.place.url(scenario.path), scenario.asks
        #: What each answer must be.
        self.seen: Seen = (self.right.status, self.right.header, self.right.length)
        most = most_files()
        if most is not None and most < self.visitors * self.connections:
            raise NotApplicable(f"a process may open {most:,} files only")
        self.start()

    def start(self) -> None:
        """Make what is kept between batches."""
        raise NotImplementedError

    def run(self, count: int, sink: Sink | None) -> Seen:
        """Make `count` requests; return what was seen of the first wrong answer, else of the last.

        Each answer's status, header and length of the body are compared with the right ones.
        """
        raise NotImplementedError

    def fetch(self, sink: Sink | None = None) -> Seen:
        return self.run(1, sink)

    def batch(self, count: int) -> Seen:
        return self.run(count, None)

    def examine(self) -> str:
        bodies: list[bytes | memoryview] = []
        count = 2 * self.connections
        trouble = self.compare(self.run(count, bodies.append))
        if trouble:
            return trouble
        if len(bodies) != count:
            return f"{len(bodies)} answers to {count} requests"
        digests = {hashlib.sha256(body).hexdigest() for body in bodies}
        if digests != {self.right.digest}:
            return "a body has the right length and the wrong bytes"
        return ""

    def measure(self, count: int) -> Sample:
        return super().measure(max(count, self.for_each * self.connections))


class RawLoop(Many):
    """epoll, send, and recv of an answer whose length is known: nothing is understood."""

    def start(self) -> None:
        place = self.place
        self.request = (
            f"GET {self.scenario.path} HTTP/1.1\r\nHost: {place.host}:{place.port}\r\n"
            "Accept-Encoding: identity\r\n\r\n"
        ).encode()
        self.epoll = epoll()
        context = place.context() if place.scheme == "https" else None
        self.sockets: dict[int, socket.socket] = {}
        for _ in range(self.connections):
            connection = socket.create_connection((place.host, place.port), 30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                connection = context.wrap_socket(connection, server_hostname=place.host)
            connection.setblocking(False)
            self.sockets[connection.fileno()] = connection
            self.epoll.register(connection, select.EPOLLIN)

    def run(self, count: int, sink: Sink | None) -> Seen:
        poll, sockets, request, most = self.epoll.poll, self.sockets, self.request, self.connections
        total = self.right.wire_length
        receive = _receive_tls if self.place.scheme == "https" else socket.socket.recv
        parts: dict[int, bytes] = {}
        to_send = count
        for connection in list(sockets.values())[:count]:
            connection.send(request)
            to_send -= 1
        while count:
            events = poll(_WITHIN, most)
            if not events:
                raise TimeoutError(f"nothing came for {_WITHIN} seconds")
            for descriptor, _ in events:
                connection = sockets[descriptor]
                data = receive(connection, total)
                if len(data) != total:
                    data = _joined(parts, descriptor, data, total)
                    if not data:
                        continue
                count -= 1
                if to_send:
                    connection.send(request)
                    to_send -= 1
                if sink is not None:
                    sink(data)
        return self.seen

    def examine(self) -> str:
        answers: list[bytes | memoryview] = []
        self.run(2 * self.connections, answers.append)
        if not all(map(self.right.is_wire, answers)):
            return "other bytes on the wire than were expected"
        return ""

    def close(self) -> None:
        self.epoll.close()
        for connection in self.sockets.values():
            connection.close()


def _joined(parts: dict[int, bytes], descriptor: int, data: bytes, total: int) -> bytes:
    """The answer, if it is complete with `data`; else nothing, and what there is of it is kept."""
    whole = parts.pop(descriptor, b"") + data
    if len(whole) >= total:
        return whole
    parts[descriptor] = whole
    return b""


def _receive_tls(connection: socket.socket, total: int) -> bytes:
    """What has come, of all records."""
    secured: Any = connection
    data = b""
    try:
        while len(data) < total:
            more = secured.recv(total)
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
    except ssl.SSLWantReadError:
        pass
    return data


class _Map(Many):
    """Pool.map."""

    def start(self) -> None:
        # The two implementations' processes differ by a variable of their environments.
        library = importlib.import_module("fasthttp")
        given: dict[str, Any] = {"total": self.connections, "per_host": self.connections}
        if self.place.scheme == "https":
            given["context"] = self.place.context()
        try:
            self.pool = library.Pool(idle_timeout=KEPT_FOR, **given)
        except ValueError as error:  # select() has a limit
            raise NotApplicable(str(error)) from error

    def run(self, count: int, sink: Sink | None) -> Seen:
        right, asks = self.seen, self.asks
        seen: Seen = (0, None, 0)
        with self.pool.map(repeat(self.url, count)) as run:
            for page in run:
                seen = page.status, page.getheader(asks), len(page.body)
                if seen != right:
                    return _wrong(page, seen)
                count -= 1
                if sink is not None:
                    sink(page.body)
        if count:
            raise ValueError(f"{count} pages are missing")
        return seen

    def close(self) -> None:
        self.pool.close()


class _Amap(_Map):
    """Pool.amap, in a loop of asyncio's."""

    def start(self) -> None:
        super().start()
        self.loop = asyncio.new_event_loop()

    def run(self, count: int, sink: Sink | None) -> Seen:
        return self.loop.run_until_complete(self._run(count, sink))

    async def _run(self, count: int, sink: Sink | None) -> Seen:
        right, asks = self.seen, self.asks
        seen: Seen = (0, None, 0)
        try:
            run = self.pool.amap(repeat(self.url, count))
        except NotImplementedError as error:
            raise NotApplicable(str(error)) from error
        async with run:
            async for page in run:
                seen = page.status, page.getheader(asks), len(page.body)
                if seen != right:
                    return _wrong(page, seen)
                count -= 1
                if sink is not None:
                    sink(page.body)
        if count:
            raise ValueError(f"{count} pages are missing")
        return seen

    def close(self) -> None:
        self.loop.close()
        super().close()


def _wrong(page: Any, seen: Seen) -> Seen:
    """What was seen of a page that is not right. Raises its error, if it has one."""
    if page.error is not None:
        raise page.error
    return seen


#: By name: how the pool is used, and what the row is called.
POOLS: dict[str, tuple[type[Many], str]] = {
    "fasthttp-pool": (_Map, "Pool.map"),
    "fasthttp-pool-py": (_Map, "Pool.map"),
    "fasthttp-amap": (_Amap, "Pool.amap"),
}


def pool_contestant(name: str) -> Contestant:
    """The pool, in this process and on whatever codec it has."""
    kind, label = POOLS[name]

    def visit(scenario: Scenario, place: Place) -> Visit:
        if scenario.way != "pool":
            raise NotApplicable("one request at a time")
        return kind(scenario, place)

    return Contestant(name, label, visit)
