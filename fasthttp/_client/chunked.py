"""Bodies in the chunked transfer coding (RFC 9112 section 7.1), by each way of reading.

The plain way reads line by line with the hooks of http.client, each of which a subclass may
override. The fast one lets the codec take runs of chunks from a `SocketFile`, and leaves to the
plain one whatever is not of the plain form, and every error.

Functions that take a response. Those whose first parameter is called `self` are methods of
`HTTPResponse`.
"""

from __future__ import annotations

import io
import sys
from http.client import HTTPException, IncompleteRead

from .._codec.sizes import TRUSTED_SIZE
from .._codec.stops import DONE, END, FULL, LAST, ODD
from .._compiled import Pristine, SocketFile
from .._http import hooks, notes, reasons, rules, strict
from .._http.hooks import line_limits
from . import heads
from .by_hand import ReadByHand
from .policy import policy_of, rules_of, sift
from .sockets import held_back

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from .._http.reasons import Reason
else:
    Any = NoReturn = object  # for typing.get_type_hints()


#: Whether a small read asks a guard and then goes straight to the file. Where the guard is dearer
#: than the steps that it saves, small reads go as in http.client.
READS_WITHIN_CHUNKS = Pristine.is_cheap

#: The methods of a response that reading chunks at once passes by.
CHUNK_METHODS = (
    *("_read_chunked", "_get_chunk_left", "_read_next_chunk_size"),
    *("_read_and_discard_trailer", "_safe_read"),
)
#: Whether the methods that reading chunks at once, or a line of them, passes by are http.client's
#: own in a response; set by response.py, which has the class.
chunk_methods_unchanged: Any = None
line_methods_unchanged: Any = None


# ------------------------------------------------------------ end of a message


def close_conn(self: Any) -> None:
    """Give up the file: `HTTPResponse._close_conn`."""
    fp = self.fp
    self.fp = None
    fp.close()


def end_of_message(response: Any) -> None:
    """The body is read to its end: give up the file, and note whether bytes came behind it."""
    fp = response.fp
    if type(fp) is SocketFile:
        response._close_conn()
        leftover = fp.leftover
    else:
        leftover = held_back(fp)
        response._close_conn()
    try:
        response._fasthttp_in_step = not (leftover or response._fasthttp_ends_connection)
        exchange = response._fasthttp_exchange
    except AttributeError:  # its __init__ was never called
        response._fasthttp_in_step = not leftover
        exchange = getattr(response, "_fasthttp_exchange", None)
    if exchange is not None:
        exchange.note_end()


# --------------------------------------------------- a read that has broken off


def _starved(fp: Any) -> Exception | None:
    """Return the error of a non-blocking socket that had nothing when it was read last."""
    file = fp.file if type(fp) is ReadByHand else fp
    return file.starved if type(file) is SocketFile else None


def note_failure(response: Any, error: BaseException) -> None:
    """A read has broken off: nothing that follows can be trusted, unless nothing is lost."""
    fp = response.fp
    if error is _starved(fp):
        return
    response._fasthttp_failed = response._fasthttp_ends_connection = True
    if isinstance(error, MemoryError) and type(fp) is SocketFile:
        fp.fail()  # what had been read may be lost, and what comes next would look like it
    else:
        notes.of_body(error, response)


def check_starved(response: Any, data: bytes | None = b"") -> None:
    """Where this is not the end, but a socket that does not wait, put `data` back, which was read
    last, and raise the socket's error.
    """
    error = _starved(response.fp)
    if error is not None:
        response.fp.put_back(data or b"")
        raise error


def _put_back(response: Any, content: bytes) -> None:
    """Let content that was read last come next once more, as if it were of one chunk."""
    if content:
        left = response.chunk_left
        response.fp.put_back(content if left is not None else content + b"\r\n")
        response.chunk_left = len(content) + (left or 0)


# ------------------------------------------------------------- exact amounts


def safe_read(self: Any, amt: int) -> bytes:
    """Read exactly `amt` bytes; `IncompleteRead` if there are fewer: `HTTPResponse._safe_read`."""
    fp = self.fp
    if amt <= TRUSTED_SIZE and type(fp) is SocketFile:
        data: bytes | None = fp.read(amt)
        if data is None:
            data = b""
        if amt == self.length:
            self._fasthttp_by_hand = fp  # all of the body, whoever reads it
    else:
        data = read_growing(self, amt)
    if len(data) < amt:
        raise_short(self, data, amt)
    return data


def raise_short(response: Any, data: bytes, amt: int) -> NoReturn:
    """Raise `IncompleteRead`, or what a socket that does not wait has raised."""
    check_starved(response, data)
    raise IncompleteRead(data, amt - len(data))


def read_growing(response: Any, amt: int) -> bytes:
    """Read up to `amt` bytes. Memory is taken as they arrive."""
    # A file reads into one allocation of the size asked for, so ask for no more than twice
    # what has arrived: a false length must not exhaust the memory (CVE-2025-13836).
    size = min(amt, hooks.hook("_MIN_READ_BUF_SIZE"))
    data: bytes = response.fp.read(size) or b""
    if len(data) == amt or len(data) < size:
        return data
    grown = io.BytesIO(data)
    grown.seek(0, io.SEEK_END)
    while size < amt:
        step = min(size, amt - size)
        size += step
        grown.write(response.fp.read(step) or b"")
        if grown.tell() < size:
            break
    return grown.getvalue()


def growing_reader(response: Any) -> Callable[[int], bytes]:
    """Return `read_growing` for one response."""
    return lambda amt: read_growing(response, amt)


def safe_readinto(self: Any, b: Any) -> int:
    """Fill a buffer; `IncompleteRead` if there is less, unless more may come later:
    `HTTPResponse._safe_readinto`.
    """
    amt = len(b)
    got: int = self.fp.readinto(b) or 0
    if got < amt:
        if got and _starved(self.fp) is not None:
            return got
        check_starved(self)
        raise IncompleteRead(bytes(b[:got]), amt - got)
    return got


# ------------------------------------------------------- between two chunks


def read_next_chunk_size(self: Any) -> int:
    """Read a size line: `HTTPResponse._read_next_chunk_size`."""
    max_line = hooks.max_line()
    line = self.fp.readline(max_line + 1)
    if len(line) > max_line:
        raise rules.line_too_long("chunk size")
    size = rules.plain_size(line)
    overhead = getattr(self, "_fasthttp_overhead", 0)
    if size >= 0 and not overhead:
        return size
    try:
        if line and not rules_of(self).is_clear_size_line(line):
            self._fasthttp_ends_connection = True
        size = rules.chunk_size(line)
        taken = rules.overhead_with(overhead, len(line), size)
        if taken != overhead:
            self._fasthttp_overhead = taken
    except (ValueError, HTTPException) as error:
        if type(error) is ValueError:
            notes.of_size_line(error, line)
        # out of step: nothing that follows can be trusted
        self._close_conn()
        raise
    return size


def read_and_discard_trailer(self: Any) -> None:
    """Read the trailer section, and keep it: `HTTPResponse._read_and_discard_trailer`."""
    policy = policy_of(self)
    most = rules.MAX_HEAD_BYTES if policy is None else policy.head_bytes()
    lines = heads.read_lines(
        self.fp,
        getattr(self, "_max_headers", None),
        most,
        "trailer line",
        "trailers",
        needs_end=rules_of(self).needs_end,
    )
    lines = sift(self, lines)
    if lines:
        self._fasthttp_trailer_lines = lines


def _read_chunk_end(response: Any) -> None:
    try:
        end = response._safe_read(2)  # not looked at, where nobody asks for it
    except IncompleteRead as error:
        if not error.partial:
            raise
        # which is none of the body
        raise IncompleteRead(b"", error.expected) from error
    if end == b"\r\n":
        return
    try:
        if not rules_of(response).is_clear_chunk_end(end):
            response._fasthttp_ends_connection = True
    except HTTPException:
        response._close_conn()
        raise


def get_chunk_left(self: Any) -> int | None:
    """Return the bytes left in the chunk, a new one's if it is used up; None behind the last:
    `HTTPResponse._get_chunk_left`.
    """
    left: int | None = self.chunk_left
    if left:
        return left
    if left is not None:
        _read_chunk_end(self)
    try:
        left = self._read_next_chunk_size()
    except ValueError as error:
        # The context is what http.client leaves.
        raise notes.taken_from(error, IncompleteRead(b""))  # noqa: B904
    except OSError as error:
        if error is _starved(self.fp):
            self.chunk_left = None  # the end of the chunk before has been read
        raise
    if left == 0:
        _end_chunks(self)
        left = None
    self.chunk_left = left
    return left


def _end_chunks(response: Any) -> None:
    try:
        response._read_and_discard_trailer()
    except OSError as error:
        if error is _starved(response.fp):
            response.fp.put_back(b"0\r\n")
            response.chunk_left = None
        raise
    end_of_message(response)


# ---------------------------------------------------------------------- reading


def read_within_chunk(response: Any, amt: int) -> bytes | None:
    """Return `amt` bytes out of the chunk in hand, which has more; None where that is not so, and
    nothing has happened. Small reads of a large chunk are most of all reads.
    """
    left, fp = response.chunk_left, response.fp
    if not (
        type(left) is int
        and type(amt) is int
        and 0 < amt < left
        and type(fp) is SocketFile
        and chunk_methods_unchanged(response)
    ):
        return None
    data: bytes = fp.read(amt) or b""
    if len(data) < amt and (not data or _starved(fp) is None):
        check_starved(response)
        raise IncompleteRead(data) from IncompleteRead(data, amt - len(data))
    response.chunk_left = left - len(data)
    return data


def take_back_file(response: Any) -> Any:
    """Return the file of a response that nobody reads by hand from now on."""
    fp = response.fp
    if type(fp) is ReadByHand:
        fp = response.fp = fp.file
        response._fasthttp_by_hand = None
    return fp


def read_from_chunk(response: Any, amt: int | None, parts: list[bytes]) -> tuple[int | None, bool]:
    """Add to `parts` the rest of a chunk, or as much of it as `amt` asks for, by the methods of
    http.client alone. Return what is left of `amt`, and whether there is nothing more to be read.
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


def read_chunked(self: Any, amt: int | None = None) -> bytes:
    """Read chunks, at most `amt` bytes of them: `HTTPResponse._read_chunked`."""
    return read_on(self, amt, None)


def read_on(self: Any, amt: int | None, taken: tuple[bytes, int, int, int] | None) -> bytes:
    """Read chunks. `taken` is what the codec has taken of them so far, at the beginning of the
    body: what `SocketFile.read_chunks` returns.
    """
    if self.chunked is not True:
        assert self.chunked != "UNKNOWN"  # noqa: S101 - as http.client has it, before begin()
    if amt is not None and amt < 0:
        amt = None
    fp = self.fp
    if type(fp) is ReadByHand:
        fp = self.fp = fp.file  # as take_back_file()
        self._fasthttp_by_hand = None
    parts: list[bytes] = []
    try:
        overhead = self._fasthttp_overhead
    except AttributeError:  # its begin() was never called
        overhead = 0
    try:
        if amt and type(self.chunk_left) is int and amt < self.chunk_left:
            # Less than is left of the chunk: the steps of http.client, and no more.
            left = self._get_chunk_left()
            if left is None:
                return b""
            if amt <= left:
                data: bytes = self._safe_read(amt)
                self.chunk_left = left - amt
                return data
            parts.append(self._safe_read(left))
            amt -= left
            self.chunk_left = 0
        takes_chunks = type(fp) is SocketFile and amt != 0
        while True:
            # Where size lines have cost too much already, each is counted.
            if takes_chunks and not overhead:
                data, stop = _take_chunks(self, amt, parts, taken)
                taken = None
                if stop == DONE and not parts:
                    return data
                parts.append(data)
                if amt is not None:
                    amt -= len(data)
                if stop in (FULL, LAST, DONE):
                    break
                takes_chunks = type(stop) is int
            amt, is_over = read_from_chunk(self, amt, parts)
            if is_over:
                break
            overhead = getattr(self, "_fasthttp_overhead", 0)
    except IncompleteRead as error:
        raise strict.with_content(error, b"".join((*parts, error.partial))) from error
    except OSError as error:
        if error is not _starved(self.fp):
            raise
        content = b"".join(parts)
        if amt is None or not content:
            _put_back(self, content)
            raise
        return content
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _take_chunks(
    response: Any,
    amt: int | None,
    parts: list[bytes],
    taken: tuple[bytes, int, int, int] | None,
) -> tuple[bytes, int | Reason]:
    """Take a run of chunks by the codec, or go on with what it has taken. Return their content, and
    why it stopped, or was not even asked.
    """
    before = response.chunk_left
    if taken is None:
        if not chunk_methods_unchanged(response):
            return b"", (reasons.METHODS, (chunk_methods_unchanged, response))
        limits = line_limits()
        if limits is None:
            return b"", (reasons.FUNCTIONS, line_limits)
        if before is not None and not 0 <= before <= sys.maxsize:
            return b"", ODD  # no such chunk: the plain way says so
        most = -1 if amt is None else min(amt, sys.maxsize)
        taken = response.fp.read_chunks(-1 if before is None else before, most, limits[0])
    data, left, whole, stop = taken
    response.chunk_left = None if left < 0 else left
    if stop == DONE:
        end_of_message(response)
    elif stop == LAST:
        try:
            _end_chunks(response)
        except HTTPException:
            response.chunk_left = None if before is None and not data else 0
            raise
        except OSError:
            parts.append(data)
            raise
    elif stop == END and left > 0:
        if response.fp.starved is not None:
            parts.append(data)
            raise response.fp.starved
        # What there is of the broken chunk is in the cause as well, as http.client has it.
        response.chunk_left = left + len(data) - whole
        parts.append(data[:whole])
        missing = left if amt is None else min(left, amt - len(data))
        raise IncompleteRead(data[whole:], missing)
    return data, stop


def readinto_chunked(self: Any, b: Any) -> int:
    """Read chunks into a buffer: `HTTPResponse._readinto_chunked`."""
    if self.chunked is not True:
        assert self.chunked != "UNKNOWN"  # noqa: S101 - as http.client has it, before begin()
    take_back_file(self)
    total = 0
    view = memoryview(b)
    try:
        while True:
            left = self._get_chunk_left()
            if left is None:
                return total
            if len(view) <= left:
                got: int = self._safe_readinto(view)
                self.chunk_left = left - got
                return total + got
            got = self._safe_readinto(view[:left])
            view = view[got:]
            total += got
            self.chunk_left = left - got
    except IncompleteRead as error:
        content = bytes(b[0:total]) + error.partial
        raise strict.with_content(error, content)  # noqa: B904 - as above
    except OSError as error:
        if total and error is _starved(self.fp):
            return total
        raise


def read1_chunked(self: Any, n: int) -> bytes:
    """Read what there is of a chunk: `HTTPResponse._read1_chunked`."""
    take_back_file(self)
    # Reading the size line may take a call of its own; the protocol wants it so.
    left = self._get_chunk_left()
    if left is None or n == 0:
        return b""
    if not 0 <= n <= left:
        n = left
    data: bytes = self.fp.read1(min(n, TRUSTED_SIZE))
    self.chunk_left = left - len(data)
    if not data:
        check_starved(self)
        raise IncompleteRead(b"")
    return data


def readline(response: Any, limit: int) -> bytes:
    """Read a line out of chunks, at most `limit` bytes where that is not negative."""
    take_back_file(response)
    parts: list[bytes] = []
    try:
        _add_line(response, parts, limit)
    except IncompleteRead as error:
        raise strict.with_content(error, b"".join((*parts, error.partial))) from error
    except OSError as error:
        if error is _starved(response.fp):
            _put_back(response, b"".join(parts))
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _add_line(response: Any, parts: list[bytes], limit: int) -> None:
    while limit:
        try:
            left = response._get_chunk_left()
        except IncompleteRead:
            if rules_of(response).needs_end:
                raise
            left = 0  # whether that is an error is for read(), as in IOBase.readline()
        if left is None:
            break
        room = min(left, sys.maxsize if limit < 0 else limit)
        part = response.fp.readline(room) if left else b""
        if part:
            response.chunk_left = left - len(part)
        else:
            part = response.read(1)
        parts.append(part)
        if not part or part.endswith(b"\n"):
            break
        limit -= len(part) if limit > 0 else 0


def peek_chunked(self: Any, n: int) -> bytes:
    """Return what there is of a chunk, and leave it there: `HTTPResponse._peek_chunked`."""
    take_back_file(self)
    try:
        left = self._get_chunk_left()
    except IncompleteRead:
        if rules_of(self).needs_end:
            raise
        return b""
    except OSError as error:
        if error is _starved(self.fp):
            return b""  # as a file gives it
        raise
    if left is None:
        return b""
    data: bytes = self.fp.peek(min(left, sys.maxsize))[:left]
    return data
