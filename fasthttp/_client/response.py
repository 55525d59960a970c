"""HTTPResponse: the head of a response, on top of the body that body.py and chunked.py read.

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
    HTTPMessage,
    RemoteDisconnected,
    ResponseNotReady,
)
from http.client import (
    HTTPResponse as _Stdlib,
)

from .._compiled import Head, Pristine, Responses, SocketFile, Unchanged, parse_head
from .._http import framing, hooks, message, notes, reasons, rules
from .._http.hooks import plain_limits
from . import body, forking, heads
from . import chunked as chunks
from .attributes import Shown
from .by_hand import ReadByHand
from .exchange import Exchange
from .overlay import put_over
from .policy import Policy, rules_of
from .sockets import PLAIN_RECEIVES, PLAIN_SOCKET, TLS_RECEIVES, TLS_SOCKET, open_file

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._http.reasons import Reason
else:
    Any = object  # for typing.get_type_hints()


_UNKNOWN: Any = "UNKNOWN"
# Held while a message is built, so that all threads get the same one. Reentrant: building may run
# the garbage collector, and that any finalizer.
_building = RLock()
forking.renew_in_child(globals(), "_building")

_get_all = HTTPMessage.get_all

#: What an instance of http.client's class has in its __dict__.
_ATTRIBUTES = (
    "fp", "debuglevel", "_method", "headers", "msg", "version", "status", "code", "reason",
    "chunked", "chunk_left", "length", "will_close", "_max_headers",
)  # fmt: skip
_shown = Shown(_Stdlib)
_ALSO_PICKLED = ("_fasthttp_ends_connection", "_fasthttp_in_step")


class _MadeUp:
    """A property that a subclass or a program may assign to, as to any attribute of an instance."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, response: Any, owner: Any = None) -> Any:
        return self if response is None else self._make(response)


if TYPE_CHECKING:
    _made_up = property
else:
    _made_up = _MadeUp


class HTTPResponse(_Stdlib):
    """The response to one request; see `http.client.HTTPResponse`.

    `sock` is anything with `makefile("rb")`. Same attributes, methods and errors as in CPython
    3.15.2: `status` (int), `reason` (str), `version` (10 or 11), `will_close`, `chunked`, and
    `length`, the bytes of the body that are left, or None where that is not known. It is a file
    that can be read once, and a context manager that closes it.
    """

    # Setting a slot takes a tenth of the time that the first entries of a dict take. What
    # http.client's responses do not have begins with _fasthttp, so that no subclass has it too. A
    # subclass may leave out __init__, as long as it sets what http.client's does: so each of these
    # has a default where it is read.
    __slots__ = (
        "_fasthttp_by_hand",
        "_fasthttp_ends_connection",
        "_fasthttp_exchange",
        "_fasthttp_head",
        "_fasthttp_headers",
        "_fasthttp_in_step",
        "_fasthttp_msg",
        "_fasthttp_overhead",
        "_max_headers",
        "_method",
        "chunk_left",
        "chunked",
        "code",
        "debuglevel",
        "fp",
        "length",
        "reason",
        "status",
        "version",
        "will_close",
    )

    fp: Any
    code: int
    _method: str | None
    chunked: bool
    chunk_left: int | None
    length: int | None
    _max_headers: int | None
    #: The head in the codec's form, until somebody looks at the message; then that.
    _fasthttp_head: Head | None
    _fasthttp_headers: Any
    _fasthttp_msg: Any
    #: That of the connection, where it asks for more than http.client does.
    _fasthttp_exchange: Exchange | None
    #: Whether the connection behind it can serve another request: the message was read to its
    #: end and nothing came behind it.
    _fasthttp_in_step: bool
    #: Whether the message has more than one reading, by other readers than this one: no answer to
    #: another request may follow on its connection.
    _fasthttp_ends_connection: bool
    #: The file, where a program may have read the whole body past the methods for it.
    _fasthttp_by_hand: Any
    #: Bytes that size lines took beyond their allowance; there is none without chunks.
    _fasthttp_overhead: int
    #: Whether reading has gone wrong for good: what follows on the connection is no message.
    _fasthttp_failed = False
    #: Whether a status line has been read, line by line.
    _fasthttp_heard = False
    #: What the head was made of, if it is not in `_fasthttp_head`: its lines, or the codec's head.
    _fasthttp_lines: list[bytes] | Head | None = None
    #: The malformed lines that were left out.
    _fasthttp_skipped: tuple[bytes, ...] | list[bytes] = ()
    #: The trailer section's lines.
    _fasthttp_trailer_lines: tuple[bytes, ...] | list[bytes] = ()
    #: Whether the request asked for another protocol.
    _fasthttp_upgrade = False

    def __init__(
        self, sock: Any, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        self.fp = open_file(sock)
        self.debuglevel = debuglevel
        self._method = method
        self._fasthttp_head = self._fasthttp_headers = self._fasthttp_msg = None
        self._fasthttp_by_hand = self._fasthttp_exchange = self._max_headers = None
        self._fasthttp_in_step = self._fasthttp_ends_connection = False
        self.version = self.status = self.reason = _UNKNOWN
        self.chunked = self.chunk_left = self.length = self.will_close = _UNKNOWN

    # ------------------------------------------------------------------- head

    def begin(self, *, _max_headers: int | None = None) -> None:
        """Read the head, past interim responses (1xx but 101). Calling it again does nothing.

        Raises `BadStatusLine`, `RemoteDisconnected`, `UnknownProtocol`, `LineTooLong` and
        `HTTPException` (too many fields, or too many interim responses).
        """
        try:
            if self._fasthttp_head is not None or self._fasthttp_headers is not None:
                return
            exchange = self._fasthttp_exchange
        except AttributeError:  # __init__ was never called
            if self.headers is not None:
                return
            exchange = getattr(self, "_fasthttp_exchange", None)
        policy = None if exchange is None else exchange.policy
        self._max_headers = _max_headers
        if _begin_fast(self, _max_headers, policy) is not None:
            heads.begin_by_lines(self, _max_headers, hooks.hook, policy)

    def _read_status(self) -> tuple[str, int, str]:
        max_line = hooks.max_line()
        raw = self.fp.readline(max_line + 1)
        line = str(raw, "iso-8859-1")
        if len(line) > max_line:
            raise rules.line_too_long("status line")
        if self.debuglevel > 0:
            hooks.hook("print")("reply:", repr(line))
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        self._fasthttp_heard = True
        rules_of(self).check_status_line(raw)
        version, status, reason = rules.split_status_line(line)
        if not rules.is_http(version):
            self._close_conn()
            raise BadStatusLine(line)
        return version, rules.status_code(status, line), reason

    def _check_close(self) -> bool:
        return framing.closes_by(self.version, self.headers)

    @property
    def headers(self) -> HTTPMessage | Any:
        """The header section, an `HTTPMessage`; None before `begin()`."""
        if _head_of(self) is not None:
            _build_message(self)
        return self._fasthttp_headers

    @headers.setter
    def headers(self, value: Any) -> None:
        if _head_of(self) is not None:
            _build_message(self)
        self._fasthttp_headers = value

    @headers.deleter
    def headers(self) -> None:
        if _head_of(self) is not None:
            _build_message(self)
        del self._fasthttp_headers

    @property
    def msg(self) -> HTTPMessage | Any:
        """The same as `headers`."""
        if _head_of(self) is not None:
            _build_message(self)
        return self._fasthttp_msg

    @msg.setter
    def msg(self, value: Any) -> None:
        if _head_of(self) is not None:
            _build_message(self)
        self._fasthttp_msg = value

    @msg.deleter
    def msg(self) -> None:
        if _head_of(self) is not None:
            _build_message(self)
        del self._fasthttp_msg

    __dict__ = property(_shown.get, _shown.set)

    @_made_up
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields as they were sent, in order: (name, value), the value without the white space
        around it (RFC 9110 5.5). Raises `ResponseNotReady` before `begin()`.

        Lines that are no fields, after which http.client loses all others, are left out; folded
        lines keep their line ends.
        """
        source = _head_of(self) or self._fasthttp_lines
        if isinstance(source, list):
            return message.raw_fields(source)
        if source is None and self.headers is None:
            raise ResponseNotReady()
        fields = (source or self.headers).items()
        return [
            (name.encode("iso-8859-1"), value.encode("iso-8859-1").strip(b" \t"))
            for name, value in fields
        ]

    @_made_up
    def skipped_lines(self) -> list[bytes]:
        """The malformed lines that `skip_bad_lines=True` has dropped, as they were sent."""
        return list(self._fasthttp_skipped)

    @_made_up
    def trailers(self) -> HTTPMessage:
        """The trailer section (RFC 9112 7.1.2); empty before the end of the body."""
        parse = hooks.hook("_parse_header_lines")
        trailers: HTTPMessage = parse(list(self._fasthttp_trailer_lines))
        return trailers

    def getheader(self, name: str, default: Any = None) -> str | Any:
        """The field's values, joined by ", "; `default` if there is none (joined as well, where
        it is an iterable but no str). Raises `ResponseNotReady` before `begin()`.
        """
        try:
            head = self._fasthttp_head
        except AttributeError:
            head = None
        if head is not None and type(name) is str and HTTPMessage.get_all is _get_all:
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

    # ------------------------------------------------------------------- body

    read = body.read
    read1 = body.read1
    readinto = body.readinto
    readline = body.readline
    peek = body.peek
    _close_conn = chunks.close_conn
    _safe_read = chunks.safe_read
    _safe_readinto = chunks.safe_readinto
    _get_chunk_left = chunks.get_chunk_left
    _read_next_chunk_size = chunks.read_next_chunk_size
    _read_and_discard_trailer = chunks.read_and_discard_trailer
    _read_chunked = chunks.read_chunked
    _readinto_chunked = chunks.readinto_chunked
    _read1_chunked = chunks.read1_chunked
    _peek_chunked = chunks.peek_chunked

    # ---------------------------------------------------------------- pickling

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if self.fp is not None:
            raise TypeError("cannot pickle a response that is not read to its end, nor closed")
        return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(_shown.get(self))
        # Not `_fasthttp_exchange`, the connection's: a callback of its can seldom be pickled.
        state |= {name: getattr(self, name) for name in _ALSO_PICKLED if hasattr(self, name)}
        if self.headers is not None:
            state["_fasthttp_lines"] = [b"%b: %b\r\n" % field for field in self.raw_headers]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.close()

    # ---------------------------------------------------------------- closing

    def __del__(self) -> None:
        # IOBase's own would call close() and flush() on every response, read or not. A class
        # that has a close() of its own expects that. Without a file it was never initialised.
        cls = type(self)
        has_own_close = cls is not HTTPResponse and cls.close is not HTTPResponse.close
        if has_own_close or getattr(self, "fp", None) is not None:
            self.close()

    def close(self) -> None:
        """Close it. Where it was not read to its end, its connection is not used again."""
        try:
            super(_Stdlib, self).close()  # sets `closed`
        finally:
            if self.fp:
                if self.length == 0:  # without content there is nothing left to be read
                    chunks.end_of_message(self)
                else:
                    self._close_conn()
            by_hand = getattr(self, "_fasthttp_by_hand", None)
            if by_hand is not None:
                by_hand.close()
                exchange = getattr(self, "_fasthttp_exchange", None)
                if exchange is not None:
                    exchange.note_end()


_shown.of = {name: vars(HTTPResponse)[name] for name in _ATTRIBUTES}


def _begin_fast(
    response: HTTPResponse, max_headers: int | None, policy: Policy | None
) -> Reason | None:
    """Take a head of the codec's plain form. Where it is none, say why: nothing has happened."""
    fp = response.fp
    if type(fp) is not SocketFile:
        return reasons.FILE, fp
    if not isinstance(response, HTTPResponse):  # but a stand-in that has borrowed begin()
        return reasons.LINE_BY_LINE
    if policy is not None:
        refusal = policy.refuses_whole_heads(fp)
        if refusal is not None:
            return refusal
    if response.debuglevel > 0:
        return reasons.DEBUG
    if not _head_methods(response):
        return reasons.METHODS, (_head_methods, response)
    limits = plain_limits()
    if limits is None:
        return reasons.FUNCTIONS, plain_limits
    max_line, default = limits
    if max_headers is None:
        max_headers = default
    elif type(max_headers) is not int or not 0 <= max_headers <= sys.maxsize:
        return reasons.FIELD_LIMIT
    try:
        head = fp.read_head(max_line, max_headers)
    except OSError as error:
        notes.of_received(error, fp.received())
        raise
    if head is None:
        return reasons.HEAD, (parse_head, fp, max_line, max_headers)
    response._fasthttp_msg = None  # in case somebody has set it: it is built on the first look
    response._fasthttp_head = head
    if not heads.apply_head(response, head, policy, False):
        response._fasthttp_ends_connection = True
    return None


def _head_of(response: HTTPResponse) -> Head | None:
    try:
        return response._fasthttp_head
    except AttributeError:
        return None


def _build_message(response: HTTPResponse) -> None:
    with _building:
        head = response._fasthttp_head
        if head is None:  # another thread has built it
            return
        built = message.message_of(head.items())
        # If not, a finalizer or a signal handler has built it meanwhile, in this thread.
        if response._fasthttp_head is not None:
            response._fasthttp_headers = response._fasthttp_msg = built
            response._fasthttp_lines = head
            response._fasthttp_head = None


def is_unheard(response: HTTPResponse, error: BaseException) -> bool:
    """Return whether nothing had come before this error, as far as can be known."""
    fp = response.fp
    if type(fp) is SocketFile:
        return not fp.heard
    return not response._fasthttp_heard and isinstance(error, RemoteDisconnected)


def has_failed(response: Any) -> bool:
    """Return whether the body cannot be read to its end any more. Of a response of another class
    that is not known.
    """
    if not isinstance(response, HTTPResponse):
        return False
    fp = response.fp
    raw = getattr(fp, "raw", None)
    # the last is what socket.SocketIO notes
    failed = getattr(fp, "failed", getattr(raw, "_timeout_occurred", False))
    return response._fasthttp_failed is True or failed is True


def is_in_step(response: Any) -> bool:
    """Return whether the connection behind a closed response can serve another request. Of a
    response of another class it can, as in `http.client`.
    """
    if not isinstance(response, HTTPResponse) or getattr(response, "_fasthttp_in_step", False):
        return True
    file = getattr(response, "_fasthttp_by_hand", None)
    if file is None or getattr(response, "_fasthttp_ends_connection", False):
        return False
    file.close()
    return (type(file) is SocketFile or file.has_ended) and not file.leftover


#: Makes, begins and reads an ordinary response in C; None where there is no such.
usual: Any = None
if Responses is not None and PLAIN_SOCKET is not None:
    # A property in the place of a slot would be passed by.
    _on_class = "__init__", "__new__", "__setattr__", "__getattribute__", *HTTPResponse.__slots__
    usual = Responses(
        response_class=HTTPResponse,
        unknown=_UNKNOWN,
        head_methods=Pristine(HTTPResponse, ("begin", *heads.HEAD_METHODS), _on_class),
        body_methods=Pristine(HTTPResponse, ("_safe_read", "_close_conn"), _on_class),
        chunk_methods=Pristine(HTTPResponse, ("_close_conn", *chunks.CHUNK_METHODS), _on_class),
        limits=plain_limits,
        line_limits=hooks.line_limits,
        by_hand_class=ReadByHand,
        apply_head=heads.apply_head,
        note_received=notes.of_received,
        note_failure=chunks.note_failure,
        cut_short=body.cut_short,
        read_on=chunks.read_on,
        socket_class=PLAIN_SOCKET,
        sockets=Unchanged({}, (), {}, ((PLAIN_SOCKET, PLAIN_RECEIVES),)),
        messages=Unchanged({}, (), {}, ((HTTPMessage, ("get_all",)),)),
        tls_class=TLS_SOCKET,
        tls_methods=TLS_SOCKET and Pristine(TLS_SOCKET, TLS_RECEIVES),
    )
    put_over(HTTPResponse, usual, "read", "getheader", "__del__")

_head_methods = Pristine(HTTPResponse, heads.HEAD_METHODS)
chunks.chunk_methods_unchanged = Pristine(HTTPResponse, chunks.CHUNK_METHODS)
chunks.line_methods_unchanged = Pristine(
    HTTPResponse,
    (
        "peek",
        "read",
        "_peek_chunked",
        "_read_chunked",
        "_get_chunk_left",
        "_read_next_chunk_size",
        "_safe_read",
    ),
)
