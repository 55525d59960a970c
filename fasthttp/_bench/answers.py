"""What the server says, byte for byte, selected by the path alone."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["POSTED", "Answer", "Served", "answer", "paths"]

KIB = 1024
MIB = 1024 * KIB

#: The body that a client posts; the server waits for exactly as much.
POSTED = b"name=value&" * 93 + b"z"

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """One complete answer: as it goes over the wire, and what it means."""

    head: bytes
    framed: bytes
    body: bytes

    @property
    def wire(self) -> bytes:
        return self.head + self.framed


class Served:
    """An answer as a server sends it again and again: each time another ETag, request id and
    cookie, so that no client gains by having seen the very same bytes before.
    """

    _NEW_EACH_TIME = (b'\r\nETag: "', b"\r\nX-Request-Id: ", b"\r\nSet-Cookie: session=")

    def __init__(self, answer: Answer) -> None:
        self._wire = bytearray(answer.wire)
        found = [(answer.head.find(start), len(start)) for start in self._NEW_EACH_TIME]
        self._places = [at + length for at, length in found if at >= 0]
        self._count = itertools.count()

    def next_wire(self) -> bytearray:
        """Return the bytes, in a buffer that the next call changes, but not in length."""
        number = b"%08x" % next(self._count)
        for at in self._places:
            self._wire[at : at + len(number)] = number
        return self._wire


def _noise(size: int) -> bytes:
    """Bytes without a period, so that parts swapped or repeated change the digest."""
    return random.Random(size).randbytes(size)


def _head(fields: Fields) -> bytes:
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("ascii")


def _padded(fields: Fields, size: int) -> bytes:
    """The head, with its cookie made as long as it takes to come to `size` bytes."""
    missing = size - len(_head([*fields, ("Set-Cookie", "session=; Path=/; HttpOnly")]))
    if missing < 0:
        raise ValueError(f"the head is {-missing} bytes too long")
    return _head([*fields, ("Set-Cookie", f"session={'c' * missing}; Path=/; HttpOnly")])


def _usual(*framing: tuple[str, str]) -> Fields:
    """Eleven headers of an everyday answer."""
    return [
        ("Date", "Tue, 04 Nov 2025 10:20:30 GMT"),
        ("Server", "loopback"),
        ("Content-Type", "text/html; charset=utf-8"),
        *framing,
        ("Connection", "keep-alive"),
        ("Cache-Control", "max-age=3600, public"),
        ("ETag", '"33a64df551425fcc55e4d42a148795d9"'),
        ("Last-Modified", "Mon, 03 Nov 2025 09:08:07 GMT"),
        ("Vary", "Accept-Encoding"),
        ("X-Request-Id", "7f3b1c0e-5a52-4c2e"),
        ("X-Frame-Options", "SAMEORIGIN"),
    ]


def _sized(head: bytes, body: bytes) -> Answer:
    return Answer(head, body, body)


def _chunked(count: int, size: int) -> Answer:
    return _in_chunks(_noise(count * size), size)


def _lines(count: int, size: int) -> Answer:
    """Lines of text, each a chunk of its own."""
    letters = random.Random(size).choices(b"abcdefghijklmnopqrstuvwxyz ", k=count * size)
    letters[size - 1 :: size] = b"\n" * count
    return _in_chunks(bytes(letters), size)


def _in_chunks(body: bytes, size: int) -> Answer:
    line = b"%x\r\n" % size
    parts: list[bytes] = []
    for start in range(0, len(body), size):
        parts += (line, body[start : start + size], b"\r\n")
    framed = b"".join([*parts, b"0\r\n\r\n"])
    return Answer(_padded(_usual(("Transfer-Encoding", "chunked")), 504), framed, body)


def _small() -> Answer:
    return _sized(_padded(_usual(("Content-Length", "1024")), 504), _noise(KIB))


def _headers40() -> Answer:
    usual = _usual(("Content-Length", "200"))
    more = [(f"X-Detail-{n:02}", f"value-{n:02}-{'d' * 41}") for n in range(28)]
    return _sized(_padded([*usual[:6], *more, *usual[6:]], 2400), _noise(200))


def _big() -> Answer:
    body = _noise(16 * MIB)
    return _sized(_head(_usual(("Content-Length", str(len(body))))), body)


def _posted() -> Answer:
    body = b'{"stored": true, "id": 1234}'
    return _sized(_head(_usual(("Content-Length", str(len(body))))[:8]), body)


def _rpc() -> Answer:
    """What an XML-RPC server returns: one string."""
    value = "<value><string>stored</string></value>"
    body = (
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
        f"{value}\n</param>\n</params>\n</methodResponse>\n"
    ).encode("ascii")
    fields = dict(_usual(("Content-Length", str(len(body))))) | {"Content-Type": "text/xml"}
    return _sized(_padded(list(fields.items()), 504), body)


_MAKERS: dict[str, Callable[[], Answer]] = {
    "/small": _small,
    "/headers40": _headers40,
    "/page": lambda: _chunked(5, 8 * KIB),
    "/chunks64": lambda: _chunked(16_384, 64),
    "/chunks4k": lambda: _chunked(8, 4 * KIB),
    "/lines": lambda: _lines(1000, 64),
    "/chunks64k": lambda: _chunked(256, 64 * KIB),
    "/big": _big,
    "/post": _posted,
    "/rpc": _rpc,
}


def paths() -> list[str]:
    """Every path the server knows."""
    return list(_MAKERS)


@lru_cache(maxsize=1)
def answer(path: str) -> Answer:
    """The answer to `path`. Only the latest is kept: some are 32 MiB."""
    return _MAKERS[path]()
