"""Chunked bodies in `http.client.HTTPResponse`.

Chunks are read in the very steps of the original. But where many may be in the buffer, all of
them that are there whole are decoded at once. Whatever else there is (a chunk that has not
arrived in full, a size line of another form, the end of the stream) goes on in those steps, from
where the last whole chunk ended: so errors, their partial bodies and the state that they leave
are the same.
"""

from __future__ import annotations

import io

from .._compiled import decode_chunks, implementation
from . import guards
from .heads import HUGE, buffered
from .places import STD, behind, found, leaf

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_File = io.BufferedReader
_FULL, _LAST = 1, 2  # why decode_chunks() stopped

# Looking into the buffer copies all of it. So there is a look only where it pays, as measured:
#: after a chunk shorter than this,
_LONG = 2048 if implementation == "c" else 256
#: so many of them in a row,
_IN_A_ROW = 0 if implementation == "c" else 4
#: and where more is asked for than so many chunks as long as the last. (To copy 128 KiB, the
#: buffer of later Pythons, takes as long as to read some 16 chunks.)
_FEW = max(4 if implementation == "c" else 32, io.DEFAULT_BUFFER_SIZE >> 13)


@leaf("HTTPResponse._read_chunked")
def _read_chunked(self: Any, amt: Any = None) -> bytes:
    if self.chunked is not True or not (
        guards.reads_plainly(self) if amt is None else type(amt) is int and 0 < amt < HUGE
    ):
        plain: bytes = behind["HTTPResponse._read_chunked"](self, amt)
        return plain
    parts: list[bytes] = []
    try:
        if amt is not None:
            left = self._get_chunk_left()
            if left is None:
                return b""
            if amt <= left:
                data = self._safe_read(amt)
                self.chunk_left = left - amt
                return data if type(data) is bytes else b"".join((data,))
            parts.append(self._safe_read(left))
            amt -= left
            self.chunk_left = 0
            _read_parts(self, amt, parts, left)
        else:
            _read_parts(self, None, parts, 0)
    except STD["IncompleteRead"] as error:
        incomplete = STD["IncompleteRead"](b"".join(parts))
        if _keeps_cause():
            raise incomplete from error
        raise incomplete  # noqa: B904 - the context is what that version leaves
    return b"".join(parts)


def _keeps_cause() -> bool:
    """Whether the error has the one below it as its cause, as it does from 3.11 on."""
    code = found["HTTPResponse._read_chunked"].__code__
    return "exc" in code.co_varnames or behind["HTTPResponse._read_chunked"].__code__ is not code


def _read_parts(response: Any, amt: int | None, parts: list[bytes], size: int) -> None:
    """Read the rest of what is asked for; `size` is the length of the last chunk."""
    in_a_row = 0
    while True:
        if (
            size < _LONG
            and in_a_row >= _IN_A_ROW
            and (amt is None or amt > size * _FEW)
            and not response.chunk_left
            and type(response.fp) is _File
            and guards.reads_plainly(response)
            and (limits := guards.size_limits())
            and limits[0] < HUGE
        ):
            amt, left = _take_whole_chunks(response, amt, parts, limits[0])
            if left == 0:
                continue
        else:
            left = response._get_chunk_left()
        if left is None:
            return
        if amt is not None and amt <= left:
            parts.append(response._safe_read(amt))
            response.chunk_left = left - amt
            return
        parts.append(response._safe_read(left))
        if amt is not None:
            amt -= left
        response.chunk_left = 0
        size = left
        in_a_row = in_a_row + 1 if size < _LONG else 0


def _take_whole_chunks(
    response: Any, amt: int | None, parts: list[bytes], max_line: int
) -> tuple[int | None, int | None]:
    """Take the whole chunks that are in the buffer, and begin the one behind them.

    Returns what is left of `amt`, and what is left of the chunk: 0 between two, None where there
    is nothing more to be read.
    """
    if response.chunk_left is not None:
        response._safe_read(2)  # to itself: a look cannot tell its end from nothing yet
    data = _look(response)
    content, used, left, whole, stop = decode_chunks(
        data, -1, HUGE if amt is None else amt, max_line
    )
    if stop == _FULL:
        response.fp.read(used)
        response.chunk_left = left
        parts.append(content)
        return 0, None
    if not used:
        return amt, _begin_chunk(response)
    begun = len(content) - whole
    response.fp.read(used - begun)
    if whole:
        parts.append(content[:whole])
        if amt is not None:
            amt -= whole
    if stop == _LAST:
        if whole:
            response.chunk_left = 0
        _end(response)
        return amt, None
    response.chunk_left = left + begun
    return amt, left + begun


def _look(response: Any) -> bytes:
    """What there is where a size line begins, with what the original does where it cannot be
    read, or is not there.
    """
    try:
        data = buffered(response.fp)
        if data == b"":
            response._close_conn()
            int(data, 16)  # no size: its error is the context of the other
    except ValueError:
        raise STD["IncompleteRead"](b"")  # noqa: B904 - the original's context
    return data or b""


def _begin_chunk(response: Any) -> int | None:
    """What _get_chunk_left() does behind the CRLF of a chunk."""
    try:
        left: int | None = response._read_next_chunk_size()
    except ValueError:
        raise STD["IncompleteRead"](b"")  # noqa: B904 - the original's context
    if left == 0:
        _end(response)
        return None
    response.chunk_left = left
    return left


def _end(response: Any) -> None:
    """What it does behind the last size line."""
    response._read_and_discard_trailer()
    response._close_conn()
    response.chunk_left = None
