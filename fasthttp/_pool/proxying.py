"""What is said to a proxy on a connection before the pool uses it: CONNECT, or SOCKS.

What it answers is read by `incoming` and by `_web.socks`; this sends and receives for them, on a
socket that does not block.
"""

from __future__ import annotations

from .._client.sockets import NOTHING_YET
from .._http import request as rules
from .._http.response_head import Reading
from .._web import socks
from ..incoming import ResponseParser
from . import wire
from .poller import READ, WRITE

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._web.proxies import Proxy
    from .hosts import Host
    from .settings import Settings

_ROOM = 65536
_SHOWN = 200  # characters of a reason phrase in a text


def request_through(proxy: Proxy | None, host: Host, target: str, headers: Any) -> tuple[str, Any]:
    """Return target and header fields of a request as they are sent through a proxy.

    An HTTP proxy is told the whole URL (RFC 9112 3.2.2), and who asks, where there is no TLS with
    the server. Else the request is the server's, and the proxy's credentials are none of it.
    """
    if proxy is None or proxy.is_socks or host.is_tls:
        return target, headers
    if proxy.authorization is not None and not wire.has(headers, "proxy-authorization"):
        headers = {**headers, "Proxy-Authorization": proxy.authorization}
    return host.origin + target, headers


class Talk:
    """Says what `steps` give to a proxy, and gives them what it answers.

    They give how many bytes they want, and are sent exactly those: 0 is for as many as there are.
    No byte that comes behind is taken for anything.
    """

    def __init__(self, steps: socks.Steps) -> None:
        self._steps = steps
        self._has_begun = False
        self._out = b""
        self._wanted = 0
        self._came = b""
        #: What the socket is to be watched for.
        self.mask = WRITE

    def go_on(self, sock: Any) -> bool:
        """Return whether the proxy is done, and silent. Raises what sockets and the steps raise,
        and one of `NOTHING_YET` where there is something to wait for.
        """
        if not self._has_begun:
            self._has_begun = True
            self._out, self._wanted = next(self._steps)
        while True:
            self.mask = WRITE
            while self._out:
                self._out = self._out[sock.send(self._out) :]
            self.mask = READ
            size = self._wanted - len(self._came) if self._wanted else _ROOM
            data = sock.recv(size)
            if not data and self._wanted:
                raise ConnectionError("the proxy has closed the connection instead of an answer")
            self._came += data
            if len(self._came) < self._wanted:
                continue
            came, self._came = self._came, b""
            try:
                self._out, self._wanted = self._steps.send(came)
            except StopIteration:
                _check_silence(sock)
                return True


def _check_silence(sock: Any) -> None:
    """Raise `OSError` where a proxy says more, which could be taken for the server's answer."""
    try:
        data = sock.recv(1)
    except NOTHING_YET:
        return
    raise OSError(_TOO_MUCH if data else "the proxy has closed the connection at once")


_TOO_MUCH = "the proxy has sent bytes behind its answer, before the server was asked for anything"


def talk_with(proxy: Proxy, host: Host, target: str, settings: Settings) -> Talk | None:
    """Return what is to be said so that a connection leads to the host; None where nothing is.

    `target` is the host's name, or its address for a proxy that looks no names up.
    """
    if proxy.is_socks:
        return Talk(socks.steps(proxy, target, host.port))
    return Talk(_connect(proxy, host, settings.reading())) if host.is_tls else None


def _connect(proxy: Proxy, host: Host, reading: Reading) -> socks.Steps:
    """Ask for a tunnel (RFC 9110 9.3.6). Raises `OSError` where the proxy refuses, and what there
    is against its head.
    """
    reading.on_informational = None  # which is for what servers say
    place = b"%s:%d" % (rules.bracket_ipv6(host.name.encode("ascii")), host.port)
    lines = [b"CONNECT %s HTTP/1.1" % place, b"Host: %s" % place]
    if proxy.authorization is not None:
        lines.append(b"Proxy-Authorization: %s" % proxy.authorization.encode("ascii"))
    out = b"\r\n".join((*lines, b"", b""))
    # There is no body, whatever the fields say, where the tunnel begins; else none is wanted.
    parser = ResponseParser._by(reading, "HEAD", False)
    while parser.head is None:
        data = yield out, 0
        out = b""
        if data:
            parser.feed(data)
        else:
            parser.eof()
            raise ConnectionError("the proxy has closed the connection within its answer")
    head = parser.head
    if not 200 <= head.status < 300:
        hint = "; name and password go into the proxy's URL" if head.status == 407 else ""
        why = f"{head.status} {head.reason.strip():.{_SHOWN}}{hint}"
        raise OSError(f"Tunnel connection failed: {why}")
    if parser.leftover:
        raise OSError(_TOO_MUCH)
