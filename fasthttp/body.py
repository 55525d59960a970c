"""The body of a response: read, read1, readinto, peek and readline, over whichever framing it has.

The plain way reads chunks line by line with the hooks of http.client, each of which a subclass
may override. The fast way lets the codec take runs of chunks from a `SocketFile`, and leaves to
the plain one whatever is not of the plain form, and every error.
"""

from __future__ import annotations

import io
import sys
from http.client import HTTPException, IncompleteRead
from http.client import HTTPResponse as _Stdlib

from . import hooks, message
from ._codec import Pristine, SocketFile

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


#: Up to so many bytes are received into one allocation of the whole length: address space, which
#: takes no memory before the bytes arrive. CPython 3.15 trusts no more than 1 MiB, but at the
#: price of copying; what is protected, a false length that asks for more than there is, is so here
#: as well.
_TRUSTED_SIZE = 1 << 26

_FULL, _LAST, _ODD, _END, _DONE = range(1, 6)  # why SocketFile.read_chunks() stopped


class Body(_Stdlib):
    """What `HTTPResponse` inherits for reading; of no use alone."""

    # Setting a slot takes a tenth of the time that the first entries of a dict take.
    __slots__ = ("_in_step", "_max_headers", "_method", "chunk_left", "chunked", "fp", "length")

    fp: Any
    _method: str | None
    chunked: bool
    chunk_left: int | None
    length: int | None
    _max_headers: int | None
    #: Whether the connection behind it can serve another request: the message was read to its
    #: end and nothing came behind it.
    _in_step: bool

    def _close_conn(self) -> None:
        fp = self.fp
        self.fp = None
        fp.close()

    def _end_of_message(self) -> None:
        """The body is read to its end: give up the file."""
        fp = self.fp
        self._close_conn()
        self._in_step = not getattr(fp, "leftover", 0)

    def read(self, amt: int | None = None) -> bytes:
        """The body, or at most `amt` bytes of it; b"" at its end.

        Raises `IncompleteRead` where the connection ends before the body does (not for a body
        read in parts by its Content-Length, where it reads as the end).
        """
        fp = self.fp
        if fp is None:
            return b""
        if self._method == "HEAD":
            self._end_of_message()
            return b""
        if self.chunked:
            return self._read_chunked(amt)
        if amt is not None and amt >= 0:
            part: bytes = self._read_part(fp.read, amt)
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

    def _read_part(self, read: Any, amt: int) -> Any:
        """At most `amt` bytes of the body, negative for all, by `fp.read` or a method like it."""
        length = self.length
        if length is not None and not 0 <= amt <= length:
            amt = length
        data = read(amt)
        if not data and amt:
            self._close_conn()
        elif length is not None:
            self.length = length = length - len(data)
            if not length:
                self._end_of_message()
        return data

    def readinto(self, b: Any) -> int:
        """Read into a writable buffer; the number of bytes, 0 at the end of the body."""
        if self.fp is None:
            return 0
        if self._method == "HEAD":
            self._end_of_message()
            return 0
        if self.chunked:
            return self._readinto_chunked(b)
        if self.length is not None and len(b) > self.length:
            b = memoryview(b)[: self.length]
        got: int = self.fp.readinto(b)
        if not got and b:
            self._close_conn()
        elif self.length is not None:
            self.length -= got
            if not self.length:
                self._end_of_message()
        return got

    def read1(self, n: int = -1) -> bytes:
        """Read with at most one system call; at most `n` bytes."""
        if self.fp is None or self._method == "HEAD":
            return b""
        if self.chunked:
            return self._read1_chunked(n)
        data: bytes = self._read_part(self.fp.read1, n)
        return data

    def peek(self, n: int = -1) -> bytes:
        """Bytes that come next, without consuming them; within a chunk, never beyond it."""
        if self.fp is None or self._method == "HEAD":
            return b""
        if self.chunked:
            return self._peek_chunked(n)
        data: bytes = self.fp.peek(n)
        return data

    def readline(self, limit: int = -1) -> bytes:  # type: ignore[override]
        """Up to and with the next LF, at most `limit` bytes."""
        if self.fp is None or self._method == "HEAD":
            return b""
        if self.chunked:
            if limit is None:
                limit = -1
            if _line_methods(self):
                return self._readline_chunked(limit)
            # IOBase's own, which uses what the subclass has: peek() and read()
            return super(_Stdlib, self).readline(limit)
        data: bytes = self._read_part(self.fp.readline, limit)
        return data

    def _safe_read(self, amt: int) -> bytes:
        """Read exactly `amt` bytes; `IncompleteRead` if there are fewer."""
        if amt <= _TRUSTED_SIZE and type(self.fp) is SocketFile:
            data: bytes = self.fp.read(amt)
        else:
            data = self._read_growing(amt)
        if len(data) < amt:
            raise IncompleteRead(data, amt - len(data))
        return data

    def _read_growing(self, amt: int) -> bytes:
        # A file reads into one allocation of the size asked for, so ask for no more than twice
        # what has arrived: a false length must not exhaust the memory (CVE-2025-13836).
        size = min(amt, hooks.hook("_MIN_READ_BUF_SIZE"))
        data: bytes = self.fp.read(size)
        if len(data) == amt or len(data) < size:
            return data
        grown = io.BytesIO(data)
        grown.seek(0, io.SEEK_END)
        while size < amt:
            step = min(size, amt - size)
            size += step
            grown.write(self.fp.read(step))
            if grown.tell() < size:
                break
        return grown.getvalue()

    def _safe_readinto(self, b: Any) -> int:
        """Fill a buffer; `IncompleteRead` if there is less."""
        amt = len(b)
        got: int = self.fp.readinto(b)
        if got < amt:
            raise IncompleteRead(bytes(b[:got]), amt - got)
        return got

    # ---------------------------------------------------------- chunked bodies

    def _read_next_chunk_size(self) -> int:
        max_line = hooks.max_line()
        line = self.fp.readline(max_line + 1)
        if len(line) > max_line:
            raise message.line_too_long("chunk size")
        try:
            return int(line.partition(b";")[0], 16)
        except ValueError:
            # out of step: nothing that follows can be trusted
            self._close_conn()
            raise

    def _read_and_discard_trailer(self) -> None:
        max_line = hooks.max_line()
        limit = self._max_headers
        if limit is None:
            limit = hooks.hook("_MAXHEADERS")
        count = 0
        while True:
            line = self.fp.readline(max_line + 1)
            if len(line) > max_line:
                raise message.line_too_long("trailer line")
            if line in (b"\r\n", b"\n", b""):
                return
            count += 1
            if count > limit:
                raise HTTPException(f"got more than {limit} trailers")

    def _get_chunk_left(self) -> int | None:
        """Bytes left in the chunk, a new one's if it is used up; None behind the last."""
        left = self.chunk_left
        if left:
            return left
        if left is not None:
            self._safe_read(2)  # the chunk's CRLF, not looked at
        try:
            left = self._read_next_chunk_size()
        except ValueError:
            raise IncompleteRead(b"")  # noqa: B904 - the context is what http.client leaves
        if left == 0:
            self._end_chunks()
            left = None
        self.chunk_left = left
        return left

    def _end_chunks(self) -> None:
        self._read_and_discard_trailer()
        self._end_of_message()

    def _read_chunked(self, amt: int | None = None) -> bytes:
        if amt is not None and amt < 0:
            amt = None
        limits = None
        if type(self.fp) is SocketFile and amt != 0 and _chunk_methods(self):
            limits = hooks.line_limits()
        parts: list[bytes] = []
        try:
            while True:
                if limits is not None:
                    data, stop = self._take_chunks(amt, parts, limits[0])
                    parts.append(data)
                    if amt is not None:
                        amt -= len(data)
                    if stop in (_FULL, _LAST, _DONE):
                        break
                left = self._get_chunk_left()
                if left is None:
                    break
                if amt is not None and amt <= left:
                    parts.append(self._safe_read(amt))
                    self.chunk_left = left - amt
                    break
                parts.append(self._safe_read(left))
                if amt is not None:
                    amt -= left
                self.chunk_left = 0
        except IncompleteRead as error:
            raise IncompleteRead(b"".join(parts)) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take_chunks(
        self, amt: int | None, parts: list[bytes], max_line: int
    ) -> tuple[bytes, int]:
        """A run of chunks by the codec: their content, and why it stopped."""
        left = self.chunk_left
        if left is None:
            left = -1
        elif not 0 <= left <= sys.maxsize:  # no such chunk: the plain way says so
            return b"", _ODD
        data, left, whole, stop = self.fp.read_chunks(
            left, -1 if amt is None else min(amt, sys.maxsize), max_line
        )
        self.chunk_left = None if left < 0 else left
        if stop == _DONE:
            self._end_of_message()
        elif stop == _LAST:
            self._end_chunks()
        elif stop == _END and left > 0:
            # What there is of the broken chunk is in the cause, not in the partial body.
            self.chunk_left = left + len(data) - whole
            parts.append(data[:whole])
            missing = left if amt is None else min(left, amt - len(data))
            raise IncompleteRead(data[whole:], missing)
        return data, stop

    def _readinto_chunked(self, b: Any) -> int:
        total = 0
        view = memoryview(b)
        try:
            while True:
                left = self._get_chunk_left()
                if left is None:
                    return total
                if len(view) <= left:
                    got = self._safe_readinto(view)
                    self.chunk_left = left - got
                    return total + got
                got = self._safe_readinto(view[:left])
                view = view[got:]
                total += got
                self.chunk_left = 0
        except IncompleteRead:
            raise IncompleteRead(bytes(b[0:total]))  # noqa: B904 - as above

    def _read1_chunked(self, n: int) -> bytes:
        # Reading the size line may take a call of its own; the protocol wants it so.
        left = self._get_chunk_left()
        if left is None or n == 0:
            return b""
        if not 0 <= n <= left:
            n = left
        data: bytes = self.fp.read1(n)
        self.chunk_left = left - len(data)
        if not data:
            raise IncompleteRead(b"")
        return data

    def _readline_chunked(self, limit: int) -> bytes:
        parts: list[bytes] = []
        while limit:
            try:
                left = self._get_chunk_left()
            except IncompleteRead:
                left = 0  # whether that is an error is for read(), as in IOBase.readline()
            if left is None:
                break
            if not 0 <= left <= sys.maxsize:  # no such chunk: the error is that of the plain way
                return super(_Stdlib, self).readline(limit)
            part = self.fp.readline(left if limit < 0 else min(left, limit)) if left else b""
            if part:
                self.chunk_left = left - len(part)
            else:
                part = self.read(1)
            parts.append(part)
            if not part or part.endswith(b"\n"):
                break
            limit -= len(part) if limit > 0 else 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _peek_chunked(self, n: int) -> bytes:
        try:
            left = self._get_chunk_left()
        except IncompleteRead:
            return b""
        if left is None:
            return b""
        data: bytes = self.fp.peek(left)[:left]
        return data


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
_chunk_methods = Pristine(
    Body,
    ("_get_chunk_left", "_read_next_chunk_size", "_read_and_discard_trailer", "_safe_read"),
)
