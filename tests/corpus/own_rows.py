"""Responses of our own, in the corpus's format: for each deviation at least one that shows it.

The corpus has no response with a hundred headers, interim responses or trailers, nor with much of
them, and may lose those of the other deviations: with these, a deviation that is never met would be
noticed. Those in SAME stand just below a limit, or are of the kind that a deviation must not touch.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from . import wanted

_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_LENGTH_1 = b"Content-Length: 1\r\n\r\nx"
_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n"
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\n"
_CODING = b"Transfer-Encoding: chunked\r\n\r\n"
_END = b"0\r\n\r\n"
_FIELDS = b"".join(b"X-%d: y\r\n" % number for number in range(101))
_ENDS = [i + 1 for i, octet in enumerate(_FIELDS) if octet == 10]


def _fields(count: int) -> bytes:
    return _FIELDS[: _ENDS[count - 1]]


def _section(size: int) -> bytes:
    """Fields of so many bytes together, in 16 lines and some more."""
    line = 60_000
    whole, left = divmod(size, line)
    return (b"a: " + b"b" * (line - 5) + b"\r\n") * whole + b"c: " + b"d" * (left - 5) + b"\r\n"


def _costly(overhead: int) -> bytes:
    """A chunk of one byte whose size line takes so many bytes beyond its allowance."""
    return b"1;" + b"e" * (overhead + 12) + b"\r\nx\r\n"


_MIB = _section(2**20) + b"\r\n"

# the deviation -> what shows it
ROWS = {
    "blank-line-not-kept": (_HEAD + b"no colon here\r\n" + _LENGTH_1,),
    "hundred-headers": (_HEAD + _fields(99) + _LENGTH_1,),
    "closed-at-last-byte": (_HEAD + _LENGTH_1,),
    "cause-when-chunked": (
        _CHUNKED + b"2\r\nab\r\n5\r\nabc",
        _CHUNKED + b"2\r\nab\r\nno size\r\n",
    ),
    "interims-limited": (
        _INTERIM * 100 + _HEAD + _LENGTH_1,
        _HINTS * 50 + _INTERIM * 50 + _HEAD + _LENGTH_1,
    ),
    "trailers-limited": (_CHUNKED + b"1\r\nx\r\n0\r\n" + _fields(101) + b"\r\n",),
    "leftover-not-read": (_HEAD + _LENGTH_1 + b"HTTP/1.1 200 OK\r\n\r\n",),
    wanted.INTERIMS: (
        _HINTS + _HEAD + _LENGTH_1,
        _HINTS + b"HTTP/1.1 102 Processing\r\n\r\n" + _INTERIM + _HEAD + _LENGTH_1,
        b"HTTP/1.1 199 \r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNKED + b"1\r\nx\r\n" + _END,
        _HINTS + _SWITCH + b"Upgrade: x\r\n\r\nwhat follows",
        _HINTS + _HEAD[:9],
        _HINTS,
    ),
    wanted.NO_CONTENT: (
        b"HTTP/1.1 204 No Content\r\n" + _CODING + b"1\r\nx\r\n" + _END,
        b"HTTP/1.1 204 No Content\r\n" + _CODING,
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n" + _CODING + _END,
        _SWITCH + _CODING + b"no size\r\n",
    ),
    wanted.CHUNK_SIZE: (
        _CHUNKED + b"-5\r\nhello\r\n" + _END,
        _CHUNKED + b"8\r\n12345678\r\n-1\r\nx\r\n" + _END,
        _CHUNKED + b"8\r\n12345678\r\n-0x1\r\nx\r\n" + _END,
        _CHUNKED + b"1\r\nx\r\n%x\r\nhello" % 2**63,
        _CHUNKED + b"12345678123456781234\r\nhello\r\n" + _END,
    ),
    wanted.PARTIAL: (
        _CHUNKED + b"5\r\nabc",
        _CHUNKED + b"2\r\nab\r\n5\r\nabc",
        _CHUNKED + b"8\r\n12345678\r\n14\r\nabcdefghijklm",
        _CHUNKED + b"3\r\nabc\r",
        _CHUNKED + b"7fffffffffffffff\r\nhello",
    ),
    wanted.OVERHEAD: (
        _CHUNKED + _costly(16385) + _END,
        _CHUNKED + _costly(100) * 164 + _END,
        _CHUNKED + (b"1388;" + b"e" * 20000 + b"\r\n" + b"x" * 5000 + b"\r\n") * 2 + _END,
        _CHUNKED + _costly(16384) + b"0;" + b"e" * 12 + b"\r\n\r\n",
    ),
    wanted.SECTION: (
        _HEAD + _section(2**20 - 9) + b"e: fghij\r\n\r\n" + b"x",
        _HEAD + _section(2**20 + 1) + b"\r\n" + b"x",
        _CHUNKED + b"1\r\nx\r\n0\r\n" + _section(2**20 + 1) + b"\r\n",
        _INTERIM[:-2] + _section(2**20 + 1) + b"\r\n" + _HEAD + _LENGTH_1,
    ),
    wanted.LENGTH: (
        _HEAD + b"Content-Length: %d\r\n\r\nx" % 2**70,
        _HEAD + b"Content-Length: %d\r\n\r\nab\ncd" % 2**63,
    ),
    wanted.PEEK: (_HEAD + b"Content-Length: 0\r\n\r\nbehind",),
    wanted.READINGS: (
        _CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n" + b"1\r\nx\r\n" + _END,
        _HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        _HEAD + b"Content-Length: +1\r\n\r\nx",
        _HEAD + b"Transfer-Encoding: gzip, chunked\r\n" + _LENGTH_1,
        _CHUNKED + b"1\nx\r\n" + _END,
        _CHUNKED + b"1\r\nxXY" + _END,
        _CHUNKED + b'1;a="\r\nx\r\n' + _END,
        _SWITCH + b"Upgrade: x\r\n\r\n",
        _SWITCH + b"Content-Length: 5\r\n\r\n",
        _HEAD + b"A: b\rC: d\r\n" + _LENGTH_1,
    ),
    wanted.CLOSED: (
        _HEAD + b"Connection: x\r\nConnection: Close\r\n" + _LENGTH_1,
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n" + _LENGTH_1,
    ),
}
# on no Python may these differ
SAME = {
    "100 trailers": _CHUNKED + b"1\r\nx\r\n0\r\n" + _fields(100) + b"\r\n",
    "99 interim responses": _INTERIM * 99 + _HEAD + b"Connection: close\r\n\r\nx",
    "a chunked body": _CHUNKED + b"1\r\nx\r\n0\r\n\r\n",
    "a chunk's size with zeros": _CHUNKED + b"0" * 30 + b"1\r\nx\r\n" + _END,
    "a size line of more than 64 KiB": _CHUNKED + b"1;" + b"e" * 65536 + b"\r\nx\r\n" + _END,
    "no number for a chunk's size": _CHUNKED + b"no size\r\nhello\r\n" + _END,
    "all overhead that is allowed": _CHUNKED + _costly(16384) + _END,
    "overhead that data make up for": _CHUNKED
    + (_costly(16000) + b"2000\r\n" + b"x" * 8192 + b"\r\n") * 3
    + _END,
    "costly extensions between plain chunks": _CHUNKED
    + (_costly(24) + b"1\r\nx\r\n") * 1000
    + _END,
    "1 MiB of header lines": _HEAD + _MIB + b"x",
    "1 MiB of trailer lines": _CHUNKED + b"1\r\nx\r\n0\r\n" + _MIB,
    "two sections of 1 MiB": _INTERIM[:-2] + _MIB + _HEAD + _MIB + b"x",
    "Connection fields that close nothing": _HEAD + b"Connection: x\r\n" * 3 + _LENGTH_1,
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "205 in chunks": b"HTTP/1.1 205 Reset Content\r\n" + _CODING + b"1\r\nx\r\n" + _END,
}


def write(path: Path) -> dict[str, str]:
    """Write all rows to `path`, for replay.py; return each one's id and deviation, if any."""
    shows = {f"{name} {i}": name for name, raws in ROWS.items() for i in range(len(raws))}
    raws = {f"{name} {i}": raw for name, several in ROWS.items() for i, raw in enumerate(several)}
    lines = []
    for name, raw in (raws | SAME).items():
        row = {"id": name, "name": name, "source": "own", "request_method": "GET", "tags": []}
        row["raw_base64"] = base64.b64encode(raw).decode("ascii")
        lines.append(json.dumps(row) + "\n")
    path.write_text("".join(lines))
    return shows
