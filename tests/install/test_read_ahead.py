"""What has come behind a head, and the file that it is read from: both as without install()."""

from __future__ import annotations

import contextlib
import gc
import http.client
import pickle
import random
import signal
import socket
import ssl
import struct
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import trustme

_HEAD = b"HTTP/1.1 200 OK\r\nA: b\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_LONG = bytes(range(256)) * 400
#: By name: what comes with the head, and what comes when it has been read.
_ANSWERS: dict[str, tuple[bytes, bytes]] = {
    "sized": (_HEAD + b"Content-Length: 12\r\n\r\nhello\nworld!", b""),
    "more than asked": (_HEAD + b"Content-Length: 6\r\n\r\nhello\nworld!", b""),
    "half": (_HEAD + b"Content-Length: 12\r\n\r\nhello\n", b"world!"),
    "head alone": (_HEAD + b"Content-Length: 12\r\n\r\n", b"hello\nworld!"),
    "long": (_HEAD + b"Content-Length: 102400\r\n\r\n" + _LONG[:5000], _LONG[5000:]),
    "chunked": (_CHUNKED + b"6\r\nhello\n\r\n6\r\nworld!\r\n0\r\n\r\n", b""),
    "until the end": (_HEAD + b"Connection: close\r\n\r\nhello\n", b"world!"),
    "odd": (_HEAD + b"Content-Length: 12\r\nB: b\r\n c\r\n\r\nhello\nworld!", b""),
    "empty": (_HEAD + b"Content-Length: 0\r\n\r\n", b""),
    "none": (_HEAD.replace(b"200 OK", b"204 No Content") + b"\r\n", b""),
}  # fmt: skip


def _into(read: Callable[[Any], Any], size: int) -> Any:
    room = bytearray(size)
    return read(room), bytes(room)


#: By name: what somebody does with a response, or with its file, before it is read.
_WAYS: dict[str, Callable[[Any], Any]] = {
    "read all": lambda response: response.fp.read(),
    "read": lambda response: response.fp.read(3),
    "read nothing": lambda response: response.fp.read(0),
    "read long": lambda response: response.fp.read(9000),
    "read1": lambda response: response.fp.read1(3),
    "read1 all": lambda response: response.fp.read1(),
    "readline": lambda response: response.fp.readline(),
    "peek": lambda response: response.fp.peek(),
    "readinto": lambda response: _into(response.fp.readinto, 4),
    "readinto long": lambda response: _into(response.fp.readinto, 9000),
    "readinto1": lambda response: _into(response.fp.readinto1, 4),
    "lines": lambda response: list(response.fp),
    "its read": lambda response: response.read(3),
    "its read1": lambda response: response.read1(3),
    "its peek": lambda response: response.peek(),
    "its readline": lambda response: response.readline(),
    "its readinto": lambda response: _into(response.readinto, 4),
    "its lines": lambda response: next(response),
    "close": lambda response: response.fp.close(),
    "its close": lambda response: response.close(),
    "detach": lambda response: response.fp.detach() and None,
    "an attribute": lambda response: setattr(response.fp, "own", 1),
    "an attribute of the stream": lambda response: setattr(response.fp.raw, "own", 1),
    "another mode": lambda response: setattr(response.fp.raw, "_mode", "r"),
    "no reading": lambda response: setattr(response.fp.raw, "_reading", False),
    "no file": lambda response: setattr(response, "fp", None),
    "nothing": lambda response: None,
}


def _told(step: Callable[..., Any], *given: Any) -> Any:
    try:
        return step(*given)
    except Exception as error:
        return type(error), error.args


class _Peer:
    def __init__(self, timeout: float | None = 10) -> None:
        self.near, self.far = socket.socketpair()
        self.near.settimeout(timeout)
        self.connection = http.client.HTTPConnection("example.org", 81)
        self.connection.sock = self.near

    def response(self, wire: bytes) -> Any:
        self.connection.request("GET", "/")
        self.far.sendall(wire)
        return self.connection.getresponse()

    def files(self) -> int:
        return self.near._io_refs  # type: ignore[attr-defined, no-any-return]

    def close(self) -> None:
        self.connection.close()
        self.near.close()
        self.far.close()


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    gc.collect()


@pytest.mark.parametrize("answer", _ANSWERS)
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("timeout", [None, 10.0])
def test_whoever_reads_from_the_file(
    fasthttp: Any, answer: str, way: str, timeout: float | None
) -> None:
    """Before the response is read."""

    def run() -> Any:
        peer = _Peer(timeout)
        told: list[Any] = []
        response = peer.response(_ANSWERS[answer][0])
        peer.far.sendall(_ANSWERS[answer][1])
        peer.far.shutdown(socket.SHUT_WR)
        if response.fp is not None:
            told.append(_told(_WAYS[way], response))
        told += [_told(response.read, 5), _told(response.read), response.isclosed()]
        told += [_told(response.close), peer.files()]
        peer.close()
        return told

    expected = run()
    fasthttp.install()
    for _ in range(2):
        assert run() == expected


@pytest.mark.parametrize("way", _WAYS)
def test_the_next_response_has_its_own(fasthttp: Any, way: str) -> None:
    """Whatever was done to the file of one, and to its stream."""
    fasthttp.install()
    expected = None
    for number in range(4):
        peer = _Peer()
        body = b"hello\nworld%d" % number
        response = peer.response(_HEAD + b"Content-Length: 12\r\n\r\n" + body)
        held = {**vars(response.fp.raw), "_sock": None, "readinto": None}
        assert held == (expected or held)
        assert not response.fp.closed and not hasattr(response.fp, "own")
        expected = held
        if number % 2:
            assert (response.read(), peer.files()) == (body, 0)
        else:
            peer.far.shutdown(socket.SHUT_WR)
            _told(_WAYS[way], response)
            _told(response.read)
            _told(response.close)
        del response
        peer.close()


def test_where_it_differs(fasthttp: Any, implementation: str) -> None:
    """The stream gives what http.client has in the file's buffer by then; docs/install.md."""
    fasthttp.install()
    peer = _Peer()
    raw = peer.response(_ANSWERS["sized"][0]).fp.raw
    assert ("readinto" in vars(raw)) == (implementation == "c")
    if implementation == "c":
        assert _into(raw.readinto, 5) == (5, b"hello")
        assert raw.read(2) == b"\nw"
        assert raw.read(9) == b"orld!"
        assert "readinto" not in vars(raw)
    peer.close()
    peer = _Peer()
    response = peer.response(_ANSWERS["sized"][0])
    response.fp.raw.close()
    told = _told(response.read, 5)
    assert told == (b"hello" if implementation == "py" else (ValueError, ("read of closed file",)))
    _told(peer.connection.close)
    peer.close()


def test_who_holds_a_part_of_it(fasthttp: Any) -> None:
    """Weakly or not: the file of one response is never that of another."""

    def run() -> Any:
        peer = _Peer()
        told: list[Any] = []
        holds: dict[str, Callable[[Any], Any]] = {
            "file, weakly": lambda fp: weakref.ref(fp),
            "stream, weakly": lambda fp: weakref.ref(fp.raw),
            "stream, with a callback": lambda fp: weakref.ref(fp.raw, told.append),
            "stream, in a set": lambda fp: weakref.WeakSet([fp.raw]),
            "proxy": lambda fp: weakref.proxy(fp.raw),
            "file": lambda fp: fp,
            "stream": lambda fp: fp.raw,
            "method": lambda fp: fp.raw.readinto,
            "dict": lambda fp: vars(fp.raw),
        }
        for name, hold in holds.items():
            response = peer.response(_ANSWERS["sized"][0])
            held = hold(response.fp)
            told += [name, response.read()]
            second = peer.response(_ANSWERS["sized"][0].replace(b"hello", b"other"))
            if name == "proxy":
                told.append(_told(getattr, held, "closed")[0])
            elif isinstance(held, weakref.ref):
                told.append(held() is None)
            elif name == "stream, in a set":
                told.append(len(held))
            elif name in ("file", "stream"):
                told += [held.closed, held is second.fp, held is second.fp.raw]
            elif name == "method":
                told.append(_told(held, bytearray(5)))
            else:
                told += [held["_sock"], held is vars(second.fp.raw)]
            told.append(second.read())
        told = [one for one in told if not isinstance(one, weakref.ref)]
        peer.close()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


def test_many_connections_take_turns(fasthttp: Any) -> None:
    """More than files are kept for; each response has its own bytes, however it is read."""
    fasthttp.install()
    rng = random.Random(17)
    peers = [_Peer() for _ in range(20)]
    open_ones: dict[int, tuple[Any, bytes]] = {}
    ways = ("read", "amounts", "file", "peek", "drop", "into")
    for step in range(3000):
        at = rng.randrange(len(peers))
        if at not in open_ones:
            body = b"%d of %d " % (step, at) + b"x" * rng.choice((0, 10, 7000, 9000))
            wire = _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
            open_ones[at] = peers[at].response(wire), body
            continue
        response, body = open_ones.pop(at)
        way = rng.choice(ways)
        if way == "drop":
            peers[at].close()
            assert response.isclosed() and peers[at].files() == 0
            peers[at] = _Peer()
            continue
        if way == "amounts":
            got = b"".join(iter(partial(response.read, 4000), b""))
        elif way == "file":
            got = response.fp.read(len(body))
            response.close()
        elif way == "peek":
            assert body.startswith(response.peek()[:5])
            got = response.read()
        elif way == "into":
            room = bytearray(len(body) + 5)
            got = bytes(room[: response.readinto(room)])
        else:
            got = response.read()
        assert got == body
        # Its end was read by nobody but the file.
        if way != "file":
            assert peers[at].files() == 0 and response.isclosed()
        else:
            peers[at].close()
            peers[at] = _Peer()
    for peer in peers:
        peer.close()


def test_nothing_is_heard_of_files_that_are_kept(
    fasthttp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when install() is taken back, either: they are as files that were closed."""
    heard: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    fasthttp.install()
    peers = [_Peer() for _ in range(12)]
    for _ in range(2):
        responses = [peer.response(_ANSWERS["sized"][0]) for peer in peers]
        assert {response.read() for response in responses} == {b"hello\nworld!"}
    for peer in peers:
        peer.close()
    fasthttp.uninstall()
    gc.collect()
    assert not heard


def test_closing_all_files_that_are_found_closes_no_later_one(fasthttp: Any) -> None:
    fasthttp.install()
    peer = _Peer()
    assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    for found in gc.get_objects():
        if type(found) is socket.SocketIO and getattr(found, "_sock", 0) in (None, peer.near):
            found.close()
    assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    assert peer.files() == 0
    peer.close()


class _Ring:
    """Garbage only for the collector."""

    def __init__(self, response: Any, read: Callable[[Any], Any] | None, seen: list[Any]) -> None:
        self.me, self.response, self.read, self.seen = self, response, read, seen

    def __del__(self) -> None:
        if self.read is not None:
            self.seen.append(_told(self.read, self.response))


@pytest.mark.parametrize("answer", ["sized", "more than asked", "chunked", "until the end"])
@pytest.mark.parametrize("way", ["read", "read1", "peek", "its read", "its read1", "nothing"])
def test_a_response_that_the_garbage_collector_ends(
    fasthttp: Any, monkeypatch: pytest.MonkeyPatch, answer: str, way: str
) -> None:
    """Unread; or its finalizer reads what has come. Nothing is said of errors."""
    heard: list[Any] = []

    def run() -> Any:
        seen: list[Any] = []
        for read in (None, _WAYS[way]):
            for _ in range(2):
                peer = _Peer()
                ring = _Ring(peer.response(_ANSWERS[answer][0]), read, seen)
                peer.connection._HTTPConnection__response = None  # type: ignore[attr-defined]
                peer.connection.sock = None
                del ring
                gc.collect()
                seen.append(peer.files())
                peer.close()
        return seen

    monkeypatch.setattr(sys, "unraisablehook", lambda told: heard.append(told.exc_value))
    expected = run()
    assert not [one for one in heard if not isinstance(one, ResourceWarning)]
    fasthttp.install()
    assert run() == expected
    assert not [one for one in heard if not isinstance(one, ResourceWarning)]


class _Room:
    """A buffer that reads once itself: while it is given, or while it is taken back."""

    def __init__(self, raw: Any, when: str) -> None:
        self.raw, self.when = raw, when
        self.bytes = bytearray(8)
        self.read: list[Any] = []

    def _read_once(self, now: str) -> None:
        if now == self.when:
            self.when = ""
            self.read.append(_into(self.raw.readinto, 6))

    def __buffer__(self, _: int) -> memoryview:
        self._read_once("given")
        return memoryview(self.bytes)

    def __release_buffer__(self, view: memoryview) -> None:
        view.release()
        self._read_once("taken back")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no class in Python is a buffer there")
@pytest.mark.parametrize("when", ["given", "taken back"])
def test_a_buffer_that_reads_itself(fasthttp: Any, implementation: str, when: str) -> None:
    fasthttp.install()
    peer = _Peer()
    raw = peer.response(_ANSWERS["sized"][0]).fp.raw
    peer.far.shutdown(socket.SHUT_WR)
    room = _Room(raw, when)
    got = [(raw.readinto(room), bytes(room.bytes)), _into(raw.readinto, 9)]
    whole = [*room.read, *got] if when == "given" else [got[0], *room.read, got[1]]
    text = b"".join(data[:size] for size, data in whole)
    assert text == (b"hello\nworld!" if implementation == "c" else b"")
    peer.close()


def test_a_socket_whose_receiving_somebody_has_replaced(fasthttp: Any) -> None:
    """Between two responses: each call is theirs."""
    fasthttp.install()
    peer = _Peer(None)
    assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    seen: list[int] = []
    inner = socket.socket.recv_into

    def recv_into(self: socket.socket, room: Any, *given: Any) -> int:
        seen.append(len(room))
        return inner(self, room, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "recv_into", recv_into)
        assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    assert len(seen) == 1
    assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    assert len(seen) == 1
    peer.close()


@pytest.mark.parametrize("taken", [None, 0, -1, 10**9, 1 << 70, -(1 << 70), True, "5", 2.5, []])
def test_a_number_of_bytes_that_is_none(fasthttp: Any, taken: Any) -> None:
    """From a receiving that somebody has replaced."""

    def run() -> Any:
        peer = _Peer()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "recv_into", lambda *_: taken)
            told = _told(peer.response, b"")
        told = [told[0], [str(one) for one in told[1]], peer.connection.sock is None]
        peer.close()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no time-out of the system's there")
def test_a_time_out_of_the_system(fasthttp: Any) -> None:
    """SO_RCVTIMEO, of which Python's sockets know nothing."""

    def run() -> Any:
        peer = _Peer(None)
        peer.near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50_000))
        told = _told(peer.response, b""), peer.files(), peer.connection.sock is None
        peer.close()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_signal_while_nothing_has_come(fasthttp: Any) -> None:
    """Its handler runs at once; what it raises goes out, and else the response is waited for."""

    def run(handler: Callable[[_Peer], None]) -> Any:
        peer = _Peer(None)
        before = signal.signal(signal.SIGUSR1, lambda *_: handler(peer))
        here = threading.get_ident()
        threading.Timer(0.05, lambda: signal.pthread_kill(here, signal.SIGUSR1)).start()
        try:
            response = _told(peer.response, b"")
            told = response if isinstance(response, tuple) else _told(response.read)
        finally:
            signal.signal(signal.SIGUSR1, before)
        told = told, peer.files(), peer.connection.sock is None
        peer.close()
        return told

    def fail(_: _Peer) -> None:
        raise ValueError("of the handler")

    handlers: list[Callable[[_Peer], None]] = [
        lambda peer: peer.far.sendall(_ANSWERS["sized"][0]),
        lambda peer: peer.far.close(),
        fail,
    ]
    expected = [run(handler) for handler in handlers]
    fasthttp.install()
    assert [run(handler) for handler in handlers] == expected


def test_a_view_that_somebody_keeps(fasthttp: Any) -> None:
    fasthttp.install()
    peer = _Peer()
    kept: list[Any] = []
    inner = socket.socket.recv_into

    def recv_into(self: socket.socket, room: Any) -> int:
        kept.append(pickle.PickleBuffer(room))
        return inner(self, room)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "recv_into", recv_into)
        assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    assert peer.response(_ANSWERS["sized"][0]).read() == b"hello\nworld!"
    kept.clear()
    peer.close()


@pytest.mark.parametrize("error", [OSError(5, "bad"), MemoryError(), KeyboardInterrupt()])
def test_an_error_while_the_head_comes(fasthttp: Any, error: BaseException) -> None:
    def fail(*_: Any) -> int:
        raise error

    def run() -> Any:
        peer = _Peer()
        told: list[Any] = [peer.response(_ANSWERS["sized"][0]).read()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "recv_into", fail)
            with pytest.raises(type(error)) as caught:
                peer.response(b"")
        told += [caught.value is error, peer.files(), peer.connection.sock is None]
        del caught
        peer.close()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


@contextlib.contextmanager
def _tls_pair() -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    authority = trustme.CA()
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("example.org").configure_cert(of_server)
    of_client = ssl.create_default_context()
    authority.configure_trust(of_client)
    near, far = socket.socketpair()
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(of_server.wrap_socket, far, server_side=True)
        ours = of_client.wrap_socket(near, server_hostname="example.org")
        with ours, served.result() as theirs:
            yield ours, theirs


def test_over_tls(fasthttp: Any) -> None:
    fasthttp.install()
    with _tls_pair() as (near, far):
        connection = http.client.HTTPSConnection("example.org")
        connection.sock = near
        for number in range(5):
            connection.request("GET", "/")
            body = b"%d" % number * (5 + 4000 * number)
            far.sendall(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert connection.getresponse().read() == body
