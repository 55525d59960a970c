"""A connection to a server that lives in the same thread: nothing waits, nothing depends on time.

Each piece that the server sends is seen by one recv() at the most: Linux ends a recv() on a Unix
socket behind a packet that carries a file descriptor, and drops the descriptor where nobody asks
for it. (Once such a packet has been received in part, its rest may come along with the next.)
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
from collections.abc import Sequence
from typing import Any

#: In seconds. What has been sent is there at once, so that waiting never helps.
_TIMEOUT = 0.001
#: For what must not fail because the machine is busy.
_PATIENCE = 20.0

_nothing = os.open(os.devnull, os.O_RDONLY)
_MARK = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [_nothing]).tobytes())]


class ForeignSocket(socket.socket):
    """A socket, but not exactly the stdlib's: fasthttp must take its plain way with it."""


class Link:
    """Two ends of a connection: `near` is for the client, the other is the server's."""

    def __init__(self, kind: type[socket.socket]) -> None:
        near, self._far = socket.socketpair()
        self.near = near if kind is socket.socket else kind(fileno=near.detach())
        self.near.settimeout(_TIMEOUT)
        self._far.settimeout(_PATIENCE)
        self.ended = False

    def send(self, pieces: Sequence[bytes]) -> None:
        """Send pieces, unless the client has hung up."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                self._far.sendmsg([piece], _MARK)

    def finish(self, how: str) -> None:
        """Do what `plan.ENDS` lists."""
        self.ended = how != "silence"
        if how == "end":
            with contextlib.suppress(OSError):
                self._far.shutdown(socket.SHUT_WR)
        elif how == "reset":
            self._far.close()  # which resets, since the request has not been received

    def close(self) -> None:
        self.near.close()
        self._far.close()


class Server:
    """Opens a new link whenever a connection connects; closes all behind it. Use it with `with`."""

    def __init__(self, kind: type[socket.socket], greeting: bytes = b"") -> None:
        """`greeting` is what every link but the first says at once."""
        self._kind = kind
        self._greeting = greeting
        self.links: list[Link] = []
        self._connections: list[Any] = []

    def connection(self, client: Any, **options: Any) -> Any:
        """A client's connection that reaches nothing but this server."""
        connection = client.HTTPConnection("h.invalid", **options)
        self._connections.append(connection)

        def connect() -> None:
            self.links.append(Link(self._kind))
            connection.sock = self.links[-1].near
            if len(self.links) > 1:
                self.links[-1].send([self._greeting])

        connection.connect = connect
        return connection

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: Any) -> None:
        for connection in self._connections:
            connection.close()
        for link in self.links:
            link.close()
