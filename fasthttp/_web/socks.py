"""What is said to a SOCKS proxy before it passes bytes on, and what it answers.

Each function is a generator. It gives what to send, and how many bytes are then to be received; it
is sent exactly those. It ends where the connection leads to the server, and raises `OSError` where
it does not.

Sources: RFC 1928 (SOCKS 5), RFC 1929 (names and passwords); the memos "SOCKS: A protocol for TCP
proxy across firewalls" (4) and "SOCKS 4A".
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take longer than all of this module
if TYPE_CHECKING:
    from collections.abc import Generator

    from .proxies import Proxy

    #: What a handshake gives (bytes to send, how many to receive), and is sent.
    Steps = Generator[tuple[bytes, int], bytes, None]

_REFUSALS_5 = (
    "",
    "general failure",
    "not allowed by its rules",
    "network unreachable",
    "host unreachable",
    "connection refused",
    "TTL expired",
    "command not supported",
    "kind of address not supported",
)
_REFUSALS_4 = {91: "rejected or failed", 92: "no identd of the client's", 93: "identd disagrees"}


def _packed(host: str) -> bytes | None:
    """Return the bytes of an address, without its zone; None for a name."""
    from ipaddress import ip_address

    try:
        return ip_address(host.partition("%")[0]).packed
    except ValueError:
        return None


def steps(proxy: Proxy, host: str, port: int) -> Steps:
    """Return what is to be said to a SOCKS proxy, to reach a host: a name or an address."""
    is_4 = proxy.scheme.startswith("socks4")
    return _steps_4(proxy, host, port) if is_4 else _steps_5(proxy, host, port)


def _steps_5(proxy: Proxy, host: str, port: int) -> Steps:
    methods = b"\0" if proxy.user is None else b"\0\2"
    version, method = yield bytes((5, len(methods))) + methods, 2
    _check_version(version, 5)
    if method not in methods:
        wants = "a kind of login that is not known here"
        if method == 2:
            wants = "a name and a password: socks5h://name:password@host:port"
        raise OSError(f"the SOCKS proxy wants {wants}")
    if method == 2:
        user, password = proxy.user or b"", proxy.password
        login = bytes((1, len(user))) + user + bytes((len(password),)) + password
        version, status = yield login, 2
        _check_version(version, 1)
        if status:
            raise OSError("the SOCKS proxy takes neither this name nor this password: see its URL")
    version, code, _, kind = yield b"\5\1\0" + _address_5(host) + port.to_bytes(2, "big"), 4
    _check_version(version, 5)
    if code:
        reason = _REFUSALS_5[code] if code < len(_REFUSALS_5) else f"code {code}"
        raise OSError(f"SOCKS connection failed: {reason}")
    # Then its own address and port, which are of no use.
    size = {1: 4, 4: 16}.get(kind)
    if kind == 3:
        (size,) = yield b"", 1
    if size is None:
        raise OSError(f"what the proxy says is not SOCKS 5: an address of the kind {kind}")
    yield b"", size + 2


def _address_5(host: str) -> bytes:
    packed = _packed(host)
    if packed is not None:
        return (b"\1" if len(packed) == 4 else b"\4") + packed
    name = host.encode("ascii")
    if len(name) > 255:
        raise OSError(f"a name has at most 255 bytes for a SOCKS proxy, not {len(name)}")
    return bytes((3, len(name))) + name


def _steps_4(proxy: Proxy, host: str, port: int) -> Steps:
    packed, behind = _packed(host), b""
    if packed is None:
        if proxy.scheme == "socks4":
            raise OSError("a socks4:// proxy knows no names: use socks4a:// or socks5://")
        packed, behind = b"\0\0\0\1", host.encode("ascii") + b"\0"
    if len(packed) != 4:
        raise OSError("SOCKS 4 knows no addresses of IPv6: use socks5://")
    user = proxy.user or b""
    said = yield b"\4\1" + port.to_bytes(2, "big") + packed + user + b"\0" + behind, 8
    _check_version(said[0], 0)
    if said[1] != 90:
        reason = _REFUSALS_4.get(said[1], f"code {said[1]}")
        raise OSError(f"SOCKS connection failed: {reason}")


def _check_version(found: int, wanted: int) -> None:
    if found != wanted:
        raise OSError(
            f"what the proxy says is not SOCKS: it begins with {found}, not {wanted}; is it an"
            " http:// proxy?"
        )
