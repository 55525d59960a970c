"""A parser that is fed the bytes of a response, from wherever they come.

    parser = ResponseParser("GET")
    content = []
    while not parser.ended:
        data = receive()  # whatever gives bytes, and b"" at the end of the connection
        content.append(parser.feed(data) if data else parser.eof())
    print(parser.head.status, parser.head.getheader("Content-Type"), b"".join(content))

It has no socket, no file and no clock. It decides by the same rules as `fasthttp.HTTPResponse`: the
same status, fields, content and errors, the same limits, and the same verdict on whether the
connection can serve another request. It keeps no bytes but those of a line that has come in part,
of a header section, and of what came behind the message.

Source: RFC 9112, read as leniently as `http.client` of CPython 3.15.2 reads it, or to the letter.
docs/incoming.md has an example with asyncio.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPMessage,
    IncompleteRead,
    RemoteDisconnected,
)

from ._codec.sizes import BUFFER_SIZE
from ._codec.stops import LAST, ODD
from ._compiled import decode_chunks, parse_head
from ._http import framing, message, notes, rules, strict
from ._http.response_head import Reading, ResponseHead, found_in
from ._http.rules import Line

__all__ = ["ResponseHead", "ResponseParser"]


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


class ResponseParser:
    """Takes the bytes of one response, and of the interim responses before it.

    Arguments:

    - `method`, a str: that of the request, on which the end of the body depends (HEAD, CONNECT).
      None for one that is not known, and counts as GET.
    - `max_response_headers`: how many field lines there may be in a section, an int; None for
      `_MAXHEADERS` of `http.client`.
    - `max_head_bytes`: how many bytes of field lines there may be in a section, an int; None for
      1 MiB.
    - `strict`: refuse what breaks RFC 9112. `skip_bad_lines`: leave out malformed field lines. Both
      are bools, and mean what they mean for `HTTPConnection`; at most one may be true.
    - `asked_upgrade`, a bool: whether the request had an Upgrade field, without which `strict`
      refuses a 101.
    - `on_informational`: called with (status, reason, headers) of each interim response, an int, a
      str and an `HTTPMessage`. What it raises is an error as any other. It must not call the
      parser.

    Raises `ValueError` for arguments that contradict each other and for a `max_head_bytes` below 1,
    `TypeError` for those of a wrong type.

    The limits of lines (`_MAXLINE`), of field lines and of interim responses
    (`_MAXINTERIMRESPONSES`) are taken when the parser is made: what has been assigned to
    `fasthttp.client`, else `http.client`'s. Functions that have been assigned there are not used.

    A parser takes one response and is of no use for a second. After an error it takes nothing more:
    each further call raises the same one. It is to be used by one thread at a time.
    """

    # Setting a slot takes a tenth of the time that an entry of a dict takes.
    __slots__ = {
        "_asked_upgrade": None,
        "_behind": None,
        "_by_line": None,
        "_connection_ended": None,
        "_held": None,
        "_interims": None,
        "_is_clear": None,
        "_left": None,
        "_line": None,
        "_next": None,
        "_overhead": None,
        "_reading": None,
        "_section": None,
        "_skipped": None,
        "_status": None,
        "_trailer_lines": None,
        "chunked": "Whether the body is in the chunked coding, a bool, known with the head.",
        "content_of_error": "The content in what was fed to the call that has failed, bytes.",
        "error": "The exception that has ended the parsing; else None.",
        "head": "A `ResponseHead`; None until the head has come.",
        "length": "The body's length by the head, in bytes, an int; None where it is not known.",
        "method": "The request's: a str, or None.",
        "will_close": "Whether the server closes the connection behind it, by its head, a bool.",
    }

    def __init__(
        self,
        method: str | None = "GET",
        *,
        max_response_headers: int | None = None,
        max_head_bytes: int | None = None,
        strict: bool = False,
        skip_bad_lines: bool = False,
        asked_upgrade: bool = False,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
    ) -> None:
        if not (method is None or isinstance(method, str)):
            raise TypeError(f"method must be a str or None, not {method!r}")
        chosen = rules.rules_for(strict, skip_bad_lines, max_head_bytes, on_informational)
        reading = Reading(chosen, max_response_headers, max_head_bytes, on_informational)
        self._begin(reading, method, asked_upgrade)

    @classmethod
    def _by(cls, reading: Reading, method: str | None, asked_upgrade: bool) -> ResponseParser:
        """Return a parser that reads as others do."""
        parser = cls.__new__(cls)
        parser._begin(reading, method, asked_upgrade)
        return parser

    def _begin(self, reading: Reading, method: str | None, asked_upgrade: bool) -> None:
        self._reading = reading
        self.method = method
        self.head: ResponseHead | None = None
        self.chunked = False
        self.length: int | None = None
        self.will_close = False
        self.error: Exception | None = None
        self.content_of_error = b""
        self._asked_upgrade = asked_upgrade
        self._next = _Next.STATUS_LINE
        self._line: Line | None = None
        self._section: rules.Section | None = None
        self._status: tuple[int, int, str] = (0, 0, "")
        self._interims = 0
        self._skipped: Sequence[bytes] = ()
        self._trailer_lines: Sequence[bytes] = ()
        self._is_clear = True
        self._connection_ended = False
        #: What came behind the message.
        self._behind: bytearray | None = None
        #: Bytes of content that are left; in the chunked coding what `decode_chunks` says of it.
        self._left = 0
        #: The beginning of what could not be used yet: less than a size line of the plain form.
        self._held = b""
        #: Whether the rest of what is being fed goes line by line.
        self._by_line = False
        #: Bytes that size lines took beyond their allowance.
        self._overhead = 0

    # -------------------------------------------------------------- in and out

    @property
    def ended(self) -> bool:
        """Whether the message has come to its end."""
        return self._next is _Next.NOTHING

    @property
    def can_reuse(self) -> bool:
        """Whether the connection can serve another request: the message has ended, nothing came
        behind it, the server keeps the connection open, and all readers see the same end of it.
        """
        return (
            self._next is _Next.NOTHING
            and self._is_clear
            and not (self.will_close or self._behind or self._connection_ended)
        )

    @property
    def is_clear(self) -> bool:
        """Whether all readers take the same from these bytes, as far as they have come."""
        return self._is_clear

    @property
    def leftover(self) -> bytes:
        """What came behind the message. It belongs to no request; behind a 101, or an answer to
        CONNECT, it is of the other protocol.
        """
        return bytes(self._behind or b"")

    @property
    def skipped_lines(self) -> list[bytes]:
        """The malformed lines that `skip_bad_lines` has left out, as they were sent."""
        return list(self._skipped)

    @property
    def trailers(self) -> HTTPMessage:
        """The trailer section (RFC 9112 7.1.2), a new message at each look; empty before the end
        of the body.
        """
        trailers: HTTPMessage = message.parse_header_lines(list(self._trailer_lines))
        return trailers

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes as they have arrived, in pieces of any size. Return the content in them.

        `data` is bytes or any other object with the buffer interface, of which `memoryview.tobytes`
        gives the bytes, whatever its items and its strides are. b"" changes nothing: the end of the
        connection is for `eof` to tell. What comes behind the end of the message is added to
        `leftover`.

        Raises `BadStatusLine`, `UnknownProtocol`, `LineTooLong`, `IncompleteRead` for broken chunks
        (`partial` is the content of this call), `HTTPException` for what is beyond a limit or, with
        `strict`, malformed, and what `on_informational` raises. Raises `TypeError`, of which no
        further call is told, where `data` is not as above.
        """
        if self.error is not None:
            raise self.error.with_traceback(None)  # it would grow by each call
        if type(data) is not bytes:
            with memoryview(data) as view:
                data = view.tobytes()
        if self._held:
            data, self._held = self._held + data, b""
        self._by_line = False
        parts: list[bytes] = []
        try:
            at = self._take(data, parts)
        except BaseException as error:
            self._fail(error, parts)
            raise
        if at < len(data):
            if self._behind is None:
                self._behind = bytearray()
            self._behind += data[at:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def eof(self) -> bytes:
        """Take note that the connection has ended. Return the content that this completes, which is
        always b"".

        Raises `RemoteDisconnected` where nothing has come, `IncompleteRead` where the body is not
        complete, and what `feed` raises. Behind the end of the message it raises nothing.
        """
        if self.error is not None:
            raise self.error.with_traceback(None)
        self._connection_ended = True
        try:
            self._end_of_connection()
        except BaseException as error:
            self._fail(error, [])
            raise
        return b""

    def _fail(self, error: BaseException, parts: list[bytes]) -> None:
        """Take nothing more. An error of broken chunks is raised with the content of this call."""
        self._line = self._section = None
        self._held = b""
        self.content_of_error = b"".join(parts)
        if not isinstance(error, Exception):
            self.error = HTTPException("a call of the parser was interrupted")
            return
        notes.of_limit(error, self._reading.own_limit)
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
                at = self._take_line_of(data, at, self._kind_of_line())
        return at

    def _kind_of_line(self) -> str:
        if self._next is _Next.SIZE_LINE:
            return "chunk size"
        return "trailer line" if self._next is _Next.TRAILERS else "header line"

    def _take_line_of(self, data: bytes, at: int, what: str) -> int:
        """Take a line if it ends in `data`; else keep what there is of it. Return where it ends."""
        if self._line is None:
            self._line = Line(self._reading.max_line)
        line, at = self._line.take(data, at, what)
        if line is not None:
            self._take_line(line)
        return at

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
        # An interim head is not for the codec, which would be given all that is behind it, too.
        is_plain = self._reading.takes_whole_heads and not (at and data[at + 9 : at + 10] == b"1")
        if is_plain and not self._line:
            ahead = data if at == 0 and len(data) <= BUFFER_SIZE else data[at : at + BUFFER_SIZE]
            used, head = parse_head(ahead, self._reading.max_line, self._reading.max_lines)
            if head is not None and self._reading.rules.allows_plain_head(ahead):
                made = ResponseHead(head.version, head.status, head.reason, head)
                self._begin_body(made, found_in(head))
                return at + used
        return self._take_line_of(data, at, "status line")

    def _begin_section(self, raw: bytes) -> None:
        """Take a status line, b"" at the end of the connection."""
        line = str(raw, "iso-8859-1")
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        self._reading.rules.check_status_line(raw)
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
            whats, self._reading.max_lines, self._reading.max_bytes, self._reading.rules.needs_end
        )
        self._next = following

    def _end_section(self, lines: list[bytes]) -> None:
        self._section = None
        kept, skipped = self._reading.rules.sift(lines)
        if skipped:
            self._skipped = [*self._skipped, *skipped]
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
        self._reading.rules.check_interim(lines)
        if self._reading.on_informational is not None:
            self.error = HTTPException("the parser was called by its own on_informational")
            self._reading.on_informational(status, reason, message.parse_header_lines(lines))
            self.error = None
        self._interims += 1
        if self._interims >= self._reading.max_interims:
            raise rules.too_many_interims(self._reading.max_interims)
        self._next = _Next.STATUS_LINE

    def _begin_body(self, head: ResponseHead, found: tuple[str | None, str | None, bool]) -> None:
        found = self._reading.rules.frame(
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
        if self._overhead or self._by_line:
            return self._take_rest_of_chunk(data, at, parts)
        content, used, self._left, _, stop = decode_chunks(
            data, self._left, len(data) + 1, self._reading.max_line, at
        )
        at += used
        if content:
            parts.append(content)
        if stop == LAST:
            self._begin_section_of("trailers", _Next.TRAILERS)
        elif stop == ODD:
            # Where a server writes one such line it writes many, and for each the codec would get
            # all the rest anew. Nor does it count what they cost.
            self._by_line = True
            self._next = _Next.SIZE_LINE if self._left < 0 else _Next.CHUNK_END
        else:
            self._held = data[at:]
            return len(data)
        return at

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
        if not self._reading.rules.is_clear_chunk_end(end):
            self._is_clear = False
        self._left = -1
        self._next = _Next.CHUNKS

    def _begin_chunk(self, line: bytes) -> None:
        """Take a size line, b"" at the end of the connection."""
        size = rules.plain_size(line)
        if size < 0 or self._overhead:
            try:
                if line and not self._reading.rules.is_clear_size_line(line):
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
                self._take_line(b"" if self._line is None else self._line.rest())
