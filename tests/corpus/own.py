"""What the interpreter's own `http.client` makes of a response: the ground the deviations stand on.

Later CPythons changed some of it, a few of them in bug-fix releases as well, so the questions here
are put to the running one instead of being answered from a table of versions.
"""

from __future__ import annotations

import http.client
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_HEAD = b"HTTP/1.1 200 OK\r\n"


class _Stream(io.BytesIO):
    """Bytes that stay readable when the response closes its file."""

    def close(self) -> None:
        pass


class _Socket:
    """The least a response asks of a socket."""

    def __init__(self, raw: bytes) -> None:
        self.stream = _Stream(raw)

    def makefile(self, *_: Any) -> _Stream:
        return self.stream


def begin(
    raw: bytes, method: str, kind: type[http.client.HTTPResponse] = http.client.HTTPResponse
) -> tuple[http.client.HTTPResponse, io.BytesIO]:
    """Return the response whose head has been read from `raw`, and the stream that has the rest."""
    source: Any = _Socket(raw)
    response = kind(source, method=method)
    response.begin()
    return response, source.stream


def rest(stream: io.BytesIO) -> bytes:
    """Return what has not been read from `stream`."""
    return stream.getvalue()[stream.tell() :]


def answer(raw: bytes, method: str) -> dict[str, Any]:
    """Return what replay.py writes down of a response that can be read whole."""
    response = begin(raw, method)[0]
    return {
        "phase": "done",
        "status": response.status,
        "version": response.version,
        "reason": response.reason,
        "headers": [list(item) for item in response.headers.items()],
        "body": response.read().decode("latin-1"),
        "exc_class": None,
        "exc_str": None,
    }


@contextmanager
def one_more_header() -> Iterator[None]:
    """Raise the limit of headers by one."""
    client: Any = http.client
    client._MAXHEADERS += 1
    try:
        yield
    finally:
        client._MAXHEADERS -= 1


def _refuses(raw: bytes) -> bool:
    try:
        begin(raw, "GET")[0].read()
    except http.client.HTTPException:
        return True
    return False


@cache
def closes_at_last_byte() -> bool:
    response, _ = begin(_HEAD + b"Content-Length: 1\r\n\r\nx", "GET")
    response.read1(1)
    return response.isclosed()


@cache
def counts_blank_line() -> bool:
    return _refuses(_HEAD + b"a: b\r\n" * http.client._MAXHEADERS + b"\r\n")  # type: ignore[attr-defined]


@cache
def limits_interims() -> bool:
    return _refuses(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + _HEAD + b"\r\n")


@cache
def limits_trailers() -> bool:
    trailers = b"a: b\r\n" * (http.client._MAXHEADERS + 1)  # type: ignore[attr-defined]
    return _refuses(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + trailers + b"\r\n")


def sets_cause() -> bool:
    return sys.version_info >= (3, 11)
