"""After a fork, a connection belongs to the parent: the child must not write on it.

In the child, what was open is let go of without a word on the wire; its next request connects
anew.
"""

from __future__ import annotations

import os
import weakref

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_connections: weakref.WeakSet[Any] = weakref.WeakSet()


def note_connection(connection: Any) -> None:
    """Remember a connection; a child lets go of it."""
    _connections.add(connection)


def leave_to_parent(connection: Any) -> None:
    """In a child: let go of a connection, which is the parent's."""
    sock, connection.sock = connection.sock, None
    if connection._HTTPConnection__state != "Request-started":  # of which nothing has been sent
        connection._HTTPConnection__state = "Idle"
    connection._HTTPConnection__response = None
    kept = getattr(connection, "_fasthttp", None)
    if kept is not None:
        kept.doubt = None
        kept.served = False
    if sock is not None:
        sock.close()


def _in_child() -> None:
    for connection in list(_connections):
        leave_to_parent(connection)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
