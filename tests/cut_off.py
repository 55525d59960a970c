"""How a test's server ends what its threads wait for."""

import contextlib
import socket
import sys
from typing import Any


def cut_off(sock: Any) -> None:
    """End a socket that another thread listens to or reads from, which then stops waiting."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    # On Windows that wakes nobody who waits on this side; and close() would wait for files.
    if sys.platform == "win32" and (descriptor := sock.detach()) != -1:
        socket.close(descriptor)
