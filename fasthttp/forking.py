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

_connected: weakref.WeakSet[Any] = weakref.WeakSet()


def note_connected(connection: Any) -> None:
    """Remember a connection that has a socket; `leave_to_parent` is called on it in a child."""
    _connected.add(connection)


def _in_child() -> None:
    for connection in list(_connected):
        connection.leave_to_parent()
    _connected.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
