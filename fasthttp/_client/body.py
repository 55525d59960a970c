"""The body of a response: read, read1, readinto, peek and readline, over whichever framing it has.

Here are those that end with a length or with the connection; chunked.py has the rest. Functions
that take a response: the methods of these names of `HTTPResponse`.
"""

from __future__ import annotations

import sys
from http.client import HTTPResponse as _Stdlib
from http.client import IncompleteRead

from .._codec.sizes import TRUSTED_SIZE
from . import chunked
from .policy import rules_of

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any, NoReturn
else:
    Any = NoReturn = object  # for typing.get_type_hints()


def cut_short(response: Any, data: bytes | None, amt: int) -> NoReturn:
    """A whole body has ended too early: what `read` raises then."""
    try:
        chunked.raise_short(response, data or b"", amt)
    except IncompleteRead:
        response._close_conn()
        raise


def read(self: Any, amt: int | None = None) -> bytes:
    """Return the body, or at most `amt` bytes of it; b"" at its end.

    Raises `IncompleteRead` where the connection ends before the body does (for a body read in
    parts by its Content-Length only if the connection is strict, else it reads as the end).
    """
    fp = self.fp
    if fp is None:
        return b""
    if self._method == "HEAD":
        chunked.end_of_message(self)
        return b""
    try:
        if self.chunked:
            if amt is not None and chunked.READS_WITHIN_CHUNKS:
                within = chunked.read_within_chunk(self, amt)
                if within is not None:
                    return within
            data: bytes = self._read_chunked(amt)
            return data
        if amt is not None and amt >= 0:
            reader = fp.read if amt <= TRUSTED_SIZE else chunked.growing_reader(self)
            part: bytes = _read_part(self, reader, amt)
            return part
        length = self.length
        if length is None:
            rest: bytes = fp.read()
            chunked.check_starved(self, rest)
            self._close_conn()
            return rest
        try:
            whole: bytes = self._safe_read(length)
        except IncompleteRead:
            self._close_conn()
            raise
        self.length = 0
        chunked.end_of_message(self)
        return whole
    except BaseException as error:
        chunked.note_failure(self, error)
        raise


def _read_part(self: Any, reader: Any, amt: int) -> Any:
    """Return at most `amt` bytes of the body, negative for all, by `fp.read` or the like."""
    length = self.length
    if length is not None and not 0 <= amt <= length:
        amt = min(length, sys.maxsize)
    data = reader(amt)
    if not data and amt:
        _end_early(self)
    elif length is not None:
        self.length = length = length - len(data)
        if not length:
            chunked.end_of_message(self)
    return data


def _end_early(self: Any) -> None:
    """The connection has ended: before the body, if that has a length."""
    chunked.check_starved(self)
    self._close_conn()
    if self.length is not None and rules_of(self).needs_end:
        raise IncompleteRead(b"", self.length)  # 9112 8: the message is incomplete


def readinto(self: Any, b: Any) -> int:
    """Read into a writable buffer. Return the number of bytes, 0 at the end of the body.

    It fills the buffer where the body has as much. Raises what `read` raises of a part.
    """
    if self.fp is None:
        return 0
    if self._method == "HEAD":
        chunked.end_of_message(self)
        return 0
    try:
        if self.chunked:
            done: int = self._readinto_chunked(b)
            return done
        if self.length is not None and len(b) > self.length:
            b = memoryview(b)[: self.length]
        got: int = self.fp.readinto(b)
        if not got and b:
            _end_early(self)
        elif self.length is not None:
            self.length -= got
            if not self.length:
                chunked.end_of_message(self)
        return got
    except BaseException as error:
        chunked.note_failure(self, error)
        raise


def read1(self: Any, n: int = -1) -> bytes:
    """Read with at most one system call, besides one for the size of a chunk.

    At most `n` bytes, and where `n` is negative what there is; b"" at the end. Raises what
    `read` raises of a part.
    """
    if self.fp is None or self._method == "HEAD":
        return b""
    try:
        if self.chunked:
            some: bytes = self._read1_chunked(n)
            return some
        # A file allocates as much as it is asked for, and the length may be false.
        length = self.length
        if n > TRUSTED_SIZE or (n < 0 and length is not None and length > TRUSTED_SIZE):
            n = TRUSTED_SIZE
        data: bytes = _read_part(self, self.fp.read1, n)
        return data
    except BaseException as error:
        chunked.note_failure(self, error)
        raise


def peek(self: Any, n: int = -1) -> bytes:
    """Return bytes of the body that come next, without consuming them; never beyond the chunk.

    As many as there are, whatever `n` says, as in `io.BufferedReader`. b"" at the end, and for
    broken chunks, unless the connection is strict (`IncompleteRead`).
    """
    if self.fp is None or self._method == "HEAD":
        return b""
    try:
        if self.chunked:
            ahead: bytes = self._peek_chunked(n)
            return ahead
        if self.length == 0:
            return b""  # http.client waits here for what never comes
        data: bytes = self.fp.peek(n)
        return data if self.length is None else data[: self.length]
    except BaseException as error:
        chunked.note_failure(self, error)
        raise


def readline(self: Any, limit: int = -1) -> bytes:
    """Return all up to and with the next LF, at most `limit` bytes where that is not negative.

    b"" at the end, which a connection that ends too early is as well, and a broken chunk,
    unless the connection is strict (`IncompleteRead`).
    """
    if self.fp is None or self._method == "HEAD":
        return b""
    try:
        if self.chunked:
            if limit is None:
                limit = -1
            if chunked.line_methods_unchanged(self):
                return chunked.readline(self, limit)
            # IOBase's own, which uses what the subclass has: peek() and read()
            line: bytes = super(_Stdlib, self).readline(limit)
            return line
        data: bytes = _read_part(self, self.fp.readline, limit)
        return data
    except BaseException as error:
        chunked.note_failure(self, error)
        raise
