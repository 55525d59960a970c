"""Whatever the original looks up at call time counts: in the module, in email, on classes, on
instances. The lists are of names that were found by reading `http/client.py` and `email`.
"""

from __future__ import annotations

import email
import email.feedparser
import email.message
import email.parser
import http.client
import io
from collections.abc import Callable
from email._policybase import Compat32, compat32
from typing import Any
from unittest import mock

import pytest

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Type: text/plain\r\nA: c\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n"
)


class _Socket:
    """Has one answer after another, and no more."""

    def __init__(self) -> None:
        self.answers = [_ANSWER, _ANSWER.replace(b"chunked", b"other")]
        self.sent: list[bytes] = []

    def makefile(self, mode: str) -> io.BufferedReader:
        answer = self.answers.pop(0) if self.answers else b""
        return io.BufferedReader(io.BytesIO(answer))  # type: ignore[arg-type]

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)

    def setsockopt(self, *_: int) -> None: ...

    def close(self) -> None: ...


def _told(step: Callable[..., Any], *given: Any) -> Any:
    try:
        return step(*given)
    except BaseException as error:
        return type(error).__name__, str(error)


def _exchange(
    response_class: type | None = None,
    change: Callable[[Any], None] | None = None,
    connection_class: type | None = None,
) -> list[Any]:
    """Two requests and their answers, step by step; what came of each."""
    sock = _Socket()
    connection: Any = (connection_class or http.client.HTTPConnection)("example.org")
    connection._create_connection = lambda *_: sock
    connection.response_class = response_class or http.client.HTTPResponse
    told = [_told(connection.request, "POST", "/path", "body", {"X": "y"})]
    for again in range(2):
        response = _told(connection.getresponse) if connection.sock else ("closed",)
        if isinstance(response, tuple):
            told.append(response)
            break
        if change is not None:
            change(response)
        told += [_told(response.getheader, name) for name in ("a", "No", "X")]
        told.append((response.status, response.length, response.chunked, response.will_close))
        told += [_told(response.read, 3), _told(response.read), response.isclosed()]
        response.close()
        if not again:
            told.append(_told(connection.putrequest, "PUT", "/"))
            told.append(_told(connection.putheader, "A", "b"))
            told.append(_told(connection.endheaders, b"more"))
    connection.close()
    return [*told, sock.sent]


def _same(fasthttp: Any, run: Callable[[], Any], change: Callable[[], Any]) -> Any:
    """Whether `run` gives the same with a change as without install(): made before it, behind
    it, and taken back.
    """
    plain = run()
    with change():
        expected = run()
        fasthttp.install()
        assert run() == expected
        fasthttp.uninstall()
    fasthttp.install()
    assert run() == plain
    with change():
        assert run() == expected
        fasthttp.install()
        assert run() == expected
    assert run() == plain
    return expected


# ------------------------------------------------------------------------------ email

_EMAIL = [
    *((email.parser.Parser, name) for name in ("__init__", "parse", "parsestr")),
    *(
        (email.feedparser.FeedParser, name)
        for name in (
            *("__init__", "_call_parse", "_new_message", "_parse_headers", "_parsegen"),
            *("_pop_message", "close", "feed"),
        )
    ),
    *(
        (owner, name)
        for owner in (http.client.HTTPMessage, email.message.Message)
        for name in (
            *("__init__", "get", "get_all", "get_content_maintype", "get_content_type"),
            *("get_default_type", "set_payload", "set_raw", "__setattr__", "__getattribute__"),
        )
    ),
    *(
        (Compat32, name)
        for name in (
            *("_sanitize_header", "header_fetch_parse", "header_source_parse"),
            "__getattribute__",
        )
    ),
]


@pytest.mark.parametrize(("owner", "name"), _EMAIL)
def test_methods_of_email(fasthttp: Any, owner: Any, name: str) -> None:
    """Each call is seen, with what it gives."""
    seen: list[str] = []
    inner = getattr(owner, name)

    def noting(self: Any, *given: Any, **named: Any) -> Any:
        if not name.startswith("__get") or given[0] in ("get_all", "get", "_sanitize_header"):
            seen.append(name)
        return inner(self, *given, **named)

    def run() -> Any:
        seen.clear()
        return _exchange(), list(seen)

    expected = _same(fasthttp, run, lambda: mock.patch.object(owner, name, noting, create=True))
    assert expected[1] or name == "get_default_type"


@pytest.mark.parametrize("name", ["parser", "Parser", "FeedParser"])
def test_names_of_email(fasthttp: Any, name: str) -> None:
    seen: list[str] = []
    module: Any = email if name == "parser" else email.parser
    if name == "parser":
        other: Any = type(email)("parser")
        vars(other).update(vars(email.parser))
        other.Parser = type("Parser", (email.parser.Parser,), {"parsestr": lambda *_: None})
    else:

        def noting(self: Any, *given: Any, **named: Any) -> None:
            seen.append(name)
            super(other, self).__init__(*given, **named)

        other = type(name, (getattr(module, name),), {"__init__": noting})

    def run() -> Any:
        seen.clear()
        return _exchange(), list(seen)

    _same(fasthttp, run, lambda: mock.patch.object(module, name, other))


@pytest.mark.parametrize("name", ["header_source_parse", "header_fetch_parse", "_sanitize_header"])
def test_what_is_set_on_the_policy(fasthttp: Any, name: str) -> None:
    def value(*given: Any) -> Any:
        return ("A", "other") if name == "header_source_parse" else "other"

    _same(fasthttp, _exchange, lambda: mock.patch.dict(vars(compat32), {name: value}))


def test_the_messages_own_methods(fasthttp: Any) -> None:
    def change(response: Any) -> None:
        response.headers.get_all = lambda name, default=None: ["own", name]

    expected = _exchange(change=change)
    assert expected[1] == "own, a"
    fasthttp.install()
    assert _exchange(change=change) == expected


# ------------------------------------------------------------------- names of the module


def _error(name: str) -> type:
    return type(name, (getattr(http.client, name),), {"__str__": lambda _: "own"})


_VALUES = [
    *(("CONTINUE", 200), ("NO_CONTENT", 200), ("NOT_MODIFIED", 200), ("NO_CONTENT", 205)),
    *(("_CS_IDLE", "other"), ("_CS_REQ_STARTED", "other"), ("_CS_REQ_SENT", "other")),
    *(("_MAXLINE", 20), ("_MAXHEADERS", 2), ("_METHODS_EXPECTING_BODY", set())),
    *((name, _error(name)) for name in ("IncompleteRead", "RemoteDisconnected", "NotConnected")),
    *((name, _error(name)) for name in ("LineTooLong", "BadStatusLine", "CannotSendRequest")),
    ("email", mock.Mock(**{"parser.Parser.side_effect": KeyError("own")})),
    ("sys", mock.Mock(**{"audit.side_effect": KeyError("own")})),
    ("parse_headers", lambda fp, _class=None: {}),
    ("_encode", lambda *_: b"own"),
]


@pytest.mark.parametrize(("name", "value"), _VALUES, ids=[name for name, _ in _VALUES])
def test_names_of_the_module(fasthttp: Any, name: str, value: Any) -> None:
    _same(fasthttp, _exchange, lambda: mock.patch.object(http.client, name, value))


@pytest.mark.parametrize("name", ["IncompleteRead", "RemoteDisconnected", "NotConnected"])
@pytest.mark.parametrize("answer", [b"", _ANSWER[:-7], _ANSWER[:-20], _ANSWER[:-28], b"5\r\nhel"])
def test_errors_of_the_module(fasthttp: Any, name: str, answer: bytes) -> None:
    """They are those that the module has when they are raised, and caught."""
    own = _error(name)

    def kind(step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Exception as error:
            return type(error) is own, error.args, type(error.__cause__) is own

    def run() -> Any:
        sock = mock.Mock(makefile=lambda _: io.BufferedReader(io.BytesIO(answer)))
        response = http.client.HTTPResponse(sock)
        connection = http.client.HTTPConnection("localhost")
        connection.auto_open = 0
        steps = [response.begin, lambda: response.read(7), response.read, response.read]
        steps.append(lambda: connection.request("GET", "/"))  # type: ignore[arg-type]
        return [kind(step) for step in steps]

    _same(fasthttp, run, lambda: mock.patch.object(http.client, name, own))


def test_a_default_that_is_set(fasthttp: Any) -> None:
    """`http.client.parse_headers.__defaults__`, before install()."""
    own = type("Own", (http.client.HTTPMessage,), {})
    function = http.client.parse_headers
    with mock.patch.object(function, "__defaults__", (own,)):
        assert fasthttp.install().keys() == {"parse_headers"}
        response = http.client.HTTPResponse(
            mock.Mock(makefile=lambda _: io.BufferedReader(io.BytesIO(_ANSWER)))
        )
        response.begin()
        assert type(response.msg) is own
        fasthttp.uninstall()


# --------------------------------------------------------------------------- subclasses

_RESPONSE = [
    *("_method", "chunk_left", "chunked", "code", "fp", "headers", "length", "msg", "reason"),
    *("status", "version", "will_close", "debuglevel"),
]
_CONNECTION = [
    *("_buffer", "_method", "_HTTPConnection__response", "_HTTPConnection__state", "sock"),
    *("host", "port", "_tunnel_host", "_tunnel_port", "auto_open", "_http_vsn", "debuglevel"),
]


def _property(name: str, seen: list[Any]) -> property:
    """Keeps its value elsewhere, and notes what is done to it."""

    def fget(self: Any) -> Any:
        seen.append((name, "get"))
        try:
            return vars(self)[name]
        except KeyError:
            return getattr(super(type(self), self), name)

    def fset(self: Any, value: Any) -> None:
        seen.append((name, "set"))
        vars(self)[name] = value

    return property(fget, fset)


def _run(owner: type, members: Callable[[list[Any]], dict[str, Any]]) -> Any:
    seen: list[Any] = []
    cls = type("Own", (owner,), members(seen))
    if owner is http.client.HTTPResponse:
        told = _exchange(response_class=cls)
    else:
        told = _exchange(connection_class=cls)
    return told, seen


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((http.client.HTTPResponse, name) for name in _RESPONSE),
        *((http.client.HTTPConnection, name) for name in _CONNECTION),
    ],
)
def test_properties(fasthttp: Any, owner: type, name: str) -> None:
    def run() -> Any:
        told, seen = _run(owner, lambda seen: {name: _property(name, seen)})
        return told, [step for step in seen if step[1] == "set"]

    expected = run()
    fasthttp.install()
    assert run() == expected


@pytest.mark.parametrize("owner", [http.client.HTTPResponse, http.client.HTTPConnection])
def test_setattr(fasthttp: Any, owner: type) -> None:
    def members(seen: list[Any]) -> dict[str, Any]:
        def setting(self: Any, name: str, value: Any) -> None:
            seen.append((name, value if isinstance(value, (int, str)) else type(value)))
            object.__setattr__(self, name, value)

        return {"__setattr__": setting}

    expected = _run(owner, members)
    assert len(expected[1]) > 10
    fasthttp.install()
    assert _run(owner, members) == expected


@pytest.mark.parametrize("owner", [http.client.HTTPResponse, http.client.HTTPConnection])
@pytest.mark.parametrize("where", ["subclass", "class"])
def test_getattribute(fasthttp: Any, owner: type, where: str) -> None:
    """Every look-up of a method is seen."""

    def members(seen: list[Any]) -> dict[str, Any]:
        def getting(self: Any, name: str) -> Any:
            value = object.__getattribute__(self, name)
            if callable(value) and name != "__class__":
                seen.append(name)
            return value

        return {"__getattribute__": getting}

    def run() -> Any:
        if where == "subclass":
            return _run(owner, members)
        seen: list[Any] = []
        with mock.patch.object(
            owner, "__getattribute__", members(seen)["__getattribute__"], create=True
        ):
            return _exchange(), seen

    expected = run()
    assert len(expected[1]) > 10
    fasthttp.install()
    # Ours may ask for an attribute once more; methods are asked for as often as ever.
    assert run() == expected


def test_frames_have_the_functions_names(fasthttp: Any) -> None:
    fasthttp.install()
    for owner in (http.client, http.client.HTTPResponse, http.client.HTTPConnection):
        for name, value in vars(owner).items():
            if "fasthttp" in getattr(getattr(value, "__code__", None), "co_filename", ""):
                assert value.__code__.co_name == name
