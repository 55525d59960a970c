"""The ordinary exchange in C: it is taken where it should be; what it is made of, and whatever is
out of the ordinary, is as without install().
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import io
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

_PLAIN = b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Type: text/plain\r\na: c\r\n"
_SIZED = _PLAIN + b"Content-Length: 5\r\n\r\nhello"
_CHUNKED = _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"

#: By name: what a server says, in pieces; b"" is the end.
_ANSWERS: dict[str, list[bytes]] = {
    "sized": [_SIZED],
    "chunked": [_CHUNKED],
    "another status": [_SIZED.replace(b"200 OK", b"404 Not  Found ")],
    "no reason": [_SIZED.replace(b" OK", b"")],
    "nothing": [_PLAIN + b"Content-Length: 0\r\n\r\n"],
    "no content": [_SIZED.replace(b"200 OK", b"204 No Content")],
    "not modified": [_PLAIN.replace(b"200 OK", b"304 Not Modified") + b"\r\n"],
    "closing": [_SIZED.replace(b"A: b", b"Connection: close"), b""],
    "staying": [_SIZED.replace(b"A: b", b"Connection: keep-alive")],
    "until the end": [_PLAIN + b"\r\nhello", b""],
    "of 1.0": [_SIZED.replace(b"1.1", b"1.0"), b""],
    "of 1.0, staying": [_SIZED.replace(b"1.1", b"1.0").replace(b"A: b", b"Connection: Keep-Alive")],
    "interim": [b"HTTP/1.1 100 Continue\r\n\r\n" + _SIZED],
    "in two pieces": [_SIZED[:20], _SIZED[20:]],
    "body later": [_SIZED[:-3], _SIZED[-3:]],
    "more than asked": [_SIZED + b"more"],
    "too short": [_SIZED[:-2], b""],
    "no body": [_SIZED[:-5], b""],
    "the end": [b""],
    "half a head": [_SIZED[:30], b""],
    "no HTTP": [b"no HTTP at all\r\n\r\n", b""],
    "no status": [b"HTTP/1.1 abc OK\r\n\r\n", b""],
    "a folded line": [_SIZED.replace(b"A: b", b"A: b\r\n c")],
    "two lengths": [_SIZED.replace(b"A: b", b"Content-Length: 5")],
    "a length that is none": [_SIZED.replace(b"h: 5", b"h: five"), b""],
    "a negative length": [_SIZED.replace(b"h: 5", b"h: -5"), b""],
    "a long length": [_SIZED.replace(b"h: 5", b"h: 99999999999"), b""],
    "bytes beyond ASCII": [_SIZED.replace(b"A: b", b"A: \xe9")],
    "multipart": [_SIZED.replace(b"text/plain", b"multipart/mixed")],
    "a long line": [_SIZED.replace(b"A: b", b"A: " + b"b" * 70000)],
    "many fields": [_SIZED.replace(b"A: b\r\n", b"A: b\r\n" * 101)],
    "the most fields": [_SIZED.replace(b"A: b\r\n", b"A: b\r\n" * 96)],
    "a large body": [_PLAIN + b"Content-Length: 100000\r\n\r\n" + b"x" * 100000],
}
_REQUESTS: dict[str, tuple[Any, ...]] = {
    "GET": ("GET", "/"),
    "fields": ("GET", "/a?b", None, {"A": "b", "C": 1, "D": b"e"}),
    "HEAD": ("HEAD", "/"),
    "POST": ("POST", "/", b"body", {"A": "b"}),
    "POST without": ("POST", "/"),
    "a str": ("PUT", "/", "body"),
    "lower case": ("post", "/"),
    "chunks": ("POST", "/", [b"bo", b"dy"]),
    "a length": ("POST", "/", b"body", {"Content-Length": "4"}),
    "a host": ("GET", "/", None, {"Host": "example.com"}),
    "a bad field": ("GET", "/", None, {"A": "b\nc"}),
    "a bad target": ("GET", "/a b"),
}


class _Peer:
    """One connection of `http.client`, on a pair of sockets, and the other end of it."""

    def __init__(self, connection_class: Any = None, timeout: float | None = 10) -> None:
        self.near, self.far = socket.socketpair()
        self.near.settimeout(timeout)
        self.connection: Any = (connection_class or http.client.HTTPConnection)("example.org", 81)
        self.connection.sock = self.near

    def exchange(self, answer: list[bytes], given: tuple[Any, ...] = ("GET", "/")) -> list[Any]:
        """What comes of a request, step by step."""
        told = [_told(self.connection.request, *given)]
        self._say(answer[:1])
        late = threading.Timer(0.05, self._say, (answer[1:],))
        if len(answer) > 1:
            late.start()
        response = _told(self.connection.getresponse)
        if isinstance(response, http.client.HTTPResponse):
            told += [_shown(response), self.near._io_refs]  # type: ignore[attr-defined]
            told += [_told(response.getheader, name) for name in ("a", "No", "Content-Length", 5)]
            told += [_told(response.getheader, "No", default) for default in ("x", 5, ["a", "b"])]
            told += [_told(response.read), _shown(response)]
            told += [response.closed, response.isclosed(), _told(response.read)]
        else:
            told.append(response)
        if len(answer) > 1:
            late.join()
        held = {name: _named(value) for name, value in vars(self.connection).items()}
        return [*told, held, self.near._io_refs, self.near.fileno() > 0]  # type: ignore[attr-defined]

    def _say(self, pieces: list[bytes]) -> None:
        with contextlib.suppress(OSError):  # the client may have gone
            for piece in pieces:
                if piece:
                    self.far.sendall(piece)
                else:
                    self.far.shutdown(socket.SHUT_WR)

    def heard(self) -> bytes:
        self.connection.close()
        self.near.close()
        heard = []
        with self.far, contextlib.suppress(ConnectionResetError):
            heard.extend(iter(lambda: self.far.recv(65536), b""))
        return b"".join(heard)


def _told(step: Callable[..., Any], *given: Any) -> Any:
    try:
        return step(*given)
    except Exception as error:
        about = type(error.__cause__), type(error.__context__)
        return type(error), error.args, str(error), about


def _named(value: Any) -> Any:
    plain = (bool, bytes, float, int, list, str, tuple, type(None))
    return value if type(value) in plain else type(value).__name__


def _shown(response: Any) -> Any:
    """All that there is to be seen of a response."""
    shown = {}
    for name, value in vars(response).items():
        if name == "fp" and value is not None:
            raw = value.raw
            # What was read ahead with the head lies there, and not in the file: docs/install.md.
            held = {key: _named(of) for key, of in vars(raw).items() if key != "readinto"}
            shown[name] = type(value), value.closed, type(raw), held, raw._sock.fileno() > 0
        elif name in ("headers", "msg") and value is not None:
            fields = {key: _named(of) for key, of in vars(value).items()}
            shown[name] = type(value), repr(fields), value.items(), value.as_string()
        else:
            shown[name] = value
    return list(shown.items())


def _exchanges(pieces: list[bytes], given: tuple[Any, ...], timeout: float | None = 10) -> Any:
    peer = _Peer(timeout=timeout)
    told = [peer.exchange(pieces, given)]
    if peer.connection.sock is not None and b"" not in pieces:
        told.append(peer.exchange([_SIZED], given))
    return told, peer.heard()


def _frames(run: Callable[[], Any]) -> set[str]:
    """The functions of Python, by name, that were called."""
    seen = set()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            seen.add(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return seen


#: What is called where http.client's own steps, or fasthttp's in Python, are gone.
_STEPS = {"begin", "makefile", "_safe_read", "_close_conn", "putrequest", "_send_at_once"}


@pytest.fixture
def is_c(implementation: str) -> bool:
    return implementation == "c"


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """A socket that was not closed would say so here."""
    yield
    gc.collect()


# ------------------------------------------------------------------- what is taken


@pytest.mark.parametrize("given", ["GET", "fields", "POST", "POST without"])
def test_an_ordinary_exchange_is_taken(fasthttp: Any, is_c: bool, given: str) -> None:
    fasthttp.install()
    peer = _Peer()
    peer.exchange([_SIZED], _REQUESTS[given])  # its Host line is known from now on

    def run() -> None:
        for _ in range(3):
            peer.connection.request(*_REQUESTS[given])
            peer.far.sendall(_SIZED)
            response = peer.connection.getresponse()
            assert (response.getheader("a"), response.read()) == ("b, c", b"hello")

    seen = _frames(run)
    assert {"request", "_send_request", "getresponse"} <= seen
    assert bool(seen & _STEPS) == (not is_c)
    peer.heard()


@pytest.mark.parametrize("amounts", [(2, 3), (5,), (9,), (1, 0, 4), (4, None), (-1,), (2, 9)])
def test_amounts(fasthttp: Any, amounts: tuple[int, ...]) -> None:
    def run() -> Any:
        peer = _Peer()
        peer.connection.request("GET", "/")
        peer.far.sendall(_SIZED)
        peer.far.shutdown(socket.SHUT_WR)
        response = peer.connection.getresponse()
        told = [(_told(response.read, amount), _shown(response)) for amount in amounts]
        return told, _told(response.read), peer.heard()

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        *((answer, given) for answer in _ANSWERS for given in ("GET", "HEAD")),
        *((answer, given) for answer in ("sized", "closing") for given in _REQUESTS),
    ],
)
def test_all_is_the_same(fasthttp: Any, answer: str, given: str) -> None:
    expected = _exchanges(_ANSWERS[answer], _REQUESTS[given])
    fasthttp.install()
    assert _exchanges(_ANSWERS[answer], _REQUESTS[given]) == expected


@pytest.mark.parametrize("answer", ["sized", "in two pieces", "body later", "the end", "too short"])
@pytest.mark.parametrize("timeout", [0.0, 0.01, None])
def test_timeouts(fasthttp: Any, answer: str, timeout: float | None) -> None:
    """What comes at once is there; what comes later is not, or is waited for."""
    expected = _exchanges(_ANSWERS[answer], _REQUESTS["GET"], timeout)
    fasthttp.install()
    assert _exchanges(_ANSWERS[answer], _REQUESTS["GET"], timeout) == expected


def test_a_time_out_is_remembered(fasthttp: Any) -> None:
    def run() -> Any:
        peer = _Peer(timeout=0.01)
        seen: list[Any] = []
        inner = http.client.HTTPResponse.close

        def close(self: Any) -> None:
            seen.append((type(self.fp), self.fp and vars(self.fp.raw)["_timeout_occurred"]))
            inner(self)

        with mock.patch.object(http.client.HTTPResponse, "close", close):
            peer.connection.request("GET", "/")
            told = _told(peer.connection.getresponse)
        peer.heard()
        return told, seen[:1]

    expected = run()
    assert expected[1] == [(io.BufferedReader, True)]
    fasthttp.install()
    assert run() == expected


def test_audit_events(fasthttp: Any) -> None:
    seen: list[Any] = []
    is_on = True

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if is_on and event == "http.client.send":
            seen.append(given[1])

    sys.addaudithook(hook)

    def run() -> Any:
        seen.clear()
        _exchanges([_SIZED], _REQUESTS["POST"])
        return list(seen)

    expected = run()
    fasthttp.install()
    assert run() == expected
    is_on = False


def test_who_keeps_the_file_keeps_it(fasthttp: Any) -> None:
    """It is closed, and its raw stream knows no socket any more."""

    def run() -> Any:
        told = []
        for kept in ("fp", "raw", "both", "method"):
            peer = _Peer()
            peer.connection.request("GET", "/")
            peer.far.sendall(_SIZED)
            response = peer.connection.getresponse()
            fp = response.fp
            raw = fp.raw
            seen: list[str] = []
            if kept == "fp":
                del raw
            elif kept == "raw":
                del fp
            elif kept == "method":
                inner = fp.close
                fp.close = lambda inner=inner, seen=seen: (seen.append("close"), inner())
                del fp, raw, inner
            told.append((response.read(), response.isclosed(), seen))
            if kept in ("fp", "both"):
                told.append((fp.closed, _told(fp.read)))
            if kept in ("raw", "both"):
                told.append((raw.closed, raw._sock, _told(raw.readable)))
            told.append(peer.near._io_refs)  # type: ignore[attr-defined]
            peer.heard()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


def test_a_socket_closes_behind_its_last_file(fasthttp: Any) -> None:
    fasthttp.install()
    for read in (True, False):
        peer = _Peer()
        peer.connection.request("GET", "/")
        peer.far.sendall(_SIZED)
        response = peer.connection.getresponse()
        peer.connection.sock = None
        peer.near.close()
        assert peer.near.fileno() > 0
        if read:
            assert response.read() == b"hello"
        else:
            response.close()
        assert peer.near.fileno() == -1
        peer.heard()


def test_the_end_of_a_response(fasthttp: Any) -> None:
    """Whoever looks at the end of a response, or holds it, sees what he would."""

    def run() -> Any:
        told: list[Any] = []
        peer = _Peer()
        for kept in (True, False):
            peer.connection.request("GET", "/")
            peer.far.sendall(_SIZED)
            response = peer.connection.getresponse()
            response.read()
            gone = weakref.ref(response, lambda _: told.append("gone"))
            if not kept:
                del response
            peer.connection.request("GET", "/")
            told.append((gone() is None, kept and response.closed))
            peer.far.sendall(_SIZED)
            peer.connection.getresponse().read()
        peer.heard()
        return told

    expected = run()
    fasthttp.install()
    assert run() == expected


# -------------------------------------------------------------- what others put there

_METHODS: list[tuple[Any, str]] = [
    *(
        (http.client.HTTPConnection, name)
        for name in (
            *("request", "_send_request", "putrequest", "putheader", "endheaders", "send"),
            *("_send_output", "_output", "getresponse", "close", "_encode_request"),
            *("_validate_method", "_validate_path", "_get_content_length"),
        )
    ),
    *(
        (http.client.HTTPResponse, name)
        for name in (
            *("__init__", "begin", "_read_status", "_check_close", "read", "_safe_read"),
            *("_close_conn", "close", "flush", "isclosed", "getheader"),
        )
    ),
    *((socket.SocketIO, name) for name in ("__init__", "readinto", "readable", "close")),
    *((socket.socket, name) for name in ("makefile", "_decref_socketios")),
    *((socket.socket, name) for name in ("sendall", "recv_into")),
]


@pytest.mark.parametrize(("owner", "name"), _METHODS)
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_method_that_is_replaced(fasthttp: Any, owner: Any, name: str, order: str) -> None:
    """Each call is seen, with the very arguments."""
    seen: list[Any] = []
    inner = getattr(owner, name)

    def noting(self: Any, *given: Any, **named: Any) -> Any:
        seen.append((name, [_named(value) for value in given], sorted(named)))
        return inner(self, *given, **named)

    # Head and body of a POST leave in one piece, by sendall().
    given = _REQUESTS["GET" if owner is socket.socket else "POST"]

    def run() -> Any:
        seen.clear()
        told = _exchanges([_SIZED], given)
        gc.collect()
        return told, list(seen)

    with mock.patch.object(owner, name, noting, create=True):
        expected = run()
    assert expected[1]
    if order == "before":
        with mock.patch.object(owner, name, noting, create=True):
            fasthttp.install()
            assert run() == expected
            fasthttp.uninstall()
    else:
        fasthttp.install()
        run()
        with mock.patch.object(owner, name, noting, create=True):
            assert run() == expected
        seen.clear()
        run()
        assert not seen


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (io, "BufferedReader", type("Own", (io.BufferedReader,), {})),
        (io, "DEFAULT_BUFFER_SIZE", 16),
        (socket, "SocketIO", type("Own", (socket.SocketIO,), {})),
        (http.client, "_CS_IDLE", "Ready"),
        (http.client, "_CS_REQ_SENT", "Sent"),
        (http.client, "_METHODS_EXPECTING_BODY", {"GET"}),
        (http.client, "_MAXHEADERS", 2),
        (http.client, "_MAXLINE", 12),
        (http.client, "NO_CONTENT", 200),
        (http.client.HTTPConnection, "_http_vsn", 10),
        (http.client.HTTPConnection, "_http_vsn_str", "HTTP/1.2"),
        (http.client.HTTPConnection, "default_port", 81),
        (http.client.HTTPConnection, "response_class", type("O", (http.client.HTTPResponse,), {})),
        (http.client.HTTPResponse, "debuglevel", property(lambda _: 0, lambda *_: None)),
        (http.client.HTTPResponse, "__del__", lambda self: self.fp),
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_value_that_is_replaced(
    fasthttp: Any, owner: Any, name: str, value: Any, order: str
) -> None:
    def run() -> Any:
        return _exchanges([_SIZED], _REQUESTS["GET"])

    with mock.patch.object(owner, name, value, create=True):
        expected = run()
        if order == "before":
            fasthttp.install()
            assert run() == expected
            fasthttp.uninstall()
    fasthttp.install()
    plain = run()
    with mock.patch.object(owner, name, value, create=True):
        assert run() == expected
    assert run() == plain


def _given(name: str, value: Any) -> Callable[[Any], None]:
    return lambda peer: setattr(peer.connection, name, value)


def _noted(name: str) -> Callable[[Any], None]:
    """A method of the connection alone, which notes its calls in `timeout`, which nobody reads."""

    def change(peer: Any) -> None:
        inner = getattr(peer.connection, name)
        peer.connection.timeout = seen = []

        def noting(*given: Any, **named: Any) -> Any:
            seen.append(name)
            return inner(*given, **named)

        vars(peer.connection)[name] = lambda *given, **named: noting(*given, **named)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _given("debuglevel", 1),
        _given("debuglevel", False),
        _given("_http_vsn", 10),
        _given("_http_vsn_str", "HTTP/1.2"),
        _given("host", "example.com"),
        _given("host", "ex\xe4mple.com"),
        _given("host", "::1"),
        _given("port", 80),
        _given("port", "81"),
        _given("default_port", 81),
        _given("_tunnel_host", "example.net"),
        lambda peer: peer.connection._buffer.append(b"GET /before HTTP/1.1"),
        lambda peer: _given("_buffer", type("Lines", (list,), {})())(peer),
        _given("_HTTPConnection__state", "Request-started"),
        _given("_HTTPConnection__state", "".join(["Id", "le"])),
        _given("_HTTPConnection__response", None),
        _given("response_class", lambda *given, **named: http.client.HTTPResponse(*given, **named)),
        _given("auto_open", 0),
        *(_noted(name) for name in ("putrequest", "send", "_send_output", "endheaders", "close")),
    ],
)
def test_a_connection_that_is_changed(
    fasthttp: Any, capsys: pytest.CaptureFixture[str], change: Callable[[Any], None]
) -> None:
    def run() -> Any:
        peer = _Peer()
        told = [peer.exchange([_SIZED])]
        change(peer)
        told += [peer.exchange([_SIZED]), peer.exchange([_SIZED])]
        vars(peer.connection).pop("close", None)
        return told, peer.heard(), capsys.readouterr()

    expected = run()
    fasthttp.install()
    assert run() == expected


def test_a_response_that_is_not_read(fasthttp: Any) -> None:
    def run() -> Any:
        peer = _Peer()
        told = []
        for _ in range(2):
            told.append(_told(peer.connection.request, "GET", "/"))
            peer.far.sendall(_SIZED)
            told.append(_named(_told(peer.connection.getresponse)))
        return told, peer.heard()

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.parametrize("name", ["read", "_safe_read", "_close_conn", "close", "isclosed"])
def test_a_method_of_a_response(fasthttp: Any, name: str) -> None:
    def run() -> Any:
        seen: list[str] = []
        peer = _Peer()
        for _ in range(2):
            peer.connection.request("GET", "/")
            peer.far.sendall(_SIZED)
            response = peer.connection.getresponse()
            inner = getattr(response, name)

            def noting(*given: Any, inner: Any = inner) -> Any:
                seen.append(name)
                return inner(*given)

            setattr(response, name, noting)
            seen.append(response.read())
        return seen, peer.heard()

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.parametrize("name", ["read", "close", "peek"])
def test_a_method_of_the_file(fasthttp: Any, name: str) -> None:
    def run() -> Any:
        seen: list[Any] = []
        peer = _Peer()
        peer.connection.request("GET", "/")
        peer.far.sendall(_SIZED)
        response = peer.connection.getresponse()
        inner = getattr(response.fp, name)

        def noting(*given: Any) -> Any:
            seen.append((name, given))
            return inner(*given)

        setattr(response.fp, name, noting)
        seen.append(response.read())
        return seen, peer.heard()

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.parametrize("newest", [False, True])
def test_with_newest(fasthttp: Any, is_c: bool, newest: bool) -> None:
    fasthttp.install(newest)
    peer = _Peer()
    peer.exchange([_SIZED])

    def run() -> None:
        peer.connection.request("GET", "/")
        peer.far.sendall(_SIZED)
        response = peer.connection.getresponse()
        assert response.read() == b"hello"
        assert not newest or response._max_headers is None

    assert bool(_frames(run) & _STEPS) == (not is_c)
    if newest:
        peer.connection.max_response_headers = 2
        peer.connection.request("GET", "/")
        peer.far.sendall(_SIZED)
        with pytest.raises(http.client.HTTPException, match="got more than 2 headers"):
            peer.connection.getresponse()
    peer.heard()


def test_while_somebody_counts(fasthttp: Any) -> None:
    """Nothing is skipped that counts, and afterwards all goes on."""
    fasthttp.install()
    with fasthttp.counting():
        peer = _Peer()
        for _ in range(2):
            peer.connection.request("GET", "/")
            peer.far.sendall(_SIZED)
            assert peer.connection.getresponse().read() == b"hello"
        peer.heard()
    seen = fasthttp.stats()
    assert (seen.requests, seen.received) == (2, 2 * len(_SIZED))
    assert not seen.fallbacks
