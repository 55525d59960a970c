"""What `fasthttp.incoming` and the pool share: the head of a response, how responses are read, and
taking one that has come whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from http.client import HTTPMessage

from .._codec.sizes import BUFFER_SIZE
from .._codec.stops import LAST
from .._compiled import Head, decode_chunks, parse_head
from . import framing, hooks, message, rules


class ResponseHead:
    """Status line and header section of a response. A parser makes it: `ResponseParser.head`."""

    __module__ = "fasthttp.incoming"  # where it is public

    __slots__ = {
        "_head": None,
        "_kept": None,
        "_lines": None,
        "_message": None,
        "reason": "The reason phrase, a str; empty where there is none.",
        "status": "The status, an int from 100 to 999.",
        "version": "The version, an int: 10 or 11.",
    }

    def __init__(
        self,
        version: int,
        status: int,
        reason: str,
        head: Head | None,
        lines: Sequence[bytes] = (),
        kept: Sequence[bytes] = (),
    ) -> None:
        # `head` is the codec's. Where it is None, `lines` are those of the section, and `kept` is
        # what of them counts.
        self.version = version
        self.status = status
        self.reason = reason
        self._head = head
        self._lines = lines
        self._kept = kept
        self._message: HTTPMessage | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} {self.reason}>"

    @property
    def headers(self) -> HTTPMessage:
        """The fields, an `http.client.HTTPMessage`. It is made at the first look."""
        if self._message is None:
            if self._head is not None:
                self._message = message.message_of(self._head.items())
            else:
                self._message = message.parse_header_lines(list(self._kept))
        return self._message

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields as they were sent, in order: (name, value) in bytes, the value without the
        white space around it (RFC 9110 5.5).

        Lines that are no fields are left out; folded lines keep their line ends.
        """
        if self._head is None:
            return message.raw_fields(list(self._lines))
        return [
            (name.encode("iso-8859-1"), value.encode("iso-8859-1").strip(b" \t"))
            for name, value in self._head.items()
        ]

    def _values_of(self, name: str) -> list[str]:
        """Return each value of the fields of a name, in lower case, as `raw_headers` has it."""
        if self._head is not None:
            return [value.strip(" \t") for value in self._head.get_all(name)]
        wanted = name.encode("ascii")
        return [
            value.decode("iso-8859-1") for each, value in self.raw_headers if each.lower() == wanted
        ]

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's values as one str, joined by ", "; `default` if there is none.

        Names are looked up regardless of case.
        """
        if self._message is None and self._head is not None and type(name) is str:
            value = self._head.get(name)
            return default if value is None else value
        values = self.headers.get_all(name)
        return default if values is None else ", ".join(values)


class Reading:
    """How responses are read: the rules and the limits, for one parser or for many.

    `chosen` is one of the objects of rules.py; the others are arguments of `ResponseParser`.
    """

    __slots__ = (
        "max_bytes",
        "max_interims",
        "max_line",
        "max_lines",
        "on_informational",
        "own_limit",
        "rules",
        "takes_whole_heads",
    )

    def __init__(
        self,
        chosen: rules.Lenient,
        max_response_headers: int | None,
        max_head_bytes: int | None,
        on_informational: Callable[[int, str, HTTPMessage], object] | None,
    ) -> None:
        self.rules = chosen
        self.on_informational = on_informational
        self.max_line, most = hooks.line_limits() or (hooks.max_line(), hooks.hook("_MAXHEADERS"))
        self.own_limit = max_response_headers
        self.max_lines: int = most if max_response_headers is None else max_response_headers
        self.max_bytes = rules.MAX_HEAD_BYTES if max_head_bytes is None else max_head_bytes
        self.max_interims: int = hooks.hook("_MAXINTERIMRESPONSES")
        # The codec counts fields with an int of C.
        self.takes_whole_heads = self.max_bytes >= BUFFER_SIZE and (
            type(self.max_lines) is int and 0 <= self.max_lines <= sys.maxsize
        )


def found_in(head: Head) -> tuple[str | None, str | None, bool]:
    """Return the coding and the length that a head tells of, and whether the connection closes."""
    version, _, _, coding, length, connection, keep_alive, proxy, repeats = head.outline()
    closing = framing.closes(version, connection, keep_alive, proxy)
    if repeats and not closing:
        closing = framing.says_close((head.get("connection"),))
    return coding, length, closing


def take_whole(data: bytes, method: str | None, reading: Reading) -> tuple[Head, bytes] | None:
    """Take a response that is all there is in `data`, and behind which its connection can serve
    again. Return its head and its content.

    None, which is no verdict, where anything is out of the ordinary: then it is for a
    `ResponseParser`, which gives the same for what is taken here.
    """
    if not reading.takes_whole_heads or len(data) > BUFFER_SIZE:
        return None
    used, head = parse_head(data, reading.max_line, reading.max_lines)
    if head is None or reading.rules.is_strict:
        return None
    length = head.plain_length(method)
    if length < -1:
        return None
    if length >= 0:
        return (head, data[used:]) if used + length == len(data) else None
    content, chunks, _, _, stop = decode_chunks(data, -1, len(data), reading.max_line, used)
    is_whole = stop == LAST and data[used + chunks :] == b"\r\n"
    return (head, content) if is_whole else None
