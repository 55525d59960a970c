"""HTTPResponse: the head of a response, on top of the body that body.py reads.

Two ways through it. The plain one is complete: it reads line by line from any file, in the steps
and with the hooks of http.client, so that subclasses may override any of them. The fast one lets
the codec take a whole head from a `SocketFile`; it is entered only where nothing that it skips
has been changed, and it leaves untouched whatever is not of the plain form, so that the plain way
goes on from there. The message object is built when somebody looks at it.
"""

from __future__ import annotations

import threading
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
    from typing import Any


_UNKNOWN: Any = "UNKNOWN"
# Held while a message is built, so that all threads get the same one. Reentrant: building may run
# the garbage collector, and that any finalizer.
_building = threading.RLock()


class _BuiltOnFirstLook:
    """`headers` and `msg` of a response whose head is still in the codec's form.

    Not a data descriptor: once the message is made it lies in the instance under the same name,
    where assignments go as well, and this is not asked again.
    """

    def __set_name__(self, owner: Any, name: str) -> None:
        self._name = name

    def __get__(self, response: Any, owner: Any = None) -> Any:
        return self if response is None else response._build_message(self._name)


class HTTPResponse(Body):
    """The response to one request; see `http.client.HTTPResponse`.

    `sock` is anything with `makefile("rb")`. Same attributes, methods and errors as in CPython
    3.15.2.
    """

    # What is unknown until begin(): on the class, so that nothing has to be set before.
    debuglevel = 0
    version = status = reason = _UNKNOWN
    chunked = chunk_left = length = will_close = _UNKNOWN
    headers: Any = _BuiltOnFirstLook()
    msg: Any = _BuiltOnFirstLook()
    _head: Head | None = None

    def __init__(
        self, sock: Any, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        self.fp = open_file(sock)
        self._method = method
        if debuglevel:
            self.debuglevel = debuglevel

    # ------------------------------------------------------------------- head

    def begin(self, *, _max_headers: int | None = None) -> None:
        """Read the head, past interim 100 responses. Calling it again does nothing.

        Raises `BadStatusLine`, `RemoteDisconnected`, `UnknownProtocol`, `LineTooLong` and
        `HTTPException` (too many fields, or too many interim responses).
        """
        attributes = self.__dict__
        if self._head is not None or attributes.get("headers") is not None:
            return
        if _max_headers is not None:
            self._max_headers = _max_headers
        if type(self.fp) is SocketFile and self._begin_fast(_max_headers):
            # Whatever was assigned before makes way for what is built on the first look.
            if "headers" in attributes or "msg" in attributes:
                attributes.pop("headers", None)
                attributes.pop("msg", None)
            return
        version, status, reason = self._read_final_status(_max_headers)
        self.code = self.status = status
        self.reason = reason.strip()
        if version in ("HTTP/1.0", "HTTP/0.9"):
            self.version = 10
        elif version.startswith("HTTP/1."):
            self.version = 11
        else:
            raise UnknownProtocol(version)
        # Programs have put parsers of their own here that take nothing but the file.
        limit = {} if _max_headers is None else {"_max_headers": _max_headers}
        headers = self.headers = self.msg = hooks.hook("parse_headers")(self.fp, **limit)
        if self.debuglevel > 0:
            for name, value in headers.items():
                hooks.hook("print")("header:", name + ":", value)
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        self.chunked, self.length, self.will_close = framing.frame(
            status, self._method, coding, length, self._check_close()
        )
        if self.chunked:
            self.chunk_left = None

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
        max_line, default_max_headers = limits
        head = self.fp.read_head(
            max_line, default_max_headers if max_headers is None else max_headers
        )
        if head is None:
            return False
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

    def _build_message(self, name: str) -> Any:
        with _building:
            head = self._head
            if head is None:
                # There is none yet; or another thread has built it since it was looked for.
                return self.__dict__.get(name)
            built = message.message_of(head.items())
            self.__dict__.setdefault("headers", built)
            self.__dict__.setdefault("msg", built)
            self._head = None
            return self.__dict__[name]

    def getheader(self, name: str, default: Any = None) -> Any:
        """The field's values, joined by ", "; `default` if there is none (joined as well, where
        it is an iterable but no str). Raises `ResponseNotReady` before `begin()`.
        """
        head = self._head
        if head is not None and type(name) is str and "headers" not in self.__dict__:
            values = head.get_all(name)
            if values is not None and len(values) == 1:
                return values[0]
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
        # that has a close() of its own expects that.
        if self.fp is not None or type(self).close is not HTTPResponse.close:
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


_head_methods = Pristine(HTTPResponse, ("_read_status", "_check_close"))
