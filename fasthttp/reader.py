"""What a response reads its bytes from: the codec's own file where nobody can tell, else
`sock.makefile("rb")`.
"""

from __future__ import annotations

import http.client
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
