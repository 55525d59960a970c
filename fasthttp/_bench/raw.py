"""The floor: what the socket calls alone cost in Python, with nothing understood."""

import socket
import ssl

from .hosting import Place
from .many import RawLoop
from .scenarios import Scenario, expected
from .server import limit_waiting
from .visits import Contestant, NotApplicable, Seen, Sink, Threads, Visit

__all__ = ["CONTESTANT"]

_KEPT = 256 * 1024

#: Where the system has it, one call receives a whole answer into its final object.
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


def _fill(connection: socket.socket, room: memoryview) -> None:
    """Receive exactly as many bytes as there is room for."""
    while room:
        got = connection.recv_into(room)
        if not got:
            raise ConnectionError("the server closed the connection")
        room = room[got:]


class _Raw(Visit):
    """Knows how long the answer is; what it checks is therefore every byte behind the head."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.seen = (self.right.status, self.right.header, self.right.length)
        self.request = _request(scenario, place, place.port)
        self.connection = _connect(place, place.port)

    def examine(self) -> str:
        for _ in range(2):
            wire = bytearray()
            self.fetch(wire.extend)
            if not self.right.is_wire(wire):
                return "other bytes on the wire than were expected"
        return ""

    def close(self) -> None:
        self.connection.close()


class _RawWhole(_Raw):
    """The answer received into one new object, head, chunks and all; in one call where possible."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, length = self.connection, self.right.wire_length
        connection.sendall(self.request)
        part = connection.recv(length, _WAIT_FOR_ALL)
        whole = part if len(part) == length else self._rest(part)
        if sink is not None:
            sink(whole)
        return self.seen

    def _rest(self, part: bytes) -> memoryview:
        """The whole answer, where a time-out (or the system) cuts long calls short."""
        whole = memoryview(bytearray(self.right.wire_length))
        whole[: len(part)] = part
        _fill(self.connection, whole[len(part) :])
        return whole


class _RawInto(_Raw):
    """The answer into one buffer again and again."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(scenario, place)
        self.kept = memoryview(bytearray(_KEPT))

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, kept, left = self.connection, self.kept, self.right.wire_length
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
        self.kept = memoryview(bytearray(self.right.wire_length))

    def fetch(self, sink: Sink | None = None) -> Seen:
        right = self.right
        plain = socket.create_connection((self.place.host, self.tls_port), 30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.context.wrap_socket(
            plain, server_hostname=self.place.host, session=self.session
        ) as connection:
            connection.sendall(self.request)
            _fill(connection, self.kept)
            body = bytes(self.kept[right.head_length :])
            self.session = connection.session
        if sink is not None:
            sink(self.kept[: right.head_length])
            sink(body)
        return self.seen


def _visit(scenario: Scenario, place: Place) -> Visit:
    right = expected(scenario)
    if scenario.way == "threads":
        return Threads(right, lambda: _RawWhole(scenario, place), scenario.connections)
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
    return _RawWhole(scenario, place)


CONTESTANT = Contestant("raw socket", "raw socket", _visit)
