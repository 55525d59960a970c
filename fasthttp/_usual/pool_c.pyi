"""What pool_c.pyx offers; nothing has happened where it returns False."""

from typing import Any

class Ready:
    """A connection that waits for its socket."""

    def ready(self, mask: int, /) -> None:
        """Do what `Connection.ready` does."""

class Exchanges:
    """The ordinary exchanges of one pool."""

    def __init__(self, engine: Any, **parts: Any) -> None: ...
    def take(self, work: Any, room: int, until: float, /) -> bool:
        """Take so many requests from the iterable; see `Engine._take`."""

    def of(self, connection: Any, /) -> Ready:
        """Return what the loop is to call when the connection's socket is ready."""

    def send(self, connection: Any, page: Any, /) -> bool:
        """Send the request of a page over an open connection. Return whether that was done."""
