"""A parser that is fed the bytes of a response, from wherever they come.

    parser = ResponseParser("GET")
    while not parser.ended:
        data = receive()
        content = parser.feed(data) if data else parser.eof()

It has no socket, no file and no clock, and decides by the same rules as `HTTPResponse`: the same
status, fields, content and errors, the same limits, and the same verdict on whether the connection
can serve another request. It keeps no bytes but those of a line or a size that has come in part.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPMessage,
    IncompleteRead,
    RemoteDisconnected,
)

from ._compiled import Head, decode_chunks, parse_head
from ._http import framing, hooks, message, notes, rules, strict

__all__ = ["ResponseHead", "ResponseParser"]

#: Of what is fed, so much is looked at for a whole head; what is longer is read line by line.
_WHOLE_HEAD = 65536
_LAST, _ODD = 2, 3  # why decode_chunks() stopped; else it needs more


class _Next(Enum):
    """What comes next on the wire."""

    STATUS_LINE = "a status line"
    FIELDS = "a field line, or the end of the head"
    CONTENT = "content of a known length"
    REST = "content, up to the end of the connection"
    CHUNKS = "something of the chunked coding"
    SIZE_LINE = "a size line that is read by itself"
    CHUNK_END = "the two bytes behind a chunk"
    TRAILERS = "a trailer line, or the end of the message"
    NOTHING = "nothing: the message has ended"


class ResponseHead:
    """Status line and header section of a response.

    `version` is 10 or 11, `status` an int from 100 to 999, `reason` a str.
    """

    __slots__ = ("_head", "_kept", "_lines", "_message", "reason", "status", "version")

    def __init__(
        self,
        version: int,
        status: int,
        reason: str,
        head: Head | None,
        lines: list[bytes],
        kept: list[bytes],
    ) -> None:
        """`lines` are those of the section, and `kept` those of them that count, where `head` is
        None.
        """
        self.version = version
        self.status = status
        self.reason = reason
        self._head = head
        self._lines = lines
        self._kept = kept
        self._message: HTTPMessage | None = None

    @property
    def headers(self) -> HTTPMessage:
        """The fields, made into a message at the first look."""
        if self._message is None:
            if self._head is not None:
                self._message = message.message_of(self._head.items())
            else:
                self._message = message.parse_header_lines(self._kept)
        return self._message

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields as they were sent, in order: (name, value), without the white space around a
        value (RFC 9110 5.5).
        """
        if self._head is None:
            return message.raw_fields(self._lines)
        return [
            (name.encode("iso-8859-1"), value.encode("iso-8859-1").strip(b" \t"))
            for name, value in self._head.items()
        ]

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's values, joined by ", "; `default` if there is none."""
        if self._head is not None:
            value = self._head.get(name)
            return default if value is None else value
        values = self.headers.get_all(name)
        return default if values is None else ", ".join(values)


class _Line:
    """A line in the making, out of what is fed. No byte is looked at twice."""

    __slots__ = ("_held", "max_line")

    def __init__(self, max_line: int) -> None:
        self.max_line = max_line
        self._held = bytearray()

    def __bool__(self) -> bool:
        return bool(self._held)

    def take(self, data: bytes, at: int, what: str) -> tuple[bytes | None, int]:
        """Return the line that ends in `data`, from `at` on, and where; None where none does.

        Raises `LineTooLong`.
        """
        end = data.find(b"\n", at, at + self.max_line + 1 - len(self._held)) + 1
        self._held += data[at : end or at + self.max_line + 1]
        if len(self._held) > self.max_line:
            raise rules.line_too_long(what)
        return (self.rest(), end) if end else (None, len(data))

    def rest(self) -> bytes:
        """Return what there is of a line, and forget it."""
        line = bytes(self._held)
        self._held.clear()
        return line


class ResponseParser:
    """Takes the bytes of one response, and of the interim responses before it.

    `method` is that of the request. Limits and strictness are those of `HTTPConnection`'s
    arguments of the same names; `asked_upgrade` is whether the request had an Upgrade field.

    `head` is None until the head has come, `ended` whether the message has. After an error it takes
    nothing more: each call raises that error.
    """

    def __init__(
        self,
        method: str = "GET",
        *,
        max_response_headers: int | None = None,
        max_head_bytes: int | None = None,
        strict: bool = False,
        skip_bad_lines: bool = False,
        asked_upgrade: bool = False,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
    ) -> None:
        """Raises `ValueError` where `strict` and `skip_bad_lines` are both asked for."""
        if strict and skip_bad_lines:
            raise ValueError("strict refuses what skip_bad_lines would skip")
        self.method = method
        self.head: ResponseHead | None = None
        #: Malformed lines that were left out, as they were sent.
        self.skipped_lines: list[bytes] = []
        #: Bytes that came behind the message. They belong to no request.
        self.leftover = b""
        self.error: BaseException | None = None
        #: Whether the body is in the chunked coding; its length in bytes where that is known.
        self.chunked = False
        self.length: int | None = None
        #: Whether the server closes the connection behind the response.
        self.will_close = False
        self._is_clear = True
        self._rules = (
            rules.STRICT if strict else rules.SKIPPING if skip_bad_lines else rules.LENIENT
        )
        self._asked_upgrade = asked_upgrade
        self._on_informational = on_informational
        most = hooks.hook("_MAXHEADERS") if max_response_headers is None else max_response_headers
        self._max_lines: int = most
        self._own_limit = max_response_headers
        self._max_bytes = rules.MAX_HEAD_BYTES if max_head_bytes is None else max_head_bytes
        self._max_line = hooks.max_line()
        self._interims = 0
        self._next = _Next.STATUS_LINE
        self._line = _Line(self._max_line)
        self._section: rules.Section | None = None
        self._status: tuple[int, int, str] = (0, 0, "")
        self._trailer_lines: list[bytes] = []
        #: Bytes of content that are left; in the chunked coding what `decode_chunks` says of it.
        self._left = 0
        #: The beginning of what `decode_chunks` could not use yet.
        self._held = b""
        self._overhead = 0

    # -------------------------------------------------------------- in and out

    @property
    def ended(self) -> bool:
        """Whether the message has come to its end."""
        return self._next is _Next.NOTHING

    @property
    def can_reuse(self) -> bool:
        """Whether the connection can serve another request: the message has ended, nothing came
        behind it, the server keeps the connection open, and no reader sees another end.
        """
        return self.ended and not (self.will_close or self.leftover) and self._is_clear

    @property
    def is_clear(self) -> bool:
        """Whether all readers take the same from these bytes, as far as they have come."""
        return self._is_clear

    @property
    def trailers(self) -> HTTPMessage:
        """The trailer section (RFC 9112 7.1.2); empty before the end of the body."""
        trailers: HTTPMessage = message.parse_header_lines(list(self._trailer_lines))
        return trailers

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes as they have arrived. Return the content that is in them.

        Raises `BadStatusLine`, `UnknownProtocol`, `LineTooLong`, `IncompleteRead` for broken
        chunks, and `HTTPException`.
        """
        if self.error is not None:
            raise self.error
        given = data if type(data) is bytes else bytes(data)
        if self._held:  # less than a size line
            given, self._held = self._held + given, b""
        parts: list[bytes] = []
        try:
            at = self._take(given, parts)
        except BaseException as error:
            self._fail(error, parts)
            raise
        if at < len(given):
            self.leftover += given[at:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def eof(self) -> bytes:
        """Take note that the connection has ended. Return the content that this completes.

        Raises `RemoteDisconnected` where nothing has come, `IncompleteRead` where the body is not
        complete, and what `feed` raises.
        """
        if self.error is not None:
            raise self.error
        try:
            self._end_of_connection()
        except BaseException as error:
            self._fail(error, [])
            raise
        return b""

    def _fail(self, error: BaseException, parts: list[bytes]) -> None:
        """Take nothing more. An error of broken chunks is raised with the content of this call."""
        if not isinstance(error, Exception):
            self.error = HTTPException("a call of the parser was interrupted")
            return
        notes.of_limit(error, self._own_limit)
        self.error = error
        if isinstance(error, IncompleteRead) and parts:
            self.error = strict.with_content(error, b"".join((*parts, error.partial)))
            raise self.error from error

    def _take(self, data: bytes, parts: list[bytes]) -> int:
        """Go on over the bytes of `data`, and add content to `parts`. Return where it ended."""
        at = 0
        while at < len(data):
            following = self._next
            if following is _Next.STATUS_LINE:
                at = self._take_head(data, at)
            elif following is _Next.CONTENT:
                at = self._take_content(data, at, parts)
            elif following is _Next.CHUNKS:
                at = self._take_chunks(data, at, parts)
            elif following is _Next.REST:
                parts.append(data[at:])
                at = len(data)
            elif following is _Next.CHUNK_END:
                at = self._take_chunk_end(data, at)
            elif following is _Next.NOTHING:
                break
            else:
                line, at = self._line.take(data, at, self._kind_of_line())
                if line is not None:
                    self._take_line(line)
        return at

    def _kind_of_line(self) -> str:
        if self._next is _Next.SIZE_LINE:
            return "chunk size"
        return "trailer line" if self._next is _Next.TRAILERS else "header line"

    def _take_line(self, line: bytes) -> None:
        """Take a line, b"" at the end of the connection."""
        if self._next is _Next.STATUS_LINE:
            self._begin_section(line)
        elif self._next is _Next.SIZE_LINE:
            self._begin_chunk(line)
        elif self._section is not None and self._section.add(line):
            self._end_section(self._section.lines)

    # -------------------------------------------------------------------- head

    def _take_head(self, data: bytes, at: int) -> int:
        """Take a whole head where it is of the codec's plain form; else its first line."""
        if not self._line and self._max_bytes >= _WHOLE_HEAD:
            ahead = data if at == 0 and len(data) <= _WHOLE_HEAD else data[at : at + _WHOLE_HEAD]
            used, head = parse_head(ahead, self._max_line, min(self._max_lines, sys.maxsize))
            if head is not None and self._rules.allows_plain_head(ahead):
                made = ResponseHead(head.version, head.status, head.reason, head, [], [])
                coding, length, connection, *others = head.framing()
                closing = framing.closes(head.version, connection, *others)
                if head.repeats_connection and not closing:
                    closing = framing.says_close((head.get("connection"),))
                self._begin_body(made, (coding, length, closing))
                return at + used
        line, at = self._line.take(data, at, "status line")
        if line is not None:
            self._begin_section(line)
        return at

    def _begin_section(self, raw: bytes) -> None:
        """Take a status line, b"" at the end of the connection."""
        line = str(raw, "iso-8859-1")
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        self._rules.check_status_line(raw)
        version, status, reason = rules.split_status_line(line)
        if not rules.is_http(version):
            raise BadStatusLine(line)
        code = rules.status_code(status, line)
        if code not in rules.INTERIM:
            # An interim response's version is looked at by nobody, as in http.client.
            self._status = rules.version_number(version), code, reason.strip()
        else:
            self._status = 0, code, reason.strip()
        self._begin_section_of("headers", _Next.FIELDS)

    def _begin_section_of(self, whats: str, following: _Next) -> None:
        self._section = rules.Section(
            whats, self._max_lines, self._max_bytes, self._rules.needs_end
        )
        self._next = following

    def _end_section(self, lines: list[bytes]) -> None:
        self._section = None
        kept, skipped = self._rules.sift(lines)
        self.skipped_lines += skipped
        if self._next is _Next.TRAILERS:
            self._trailer_lines = kept
            self._next = _Next.NOTHING
            return
        version, status, reason = self._status
        if status in rules.INTERIM:
            self._end_interim(status, reason, kept)
            return
        head = ResponseHead(version, status, reason, None, lines, kept)
        headers = head.headers
        self._is_clear = not strict.has_two_readings(lines) and framing.agree(headers)
        closing = framing.closes_by(version, headers)
        found = headers.get("transfer-encoding"), headers.get("content-length"), closing
        self._begin_body(head, found)

    def _end_interim(self, status: int, reason: str, lines: list[bytes]) -> None:
        self._rules.check_interim(lines)
        if self._on_informational is not None:
            self._on_informational(status, reason, message.parse_header_lines(lines))
        self._interims += 1
        most = hooks.hook("_MAXINTERIMRESPONSES")
        if self._interims >= most:
            raise rules.too_many_interims(most)
        self._next = _Next.STATUS_LINE

    def _begin_body(self, head: ResponseHead, found: tuple[str | None, str | None, bool]) -> None:
        found = self._rules.frame(
            head.status,
            head.version,
            self.method,
            self._asked_upgrade,
            lambda name: head.headers.get_all(name),
            found,
        )
        self.chunked, self.length, self.will_close, is_clear = framing.frame(
            head.status, self.method, *found
        )
        self._is_clear = self._is_clear and is_clear
        self.head = head
        if self.method == "HEAD" or self.length == 0:
            self._next = _Next.NOTHING
        elif self.chunked:
            self._left = -1
            self._next = _Next.CHUNKS
        elif self.length is not None:
            self._left = self.length
            self._next = _Next.CONTENT
        else:
            self._next = _Next.REST

    # -------------------------------------------------------------------- body

    def _take_content(self, data: bytes, at: int, parts: list[bytes]) -> int:
        part = data if at == 0 and len(data) <= self._left else data[at : at + self._left]
        parts.append(part)
        self._left -= len(part)
        if not self._left:
            self._next = _Next.NOTHING
        return at + len(part)

    def _take_chunks(self, data: bytes, at: int, parts: list[bytes]) -> int:
        """Take what there is of the chunked coding, and stop in front of what is odd."""
        if self._overhead:  # each size line is counted: the codec does not
            return self._take_rest_of_chunk(data, at, parts)
        ahead = data[at:] if at else data
        content, used, self._left, _, stop = decode_chunks(
            ahead, self._left, len(ahead) + 1, self._max_line
        )
        if content:
            parts.append(content)
        if stop == _LAST:
            self._begin_section_of("trailers", _Next.TRAILERS)
        elif stop == _ODD:
            self._next = _Next.SIZE_LINE if self._left < 0 else _Next.CHUNK_END
        else:
            self._held = ahead[used:]
            return len(data)
        return at + used

    def _take_rest_of_chunk(self, data: bytes, at: int, parts: list[bytes]) -> int:
        if self._left > 0:
            part = data[at : at + self._left]
            parts.append(part)
            self._left -= len(part)
            at += len(part)
        if self._left <= 0:
            self._next = _Next.SIZE_LINE if self._left < 0 else _Next.CHUNK_END
        return at

    def _take_chunk_end(self, data: bytes, at: int) -> int:
        end = data[at : at + 2]
        if len(end) < 2:
            self._held = end
            return len(data)
        self._end_chunk(end)
        return at + 2

    def _end_chunk(self, end: bytes) -> None:
        """Take what stands behind the content of a chunk, less than two bytes at the end of the
        connection.
        """
        if len(end) < 2:
            raise IncompleteRead(b"")
        if not self._rules.is_clear_chunk_end(end):
            self._is_clear = False
        self._left = -1
        self._next = _Next.CHUNKS

    def _begin_chunk(self, line: bytes) -> None:
        """Take a size line, b"" at the end of the connection."""
        size = rules.plain_size(line)
        if size < 0 or self._overhead:
            try:
                if line and not self._rules.is_clear_size_line(line):
                    self._is_clear = False
                size = rules.chunk_size(line)
            except ValueError as error:
                notes.of_size_line(error, line)
                raise notes.taken_from(error, IncompleteRead(b"")) from error
            self._overhead = rules.overhead_with(self._overhead, len(line), size)
        if size:
            self._left = size
            self._next = _Next.CHUNKS
        else:
            self._begin_section_of("trailers", _Next.TRAILERS)

    # --------------------------------------------------- end of the connection

    def _end_of_connection(self) -> None:
        while self._next is not _Next.NOTHING:
            held, self._held = self._held, b""
            if self._next is _Next.REST:
                self._next = _Next.NOTHING
            elif self._next is _Next.CONTENT:
                raise IncompleteRead(b"", self._left)
            elif self._next is _Next.CHUNK_END or (self._next is _Next.CHUNKS and not self._left):
                self._end_chunk(held[:2])
                self._held = held[2:]
            elif self._next is _Next.CHUNKS:
                if self._left > 0:
                    raise IncompleteRead(b"")
                self._begin_chunk(held)
            else:
                # A line that has no end, and then the end itself.
                self._take_line(self._line.rest())
