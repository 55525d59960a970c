"""Responses of our own, in the corpus's format: for each deviation at least one that shows it.

The corpus has no response with a hundred headers, interim responses or trailers, and may lose
those of the other deviations: with these, a deviation that is never met would be noticed.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_LENGTH_1 = b"Content-Length: 1\r\n\r\nx"
_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
_FIELDS = b"".join(b"X-%d: y\r\n" % number for number in range(101))
_ENDS = [i + 1 for i, octet in enumerate(_FIELDS) if octet == 10]


def _fields(count: int) -> bytes:
    return _FIELDS[: _ENDS[count - 1]]


# the deviation -> what shows it
ROWS = {
    "blank-line-not-kept": (_HEAD + b"no colon here\r\n" + _LENGTH_1,),
    "hundred-headers": (_HEAD + _fields(99) + _LENGTH_1,),
    "closed-at-last-byte": (_HEAD + _LENGTH_1,),
    "huge-length": (
        _HEAD + b"Content-Length: %d\r\n\r\nx" % 2**70,
        _CHUNKED + b"1\r\nx\r\n%x\r\nhello" % 2**63,
        _CHUNKED + b"%x\r\nhello\r\n0\r\n\r\n" % 2**70,
    ),
    "cause-when-chunked": (
        _CHUNKED + b"2\r\nab\r\n5\r\nabc",
        _CHUNKED + b"8\r\n12345678\r\n-5\r\nhello\r\n0\r\n\r\n",
    ),
    "interims-limited": (_INTERIM * 100 + _HEAD + _LENGTH_1,),
    "trailers-limited": (_CHUNKED + b"1\r\nx\r\n0\r\n" + _fields(101) + b"\r\n",),
    "leftover-not-read": (_HEAD + _LENGTH_1 + b"HTTP/1.1 200 OK\r\n\r\n",),
}
# on no Python may these differ
SAME = {
    "101 headers": _HEAD + _fields(101) + b"\r\n",
    "100 trailers": _CHUNKED + b"1\r\nx\r\n0\r\n" + _fields(100) + b"\r\n",
    "99 interim responses": _INTERIM * 99 + _HEAD + b"Connection: close\r\n\r\nx",
    "a chunked body": _CHUNKED + b"1\r\nx\r\n0\r\n\r\n",
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
