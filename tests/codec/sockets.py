"""Sockets to read from: real pairs, and one whose every receive is written down beforehand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

#: In seconds: no test waits for longer, and none that passes waits for it at all.
PATIENCE = 20.0


@dataclass
class Pair:
    """Two connected sockets."""

    near: socket.socket
    far: socket.socket

    def says(self, data: bytes, *, end: bool = False) -> None:
        """Let the far end send `data`, which must fit into the kernel's buffer, and hang up."""
        self.far.sendall(data)
        if end:
            self.far.shutdown(socket.SHUT_WR)


@contextmanager
def open_pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(PATIENCE)
        far.settimeout(PATIENCE)
        yield Pair(near, far)


@contextmanager
def talking(pair: Pair, data: bytes) -> Iterator[None]:
    """Let the far end send `data` of any size from a thread of its own, and hang up."""

    def talk() -> None:
        pair.far.sendall(data)
        pair.far.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()


class ScriptedSocket:
    """A socket that gives one piece a receive, then the end; an exception in a piece's place is
    raised. `calls` is the number of receives.
    """

    def __init__(self, pieces: Sequence[bytes | BaseException] = ()) -> None:
        self._pieces = list(pieces)
        self._io_refs = 0
        self._closed = False
        self.calls = 0

    def recv_into(self, buffer: Any, *_: Any) -> int:
        self.calls += 1
        if not self._pieces:
            return 0
        piece = self._pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        # Given back at once, as recv_into() does: PyPy would keep it, and lock the buffer with it.
        with memoryview(buffer) as view, view.cast("B") as room:
            count = min(len(piece), len(room))
            room[:count] = piece[:count]
        if count < len(piece):
            self._pieces.insert(0, piece[count:])
        return count

    def gettimeout(self) -> float:
        return PATIENCE

    def fileno(self) -> int:
        return -1

    def _decref_socketios(self) -> None:
        self._io_refs -= 1
