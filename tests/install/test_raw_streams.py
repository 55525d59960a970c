"""A raw stream that fails, or has nothing, at any of its reads: as without install()."""

from __future__ import annotations

import contextlib
import email.message
import http.client
import io
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trustme

_HEAD = b"HTTP/1.1 200 OK\r\nA: b\r\n"
_BODY = b"5\r\nhello\r\n3\r\nyou\r\n2000\r\n" + b"x" * 0x2000 + b"\r\n1\r\n!\r\n0\r\n\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

#: What a read gives in place of bytes.
_ODD: list[Any] = [
    *(ValueError("bad"), OSError(5, "bad"), KeyError("bad"), MemoryError(), RuntimeError("bad")),
    *(BlockingIOError(11, "later"), TimeoutError("late"), KeyboardInterrupt(), StopIteration()),
    *(ssl.SSLCertVerificationError("untrusted"), UnicodeDecodeError("ascii", b"x", 0, 1, "bad")),
    *(http.client.IncompleteRead(b"of the stream"), ConnectionResetError(104, "reset")),
    *(None, b"", 99999999),
]


class _Raw(io.RawIOBase):
    """Gives one piece for each read: bytes, a number that is no length, None, or an error."""

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = list(pieces)
        self.reads = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.reads += 1
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece.with_traceback(None)
        if not isinstance(piece, bytes):
            return piece  # type: ignore[no-any-return]
        taken, rest = piece[: len(buffer)], piece[len(buffer) :]
        if rest:
            self.pieces.insert(0, rest)
        buffer[: len(taken)] = taken
        return len(taken)


class _Socket:
    def __init__(self, raw: _Raw) -> None:
        self.raw = raw

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.raw)


def _error(error: BaseException | None) -> Any:
    if error is None:
        return None
    return type(error), error.args, _error(error.__cause__), _error(error.__context__)


def _shown(value: Any) -> Any:
    if isinstance(value, email.message.Message):
        return type(value), value.items(), value.get_payload(), repr(value.defects)
    return value


def _state(response: Any) -> Any:
    held = {name: _shown(value) for name, value in vars(response).items() if name != "fp"}
    return held, response.isclosed()


def _told(step: Callable[[], Any]) -> Any:
    try:
        return _shown(step())
    except BaseException as error:
        return _error(error)


def _read_all(pieces: list[Any], amounts: list[int | None]) -> list[Any]:
    """What each step gave, what it left, and how often the stream was asked."""
    raw = _Raw(pieces)
    response: Any = http.client.HTTPResponse(_Socket(raw))  # type: ignore[arg-type]
    steps: list[Callable[[], Any]] = [response.begin, response.begin]
    steps += [lambda amount=amount: response.read(amount) for amount in amounts]
    told = [(_told(step), _state(response), raw.reads) for step in steps]
    response.fp = None  # it may be broken, and __del__ would close it
    return told


def _same(fasthttp: Any, run: Callable[[], Any]) -> None:
    expected = run()
    fasthttp.install()
    try:
        assert run() == expected
    finally:
        fasthttp.uninstall()


@pytest.mark.parametrize("odd", _ODD, ids=repr)
@pytest.mark.parametrize("before", [0, 10, len(_HEAD), len(_CHUNKED)])
def test_heads(fasthttp: Any, odd: Any, before: int) -> None:
    """At the first read, and at one within the head or behind it."""
    first = [_CHUNKED[:before]] if before else []
    _same(fasthttp, lambda: _read_all([*first, odd, _CHUNKED[before:] + _BODY], [None, None, 5]))


_AMOUNTS: list[list[int | None]] = [[None, None, None], [3, 4, 20000, None], [1] * 9, [30000, 1]]


@pytest.mark.full(every=3)
@pytest.mark.parametrize("odd", _ODD, ids=repr)
@pytest.mark.parametrize("amounts", _AMOUNTS, ids=str)
def test_chunks(fasthttp: Any, odd: Any, amounts: list[int | None]) -> None:
    """At each place of a chunked body."""
    for before in (*range(0, 26, 2), 13, 1000, 8211, *range(len(_BODY) - 12, len(_BODY), 2)):
        pieces = [_CHUNKED, _BODY[:before], odd, _BODY[before:]] if before else [_CHUNKED, odd]
        pieces += [] if before else [_BODY]
        _same(fasthttp, lambda pieces=pieces: _read_all(pieces, amounts))


@pytest.mark.full(every=5)
@pytest.mark.parametrize("size", [1, 3, 40, 300, 1000, 3000])
@pytest.mark.parametrize("amounts", [[None], [50, None], [700] * 12, [4096, 9000, None]], ids=str)
@pytest.mark.parametrize("odd", [KeyError("bad"), ValueError("bad"), None, b""], ids=repr)
def test_many_chunks(fasthttp: Any, size: int, amounts: list[int | None], odd: Any) -> None:
    body = (b"%x\r\n" % size + b"y" * size + b"\r\n") * (12000 // size) + b"0\r\nT: t\r\n\r\n"
    for before in (4096, 8192, 8193, 8190, len(body) - 9, len(body) - 3):
        pieces = [_CHUNKED + body[:before], odd, body[before:]]
        _same(fasthttp, lambda pieces=pieces: _read_all(pieces, [*amounts, None]))


@pytest.mark.parametrize("odd", _ODD, ids=repr)
@pytest.mark.parametrize("before", [0, 3, 8])
def test_parse_headers(fasthttp: Any, odd: Any, before: int) -> None:
    def run() -> Any:
        block = b"A: b\r\nC: d\r\n\r\nrest"
        raw = _Raw([*([block[:before]] if before else []), odd, block[before:]])
        fp = io.BufferedReader(raw)
        return [(_told(lambda: http.client.parse_headers(fp)), raw.reads) for _ in range(3)]

    _same(fasthttp, run)


@pytest.mark.parametrize("name", ["_MAXLINE", "_MAXHEADERS"])
@pytest.mark.parametrize(
    "value", [-1, 0, 1, 2, 3, sys.maxsize - 1, sys.maxsize, 1 << 80, 3.5, None, True, "x"], ids=repr
)
@pytest.mark.parametrize("first", [_CHUNKED, b"", None, ValueError("bad")], ids=repr)
def test_limits_that_are_none(
    fasthttp: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: Any, first: Any
) -> None:
    monkeypatch.setattr(http.client, name, value)
    _same(fasthttp, lambda: _read_all([first, _BODY], [None, 3]))


@pytest.mark.parametrize("what", ["closed", "detached", "raw closed"])
@pytest.mark.parametrize("at", ["begin", "read"])
def test_files_that_are_gone(fasthttp: Any, what: str, at: str) -> None:
    def run() -> Any:
        response: Any = http.client.HTTPResponse(_Socket(_Raw([_CHUNKED, _BODY])))  # type: ignore[arg-type]
        if at == "read":
            response.begin()
        if what == "closed":
            response.fp.close()
        elif what == "detached":
            response.fp.detach()
        else:
            response.fp.raw.close()
        told = [
            _told(response.begin),
            _told(response.read),
            _told(lambda: http.client.parse_headers(response.fp)),
        ]
        told.append(response.isclosed())
        response.fp = None
        return told

    _same(fasthttp, run)


def test_a_handshake_still_to_come(fasthttp: Any) -> None:
    """Its error comes at the first read of the response."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    def serve(listening: socket.socket) -> None:
        near, _ = listening.accept()
        with near, contextlib.suppress(OSError):
            context.wrap_socket(near, server_side=True).close()

    def run() -> Any:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=serve, args=(listening,))
            thread.start()
            with socket.create_connection(listening.getsockname(), timeout=20) as plain:
                wrapped = ssl.create_default_context().wrap_socket(
                    plain, server_hostname="localhost", do_handshake_on_connect=False
                )
                with wrapped:
                    response = http.client.HTTPResponse(wrapped)
                    with pytest.raises(ssl.SSLCertVerificationError) as raised:
                        response.begin()
                    response.close()
            thread.join()
        return raised.value.verify_code, raised.value.verify_message

    _same(fasthttp, run)


def test_a_timeout(fasthttp: Any) -> None:
    """After which the stream refuses to go on."""

    def run() -> Any:
        near, far = socket.socketpair()
        with near, far:
            near.settimeout(0.02)
            response = http.client.HTTPResponse(near)
            told = [_told(response.begin)]
            far.sendall(_CHUNKED + _BODY)
            told.append(_told(response.begin))
            response.close()
            response = http.client.HTTPResponse(near)
            response.begin()
            told += [_told(lambda: response.read(8)), _told(lambda: len(response.read()))]
            response.close()
        return told

    _same(fasthttp, run)


_SHORT = (b"3\r\nabc\r\n" * 8) + b"0\r\nT: t\r\n\r\n"


@pytest.mark.parametrize("end", ["closed", "timeout", "not waited for", "file closed"])
@pytest.mark.parametrize("amount", [None, 3, 20])
def test_sockets_that_end(fasthttp: Any, end: str, amount: int | None) -> None:
    """At each place of a chunked body."""

    def run() -> Any:
        told = []
        for before in range(len(_SHORT)):
            near, far = socket.socketpair()
            with near, far:
                response: Any = http.client.HTTPResponse(near)
                far.sendall(_CHUNKED + _SHORT[:before])
                response.begin()
                if end == "closed":
                    far.close()
                elif end == "file closed":
                    near.settimeout(0.002)
                    _told(lambda: response.read(3))  # noqa: B023
                    response.fp.close()
                else:
                    near.settimeout(0.002 if end == "timeout" else 0)
                told += [(_told(lambda: response.read(amount)), _state(response)) for _ in range(4)]  # noqa: B023
                response.fp = None
        return told

    _same(fasthttp, run)


def test_a_socket_that_does_not_wait(fasthttp: Any) -> None:
    def run() -> Any:
        near, far = socket.socketpair()
        with near, far:
            near.setblocking(False)
            response = http.client.HTTPResponse(near)
            told = [_told(response.begin)]
            far.sendall(_CHUNKED + b"5\r\nhel")
            told += [_told(response.begin), _told(response.read), _state(response)]
            far.sendall(b"lo\r\n0\r\n\r\n")
            told += [_told(response.read), _state(response)]
            response.close()
        return told

    _same(fasthttp, run)
