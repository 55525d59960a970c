"""HTTPConnection: how a connection is opened, carries requests, gets their answers, and is closed.

Two ways out. The plain one is complete: putrequest, putheader, endheaders, send, each of which
a subclass may override. The fast one writes the whole head of an ordinary request at once and
sends a small body along with it; it is entered only where nothing that it skips has been changed,
and before anything has happened, so that the plain way can still be taken.

The class reads from top to bottom: open and close, a request piece by piece, whole exchanges. What
it needs are functions that take a connection: sending.py (a request goes out), tunnel.py (CONNECT),
reuse.py (one exchange after another), retrying.py (deadlines, second tries). exchange.py has the
table of what may follow what.
"""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from collections.abc import Callable
from http.client import CannotSendHeader, HTTPMessage, ResponseNotReady
from types import MemberDescriptorType

from .._compiled import Pristine, Requests, Unchanged
from .._http import hooks, notes, request
from .._http.strict import asks_upgrade
from . import forking, retrying, sending, tunnel
from .attributes import Shown
from .exchange import (
    IDLE,
    REQ_SENT,
    REQ_STARTED,
    Doubt,
    Exchange,
    First,
    before_request,
    exchange_of,
    may_have_answer,
    own_exchange,
)
from .overlay import put_over
from .policy import Policy
from .receiving import receive
from .response import HTTPResponse, usual
from .reuse import forget_finished_response, leave_what_is_out_of_step, make_ready, shut
from .sockets import PLAIN_SENDS, PLAIN_SOCKET, TLS_SENDS, TLS_SOCKET, is_plain_socket, is_spent

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()


#: What `vars()` shows of a connection.
shown = Shown(http.client.HTTPConnection)
_DEFAULT_TIMEOUT: Any = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]


class HTTPConnection(http.client.HTTPConnection):
    """A connection to one server; see `http.client.HTTPConnection`.

    Same attributes, methods, states and errors as in CPython 3.15.2. Sending raises
    `CannotSendRequest` and `CannotSendHeader` out of order, `ValueError` and `InvalidURL` for what
    must not go on the wire, `NotConnected` where `auto_open` is 0, and `OSError`. In a `with` block
    it is closed at the end.
    """

    # The state of an exchange is read and written several times in each. What http.client's
    # connections do not have begins with _fasthttp, so that no subclass has it too.
    __slots__ = (
        "__response",
        "__state",
        "_buffer",
        "_create_connection",
        "_fasthttp",
        "_method",
        "_raw_proxy_headers",
        "_tunnel_headers",
        "_tunnel_host",
        "_tunnel_port",
        "blocksize",
        "host",
        "max_response_headers",
        "port",
        "sock",
        "source_address",
        "timeout",
    )

    response_class: Any = HTTPResponse
    sock: Any
    _http_vsn: int
    _http_vsn_str: str
    _fasthttp: Exchange

    def __init__(
        self,
        host: str,
        port: int | None = None,
        timeout: Any = _DEFAULT_TIMEOUT,
        source_address: tuple[str, int] | None = None,
        blocksize: int = 8192,
        *,
        max_response_headers: int | None = None,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
        strict: bool = False,
        skip_bad_lines: bool = False,
        max_head_bytes: int | None = None,
        deadline: float | None = None,
        retry_stale: bool = False,
        idle_timeout: float | None = None,
    ) -> None:
        """`timeout` in seconds; `blocksize` in bytes: how much of a file is read at a time.

        What http.client does not have: `on_informational` is called with the status, reason and
        header section of each interim response; `strict` holds the server to RFC 9112,
        `skip_bad_lines` drops malformed header lines and keeps the others; `max_head_bytes` is the
        limit of a header or trailer section, 1 MiB unless it is set; `deadline` that of each
        exchange as a whole, in seconds; `retry_stale` sends a request once more where a connection
        that was kept open turns out to be dead; `idle_timeout` is after how many idle seconds a
        connection is not used again. Raises `InvalidURL`, `TypeError` for what is of a wrong type,
        and `ValueError` for a wrong value and for contradictions.
        """
        self.timeout = timeout
        self.source_address = source_address
        self.blocksize = blocksize
        self.sock = None
        self._buffer: list[bytes] = []
        self.__response: Any = None
        self.__state = IDLE
        self._method: str | None = None
        self._tunnel_host: str | None = None
        self._tunnel_port: int | None = None
        self._tunnel_headers: Any = {}
        self._raw_proxy_headers: list[bytes] | None = None
        self.max_response_headers = max_response_headers
        self.host, self.port = self._get_hostport(host, port)
        self._validate_host(self.host)
        # An attribute, because tests and PySocks-like tools put their own in its place.
        self._create_connection = hooks.hook("socket").create_connection
        policy = None
        is_limited = not (max_head_bytes is None and deadline is None and idle_timeout is None)
        if strict or skip_bad_lines or retry_stale or is_limited or on_informational is not None:
            policy = Policy(
                on_informational,
                strict,
                skip_bad_lines,
                max_head_bytes,
                deadline,
                retry_stale,
                idle_timeout,
            )
        self._fasthttp = Exchange(policy)
        forking.note_connection(self)

    def __enter__(self) -> HTTPConnection:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ------------------------------------------------------- opening and closing

    set_tunnel = tunnel.set_tunnel
    get_proxy_response_headers = tunnel.get_proxy_response_headers
    _tunnel = tunnel.open_tunnel
    _get_hostport = tunnel.get_hostport
    _wrap_ipv6 = tunnel.wrap_ipv6

    def connect(self) -> None:
        """Open the connection, and the tunnel if there is one.

        `request()` and `endheaders()` do it where it is needed. Raises `OSError`: `TimeoutError`
        after `timeout` or `deadline`, `socket.gaierror` for a name that is not found, and its own
        for a tunnel that is refused; `BadStatusLine` and the like for an answer that is none.
        """
        sys.audit("http.client.connect", self, self.host, self.port)
        where = (self.host, self.port), self.timeout, self.source_address
        deadline = exchange_of(self).deadline
        if deadline is None:
            self.sock = self._create_connection(*where)
        else:
            self.sock = deadline.connect(self._create_connection, *where)
        try:
            _send_without_delay(self.sock)
            if self._tunnel_host:
                self._tunnel()
        except BaseException as error:
            notes.of_limit(error, getattr(self, "max_response_headers", None))
            shut(self)
            raise

    def close(self) -> None:
        """Close the connection; a response that still reads from it is closed too."""
        shut(self)

    # ------------------------------------------------------- request, piecewise

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,
        skip_accept_encoding: bool = False,
    ) -> None:
        """Start a request: its first line, Host and "Accept-Encoding: identity".

        `skip_host` and `skip_accept_encoding` leave out one of these fields. Raises
        `CannotSendRequest` where a request is under way, `ValueError` and `InvalidURL` for a method
        or a target that must not be sent.
        """
        make_ready(self)
        exchange = own_exchange(self)
        retrying.start_deadline(exchange)
        exchange.upgrade = False
        self.__state = REQ_STARTED
        self._validate_method(method)
        self._method = method
        url = url or "/"
        self._validate_path(url)
        # Not an f-string, which asks a str subclass, as a (str, Enum) is one, for another text.
        self._output(self._encode_request("%s %s %s" % (method, url, self._http_vsn_str)))  # noqa: UP031
        if self._http_vsn != 11:
            return
        if not skip_host:
            host = request.host_of_url(url)
            self.putheader("Host", sending.own_host(self) if host is None else host)
        if not skip_accept_encoding:
            self.putheader("Accept-Encoding", "identity")

    def _encode_request(self, request: str) -> bytes:
        # ASCII, because anything else could be read as a control by some server (CVE-2019-9740).
        return request.encode("ascii")

    def _validate_method(self, method: str) -> None:
        request.check_method(method)

    def _validate_path(self, url: str) -> None:
        request.check_url(url)

    def _validate_host(self, host: str) -> None:
        request.check_url(host)

    def putheader(self, header: str | bytes, *values: Any) -> None:
        """Add a field. Several values become continuation lines of one.

        Values are str (ISO-8859-1), bytes-like or int. Raises `CannotSendHeader` where no request
        has been started, and `ValueError` for a name or a value that must not be sent.
        """
        if self.__state != REQ_STARTED:
            raise CannotSendHeader()
        self._output(request.encode_field(header, values))
        exchange = exchange_of(self)
        if exchange.policy is not None and not exchange.upgrade:
            exchange.upgrade = asks_upgrade((header,))

    def _output(self, s: bytes) -> None:
        self._buffer.append(s)

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        """End the header section and send it, and a body if there is one.

        `message_body` is bytes-like, a file or an iterable of bytes-like objects;
        `encode_chunked`: each block becomes a chunk (RFC 9112 7.1). Raises `CannotSendHeader` where
        no request has been started, what `connect` raises, `TypeError` for another body, and
        `OSError`.
        """
        if self.__state != REQ_STARTED:
            raise CannotSendHeader()
        exchange = own_exchange(self)
        leave_what_is_out_of_step(self)
        self.__state = REQ_SENT
        exchange.doubt = None
        try:
            self._send_output(message_body, encode_chunked=encode_chunked)
        except BaseException:
            sending.note_cut(self, exchange)
            raise

    send = sending.send
    _send_output = sending.send_output
    _read_readable = sending.read_readable

    @staticmethod
    def _get_content_length(body: Any, method: str) -> int | None:
        return request.length_of_body(body, method)

    # -------------------------------------------------------- whole exchanges

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = {},  # noqa: B006 - http.client's signature; never written to
        *,
        encode_chunked: bool = False,
        deadline: float | None = None,
    ) -> None:
        """Send a whole request.

        `body` is str (ISO-8859-1), bytes-like, a text or binary file, or an iterable. Its length
        goes into Content-Length where it is known, else it is sent in chunks; a Content-Length
        or Transfer-Encoding in `headers` rules, and `encode_chunked` with the latter. `deadline`,
        in seconds, counts for this exchange in the place of the connection's.
        """
        try:
            exchange = self._fasthttp
        except AttributeError:
            exchange = own_exchange(self)
        if exchange.policy is None and deadline is None and exchange.deadline is None:
            self._send_request(method, url, body, headers, encode_chunked)
        else:
            retrying.send_with_conditions(
                self, (method, url, body, headers, encode_chunked), deadline
            )

    def _send_request(
        self, method: str, url: str, body: Any, headers: Any, encode_chunked: bool
    ) -> None:
        try:
            exchange = self._fasthttp
        except AttributeError:
            exchange = own_exchange(self)
        if sending.send_fast(self, exchange, method, url, body, headers) is None:
            return
        may_start = before_request(self.__state, exchange.doubt) is not First.ERROR
        try:
            sending.send_plainly(self, method, url, body, headers, encode_chunked)
        except BaseException:
            if may_start and self.__state == REQ_STARTED:
                exchange.doubt = Doubt.REFUSED
            raise

    def getresponse(self) -> HTTPResponse:
        """Return the response to the request that was sent: an instance of `response_class`.

        Raises `ResponseNotReady` where there is none to come yet, what its `begin` raises, and
        `RemoteDisconnected` where the response before it left the connection out of step.
        """
        try:
            exchange = self._fasthttp
        except AttributeError:
            exchange = own_exchange(self)
        if self.__response is not None:
            forget_finished_response(self)
        doubt = exchange.doubt
        if self.__state != REQ_SENT or self.__response:
            raise ResponseNotReady(self.__state)
        if doubt is not None and (self.sock is None or not may_have_answer(REQ_SENT, doubt)):
            raise ResponseNotReady(self.__state)
        return receive(self, exchange)

    # --------------------------------------------------- what it keeps, and pickling

    __dict__ = property(shown.get, shown.set)

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and copy keep. A socket is refused by pickle: so are connections that
        are open.
        """
        state = shown.get(self) | {"_fasthttp": Exchange(exchange_of(self).policy)}
        if state.get("timeout") is _DEFAULT_TIMEOUT:
            del state["timeout"]  # which is known by its identity
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        shown.get(self).update({"timeout": _DEFAULT_TIMEOUT} | state)
        forking.note_connection(self)


shown.of = {
    name: found
    for name, found in vars(HTTPConnection).items()
    if type(found) is MemberDescriptorType
}


def _send_without_delay(sock: Any) -> None:
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        if error.errno != errno.ENOPROTOOPT:
            raise


sending.request_methods_unchanged = Pristine(HTTPConnection, sending.REQUEST_METHODS)

#: Sends an ordinary request on an open connection, and takes the head of the answer, in C; None
#: where there is no such.
usual_requests: Any = None
#: What a program may have set on http.client's class before this was imported, and later.
_of_class = {"debuglevel": 0, "_http_vsn": 11, "_http_vsn_str": "HTTP/1.1"}
_is_plain_class = all(getattr(HTTPConnection, name) == of for name, of in _of_class.items())
if Requests is not None and PLAIN_SOCKET is not None and _is_plain_class:
    # What is read past the class must not be a property of a subclass.
    _on_class = "__setattr__", "__getattribute__", *shown.of
    usual_requests = Requests(
        methods=Pristine(
            HTTPConnection,
            ("_send_request", *sending.REQUEST_METHODS, *_of_class),
            _on_class,
        ),
        receives=Pristine(HTTPConnection, ("debuglevel", "response_class"), _on_class),
        checks=hooks.request_checks_unchanged,
        connection_class=HTTPConnection,
        exchange_class=Exchange,
        response_class=HTTPResponse,
        socket_class=PLAIN_SOCKET,
        sockets=Unchanged({}, (), {}, ((PLAIN_SOCKET, PLAIN_SENDS),)),
        tls_class=TLS_SOCKET,
        tls_methods=TLS_SOCKET and Pristine(TLS_SOCKET, TLS_SENDS),
        namespace=vars(http.client),
        states=(IDLE, REQ_SENT),
        is_spent=is_spent,
        is_plain=is_plain_socket,
        note_cut=sending.note_cut,
        shut=shut,
        joined=sending.JOINED_BODY,
        responses=usual,
        go_on=receive,
        is_to_be_sent_again=retrying.is_to_be_sent_again,
        send_again=retrying.send_again,
    )
    put_over(HTTPConnection, usual_requests, "request", "getresponse")
