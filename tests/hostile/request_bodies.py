"""The kinds of request body, and how many bytes each makes on the wire."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from ..client.request_recorder import record

#: More than the sockets' buffers hold, so that sending waits for the server to read.
LARGE = 1 << 20


def _blocks() -> Iterator[bytes]:
    for _ in range(LARGE // 16384):
        yield b"i" * 16384


BODIES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "bytes": lambda: b"small",
    "str": lambda: "caf\xe9",
    "large bytes": lambda: b"b" * LARGE,
    "file": lambda: io.BytesIO(b"f" * LARGE),
    "iterable": _blocks,
}
IS_LARGE = {"large bytes", "file", "iterable"}


def send(connection: Any, body: str) -> None:
    """Send a request with a body of this kind."""
    connection.request("POST", "/first", body=BODIES[body]())


@cache
def wire_length(client: ModuleType, body: str) -> int:
    """The bytes of the whole request, its head included."""
    kept = record(client, lambda connection: send(connection, body), host="127.0.0.1")
    return len(kept.wire)
