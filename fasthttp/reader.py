"""What a response reads its bytes from: the codec's own file where nobody can tell, else
`sock.makefile("rb")`.
"""

from __future__ import annotations

import _socket
import http.client
import io
import socket

from ._codec import SocketFile, has_input

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_makefile = socket.socket.makefile
# http.client has found out already whether this Python has ssl.
_ssl: Any = getattr(http.client, "ssl", None)


def _trusted_kinds() -> frozenset[type]:
    """Exactly the stdlib's socket types; under gevent's monkey-patching there are none."""
    kinds: list[type] = [socket.socket]
    if _ssl is not None:
        kinds.append(_ssl.SSLSocket)
    return frozenset(kind for kind in kinds if kind.__module__ in ("socket", "ssl"))


def _errors_of_an_empty_socket() -> tuple[type[OSError], ...]:
    """What is raised where nothing has come and nobody waits."""
    return (BlockingIOError, TimeoutError, *(() if _ssl is None else (_ssl.SSLWantReadError,)))


_NOTHING_YET = _errors_of_an_empty_socket()
_TRUSTED = _trusted_kinds()
_SOCKET = socket.socket


def is_plain_socket(sock: Any) -> bool:
    """Whether this is a socket of the stdlib itself, so that calls to it can be merged."""
    return type(sock) in _TRUSTED


def open_file(sock: Any) -> Any:
    """A binary file to read a response from.

    Anything with a `makefile` will do. For a socket of exactly the stdlib's types, whose
    `makefile` nobody has replaced and which is not non-blocking, it is a `SocketFile`.
    """
    kind = type(sock)
    if (
        kind in _TRUSTED
        and kind.makefile is _makefile
        and sock.gettimeout() != 0
        # Only SSLSocket has attributes of its own.
        and (kind is _SOCKET or "makefile" not in sock.__dict__)
    ):
        return SocketFile(sock)
    return sock.makefile("rb")


def is_spent(sock: Any) -> bool:
    """Whether an idle connection can serve no request: bytes wait on it that no request has asked
    for, so that they cannot be the answer to the next one; or it has ended.

    False for None, and for what has no descriptor to look at.
    """
    kind = type(sock)
    try:
        if kind is _SOCKET:
            return has_input(sock)
        if kind in _TRUSTED or hasattr(sock, "pending"):  # TLS, gevent's or PyOpenSSL's too
            return sock.pending() > 0 or _has_more_than_tickets(sock)
        return hasattr(sock, "fileno") and has_input(sock)
    except (OSError, TypeError, ValueError):
        return False


def _has_more_than_tickets(sock: Any) -> bool:
    """TLS sends session tickets when it likes; reading takes them off."""
    if not has_input(sock):
        return False
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv_into(bytearray(1))
    except _NOTHING_YET:
        return False
    except OSError:
        pass  # it has ended
    finally:
        sock.settimeout(timeout)
    return True


def has_bytes(sock: Any) -> bool:
    """Whether bytes wait to be read from a socket, without taking them; the end of the stream is
    nothing. What TLS says on its own account is taken for bytes as well.
    """
    try:
        # The base class's recv() sees the bytes as they are, and calls nobody's own.
        return (
            isinstance(sock, _SOCKET)
            and has_input(sock)
            and _socket.socket.recv(sock, 1, socket.MSG_PEEK) != b""
        )
    except (OSError, ValueError):
        return False


def held_back(file: Any) -> int:
    """How many bytes `sock.makefile("rb")` has received and nobody has read, as far as that can be
    told without waiting.
    """
    sock = getattr(getattr(file, "raw", None), "_sock", None)
    if type(file) is not io.BufferedReader or sock is None:
        return 0
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        return len(file.peek())
    except _NOTHING_YET:
        return 0
    except (OSError, ValueError):
        return 1  # what cannot be told
    finally:
        sock.settimeout(timeout)
