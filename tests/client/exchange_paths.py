"""The two paths that an exchange can take: the fast one, on a socket of the stdlib's own type, and
the plain one, on a socket of somebody's own, for which nothing is merged or skipped.
"""

from __future__ import annotations

import socket
from typing import Any

PATHS = ("fast", "plain")


class OwnSocket(socket.socket):
    """A socket like any other, but of another type."""


def own_socket(sock: socket.socket) -> OwnSocket:
    """The same socket, as one of somebody's own; `sock` is of no use any more."""
    timeout = sock.gettimeout()
    own = OwnSocket(fileno=sock.detach())
    own.settimeout(timeout)
    return own


def on_path(connection: Any, path: str) -> Any:
    """The connection, set to take this path on whatever it connects to."""
    if path == "plain":
        create = connection._create_connection
        connection._create_connection = lambda *where: own_socket(create(*where))
    return connection
