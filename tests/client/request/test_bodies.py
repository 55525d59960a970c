"""Bodies of each kind are framed and sent as the stdlib does it."""

from __future__ import annotations

import array
import ctypes
import http.client
import io
import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ..request_recorder import WAYS, assert_same, record

_both_ways = pytest.mark.parametrize("way", WAYS)
pytestmark = pytest.mark.full(any=("way",))
_MANY = bytes(range(256)) * 300  # more than one block of a file, and than is joined to a head


def _generator() -> Iterator[bytes]:
    yield b"one"
    yield b""
    yield b"three"


class _Readable:
    """Not a file, but it has `read`."""

    def __init__(self, *blocks: Any) -> None:
        self._blocks = list(blocks)

    def read(self, size: int) -> Any:
        return self._blocks.pop(0) if self._blocks else b""


class _ReadableBytes(bytes):
    """Bytes that are a file as well: the file comes first."""

    def read(self, size: int = -1) -> bytes:
        return b""


class _Iterable:
    def __iter__(self) -> Iterator[bytes]:
        return iter((b"a", b"bc"))


class _OwnBytes(bytes):
    pass


class _OwnStr(str):
    pass


def _text_file(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8")


def _moved(file: Any) -> Any:
    file.seek(3)
    return file


def _mmap() -> mmap.mmap:
    mapped = mmap.mmap(-1, 10)
    mapped.write(b"0123456789")
    mapped.seek(4)
    return mapped


BODIES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "str": lambda: "text",
    "str of Latin-1": lambda: "\xe9\xff",
    "empty str": str,
    "str of one's own": lambda: _OwnStr("own"),
    "bytes": lambda: b"bytes",
    "empty bytes": bytes,
    "bytes of one's own": lambda: _OwnBytes(b"own"),
    "bytes that can be read": lambda: _ReadableBytes(b"unseen"),
    "as many as are joined": lambda: _MANY[:65536],
    "more than are joined": lambda: _MANY[:65537],
    "bytearray": lambda: bytearray(b"array"),
    "empty bytearray": bytearray,
    "memoryview": lambda: memoryview(b"view"),
    "memoryview of larger items": lambda: memoryview(array.array("I", [1, 2, 3])),
    "array": lambda: array.array("H", [1, 2, 3]),
    "empty array": lambda: array.array("I"),
    "ctypes": lambda: (ctypes.c_char * 4)(*b"char"),
    "mmap": _mmap,
    "binary file": lambda: io.BytesIO(b"file"),
    "binary file, not at its beginning": lambda: _moved(io.BytesIO(b"0123456")),
    "large binary file": lambda: io.BytesIO(_MANY),
    "empty binary file": io.BytesIO,
    "text file": lambda: _text_file("caf\xe9"),
    "large text file": lambda: _text_file("\xe9" * 20_000),
    "StringIO": lambda: io.StringIO("text\r\n\xe9"),
    "empty text file": io.StringIO,
    "anything with read": lambda: _Readable(b"a", bytearray(b"bc"), memoryview(b"def")),
    "generator": _generator,
    "generator of nothing": lambda: iter(()),
    "list": lambda: [b"a", b"", bytearray(b"bc"), memoryview(b"def")],
    "tuple": lambda: (b"a",),
    "empty list": list,
    "iterator of bytes": lambda: iter([b"a" * 20, b"b" * 300]),
    "iterable of one's own": _Iterable,
    "dict": lambda: {b"a": 1, b"b": 2},
    "set": lambda: {b"one"},
}

FRAMINGS: dict[str, dict[str, Any]] = {
    "left to the client": {},
    "Content-Length": {"headers": {"Content-Length": "7"}},
    "a wrong one of int": {"headers": {"content-length": 1}},
    "Transfer-Encoding": {"headers": {"Transfer-Encoding": "chunked"}},
    "Transfer-Encoding, encoded": {
        "headers": {"transfer-encoding": "chunked"},
        "encode_chunked": True,
    },
    "both, encoded": {
        "headers": {"Transfer-Encoding": "gzip", "Content-Length": "3"},
        "encode_chunked": True,
    },
    "encode_chunked alone": {"encode_chunked": True},
}


@_both_ways
@pytest.mark.parametrize("body", BODIES)
def test_bodies(client: ModuleType, body: str, way: str) -> None:
    for framing in FRAMINGS.values():

        def act(connection: Any, framing: dict[str, Any] = framing) -> None:
            connection.request("POST", "/", BODIES[body](), **framing)

        assert_same(client, act, way=way)


@pytest.mark.parametrize("body", BODIES)
def test_bodies_of_a_get(client: ModuleType, body: str) -> None:
    assert_same(client, lambda it: it.request("GET", "/", BODIES[body]()))


@_both_ways
@pytest.mark.parametrize("body", BODIES)
def test_bodies_at_the_end_of_headers(client: ModuleType, body: str, way: str) -> None:
    for chunked in (False, True):

        def act(connection: Any, chunked: bool = chunked) -> None:
            connection.putrequest("POST", "/")
            connection.endheaders(BODIES[body](), encode_chunked=chunked)

        assert_same(client, act, way=way)


@_both_ways
@pytest.mark.parametrize("body", BODIES)
def test_bodies_sent_as_they_are(client: ModuleType, body: str, way: str) -> None:
    def act(connection: Any) -> None:
        connection.putrequest("POST", "/")
        connection.endheaders()
        connection.send(BODIES[body]())

    assert_same(client, act, way=way)


@pytest.mark.parametrize("blocksize", [1, 3, 8192, 100_000])
def test_blocksize_is_how_much_of_a_file_is_read_at_a_time(
    client: ModuleType, blocksize: int
) -> None:
    for body in ("binary file", "large binary file", "text file"):
        if blocksize < 8 and body == "large binary file":
            continue
        got = assert_same(
            client,
            lambda it, body=body: it.request("PUT", "/", BODIES[body]()),
            blocksize=blocksize,
        )
        assert max(len(sent) for sent in got.sent[1:]) <= blocksize + 10


@_both_ways
def test_files_on_disk(client: ModuleType, way: str, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"the beginning" + _MANY)

    def act(connection: Any) -> None:
        with path.open("rb") as file:
            connection.request("PUT", "/", file)

    def act_mapped(connection: Any) -> None:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            body.seek(70_000)
            connection.request("PUT", "/", body)

    assert b"the beginning" in assert_same(client, act, way=way).wire
    assert b"the beginning" not in assert_same(client, act_mapped, way=way).wire


def test_a_chunk_is_as_large_as_its_block(every_client: ModuleType) -> None:
    """Size in capitals, empty blocks left out, no trailers."""
    got = record(every_client, lambda it: it.request("PUT", "/", [b"x" * 30, b"", b"yz"]))
    assert b"\r\nTransfer-Encoding: chunked\r\n" in got.wire
    assert got.sent[1:] == [b"1E\r\n" + b"x" * 30 + b"\r\n", b"2\r\nyz\r\n", b"0\r\n\r\n"]


def test_a_body_is_taken_once(client: ModuleType) -> None:
    """What a generator yields is sent before it is asked for more."""
    sent_before: list[int] = []

    def act(connection: Any) -> None:
        def body() -> Iterator[bytes]:
            for _ in range(3):
                sent_before.append(len(connection.sock.sent))
                yield b"x"

        connection.request("POST", "/", body())

    record(client, act)
    assert sent_before == [1, 2, 3]
    sent_before.clear()
    record(http.client, act)
    assert sent_before == [1, 2, 3]
