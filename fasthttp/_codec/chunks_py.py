"""The chunked transfer coding in pure Python: the twin of chunks_c.pyx, and its contract.

The rules are those of csrc/fh_chunks.h: plain size lines only, and a stop in front of anything
else, from where a line-by-line reader can go on.
"""

import re

from .stops import FULL as FULL
from .stops import LAST as LAST
from .stops import MORE as MORE
from .stops import ODD as ODD

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
_SIZE_LINE_BEGINS = re.compile(rb"(?:[0-9A-Fa-f]{1,15}\r?)?\Z")


def decode_chunks(
    data: bytes, left: int, limit: int, max_line: int, start: int = 0
) -> tuple[bytes, int, int, int, int]:
    """Decode chunks from `data`, from `start` on, at most `limit` bytes of their content.

    `left` is the place in the coding: the number of bytes left in the chunk, 0 before a chunk's
    CRLF, -1 before a size line. `max_line` is the greatest length of a size line in bytes, its
    end included. Returns (content, bytes of `data` used, new `left`, length of the content at the
    end of the last chunk that was finished, one of MORE, FULL, LAST, ODD). Raises `ValueError` for
    a `limit` below 0, or a `start` that is not within `data`.
    """
    length = len(data)
    if limit < 0 or not 0 <= start <= length:
        raise ValueError("limit must not be negative, and start within data")
    parts: list[bytes] = []
    at = start
    produced = whole = 0
    known: dict[bytes, int] = {}
    while True:
        if left > 0:
            n = min(left, length - at, limit - produced)
            parts.append(data[at : at + n])
            at += n
            left -= n
            produced += n
            if left:
                stop = FULL if produced == limit else MORE
                break
            whole = produced
        if left == 0 and known:
            at, produced = _decode_known(data, at, known, parts, produced, limit)
            whole = produced
        if produced == limit:
            stop = FULL
            break
        line = at
        if left == 0:
            if length - at < 2:
                stop = MORE
                break
            if data[at : at + 2] != b"\r\n":
                stop = ODD
                break
            line += 2
        found = _SIZE_LINE.match(data, line)
        if found is None:
            stop = MORE if _SIZE_LINE_BEGINS.match(data, line) else ODD
            break
        end = found.end()
        if end - line > max_line:
            stop = ODD
            break
        size_line = data[line:end]
        at = end
        left = int(found[1], 16)
        if not left:
            left = -1
            stop = LAST
            break
        known[b"\r\n" + size_line] = left
    return b"".join(parts), at - start, left, whole, stop


def _decode_known(
    data: bytes, at: int, known: dict[bytes, int], parts: list[bytes], produced: int, limit: int
) -> tuple[int, int]:
    """Go on over whole chunks whose size lines, with the CRLF before, were understood already.

    Most servers send chunks of one size, and a look-up takes a third of the time.
    """
    size = len(data)
    while True:
        start = data.find(b"\n", at + 2) + 1
        n = known.get(data[at:start])
        if n is None or start + n > size or produced + n > limit:
            return at, produced
        at = start + n
        produced += n
        parts.append(data[start:at])
