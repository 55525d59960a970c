"""How a request goes out: at once where it is an ordinary one, else piece by piece.

Functions that take a connection. Those whose first parameter is called `self` are methods of
`HTTPConnection`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from http.client import NotConnected

from .._codec import refusals
from .._compiled import encode_head
from .._http import hooks, reasons, request
from .._http.hooks import request_checks_unchanged
from .._http.strict import asks_upgrade
from .deadline import timed_socket
from .exchange import IDLE, REQ_SENT, Doubt, Exchange, exchange_of
from .reuse import forget_finished_response, start_anew
from .sockets import is_plain_socket

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._http.reasons import Reason
else:
    Any = object  # for typing.get_type_hints()


#: The methods of a connection that sending a request at once passes by.
REQUEST_METHODS = (
    *("putrequest", "putheader", "endheaders", "send", "_send_output", "_output", "_wrap_ipv6"),
    *("_encode_request", "_validate_method", "_validate_path", "_get_content_length"),
)
#: Whether these are http.client's own in a connection; set by connection.py, which has the class.
request_methods_unchanged: Any = None

#: A body of up to so many bytes is sent with its head in one call. Beyond, copying it costs more
#: than a second system call.
JOINED_BODY = 65536


def own_host(connection: Any) -> str | bytes:
    host, port = connection.host, connection.port
    if connection._tunnel_host:
        host, port = connection._tunnel_host, connection._tunnel_port
    # http.client has it since 3.12; what stands in for its connections may lack it.
    wrap = getattr(connection, "_wrap_ipv6", request.bracket_ipv6)
    return request.host_value(host, port, connection.default_port, wrap)


def _host_line(connection: Any, exchange: Exchange) -> bytes | None:
    """Return the Host field with its end; None where the plain way has to say what is wrong."""
    key = (
        connection.host,
        connection.port,
        connection._tunnel_host,
        connection._tunnel_port,
        connection.default_port,
    )
    if key != exchange.host_key:
        try:
            value = own_host(connection)
            line = value if isinstance(value, bytes) else value.encode("latin-1")
        except (UnicodeError, AttributeError, TypeError):
            return None
        if line.count(b"\r") or line.count(b"\n"):
            return None
        exchange.host_key, exchange.host_line = key, b"Host: " + line + b"\r\n"
    return exchange.host_line


def send_fast(
    connection: Any, exchange: Exchange, method: str, url: str, body: Any, headers: Any
) -> Reason | None:
    """Send an ordinary request in as few calls as can be.

    Where it is none, say why: then nothing has happened.
    """
    if connection.debuglevel > 0:
        return reasons.DEBUG
    if not request_methods_unchanged(connection):
        return reasons.METHODS, (request_methods_unchanged, connection)
    if not request_checks_unchanged():
        return reasons.FUNCTIONS, request_checks_unchanged
    if body is None:
        if type(method) is not str:
            return refusals.METHOD, method
        length = request.length_of_body(None, method)
    else:
        if type(body) is str:
            try:
                body = body.encode("latin-1")
            except UnicodeEncodeError:
                return reasons.BODY_NOT_LATIN
        elif type(body) is not bytes:
            return reasons.BODY, type(body)
        length = len(body)
    if connection._http_vsn != 11 or connection._http_vsn_str != "HTTP/1.1":
        return reasons.VERSION
    # Lines that somebody has put there go first, and a list of somebody's own sees each line.
    lines = connection._buffer
    if type(lines) is not list:
        return reasons.LINES, type(lines)
    if lines:
        return reasons.UNUSUAL_REQUEST
    host_line = _host_line(connection, exchange)
    if host_line is None:
        return reasons.UNUSUAL_REQUEST
    head = encode_head(method, url, host_line, -1 if length is None else length, headers)
    if not isinstance(head, bytes):
        return head
    if connection._HTTPConnection__response is not None:
        forget_finished_response(connection)
    if connection._HTTPConnection__state != IDLE:
        start_anew(connection)
    if exchange.policy is not None:
        exchange.upgrade = asks_upgrade(headers)
    connection._HTTPConnection__state = REQ_SENT
    connection._method = method
    try:
        if exchange.deadline is not None:
            exchange.deadline.is_new = False
            connection.send(head)
            if body:
                connection.send(body)
        elif body:
            _send_joined(connection, head, body)
        elif connection.sock is None:
            connection.send(head)
        else:
            sys.audit("http.client.send", connection, head)
            connection.sock.sendall(head)
    except BaseException:
        note_cut(connection, exchange)
        raise
    return None


def _send_joined(connection: Any, head: bytes, body: bytes) -> Reason | None:
    """Send head and body as two calls of send() do, in one system call where nobody can tell."""
    if connection.sock is None:
        if not connection.auto_open:
            raise NotConnected()
        connection.connect()
    is_plain = is_plain_socket(connection.sock)
    if is_plain and len(body) <= JOINED_BODY:
        sys.audit("http.client.send", connection, head)
        sys.audit("http.client.send", connection, body)
        connection.sock.sendall(head + body)
        return None
    why = None if is_plain else (reasons.SOCKET, type(connection.sock))
    connection.send(head)
    connection.send(body)
    return why


def note_cut(connection: Any, exchange: Exchange) -> None:
    if connection._HTTPConnection__state == REQ_SENT:  # else it is closed, and no doubt is left
        exchange.doubt = Doubt.CUT


def send_plainly(
    connection: Any, method: str, url: str, body: Any, headers: Any, encode_chunked: bool
) -> None:
    encode_chunked = put_head(connection, method, url, body, headers, encode_chunked)
    if isinstance(body, str):
        body = hooks.hook("_encode")(body, "body")
    connection.endheaders(body, encode_chunked=encode_chunked)


def put_head(
    connection: Any, method: str, url: str, body: Any, headers: Any, encode_chunked: bool
) -> bool:
    """Put the lines of a request's head. Return whether its body is to be sent in chunks."""
    names = {name.lower() for name in headers}  # no generator: see guard_py.py
    skips: dict[str, Any] = {}
    if "host" in names:
        skips["skip_host"] = 1
    if "accept-encoding" in names:
        skips["skip_accept_encoding"] = 1
    connection.putrequest(method, url, **skips)
    if "content-length" in names:
        encode_chunked = False
    elif "transfer-encoding" not in names:
        encode_chunked = _put_framing(connection, method, body)
    for name, value in headers.items():
        connection.putheader(name, value)
    return encode_chunked


# --------------------------------------------------------- piece by piece


def send(self: Any, data: Any) -> None:
    """Send bytes-like data, a file or an iterable of bytes-like objects, as they are.

    A file is read by `blocksize` bytes at a time, and a text file encoded as ISO-8859-1. Where
    there is no connection, it is opened. Raises `NotConnected` where `auto_open` is 0,
    `TypeError` for other data, and `OSError`.
    """
    if self.sock is None:
        if not self.auto_open:
            raise NotConnected()
        self.connect()
    if self.debuglevel > 0:
        hooks.hook("print")("send:", repr(data))
    sock = timed_socket(self.sock, exchange_of(self).deadline)
    if hasattr(data, "read"):
        if self.debuglevel > 0:
            hooks.hook("print")("sending a readable")
        for block in _blocks_of(self, data):
            sys.audit("http.client.send", self, block)
            sock.sendall(block)
        return
    sys.audit("http.client.send", self, data)
    try:
        sock.sendall(data)
    except TypeError:
        if not isinstance(data, Iterable):
            raise TypeError(
                f"data should be a bytes-like object or an iterable, got {type(data)!r}"
            ) from None
        for block in data:
            sock.sendall(block)


def send_output(self: Any, message_body: Any = None, encode_chunked: bool = False) -> None:
    """Send what was put so far, then the body: `HTTPConnection._send_output`."""
    self._buffer.extend((b"", b""))
    head = b"\r\n".join(self._buffer)
    del self._buffer[:]
    self.send(head)
    if message_body is None:
        return
    for piece in pieces_of_body(self, message_body, encode_chunked and self._http_vsn == 11):
        self.send(piece)


def pieces_of_body(connection: Any, body: Any, chunked: bool) -> Iterator[Any]:
    """Return the pieces in which a body is sent, in chunks (RFC 9112 7.1) or as they are."""
    for block in _blocks_of_body(connection, body):
        if not block:
            if connection.debuglevel > 0:
                hooks.hook("print")("Zero length chunk ignored")
            continue
        yield b"%X\r\n" % len(block) + block + b"\r\n" if chunked else block
    if chunked:
        yield b"0\r\n\r\n"


def read_readable(self: Any, readable: Any) -> Iterator[bytes]:
    """Return the blocks of a file: `HTTPConnection._read_readable`."""
    if self.debuglevel > 0:
        hooks.hook("print")("reading a readable")
    return _blocks_of(self, readable)


def _put_framing(connection: Any, method: str, body: Any) -> bool:
    """Put the field that says where the body ends. Return whether that is by chunks."""
    length = connection._get_content_length(body, method)
    if length is not None:
        connection.putheader("Content-Length", str(length))
    elif body is not None:
        if connection.debuglevel > 0:
            hooks.hook("print")(f"Unable to determine size of {body!r}")
        connection.putheader("Transfer-Encoding", "chunked")
        return True
    return False


def _blocks_of(connection: Any, readable: Any) -> Iterator[bytes]:
    encode = connection._is_textIO(readable)
    if encode and connection.debuglevel > 0:
        hooks.hook("print")("encoding file using iso-8859-1")
    while block := readable.read(connection.blocksize):
        yield block.encode("iso-8859-1") if encode else block


def _blocks_of_body(connection: Any, body: Any) -> Any:
    # A file comes before the buffer protocol: an mmap has a position that counts.
    if hasattr(body, "read"):
        return connection._read_readable(body)
    try:
        memoryview(body)
    except TypeError:
        try:
            return iter(body)
        except TypeError:
            raise TypeError(
                f"message_body should be a bytes-like object or an iterable, got {type(body)!r}"
            ) from None
    return (body,)
