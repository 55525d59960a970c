"""CONNECT tunnels through a proxy (RFC 9110 section 9.3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPMessage

from . import heads, hooks, request
from .deadline import timed_socket
from .response import HTTPResponse
from .sending import Sender

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class Tunnel(Sender):
    """What `HTTPConnection` inherits for tunnels; of no use alone."""

    sock: Any
    response_class: Any
    max_response_headers: int | None
    _http_vsn_str: str
    _method: str | None
    _tunnel_host: str | None
    _tunnel_port: int | None
    _tunnel_headers: Any
    _raw_proxy_headers: list[bytes] | None

    def _get_hostport(self, host: str, port: int | None) -> tuple[str, int]:
        return request.split_host_port(host, port, self.default_port)

    def set_tunnel(
        self, host: str, port: int | None = None, headers: Mapping[str, str] | None = None
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
        if not any(name.lower() == "host" for name in self._tunnel_headers):
            name = self._tunnel_host.encode("idna").decode("ascii")
            self._tunnel_headers["Host"] = f"{name}:{self._tunnel_port:d}"

    def _wrap_ipv6(self, ip: bytes) -> bytes:
        return request.bracket_ipv6(ip)

    def _tunnel(self) -> None:
        host, port = self._tunnel_host, self._tunnel_port
        assert host is not None and port is not None  # noqa: S101 - connect() asks before
        if hooks.hook("_contains_disallowed_url_pchar_re").search(host):
            raise ValueError(f"Tunnel host can't contain control characters {host!r}")
        target = self._wrap_ipv6(host.encode("idna"))
        version = self._http_vsn_str.encode("ascii")
        lines = [b"CONNECT %s:%d %s\r\n" % (target, port, version)]
        lines += request.encode_tunnel_fields(self._tunnel_headers)
        lines.append(b"\r\n")
        self.send(b"".join(lines))
        response = self.response_class(timed_socket(self), method=self._method)
        policy = getattr(self, "_policy", None)  # http.client's own connections have none
        try:
            if policy is not None and isinstance(response, HTTPResponse):
                response._policy = policy
            _, code, message = response._read_status()
            lines = heads.read_lines(response, self.max_response_headers, hooks.hook, policy)
            self._raw_proxy_headers = lines if policy is None else policy.sift(response, lines)
            if self.debuglevel > 0:
                for header in self._raw_proxy_headers or ():
                    hooks.hook("print")("header:", header.decode())
            if code != 200:
                self.close()
                raise OSError(f"Tunnel connection failed: {code} {message.strip()}")
        finally:
            response.close()

    def get_proxy_response_headers(self) -> HTTPMessage | None:
        """The header fields of the proxy's answer to CONNECT; None where none was sent."""
        lines = self._raw_proxy_headers
        if lines is None:
            return None
        message: HTTPMessage = hooks.hook("_parse_header_lines")(lines)
        return message
