"""What programs set on http.client, or on fasthttp.client, is looked up when it is used.

Each hook is judged by the stdlib: set on http.client, it must change both alike; set on
fasthttp.client, it must change fasthttp in the same way, and the stdlib not at all.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from .request_recorder import record
from .response_delivery import FakeSocket, fake_socket, socket_pair

_HEAD = b"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n"
_RESPONSE = _HEAD + b"Content-Length: 2\r\n\r\nxy"
_CHUNKED = (
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"e" * 50 + b"\r\nxy\r\n0\r\nT: u\r\n\r\n"
)

Use = Callable[[ModuleType], Any]


def _sent(*args: Any, **kwargs: Any) -> Use:
    """Use a client by sending a request, over both kinds of sockets."""

    def use(client: ModuleType) -> Any:
        results = []
        for way in ("fake", "socket"):
            got = record(client, lambda it: it.request(*args, **kwargs), way=way)
            results.append((got.wire, got.error, got.state))
        return results

    return use


def _read(raw: bytes) -> Use:
    """Use a client by reading a response, from both kinds of sockets."""

    def from_socket(client: ModuleType, sock: Any) -> Any:
        response = client.HTTPResponse(sock)
        try:
            response.begin()
            return type(response.headers).__name__, response.getheaders(), response.read()
        except http.client.HTTPException as error:
            return type(error), str(error)
        finally:
            response.close()

    def use(client: ModuleType) -> Any:
        near, far = socket_pair()
        with near, far:
            far.sendall(raw)
            far.shutdown(socket.SHUT_WR)
            return from_socket(client, near), from_socket(client, fake_socket(raw))

    return use


def _opened(client: ModuleType) -> Any:
    connection = client.HTTPConnection("example.org")
    try:
        connection.request("GET", "/")
        return connection.sock.sent
    finally:
        connection.close()


class _OwnMessage(http.client.HTTPMessage):
    pass


def _own_parse_headers(fp: Any, _class: Any = _OwnMessage, **_: Any) -> Any:
    """One of those that take nothing but the file."""
    while fp.readline() not in (b"\r\n", b""):
        pass
    message = _OwnMessage()
    message["Own"] = "parser"
    return message


_OWN_SOCKET = SimpleNamespace(
    create_connection=lambda *_: FakeSocket(), IPPROTO_TCP=6, TCP_NODELAY=1
)


@dataclass(frozen=True)
class Hook:
    """A name, a value to set it to, and a use of a client that shows the change."""

    name: str
    value: Any
    use: Use
    judged: bool = True  # by a stdlib that has it


HOOKS = {
    "lines of a head": Hook("_MAXLINE", 18, _read(_RESPONSE)),
    "a status line": Hook("_MAXLINE", 10, _read(_RESPONSE)),
    "lines of chunks": Hook("_MAXLINE", 40, _read(_CHUNKED)),
    "a greater limit": Hook(
        "_MAXLINE", 1 << 20, _read(_HEAD + b"L: " + b"x" * 70_000 + b"\r\n\r\n")
    ),
    "an endless limit": Hook("_MAXLINE", 1 << 62, _read(_RESPONSE)),
    "names": Hook(
        "_is_legal_header_name", lambda name: name != b"A", _sent("GET", "/", headers={"A": "b"})
    ),
    "no check of names": Hook(
        "_is_legal_header_name", lambda _: True, _sent("GET", "/", headers={"A:\n": "b"})
    ),
    "values": Hook(
        "_is_illegal_header_value",
        lambda value: b"b" in value,
        _sent("GET", "/", headers={"A": "b"}),
    ),
    "no check of values": Hook(
        "_is_illegal_header_value", lambda _: False, _sent("GET", "/", headers={"A": "\r\n"})
    ),
    "targets": Hook("_contains_disallowed_url_pchar_re", re.compile("z"), _sent("GET", "/z")),
    "no check of targets": Hook(
        "_contains_disallowed_url_pchar_re", re.compile("(?!)"), _sent("GET", "/a b")
    ),
    "methods": Hook("_contains_disallowed_method_pchar_re", re.compile("G"), _sent("GET", "/")),
    "methods that expect a body": Hook("_METHODS_EXPECTING_BODY", {"GET"}, _sent("GET", "/")),
    "methods that expect none": Hook("_METHODS_EXPECTING_BODY", set(), _sent("POST", "/")),
    "texts": Hook("_encode", lambda data, name="data": b"own", _sent("POST", "/", "text")),
    "texts beyond Latin-1": Hook(
        "_encode", lambda data, name="data": b"own", _sent("POST", "/", "\u20ac")
    ),
    "a zone of IPv6": Hook("_strip_ipv6_iface", lambda host: b"own", _sent("GET", "http://a%b/")),
    "header parsers": Hook("parse_headers", _own_parse_headers, _read(_RESPONSE)),
    "readers of headers": Hook("_read_headers", lambda *_: [b"Own: reader\r\n"], _read(_RESPONSE)),
    "parsers of lines": Hook(
        "_parse_header_lines", lambda *_, **__: _OwnMessage(), _read(_RESPONSE), judged=False
    ),
    "sockets": Hook("socket", _OWN_SOCKET, _opened),
    "interim responses": Hook(
        "_MAXINTERIMRESPONSES",
        2,
        _read(b"HTTP/1.1 100 C\r\n\r\n" * 2 + _RESPONSE),
        judged=False,
    ),
    "headers": Hook("_MAXHEADERS", 2, _read(_RESPONSE), judged=False),
    "trailers": Hook(
        "_MAXHEADERS", 3, _read(_CHUNKED.replace(b"T: u\r\n", b"T: u\r\n" * 4)), judged=False
    ),
}
#: Hooks that the running http.client does not have, so that it cannot judge them.
_MISSING = {kind for kind, hook in HOOKS.items() if not hasattr(http.client, hook.name)}
_every_hook = pytest.mark.parametrize("kind", HOOKS)


@_every_hook
def test_a_hook_of_http_client_changes_both(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    hook = HOOKS[kind]
    before = hook.use(client) if hook.use is not _opened else None
    monkeypatch.setattr(http.client, hook.name, hook.value, raising=False)
    changed = hook.use(client)
    if hook.judged and kind not in _MISSING:
        assert changed == hook.use(http.client)
    monkeypatch.undo()
    if hook.use is not _opened:
        assert hook.use(client) == before, "and it is back"
        assert (changed != before) == (kind != "an endless limit")


@_every_hook
def test_a_hook_of_fasthttp_changes_fasthttp_alone(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    hook = HOOKS[kind]
    judge = http.client if hook.judged and kind not in _MISSING else client
    with mock.patch.object(http.client, hook.name, hook.value, create=True):
        expected = hook.use(judge)
    others = [] if hook.use is _opened else [http.client]
    before = [hook.use(other) for other in others]
    with mock.patch.object(client, hook.name, hook.value, create=True):
        assert getattr(client, hook.name) is hook.value
        assert hook.use(client) == expected
        assert [hook.use(other) for other in others] == before
    assert getattr(http.client, hook.name, None) is not hook.value


@_every_hook
def test_patching_leaves_no_trace(client: ModuleType, kind: str) -> None:
    """However it is done, and also if it fails in between."""
    hook = HOOKS[kind]
    overrides = client._hooks.overrides
    attributes = set(vars(client))
    assert overrides == {}
    with mock.patch.object(client, hook.name, hook.value, create=True):
        assert set(overrides) == {hook.name}
    assert overrides == {}
    with pytest.raises(KeyError), mock.patch.object(client, hook.name, hook.value, create=True):
        raise KeyError
    assert overrides == {}
    assert set(vars(client)) == attributes


@pytest.mark.parametrize("name", ["_MAXLINE", "_MAXHEADERS", "_MAXINTERIMRESPONSES", "_encode"])
def test_what_was_set_back_by_hand_follows_http_client_again(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """old = client._MAXLINE; client._MAXLINE = 10; client._MAXLINE = old."""
    original = getattr(client, name)
    setattr(client, name, 10)
    setattr(client, name, original)
    assert client._hooks.overrides == {}
    monkeypatch.setattr(http.client, name, 12345, raising=False)
    assert getattr(client, name) == 12345
    monkeypatch.undo()
    assert getattr(client, name) is original


def test_a_hook_deleted_by_hand_follows_http_client_again(client: ModuleType) -> None:
    client._MAXLINE = 10
    del client._MAXLINE
    assert client._MAXLINE == http.client._MAXLINE  # type: ignore[attr-defined]
    assert client._hooks.overrides == {}


def test_fasthttp_wins_over_http_client(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http.client, "_MAXLINE", 10)
    assert "LineTooLong" in repr(_read(_RESPONSE)(client))
    with mock.patch.object(client, "_MAXLINE", 1000):
        assert "LineTooLong" not in repr(_read(_RESPONSE)(client))
    assert "LineTooLong" in repr(_read(_RESPONSE)(client))


def test_the_limit_is_named_in_the_error(every_client: ModuleType) -> None:
    with mock.patch.object(every_client, "_MAXLINE", 33):
        for raw in (
            b"HTTP/1.1 200 " + b"x" * 100 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100 + b"\r\n\r\n",
        ):
            for got in _read(raw)(every_client):
                assert got[0] is http.client.LineTooLong
                assert got[1].startswith("got more than 33 bytes when reading ")


@pytest.mark.parametrize("owner", ["http.client", "fasthttp.client"])
def test_the_number_of_headers(
    newest_client: ModuleType, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    """The blank line is not counted, nor are those of interim responses together."""
    target = http.client if owner == "http.client" else newest_client
    interim = b"HTTP/1.1 100 C\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"
    monkeypatch.setattr(target, "_MAXHEADERS", 3)
    for got in _read(interim * 3 + _RESPONSE)(newest_client):
        assert got[2] == b"xy"
    monkeypatch.setattr(target, "_MAXHEADERS", 2)
    for raw in (_RESPONSE, interim + _HEAD + b"\r\n"):
        for got in _read(raw)(newest_client):
            assert got == (http.client.HTTPException, "got more than 2 headers")
    trailers = _CHUNKED.replace(b"T: u\r\n", b"T: u\r\n" * 4)
    monkeypatch.setattr(target, "_MAXHEADERS", 3)
    for got in _read(trailers)(newest_client):
        assert got == (http.client.HTTPException, "got more than 3 trailers")


@pytest.mark.parametrize("owner", ["http.client", "fasthttp.client"])
def test_the_number_of_interim_responses(
    newest_client: ModuleType, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    target = http.client if owner == "http.client" else newest_client
    monkeypatch.setattr(target, "_MAXINTERIMRESPONSES", 3, raising=False)
    for got in _read(b"HTTP/1.1 100 C\r\n\r\n" * 2 + _RESPONSE)(newest_client):
        assert got[2] == b"xy"
    for got in _read(b"HTTP/1.1 100 C\r\n\r\n" * 3 + _RESPONSE)(newest_client):
        assert got == (http.client.HTTPException, "got more than 3 interim responses")


@pytest.mark.parametrize("owner", ["http.client", "fasthttp.client"])
def test_print_can_be_replaced(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    said: list[Any] = []
    target = http.client if owner == "http.client" else client
    with mock.patch.object(target, "print", lambda *args: said.append(args), create=True):
        response = client.HTTPResponse(fake_socket(_RESPONSE), 1)
        response.begin()
        response.close()
    assert [args[0] for args in said] == ["reply:", "header:", "header:", "header:"]
    assert client._hooks.overrides == {}


def test_parse_headers_of_http_client_reads_for_fasthttp(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrapper around the original, as programs write it, takes the file alone."""
    original = http.client.parse_headers
    seen: list[Any] = []

    def wrapper(fp: Any) -> Any:
        seen.append(fp)
        return original(io.BytesIO(fp.readline() + b"X-Own: 1\r\n\r\n"))

    monkeypatch.setattr(http.client, "parse_headers", wrapper)
    for got in _read(b"HTTP/1.1 200 OK\r\nA: b\r\nxy")(client):
        assert got[1] == [("A", "b"), ("X-Own", "1")]
        assert got[2] == b"xy"
    assert len(seen) == 2


def test_the_default_context_can_be_replaced(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def create(http_version: int) -> str:
        asked.append(http_version)
        return "context"

    for owner in (http.client, client):
        with monkeypatch.context() as patch:
            patch.setattr(owner, "_create_https_context", create, raising=False)
            assert client.HTTPSConnection("example.org")._context == "context"
    assert asked == [11, 11]
    monkeypatch.setattr(client, "ssl", SimpleNamespace())
    monkeypatch.undo()


def test_a_class_in_the_place_of_another_slows_nothing_down(client: ModuleType) -> None:
    """Tests and tracers replace the classes of a module: that is no hook."""
    for name in ("HTTPConnection", "HTTPSConnection", "HTTPResponse"):
        with mock.patch.object(client, name, mock.Mock()):
            assert client._hooks.overrides == {}
        assert client._hooks.overrides == {}
