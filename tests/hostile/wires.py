"""The five kinds of response that the faults cut, and what of each a client may know at a cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

BODY = b"first line\nand the second\n"
#: What a server may send in place of the rest of an answer.
EVIL = b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"
TRAILERS = b"X-Sum: 42\r\nX-Who: me\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"


@dataclass(frozen=True)
class Wire:
    """A response in its parts; each is (role, bytes), in the order of the wire.

    Roles: "interim" (1xx heads), "head" (of the final response), "size" (a chunk-size line, or the
    CRLF behind a chunk), "content", and "end" (the last chunk and the trailers).
    """

    parts: tuple[tuple[str, bytes], ...]
    until_close: bool = False

    @cached_property
    def whole(self) -> bytes:
        return b"".join(data for _, data in self.parts)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The role of each byte."""
        return tuple(role for role, data in self.parts for _ in data)

    @property
    def chunked(self) -> bool:
        return "size" in self.roles

    def content(self, cut: int) -> bytes:
        """What of the body is among the first `cut` bytes."""
        pairs = zip(self.whole[:cut], self.roles, strict=False)
        return bytes(octet for octet, role in pairs if role == "content")

    def stage(self, cut: int) -> str:
        """Where the first `cut` bytes end: the role of the byte that is missing, or "whole".

        Behind the "0" of the last chunk it is "end"; before it nobody can tell that it is the last.
        """
        if cut == len(self.whole):
            return "whole"
        role = self.roles[cut]
        return "size" if role == "end" and self.roles[cut - 1] != "end" else role

    def starts_line(self, cut: int) -> bool:
        """Whether the first `cut` bytes end with a line."""
        return self.whole[:cut].endswith(b"\r\n")


def _chunks(*contents: bytes) -> tuple[tuple[str, bytes], ...]:
    parts: list[tuple[str, bytes]] = []
    for content in contents:
        parts += [("size", b"%x\r\n" % len(content)), ("content", content), ("size", b"\r\n")]
    return tuple(parts)


WIRES = {
    "length": Wire(
        (
            ("head", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-A: b\r\n\r\n" % len(BODY)),
            ("content", BODY),
        )
    ),
    "chunked": Wire(
        (("head", _CHUNKED), *_chunks(BODY[:5], BODY[5:]), ("end", b"0\r\n\r\n")),
    ),
    "until close": Wire(
        (("head", b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n"), ("content", BODY)), until_close=True
    ),
    "trailers": Wire(
        (("head", _CHUNKED), *_chunks(BODY), ("end", b"0\r\n" + TRAILERS)),
    ),
    "interim": Wire(
        (
            ("interim", _INTERIM),
            ("head", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)),
            ("content", BODY),
        )
    ),
}
