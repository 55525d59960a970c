"""What fasthttp does otherwise than `http.client`, and no other test shows; docs/deviations.md."""

from __future__ import annotations

import http.client
import io
import re
import socket
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import pytest

from .scripted_server import Script

_ANSWER = b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nok"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_MIB = 1 << 20


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


def _ask(connection: Any) -> Any:
    connection.request("GET", "/")
    return connection.getresponse()


# ------------------------------------------------------------------- after a failure


def test_a_request_may_follow_one_that_was_not_answered(client: ModuleType, script: Script) -> None:
    """On a new connection: the answer may still come on the old one."""
    for module in (http.client, client):
        connection = script.connection(module)
        connection.connect()
        connection.sock.settimeout(0.01)
        with pytest.raises(TimeoutError):
            _ask(connection)
        if module is http.client:
            with pytest.raises(http.client.CannotSendRequest):
                connection.request("GET", "/")
    script.answers(_SECOND)
    assert _ask(connection).status == 299


def test_a_request_may_follow_one_that_was_refused(client: ModuleType, script: Script) -> None:
    """On the same connection, of which the server has heard nothing meanwhile."""
    for module in (http.client, client):
        script.answers(_ANSWER)
        connection = script.connection(module)
        assert _ask(connection).read() == b"ok"
        opened = script.opened
        with pytest.raises(ValueError, match="Invalid header"):
            connection.request("GET", "/", headers={"A": "b\nC: d"})
        if module is http.client:
            with pytest.raises(http.client.CannotSendRequest):
                connection.request("GET", "/")
    connection.request("GET", "/next")
    script.says(_SECOND)
    assert connection.getresponse().status == 299
    assert script.opened == opened
    connection.close()
    assert script.heard().count(b"GET ") == 2


def test_a_request_may_follow_one_that_was_cut(client: ModuleType, script: Script) -> None:
    """Its beginning is on the old connection, and stays alone there."""

    def body() -> Iterator[bytes]:
        yield b"half"
        raise KeyError("no other half")

    for module in (http.client, client):
        connection = script.connection(module)
        with pytest.raises(KeyError):
            connection.request("PUT", "/", body())
        if module is http.client:
            with pytest.raises(http.client.CannotSendRequest):
                connection.request("GET", "/")
    script.answers(_SECOND)
    assert _ask(connection).status == 299


@pytest.mark.parametrize("answer", [b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_a_tunnel_that_was_not_dug_is_closed(
    client: ModuleType, script: Script, answer: bytes
) -> None:
    """What is meant for the server never goes to the proxy."""
    for module in (http.client, client):
        script.answers(answer)
        connection = script.connection(module, "proxy")
        connection.set_tunnel("origin")
        with pytest.raises(http.client.BadStatusLine):
            connection.connect()
        assert (connection.sock is None) is (module is client)


# ------------------------------------------------------------------------------ limits


def _lines(size: int) -> bytes:
    """32 fields that take so many bytes, their line ends included."""
    field = b"A: " + b"x" * (size // 32 - 5) + b"\r\n"
    return field * 31 + field[:-2] + b"x" * (size - 32 * len(field)) + b"\r\n"


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_head_has_a_limit_in_bytes(client: ModuleType, script: Script, beyond: int) -> None:
    """1 MiB of lines, unless another is set."""
    head = b"HTTP/1.1 200 OK\r\n" + _lines(_MIB + beyond) + b"\r\n"
    response = client.HTTPResponse(_File(head))
    _expect(beyond, response.begin, f"^got more than {_MIB} bytes of headers$")
    script.answers(_ANSWER)
    fields = len(b"A: b\r\nContent-Length: 2\r\n")
    connection = script.connection(client, max_head_bytes=fields - beyond)
    _expect(beyond, lambda: _ask(connection), f"^got more than {fields - 1} bytes of headers$")


@pytest.mark.parametrize("beyond", [0, 1])
def test_trailers_have_a_limit_in_bytes(client: ModuleType, beyond: int) -> None:
    """The same limit as heads have."""
    body = b"2\r\nok\r\n0\r\n" + _lines(_MIB + beyond) + b"\r\n"
    response = client.HTTPResponse(_File(_CHUNKED + body))
    response.begin()
    _expect(beyond, response.read, f"^got more than {_MIB} bytes of trailers$")


class _File:
    """A socket of which nothing but `makefile` is needed."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._data))  # type: ignore[arg-type]


def _expect(beyond: int, call: Any, text: str) -> None:
    if beyond:
        with pytest.raises(http.client.HTTPException) as caught:
            call()
        assert re.search(text, str(caught.value))  # without its notes, which `match` sees as well
    else:
        call()


# ----------------------------------------------------------------------------- objects


def test_state_is_not_in_the_dict(client: ModuleType, script: Script) -> None:
    """vars() shows it all the same, as it is at that moment, and takes changes."""
    script.answers(_ANSWER)
    connection = script.connection(client)
    response = _ask(connection)
    for made, name, own in ((connection, "blocksize", 8192), (response, "status", 200)):
        seen = vars(made)
        assert seen[name] == own and seen is not vars(made)
        seen[name] = 201
        assert getattr(made, name) == 201
        setattr(made, name, own)
        assert seen[name] == 201
    mixed = type("Mixed", (type("Mixin", (), {}), client.HTTPConnection), {"added": None})("a")
    mixed.added = 1
    assert (vars(mixed), mixed.host) == ({"added": 1}, "a")
    with pytest.raises(TypeError):
        response.__class__ = http.client.HTTPResponse
    with pytest.raises(TypeError):
        connection.__class__ = http.client.HTTPConnection


def test_what_is_ordinary_makes_no_frame(client: ModuleType, script: Script) -> None:
    """That is so on a kept connection. What is not ordinary has its frames."""
    script.answers(_ANSWER)
    connection = script.connection(client)
    _ask(connection).read()
    frames = []
    for name in ("", "other"):
        connection.default_port = 80 if not name else 81
        seen: list[str] = []
        sys.setprofile(lambda frame, what, _: seen.append(frame.f_code.co_name))  # noqa: B023
        try:
            connection.request("GET", "/")
        finally:
            sys.setprofile(None)
        frames.append("request" in seen)
        script.says(_ANSWER)
        assert connection.getresponse().read() == b"ok"
    is_c = type(client.HTTPConnection.request) is not FunctionType
    assert frames == [not is_c, True]
    assert isinstance(client.HTTPConnection.request, FunctionType)


def test_fp_is_a_file_of_its_own(client: ModuleType, script: Script) -> None:
    """For sockets of exactly the stdlib's types; for others it is what `makefile` gives."""
    script.answers(_ANSWER, _ANSWER)
    connection = script.connection(client)
    response = _ask(connection)
    assert isinstance(response.fp, io.BufferedIOBase)
    assert type(response.fp) is not io.BufferedReader
    connection = script.connection(client)
    connection.connect()

    class Derived(socket.socket):
        pass

    with Derived(fileno=connection.sock.detach()) as connection.sock:
        response = _ask(connection)
        assert type(response.fp) is io.BufferedReader
        assert response.read() == b"ok"


def test_peek_shows_the_body_alone(client: ModuleType, script: Script) -> None:
    """What is behind it is none of the caller's; and where nothing is, nothing is waited for."""
    for answer, shown in (
        (_ANSWER + _SECOND, b"ok"),
        (b"HTTP/1.1 204 No\r\n\r\n" + _SECOND, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ):
        script.answers(answer)
        connection = script.connection(client)
        response = _ask(connection)
        assert response.peek() == shown
        assert response.read() == shown
        assert response.peek() == b""
        connection.close()
