"""An audit hook that keeps a suite on this machine, on every machine alike.

To whoever tries, the rest of the world is a black hole: names do not resolve, connections time
out. The suites' own tests of timeouts need that, and no two sandboxes agree on it by themselves.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import time
from typing import Any

LONGEST = 1.0  # s that a connect waits, whatever longer timeout its socket has


def _address(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_name_of_elsewhere(host: object) -> bool:
    name = host.decode("latin-1") if isinstance(host, bytes) else host
    if not isinstance(name, str) or name in ("", "localhost", "localhost."):
        return False
    return _address(name) is None


def _is_elsewhere(host: object) -> bool:
    address = _address(host)
    if address is None:
        return _is_name_of_elsewhere(host)
    return not (address.is_loopback or address.is_unspecified)


def keep_to_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Answer for the world beyond loopback; to be given to `sys.addaudithook()`."""
    if event == "socket.getaddrinfo":
        if _is_name_of_elsewhere(arguments[0]):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    elif event in ("socket.connect", "socket.bind"):
        address = arguments[1]
        if isinstance(address, tuple) and _is_elsewhere(address[0]):
            if event == "socket.connect":
                timeout = arguments[0].gettimeout()
                time.sleep(LONGEST if timeout is None else min(timeout, LONGEST))
                raise TimeoutError("timed out")
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
