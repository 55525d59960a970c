"""HTTPResponse: the head of a response, on top of the body that body.py reads.

Two ways through it. The plain one is complete: it reads line by line from any file, in the steps
and with the hooks of http.client, so that subclasses may override any of them. The fast one lets
the codec take a whole head from a `SocketFile`; it is entered only where nothing that it skips
has been changed, and it leaves untouched whatever is not of the plain form, so that the plain way
goes on from there. The message object is built when somebody looks at it.
"""

from __future__ import annotations

import sys
from _thread import RLock  # threading takes a quarter of the time that all of this takes
from http.client import (
    BadStatusLine,
    HTTPException,
    RemoteDisconnected,
    ResponseNotReady,
    UnknownProtocol,
)
from http.client import (
    HTTPResponse as _Stdlib,
)

from . import framing, hooks, message
from ._codec import Head, Pristine, SocketFile
from .body import Body
from .reader import open_file

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
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
_attributes_of = next(
    vars(cls)["__dict__"] for cls in _Stdlib.__mro__ if "__dict__" in vars(cls)
).__get__


class HTTPResponse(Body):
    """The response to one request; see `http.client.HTTPResponse`.

    `sock` is anything with `makefile("rb")`. Same attributes, methods and errors as in CPython
    3.15.2.
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
        self._max_headers = None
        self._in_step = False
        self.version = self.status = self.reason = _UNKNOWN
        self.chunked = self.chunk_left = self.length = self.will_close = _UNKNOWN

    # ------------------------------------------------------------------- head

    def begin(self, *, _max_headers: int | None = None) -> None:
        """Read the head, past interim 100 responses. Calling it again does nothing.

        Raises `BadStatusLine`, `RemoteDisconnected`, `UnknownProtocol`, `LineTooLong` and
        `HTTPException` (too many fields, or too many interim responses).
        """
        if self._head is not None or self._headers is not None:
            return
        self._max_headers = _max_headers
        if type(self.fp) is SocketFile and self._begin_fast(_max_headers):
            return
        begin_by_lines(self, _max_headers, hooks.hook)

    def _read_final_status(self, max_headers: int | None) -> tuple[str, int, str]:
        interim = hooks.hook("_MAXINTERIMRESPONSES")
        for _ in range(interim):
            version, status, reason = self._read_status()
            if status != 100:
                return version, status, reason
            skipped = hooks.hook("_read_headers")(self.fp, max_headers)
            if self.debuglevel > 0:
                hooks.hook("print")("headers:", skipped)
        raise HTTPException(f"got more than {interim} interim responses")

    def _read_status(self) -> tuple[str, int, str]:
        max_line = hooks.max_line()
        line = str(self.fp.readline(max_line + 1), "iso-8859-1")
        if len(line) > max_line:
            raise message.line_too_long("status line")
        if self.debuglevel > 0:
            hooks.hook("print")("reply:", repr(line))
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
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
        self.chunked, self.length, self.will_close = framing.frame(
            status, self._method, coding, length, closing
        )
        if self.chunked:
            self.chunk_left = None
        return True

    def _check_close(self) -> bool:
        get = self.headers.get
        return framing.closes(
            self.version, get("connection"), get("keep-alive"), get("proxy-connection")
        )

    def _build_message(self) -> None:
        with _building:
            head = self._head
            if head is not None:  # if not, another thread has built it
                self._headers = self._msg = message.message_of(head.items())
                self._head = None

    @property
    def headers(self) -> Any:
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
    def msg(self) -> Any:
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

    def getheader(self, name: str, default: Any = None) -> Any:
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

    # ---------------------------------------------------------------- closing

    def __del__(self) -> None:
        # IOBase's own would call close() and flush() on every response, read or not. A class
        # that has a close() of its own expects that. Without a file it was never initialised.
        if getattr(self, "fp", None) is not None or type(self).close is not HTTPResponse.close:
            self.close()

    def close(self) -> None:
        try:
            super(_Stdlib, self).close()  # sets `closed`
        finally:
            if self.fp:
                if self.length == 0:  # without content there is nothing left to be read
                    self._end_of_message()
                else:
                    self._close_conn()


def begin_by_lines(response: Any, max_headers: int | None, find: Callable[[str], Any]) -> None:
    """The plain way of `begin`, for any response of `http.client`'s: line by line.

    `find` says by its name what parses the header section: "parse_headers".
    """
    version, status, reason = HTTPResponse._read_final_status(response, max_headers)
    response.code = response.status = status
    response.reason = reason.strip()
    if version in ("HTTP/1.0", "HTTP/0.9"):
        response.version = 10
    elif version.startswith("HTTP/1."):
        response.version = 11
    else:
        raise UnknownProtocol(version)
    # Programs have put parsers of their own here that take nothing but the file.
    limit = {} if max_headers is None else {"_max_headers": max_headers}
    headers = response.headers = response.msg = find("parse_headers")(response.fp, **limit)
    if response.debuglevel > 0:
        for name, value in headers.items():
            hooks.hook("print")("header:", name + ":", value)
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    response.chunked, response.length, response.will_close = framing.frame(
        status, response._method, coding, length, response._check_close()
    )
    if response.chunked:
        response.chunk_left = None


_head_methods = Pristine(HTTPResponse, ("_read_status", "_check_close"))
