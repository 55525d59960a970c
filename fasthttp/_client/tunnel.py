"""CONNECT tunnels through a proxy (RFC 9110 section 9.3.6).

Functions that take a connection: `HTTPConnection` has them as its methods, and `install()` lends
them to `http.client`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPMessage

from .._http import hooks, request
from . import heads
from .deadline import timed_socket
from .exchange import exchange_of
from .policy import sift
from .response import HTTPResponse

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()


def get_hostport(self: Any, host: str, port: int | None) -> tuple[str, int]:
    """Return host and port: `HTTPConnection._get_hostport`."""
    return request.split_host_port(host, port, self.default_port)


def wrap_ipv6(self: Any, ip: bytes) -> bytes:
    """Return an address as it stands in a Host field: `HTTPConnection._wrap_ipv6`."""
    return request.bracket_ipv6(ip)


def set_tunnel(
    self: Any, host: str, port: int | None = None, headers: Mapping[str, str] | None = None
) -> None:
    """Reach `host` through the connection's own host as a proxy, by CONNECT (RFC 9110 9.3.6).

    `headers` go with the CONNECT request. Raises `RuntimeError` on an open connection.
    """
    if self.sock:
        raise RuntimeError("Can't set up tunnel for established connection")
    self._tunnel_host, self._tunnel_port = self._get_hostport(host, port)
    if headers:
        self._tunnel_headers = headers.copy()  # type: ignore[attr-defined]
    else:
        self._tunnel_headers.clear()
    if "host" not in [name.lower() for name in self._tunnel_headers]:
        name = self._tunnel_host.encode("idna").decode("ascii")
        self._tunnel_headers["Host"] = f"{name}:{self._tunnel_port:d}"


def open_tunnel(self: Any) -> None:
    """Ask the proxy for the tunnel: `HTTPConnection._tunnel`.

    Raises `ValueError` for what must not be sent, `OSError` where the proxy refuses, and what
    reading a head raises.
    """
    host, port = self._tunnel_host, self._tunnel_port
    if hooks.hook("_contains_disallowed_url_pchar_re").search(host):
        raise ValueError(f"Tunnel host can't contain control characters {host!r}")
    target = self._wrap_ipv6(host.encode("idna"))
    version = self._http_vsn_str.encode("ascii")
    lines = [b"CONNECT %s:%d %s\r\n" % (target, port, version)]
    lines += request.encode_tunnel_fields(self._tunnel_headers)
    lines.append(b"\r\n")
    self.send(b"".join(lines))
    exchange = exchange_of(self)
    policy = exchange.policy
    response = self.response_class(timed_socket(self.sock, exchange.deadline), method=self._method)
    try:
        if policy is not None and isinstance(response, HTTPResponse):
            response._fasthttp_exchange = exchange
        _, code, message = response._read_status()
        lines = heads.read_head_lines(response, self.max_response_headers, hooks.hook, policy)
        self._raw_proxy_headers = sift(response, lines)
        if self.debuglevel > 0:
            for header in self._raw_proxy_headers or ():
                hooks.hook("print")("header:", header.decode())
        if code != 200:
            self.close()
            raise OSError(f"Tunnel connection failed: {code} {message.strip()}")
    finally:
        response.close()


def get_proxy_response_headers(self: Any) -> HTTPMessage | None:
    """Return the header fields of the proxy's answer to CONNECT; None where none was sent."""
    lines = self._raw_proxy_headers
    if lines is None:
        return None
    message: HTTPMessage = hooks.hook("_parse_header_lines")(lines)
    return message
