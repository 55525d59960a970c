"""TLS over a socket that is TLS itself: with a server, through a proxy that is spoken to in TLS."""

from __future__ import annotations

import io
import socket

from .._http import hooks

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_ROOM = 65536
#: The most of one record (RFC 8446 5.1): what is sent at a time.
_RECORD = 16384


class InnerTls:
    """What the pool and `HTTPConnection` use of a socket, over one that is TLS.

    It waits where `outer` waits, and raises what that raises where it does not. As with any socket
    of TLS that does not block, bytes that could not be sent are to be given once more.
    """

    def __init__(self, outer: Any, context: Any, name: str) -> None:
        ssl = hooks.hook("ssl")
        self._outer = outer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._wants = ssl.SSLWantReadError
        self._ends = (ssl.SSLZeroReturnError, ssl.SSLEOFError)
        #: What is enciphered, and was not taken by the outer socket.
        self._unsent = memoryview(b"")
        #: How many bytes of the program's are in them.
        self._counted = 0
        self._files = 0
        self._is_closed = False

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        descriptor: int = self._outer.fileno()
        return descriptor

    def pending(self) -> int:
        """Return how many bytes there are that make no descriptor ready; 0 for none."""
        found: int = self._tls.pending() or self._in.pending or self._outer.pending()
        return found

    def gettimeout(self) -> float | None:
        """Return how long it waits, as sockets do."""
        seconds: float | None = self._outer.gettimeout()
        return seconds

    def settimeout(self, seconds: float | None) -> None:
        """Let it wait for so long."""
        self._outer.settimeout(seconds)

    def setblocking(self, is_blocking: bool) -> None:
        """Let it wait for as long as it takes, or not at all."""
        self._outer.setblocking(is_blocking)

    def getpeername(self) -> Any:
        """Return the proxy's address."""
        return self._outer.getpeername()

    def setsockopt(self, *given: Any) -> None:
        """Set an option of the socket."""
        self._outer.setsockopt(*given)

    def _flush(self) -> None:
        """Send the records that wait."""
        while self._unsent or self._out.pending:
            if not self._unsent:
                self._unsent = memoryview(self._out.read())
            self._unsent = self._unsent[self._outer.send(self._unsent) :]

    def _fill(self) -> None:
        """Receive records, or take note that there are no more."""
        data = self._outer.recv(_ROOM)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def do_handshake(self) -> None:
        """Agree on TLS. Raises `ssl.SSLError`, and what there is to wait for."""
        while True:
            try:
                self._tls.do_handshake()
            except self._wants:  # noqa: PERF203 - each step may want one more
                self._flush()
                self._fill()
            except Exception:
                self._tell_why()
                raise
            else:
                self._flush()
                return

    def _tell_why(self) -> None:
        """Send the alert, if the socket takes it now."""
        try:
            self._flush()
        except OSError:
            return

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some of these bytes. Return how many."""
        if not self._counted:
            self._flush()
            with memoryview(data) as view:
                self._counted = self._tls.write(view.cast("B")[:_RECORD]) if len(view) else 0
        self._flush()
        counted, self._counted = self._counted, 0
        return counted

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of these bytes."""
        with memoryview(data) as view:
            left = view.cast("B")
            while left:
                left = left[self.send(left) :]

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return up to so many bytes; b"" at the end."""
        while True:
            try:
                data: bytes = self._tls.read(size)
            except self._wants:  # noqa: PERF203 - each record may be none of bytes
                if self._out.pending and not self._counted:  # an update of keys
                    self._tell_why()
                self._fill()
            except self._ends:
                return b""
            else:
                return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Receive into a buffer. Return how many bytes have come."""
        with memoryview(buffer) as view, view.cast("B") as room:
            data = self.recv(size or len(room))
            room[: len(data)] = data
        return len(data)

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> Any:
        """Return a file to read from; the socket is closed behind the last one."""
        self._files += 1
        return io.BufferedReader(socket.SocketIO(self, "r"))  # type: ignore[arg-type]

    def _decref_socketios(self) -> None:
        """Count one file less: `SocketIO` calls it."""
        self._files -= 1
        if self._is_closed and self._files <= 0:
            self._outer.close()

    def shutdown(self, how: int) -> None:
        """Let neither side say more."""
        self._outer.shutdown(how)

    def close(self) -> None:
        """Close the socket, once no file is open."""
        self._is_closed = True
        if self._files <= 0:
            self._outer.close()
