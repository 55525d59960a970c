"""What `memory.py` does while memory runs out: exchanges of every kind, and the codec by itself.

While it fails nothing but the code under test should ask for memory, so what is noted is noted in
places made beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

_PIECE, _PIECES = 3000, 400


class Got:
    """What a scenario was given: pieces of the body, or values."""

    __slots__ = ("buffers", "counts", "pieces", "response", "value")

    def __init__(self) -> None:
        self.response: Any = None
        self.value: Any = None
        self.pieces: list[bytes | None] = [None] * _PIECES
        self.counts: list[int | None] = [None] * _PIECES
        self.buffers = [bytearray(_PIECE) for _ in range(_PIECES)]

    def body(self) -> bytes:
        """All pieces, joined."""
        filled = zip(self.buffers, self.counts, strict=True)
        return b"".join(
            [*(piece or b"" for piece in self.pieces), *(b[: n or 0] for b, n in filled)]
        )


Reading = Callable[[Any, Got], None]


def _whole(response: Any, got: Got) -> None:
    got.pieces[0] = response.read()


def _by(name: str, *args: int) -> Reading:
    def reading(response: Any, got: Got) -> None:
        read, pieces = getattr(response, name), got.pieces
        for index in range(_PIECES):
            piece = read(*args)
            pieces[index] = piece
            if not piece:
                return

    return reading


def _into(response: Any, got: Got) -> None:
    buffers, counts = got.buffers, got.counts
    for index in range(_PIECES):
        count = response.readinto(buffers[index])
        counts[index] = count
        if not count:
            return


def _peek_first(response: Any, got: Got) -> None:
    got.value = response.peek(5)[:1]
    got.pieces[0] = response.read()


def _look(response: Any, got: Got) -> None:
    got.value = (
        response.getheader("x-few"),
        response.getheader("x-many"),
        response.getheader("none", "default"),
        response.getheaders(),
        response.headers.get_all("x-many"),
        response.msg["X-Few"],
        response.status,
        response.reason,
        response.version,
    )
    got.pieces[0] = response.read()


def _get(connection: Any) -> None:
    connection.request("GET", "/")


def _post(connection: Any) -> None:
    connection.request("POST", "/form", b"body", {"X-Name": "value", "X-Number": 12345678901})


def _post_blocks(connection: Any) -> None:
    connection.request("POST", "/form", iter((b"one", b"two")), {"Accept-Encoding": "br"})


@dataclass(frozen=True)
class Scenario:
    """An exchange: the answer, the request, and how the answer is read."""

    wire: bytes
    read: Reading
    body: bytes = b""
    #: Whether the server hangs up behind the answer.
    ends: bool = False
    request: Callable[[Any], None] = _get

    def run(self, connection: Any, got: Got) -> None:
        """Make the exchange."""
        self.request(connection)
        got.response = connection.getresponse()
        self.read(got.response, got)


def _text(size: int) -> bytes:
    """So many bytes, in lines, each of which says where it is."""
    lines = b"".join(b"%d is the number of this line\n" % number for number in range(size // 16))
    return lines[: size - 1] + b"\n"


def _head(*fields: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *fields, b"", b""))


def _with_length(body: bytes) -> bytes:
    return _head(b"Content-Length: %d" % len(body)) + body


def _chunked(body: bytes, *sizes: int, trailers: bytes = b"") -> bytes:
    wire, at = [_head(b"Transfer-Encoding: chunked")], 0
    while at < len(body):
        for size in sizes:
            chunk = body[at : at + size]
            at += size
            if chunk:
                wire.append(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    return b"".join((*wire, b"0\r\n", trailers, b"\r\n"))


_SMALL, _LARGE, _GROWING = _text(300), _text(100_000), _text(150_000)
_FIELDS = (b"X-Few: 1", b"X-Many: a", b"X-Many: b", b"Date: today", b"Content-Length: 300")
#: Answers by their kind: the wire, the body, whether the server hangs up.
_ANSWERS = {
    "length": (_with_length(_SMALL), _SMALL, False),
    "long length": (_with_length(_LARGE), _LARGE, False),
    "chunks": (_chunked(_SMALL, 30, 7), _SMALL, False),
    "chunks and trailers": (_chunked(_SMALL, 60, trailers=b"X-T: 1\r\n"), _SMALL, False),
    "large chunks": (_chunked(_GROWING, 20_000, 40_000, 3), _GROWING, False),
    "until close": (_head() + _LARGE, _LARGE, True),
}
_READINGS: dict[str, Reading] = {
    "read()": _whole,
    "read(n)": _by("read", 1100),
    "read(much)": _by("read", 40_000),
    "readinto": _into,
    "read1": _by("read1"),
    "read1(n)": _by("read1", 20_000),
    "readline": _by("readline"),
    "peek": _peek_first,
}
#: A line for a piece, of which there are not so many places.
_IN_TOO_MANY_PIECES = {("long length", "readline"), ("until close", "readline")}
_IN_TOO_MANY_PIECES |= {("large chunks", "readline")}

_FOLDED = _head(b"X-Few: 1", b" folded", b"Content-Length: 300") + _SMALL
_INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + _with_length(_SMALL)

EXCHANGES: dict[str, Scenario] = {
    f"{kind}, {name}": Scenario(wire, reading, body, ends)
    for kind, (wire, body, ends) in _ANSWERS.items()
    for name, reading in _READINGS.items()
    if (kind, name) not in _IN_TOO_MANY_PIECES
} | {
    "headers": Scenario(_head(*_FIELDS) + _SMALL, _look, _SMALL),
    "a folded line": Scenario(_FOLDED, _look, _SMALL),
    "an interim response": Scenario(_INTERIM, _whole, _SMALL),
    "a request with a body": Scenario(_with_length(_SMALL), _whole, _SMALL, request=_post),
    "a request in blocks": Scenario(_with_length(_SMALL), _whole, _SMALL, request=_post_blocks),
}

_HEAD = _head(*_FIELDS)
_LINES = _HEAD.partition(b"\r\n")[2]
_GIVEN = {"X-Name": "value", "X-Bytes": b"bytes", "X-Number": 12345678901}


def _all_of_head(codec: ModuleType) -> Any:
    length, head = codec.parse_head(_HEAD, 1000, 100)
    return length, head.reason, head.outline(), head.get("x-many"), head.get("date"), head.items()


#: The codec by itself.
CALLS: dict[str, Callable[[ModuleType], Any]] = {
    "encode_head": lambda codec: codec.encode_head("GET", "/", b"Host: h\r\n", 7, _GIVEN),
    "encode_field": lambda codec: codec.encode_field("X-Number", 12345678901),
    "parse_head": _all_of_head,
    "parse_fields": lambda codec: codec.parse_fields(_LINES, 1000, 100),
    "find_values": lambda codec: codec.find_values([("A", "1"), ("B", "2"), ("a", "3")], "a"),
    "decode_chunks": lambda codec: codec.decode_chunks(b"3\r\nabc\r\n0\r\n\r\n", -1, 500, 100),
}

#: The fewest that go everywhere.
QUICK = frozenset(CALLS) | {
    "length, read()",
    "length, readinto",
    "long length, read()",
    "chunks, read()",
    "chunks, readline",
    "chunks and trailers, readinto",
    "large chunks, read(much)",
    "until close, read()",
    "headers",
    "a folded line",
    "a request in blocks",
}
