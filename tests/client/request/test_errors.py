"""What must not go on the wire is refused as the stdlib refuses it: same class, same message, same
state left behind, and not a byte sent that it would not have sent.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ..request_recorder import WAYS, Act, assert_same, record
from ..response_delivery import FakeSocket

_both_ways = pytest.mark.parametrize("way", WAYS)
pytestmark = pytest.mark.full(any=("way",))


def _request(*args: Any, **kwargs: Any) -> Act:
    return lambda connection: connection.request(*args, **kwargs)


class _NotText:
    """Neither str nor bytes, but it can be written as either."""

    def __bytes__(self) -> bytes:
        return b"text"

    def __str__(self) -> str:
        return "text"

    def __len__(self) -> int:
        return 4


#: Refused before a byte is sent.
REFUSED: dict[str, Act] = {
    "CRLF in the target": _request("GET", "/ HTTP/1.1\r\nX: y"),
    "LF in the target": _request("GET", "/\nx"),
    "a space in the target": _request("GET", "/a b"),
    "NUL in the target": _request("GET", "/\0"),
    "DEL in the target": _request("GET", "/\x7f"),
    "Latin-1 in the target": _request("GET", "/caf\xe9"),
    "more in the target": _request("GET", "/\u20ac"),
    "a target of bytes": _request("GET", b"/"),
    "a target of int": _request("GET", 5),
    "CRLF in the method": _request("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/"),
    "NUL in the method": _request("\0", "/"),
    "Latin-1 in the method": _request("G\xcbT", "/"),
    "a method of bytes": _request(b"GET", "/"),
    "a method of None": _request(None, "/"),
    "a method of bytes and a body": _request(b"POST", "/", b"x"),
    "a broken absolute target": _request("GET", "http://[::1/"),
    "an absolute target that IDNA refuses": _request("GET", "http://" + "a" * 70 + "\xfc/"),
    "CRLF in a name": _request("GET", "/", headers={"A\r\nB": "c"}),
    "LF in a name": _request("GET", "/", headers={"A\n": "c"}),
    "a colon in a name": _request("GET", "/", headers={"A:B": "c"}),
    "a blank in front of a name": _request("GET", "/", headers={" A": "c"}),
    "no name": _request("GET", "/", headers={"": "c"}),
    "Latin-1 in a name": _request("GET", "/", headers={"\xe9": "c"}),
    "a name of None": _request("GET", "/", headers={None: "c"}),
    "a name of int": _request("GET", "/", headers={5: "c"}),
    "CRLF in a value": _request("GET", "/", headers={"A": "b\r\nC: d"}),
    "LF in a value": _request("GET", "/", headers={"A": "b\nC: d"}),
    "CR in a value": _request("GET", "/", headers={"A": "b\rC: d"}),
    "CRLF at the end of a value": _request("GET", "/", headers={"A": "b\r\n"}),
    "CRLF in a value of bytes": _request("GET", "/", headers={"A": b"b\r\nC: d"}),
    "CRLF in a value of a bytearray": _request("GET", "/", headers={"A": bytearray(b"b\r\nC: d")}),
    "CRLF in a Host": _request("GET", "/", headers={"Host": "b\r\nC: d"}),
    "CRLF in the second value": _request("GET", "/", headers={"A": "b", "C": "\r\n\r\n"}),
    "a value beyond Latin-1": _request("GET", "/", headers={"A": "\u20ac"}),
    "a surrogate in a value": _request("GET", "/", headers={"A": "\udc80"}),
    "a value of None": _request("GET", "/", headers={"A": None}),
    "a value of float": _request("GET", "/", headers={"A": 1.5}),
    "a value of a list": _request("GET", "/", headers={"A": ["b"]}),
    "a value that can be written": _request("GET", "/", headers={"A": _NotText()}),
    "an int of more digits than str() writes": _request("GET", "/", headers={"A": 10**5000}),
    "a body beyond Latin-1": _request("POST", "/", "10 \u20ac"),
    "a surrogate in a body": _request("POST", "/", "\udc80", {"A": "b"}),
    "a body beyond Latin-1 of a wrong header": _request("POST", "/", "\u20ac", {"A": None}),
    "headers of pairs": _request("GET", "/", headers=[("A", "b")]),
    "headers of a str": _request("GET", "/", headers="A: b"),
    "headers of None": _request("GET", "/", headers=None),
    "headers of a set": _request("GET", "/", headers={"A"}),
    "a putheader of CRLF": lambda it: (it.putrequest("GET", "/"), it.putheader("A", "b", "\r\nC")),
    "endheaders by place": lambda it: (it.putrequest("GET", "/"), it.endheaders(b"", True)),
    "request by place": _request("GET", "/", b"", {}, True),
}


@_both_ways
@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_a_byte_is_sent(client: ModuleType, name: str, way: str) -> None:
    got = assert_same(client, REFUSED[name], way=way)
    assert got.error is not None
    assert got.wire == b""
    assert got.events == []


def _failing() -> Iterator[bytes]:
    yield b"one"
    raise OSError("the disk is gone")


class _FailingFile:
    def read(self, size: int) -> bytes:
        raise OSError("the disk is gone")


#: Bodies that nobody can know to be wrong before the head is sent.
WRONG_BODIES: dict[str, Callable[[], Any]] = {
    "int": lambda: 5,
    "object": object,
    "something that can be written": _NotText,
    "a list of str": lambda: ["a", "b"],
    "a list of int": lambda: [1, 2],
    "a list with None": lambda: [b"a", None, b"b"],
    "a list of what can be written": lambda: [_NotText()],
    "a dict of str": lambda: {"a": "b"},
    "a generator that fails": _failing,
    "a file that fails": _FailingFile,
    "a read that is none": lambda: type("Odd", (), {"read": None})(),
}


@_both_ways
@pytest.mark.parametrize("framing", [{}, {"Content-Length": "1"}, {"Transfer-Encoding": "chunked"}])
@pytest.mark.parametrize("name", WRONG_BODIES)
def test_wrong_bodies(client: ModuleType, name: str, framing: dict[str, str], way: str) -> None:
    for encode_chunked in (False, True):
        got = assert_same(
            client,
            lambda it, encode_chunked=encode_chunked: it.request(
                "POST", "/", WRONG_BODIES[name](), framing, encode_chunked=encode_chunked
            ),
            way=way,
        )
        assert got.error is not None or name == "a list with None"


@_both_ways
@pytest.mark.parametrize("name", [*WRONG_BODIES, "str"])
def test_wrong_things_to_send(client: ModuleType, name: str, way: str) -> None:
    make = {**WRONG_BODIES, "str": lambda: "text"}[name]
    assert_same(client, lambda it: it.send(make()), way=way)


@_both_ways
@pytest.mark.parametrize("encode_chunked", [False, True])
@pytest.mark.parametrize("name", [*WRONG_BODIES, "str"])
def test_wrong_bodies_at_the_end_of_headers(
    client: ModuleType, name: str, encode_chunked: bool, way: str
) -> None:
    make = {**WRONG_BODIES, "str": lambda: "text"}[name]

    def act(connection: Any) -> None:
        connection.putrequest("POST", "/")
        connection.endheaders(make(), encode_chunked=encode_chunked)

    assert_same(client, act, way=way)


@_both_ways
@pytest.mark.parametrize("name", REFUSED)
def test_what_was_refused_leaves_nothing_to_be_sent_later(
    client: ModuleType, name: str, way: str
) -> None:
    """close() and another request: as the stdlib does it, what was put stays in its buffer."""

    def act(connection: Any) -> None:
        try:
            REFUSED[name](connection)
        except Exception:
            connection.close()
        connection._buffer.clear()
        if way == "fake":
            connection.request("GET", "/next")

    got = assert_same(client, act, way=way)
    assert b"\r\nC: d" not in got.wire


class _BadSocket(FakeSocket):
    """Fails at its n-th sendall."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self._left = last

    def sendall(self, data: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise BrokenPipeError("gone")
        super().sendall(data)


@pytest.mark.parametrize("last", [0, 1, 2, 3])
@pytest.mark.parametrize("body", [None, b"body", [b"a", b"b"]])
def test_a_socket_that_fails(client: ModuleType, body: Any, last: int) -> None:
    """The state is that of a request that was sent."""

    def attempt(module: ModuleType) -> tuple[Any, ...]:
        connection = module.HTTPConnection("example.org")
        connection.sock = sock = _BadSocket(last)
        error = None
        try:
            connection.request("POST", "/", body)
        except BrokenPipeError as raised:
            error = raised
        state = connection._HTTPConnection__state
        connection.close()
        return str(error), state, sock.sent, connection._buffer

    assert attempt(client) == attempt(http.client)


@_both_ways
@pytest.mark.parametrize("body", [None, b"body"])
def test_without_auto_open_nothing_is_opened(
    client: ModuleType, body: bytes | None, way: str
) -> None:
    def act(connection: Any) -> None:
        connection.close()
        connection.auto_open = 0
        connection.request("GET", "/", body)

    got = assert_same(client, act, way=way)
    assert got.error == (http.client.NotConnected, "")
    assert got.state[0] == "Request-sent"


@pytest.mark.parametrize("body", [None, b"body"])
def test_a_connect_that_fails(client: ModuleType, body: bytes | None) -> None:
    def act(connection: Any) -> None:
        def refuse(*_: Any) -> None:
            raise ConnectionRefusedError("no")

        connection._create_connection = refuse
        connection.request("GET", "/", body)

    got = assert_same(client, act)
    assert got.error == (ConnectionRefusedError, "no")
    assert [event[0] for event in got.events] == ["http.client.connect"]


HOSTS: dict[str, tuple[Any, ...]] = {
    "CRLF": ("example.org\r\nX: y",),
    "a space": ("example org",),
    "NUL": ("example.org\0",),
    "DEL": ("\x7f",),
    "no number for a port": ("example.org:http",),
    "half a number": ("example.org:80x",),
    "an IPv6 without brackets": ("::1:x",),
    "a CR in a port": ("example.org:80\r",),
    "a port of blanks": ("example.org: ",),
    "None": (None,),
    "bytes": (b"example.org",),
    "bytes with a port": (b"example.org", 80),
    "int": (5,),
}


@pytest.mark.parametrize("name", HOSTS)
def test_hosts_that_are_refused(client: ModuleType, name: str) -> None:
    def attempt(module: ModuleType) -> tuple[type[BaseException], str]:
        try:
            connection = module.HTTPConnection(*HOSTS[name])
        except Exception as error:
            return type(error), str(error)
        return type(None), f"{connection.host!r} {connection.port!r}"  # type: ignore[arg-type]

    assert attempt(client) == attempt(http.client)


@_both_ways
@pytest.mark.parametrize("host", ["a" * 70 + "\xfc", "\xfc" * 64, "..\xfc", "a\u20ac" * 30])
def test_hosts_that_idna_refuses(client: ModuleType, host: str, way: str) -> None:
    got = assert_same(client, _request("GET", "/"), way=way, host=host)
    assert got.error is not None
    assert issubclass(got.error[0], UnicodeError)
    assert got.wire == b""


@_both_ways
def test_a_host_that_idna_refuses_does_not_matter_where_a_host_is_given(
    client: ModuleType, way: str
) -> None:
    act = _request("GET", "/", headers={"Host": "x"})
    assert assert_same(client, act, way=way, host="a" * 70 + "\xfc").error is None


@pytest.mark.parametrize("host", ["ex\r\nX: y", "a b"])
def test_a_host_that_was_set_behind_the_check(client: ModuleType, host: str) -> None:
    """No way is known to be safe from this, but both do the same."""

    def act(connection: Any) -> None:
        connection.host = host
        connection.request("GET", "/")

    for way in WAYS:
        assert_same(client, act, way=way)


def test_an_error_says_what_to_do_about_a_body(every_client: ModuleType) -> None:
    got = record(every_client, _request("POST", "/", "10 \u20ac"))
    assert got.error is not None
    assert got.error[0] is UnicodeEncodeError
    assert "Body ('\u20ac') is not valid Latin-1. Use body.encode('utf-8')" in got.error[1]
