"""Why a call went the plain way, as stats() tells it: for each condition of each fast way."""

from __future__ import annotations

import email.message
import email.parser
import http.client
import inspect
import io
import re
import socket
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from ...client.scripted_server import Script
from .exchanges import SIZED

_MANY_FIELDS = {f"X-{number}": "" for number in range(99)}
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def _told(fasthttp: Any) -> dict[str, str]:
    """By the last name of a call: its one reason."""
    fallbacks = fasthttp.stats().fallbacks
    told = {each.call.rpartition(".")[2]: each.reason for each in fallbacks}
    assert len(told) == len(fallbacks)
    return {name.replace("_send_request", "request"): why for name, why in told.items()}


def _exchanged(
    fasthttp: Any,
    connection: Any,
    *given: Any,
    read: Callable[[Any], Any] = lambda response: response.read(),
    **named: Any,
) -> dict[str, str]:
    """What is told of one request, its head and its body."""
    with fasthttp.counting():
        try:
            connection.request(*(given or ("GET", "/path")), **named)
            read(connection.getresponse())
        finally:
            told = _told(fasthttp)
    return told


def _overriding(cls: Any, name: str) -> Any:
    """A subclass that has a method of its own, which calls the one above."""

    def method(self: Any, *given: Any, **named: Any) -> Any:
        return getattr(cls, name)(self, *given, **named)

    return type("Theirs", (cls,), {name: method, "__module__": "their.module"})


# ------------------------------------------------------------------- who changed what


@pytest.mark.parametrize("name", ["putheader", "send", "putrequest", "_validate_path"])
def test_a_connection_that_overrides(fasthttp: Any, client: Any, script: Script, name: str) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    connection.__class__ = _overriding(client.HTTPConnection, name)
    assert _exchanged(fasthttp, connection) == {"request": f"their.module.Theirs overrides {name}"}


@pytest.mark.parametrize("name", ["_read_status", "_check_close"])
def test_a_response_that_overrides(fasthttp: Any, client: Any, script: Script, name: str) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    connection.response_class = _overriding(client.HTTPResponse, name)
    assert _exchanged(fasthttp, connection) == {"begin": f"their.module.Theirs overrides {name}"}


@pytest.mark.parametrize("name", ["_get_chunk_left", "_safe_read"])
def test_chunks_of_a_response_that_overrides(
    fasthttp: Any, client: Any, script: Script, name: str
) -> None:
    script.answers(_CHUNKED)
    connection = script.connection(client)
    connection.response_class = _overriding(client.HTTPResponse, name)
    (reason,) = _exchanged(fasthttp, connection).values()
    assert reason == f"their.module.Theirs overrides {name}"


def test_an_instance_with_a_method_of_its_own(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    connection.putheader = connection.putheader
    (reason,) = _exchanged(fasthttp, connection).values()
    assert re.fullmatch(r"putheader is set on an instance of \S+\.HTTPConnection", reason)
    del connection.putheader


def test_a_class_that_somebody_has_changed(fasthttp: Any, client: Any, script: Script) -> None:
    before = client.HTTPConnection.putheader
    script.answers(SIZED)
    connection = script.connection(client)
    with mock.patch.object(
        client.HTTPConnection, "putheader", lambda self, *given: before(self, *given)
    ):
        told = _exchanged(fasthttp, connection)
    assert told == {"request": "HTTPConnection.putheader has been replaced"}


def test_what_install_has_found_changed(fasthttp: Any, script: Script) -> None:
    """Then the guard is never true, and what install() returns is the reason."""
    fasthttp.uninstall()
    before = http.client.HTTPConnection.putheader
    script.answers(SIZED)
    connection = script.connection(http.client)
    theirs = mock.patch.object(
        http.client.HTTPConnection, "putheader", lambda self, *given: before(self, *given)
    )
    with theirs:
        left = fasthttp.install()
        told = _exchanged(fasthttp, connection)
        assert fasthttp.stats().left_alone == tuple(left.items())
        assert list(left) == ["HTTPConnection.putheader"]
        fasthttp.uninstall()
    assert told["request"] == "HTTPConnection.putheader is not http.client's own"


def test_debuglevel(
    fasthttp: Any, client: Any, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    connection.set_debuglevel(1)
    debug = "debuglevel is set"
    assert _exchanged(fasthttp, connection) == {"request": debug, "begin": debug}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("_is_legal_header_name", "request"),
        ("_encode", "request"),
        ("parse_headers", "begin"),
        ("_read_headers", "begin"),
    ],
)
def test_functions_of_the_module(
    fasthttp: Any, client: Any, script: Script, name: str, call: str
) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    before = getattr(http.client, name)
    count = len(inspect.signature(before).parameters)  # from 3.15 on some take more
    with mock.patch.object(http.client, name, lambda *given, **_: before(*given[:count])):
        reason = _exchanged(fasthttp, connection)[call]
    assert reason.removeprefix("http.client.") == f"{name} has been replaced"


def test_a_limit_of_ones_own(fasthttp: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(fasthttp.client)
    try:
        fasthttp.client._MAXLINE = 1 << 20
        told = _exchanged(fasthttp, connection)
    finally:
        del fasthttp.client._MAXLINE
    assert told == {
        "request": "_MAXLINE has been replaced",
        "begin": "_MAXLINE has been replaced",
    }


def test_the_email_package(fasthttp: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(http.client)
    theirs = type("Parser", (email.parser.Parser,), {})
    with mock.patch.object(email.parser, "Parser", theirs):
        told = _exchanged(fasthttp, connection)
    assert told["begin"] == "email.parser.Parser has been replaced"


# -------------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("POST", "/", io.BytesIO(b"x")), "a body that is no bytes or str: _io.BytesIO"),
        (("POST", "/", bytearray(b"x")), "a body that is no bytes or str: bytearray"),
        (("GET", "http://h/"), "a target that is a whole URL"),
        (("GET", ""), "a target that is empty"),
        (
            ("GET", "/", None, {"Transfer-Encoding": "chunked"}),
            "a Transfer-Encoding field given by the caller",
        ),
        (
            ("GET", "/", None, {"Secret": "value\r\n more"}),
            "a header field with a line break in it: 'Secret', a str",
        ),
        (
            ("GET", "/", None, email.message.Message()),
            "header fields that are no dict: email.message.Message",
        ),
        (("GET", "/", None, _MANY_FIELDS), "more than 64 header fields"),
        (("GET", "/", None, {"A": 10**40}), "a header field that is a very large int: 'A'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_requests(
    fasthttp: Any, client: Any, script: Script, given: tuple[Any, ...], reason: str
) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    assert _exchanged(fasthttp, connection, *given) == {"request": reason}
    assert "value" not in str(fasthttp.stats())


def test_http_1_0(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    assert _exchanged(fasthttp, connection)["request"] == "_http_vsn is not 11"


def test_a_request_that_is_refused(fasthttp: Any, client: Any, script: Script) -> None:
    """It is an error, and none of ours."""
    connection = script.connection(client)
    with fasthttp.counting(), pytest.raises(http.client.InvalidURL):
        connection.request("GET", "/with space")
    told = fasthttp.stats()
    assert told.requests == 0 and told.sent == 0


def test_line_by_line(fasthttp: Any, script: Script) -> None:
    """As urllib3 sends: each of the calls stands for itself."""
    script.answers(SIZED)
    connection = script.connection(http.client)
    with fasthttp.counting():
        connection.putrequest("GET", "http://h/")
        connection.putheader("A", "b", "c")
        connection.putheader("C", "d")
        connection.putheader("B", "e", "f")
        connection.endheaders(bytearray(b"x"))
        connection.getresponse()
    assert _told(fasthttp) == {
        "putrequest": "a target that is a whole URL",
        "putheader": "a field of several values",
        "_send_output": "a body that is no bytes: bytearray",
    }
    assert fasthttp.stats().fallbacks[0].count == 2


def test_a_connection_that_sends_by_itself(fasthttp: Any, script: Script) -> None:
    """As botocore's does, which asks nobody."""

    class Theirs(http.client.HTTPConnection):
        def _send_output(self, *_: Any, **__: Any) -> None:
            self.send(b"\r\n".join([*self._buffer, b"", b""]))
            self._buffer.clear()

    script.answers(SIZED)
    connection = script.connection(http.client)
    connection.__class__ = Theirs
    reason = f"{Theirs.__module__}.{Theirs.__qualname__} overrides _send_output"
    with fasthttp.counting():
        for _ in range(2):
            connection.putrequest("GET", "/")
            connection.endheaders()
            connection.getresponse().read()
            script.says(SIZED)
        assert _told(fasthttp) == {"_send_output": reason}
        assert fasthttp.stats().fallbacks[0].count == 2
        connection.request("GET", "/")
        connection.getresponse().read()
        assert _told(fasthttp) == {"_send_output": reason, "request": reason}
        assert fasthttp.stats().fallbacks[0].count == 2


# ------------------------------------------------------------------ sockets and heads


class _Socket(socket.socket):
    """A socket of a library's own."""


def _with_socket_of_its_own(connection: Any) -> Any:
    connection.connect()
    plain = connection.sock
    connection.sock = _Socket(fileno=plain.detach())
    connection.sock.settimeout(10)
    return connection


def test_a_socket_of_another_kind(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = _with_socket_of_its_own(script.connection(client))
    told = _exchanged(fasthttp, connection, "POST", "/", b"body")
    kind = f"{_Socket.__module__}._Socket"
    assert told.pop("send") == f"a socket that is not exactly the stdlib's: {kind}"
    if client is http.client:
        assert told == {}  # a makefile() is what it reads from in any case
    else:
        assert told == {"begin": f"a socket of another kind, or non-blocking: {kind}"}
    assert fasthttp.stats().received == len(SIZED)


def test_a_file_of_another_kind(fasthttp: Any, client: Any) -> None:
    sock = mock.Mock(makefile=lambda _: io.BytesIO(SIZED))
    with fasthttp.counting():
        response = client.HTTPResponse(sock)
        response.begin()
        assert response.read() == b"hello"
    assert _told(fasthttp)["begin"] == "a file that is no socket's: _io.BytesIO"


def test_heads(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n")
    connection = script.connection(client)
    told = _exchanged(fasthttp, connection)
    assert told["begin"] == "a response head with a folded line"


def test_a_limit_for_heads(fasthttp: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(fasthttp.client, "example.org", max_head_bytes=1000)
    assert _exchanged(fasthttp, connection) == {"begin": "max_head_bytes is set: 1000"}


def test_a_limit_for_heads_that_is_not_the_reason(fasthttp: Any, script: Script) -> None:
    """One that the codec's buffer keeps anyway."""
    script.answers(SIZED, SIZED.replace(b"\r\n\r\n", b"\r\nA : b\r\n\r\n"))
    for reason in ("", "a response head with white space before the colon"):
        connection = script.connection(fasthttp.client, "example.org", max_head_bytes=65536)
        assert _exchanged(fasthttp, connection) == ({"begin": reason} if reason else {})


def test_a_head_that_comes_in_pieces(fasthttp: Any, script: Script) -> None:
    connection = script.connection(http.client)
    connection.connect()
    script.says(b"HTTP/1.1 200 OK\r\nContent-")
    with fasthttp.counting():
        connection.request("GET", "/")
        before = connection.response_class

        def opened(*given: Any, **named: Any) -> Any:
            response = before(*given, **named)
            response.fp.peek()
            script.says(b"Length: 0\r\n\r\n")
            return response

        connection.response_class = opened
        connection.getresponse()
    assert _told(fasthttp)["begin"] == "a response head that has not come in one piece"


def test_getheader(fasthttp: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(http.client)
    told = _exchanged(
        fasthttp, connection, read=lambda response: response.getheader("none", default=["x"])
    )
    assert told == {
        "getheader": "a name that is no ASCII str, a value beyond ISO-8859-1,"
        " or a default that is no str"
    }


# ------------------------------------------------------------------------ the others


def test_clients_that_are_elsewhere(fasthttp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fasthttp.stats().elsewhere == ()
    monkeypatch.setitem(sys.modules, "httpx", mock.Mock())
    assert fasthttp.stats().elsewhere == ("httpx",)


def test_reasons_without_end(fasthttp: Any, script: Script) -> None:
    """A program that makes up names does not fill the memory."""
    connection = script.connection(http.client)
    with fasthttp.counting():
        for number in range(500):
            connection.putrequest("GET", "/")
            connection.putheader(f"X-{number}", "a\r\n b")
            connection.close()
    told = fasthttp.stats().fallbacks
    assert len(told) == 201
    assert told[0].reason == "other reasons" and told[0].count == 300


def test_what_cannot_be_looked_at(fasthttp: Any, client: Any, script: Script) -> None:
    """An error of the program's objects is not raised by who asks for a reason."""
    script.answers(SIZED)
    connection = script.connection(client)
    with mock.patch.object(fasthttp.statistics.wrappers.reasons, "told", side_effect=LookupError):
        told = _exchanged(fasthttp, connection, "GET", "http://h/")
    assert told["request"] == "something that could not be looked at"
