"""A client's connection and the server's ends of it, in one thread: each fault when it is due.

What the server sends or does has arrived at the client before the call here returns, so that a
short timeout runs out only where there is nothing to come.
"""

from __future__ import annotations

import gc
import os
import platform
import select
import socket
import time
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

from ..client.response_delivery import PATIENCE
from ..cut_off import RESET

#: In seconds: the client's timeout where the server stalls; what was sent is there before it runs.
BRIEF = 0.001
#: Small enough that a large body does not fit, large enough for the loopback's 64 KiB segments.
BUFFER = 1 << 16
_COUNTS_REFERENCES = platform.python_implementation() == "CPython"
_ENDED = getattr(select, "POLLRDHUP", select.POLLIN) | select.POLLHUP | select.POLLERR


class PlainSocket(socket.socket):
    """A socket that is not exactly the stdlib's: all of it goes by makefile(), the plain way."""


PATHS: dict[str, type[socket.socket]] = {"fast": socket.socket, "plain": PlainSocket}


def open_descriptors() -> int:
    """How many file descriptors this process has open."""
    return len(os.listdir("/dev/fd"))


def left_open(before: int) -> int:
    """How many more descriptors are open than `before`.

    CPython closes what nobody refers to at once; elsewhere the collector is asked to.
    """
    more = open_descriptors() - before
    if more and not _COUNTS_REFERENCES:
        gc.collect()
        more = open_descriptors() - before
    return more


class Arena:
    """Connections that reach this server only; `far` holds its ends, the newest last."""

    def __init__(self, path: str = "fast") -> None:
        self._kind = PATHS[path]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._near = -1
        self.far: list[socket.socket] = []

    def connection(self, client: ModuleType, timeout: float = PATIENCE, **kwargs: Any) -> Any:
        """A new connection object; `timeout` in seconds is that of each of its sockets."""
        made = client.HTTPConnection("127.0.0.1", timeout=timeout, **kwargs)
        made._create_connection = self._connect
        return made

    def _connect(self, _address: Any, timeout: Any, *_: Any) -> socket.socket:
        near = self._kind(socket.AF_INET)
        near.settimeout(PATIENCE)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        near.connect(self._listener.getsockname())
        far, _peer = self._listener.accept()
        far.settimeout(PATIENCE)
        near.settimeout(timeout)
        self._near = near.fileno()
        self.far.append(far)
        return near

    def hears(self) -> bytes:
        """What the client has sent on the newest connection, of which it has sent something."""
        return self.far[-1].recv(1 << 16)

    def says(self, data: bytes) -> None:
        """Send `data`, less than the kernel's buffer holds, and wait until it is there."""
        self.far[-1].sendall(data)
        deadline = time.monotonic() + PATIENCE
        with self._view() as near:
            while data and len(near.recv(BUFFER, socket.MSG_PEEK)) < len(data):
                assert time.monotonic() < deadline, "the loopback interface has lost bytes"

    def _view(self) -> socket.socket:
        """The client's end once more, for a moment, to see what has arrived there."""
        view = socket.socket(fileno=os.dup(self._near))
        view.settimeout(PATIENCE)
        return view

    def _wait_for_end(self) -> None:
        poll = select.poll()
        poll.register(self._near, _ENDED)
        assert poll.poll(PATIENCE * 1000), "the end of the stream did not arrive"

    def stop(self) -> None:
        """Close the newest connection, having read what came: the client sees the end."""
        self.far[-1].close()
        self._wait_for_end()

    def reset(self) -> None:
        """Close it with a RST instead."""
        self.far[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.far[-1].close()
        self._wait_for_end()

    def half_close(self) -> None:
        """End the stream to the client, and go on reading."""
        self.far[-1].shutdown(socket.SHUT_WR)
        self._wait_for_end()

    def stall(self) -> None:
        """Say nothing more."""

    def clear(self) -> None:
        """Close the server's ends of all connections."""
        for sock in self.far:
            sock.close()
        self.far.clear()

    def __enter__(self) -> Arena:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()
        self._listener.close()


FAULTS: dict[str, Callable[[Arena], None]] = {
    "stops": Arena.stop,
    "resets": Arena.reset,
    "stalls": Arena.stall,
    "half-closes": Arena.half_close,
}
