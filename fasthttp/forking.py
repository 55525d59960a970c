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
    """Remember a connection; `leave_to_parent` is called on it in a child."""
    _connections.add(connection)


def _in_child() -> None:
    for connection in list(_connections):
        connection.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
