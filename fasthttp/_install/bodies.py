"""Chunked bodies in `http.client.HTTPResponse`.

Whole chunks that are in the buffer are decoded at once. Whatever else there is (a chunk that has
not arrived in full, a size line of another form, the end of the stream) is read in the very steps
of the original, from where the last whole chunk ended: so errors, their partial bodies and the
state that they leave are the same.
"""

from __future__ import annotations

import io
import sys
from http.client import IncompleteRead

from .._codec import decode_chunks
from ..chunked import read_from_chunk
from . import guards
from .heads import buffered
from .places import STD, behind, found, leaf

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_File = io.BufferedReader
_HUGE = sys.maxsize - 1
_FULL, _LAST = 1, 2  # why decode_chunks() stopped
#: A chunk of which so much is missing is read into a result of its own: a copy less.
_DIRECT = 4096


@leaf("HTTPResponse._read_chunked")
def _read_chunked(self: Any, amt: Any = None) -> bytes:
    if not (
        self.chunked is True
        and (amt is None or (type(amt) is int and 0 < amt < _HUGE))
        and type(self.fp) is _File
        and guards.reads_plainly(self)
    ):
        plain: bytes = behind["HTTPResponse._read_chunked"](self, amt)
        return plain
    parts: list[bytes] = []
    try:
        _read_parts(self, amt, parts)
    except IncompleteRead as error:
        incomplete = IncompleteRead(b"".join(parts))
        if _keeps_cause():
            raise incomplete from error
        raise incomplete  # noqa: B904 - the context is what that version leaves
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _keeps_cause() -> bool:
    """Whether the error has the one below it as its cause, as it does from 3.11 on."""
    code = found["HTTPResponse._read_chunked"].__code__
    return "exc" in code.co_varnames or behind["HTTPResponse._read_chunked"].__code__ is not code


def _read_parts(response: Any, amt: int | None, parts: list[bytes]) -> None:
    while True:
        left = response.chunk_left
        if left is None or 0 <= left < _DIRECT:
            amt, finished = _take_whole_chunks(response, amt, parts)
            if finished:
                return
        amt, finished = read_from_chunk(response, amt, parts)
        if finished:
            return


def _take_whole_chunks(
    response: Any, amt: int | None, parts: list[bytes]
) -> tuple[int | None, bool]:
    """Take what is in the buffer, up to the data of a chunk that is not there in full.

    Returns what is left of `amt`, and whether the reading is finished.
    """
    fp, left = response.fp, response.chunk_left
    data = buffered(fp)
    max_line = STD["_MAXLINE"]
    content, used, left, whole, stop = decode_chunks(
        data,
        -1 if left is None else left,
        _HUGE if amt is None else amt,
        max_line if max_line < _HUGE else _HUGE,
    )
    if stop == _FULL:
        fp.read(used)
        response.chunk_left = left
        parts.append(content)
        return 0, True
    begun = len(content) - whole
    if used - begun:
        fp.read(used - begun)
    if whole:
        parts.append(content[:whole])
        if amt is not None:
            amt -= whole
    if stop == _LAST:
        if whole:
            response.chunk_left = 0
        response._read_and_discard_trailer()
        response._close_conn()
        response.chunk_left = None
        return amt, True
    response.chunk_left = None if left < 0 else left + begun
    return amt, False
