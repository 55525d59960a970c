"""`retry_stale=`: a request goes out once more where a kept connection dies before its answer
(RFC 9112 9.3.1), and only where that cannot do it twice.
"""

from __future__ import annotations

import array
import contextlib
import io
import socket
from collections.abc import Callable, Iterator
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from types import ModuleType
from typing import Any

import pytest

from ..exchange_paths import on_path
from ..response_delivery import PATIENCE
from ..scripted_server import Script

_SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\n2d"
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")  # RFC 9110 9.2.2


Connect = Callable[..., Any]


def _used(client: ModuleType, script: Script, path: str = "fast", **settings: Any) -> Any:
    """A connection that has served a request."""
    script.answers(_SIZED, _SECOND)
    connection = on_path(script.connection(client, **{"retry_stale": True, **settings}), path)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ok"
    return connection


def _heard_last(connection: Any, script: Script) -> tuple[str, bytes]:
    """The request line and the body, both without their ends, that the last connection got."""
    connection.close()
    head, _, body = script.heard().partition(b"\r\n\r\n")
    return head.split(b" HTTP")[0].decode(), body


@pytest.mark.parametrize("method", IDEMPOTENT)
def test_it_is_sent_once_more(client: ModuleType, script: Script, method: str, path: str) -> None:
    connection = _used(client, script, path)
    connection.request(method, "/second", headers={"A": "b"})
    script.hangs_up(0)
    assert connection.getresponse().status == 299
    assert script.opened == 2
    assert _heard_last(connection, script)[0] == f"{method} /second"


@pytest.mark.parametrize("method", ["POST", "PATCH", "CONNECT", "get", "LINK"])
@pytest.mark.parametrize("body", [None, b"", b"abc", [b"abc"]], ids=repr)
def test_what_may_do_it_twice_is_not(
    client: ModuleType, script: Script, method: str, body: Any
) -> None:
    connection = _used(client, script)
    connection.request(method, "/second", body)
    script.hangs_up(0)
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert script.opened == 1
    connection.request("GET", "/third")
    assert connection.getresponse().status == 299


def test_it_is_off_by_default(client: ModuleType, script: Script) -> None:
    connection = _used(client, script, retry_stale=False)
    connection.request("GET", "/second")
    script.hangs_up(0)
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert script.opened == 1


# ------------------------------------------------------------------------------------ bodies

_CHUNKED = b"3\r\nabc\r\n0\r\n\r\n"


def _generator() -> Iterator[bytes]:
    yield b"abc"


class _NoSeek(io.BytesIO):
    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


class _OnlyRead:
    def __init__(self) -> None:
        self.read = io.BytesIO(b"abc").read


def _behind(file: Any, position: int = 2) -> Any:
    file.seek(position)
    return file


#: What makes a body, and what of it arrives again; None where it cannot be had again.
BODIES: dict[str, tuple[Callable[[], Any], bytes | None]] = {
    "str": (lambda: "abc", b"abc"),
    "bytes": (lambda: b"abc", b"abc"),
    "bytearray": (lambda: bytearray(b"abc"), b"abc"),
    "memoryview": (lambda: memoryview(b"abc"), b"abc"),
    "large": (lambda: b"x" * 70_000, b"x" * 70_000),
    "list": (lambda: [b"a", b"bc"], b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"),
    "tuple": (lambda: (b"abc",), _CHUNKED),
    "file": (lambda: io.BytesIO(b"abc"), _CHUNKED),
    "text file": (lambda: io.StringIO("abc"), _CHUNKED),
    "file, not from its beginning": (lambda: _behind(io.BytesIO(b"..abc")), _CHUNKED),
    "generator": (_generator, None),
    "iterator": (lambda: iter([b"abc"]), None),
    "map": (lambda: map(bytes, [b"abc"]), None),
    "pipe": (lambda: _NoSeek(b"abc"), None),
    "only read": (_OnlyRead, None),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_can_be_had_again_goes_again(
    client: ModuleType, script: Script, kind: str
) -> None:
    connection = _used(client, script)
    make, again = BODIES[kind]
    connection.request("PUT", "/second", make())
    script.hangs_up(0)
    if again is None:
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()
        assert script.opened == 1
    else:
        assert connection.getresponse().status == 299
        assert _heard_last(connection, script) == ("PUT /second", again)


def test_a_file_is_left_where_sending_it_left_it(client: ModuleType, script: Script) -> None:
    connection = _used(client, script)
    body = _behind(io.BytesIO(b"..abc"))
    connection.request("PUT", "/second", body)
    script.hangs_up(0)
    assert connection.getresponse().status == 299
    assert body.tell() == 5


def test_an_array_is_never_sent_in_part(client: ModuleType, script: Script) -> None:
    """Whether or not it goes again."""
    connection = _used(client, script)
    connection.request("PUT", "/second", array.array("H", [1, 2]))
    script.hangs_up(0)
    with contextlib.suppress(RemoteDisconnected):
        connection.getresponse()
        assert _heard_last(connection, script)[1] == array.array("H", [1, 2]).tobytes()


class _Refusing(socket.socket):
    """A socket that is reset when something is sent on it, from the time on when it is told so;
    `after`: how many times something is sent before.
    """

    after: int | None = None

    def sendall(self, data: Any, *flags: int) -> None:
        if self.after is not None:
            if self.after == 0:
                raise BrokenPipeError("broken")
            self.after -= 1
        super().sendall(data, *flags)


def _refusing(client: ModuleType, script: Script, after: int, **settings: Any) -> Any:
    """A connection that has served a request, and breaks while it sends the next."""
    made: list[_Refusing] = []
    connection = script.connection(client, retry_stale=True, **settings)
    create = connection._create_connection

    def create_refusing(*where: Any) -> _Refusing:
        made.append(_Refusing(fileno=create(*where).detach()))
        made[-1].settimeout(PATIENCE)
        return made[-1]

    connection._create_connection = create_refusing
    script.answers(_SIZED, _SECOND)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ok"
    made[0].after = after
    return connection


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("kind", BODIES)
def test_the_same_where_sending_fails(
    client: ModuleType, script: Script, kind: str, after: int
) -> None:
    """Of a file of which nothing was read, nothing can have arrived."""
    make, again = BODIES[kind]
    connection = _refusing(client, script, after)
    if again is None:
        with pytest.raises(BrokenPipeError):
            connection.request("PUT", "/second", make())
        assert script.opened == 1
    else:
        connection.request("PUT", "/second", make())
        assert connection.getresponse().status == 299
        assert _heard_last(connection, script) == ("PUT /second", again)


@pytest.mark.parametrize(
    ("after", "content", "is_sent"),
    [(0, b"abc", True), (1, b"abc", False), (0, b"", False)],
    ids=["nothing was read", "something was read", "there is nothing to read"],
)
def test_a_post_of_a_file_of_which_nothing_was_read(
    client: ModuleType, script: Script, after: int, content: bytes, is_sent: bool
) -> None:
    connection = _refusing(client, script, after)
    body = io.BytesIO(content)
    if not is_sent:
        with pytest.raises(BrokenPipeError):
            connection.request("POST", "/second", body)
        assert script.opened == 1
    else:
        connection.request("POST", "/second", body)
        assert connection.getresponse().status == 299
        assert _heard_last(connection, script) == ("POST /second", _CHUNKED)


# ------------------------------------------------------------------------- when it is not due


def test_it_is_sent_once_more_and_not_twice(client: ModuleType, script: Script) -> None:
    script.answers(_SIZED)
    script.last_words(b"")
    script.answers(_SECOND)
    connection = script.connection(client, retry_stale=True)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/second")
    script.hangs_up(0)
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert script.opened == 2
    connection.request("GET", "/third")
    assert connection.getresponse().status == 299
    assert script.opened == 3


def test_the_first_request_of_a_connection_is_not(client: ModuleType, script: Script) -> None:
    """That server is not stale, it does not answer."""
    script.last_words(b"")
    script.answers(_SECOND)
    connection = script.connection(client, retry_stale=True)
    connection.request("GET", "/first")
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert script.opened == 1


def test_nor_the_first_behind_one_that_was_found_dead(client: ModuleType, script: Script) -> None:
    """It is the first on its connection as well."""
    script.last_words(_SIZED)
    script.last_words(b"")
    script.answers(_SECOND)
    connection = script.connection(client, retry_stale=True)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/second")
    assert script.opened == 2
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert script.opened == 2


BEGUN: dict[str, tuple[bytes, type[Exception]]] = {
    "a letter": (b"H", BadStatusLine),
    "a status line": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", IncompleteRead),
    "an interim head": (b"HTTP/1.1 100 Continue\r\n\r\n", RemoteDisconnected),
    "an empty line": (b"\r\n", BadStatusLine),
}


@pytest.mark.parametrize("begin", BEGUN)
def test_an_answer_that_had_begun_is_not_asked_for_again(
    client: ModuleType, script: Script, begin: str
) -> None:
    connection = _used(client, script)
    words, error = BEGUN[begin]
    connection.request("GET", "/second")
    script.says(words)
    script.hangs_up(0)
    with pytest.raises(error):
        connection.getresponse().read()
    assert script.opened == 1


class _Blocks(list[bytes]):
    """Blocks that are made anew each time they are asked for."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self.make = make

    def __iter__(self) -> Iterator[bytes]:
        return self.make()


def test_an_early_answer_is_the_answer(
    connect: Connect, script: Script, opened: Callable[[Any], Any]
) -> None:
    """The server refuses a long body by an answer, and takes no more of it; the answer is there for
    who asks for it.
    """

    def blocks() -> Iterator[bytes]:
        yield b"abc"
        script.says(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")
        connection.sock.shutdown(socket.SHUT_WR)
        yield b"def"

    script.answers(_SIZED, _SECOND)
    connection = connect(retry_stale=True)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ok"
    with pytest.raises(BrokenPipeError):
        connection.request("PUT", "/second", _Blocks(blocks))
    assert script.opened == 1
    assert opened(connection.getresponse()).status == 413
    connection.request("GET", "/third")
    assert connection.getresponse().status == 299


def test_a_server_that_is_silent_is_not_stale(client: ModuleType, script: Script) -> None:
    connection = _used(client, script)
    connection.sock.settimeout(0.02)
    connection.request("GET", "/second")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    assert script.opened == 1


def test_where_there_is_no_way_back_the_error_is_that_of_connecting(
    client: ModuleType, script: Script
) -> None:
    connection = _used(client, script)
    create = connection._create_connection

    def refuse(*_: Any) -> Any:
        raise ConnectionRefusedError

    connection._create_connection = refuse
    connection.request("GET", "/second")
    script.hangs_up(0)
    with pytest.raises(ConnectionRefusedError):
        connection.getresponse()
    connection._create_connection = create
    connection.request("GET", "/third")
    assert connection.getresponse().status == 299
