"""Chunked bodies in `http.client.HTTPResponse`.

Chunks are read in the very steps of the original. But where many may be in the buffer, all of
them that are there whole are decoded at once. Whatever else there is (a chunk that has not
arrived in full, a size line of another form, the end of the stream) goes on in those steps, from
where the last whole chunk ended: so errors, their partial bodies and the state that they leave
are the same.
"""

from __future__ import annotations

import io
from socket import SocketIO

from .._codec.stops import FULL, LAST
from .._compiled import decode_chunks, implementation
from .._http import reasons
from . import places
from .guards import guards
from .heads import HUGE, buffered
from .places import STD, behind, found, leaf, step_aside

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .._http.reasons import Reason

_File = io.BufferedReader

_IN_C = implementation == "c"
_BUFFER = io.DEFAULT_BUFFER_SIZE  # 8 KiB, and 128 KiB in later Pythons

# Looking into the buffer copies all of it. So there is a look only where it pays, as measured:
#: after a chunk shorter than this,
_LONG = 2048 if _IN_C else 256
#: and where all is wanted, or more than so many chunks as long as the last.
_FEW = max(4 if _IN_C else 32, _BUFFER >> 13)
#: So many chunks are read without, at first: one that was begun tells nothing of its length.
_FIRST = 1 if _IN_C else 4


@leaf("HTTPResponse._read_chunked")
def _read_chunked(self: Any, amt: Any = None) -> bytes:
    if type(amt) is not int or amt < 0 or self.chunked is not True:
        return _read_all(self, amt)
    parts: list[bytes] = []
    try:
        while True:
            left = self._get_chunk_left()
            if left is None:
                break
            if amt <= left:
                data = self._safe_read(amt)
                self.chunk_left = left - amt
                if not parts and type(data) is bytes:
                    return data
                parts.append(data)
                break
            parts.append(self._safe_read(left))
            amt -= left
            self.chunk_left = 0
            if amt > left * _FEW and left < _LONG and len(parts) > _FIRST:
                _read_parts(self, amt, parts, left, 0)
                break
    except STD["IncompleteRead"] as error:
        _raise_incomplete(parts, error)
    return b"".join(parts)


def _read_all(response: Any, amt: Any) -> bytes:
    """All that there is, where `amt` is None; else whatever the original makes of it."""
    why: Reason | None = None
    if response.chunked is not True:
        why = reasons.NO_CHUNKS
    elif amt is not None:
        why = reasons.AMOUNT
    # In Python, the guard costs as much as a chunk, and there is no look at first: it is asked only
    # where somebody counts.
    elif (_IN_C or places.counted is not None) and not guards.reads_plainly(response):
        why = reasons.METHODS, (guards.reads_plainly, response)
    if why is not None:
        data: bytes = step_aside("HTTPResponse._read_chunked", why, response, amt)
        return data
    parts: list[bytes] = []
    try:
        _read_parts(response, None, parts, 0, 0 if _IN_C else -_FIRST)
    except STD["IncompleteRead"] as error:
        _raise_incomplete(parts, error)
    return b"".join(parts)


def _raise_incomplete(parts: list[bytes], error: Exception) -> NoReturn:
    incomplete = STD["IncompleteRead"](b"".join(parts))
    if _keeps_cause():
        raise incomplete from error
    raise incomplete


def _keeps_cause() -> bool:
    """Whether the error has the one below it as its cause, as it does from 3.11 on."""
    code = found["HTTPResponse._read_chunked"].__code__
    return "exc" in code.co_varnames or behind["HTTPResponse._read_chunked"].__code__ is not code


def _read_parts(
    response: Any, amt: int | None, parts: list[bytes], size: int, in_a_row: int
) -> None:
    """Read the rest of what is asked for. `size` is the length of the last chunk, `in_a_row` how
    many were short; below 0 there is no look.
    """
    max_line = None
    while True:
        is_worth = (
            size < _LONG
            and in_a_row >= 0
            and (amt is None or amt > size * _FEW)
            and not response.chunk_left
        )
        if is_worth and max_line is None:
            max_line = _longest_line(response)
        if is_worth and max_line is not None and max_line >= 0:
            amt, left = _take_whole_chunks(response, amt, parts, max_line)
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
        in_a_row = in_a_row + 1 if size < _LONG else -_FIRST


def _longest_line(response: Any) -> int:
    """The greatest length of a size line, where there may be a look; else -1."""
    limits = guards.size_limits()
    if (
        limits
        and limits[0] < HUGE
        and type(response.fp) is _File
        and guards.reads_plainly(response)
    ):
        return int(limits[0])
    return -1


def _take_whole_chunks(
    response: Any, amt: int | None, parts: list[bytes], max_line: int
) -> tuple[int | None, int | None]:
    """Take the whole chunks that are in the buffer, and begin the one behind them.

    Returns what is left of `amt`, and what is left of the chunk: 0 between two, None where there
    is nothing more to be read.
    """
    is_between = response.chunk_left is not None
    if is_between and type(response.fp.raw) is not SocketIO:
        # To itself: a look cannot tell an end from nothing yet, and a second read may have another
        # outcome. Not so with a socket, which ends only once.
        response._safe_read(2)
        is_between = False
    data = (buffered(response.fp) or b"") if is_between else _look(response)
    content, used, left, whole, stop = decode_chunks(
        data, 0 if is_between else -1, HUGE if amt is None else min(amt, HUGE), max_line
    )
    if stop == FULL:
        response.fp.read(used)
        response.chunk_left = left
        parts.append(content)
        return 0, None
    if not used:
        if is_between:
            response._safe_read(2)
        return amt, _begin_chunk(response)
    begun = len(content) - whole
    response.fp.read(used - begun)
    if whole:
        parts.append(content[:whole])
        if amt is not None:
            amt -= whole
    if stop == LAST:
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
