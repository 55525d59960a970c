"""After a fork: a connection belongs to the parent, and the child must not write on it; and a lock
may be held by a thread that the child does not have.

In the child, what was open is let go of without a word on the wire; its next request connects
anew. Locks are made anew.
"""

from __future__ import annotations

import os

from .identity import Identities

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_connections = Identities()
_generation = 0


def generation() -> int:
    """Return how many forks lie between this process and the one that imported this."""
    return _generation


def note_connection(connection: Any) -> None:
    """Remember a connection; a child lets go of it.

    Not what cannot be referred to weakly: that is no connection, but stands in for one.
    """
    try:
        _connections.add(connection)
    except TypeError:
        return


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
    """Let go of each connection. Raises the first error, when all have had their turn."""
    global _generation
    _generation += 1
    failure: BaseException | None = None
    for connection in _connections.members():
        try:
            leave_to_parent(connection)
        except BaseException as error:  # noqa: PERF203 - each must have its turn
            failure = error if failure is None else failure
    if failure is not None:
        raise failure


def renew_in_child(namespace: dict[str, Any], name: str) -> None:
    """Let a child have a new lock in the place of this one, which another thread may be holding."""

    def renew() -> None:
        namespace[name] = type(namespace[name])()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
