"""The body of a response: read, read1, readinto, peek and readline, over whichever framing it has.

Here are those that end with a length or with the connection; chunked.py has the rest.
"""

from __future__ import annotations

import sys
from http.client import HTTPResponse as _Stdlib
from http.client import IncompleteRead

from ._codec import Pristine
from .chunked import TRUSTED_SIZE, ChunkedBody

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class Body(ChunkedBody):
    """What `HTTPResponse` inherits for reading; of no use alone."""

    __slots__ = ()

    def read(self, amt: int | None = None) -> bytes:
        """The body, or at most `amt` bytes of it; b"" at its end.

        Raises `IncompleteRead` where the connection ends before the body does (for a body read in
        parts by its Content-Length only if the connection is strict, else it reads as the end).
        """
        fp = self.fp
        if fp is None:
            return b""
        if self._method == "HEAD":
            self._end_of_message()
            return b""
        try:
            if self.chunked:
                return self._read_chunked(amt)
            if amt is not None and amt >= 0:
                read = fp.read if amt <= TRUSTED_SIZE else self._read_growing
                part: bytes = self._read_part(read, amt)
                return part
            length = self.length
            if length is None:
                rest: bytes = fp.read()
                self._close_conn()
                return rest
            try:
                data = self._safe_read(length)
            except IncompleteRead:
                self._close_conn()
                raise
            self.length = 0
            self._end_of_message()
            return data
        except BaseException:
            self._failed = True  # nothing that follows can be trusted
            raise

    def _read_part(self, read: Any, amt: int) -> Any:
        """At most `amt` bytes of the body, negative for all, by `fp.read` or a method like it."""
        length = self.length
        if length is not None and not 0 <= amt <= length:
            amt = min(length, sys.maxsize)
        data = read(amt)
        if not data and amt:
            self._end_early()
        elif length is not None:
            self.length = length = length - len(data)
            if not length:
                self._end_of_message()
        return data

    def _end_early(self) -> None:
        """The connection has ended: before the body, if that has a length."""
        self._close_conn()
        if self.length is not None and self._policy is not None and self._policy.strict:
            raise IncompleteRead(b"", self.length)  # 9112 8: the message is incomplete

    def readinto(self, b: Any) -> int:
        """Read into a writable buffer; the number of bytes, 0 at the end of the body.

        It fills the buffer where the body has as much. Raises what `read` raises of a part.
        """
        if self.fp is None:
            return 0
        if self._method == "HEAD":
            self._end_of_message()
            return 0
        try:
            if self.chunked:
                return self._readinto_chunked(b)
            if self.length is not None and len(b) > self.length:
                b = memoryview(b)[: self.length]
            got: int = self.fp.readinto(b)
            if not got and b:
                self._end_early()
            elif self.length is not None:
                self.length -= got
                if not self.length:
                    self._end_of_message()
            return got
        except BaseException:
            self._failed = True  # nothing that follows can be trusted
            raise

    def read1(self, n: int = -1) -> bytes:
        """Read with at most one system call, besides one for the size of a chunk.

        At most `n` bytes, and where `n` is negative what there is; b"" at the end. Raises what
        `read` raises of a part.
        """
        if self.fp is None or self._method == "HEAD":
            return b""
        try:
            if self.chunked:
                return self._read1_chunked(n)
            # A file allocates as much as it is asked for, and the length may be false.
            length = self.length
            if n > TRUSTED_SIZE or (n < 0 and length is not None and length > TRUSTED_SIZE):
                n = TRUSTED_SIZE
            data: bytes = self._read_part(self.fp.read1, n)
            return data
        except BaseException:
            self._failed = True  # nothing that follows can be trusted
            raise

    def peek(self, n: int = -1) -> bytes:
        """Bytes that come next, without consuming them; within a chunk, never beyond it.

        As many as there are, whatever `n` says, as in `io.BufferedReader`. b"" at the end, and for
        broken chunks, unless the connection is strict (`IncompleteRead`).
        """
        if self.fp is None or self._method == "HEAD":
            return b""
        try:
            if self.chunked:
                return self._peek_chunked(n)
            if self.length == 0:
                return b""  # http.client waits here for what never comes
            data: bytes = self.fp.peek(n)
            return data if self.length is None else data[: self.length]
        except BaseException:
            self._failed = True  # nothing that follows can be trusted
            raise

    def readline(self, limit: int = -1) -> bytes:  # type: ignore[override]
        """Up to and with the next LF, at most `limit` bytes where that is not negative.

        b"" at the end, which a connection that ends too early is as well, and a broken chunk,
        unless the connection is strict (`IncompleteRead`).
        """
        if self.fp is None or self._method == "HEAD":
            return b""
        try:
            if self.chunked:
                if limit is None:
                    limit = -1
                if _line_methods(self):
                    return self._readline_chunked(limit)
                # IOBase's own, which uses what the subclass has: peek() and read()
                return super(_Stdlib, self).readline(limit)
            data: bytes = self._read_part(self.fp.readline, limit)
            return data
        except BaseException:
            self._failed = True  # nothing that follows can be trusted
            raise


_line_methods = Pristine(
    Body,
    (
        "peek",
        "read",
        "_peek_chunked",
        "_read_chunked",
        "_get_chunk_left",
        "_read_next_chunk_size",
        "_safe_read",
    ),
)
