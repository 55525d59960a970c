"""Where a request may go: whether an address is one of the public internet.

Sources: the registries of RFC 6890 as `ipaddress` has them; RFC 4291 2.5.5.2 (IPv4-mapped), RFC
3056 (6to4), RFC 6052 2.1 (NAT64), RFC 4380 4 (Teredo).
"""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False  # importing typing would take longer than all of this module
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_LONGEST = 64  # characters of an address, its zone included


def public_only(host: str, address: str, port: int) -> bool:
    """Return whether an address is public: what `Pool(allow=)` asks before it connects.

    Refused are loopback, private, shared (100.64.0.0/10), link-local, multicast, unspecified and
    reserved addresses, also where they are inside of an IPv6 address: IPv4-mapped, 6to4, NAT64 or
    Teredo. So is what is no address: behind a proxy that looks names up itself, where they lead is
    not known here, and `address` is "".

    `host` and `port` are not looked at.
    """
    return type(address) is str and len(address) <= _LONGEST and _is_public(address)


@lru_cache(maxsize=4096)
def _is_public(text: str) -> bool:
    from ipaddress import IPv4Address, ip_address

    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    inside = _inside(address)
    if inside:
        return all(map(_is_public_v4, inside))
    # All else that is unicast and global is in 2000::/3 (RFC 4291 2.4, and IANA's list).
    return int(address) >> 125 == 1 and address.is_global and not address.is_reserved


def _is_public_v4(address: IPv4Address) -> bool:
    # Of 100.64.0.0/10 `ipaddress` says that it is neither private nor global.
    return address.is_global and not (
        address.is_private or address.is_multicast or address.is_reserved
    )


def _inside(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses to which one of IPv6 leads; none where it leads nowhere else."""
    from ipaddress import IPv4Address

    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if int(address) >> 32 == 0x64FF9B << 64:  # 64:ff9b::/96
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
