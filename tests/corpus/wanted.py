"""The answers that are wanted where fasthttp deviates from every http.client, the newest included.

They come from a model: the interpreter's own `http.client`, with each deviation built in at the
place where it belongs. It shares no code with fasthttp. Played the same response in the same way,
it says what each field has to be; and it notes which deviations it took.
"""

from __future__ import annotations

import http.client
import re
import socket
from types import SimpleNamespace
from typing import Any

from . import files, own

INTERIMS = "interims-read-past"
NO_CONTENT = "no-content-no-chunks"
CHUNK_SIZE = "chunk-size-out-of-range"
PARTIAL = "partial-with-broken-chunk"
OVERHEAD = "chunk-overhead"
SECTION = "section-bytes"
RECONNECT = "reconnects-after-failure"
LENGTH = "length-beyond-memory"
PEEK = "peek-within-the-body"
READINGS = "two-readings-end-the-connection"
CLOSED = "each-connection-field-closes"

_BEYOND = 1 << 26  # bytes; no response played here is so long
_MAX_CHUNK = (1 << 63) - 1
_MAX_SECTION = 1 << 20
# Go's rule for CVE-2023-39326
_ALLOWANCE, _MAX_OVERHEAD = 16, 16384
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = rb'"(?:[^\x00-\x08\n-\x1f\x7f"\\]|\\[\t -~\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
#: Without quotes anything may stand in an extension; with them, they have to be closed.
_CLEAR_SIZE = re.compile(rb'[0-9a-fA-F]+(?:[ \t]*(?:;[^\r\n"]*)?|(?:%b)*)\r\n' % _EXTENSION)


def _hides_a_field(line: bytes) -> bool:
    """Whether a header line is none, or ends in its middle, for some reader."""
    folded = line[:1] in (b" ", b"\t")
    name, colon, _ = line.partition(b":")
    named = bool(colon and name) and all(0x20 < byte < 0x7F for byte in name)
    text = line[:-2] if line.endswith(b"\r\n") else line[:-1] if line.endswith(b"\n") else line
    return not (folded or named) or text == line or b"\r" in text or b"\0" in text


class _File:
    """What a response reads from: it takes any size, and counts the bytes of a section's lines."""

    def __init__(self, file: Any, met: set[str]) -> None:
        self._file = file
        self._met = met
        self._section: str | None = None
        self._bytes = 0
        self.line = b""
        self.lines: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def count(self, section: str | None) -> None:
        """From here on the lines are those of `section`; None: of none."""
        self._section, self._bytes = section, 0
        if section:
            self.lines = []

    def _possible(self, size: int) -> int:
        if size <= _BEYOND:
            return size
        self._met.add(LENGTH)
        return _BEYOND

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(self._possible(size))
        return data

    def read1(self, size: int = -1) -> bytes:
        data: bytes = self._file.read1(self._possible(size))
        return data

    def peek(self, size: int = -1) -> bytes:
        data: bytes = self._file.peek(self._possible(size))
        return data

    def readline(self, size: int = -1) -> bytes:
        self.line = self._file.readline(self._possible(size))
        most: int = http.client._MAXLINE  # type: ignore[attr-defined]
        if self._section == "headers" and self.line not in (b"\r\n", b"\n", b""):
            self.lines.append(self.line)
        if self._section and len(self.line) <= most and self.line not in (b"\r\n", b"\n"):
            self._bytes += len(self.line)
            if self._bytes > _MAX_SECTION:
                self._met.add(SECTION)
                text = f"got more than {_MAX_SECTION} bytes of {self._section}"
                raise http.client.HTTPException(text)
        return self.line

    def wait(self) -> None:
        """Wait for the first byte, where the file can: a head that did not begin is known by it."""
        if hasattr(self._file, "peek"):
            self._file.peek()


class Response(http.client.HTTPResponse):
    """The running http.client's response, with the deviations; `met` is where they are noted."""

    met: set[str] = set()
    fp: Any
    chunked: bool
    #: Whether reading went wrong, so that the connection can serve no other request.
    failed = False
    #: Whether other readers see its end elsewhere, so that nothing may follow on the connection.
    unclear = False
    #: What the line in hand is made of so far.
    _line: list[bytes] | None = None
    _overhead = 0

    def __init__(self, sock: Any, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = _File(self.fp, self.met)

    def _read_status(self) -> tuple[str, int, str]:
        self.fp.wait()
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if 101 < status < 200:
            self.met.add(INTERIMS)
            status = 100  # which begin() reads past
        self.fp.count("headers")
        return version, status, reason

    def begin(self, **limits: Any) -> None:
        super().begin(**limits)
        lines = self.fp.lines
        self.fp.count(None)
        if self.chunked and self.status in (101, 204, 304):
            self.met.add(NO_CONTENT)
            self.chunked = False
        self.unclear = self._has_two_framings() or any(map(_hides_a_field, lines))

    def _check_close(self) -> bool:
        closes: bool = super()._check_close()  # type: ignore[misc]
        said = self.headers.get_all("connection") or []
        said_close = any("close" in value.lower() for value in said)
        if not closes and len(said) > 1 and said_close:
            self.met.add(CLOSED)
            return True
        return closes

    def _has_two_framings(self) -> bool:
        lengths = self.headers.get_all("content-length") or []
        codings = self.headers.get_all("transfer-encoding") or []
        if self.status == 101 or self._method == "CONNECT":  # type: ignore[attr-defined]
            return True
        if codings:
            return bool(lengths) or [coding.lower() for coding in codings] != ["chunked"]
        if len(set(lengths)) > 1:
            return True
        try:
            int(lengths[0] if lengths else "0")
        except ValueError:
            return False  # until the connection closes
        return bool(lengths) and re.fullmatch(r"[ \t]*[0-9]+[ \t]*", lengths[0]) is None

    def _read_next_chunk_size(self) -> int:
        fp = self.fp
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if _CLEAR_SIZE.fullmatch(fp.line) is None:
            self.unclear = True
        if not 0 <= size <= _MAX_CHUNK:
            self.met.add(CHUNK_SIZE)
            self._close_conn()  # type: ignore[attr-defined]
            raise ValueError("no size of a chunk")
        self._overhead = max(self._overhead + len(fp.line) + 2 - _ALLOWANCE - 2 * size, 0)
        if self._overhead > _MAX_OVERHEAD:
            self.met.add(OVERHEAD)
            self._close_conn()  # type: ignore[attr-defined]
            text = f"got more than {_MAX_OVERHEAD} bytes of overhead in chunk sizes"
            raise http.client.HTTPException(text)
        return size

    def _read_and_discard_trailer(self) -> None:
        self.fp.count("trailers")
        super()._read_and_discard_trailer()  # type: ignore[misc]
        self.fp.count(None)

    def _safe_read(self, amt: int) -> bytes:
        data: bytes = super()._safe_read(amt)  # type: ignore[misc]
        if self.chunked and self.chunk_left == 0 and data != b"\r\n":  # type: ignore[attr-defined]
            self.unclear = True
        return data

    def _get_chunk_left(self) -> int | None:
        try:
            left: int | None = super()._get_chunk_left()  # type: ignore[misc]
        except http.client.IncompleteRead as error:
            self.failed = True
            if not error.partial:
                raise
            # the CR behind a chunk, which is none of the body
            self.met.add(PARTIAL)
            raise http.client.IncompleteRead(b"", error.expected) from error
        return left

    def read(self, amt: int | None = None) -> bytes:
        try:
            data = super().read(amt)
        except BaseException as error:
            self._fail(error)
            raise
        if self._line is not None:
            self._line.append(data)
        return data

    def peek(self, n: int = -1) -> bytes:
        if self.fp is None or self.chunked or self.length is None:
            return super().peek(n)
        if not self.length and self._method != "HEAD":  # type: ignore[attr-defined]
            self.met.add(PEEK)
            return b""
        return super().peek(n)[: self.length]

    def readline(self, limit: int = -1) -> bytes:  # type: ignore[override]
        line = self._line = []
        try:
            return super().readline(limit)  # of a chunked body by read(), piece by piece
        except http.client.IncompleteRead as error:
            came = b"".join(line)
            if came and self.chunked:
                self.met.add(PARTIAL)
                error.partial = came + error.partial
            raise
        finally:
            self._line = None

    def readinto(self, b: Any) -> int:
        try:
            return super().readinto(b)
        except BaseException as error:
            self._fail(error)
            raise

    def _fail(self, error: BaseException) -> None:
        self.failed = True
        chunks = error.__context__
        if not self.chunked or not isinstance(error, http.client.IncompleteRead):
            return
        # 3.10's read() is a readinto(), so that the same error may come by twice
        if isinstance(chunks, http.client.IncompleteRead) and "is_whole" not in vars(error):
            error.is_whole = True  # type: ignore[attr-defined]
            if chunks.partial:
                self.met.add(PARTIAL)
                error.partial += chunks.partial


class Connection(http.client.HTTPConnection):
    """The running http.client's connection, which closes itself after a failed exchange.

    It is one to h.invalid, and does not ask the network about that.
    """

    kind = Response
    _last: Response | None = None

    def connect(self) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    @property
    def response_class(self) -> Any:  # type: ignore[override]
        return self._respond

    def _respond(self, *source: Any, **options: Any) -> Response:
        self._last = self.kind(*source, **options)
        return self._last

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()
        except BaseException:
            if self._last is not None:
                self._last.failed = True
            raise

    def putrequest(self, *request: Any, **options: Any) -> None:
        last = self._last
        if last is not None and last.failed:
            self._close_failed()
        elif last is not None and last.unclear and last.isclosed() and self.sock is not None:
            last.met.add(READINGS)
            self._last = None
            self.close()
        super().putrequest(*request, **options)

    def _close_failed(self) -> None:
        if self.sock is not None:
            self.kind.met.add(RECONNECT)
        self._last = None
        self.close()


def begin(raw: bytes, method: str) -> tuple[Response, Any]:
    """Return the model's response whose head has been read from `raw`, and what has the rest."""
    response, stream = own.begin(raw, method, Response)
    assert isinstance(response, Response)
    return response, stream


def leftover(raw: bytes, method: str) -> bytes:
    """Return the bytes of `raw` behind the end of its response."""
    response, stream = begin(raw, method)
    response.read()
    return own.rest(stream)


def answer(
    raw: bytes, method: str, way: str, delivery: str, style: str, identity: str
) -> tuple[dict[str, Any], set[str]]:
    """Return the model's answer, and the names of the deviations that it took."""
    met: set[str] = set()
    kind = type("HTTPResponse", (Response,), {"met": met})
    connection = type("HTTPConnection", (Connection,), {"kind": kind})
    model = SimpleNamespace(HTTPResponse=kind, HTTPConnection=connection)
    return files.observe(model, raw, method, way, delivery, style, identity), met
