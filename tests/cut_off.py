"""How a test's server ends a connection, and what its threads wait for."""

import contextlib
import socket
import struct
import sys
from typing import Any

#: The SO_LINGER of a socket that is reset where it is closed.
RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def cut_off(sock: Any) -> None:
    """End a socket that another thread listens to or reads from, which then stops waiting."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    # On Windows that wakes nobody who waits on this side; and close() would wait for files.
    if sys.platform == "win32" and (descriptor := sock.detach()) != -1:
        socket.close(descriptor)
