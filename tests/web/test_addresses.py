"""Which addresses are public."""

from __future__ import annotations

from typing import Any

import pytest

from fasthttp._web.addresses import public_only

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:800::200e",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "64:ff9b::8.8.8.8",
    "2001:0:808:808::f7f7:f7f7",
]
OTHERS = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "4000::1",
    "64:ff9b:1::808:808",
    # inside of others
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::ffff:100.64.0.1",
    "::ffff:127.0.0.1%lo",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:6440:1::1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "2001:0:7f00:1::f7f7:f7f7",
    "2001:0:808:808::80ff:fffe",  # 127.0.0.1, turned over
]
#: What `ipaddress` takes for no address, though a resolver may know one.
NONE_AT_ALL: list[Any] = [
    "",
    "localhost",
    "example.org",
    "127.1",
    "0x7f000001",
    "2130706433",
    "8.8.8.8.",
    " 8.8.8.8",
    "8.8.8.08",
    "[::1]",
    "8.8.8.8/32",
    "1" * 100_000,
    134744072,
    b"8.8.8.8",
    None,
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert public_only("example.org", address, 80) is True


@pytest.mark.parametrize("address", OTHERS)
def test_not_public(address: str) -> None:
    assert public_only("example.org", address, 80) is False


@pytest.mark.parametrize("address", NONE_AT_ALL, ids=lambda value: repr(value)[:20])
def test_what_is_no_address_is_not_public(address: Any) -> None:
    assert public_only("example.org", address, 80) is False


def test_a_public_host_makes_no_address_public() -> None:
    assert not public_only("8.8.8.8", "127.0.0.1", 80)
    assert public_only("localhost", "8.8.8.8", 80)
