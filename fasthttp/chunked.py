"""Bodies in the chunked transfer coding (RFC 9112 section 7.1), by each way of reading.

The plain way reads line by line with the hooks of http.client, each of which a subclass may
override. The fast one lets the codec take runs of chunks from a `SocketFile`, and leaves to the
plain one whatever is not of the plain form, and every error.
"""

from __future__ import annotations

import io
import sys
from http.client import HTTPException, IncompleteRead
from http.client import HTTPResponse as _Stdlib

from . import hooks, message, strict
from ._codec import Pristine, SocketFile
from .reader import held_back

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .policy import Policy


#: Up to so many bytes are received into one allocation of the whole length: address space, which
#: takes no memory before the bytes arrive. CPython 3.15 trusts no more than 1 MiB, but at the
#: price of copying; what is protected, a false length that asks for more than there is, is so here
#: as well.
TRUSTED_SIZE = 1 << 26

_FULL, _LAST, _ODD, _END, _DONE = range(1, 6)  # why SocketFile.read_chunks() stopped

#: No chunk is so long: beyond, what announces it is no size.
_MAX_CHUNK = (1 << 63) - 1

# Go's rule for CVE-2023-39326: each size line, with the CRLF behind its data, may take 16 bytes and
# two for each byte of data. What the lines take beyond adds up to no more than this.
_ALLOWANCE = 16
_MAX_OVERHEAD = 16384


def read_from_chunk(response: Any, amt: int | None, parts: list[bytes]) -> tuple[int | None, bool]:
    """Add to `parts` the rest of a chunk, or as much of it as `amt` asks for, by the methods of
    http.client alone; what is left of `amt`, and whether there is nothing more to be read.
    """
    left = response._get_chunk_left()
    if left is None:
        return amt, True
    if amt is not None and amt <= left:
        parts.append(response._safe_read(amt))
        response.chunk_left = left - amt
        return amt, True
    parts.append(response._safe_read(left))
    response.chunk_left = 0
    return None if amt is None else amt - left, False


class ChunkedBody(_Stdlib):
    """What `Body` inherits for chunks; of no use alone."""

    # Setting a slot takes a tenth of the time that the first entries of a dict take.
    __slots__ = (
        "_ends_connection",
        "_in_step",
        "_max_headers",
        "_method",
        "_policy",
        "chunk_left",
        "chunked",
        "fp",
        "length",
    )

    fp: Any
    _method: str | None
    chunked: bool
    chunk_left: int | None
    length: int | None
    _max_headers: int | None
    #: Whether the connection behind it can serve another request: the message was read to its
    #: end and nothing came behind it.
    _in_step: bool
    #: What the connection asks of responses beyond what http.client does.
    _policy: Policy | None
    #: Whether the message has more than one reading, by other readers than this one: no answer to
    #: another request may follow on its connection.
    _ends_connection: bool
    #: Whether reading has gone wrong for good: what follows on the connection is no message.
    _failed = False
    #: Bytes that size lines took beyond their allowance.
    _overhead = 0
    #: The trailer section's lines.
    _trailer_lines: tuple[bytes, ...] | list[bytes] = ()

    def _close_conn(self) -> None:
        fp = self.fp
        self.fp = None
        fp.close()

    def _end_of_message(self) -> None:
        """The body is read to its end: give up the file."""
        fp = self.fp
        if type(fp) is SocketFile:
            self._close_conn()
            leftover = fp.leftover
        else:
            leftover = held_back(fp)
            self._close_conn()
        self._in_step = not (leftover or self._ends_connection)
        if self._policy is not None:
            self._policy.note_end()

    def _safe_read(self, amt: int) -> bytes:
        """Read exactly `amt` bytes; `IncompleteRead` if there are fewer."""
        if amt <= TRUSTED_SIZE and type(self.fp) is SocketFile:
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

    # ------------------------------------------------------- between two chunks

    def _read_next_chunk_size(self) -> int:
        max_line = hooks.max_line()
        line = self.fp.readline(max_line + 1)
        if len(line) > max_line:
            raise message.line_too_long("chunk size")
        try:
            if line and not strict.is_size_line(line):
                if self._policy is not None and self._policy.strict:
                    raise strict.wrong_size_line(line)
                if not strict.is_clear_size_line(line):
                    self._ends_connection = True
            size = int(line.partition(b";")[0], 16)
            if not 0 <= size <= _MAX_CHUNK:
                raise ValueError("no size of a chunk")
            self._count_overhead(len(line), size)
        except (ValueError, HTTPException):
            # out of step: nothing that follows can be trusted
            self._close_conn()
            raise
        return size

    def _count_overhead(self, line: int, size: int) -> None:
        overhead = self._overhead + line + 2 - _ALLOWANCE - 2 * size
        if overhead > _MAX_OVERHEAD:
            raise HTTPException(f"got more than {_MAX_OVERHEAD} bytes of overhead in chunk sizes")
        if overhead > 0 or self._overhead:
            self._overhead = max(overhead, 0)

    def _read_and_discard_trailer(self) -> None:
        policy = self._policy
        most = message.MAX_HEAD_BYTES if policy is None else policy.head_bytes()
        lines = message.read_lines(
            self.fp,
            self._max_headers,
            most,
            "trailer line",
            "trailers",
            needs_end=policy is not None and policy.strict,
        )
        if policy is not None:
            lines = policy.sift(self, lines)
        if lines:
            self._trailer_lines = lines

    def _read_chunk_end(self) -> None:
        try:
            end = self._safe_read(2)  # not looked at, where nobody asks for it
        except IncompleteRead as error:
            if not error.partial:
                raise
            # which is none of the body
            raise IncompleteRead(b"", error.expected) from error
        if end != b"\r\n":
            self._ends_connection = True
            if self._policy is not None and self._policy.strict:
                self._close_conn()
                raise strict.wrong_chunk_end(end)

    def _get_chunk_left(self) -> int | None:
        """Bytes left in the chunk, a new one's if it is used up; None behind the last."""
        left = self.chunk_left
        if left:
            return left
        if left is not None:
            self._read_chunk_end()
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

    # ------------------------------------------------------------------ reading

    def _read_chunked(self, amt: int | None = None) -> bytes:
        if amt is not None and amt < 0:
            amt = None
        limits = None
        # Where size lines have cost too much already, each is counted.
        if type(self.fp) is SocketFile and amt != 0 and not self._overhead and _chunk_methods(self):
            limits = hooks.line_limits()
        parts: list[bytes] = []
        try:
            while True:
                if limits is not None and not self._overhead:
                    data, stop = self._take_chunks(amt, parts, limits[0])
                    parts.append(data)
                    if amt is not None:
                        amt -= len(data)
                    if stop in (_FULL, _LAST, _DONE):
                        break
                amt, is_over = read_from_chunk(self, amt, parts)
                if is_over:
                    break
        except IncompleteRead as error:
            raise strict.with_content(error, b"".join((*parts, error.partial))) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take_chunks(self, amt: int | None, parts: list[bytes], max_line: int) -> tuple[bytes, int]:
        """A run of chunks by the codec: their content, and why it stopped."""
        left = before = self.chunk_left
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
            try:
                self._end_chunks()
            except HTTPException:
                self.chunk_left = None if before is None and not data else 0
                raise
        elif stop == _END and left > 0:
            # What there is of the broken chunk is in the cause as well, as http.client has it.
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
        except IncompleteRead as error:
            content = bytes(b[0:total]) + error.partial
            raise strict.with_content(error, content)  # noqa: B904 - as above

    def _safe_readinto(self, b: Any) -> int:
        """Fill a buffer; `IncompleteRead` if there is less."""
        amt = len(b)
        got: int = self.fp.readinto(b)
        if got < amt:
            raise IncompleteRead(bytes(b[:got]), amt - got)
        return got

    def _read1_chunked(self, n: int) -> bytes:
        # Reading the size line may take a call of its own; the protocol wants it so.
        left = self._get_chunk_left()
        if left is None or n == 0:
            return b""
        if not 0 <= n <= left:
            n = left
        data: bytes = self.fp.read1(min(n, TRUSTED_SIZE))
        self.chunk_left = left - len(data)
        if not data:
            raise IncompleteRead(b"")
        return data

    def _readline_chunked(self, limit: int) -> bytes:
        parts: list[bytes] = []
        try:
            self._add_line(parts, limit)
        except IncompleteRead as error:
            raise strict.with_content(error, b"".join((*parts, error.partial))) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _add_line(self, parts: list[bytes], limit: int) -> None:
        while limit:
            try:
                left = self._get_chunk_left()
            except IncompleteRead:
                if self._policy is not None and self._policy.strict:
                    raise
                left = 0  # whether that is an error is for read(), as in IOBase.readline()
            if left is None:
                break
            room = min(left, sys.maxsize if limit < 0 else limit)
            part = self.fp.readline(room) if left else b""
            if part:
                self.chunk_left = left - len(part)
            else:
                part = self.read(1)
            parts.append(part)
            if not part or part.endswith(b"\n"):
                break
            limit -= len(part) if limit > 0 else 0

    def _peek_chunked(self, n: int) -> bytes:
        try:
            left = self._get_chunk_left()
        except IncompleteRead:
            if self._policy is not None and self._policy.strict:
                raise
            return b""
        if left is None:
            return b""
        data: bytes = self.fp.peek(min(left, sys.maxsize))[:left]
        return data


_chunk_methods = Pristine(
    ChunkedBody,
    ("_get_chunk_left", "_read_next_chunk_size", "_read_and_discard_trailer", "_safe_read"),
)
