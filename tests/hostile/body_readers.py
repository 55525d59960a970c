"""The ways in which a caller reads a body, each noting piece by piece what it has been given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Reading = Callable[[Any, list[bytes]], None]


def _all(response: Any, got: list[bytes]) -> None:
    got.append(response.read())


def _pieces(read: Callable[[Any], bytes]) -> Reading:
    def reading(response: Any, got: list[bytes]) -> None:
        while piece := read(response):
            got.append(piece)

    return reading


def _into(response: Any) -> bytes:
    buffer = bytearray(7)
    return bytes(buffer[: response.readinto(buffer)])


READINGS: dict[str, Reading] = {
    "read()": _all,
    "read(7)": _pieces(lambda response: bytes(response.read(7))),
    "readinto": _pieces(_into),
    "read1": _pieces(lambda response: bytes(response.read1())),
    "readline": _pieces(lambda response: bytes(response.readline())),
}
