"""`deadline=`: one limit for a whole exchange, which no drip of bytes can put off.

A socket's timeout starts anew with each byte that comes. So each call that may wait is given what
is left of the deadline, where that is less than the timeout, and the timeout is put back.
"""

from __future__ import annotations

import io
import math
import socket
from time import monotonic

from .._compiled import SocketFile

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_DEFAULT: Any = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]
#: Sockets take no timeout of many days more, in seconds.
_LONGEST = 1e6
#: By how many seconds a socket may give up too early: PyPy rounds what is left to milliseconds.
_EARLY = 0.001


def seconds_of(name: str, value: Any) -> float:
    """An argument that is a number of seconds, infinite ones too, which are no limit.

    Raises `TypeError` for what is no number, such as a str or a bool, and `ValueError` for one
    that is not more than 0.
    """
    is_number = hasattr(value, "__float__") or hasattr(value, "__index__")
    if not is_number or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, not {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if not number > 0:
        raise ValueError(
            f"{name} must be more than 0 seconds, not {number!r}; for no limit give float('inf')"
        )
    return number


class Deadline:
    """A point in time, `seconds` after it was made; `is_new` until its exchange begins.

    Raises what `seconds_of` raises.
    """

    __slots__ = ("_at", "_seconds", "is_new")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds_of("deadline", seconds)
        self._at = monotonic() + self._seconds
        self.is_new = True

    def left(self, needed: float = 0) -> float:
        """Seconds until then. Raises `TimeoutError` where there are no more than `needed`."""
        left = self._at - monotonic()
        if left <= needed:
            raise TimeoutError(f"the deadline of {self._seconds:g} seconds has passed")
        return min(left, _LONGEST)

    def call(self, sock: Any, method: Callable[..., Any], *args: Any) -> Any:
        """The result of a method that may wait for `sock`. Raises `TimeoutError`."""
        usual = sock.gettimeout()
        left = self.left()
        if usual is not None and usual <= left:
            return method(*args)
        sock.settimeout(left)
        try:
            return method(*args)
        except TimeoutError:
            self.left(_EARLY)
            raise
        finally:
            if sock.fileno() >= 0:
                sock.settimeout(usual)

    def connect(self, create: Any, address: tuple[str, int], timeout: Any, source: Any) -> Any:
        """`create(address, timeout, source)`, all addresses of the host together in time.

        Looking up the name is the system's business and cannot be cut short.
        """
        usual = socket.getdefaulttimeout() if timeout is _DEFAULT else timeout
        if create is not socket.create_connection:
            # Somebody's own, which may have a proxy look up the name.
            sock = create(address, self._limit(usual), source)
            sock.settimeout(usual)
            return sock
        error: OSError | None = None
        for found in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
            try:
                sock = create(_address_of(found[4]), self._limit(usual), source)
            except OSError as failure:
                error = failure
                continue
            sock.settimeout(usual)
            return sock
        self.left(_EARLY)
        raise error or OSError("getaddrinfo returns an empty list")

    def _limit(self, usual: float | None) -> float:
        return self.left() if usual is None else min(self.left(), usual)


def _address_of(found: Any) -> tuple[str, int]:
    """Host and port, the host with the zone of a link-local address."""
    host, port, *flow_and_zone = found
    if flow_and_zone and flow_and_zone[1] and "%" not in host:
        host = f"{host}%{flow_and_zone[1]}"
    return host, port


class TimedSocket:
    """What an exchange does with a socket, under a deadline."""

    def __init__(self, sock: Any, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        """Send bytes-like data."""
        sock = self._sock
        if type(sock) is socket.socket:
            self._deadline.call(sock, sock.sendall, data)  # which counts its time as a whole
            return
        with memoryview(data) as view, view.cast("B") as rest:
            sent = 0
            while sent < len(rest):
                sent += self._deadline.call(sock, sock.send, rest[sent:])

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into a buffer; how many bytes."""
        rest = (nbytes, flags) if flags else (nbytes,) if nbytes else ()
        got: int = self._deadline.call(self._sock, self._sock.recv_into, buffer, *rest)
        return got

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """A file to read a response from. Needs a socket with `recv_into` and `settimeout`."""
        return SocketFile(self)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    # socket.makefile() counts files so, and closes the socket with the last one.

    @property
    def _io_refs(self) -> int:
        return getattr(self._sock, "_io_refs", 0)

    @_io_refs.setter
    def _io_refs(self, count: int) -> None:
        if hasattr(self._sock, "_io_refs"):
            self._sock._io_refs = count

    def _decref_socketios(self) -> None:
        if hasattr(self._sock, "_decref_socketios"):
            self._sock._decref_socketios()

    @property
    def _closed(self) -> bool:
        return getattr(self._sock, "_closed", False)


def timed_socket(sock: Any, deadline: Deadline | None) -> Any:
    """Return a socket, under a deadline if there is one."""
    return sock if deadline is None else TimedSocket(sock, deadline)
