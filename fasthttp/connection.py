"""HTTPConnection: the states of a connection, and how requests leave it.

Two ways out. The plain one is complete: putrequest, putheader, endheaders, send, each of which
a subclass may override. The fast one writes the whole head of an ordinary request at once and
sends a small body along with it; it is entered only where nothing that it skips has been changed,
and before anything has happened, so that the plain way can still be taken.
"""

from __future__ import annotations

import errno
import socket
import sys
from http.client import (
    CannotSendHeader,
    CannotSendRequest,
    NotConnected,
    RemoteDisconnected,
    ResponseNotReady,
)

from . import hooks, request
from ._codec import Pristine, encode_head
from .reader import has_unsolicited, is_plain_socket
from .response import HTTPResponse
from .sending import Sender
from .tunnel import Tunnel

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_IDLE = "Idle"
_REQ_STARTED = "Request-started"
_REQ_SENT = "Request-sent"

#: A body of up to so many bytes is sent with its head in one call. Beyond, copying it costs more
#: than a second system call.
_JOINED_BODY = 65536

class HTTPConnection(Sender, Tunnel):
    """A connection to one server; see `http.client.HTTPConnection`.

    Same attributes, methods, states and errors as in CPython 3.15.2. Sending raises
    `CannotSendRequest` and `CannotSendHeader` out of order, `ValueError` and `InvalidURL` for what
    must not go on the wire, `NotConnected` where `auto_open` is 0, and `OSError`.
    """

    response_class: Any = HTTPResponse
    sock: Any

    def __init__(
        self,
        host: str,
        port: int | None = None,
        timeout: Any = socket._GLOBAL_DEFAULT_TIMEOUT,  # type: ignore[attr-defined]
        source_address: tuple[str, int] | None = None,
        blocksize: int = 8192,
        *,
        max_response_headers: int | None = None,
    ) -> None:
        """`timeout` in seconds; `blocksize` in bytes: how much of a file is read at a time."""
        self.timeout = timeout
        self.source_address = source_address
        self.blocksize = blocksize
        self.sock = None
        self._buffer: list[bytes] = []
        self.__response: Any = None
        self.__state = _IDLE
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
        self._host_line: tuple[Any, bytes] = (None, b"")

    # ---------------------------------------------------- opening and closing

    def connect(self) -> None:
        """Open the connection, and the tunnel if there is one (`OSError`)."""
        sys.audit("http.client.connect", self, self.host, self.port)
        self.sock = self._create_connection(
            (self.host, self.port), self.timeout, self.source_address
        )
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            if error.errno != errno.ENOPROTOOPT:
                raise
        if self._tunnel_host:
            self._tunnel()

    def close(self) -> None:
        """Close the connection; a response that still reads from it is closed too."""
        self.__state = _IDLE
        try:
            sock = self.sock
            if sock:
                self.sock = None
                sock.close()
        finally:
            response = self.__response
            if response:
                self.__response = None
                response.close()

    # ------------------------------------------------------- request, piecewise

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,
        skip_accept_encoding: bool = False,
    ) -> None:
        """Start a request: its first line, Host and "Accept-Encoding: identity"."""
        self.__forget_finished_response()
        if self.__state != _IDLE:
            raise CannotSendRequest(self.__state)
        self.__state = _REQ_STARTED
        self._validate_method(method)
        self._method = method
        url = url or "/"
        self._validate_path(url)
        self._output(self._encode_request(f"{method} {url} {self._http_vsn_str}"))
        if self._http_vsn != 11:
            return
        if not skip_host:
            host = request.host_of_url(url)
            self.putheader("Host", self._own_host() if host is None else host)
        if not skip_accept_encoding:
            self.putheader("Accept-Encoding", "identity")

    def _own_host(self) -> bytes:
        host, port = self.host, self.port
        if self._tunnel_host:
            host, port = self._tunnel_host, self._tunnel_port  # type: ignore[assignment]
        return request.host_value(host, port, self.default_port, self._wrap_ipv6)

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
        """Add a field. Several values become continuation lines of one."""
        if self.__state != _REQ_STARTED:
            raise CannotSendHeader()
        self._output(request.encode_field(header, values))

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        """End the header section and send it, and a body if there is one."""
        if self.__state != _REQ_STARTED:
            raise CannotSendHeader()
        self.__leave_connection_out_of_step()
        self.__state = _REQ_SENT
        self._send_output(message_body, encode_chunked=encode_chunked)

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
    ) -> None:
        """Send a whole request.

        `body` is str (ISO-8859-1), bytes-like, a text or binary file, or an iterable. Its length
        goes into Content-Length where it is known, else it is sent in chunks; a Content-Length
        or Transfer-Encoding in `headers` rules, and `encode_chunked` with the latter.
        """
        self._send_request(method, url, body, headers, encode_chunked)

    def _send_request(
        self, method: str, url: str, body: Any, headers: Any, encode_chunked: bool
    ) -> None:
        if (
            self.debuglevel <= 0
            and _request_methods(self)
            and hooks.request_checks_unchanged()
            and self.__send_fast(method, url, body, headers)
        ):
            return
        names = frozenset(name.lower() for name in headers)
        skips: dict[str, Any] = {}
        if "host" in names:
            skips["skip_host"] = 1
        if "accept-encoding" in names:
            skips["skip_accept_encoding"] = 1
        self.putrequest(method, url, **skips)
        if "content-length" in names:
            encode_chunked = False
        elif "transfer-encoding" not in names:
            encode_chunked = self.__put_framing(method, body)
        for name, value in headers.items():
            self.putheader(name, value)
        if isinstance(body, str):
            body = hooks.hook("_encode")(body, "body")
        self.endheaders(body, encode_chunked=encode_chunked)

    def __put_framing(self, method: str, body: Any) -> bool:
        """Put the field that says where the body ends; whether that is by chunks."""
        length = self._get_content_length(body, method)
        if length is not None:
            self.putheader("Content-Length", str(length))
        elif body is not None:
            if self.debuglevel > 0:
                hooks.hook("print")(f"Unable to determine size of {body!r}")
            self.putheader("Transfer-Encoding", "chunked")
            return True
        return False

    def __send_fast(self, method: str, url: str, body: Any, headers: Any) -> bool:
        kind = type(body)
        if kind is str:
            try:
                body = body.encode("latin-1")
            except UnicodeEncodeError:
                return False
        elif body is None:
            if type(method) is not str:
                return False
        elif kind is not bytes:
            return False
        if self._http_vsn != 11 or self._http_vsn_str != "HTTP/1.1":
            return False
        # Lines that somebody has put there go first, and a list of somebody's own sees each line.
        if self._buffer or type(self._buffer) is not list:
            return False
        length = request.length_of_body(body, method)
        host_line = self.__cached_host_line()
        if host_line is None:
            return False
        head = encode_head(method, url, host_line, -1 if length is None else length, headers)
        if head is None:
            return False
        if self.__response is not None:
            self.__forget_finished_response()
        if self.__state != _IDLE:
            raise CannotSendRequest(self.__state)
        self.__state = _REQ_SENT
        self._method = method
        if body:
            self.__send_with_body(head, body)
        elif self.sock is None:
            self.send(head)
        else:
            sys.audit("http.client.send", self, head)
            self.sock.sendall(head)
        return True

    def __cached_host_line(self) -> bytes | None:
        """The Host field with its end; None where the plain way has to say what is wrong."""
        key = (self.host, self.port, self._tunnel_host, self._tunnel_port, self.default_port)
        known, line = self._host_line
        if key != known:
            try:
                line = b"Host: " + self._own_host() + b"\r\n"
            except (UnicodeError, AttributeError, TypeError):
                return None
            if line.count(b"\r") + line.count(b"\n") != 2:
                return None
            self._host_line = (key, line)
        return line

    def __send_with_body(self, head: bytes, body: bytes) -> None:
        if self.sock is None:
            if not self.auto_open:
                raise NotConnected()
            self.connect()
        if len(body) <= _JOINED_BODY and is_plain_socket(self.sock):
            sys.audit("http.client.send", self, head)
            sys.audit("http.client.send", self, body)
            self.sock.sendall(head + body)
        else:
            self.send(head)
            self.send(body)

    def __forget_finished_response(self) -> None:
        """Let go of a response that has been read or closed.

        Where it was not read to the end of its message, or bytes came behind that, the next
        answer could not be told from its remains: then the connection is closed.
        """
        response, state = self.__response, self.__state
        # Where a request has been started already, endheaders() looks after it.
        if response is None or state == _REQ_STARTED or not response.isclosed():
            return
        # What has come while no request was sent is the answer to none.
        in_step = getattr(response, "_in_step", True)
        if in_step and (state != _IDLE or not has_unsolicited(self.sock)):
            self.__response = None
        elif state == _IDLE:
            self.close()
        else:
            self.close()
            raise RemoteDisconnected("Connection out of step after the last response")

    def __leave_connection_out_of_step(self) -> None:
        response = self.__response
        if response is not None and response.isclosed():
            if not getattr(response, "_in_step", True) or has_unsolicited(self.sock):
                self.close()  # not the request, which is not sent yet
            self.__response = None

    def getresponse(self) -> HTTPResponse:
        """The response to the request that was sent: an instance of `response_class`.

        Raises `ResponseNotReady` where there is none to come yet, and what its `begin` raises.
        """
        if self.__response is not None:
            self.__forget_finished_response()
        if self.__state != _REQ_SENT or self.__response:
            raise ResponseNotReady(self.__state)
        response: HTTPResponse
        if self.debuglevel > 0:
            response = self.response_class(self.sock, self.debuglevel, method=self._method)
        else:
            response = self.response_class(self.sock, method=self._method)
        try:
            try:
                if self.max_response_headers is None:
                    response.begin()
                else:
                    response.begin(_max_headers=self.max_response_headers)
            except ConnectionError:
                self.close()
                raise
            self.__state = _IDLE
            if response.will_close:
                self.close()  # the response keeps the socket open for itself
            else:
                self.__response = response
            return response
        except BaseException:
            response.close()
            raise


_request_methods = Pristine(
    HTTPConnection,
    (
        "putrequest",
        "putheader",
        "endheaders",
        "send",
        "_send_output",
        "_output",
        "_own_host",
        "_wrap_ipv6",
        "_encode_request",
        "_validate_method",
        "_validate_path",
        "_get_content_length",
    ),
)
