"""What a response reads its bytes from: the codec's own file where nobody can tell, else
`sock.makefile("rb")`.
"""

from __future__ import annotations

import http.client
import select
import socket

from ._codec import SocketFile

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_makefile = socket.socket.makefile


def _trusted_kinds() -> frozenset[type]:
    """Exactly the stdlib's socket types; under gevent's monkey-patching there are none."""
    kinds: list[type] = [socket.socket]
    # http.client has found out already whether this Python has ssl.
    ssl: Any = getattr(http.client, "ssl", None)
    if ssl is not None:
        kinds.append(ssl.SSLSocket)
    return frozenset(kind for kind in kinds if kind.__module__ in ("socket", "ssl"))


_TRUSTED = _trusted_kinds()
_SOCKET = socket.socket


def is_plain_socket(sock: Any) -> bool:
    """Whether this is a socket of the stdlib itself, so that calls to it can be merged."""
    return type(sock) in _TRUSTED


def open_file(sock: Any) -> Any:
    """A binary file to read a response from.

    Anything with a `makefile` will do. For a socket of exactly the stdlib's types, whose
    `makefile` nobody has replaced and which is not non-blocking, it is a `SocketFile`.
    """
    kind = type(sock)
    if (
        kind in _TRUSTED
        and kind.makefile is _makefile
        and sock.gettimeout() != 0
        # Only SSLSocket has attributes of its own.
        and (kind is _SOCKET or "makefile" not in sock.__dict__)
    ):
        return SocketFile(sock)
    return sock.makefile("rb")


class Watch:
    """Tells whether bytes wait on an idle connection, before a request has asked for any.

    They cannot be the answer to it. The end of the stream, or an error, is left to be found by
    sending; so is everything on sockets that are not exactly the stdlib's.
    """

    __slots__ = ("_poll", "sock")

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self._poll: Any = None
        # One poll object for all requests on a connection: making it takes longer than polling.
        if type(sock) in _TRUSTED and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)

    def has_unsolicited(self) -> bool:
        """Whether there is something to read that nobody has asked for; without waiting."""
        sock = self.sock
        kind = type(sock)
        try:
            if kind is _SOCKET:
                return self._is_readable() and sock.recv(1, socket.MSG_PEEK) != b""
            return kind in _TRUSTED and (sock.pending() > 0 or self._has_more_than_tickets())
        except (OSError, ValueError):
            return False

    def _is_readable(self) -> bool:
        if self._poll is None:
            return bool(select.select([self.sock], [], [], 0)[0])
        events = self._poll.poll(0)
        # An error stays where it is, for the send to find.
        return bool(events) and events[0][1] == select.POLLIN

    def _has_more_than_tickets(self) -> bool:
        """TLS sends session tickets when it likes; reading takes them off."""
        if not self._is_readable():
            return False
        sock = self.sock
        timeout = sock.gettimeout()
        sock.settimeout(0)
        try:
            return bool(sock.recv_into(bytearray(1)))
        finally:
            sock.settimeout(timeout)
