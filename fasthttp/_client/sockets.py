"""What a response reads its bytes from: the codec's own file where nobody can tell, else
`sock.makefile("rb")`.
"""

from __future__ import annotations

import _socket
import http.client
import io
import socket
import sys

from .._compiled import SocketFile, has_input

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
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
    waits = () if _ssl is None else (_ssl.SSLWantReadError, _ssl.SSLWantWriteError)
    return (BlockingIOError, TimeoutError, *waits)


NOTHING_YET = _errors_of_an_empty_socket()
_TRUSTED = _trusted_kinds()
_SOCKET = socket.socket
#: The stdlib's own types, None where there is none.
PLAIN_SOCKET = _SOCKET if _SOCKET in _TRUSTED else None
TLS_SOCKET = _ssl.SSLSocket if _ssl is not None and _ssl.SSLSocket in _TRUSTED else None
#: What sending and receiving goes through in socket.socket.
PLAIN_SENDS = "sendall", "fileno"
PLAIN_RECEIVES = "makefile", "gettimeout", "fileno", "recv_into"
#: What sending and receiving with TLS goes through in ssl.SSLSocket, but for `_sslobj`.
TLS_SENDS = "sendall", "send", "_checkClosed", "pending", "fileno"
TLS_RECEIVES = "makefile", "gettimeout", "recv_into", "read", "_checkClosed"
#: What a descriptor may be: an int of C, but on Windows, where it is a handle.
_LAST_DESCRIPTOR = sys.maxsize if sys.platform == "win32" else 0x7FFFFFFF
#: Errors that tell of the end and are no OSError, by name: pyOpenSSL's and tlslite-ng's, which
#: nobody needs to have.
_ENDS = frozenset(("ZeroReturnError", "SysCallError", "TLSAbruptCloseError"))


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

    False for None, for what has no descriptor to look at, and where the look fails: http.client
    takes none, so what somebody has put there need not stand it.
    """
    kind = type(sock)
    try:
        if kind is _SOCKET:
            return has_input(sock)
        if kind in _TRUSTED or hasattr(sock, "pending"):  # TLS, gevent's or PyOpenSSL's too
            return sock.pending() > 0 or (_has_input(sock) and _has_more_than_tickets(sock))
        return hasattr(sock, "fileno") and _has_input(sock)
    except Exception:
        return False


def _has_input(sock: Any) -> bool:
    """`has_input` for what may have anything for a descriptor."""
    descriptor = sock.fileno()
    return isinstance(descriptor, int) and descriptor <= _LAST_DESCRIPTOR and has_input(sock)


def _has_more_than_tickets(sock: Any) -> bool:
    """TLS sends session tickets when it likes; reading takes them off."""
    return _without_waiting(sock, lambda: int(sock.recv_into(bytearray(1)) is not None)) > 0


def _without_waiting(sock: Any, take: Callable[[], int]) -> int:
    """What `take` gives while the socket does not wait: 0 where nothing has come, or where that
    cannot be told; 1 where the socket has ended.

    The timeout is put back. A socket that does not take it back is not what it was, and has ended.
    """
    timeout = sock.gettimeout()
    found = 0
    does_not_wait = False
    try:
        sock.settimeout(0)
        does_not_wait = True
        if sock.gettimeout() == 0:
            found = _taken(take)
    except Exception:
        found = 0
    finally:
        try:
            sock.settimeout(timeout)
        except Exception:
            found = found or int(does_not_wait)
    return found


def _taken(take: Callable[[], int]) -> int:
    try:
        return take()
    except NOTHING_YET:
        return 0
    except (OSError, EOFError):
        return 1
    except Exception as error:
        return int(any(cls.__name__ in _ENDS for cls in type(error).__mro__))


def has_bytes(sock: Any) -> bool:
    """Whether bytes wait to be read from a socket, without taking them; the end of the stream is
    nothing, and so is what cannot be looked at. What TLS says on its own account is taken for
    bytes as well.
    """
    try:
        # The base class's recv() sees the bytes as they are, and calls nobody's own.
        return (
            isinstance(sock, _SOCKET)
            and _has_input(sock)
            and _socket.socket.recv(sock, 1, socket.MSG_PEEK) != b""
        )
    except Exception:
        return False


def held_back(file: Any) -> int:
    """How many bytes `sock.makefile("rb")` has received and nobody has read, as far as that can be
    told without waiting; 1 where the connection has ended in an error.
    """
    if type(file) is not io.BufferedReader:
        return 0
    try:
        sock = getattr(file.raw, "_sock", None)
        return 0 if sock is None else _without_waiting(sock, lambda: len(file.peek()))
    except Exception:
        return 0
