"""HTTPConnection: the states of a connection, and how requests leave it.

Two ways out. The plain one is complete: putrequest, putheader, endheaders, send, each of which
a subclass may override. The fast one writes the whole head of an ordinary request at once and
sends a small body along with it; it is entered only where nothing that it skips has been changed,
and before anything has happened, so that the plain way can still be taken.
"""

from __future__ import annotations

import socket
import sys
from http.client import (
    CannotSendHeader,
    NotConnected,
    ResponseNotReady,
)

from . import forking, hooks, request
from ._codec import Pristine, encode_head
from .deadline import timed_socket
from .exchange import Exchange
from .lifecycle import AWAITED, BROKEN, CUT, IDLE, REFUSED, REQ_SENT, REQ_STARTED
from .policy import Policy
from .reader import is_plain_socket
from .response import HTTPResponse

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import Any


#: A body of up to so many bytes is sent with its head in one call. Beyond, copying it costs more
#: than a second system call.
_JOINED_BODY = 65536


class HTTPConnection(Exchange):
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
        connection is not used again. Raises `InvalidURL`, and `ValueError` for contradictions.
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
        self._host_line: tuple[Any, bytes] = (None, b"")
        # None of them in the class as well: CPython 3.13 does not specialise the reading of what
        # both have, which is 3,000 of 67,000 instructions of a small request.
        self._policy = self._deadline = self._resend = self._doubt = None
        forking.note_connection(self)
        asked = on_informational, strict, skip_bad_lines, max_head_bytes, deadline, retry_stale
        if any(asked) or idle_timeout is not None or max_head_bytes == 0 or deadline == 0:
            self._policy = Policy(*asked, idle_timeout)

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
        self._forget_finished_response()
        if self.__state != IDLE:
            self._start_anew()
        self._start_deadline()
        self.__state = REQ_STARTED
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
        """Add a field. Several values become continuation lines of one.

        Values are str (ISO-8859-1), bytes-like or int. Raises `CannotSendHeader` where no request
        has been started, and `ValueError` for a name or a value that must not be sent.
        """
        if self.__state != REQ_STARTED:
            raise CannotSendHeader()
        self._output(request.encode_field(header, values))

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        """End the header section and send it, and a body if there is one.

        `message_body` is bytes-like, a file or an iterable of bytes-like objects;
        `encode_chunked`: each block becomes a chunk (RFC 9112 7.1). Raises `CannotSendHeader` where
        no request has been started, what `connect` raises, `TypeError` for another body, and
        `OSError`.
        """
        if self.__state != REQ_STARTED:
            raise CannotSendHeader()
        self._leave_connection_out_of_step()
        self.__state = REQ_SENT
        self._doubt = None
        try:
            self._send_output(message_body, encode_chunked=encode_chunked)
        except BaseException:
            if self.__state == REQ_SENT:  # else it is closed, and no doubt is left
                self._doubt = CUT
            raise

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
        if self._policy is None and deadline is None and self._deadline is None:
            self._send_request(method, url, body, headers, encode_chunked)
        else:
            reused = self.__response is not None and self.sock is not None
            self._send_with_care((method, url, body, headers, encode_chunked), deadline, reused)

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
        was_idle = self.__state == IDLE
        try:
            self.__send_plainly(method, url, body, headers, encode_chunked)
        except BaseException:
            if was_idle and self.__state == REQ_STARTED:
                self._doubt = REFUSED
            raise

    def __send_plainly(
        self, method: str, url: str, body: Any, headers: Any, encode_chunked: bool
    ) -> None:
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
            encode_chunked = self._put_framing(method, body)
        for name, value in headers.items():
            self.putheader(name, value)
        if isinstance(body, str):
            body = hooks.hook("_encode")(body, "body")
        self.endheaders(body, encode_chunked=encode_chunked)

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
            self._forget_finished_response()
        if self.__state != IDLE:
            self._start_anew()
        self.__state = REQ_SENT
        self._method = method
        try:
            if self._deadline is not None:
                self._deadline.is_new = False
                self.send(head)
                if body:
                    self.send(body)
            elif body:
                self.__send_with_body(head, body)
            elif self.sock is None:
                self.send(head)
            else:
                sys.audit("http.client.send", self, head)
                self.sock.sendall(head)
        except BaseException:
            if self.__state == REQ_SENT:  # else it is closed, and no doubt is left
                self._doubt = CUT
            raise
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

    def getresponse(self) -> HTTPResponse:
        """The response to the request that was sent: an instance of `response_class`.

        Raises `ResponseNotReady` where there is none to come yet, what its `begin` raises, and
        `RemoteDisconnected` where the response before it left the connection out of step.
        """
        if self.__response is not None:
            self._forget_finished_response()
        lost = self._doubt is not None and (self._doubt is BROKEN or self.sock is None)
        if self.__state != REQ_SENT or self.__response or lost:
            raise ResponseNotReady(self.__state)
        response: Any = None
        try:
            sock = self.sock if self._deadline is None else timed_socket(self)
            if self.debuglevel > 0:
                response = self.response_class(sock, self.debuglevel, method=self._method)
            else:
                response = self.response_class(sock, method=self._method)
            if self._policy is not None and isinstance(response, HTTPResponse):
                response._policy = self._policy
            if self.max_response_headers is None:
                response.begin()
            else:
                response.begin(_max_headers=self.max_response_headers)
            self.__state = IDLE
            if response.will_close or self._doubt is CUT:
                self.close()  # the response keeps the socket open for itself
            else:
                self._doubt = None
                self.__response = response
        except BaseException as error:
            if not self.__may_resend(response, error):
                raise
        else:
            if self._deadline is not None or self._resend is not None:
                self._deadline = self._resend = None
            result: HTTPResponse = response
            return result
        self._send_again()
        return self.getresponse()

    def __may_resend(self, response: Any, error: BaseException) -> bool:
        """Look after a head that failed; whether the request should be sent once more."""
        unheard = isinstance(response, HTTPResponse) and response._is_unheard(error)
        if response is not None:
            response.close()
        if unheard and isinstance(error, TimeoutError) and self._deadline is None:
            # As ever, the answer may be waited for again; or another request may be made.
            self._doubt = AWAITED
            return False
        if isinstance(error, ConnectionError):
            self.close()
            if unheard and self._resend is not None:
                return self._resend.is_allowed(was_sent=True)
        elif self.sock is not None:
            # As http.client has it, `sock` stays; but nothing can be read from it any more.
            self.sock.close()
            self.__state, self.__response, self._doubt = REQ_SENT, None, BROKEN
        self._deadline = self._resend = None
        return False


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
