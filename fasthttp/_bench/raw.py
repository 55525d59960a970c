"""The floor: what the socket calls alone cost in Python, with nothing understood."""

import hashlib
import socket
import ssl

from .hosting import Place
from .many import RawLoop
from .scenarios import Scenario, expected
from .server import limit_waiting
from .visits import Contestant, NotApplicable, Seen, Sink, Threads, Visit

__all__ = ["CONTESTANT"]

_KEPT = 256 * 1024

#: Where the system has it, one call receives a whole body into its final object.
_WAIT_FOR_ALL: int = getattr(socket, "MSG_WAITALL", 0)


def _request(scenario: Scenario, place: Place, port: int) -> bytes:
    """The request as http.client sends it."""
    lines = [
        f"{scenario.method} {scenario.path} HTTP/1.1",
        f"Host: {place.host}:{port}",
        "Accept-Encoding: identity",
    ]
    if scenario.body is not None:
        lines.append(f"Content-Length: {len(scenario.body)}")
    lines += [f"{name}: {value}" for name, value in scenario.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (scenario.body or b"")


def _connect(place: Place, port: int) -> socket.socket:
    connection = socket.create_connection((place.host, port), place.timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if place.timeout is None:
        limit_waiting(connection)
    return connection


class _Raw(Visit):
    """Knows how long the answer is; what it checks is therefore every byte on the wire."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.seen = (self.right.status, self.right.header, self.right.length)
        self.request = _request(scenario, place, place.port)
        self.connection = _connect(place, place.port)
        self.kept = memoryview(bytearray(max(_KEPT, self.right.wire_length)))

    def examine(self) -> str:
        for _ in range(2):
            digest = hashlib.sha256()
            self.fetch(digest.update)
            if digest.hexdigest() != self.right.wire_digest:
                return "other bytes on the wire than were expected"
        return ""

    def receive(self, connection: socket.socket, total: int) -> None:
        """Receive exactly `total` bytes into the kept buffer."""
        kept = self.kept
        got = connection.recv_into(kept)
        while got < total:
            more = connection.recv_into(kept[got:])
            if not more:
                raise ConnectionError("the server closed the connection")
            got += more

    def close(self) -> None:
        self.connection.close()


class _RawSmall(_Raw):
    """The answer in a kept buffer, its body made a bytes object."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.connection.sendall(self.request)
        right = self.right
        self.receive(self.connection, right.wire_length)
        body = bytes(self.kept[right.head_length : right.wire_length])
        if sink is not None:
            sink(self.kept[: right.head_length])
            sink(body)
        return self.seen


class _RawChunked(_Raw):
    """The answer in a kept buffer, chunks and all."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.connection.sendall(self.request)
        self.receive(self.connection, self.right.wire_length)
        if sink is not None:
            sink(self.kept[: self.right.wire_length])
        return self.seen


class _RawBig(_Raw):
    """The body received into its own bytes object, not copied, in one call where possible."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, right = self.connection, self.right
        connection.sendall(self.request)
        head = connection.recv(right.head_length)
        if len(head) < right.head_length:
            raise ConnectionError("the head came in parts")
        body = connection.recv(right.length, _WAIT_FOR_ALL)
        if len(body) < right.length:
            body = self._rest(body)
        if sink is not None:
            sink(head)
            sink(body)
        return self.seen

    def _rest(self, part: bytes) -> bytes:
        """The whole body, where a time-out (or the system) cuts long calls short."""
        parts, got = [part], len(part)
        while got < self.right.length:
            part = self.connection.recv(min(_KEPT, self.right.length - got))
            if not part:
                raise ConnectionError("the server closed the connection")
            parts.append(part)
            got += len(part)
        return b"".join(parts)


class _RawInto(_Raw):
    """The answer into one buffer again and again."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, kept, left = self.connection, self.kept[:_KEPT], self.right.wire_length
        connection.sendall(self.request)
        while left:
            got = connection.recv_into(kept)
            if not got:
                raise ConnectionError("the server closed the connection")
            left -= got
            if sink is not None:
                sink(kept[:got])
        return self.seen


class _RawParts(_Raw):
    """The answer in new objects of 64 KiB at most."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, left = self.connection, self.right.wire_length
        connection.sendall(self.request)
        while left:
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            left -= len(part)
            if sink is not None:
                sink(part)
        return self.seen


class _RawConnecting(_Raw):
    """A new TLS connection for every request, resuming the session of the last."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        if place.tls_port is None:
            raise NotApplicable(place.no_tls)
        super().__init__(scenario, place)
        self.place, self.tls_port = place, place.tls_port
        self.request = _request(scenario, place, place.tls_port)
        self.context = place.context()
        self.session: ssl.SSLSession | None = None

    def fetch(self, sink: Sink | None = None) -> Seen:
        right = self.right
        plain = socket.create_connection((self.place.host, self.tls_port), 30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.context.wrap_socket(
            plain, server_hostname=self.place.host, session=self.session
        ) as connection:
            connection.sendall(self.request)
            self.receive(connection, right.wire_length)
            body = bytes(self.kept[right.head_length : right.wire_length])
            self.session = connection.session
        if sink is not None:
            sink(self.kept[: right.head_length])
            sink(body)
        return self.seen


def _visit(scenario: Scenario, place: Place) -> Visit:
    right = expected(scenario)
    if scenario.way == "threads":
        return Threads(right, lambda: _RawSmall(scenario, place), scenario.connections)
    if scenario.way == "pool":
        return RawLoop(scenario, place)
    if scenario.way == "connect":
        return _RawConnecting(scenario, place)
    if scenario.way == "readinto":
        return _RawInto(scenario, place)
    if scenario.way == "read64k":
        return _RawParts(scenario, place)
    if scenario.way == "url":
        raise NotApplicable("does not know how long the answer will be")
    if scenario.way != "read":
        raise NotApplicable("nothing goes over a socket")
    if right.wire_length != right.head_length + right.length:
        return _RawChunked(scenario, place)
    return (_RawBig if right.length > _KEPT else _RawSmall)(scenario, place)


CONTESTANT = Contestant("raw socket", "raw socket", _visit)
