"""The states of a connection: what may follow what, and which error says so."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.client import CannotSendHeader, CannotSendRequest, ResponseNotReady
from types import ModuleType
from typing import Any

import pytest

from ..scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"


def _state(connection: Any) -> str:
    state: str = connection._HTTPConnection__state
    return state


@pytest.fixture
def connection(every_client: ModuleType, script: Script) -> Any:
    script.answers(_OK, _OK, _OK)
    return script.connection(every_client)


def test_the_states_in_their_order(connection: Any) -> None:
    assert _state(connection) == http.client._CS_IDLE == "Idle"  # type: ignore[attr-defined]
    connection.putrequest("GET", "/")
    assert _state(connection) == "Request-started"
    connection.putheader("A", "b")
    assert _state(connection) == "Request-started"
    assert connection.sock is None
    connection.endheaders()
    assert _state(connection) == "Request-sent"
    response = connection.getresponse()
    assert _state(connection) == "Idle"
    assert connection._HTTPConnection__response is response
    assert response.read() == b"hello"
    connection.close()
    assert connection._HTTPConnection__response is None
    assert connection.sock is None


def test_request_takes_them_all_at_once(connection: Any) -> None:
    connection.request("GET", "/")
    assert _state(connection) == "Request-sent"
    assert connection._method == "GET"
    assert connection._buffer == []


_STEPS: dict[str, Callable[[Any], Any]] = {
    "putrequest": lambda it: it.putrequest("GET", "/"),
    "request": lambda it: it.request("GET", "/"),
    "request with a body": lambda it: it.request("POST", "/", b"x"),
    "putheader": lambda it: it.putheader("A", "b"),
    "endheaders": lambda it: it.endheaders(),
    "getresponse": lambda it: it.getresponse(),
}


@pytest.mark.parametrize(
    ("step", "error", "args"),
    [
        ("putheader", CannotSendHeader, ()),
        ("endheaders", CannotSendHeader, ()),
        ("getresponse", ResponseNotReady, ("Idle",)),
    ],
)
def test_out_of_order_when_idle(
    connection: Any, step: str, error: type[Exception], args: tuple[Any, ...]
) -> None:
    with pytest.raises(error) as caught:
        _STEPS[step](connection)
    assert caught.value.args == args
    assert _state(connection) == "Idle"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("putrequest", CannotSendRequest),
        ("request", CannotSendRequest),
        ("request with a body", CannotSendRequest),
        ("getresponse", ResponseNotReady),
    ],
)
def test_out_of_order_when_started(connection: Any, step: str, error: type[Exception]) -> None:
    connection.putrequest("PUT", "/started")
    before = list(connection._buffer)
    with pytest.raises(error) as caught:
        _STEPS[step](connection)
    assert caught.value.args == ("Request-started",)
    assert connection._buffer == before
    assert connection._method == "PUT"
    connection.endheaders()
    assert connection.getresponse().read() == b"hello"


@pytest.mark.parametrize(
    ("step", "error", "args"),
    [
        ("putrequest", CannotSendRequest, ("Request-sent",)),
        ("request", CannotSendRequest, ("Request-sent",)),
        ("request with a body", CannotSendRequest, ("Request-sent",)),
        ("putheader", CannotSendHeader, ()),
        ("endheaders", CannotSendHeader, ()),
    ],
)
def test_out_of_order_when_sent(
    connection: Any, step: str, error: type[Exception], args: tuple[Any, ...]
) -> None:
    connection.request("PUT", "/sent")
    with pytest.raises(error) as caught:
        _STEPS[step](connection)
    assert caught.value.args == args
    assert _state(connection) == "Request-sent"
    assert connection._method == "PUT"
    assert connection.getresponse().read() == b"hello"


def test_a_wrong_request_is_refused_before_its_state(connection: Any) -> None:
    """The state is looked at first: the error is about that."""
    connection.request("GET", "/")
    for args in (
        ("GET", "/ x"),
        ("GE\nT", "/"),
        ("GET", "/", "\u20ac"),
        ("GET", "/", None, {"": ""}),
    ):
        with pytest.raises(CannotSendRequest):
            connection.request(*args)


def test_a_request_may_be_started_while_a_response_is_unread(
    connection: Any, script: Script
) -> None:
    """But its response waits until that one has been read."""
    connection.request("GET", "/1")
    first = connection.getresponse()
    connection.request("GET", "/2")
    for _ in range(2):
        with pytest.raises(ResponseNotReady) as caught:
            connection.getresponse()
        assert caught.value.args == ("Request-sent",)
    assert first.read() == b"hello"
    script.says(_OK.replace(b"200", b"202"))
    assert connection.getresponse().status == 202
    assert script.opened == 1


def test_a_response_asked_for_twice_is_not_ready(connection: Any) -> None:
    connection.request("GET", "/")
    first = connection.getresponse()
    with pytest.raises(ResponseNotReady) as caught:
        connection.getresponse()
    assert caught.value.args == ("Idle",)
    assert first.read() == b"hello"
    with pytest.raises(ResponseNotReady):
        connection.getresponse()


def test_close_starts_over(connection: Any, script: Script) -> None:
    for step in ("putrequest", "request"):
        _STEPS[step](connection)
        connection.close()
        assert _state(connection) == "Idle"
        assert connection.sock is None
        connection._buffer.clear()
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    assert script.opened == 2


def test_closing_twice_is_allowed(connection: Any) -> None:
    connection.close()
    connection.request("GET", "/")
    connection.close()
    connection.close()


def test_a_connection_opens_again_by_itself(every_client: ModuleType, script: Script) -> None:
    """Where the response said that it would close."""
    script.answers(_CLOSING, _CLOSING.replace(b"hello", b"again"))
    connection = script.connection(every_client)
    for body in (b"hello", b"again"):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert connection.sock is None
        assert response.read() == body
    assert script.opened == 2


def test_a_connection_is_used_again(every_client: ModuleType, script: Script) -> None:
    connection = script.connection(every_client)
    for n in range(5):
        connection.request("PUT", f"/{n}", b"body")
        script.says(_OK)
        assert connection.getresponse().read() == b"hello"
        assert _state(connection) == "Idle"
    assert script.opened == 1
    connection.close()
    assert script.heard().count(b"\r\n\r\nbody") == 5


def test_what_was_set_up_can_be_seen(every_client: ModuleType) -> None:
    """Attributes that programs read."""
    connection = every_client.HTTPConnection("[::1]:81", None, 5.0, ("127.0.0.1", 0), 1000)
    seen = vars(connection)
    for name, value in {
        "host": "::1",
        "port": 81,
        "timeout": 5.0,
        "source_address": ("127.0.0.1", 0),
        "blocksize": 1000,
        "sock": None,
        "_buffer": [],
        "_method": None,
        "_tunnel_host": None,
        "_tunnel_port": None,
        "_tunnel_headers": {},
        "_HTTPConnection__state": "Idle",
        "_HTTPConnection__response": None,
    }.items():
        assert seen[name] == value, name
    assert (connection.default_port, connection.auto_open, connection.debuglevel) == (80, 1, 0)
    assert (connection._http_vsn, connection._http_vsn_str) == (11, "HTTP/1.1")
    assert connection.response_class is every_client.HTTPResponse
    connection.set_debuglevel(2)
    assert connection.debuglevel == 2


def test_the_private_state_can_be_set(connection: Any) -> None:
    """Programs do, to make a connection forget what it was at."""
    connection.request("GET", "/")
    connection._HTTPConnection__state = http.client._CS_IDLE  # type: ignore[attr-defined]
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"


def test_connect_can_be_called_first(connection: Any, script: Script) -> None:
    connection.connect()
    sock = connection.sock
    connection.request("GET", "/")
    assert connection.sock is sock
    assert connection.getresponse().read() == b"hello"
    assert script.opened == 1
