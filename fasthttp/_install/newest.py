"""CPython 3.15.2's behaviour for the `http.client` of 3.10 to 3.14: `install(newest=True)`.

What 3.15.2 does otherwise, and no more; the rest stays the running Python's own. Most of it is
what `fasthttp.client` has, lent to the stdlib's classes: bounded interim responses and trailers,
`max_response_headers`, checked CONNECT requests, false lengths that take no memory
(CVE-2025-13836), bodies that end where their message does.
"""

from __future__ import annotations

import socket

from .._client import heads, tunnel
from .._client.chunked import read_from_chunk, read_growing
from .._client.heads import begin_by_lines
from .._http import hooks, message, request
from .ordinary import finish
from .places import CLASSES, STD, HTTPMessage, found, lend, newer, newest

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_DEFAULT_TIMEOUT: Any = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]

# ------------------------------------------------------------------------ heads


@newest("_read_headers")
def _read_headers(fp: Any, max_headers: int | None = None) -> list[bytes]:
    return heads.read_headers(fp, max_headers, max_bytes=None)


@newest("_parse_header_lines")
def _parse_header_lines(header_lines: list[bytes], _class: type[Any] = HTTPMessage) -> Any:
    return message.parse_header_lines(header_lines, _class)


@newest("parse_headers")
def parse_headers(
    fp: Any, _class: type[Any] = HTTPMessage, *, _max_headers: int | None = None
) -> Any:
    lines = STD["_read_headers"](fp, _max_headers)
    return STD["_parse_header_lines"](lines, _class)


@newest("HTTPResponse.begin")
def begin(self: Any, *, _max_headers: int | None = None) -> None:
    if self.headers is not None:
        return
    self._max_headers = _max_headers
    begin_by_lines(self, _max_headers, STD.__getitem__, as_http_client=True)


# ----------------------------------------------------------------------- bodies


@newest("HTTPResponse.read")
def read(self: Any, amt: int | None = None) -> bytes:
    data: bytes = found["HTTPResponse.read"](self, None if amt is None or amt < 0 else amt)
    return data


@newest("HTTPResponse._read_chunked")
def _read_chunked(self: Any, amt: int | None = None) -> bytes:
    if amt is not None and amt < 0:
        amt = None
    parts: list[bytes] = []
    try:
        is_over = False
        while not is_over:
            amt, is_over = read_from_chunk(self, amt, parts)
    except STD["IncompleteRead"] as error:
        # Without what came of the broken chunk, which fasthttp.client has in it.
        raise STD["IncompleteRead"](b"".join(parts)) from error
    return b"".join(parts)


@newest("HTTPResponse._safe_read")
def _safe_read(self: Any, amt: int) -> bytes:
    data = read_growing(self, amt)
    if len(data) < amt:
        raise STD["IncompleteRead"](data, amt - len(data))
    return data


@newest("HTTPResponse._read_and_discard_trailer")
def _read_and_discard_trailer(self: Any) -> None:
    heads.read_lines(self.fp, self._max_headers, None, "trailer line", "trailers")


@newest("HTTPResponse.read1")
def read1(self: Any, n: int = -1) -> bytes:
    data: bytes = found["HTTPResponse.read1"](self, n)
    _end_with_last_byte(self)
    return data


@newest("HTTPResponse.readline")
def readline(self: Any, limit: int = -1) -> bytes:
    line: bytes = found["HTTPResponse.readline"](self, limit)
    _end_with_last_byte(self)
    return line


def _end_with_last_byte(response: Any) -> None:
    sized = response.fp is not None and not response.chunked and response.length is not None
    if sized and response._method != "HEAD" and not response.length:
        response._close_conn()


# ------------------------------------------------------------------ connections


@newest("HTTPConnection.__init__")
def connection_init(
    self: Any,
    host: str,
    port: int | None = None,
    timeout: Any = _DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    blocksize: int = 8192,
    *,
    max_response_headers: int | None = None,
) -> None:
    found["HTTPConnection.__init__"](self, host, port, timeout, source_address, blocksize)
    self._raw_proxy_headers = None
    self.max_response_headers = max_response_headers


@newest("HTTPSConnection.__init__")
def https_connection_init(
    self: Any,
    host: str,
    port: int | None = None,
    *,
    timeout: Any = _DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    context: Any = None,
    blocksize: int = 8192,
    max_response_headers: int | None = None,
    **older: Any,  # up to 3.11: key_file, cert_file, check_hostname
) -> None:
    found["HTTPSConnection.__init__"](
        self,
        host,
        port,
        timeout=timeout,
        source_address=source_address,
        context=context,
        blocksize=blocksize,
        **older,
    )
    self.max_response_headers = max_response_headers


@newest("HTTPConnection.putrequest")
def putrequest(
    self: Any, method: Any, url: Any, skip_host: Any = False, skip_accept_encoding: Any = False
) -> None:
    found["HTTPConnection.putrequest"](self, method, url, True, True)
    if self._http_vsn != 11:
        return
    if not skip_host:
        value: str | bytes | None = request.host_of_url(url or "/")
        if value is None:
            host, port = self.host, self.port
            if self._tunnel_host:
                host, port = self._tunnel_host, self._tunnel_port
            value = request.host_value(host, port, self.default_port, self._wrap_ipv6)
        self.putheader("Host", value)
    if not skip_accept_encoding:
        self.putheader("Accept-Encoding", "identity")


@newest("HTTPConnection.getresponse")
def getresponse(self: Any) -> Any:
    response = self._HTTPConnection__response
    if response and response.isclosed():
        response = self._HTTPConnection__response = None
    if self._HTTPConnection__state != "Request-sent" or response:
        raise STD["ResponseNotReady"](self._HTTPConnection__state)
    debuglevel = (self.debuglevel,) if self.debuglevel > 0 else ()
    response = self.response_class(self.sock, *debuglevel, method=self._method)
    if self.max_response_headers is None:
        return finish(self, response, response.begin)
    return finish(self, response, response.begin, _max_headers=self.max_response_headers)


lend("HTTPConnection._get_hostport", tunnel.get_hostport)
lend("HTTPConnection._tunnel", tunnel.open_tunnel)
lend("HTTPConnection._wrap_ipv6", tunnel.wrap_ipv6)
lend("HTTPConnection.get_proxy_response_headers", tunnel.get_proxy_response_headers)
lend("HTTPConnection.set_tunnel", tunnel.set_tunnel)

lend("_strip_ipv6_iface", request.strip_zone)
newer.update(hooks.newer_values())
if "HTTPSConnection" in CLASSES:
    from .._client.tls import create_https_context

    lend("_create_https_context", create_https_context)

# What objects have that were made before install() has to be found on their class.
newer["HTTPConnection.max_response_headers"] = None
newer["HTTPConnection._raw_proxy_headers"] = None
newer["HTTPResponse._max_headers"] = None
