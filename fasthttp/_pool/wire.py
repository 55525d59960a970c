"""What goes out: a URL becomes a host and a target, a request the bytes of its head and its body.

Nothing of this is decided here: `urls.py` of `_web` says what a URL means, `request.py` of `_http`
and `sending.py` of `_client` what may be sent and how, as they do for `HTTPConnection`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._client import sending
from .._client.connection import HTTPConnection
from .._client.sending import JOINED_BODY
from .._compiled import encode_head
from .._http import request as rules
from .._web import urls
from .hosts import Host

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


def host_of(url: urls.Url) -> Host:
    """Return the host of a URL. Raises `InvalidURL`."""
    value = rules.host_value(url.name, url.port, urls.PORTS[url.scheme], rules.bracket_ipv6)
    text = value if isinstance(value, bytes) else value.encode("ascii")
    line = b"Host: " + text + b"\r\n"
    return Host(url.origin, url.name, url.port, line, url.scheme == "https")


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
    # What a URL holds that came later to a known host; `urls.split` has quoted the others.
    target = urls.quote_target(target.rstrip(" "))
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


def has(headers: Mapping[Any, Any], name: str) -> bool:
    """Return whether there is a field of this name, which is in lower case."""
    return any(rules.folded(each) == name for each in headers)


def merged(of_pool: dict[str, Any], of_request: Mapping[str, Any]) -> dict[Any, Any]:
    """Return the fields of a pool and those of a request, which replace the pool's."""
    own = {rules.folded(name) for name in of_request}
    fields: dict[Any, Any] = {
        name: value for name, value in of_pool.items() if rules.folded(name) not in own
    }
    fields.update(of_request)
    return fields
