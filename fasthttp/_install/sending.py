"""Requests in `http.client.HTTPConnection`: whole ones, and line by line.

Each fast way first makes sure that the plain one would do the same and raise nothing; only then
does it touch the connection. Checks, errors and everything unusual are the originals'.
"""

from __future__ import annotations

from .._client.sending import JOINED_BODY
from .._client.sockets import is_plain_socket
from .._codec import refusals
from .._compiled import encode_field, encode_head
from .._http import reasons
from .guards import guards
from .ordinary import ordinary
from .places import STD, leaf, step_aside

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._http.reasons import Reason

_MOST_HOSTS = 256

#: By (host, port or None for the default one): the value of the Host field, its line, and that with
#: its end.
hosts: dict[tuple[str, int | None], tuple[Any, bytes, bytes]] = {}


def _is_plain_word(text: Any) -> bool:
    """Whether this is ASCII without spaces and controls, so that no check refuses it."""
    return type(text) is str and text.isascii() and text.isprintable() and " " not in text


def _host_of(connection: Any) -> tuple[Any, bytes, bytes] | None:
    """What `hosts` has for the host of a connection; None for one that some versions treat
    otherwise, or that is wrong. The value is as putrequest() gives it to putheader().
    """
    try:
        if connection._tunnel_host:
            host, port = connection._tunnel_host, connection._tunnel_port
        else:
            host, port = connection.host, connection.port
    except AttributeError:  # a subclass does without, and brings its own Host
        return None
    if type(host) is not str or type(port) is not int:
        return None
    key = (host, None if port == connection.default_port else port)
    found = hosts.get(key)
    if found is not None:
        return found
    if not _is_plain_word(host) or ":" in host or "%" in host:
        return None
    value = host.encode("ascii") if key[1] is None else f"{host}:{port}"
    line = encode_field("Host", value)
    if not isinstance(line, bytes):
        return None
    if len(hosts) >= _MOST_HOSTS:
        hosts.clear()
    found = hosts[key] = value, line, line + b"\r\n"
    return found


def _is_ready(connection: Any) -> bool:
    """Whether a request may be started; then a response that has been read is forgotten."""
    if connection._HTTPConnection__state != "Idle":
        return False
    response = connection._HTTPConnection__response
    if response and response.isclosed():
        connection._HTTPConnection__response = None
    return True


@leaf("HTTPConnection._send_request")
def _send_request(
    self: Any, method: Any, url: Any, body: Any, headers: Any, encode_chunked: Any
) -> None:
    lent = ordinary.lent
    if lent is not None and lent.send(self, method, url, body, headers):
        return
    why = _send_at_once(self, method, url, body, headers)
    if why is not None:
        given = self, method, url, body, headers, encode_chunked
        step_aside("HTTPConnection._send_request", why, *given)


def _send_at_once(connection: Any, method: Any, url: Any, body: Any, headers: Any) -> Reason | None:
    if connection.debuglevel > 0:
        return reasons.DEBUG
    if not guards.sends_whole(connection):
        return reasons.METHODS, (guards.sends_whole, connection)
    if not guards.checks_unchanged():
        return reasons.LENT_FUNCTIONS, guards.checks_unchanged
    content = body
    if body is None:
        if type(method) is not str:
            return refusals.METHOD, method
        length = 0 if method.upper() in STD["_METHODS_EXPECTING_BODY"] else -1
    else:
        if type(body) is str:
            try:
                content = body.encode("latin-1")
            except UnicodeEncodeError:
                return reasons.BODY_NOT_LATIN
        elif type(body) is not bytes:
            return reasons.BODY, type(body)
        length = len(content)
    host = _host_of(connection)
    if host is None:
        return reasons.HOST
    lines = connection._buffer
    # Lines that somebody has put there go first, and a list of somebody's own sees each line.
    if type(lines) is not list:
        return reasons.LINES, type(lines)
    if connection._http_vsn != 11 or connection._http_vsn_str != "HTTP/1.1":
        return reasons.VERSION
    head = encode_head(method, url, host[2], length, headers)
    if not isinstance(head, bytes):
        return head
    if lines or not _is_ready(connection):
        return reasons.UNUSUAL_REQUEST
    connection._HTTPConnection__state = "Request-sent"
    connection._method = method
    _transmit(connection, head, content)
    return None


def _transmit(connection: Any, head: bytes, body: bytes | None) -> Reason | None:
    """Send head and body as two calls of send() do, in one system call where nobody can tell."""
    if connection.sock is None:
        if not connection.auto_open:
            raise STD["NotConnected"]()
        connection.connect()
    sock = connection.sock
    is_plain = is_plain_socket(sock)
    if not is_plain or (body and len(body) > JOINED_BODY):
        connection.send(head)
        if not body:
            return None
        connection.send(body)
        return None if is_plain else (reasons.SOCKET, type(sock))
    audit = STD["sys"].audit
    audit("http.client.send", connection, head)
    if body:
        audit("http.client.send", connection, body)
        head += body
    sock.sendall(head)
    return None


@leaf("HTTPConnection._send_output")
def _send_output(self: Any, message_body: Any = None, encode_chunked: Any = False) -> None:
    lines = self._buffer
    why: Reason
    if message_body is not None and (type(message_body) is not bytes or encode_chunked):
        kind = type(message_body)
        why = reasons.BODY_IN_CHUNKS if encode_chunked else (reasons.BODY_OF_OUTPUT, kind)
    elif type(lines) is not list:
        why = reasons.LINES, type(lines)
    elif self.debuglevel > 0:
        why = reasons.DEBUG
    elif not guards.sends_plainly(self):
        why = reasons.METHODS, (guards.sends_plainly, self)
    else:
        lines.extend((b"", b""))
        head = b"\r\n".join(lines)
        del lines[:]
        _transmit(self, head, message_body)
        return
    step_aside("HTTPConnection._send_output", why, self, message_body, encode_chunked)


@leaf("HTTPConnection.putrequest")
def putrequest(
    self: Any, method: Any, url: Any, skip_host: Any = False, skip_accept_encoding: Any = False
) -> None:
    host = None
    why: Reason
    if not (url and _is_plain_word(url)):
        why = refusals.TARGET, url
    elif not _is_plain_word(method):
        why = refusals.METHOD, method
    elif url.startswith("http"):
        why = refusals.WHOLE_URL
    elif not guards.starts_plainly(self):
        why = reasons.METHODS, (guards.starts_plainly, self)
    elif not guards.checks_unchanged():
        why = reasons.LENT_FUNCTIONS, guards.checks_unchanged
    elif self._http_vsn != 11 or self._http_vsn_str != "HTTP/1.1":
        why = reasons.VERSION
    elif not (skip_host or (host := _host_of(self))):
        why = reasons.HOST
    elif not _is_ready(self):
        why = reasons.STARTED
    else:
        self._HTTPConnection__state = "Request-started"
        self._method = method
        line = f"{method} {url} HTTP/1.1".encode("ascii")
        lines = self._buffer
        if type(lines) is list and guards.puts_plainly(self):
            lines.append(line)
            if host is not None:
                lines.append(host[1])
            if not skip_accept_encoding:
                lines.append(b"Accept-Encoding: identity")
            return
        self._output(line)
        if host is not None:
            self.putheader("Host", host[0])
        if not skip_accept_encoding:
            self.putheader("Accept-Encoding", "identity")
        return
    given = self, method, url, skip_host, skip_accept_encoding
    step_aside("HTTPConnection.putrequest", why, *given)


@leaf("HTTPConnection.putheader")
def putheader(self: Any, header: Any, *values: Any) -> None:
    why: Reason
    try:
        (value,) = values  # takes less time than to ask for their number
    except ValueError:
        why = reasons.SEVERAL_VALUES
    else:
        if self._HTTPConnection__state != "Request-started":
            why = reasons.NOT_STARTED
        elif not guards.checks_unchanged():
            why = reasons.LENT_FUNCTIONS, guards.checks_unchanged
        else:
            line = encode_field(header, value)
            if isinstance(line, bytes):
                self._output(line)
                return
            why = line
    step_aside("HTTPConnection.putheader", why, self, header, *values)
