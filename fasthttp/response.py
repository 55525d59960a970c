"""HTTPResponse: the head of a response, on top of the body that body.py reads.

Two ways through it. The plain one is complete: it reads line by line from any file, in the steps
and with the hooks of http.client, so that subclasses may override any of them. The fast one lets
the codec take a whole head from a `SocketFile`; it is entered only where nothing that it skips
has been changed, and it leaves untouched whatever is not of the plain form, so that the plain way
goes on from there. The message object is built when somebody looks at it.
"""

from __future__ import annotations

import copyreg
import sys
from _thread import RLock  # threading takes a quarter of the time that all of this takes
from http.client import (
    BadStatusLine,
    RemoteDisconnected,
    ResponseNotReady,
)
from http.client import (
    HTTPResponse as _Stdlib,
)

from . import framing, heads, hooks, message, strict
from ._codec import Head, Pristine, SocketFile
from .body import Body
from .reader import open_file

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import Any


_UNKNOWN: Any = "UNKNOWN"
# Held while a message is built, so that all threads get the same one. Reentrant: building may run
# the garbage collector, and that any finalizer.
_building = RLock()

#: What an instance of http.client's class has in its __dict__.
_ATTRIBUTES = (
    "fp", "debuglevel", "_method", "headers", "msg", "version", "status", "code", "reason",
    "chunked", "chunk_left", "length", "will_close",
)  # fmt: skip
_ALSO_PICKLED = (
    "_ends_connection", "_in_step", "_max_headers", "_method",
)  # fmt: skip
_attributes_of = next(
    vars(cls)["__dict__"] for cls in _Stdlib.__mro__ if "__dict__" in vars(cls)
).__get__


class HTTPResponse(Body):
    """The response to one request; see `http.client.HTTPResponse`.

    `sock` is anything with `makefile("rb")`. Same attributes, methods and errors as in CPython
    3.15.2: `status` (int), `reason` (str), `version` (10 or 11), `will_close`, `chunked`, and
    `length`, the bytes of the body that are left, or None where that is not known. It is a file
    that can be read once, and a context manager that closes it.
    """

    __slots__ = (
        "_head",
        "_headers",
        "_msg",
        "code",
        "debuglevel",
        "reason",
        "status",
        "version",
        "will_close",
    )

    #: What the head was made of, if it is not in `_head`: its lines, or the codec's head.
    _lines: list[bytes] | Head | None = None
    _skipped: list[bytes] | None = None
    #: Whether a status line has been read, line by line.
    _heard = False

    def __init__(
        self, sock: Any, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        self.fp = open_file(sock)
        self.debuglevel = debuglevel
        self._method = method
        #: The head in the codec's form, until somebody looks at the message.
        self._head: Head | None = None
        self._headers: Any = None
        self._msg: Any = None
        self._max_headers = self._policy = None
        self._in_step = self._ends_connection = False
        self.version = self.status = self.reason = _UNKNOWN
        self.chunked = self.chunk_left = self.length = self.will_close = _UNKNOWN

    # ------------------------------------------------------------------- head

    def begin(self, *, _max_headers: int | None = None) -> None:
        """Read the head, past interim responses (1xx but 101). Calling it again does nothing.

        Raises `BadStatusLine`, `RemoteDisconnected`, `UnknownProtocol`, `LineTooLong` and
        `HTTPException` (too many fields, or too many interim responses).
        """
        if self._head is not None or self._headers is not None:
            return
        self._max_headers = _max_headers
        policy = self._policy
        if (
            type(self.fp) is SocketFile
            and (policy is None or policy.allows_whole_heads(self.fp))
            and self._begin_fast(_max_headers)
        ):
            return
        heads.begin_by_lines(self, _max_headers, hooks.hook, heads.INTERIM, policy)

    def _is_unheard(self, error: BaseException) -> bool:
        """Whether nothing had come before this error, as far as can be known."""
        fp = self.fp
        if type(fp) is SocketFile:
            return not fp.heard
        return not self._heard and isinstance(error, RemoteDisconnected)

    def _has_failed(self) -> bool:
        """Whether the body cannot be read to its end any more."""
        fp = self.fp
        raw = getattr(fp, "raw", None)
        # the last is what socket.SocketIO notes
        return self._failed or getattr(fp, "failed", getattr(raw, "_timeout_occurred", False))

    def _read_status(self) -> tuple[str, int, str]:
        max_line = hooks.max_line()
        raw = self.fp.readline(max_line + 1)
        line = str(raw, "iso-8859-1")
        if len(line) > max_line:
            raise message.line_too_long("status line")
        if self.debuglevel > 0:
            hooks.hook("print")("reply:", repr(line))
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        self._heard = True
        if self._policy is not None and self._policy.strict:
            strict.check_status_line(raw)
        parts = line.split(None, 2)
        if len(parts) < 3:
            parts = line.split(None, 1)  # which leaves white space behind the status, for int()
        version, status, reason = (*parts, "", "")[:3] if len(parts) > 1 else ("", "", "")
        if not version.startswith("HTTP/"):
            self._close_conn()
            raise BadStatusLine(line)
        try:
            code = int(status)
        except ValueError:
            raise BadStatusLine(line) from None
        if not 100 <= code <= 999:
            raise BadStatusLine(line)
        return version, code, reason

    def _begin_fast(self, max_headers: int | None) -> bool:
        if self.debuglevel > 0 or not _head_methods(self):
            return False
        limits = hooks.plain_limits()
        if limits is None:
            return False
        max_line, default = limits
        if max_headers is None:
            max_headers = default
        elif type(max_headers) is not int or not 0 <= max_headers <= sys.maxsize:
            return False
        head = self.fp.read_head(max_line, max_headers)
        if head is None:
            return False
        self._msg = None  # in case somebody has set it: it is built on the first look
        self._head = head
        self.code = self.status = status = head.status
        self.reason = head.reason
        self.version = version = head.version
        coding, length, connection, keep_alive, proxy_connection = head.framing()
        closing = framing.closes(version, connection, keep_alive, proxy_connection)
        if head.repeats_connection and not closing:
            closing = framing.says_close((head.get("connection"),))
        if self._policy is not None:
            coding, length, closing = self._policy.frame(self, coding, length, closing)
        self.chunked, self.length, self.will_close, is_clear = framing.frame(
            status, self._method, coding, length, closing
        )
        if not is_clear:
            self._ends_connection = True
        if self.chunked:
            self.chunk_left = None
        return True

    def _check_close(self) -> bool:
        return heads.closes(self)

    def _build_message(self) -> None:
        with _building:
            head = self._head
            if head is not None:  # if not, another thread has built it
                self._headers = self._msg = message.message_of(head.items())
                self._lines = head
                self._head = None

    @property
    def headers(self) -> HTTPMessage | Any:
        """The header section, an `HTTPMessage`; None before `begin()`."""
        if self._head is not None:
            self._build_message()
        return self._headers

    @headers.setter
    def headers(self, value: Any) -> None:
        if self._head is not None:
            self._build_message()
        self._headers = value

    @property
    def msg(self) -> HTTPMessage | Any:
        """The same as `headers`."""
        if self._head is not None:
            self._build_message()
        return self._msg

    @msg.setter
    def msg(self, value: Any) -> None:
        if self._head is not None:
            self._build_message()
        self._msg = value

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """What vars() shows, a copy: what http.client keeps there, and what has been added."""
        held: dict[str, Any] = _attributes_of(self)
        return {name: getattr(self, name) for name in _ATTRIBUTES if hasattr(self, name)} | held

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields as they were sent, in order: (name, value), the value without the white space
        around it (RFC 9110 5.5). Raises `ResponseNotReady` before `begin()`.

        Lines that are no fields, after which http.client loses all others, are left out; folded
        lines keep their line ends.
        """
        source = self._head or self._lines
        if isinstance(source, list):
            return heads.raw_fields(source)
        if source is None and self.headers is None:
            raise ResponseNotReady()
        fields = (source or self.headers).items()
        return [
            (name.encode("iso-8859-1"), value.encode("iso-8859-1").strip(b" \t"))
            for name, value in fields
        ]

    @property
    def skipped_lines(self) -> list[bytes]:
        """The malformed lines that `skip_bad_lines=True` has dropped, as they were sent."""
        if self._skipped is None:
            self._skipped = []
        return self._skipped

    @property
    def trailers(self) -> HTTPMessage:
        """The trailer section (RFC 9112 7.1.2); empty before the end of the body."""
        trailers: HTTPMessage = hooks.hook("_parse_header_lines")(list(self._trailer_lines))
        return trailers

    def getheader(self, name: str, default: Any = None) -> str | Any:
        """The field's values, joined by ", "; `default` if there is none (joined as well, where
        it is an iterable but no str). Raises `ResponseNotReady` before `begin()`.
        """
        head = self._head
        if head is not None and type(name) is str:
            value = head.get(name)
            if value is not None:
                return value
            values = None
        elif self.headers is None:
            raise ResponseNotReady()
        else:
            values = self.headers.get_all(name)
        values = values or default
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            return values
        return ", ".join(values)

    def getheaders(self) -> list[tuple[str, str]]:
        """All fields as (name, value). Raises `ResponseNotReady` before `begin()`."""
        if self.headers is None:
            raise ResponseNotReady()
        return list(self.headers.items())

    # ---------------------------------------------------------------- pickling

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if self.fp is not None:
            raise TypeError("cannot pickle a response that is not read to its end, nor closed")
        return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__
        # Not `_policy`, the connection's: a callback of its can seldom be pickled.
        state |= {name: getattr(self, name) for name in _ALSO_PICKLED}
        if self.headers is not None:
            state["_lines"] = [b"%b: %b\r\n" % field for field in self.raw_headers]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._head = self._headers = self._msg = self._policy = None
        for name, value in state.items():
            setattr(self, name, value)
        self.close()

    # ---------------------------------------------------------------- closing

    def __del__(self) -> None:
        # IOBase's own would call close() and flush() on every response, read or not. A class
        # that has a close() of its own expects that. Without a file it was never initialised.
        if getattr(self, "fp", None) is not None or type(self).close is not HTTPResponse.close:
            self.close()

    def close(self) -> None:
        """Close it. Where it was not read to its end, its connection is not used again."""
        try:
            super(_Stdlib, self).close()  # sets `closed`
        finally:
            if self.fp:
                if self.length == 0:  # without content there is nothing left to be read
                    self._end_of_message()
                else:
                    self._close_conn()


_head_methods = Pristine(HTTPResponse, ("_read_status", "_check_close"))
