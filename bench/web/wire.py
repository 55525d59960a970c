"""The bytes of answers: heads, content codings, framings."""

import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

_DATE = "Fri, 27 Nov 2026 12:00:00 GMT"
_REASONS = {
    200: "OK", 301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
    308: "Permanent Redirect", 404: "Not Found", 429: "Too Many Requests",
    503: "Service Unavailable",
}  # fmt: skip
Fields = list[tuple[str, str]]


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _br(data: bytes) -> bytes:
    compressed: bytes = import_module("brotli").compress(data, quality=5)
    return compressed


HAS_BR = find_spec("brotli") is not None
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 6, mtime=0),
    "deflate": lambda data: zlib.compress(data, 6),
    "raw deflate": _raw_deflate,
    "br": _br,
}


def head(status: int, fields: Fields) -> bytes:
    """Return a head as a common server sends it, with `fields` in the midst."""
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        f"Date: {_DATE}",
        "Server: nginx",
        *(f"{name}: {value}" for name, value in fields),
        "Vary: Accept-Encoding",
        "Cache-Control: public, max-age=300",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: SAMEORIGIN",
        "Referrer-Policy: strict-origin-when-cross-origin",
    ]
    return "\r\n".join([*lines, "", ""]).encode("utf-8")


def chunked(body: bytes, size: int = 8192) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def whole(
    status: int,
    fields: Fields,
    body: bytes,
    coding: str | None = None,
    in_chunks: bool = False,
) -> bytes:
    """Return an answer with `body`, which is encoded here."""
    if coding is not None:
        body = CODINGS[coding](body)
        fields = [*fields, ("Content-Encoding", coding.split()[-1])]
    if in_chunks:
        return head(status, [*fields, ("Transfer-Encoding", "chunked")]) + chunked(body)
    return head(status, [*fields, ("Content-Length", str(len(body)))]) + body


def bomb(size: int) -> bytes:
    """Return a gzip stream of `size` zeros, made without compressing each of them.

    After a full flush a compressor's output depends on nothing before it, so that it can be
    repeated.
    """
    block = bytes(1 << 20)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(size >> 20):
        check = zlib.crc32(block, check)
    trailer = check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed * (size >> 20) + compressor.flush() + trailer
