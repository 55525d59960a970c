"""How the bytes of a response reach the client: by any object with `makefile`, or by a socket.

A socket is what the fast path is for; anything else must take the plain one. `bytesio` is what
CPython's own tests use, `buffered` what `socket.makefile` gives.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Sequence
from types import ModuleType, TracebackType
from typing import Any

try:
    from fcntl import ioctl
    from termios import FIONREAD
except ImportError:  # Windows
    ioctl = None  # type: ignore[assignment]

WAYS = ("bytesio", "buffered", "socket")
#: In seconds: no test waits for longer, and none that passes waits for it at all.
PATIENCE = 20.0
#: What fits into the kernel's buffer, so that nobody has to read while it is written.
_FITS = 16384


class _Pieces(io.RawIOBase):
    """A raw stream that gives one piece a read, then ends."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            return 0
        piece = self._pieces.pop(0)
        count = min(len(buffer), len(piece))
        buffer[:count] = piece[:count]
        if count < len(piece):
            self._pieces.insert(0, piece[count:])
        return count


class FakeSocket:
    """The least that http.client asks of a socket. Keeps what is sent, one item a call."""

    def __init__(self, file: Any = None) -> None:
        self.file = file
        self.sent: list[bytes] = []
        self.options: list[tuple[Any, ...]] = []
        self.closed = False

    def makefile(self, mode: str = "r", *_: Any) -> Any:
        assert mode == "rb"
        return self.file

    def sendall(self, data: Any) -> None:
        self.sent.append(bytes(memoryview(data)))

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)

    def close(self) -> None:
        self.closed = True


def fake_socket(*pieces: bytes, bytesio: bool = False) -> FakeSocket:
    """A socket, and no more than that, that delivers these pieces."""
    if bytesio:
        return FakeSocket(io.BytesIO(b"".join(pieces)))
    return FakeSocket(io.BufferedReader(_Pieces(pieces)))


class _Talker:
    """Sends pieces into a socket, each when the one before it has been received."""

    def __init__(self, near: socket.socket, far: socket.socket, pieces: Sequence[bytes]) -> None:
        self._near, self._far, self._pieces = near.dup(), far, pieces
        self._stopped = False
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        with contextlib.suppress(OSError):
            for piece in self._pieces:
                self._far.sendall(piece)
                self._wait()
            self._far.shutdown(socket.SHUT_WR)

    def _wait(self) -> None:
        if ioctl is None:
            time.sleep(0.002)
            return
        unread = bytearray(4)
        while not self._stopped:
            ioctl(self._near.fileno(), FIONREAD, unread)
            if not any(unread):
                return
            time.sleep(0.00002)

    def stop(self) -> None:
        self._stopped = True
        with contextlib.suppress(OSError):
            self._near.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._near.close()


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets that do not wait for ever."""
    near, far = socket.socketpair()
    near.settimeout(PATIENCE)
    far.settimeout(PATIENCE)
    return near, far


class Delivery:
    """One way of delivery; closes behind it all that was delivered. Use it with `with`."""

    def __init__(self, way: str) -> None:
        self.way = way
        self._opened = contextlib.ExitStack()

    def sock(self, *pieces: bytes) -> Any:
        """A socket on which these pieces arrive, and then the end of the stream."""
        if self.way != "socket":
            return fake_socket(*pieces, bytesio=self.way == "bytesio")
        near, far = socket_pair()
        self._opened.enter_context(near)
        self._opened.enter_context(far)
        if len(pieces) <= 1 and sum(map(len, pieces)) <= _FITS:
            far.sendall(b"".join(pieces))
            far.shutdown(socket.SHUT_WR)
        else:
            self._opened.callback(_Talker(near, far, pieces).stop)
        return near

    def response(self, client: ModuleType, *pieces: bytes, method: str | None = "GET") -> Any:
        """A response to a request of `method`, before `begin()`."""
        response = client.HTTPResponse(self.sock(*pieces), method=method)
        self._opened.callback(response.close)
        return response

    def __call__(
        self,
        client: ModuleType,
        *pieces: bytes,
        method: str | None = "GET",
        max_headers: int | None = None,
    ) -> Any:
        """A response whose head has been read."""
        response = self.response(client, *pieces, method=method)
        if max_headers is None:
            response.begin()
        else:
            response.begin(_max_headers=max_headers)
        return response

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()
