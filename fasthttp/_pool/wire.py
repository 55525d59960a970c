"""What goes out: a URL becomes a host and a target, a request the bytes of its head and its body.

Nothing of this is decided here: `request.py` of `_http` and `sending.py` of `_client` say what may
be sent and how, as they do for `HTTPConnection`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http.client import InvalidURL

from .._client import sending
from .._client.connection import HTTPConnection
from .._client.sending import JOINED_BODY
from .._compiled import encode_head
from .._http import request as rules
from .hosts import Host

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_PORTS = {"http": 80, "https": 443}
_END_OF_ORIGIN = re.compile(r"[/?#]|\Z")
#: An address of IPv6, perhaps with its zone, or a name; perhaps a port.
_HOST_AND_PORT = re.compile(
    r"(\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~%-]+)?\]"
    r"""|[^\x00- "#%/:<>?@\[\\\]^`{|}\x7f]+)(:[0-9]{0,5})?"""
)


def split(url: str) -> tuple[str, str]:
    """Return the part of a URL that names scheme, host and port, and the target behind it."""
    end = _END_OF_ORIGIN.search(url, url.find("://") + 3)
    assert end is not None  # noqa: S101 - the end of the str is one
    at = end.start()
    target = url[at:].partition("#")[0]
    return url[:at], target if target.startswith("/") else "/" + target


def host_of(origin: str) -> Host:
    """Return the host that scheme, name and port name. Raises `InvalidURL`."""
    scheme, colon, netloc = origin.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in _PORTS:
        raise InvalidURL(f"a URL must begin with http:// or https://, not {origin[:80]!r}")
    if "@" in netloc:
        raise InvalidURL("a URL must not hold a name and a password: give an Authorization field")
    usual = _PORTS[scheme]
    if _HOST_AND_PORT.fullmatch(netloc) is None:
        raise InvalidURL(f"no host, or none with its port, in {origin[:80]!r}")
    name, port = rules.split_host_port(netloc, None, usual)
    if not 0 < port < 65536:
        raise InvalidURL(f"port {port} is not from 1 to 65535")
    try:
        value = rules.host_value(name, port, usual, rules.bracket_ipv6)
        if not name.isascii():
            name = name.encode("idna").decode("ascii")
            if _HOST_AND_PORT.fullmatch(name) is None:
                raise InvalidURL(f"no host in {origin[:80]!r}")
    except UnicodeError as error:
        raise InvalidURL(f"{name[:80]!r} is no name of a host: {error}") from error
    text = value if isinstance(value, bytes) else value.encode("ascii")
    key = f"{scheme}://{text.decode('ascii').lower()}"
    return Host(key, name, port, b"Host: " + text + b"\r\n", scheme == "https")


def encode(
    host: Host, method: str, target: str, headers: Any, body: Any
) -> tuple[bytes, Iterator[Any] | None]:
    """Return the first bytes of a request, and what follows: pieces of bytes, made when they are
    asked for; None where nothing follows.

    Raises what `HTTPConnection.request` raises for what must not be sent: `ValueError`,
    `InvalidURL`, `TypeError`.
    """
    content = body
    if type(body) is str:
        content = rules.encode_text(body, "body")
    if content is None or type(content) is bytes:
        length = rules.length_of_body(content, method)
        head = encode_head(method, target, host.line, -1 if length is None else length, headers)
        if type(head) is bytes:
            if not content:
                return head, None
            if len(content) <= JOINED_BODY:
                return head + content, None
            return head, iter((content,))
    writer = host.writer
    if writer is None:
        writer = host.writer = _writer_for(host)
    try:
        chunked = sending.put_head(writer, method, target, content, headers, False)
        head = b"\r\n".join([*writer._buffer, b"", b""])
    finally:
        writer.close()
    if content is None:
        return head, None
    return head, sending.pieces_of_body(writer, content, chunked)


def _writer_for(host: Host) -> HTTPConnection:
    writer = HTTPConnection(host.name, host.port)
    writer.default_port = 443 if host.is_tls else 80
    writer.auto_open = 0
    return writer


def merged(of_pool: dict[str, Any], of_request: Mapping[str, Any]) -> dict[Any, Any]:
    """Return the fields of a pool and those of a request, which replace the pool's."""
    own = {_folded(name) for name in of_request}
    fields: dict[Any, Any] = {
        name: value for name, value in of_pool.items() if _folded(name) not in own
    }
    fields.update(of_request)
    return fields


def _folded(name: Any) -> str:
    return (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower()
