"""Pickling, and copying, which is the same: responses, connections and exceptions come back as they
were, and what is open is refused.
"""

from __future__ import annotations

import copy
import http.client
import pickle
import re
import socket
import ssl
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from .response_delivery import Delivery
from .scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"


@pytest.fixture(autouse=True)
def at_home(implementation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickle looks classes up by name: let it find those of this implementation."""
    package = load_package(implementation)
    for holder in (package, package._client, package._http):
        for module in vars(holder).values():
            if isinstance(module, ModuleType) and module.__name__.startswith("fasthttp."):
                monkeypatch.setitem(sys.modules, module.__name__, module)


def _by_pickle(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


AGAIN: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"protocol {number}": _by_pickle(number) for number in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.fixture(params=AGAIN)
def again(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Each way to make a thing again."""
    return AGAIN[request.param]


# --------------------------------------------------------------------------------- responses

WIRES: dict[str, bytes] = {
    "sized": _OK + b"Set-Cookie: a\r\nset-cookie: \xe9\r\nContent-Length: 2\r\n\r\nok",
    "chunked": _OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: u\r\n\r\n",
    "until the end": b"HTTP/1.0 404 Not Found\r\nA: b\r\n\r\nok",
    "folded": _OK + b"A: b\r\n c\r\nno colon\r\nContent-Length: 2\r\n\r\nok",
}


def _seen(response: Any) -> dict[str, Any]:
    return {
        "line": (response.version, response.status, response.code, response.reason),
        "fields": response.getheaders(),
        "one": response.getheader("set-cookie"),
        "raw": response.raw_headers,
        "trailers": response.trailers.items(),
        "skipped": response.skipped_lines,
        "framing": (response.chunked, response.length, response.chunk_left, response.will_close),
        "closed": (response.closed, response.isclosed(), response.fp),
        "reads": (response.read(), response.read(1), response.read1(), response.readline()),
        "same": response.msg is response.headers,
        "more": response.more,
    }


@pytest.mark.parametrize("looked_at", [False, True])
@pytest.mark.parametrize("kind", WIRES)
def test_responses(
    client: ModuleType,
    deliver_by_socket: Delivery,
    again: Callable[[Any], Any],
    kind: str,
    looked_at: bool,
) -> None:
    """Whether or not their headers have been looked at before, and with what was added to them."""
    response = deliver_by_socket(client, WIRES[kind])
    if looked_at:
        response.headers["Added"] = "x"
    response.read()
    response.more = [1]
    made = again(response)
    response.close()  # which those that were made again are
    assert type(made) is client.HTTPResponse
    assert _seen(made) == _seen(response)
    assert made.getheader("Added") == ("x" if looked_at else None)
    made.close()
    del made


def test_a_closed_response(client: ModuleType, again: Callable[[Any], Any]) -> None:
    """With what was not read lost to both."""
    with Delivery("socket") as deliver:
        response = deliver(client, _SIZED)
        response.close()
        made = again(response)
        assert (made.status, made.read(), made.isclosed()) == (200, b"", True)


@pytest.mark.parametrize("begun", [False, True])
def test_an_open_response_is_refused(
    client: ModuleType, deliver: Delivery, again: Callable[[Any], Any], begun: bool
) -> None:
    """And is as it was."""
    response = deliver(client, _SIZED) if begun else deliver.response(client, _SIZED)
    with pytest.raises(TypeError, match="cannot pickle a response"):
        again(response)
    response.begin()
    assert response.read() == b"ok"


def test_what_was_skipped(client: ModuleType, script: Script, again: Callable[[Any], Any]) -> None:
    """The connection's settings are not the response's."""
    script.answers(_OK + b"no colon\r\nContent-Length: 2\r\n\r\nok")
    connection = script.connection(client, skip_bad_lines=True, on_informational=lambda *_: None)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.read() == b"ok"
    made = again(response)
    assert made.skipped_lines == [b"no colon\r\n"]
    assert made.raw_headers == [(b"Content-Length", b"2")]


def test_a_subclass(client: ModuleType, again: Callable[[Any], Any]) -> None:
    global Derived
    Derived = type("Derived", (client.HTTPResponse,), {"__module__": __name__})
    with Delivery("socket") as deliver:
        response = deliver(type("Client", (), {"HTTPResponse": Derived}), _SIZED)  # type: ignore[arg-type]
        response.read()
        made = again(response)
        assert (type(made), made.getheader("Content-Length")) == (Derived, "2")


Derived: Any = None


# ------------------------------------------------------------------------------- connections

SETTINGS: dict[str, dict[str, Any]] = {
    "none": {},
    "http.client's": {
        "timeout": 3,
        "source_address": ("127.0.0.1", 0),
        "blocksize": 100,
        "max_response_headers": 5,
    },
    "timeout none": {"timeout": None},
    "conditions": {
        "strict": True,
        "max_head_bytes": 500,
        "deadline": 60,
        "retry_stale": True,
        "idle_timeout": 30,
        "on_informational": print,
    },
    "skip": {"skip_bad_lines": True},
}


def _settings(connection: Any) -> dict[str, Any]:
    policy = connection._fasthttp.policy
    held: dict[str, Any] = vars(connection) | {"_fasthttp": None}
    if policy is not None:
        held["_fasthttp"] = [getattr(policy, name) for name in type(policy).__slots__]
    return held


@pytest.mark.parametrize("kind", SETTINGS)
def test_an_unopened_connection(
    client: ModuleType, script: Script, again: Callable[[Any], Any], kind: str
) -> None:
    connection = client.HTTPConnection("example.org", 8080, **SETTINGS[kind])
    connection.set_tunnel("origin.example", headers={"A": "b"})
    made = again(connection)
    assert type(made) is client.HTTPConnection
    assert _settings(made) == _settings(connection)


def _use(connection: Any, **how: Any) -> bytes:
    connection.request("GET", "/", **how)
    body: bytes = connection.getresponse().read()
    return body


END: dict[str, Callable[[Any], Any]] = {
    "answered": _use,
    "with a deadline": lambda connection: _use(connection, deadline=60),
    "in the middle": lambda connection: connection.request("GET", "/", deadline=60),
    "started": lambda connection: connection.putrequest("GET", "/"),
}


@pytest.mark.parametrize("end", END)
def test_a_connection_that_was_used_and_closed(
    client: ModuleType, script: Script, again: Callable[[Any], Any], end: str
) -> None:
    script.answers(_SIZED, _SIZED)
    connection = script.connection(client, retry_stale=True)
    create = connection._create_connection
    END[end](connection)
    connection.close()
    connection._create_connection = socket.create_connection
    made = again(connection)
    made._create_connection = create
    if end == "started":
        made._buffer.clear()
    assert _use(made) == b"ok"
    made.close()


def test_an_open_connection_is_refused(
    client: ModuleType, script: Script, again: Callable[[Any], Any]
) -> None:
    script.answers(_SIZED)
    connection = script.connection(client)
    connection.sock, connection._create_connection = connection._create_connection(None), None
    if again is copy.copy:
        return  # which shares the socket, as that of http.client does
    with pytest.raises(TypeError, match="socket"):
        again(connection)
    assert _use(connection) == b"ok"


def test_https_with_the_default_context(client: ModuleType, again: Callable[[Any], Any]) -> None:
    """It is no part of the connection: the other process has its own."""
    made = again(client.HTTPSConnection("example.org", 444, timeout=3))
    assert (type(made), made.port, made.timeout) == (client.HTTPSConnection, 444, 3)
    assert made._context.check_hostname
    assert made._context.verify_mode is ssl.CERT_REQUIRED


def test_https_with_a_context_of_its_own(client: ModuleType, again: Callable[[Any], Any]) -> None:
    """A copy shares it; pickle refuses it as it refuses the context alone, which may hold a private
    key. (PyPy's makes a new one for that, in the way that is deprecated, and then gives up.)
    """
    context = ssl.create_default_context()
    connection = client.HTTPSConnection("example.org", context=context)
    if again is copy.copy:
        assert again(connection)._context is context
        return
    with pytest.raises((TypeError, DeprecationWarning)) as own:
        again(context)
    with pytest.raises(type(own.value), match=re.escape(str(own.value))):
        again(connection)


# -------------------------------------------------------------------------------- exceptions


def _line_too_long() -> http.client.LineTooLong:
    with Delivery("socket") as deliver:
        client = load_package("py").client
        with pytest.raises(http.client.LineTooLong) as caught:
            deliver(client, _OK + b"A: " + b"b" * 70_000 + b"\r\n\r\n")
    return caught.value


def _with_note(error: Any) -> Any:
    error.note = ["added"]
    return error


ERRORS: dict[str, Callable[[], BaseException]] = {
    "HTTPException": lambda: http.client.HTTPException("got more than 100 headers"),
    "NotConnected": lambda: http.client.NotConnected(),
    "InvalidURL": lambda: http.client.InvalidURL("nonnumeric port: 'x'"),
    "UnknownProtocol": lambda: http.client.UnknownProtocol("HTTP/9"),
    "UnknownTransferEncoding": lambda: http.client.UnknownTransferEncoding("x"),
    "UnimplementedFileMode": lambda: http.client.UnimplementedFileMode("x"),
    "IncompleteRead": lambda: http.client.IncompleteRead(b"\0\xff"),
    "IncompleteRead expecting": lambda: http.client.IncompleteRead(b"ab", 5),
    "ImproperConnectionState": lambda: http.client.ImproperConnectionState("x"),
    "CannotSendRequest": lambda: http.client.CannotSendRequest("Request-sent"),
    "CannotSendHeader": lambda: http.client.CannotSendHeader(),
    "ResponseNotReady": lambda: http.client.ResponseNotReady("Idle"),
    "BadStatusLine": lambda: http.client.BadStatusLine("x\r\n"),
    "BadStatusLine of nothing": lambda: http.client.BadStatusLine(""),
    "RemoteDisconnected": lambda: http.client.RemoteDisconnected("Remote end closed"),
    "LineTooLong": lambda: http.client.LineTooLong("header line"),
    "LineTooLong, raised": _line_too_long,
    "LineTooLong, added to": lambda: _with_note(http.client.LineTooLong("header line")),
    "HTTPException, added to": lambda: _with_note(http.client.HTTPException("x")),
}


def _described(error: Any) -> Any:
    return type(error), str(error), repr(error), error.args, vars(error)


@pytest.mark.parametrize("kind", ERRORS)
def test_exceptions(again: Callable[[Any], Any], kind: str) -> None:
    error = ERRORS[kind]()
    assert _described(again(error)) == _described(error)


def test_there_is_none_that_is_forgotten() -> None:
    own = {value.__name__ for value in vars(http.client).values() if _is_exception(value)}
    assert own == {type(make()).__name__ for make in ERRORS.values()}


def _is_exception(value: Any) -> bool:
    is_own = isinstance(value, type) and value.__module__ == "http.client"
    return is_own and issubclass(value, http.client.HTTPException)


STRICT = {
    "MalformedChunk": _OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabXY",
    "BadStatusLine": b"HTTP/1.1 200\r\n\r\n",
    "HTTPException": _OK + b"A : b\r\n\r\n",
}


@pytest.mark.parametrize("kind", STRICT)
def test_those_of_a_strict_connection(
    client: ModuleType, script: Script, again: Callable[[Any], Any], kind: str
) -> None:
    script.last_words(STRICT[kind])
    connection = script.connection(client, strict=True)
    with pytest.raises(http.client.HTTPException, match="RFC 9112") as caught:
        _use(connection)
    assert type(caught.value).__name__ == kind
    assert _described(again(caught.value)) == _described(caught.value)
    if kind == "MalformedChunk":
        made = again(caught.value)
        assert (made.partial, made.expected) == (b"ab", None)
        assert "instead of CRLF" in made.reason
