"""CONNECT tunnels as CPython 3.15.2 makes them: the request, its checks, the proxy's answer."""

from __future__ import annotations

import http.client
from collections import UserDict
from types import ModuleType
from typing import Any

import pytest

from ..request_recorder import assert_same, record
from ..scripted_server import Script

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\nVia: proxy\r\nX: 1\r\nx: 2\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def _tunnelled(
    client: ModuleType, script: Script, *tunnel: Any, host: str = "proxy", **kwargs: Any
) -> tuple[Any, bytes]:
    """The connection behind CONNECT and a GET, and all that was sent on it."""
    script.answers(_ESTABLISHED)
    connection = script.connection(client, host)
    connection.set_tunnel(*tunnel, **kwargs)
    connection.request("GET", "/path")
    script.says(_OK)
    assert connection.getresponse().read() == b"hello"
    connection.close()
    return connection, script.heard()


_GET = b"GET /path HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\n\r\n"

TARGETS = {
    "a name": (("origin",), b"origin:80", b"origin:80", b"origin"),
    "a port": (("origin", 8080), b"origin:8080", b"origin:8080", b"origin:8080"),
    "a port in the name": (("origin:8080",), b"origin:8080", b"origin:8080", b"origin:8080"),
    "no port behind the colon": (("origin:",), b"origin:80", b"origin:80", b"origin"),
    "an international name": (
        ("b\xfccher.example",),
        b"xn--bcher-kva.example:80",
        b"xn--bcher-kva.example:80",
        b"xn--bcher-kva.example",
    ),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_what_is_asked_of_a_proxy(newest_client: ModuleType, script: Script, kind: str) -> None:
    arguments, target, host_of_connect, host = TARGETS[kind]
    _, sent = _tunnelled(newest_client, script, *arguments)
    assert sent == (
        b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, host_of_connect) + _GET % host
    )


def test_ipv6_is_put_into_brackets(newest_client: ModuleType, script: Script) -> None:
    """In the target; the Host that is made for it has none, as CPython has it."""
    for host in ("[::1]", "::1"):
        arguments = (host, 8080) if host == "::1" else (f"{host}:8080",)
        _, sent = _tunnelled(newest_client, script, *arguments)
        assert sent == (
            b"CONNECT [::1]:8080 HTTP/1.1\r\nHost: ::1:8080\r\n\r\n" + _GET % b"[::1]:8080"
        )


def test_headers_go_with_connect_alone(newest_client: ModuleType, script: Script) -> None:
    headers = {"Proxy-Authorization": "Basic \xe9", "N": 5, "Empty": ""}
    _, sent = _tunnelled(newest_client, script, "origin", headers=headers)
    assert sent == (
        b"CONNECT origin:80 HTTP/1.1\r\nProxy-Authorization: Basic \xe9\r\nN: 5\r\nEmpty: \r\n"
        b"Host: origin:80\r\n\r\n" + _GET % b"origin"
    )


@pytest.mark.parametrize("name", ["Host", "host", "HOST"])
def test_a_host_of_ones_own_is_used(newest_client: ModuleType, script: Script, name: str) -> None:
    _, sent = _tunnelled(newest_client, script, "origin", headers={name: "other"})
    assert sent.startswith(f"CONNECT origin:80 HTTP/1.1\r\n{name}: other\r\n\r\nGET".encode())


def test_the_callers_headers_are_copied(newest_client: ModuleType) -> None:
    headers = {"A": "b"}
    connection = newest_client.HTTPConnection("proxy")
    connection.set_tunnel("origin", headers=headers)
    assert headers == {"A": "b"}
    assert connection._tunnel_headers == {"A": "b", "Host": "origin:80"}
    connection.set_tunnel("other", 81)
    assert connection._tunnel_headers == {"Host": "other:81"}
    assert (connection._tunnel_host, connection._tunnel_port) == ("other", 81)
    own = UserDict({"A": "b"})
    connection.set_tunnel("origin", headers=own)
    assert isinstance(connection._tunnel_headers, UserDict)
    assert dict(own) == {"A": "b"}


def test_a_tunnel_for_an_open_connection_is_refused(
    every_client: ModuleType, script: Script
) -> None:
    connection = script.connection(every_client, "proxy")
    connection.connect()
    with pytest.raises(RuntimeError, match=r"^Can't set up tunnel for established connection$"):
        connection.set_tunnel("origin")


# Without the codec's name, which PyPy writes in another way.
_BEYOND_LATIN_1 = r"codec can't encode character '\u20ac' in position 0: ordinal not in range(256)"
WRONG_HEADERS: dict[str, tuple[dict[Any, Any], type[Exception], str]] = {
    "CRLF in a value": ({"A": "b\r\nC: d"}, ValueError, r"Invalid header value b'b\r\nC: d'"),
    "LF in a value": ({"A": "b\nc"}, ValueError, r"Invalid header value b'b\nc'"),
    "CR in a value": ({"A": "b\rc"}, ValueError, r"Invalid header value b'b\rc'"),
    "CRLF at the end": ({"A": "b\r\n"}, ValueError, r"Invalid header value b'b\r\n'"),
    "CRLF in a Host": ({"Host": "b\r\nC: d"}, ValueError, r"Invalid header value b'b\r\nC: d'"),
    "CRLF in a name": ({"A\r\nB": "c"}, ValueError, r"Invalid header name b'A\r\nB'"),
    "a colon in a name": ({"A:B": "c"}, ValueError, "Invalid header name b'A:B'"),
    "a blank before a name": ({" A": "c"}, ValueError, "Invalid header name b' A'"),
    "no name": ({"": "c"}, ValueError, "Invalid header name b''"),
    "a value beyond Latin-1": ({"A": "\u20ac"}, UnicodeEncodeError, _BEYOND_LATIN_1),
    "a name beyond Latin-1": ({"\u20ac": "c"}, UnicodeEncodeError, _BEYOND_LATIN_1),
}


@pytest.mark.parametrize("kind", WRONG_HEADERS)
def test_headers_that_are_refused(newest_client: ModuleType, kind: str) -> None:
    """Before a byte is sent: CONNECT was the last way to let CR and LF in."""
    headers, expected, message = WRONG_HEADERS[kind]

    def act(connection: Any) -> None:
        connection.set_tunnel("origin", headers=headers)
        connection.request("GET", "/")

    got = record(newest_client, act)
    assert got.error is not None
    assert got.error[0] is expected
    assert message in got.error[1]
    assert got.wire == b""


@pytest.mark.parametrize("host", ["origin\r\nX", "a b", "a\0", "\x7f"])
def test_hosts_that_are_refused(newest_client: ModuleType, host: str) -> None:
    """CVE-2019-18348."""

    def act(connection: Any) -> None:
        connection.set_tunnel(host)
        connection.connect()

    got = record(newest_client, act)
    message = f"Tunnel host can't contain control characters {host!r}"
    assert got.error == (ValueError, message)
    assert got.wire == b""


@pytest.mark.parametrize("port", ["x", "80x", "\r\n"])
def test_ports_that_are_refused(every_client: ModuleType, port: str) -> None:
    connection = every_client.HTTPConnection("proxy")
    with pytest.raises(http.client.InvalidURL, match="nonnumeric port"):
        connection.set_tunnel(f"origin:{port}")


def test_the_version_attributes_count(newest_client: ModuleType, script: Script) -> None:
    script.answers(_ESTABLISHED)
    connection = script.connection(newest_client, "proxy")
    connection._http_vsn_str = "HTTP/1.0"
    connection.set_tunnel("origin")
    connection.connect()
    connection.close()
    assert script.heard() == b"CONNECT origin:80 HTTP/1.0\r\nHost: origin:80\r\n\r\n"


# ------------------------------------------------------------------------ the answer


def test_the_headers_of_the_answer(newest_client: ModuleType, script: Script) -> None:
    connection, _ = _tunnelled(newest_client, script, "origin")
    headers = connection.get_proxy_response_headers()
    assert type(headers) is http.client.HTTPMessage
    assert headers.items() == [("Via", "proxy"), ("X", "1"), ("x", "2")]
    assert connection._raw_proxy_headers == [b"Via: proxy\r\n", b"X: 1\r\n", b"x: 2\r\n"]


def test_without_a_tunnel_there_are_none(newest_client: ModuleType, script: Script) -> None:
    connection = script.connection(newest_client, "proxy")
    connection.set_tunnel("origin")
    assert connection.get_proxy_response_headers() is None
    script.answers(_OK)
    plain = script.connection(newest_client, "origin")
    plain.request("GET", "/")
    plain.getresponse().read()
    assert plain.get_proxy_response_headers() is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 403 Forbidden ", "403 Forbidden"),
        (b"HTTP/1.0 502", "502 "),
        (b"HTTP/1.1 201 Created", "201 Created"),
        (b"HTTP/1.1 100 Continue", "100 Continue"),
    ],
)
def test_a_refusal_is_an_os_error(
    newest_client: ModuleType, script: Script, line: bytes, message: str
) -> None:
    """Only 200 is none. The connection is closed."""
    script.answers(line + b"\r\nA: b\r\n\r\n<html>no</html>")
    connection = script.connection(newest_client, "proxy")
    connection.set_tunnel("origin")
    with pytest.raises(OSError) as caught:
        connection.request("GET", "/")
    assert str(caught.value) == f"Tunnel connection failed: {message}"
    assert connection.sock is None
    assert connection._HTTPConnection__state == "Idle"
    assert b"GET" not in script.heard()


def test_the_headers_of_a_refusal_can_be_seen(newest_client: ModuleType, script: Script) -> None:
    script.answers(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n")
    connection = script.connection(newest_client, "proxy")
    connection.set_tunnel("origin")
    with pytest.raises(OSError, match="407"):
        connection.connect()
    assert connection.get_proxy_response_headers()["proxy-authenticate"] == "Basic"


@pytest.mark.parametrize(
    "answer", [b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"\r\n"]
)
def test_what_is_no_answer_is_a_bad_status_line(
    every_client: ModuleType, script: Script, answer: bytes
) -> None:
    script.answers(answer)
    connection = script.connection(every_client, "proxy")
    connection.set_tunnel("origin")
    with pytest.raises(http.client.BadStatusLine):
        connection.connect()


def test_limits_of_the_answer(newest_client: ModuleType, script: Script) -> None:
    script.answers(_ESTABLISHED)
    connection = script.connection(newest_client, "proxy", max_response_headers=2)
    connection.set_tunnel("origin")
    with pytest.raises(http.client.HTTPException, match=r"^got more than 2 headers$"):
        connection.connect()
    script.answers(b"HTTP/1.1 200 " + b"x" * 65_536 + b"\r\n\r\n")
    connection = script.connection(newest_client, "proxy")
    connection.set_tunnel("origin")
    with pytest.raises(http.client.LineTooLong):
        connection.connect()


def test_the_tunnel_is_dug_again_with_each_connection(
    newest_client: ModuleType, script: Script
) -> None:
    connection, first = _tunnelled(newest_client, script, "origin")
    script.answers(_ESTABLISHED)
    connection.request("GET", "/path")
    connection.close()
    assert script.heard() == first


def test_a_tunnel_of_an_older_python_is_the_same_but_for_connect(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes through it."""
    monkeypatch.setattr(http.client.HTTPConnection, "_tunnel", lambda self: None)
    monkeypatch.setattr(client.HTTPConnection, "_tunnel", lambda self: None)

    def act(connection: Any) -> None:
        connection.set_tunnel("origin", 8080)
        connection.request("POST", "/", b"body", {"A": "b"})

    assert_same(client, act)


def test_overriding_tunnel_is_enough(every_client: ModuleType) -> None:
    """urllib3 does, on some Pythons."""
    dug: list[Any] = []

    class Own(every_client.HTTPConnection):  # type: ignore[name-defined, misc]
        def _tunnel(self) -> None:
            dug.append((self._tunnel_host, self._tunnel_port))

    def act(connection: Any) -> None:
        connection.set_tunnel("origin", 81)
        connection.request("GET", "/")

    stand_in: Any = type("Client", (), {"HTTPConnection": Own})
    assert record(stand_in, act).wire.startswith(b"GET / HTTP/1.1\r\nHost: origin:81\r\n")
    assert dug == [("origin", 81)]
