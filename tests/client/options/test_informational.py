"""`on_informational=`: interim responses are handed to the caller, and never taken for the answer
(RFC 9110 15.2, RFC 8297).
"""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]

_SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\n"


class _Notes:
    """Takes down what it is called with."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, list[tuple[str, str]]]] = []

    def __call__(self, status: int, reason: str, headers: HTTPMessage) -> None:
        assert type(headers) is HTTPMessage
        self.seen.append((status, reason, headers.items()))


def _exchange(connection: Any, method: str = "GET", **how: Any) -> tuple[int, bytes]:
    connection.request(method, "/", **how)
    response = connection.getresponse()
    return response.status, response.read()


INTERIM: dict[str, tuple[bytes, tuple[int, str, list[tuple[str, str]]]]] = {
    "100": (b"HTTP/1.1 100 Continue\r\n\r\n", (100, "Continue", [])),
    "102": (b"HTTP/1.1 102 Processing\r\n\r\n", (102, "Processing", [])),
    "103": (_EARLY, (103, "Early Hints", [("Link", "</a>"), ("link", "</b>")])),
    "104": (b"HTTP/1.1 104 Upload\r\nA: \tb \r\n\r\n", (104, "Upload", [("A", "b ")])),
    "199": (b"HTTP/1.1 199\r\n\r\n", (199, "", [])),
    "1.0": (b"HTTP/1.0 100 Go on \r\nA:\r\n\r\n", (100, "Go on", [("A", "")])),
    "LF": (b"HTTP/1.1 100 Continue\nA: b\n\n", (100, "Continue", [("A", "b")])),
    "ISO-8859-1": (b"HTTP/1.1 103 \xe9\r\nA: \xe9\r\n\r\n", (103, "\xe9", [("A", "\xe9")])),
    "length": (
        b"HTTP/1.1 100 Continue\r\nContent-Length: 500\r\n\r\n",
        (100, "Continue", [("Content-Length", "500")]),
    ),
    "chunked": (
        b"HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\n\r\n",
        (103, "Early", [("Transfer-Encoding", "chunked")]),
    ),
    "close": (
        b"HTTP/1.1 102 P\r\nConnection: close\r\n\r\n",
        (102, "P", [("Connection", "close")]),
    ),
}


@pytest.mark.parametrize("kind", INTERIM)
def test_each_is_told_and_none_is_the_answer(connect: Connect, script: Script, kind: str) -> None:
    """It has no content, whatever it claims, and says nothing about the connection."""
    notes, (head, expected) = _Notes(), INTERIM[kind]
    script.answers(head + _SIZED)
    connection = connect(on_informational=notes)
    assert _exchange(connection) == (200, b"ok")
    assert notes.seen == [expected]
    connection.request("GET", "/second")
    script.says(_SIZED)
    assert connection.getresponse().read() == b"ok"
    assert (script.opened, notes.seen) == (1, [expected])


def test_several_are_told_in_order(connect: Connect, script: Script) -> None:
    notes = _Notes()
    script.answers(b"".join(head for head, _ in INTERIM.values()) + _SIZED)
    assert _exchange(connect(on_informational=notes)) == (200, b"ok")
    assert notes.seen == [expected for _, expected in INTERIM.values()]


@pytest.mark.parametrize("style", STYLES)
def test_the_answer_is_read_as_ever(connect: Connect, script: Script, style: str) -> None:
    script.answers(_EARLY + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na\nb\nc")
    connection = connect(on_informational=_Notes())
    connection.request("GET", "/")
    assert b"".join(STYLES[style](connection.getresponse())) == b"a\nb\nc"


def test_one_is_told_when_it_comes(connect: Connect, script: Script) -> None:
    """And not when the answer does: the answer is sent by the callback here."""
    script.answers(_EARLY)
    connection = connect(on_informational=lambda *_: script.says(_SIZED))
    assert _exchange(connection) == (200, b"ok")


def test_none_is_told_where_none_comes(connect: Connect, script: Script) -> None:
    notes = _Notes()
    script.answers(_SIZED)
    assert _exchange(connect(on_informational=notes)) == (200, b"ok")
    assert notes.seen == []


@pytest.mark.parametrize("body", [b"abc", [b"a", b"bc"], "abc"])
def test_behind_the_body_of_a_request_that_expects_it(
    connect: Connect, script: Script, body: Any
) -> None:
    notes = _Notes()
    script.answers(b"HTTP/1.1 100 Continue\r\n\r\n" + _SIZED)
    connection = connect(on_informational=notes)
    headers = {"Expect": "100-continue"}
    assert _exchange(connection, "POST", body=body, headers=headers) == (200, b"ok")
    assert notes.seen == [(100, "Continue", [])]


def test_before_an_answer_to_head(connect: Connect, script: Script) -> None:
    notes = _Notes()
    script.answers(_EARLY + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    connection = connect(on_informational=notes)
    assert _exchange(connection, "HEAD") == (200, b"")
    connection.request("HEAD", "/")
    script.says(_EARLY + b"HTTP/1.1 404 No\r\n\r\n")
    assert connection.getresponse().status == 404
    assert [status for status, _, _ in notes.seen] == [103, 103]


def test_a_101_is_an_answer(connect: Connect, script: Script) -> None:
    """What follows it is not HTTP."""
    notes = _Notes()
    script.answers(_EARLY + b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")
    connection = connect(on_informational=notes)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, response.getheader("Upgrade")) == (101, "x")
    assert [status for status, _, _ in notes.seen] == [103]


class _Refusal(BaseException):
    """What no program raises."""


@pytest.mark.parametrize(
    "error", [ValueError, KeyboardInterrupt, ConnectionResetError, TimeoutError, _Refusal]
)
def test_what_the_callback_raises_comes_out(
    connect: Connect, script: Script, error: type[BaseException]
) -> None:
    """The answer is never given to another request; nor is the request sent again."""
    script.answers(_SIZED)

    def refuse(*_: Any) -> None:
        raise error("no")

    connection = connect(on_informational=refuse, retry_stale=True)
    assert _exchange(connection) == (200, b"ok")
    connection.request("GET", "/evil")
    script.says(_EARLY + b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil")
    with pytest.raises(error, match="no"):
        connection.getresponse()
    assert script.opened == 1
    script.answers(_SIZED)
    assert _exchange(connection) == (200, b"ok")
    assert script.opened == 2


@pytest.mark.parametrize(("count", "is_refused"), [(99, False), (100, True), (101, True)])
def test_there_are_less_than_a_hundred(
    connect: Connect, script: Script, count: int, is_refused: bool
) -> None:
    """As CPython 3.15.2 counts them; the connection is of use again."""
    notes = _Notes()
    script.answers(b"HTTP/1.1 103 E\r\n\r\n" * count + _SIZED, _SIZED)
    connection = connect(on_informational=notes)
    if is_refused:
        with pytest.raises(HTTPException, match="got more than 100 interim responses"):
            _exchange(connection)
    assert _exchange(connection) == (200, b"ok")
    assert len(notes.seen) == min(count, 100)


@pytest.mark.parametrize("fields", [101, 3])
def test_one_with_too_many_fields_is_refused(connect: Connect, script: Script, fields: int) -> None:
    notes = _Notes()
    script.answers(b"HTTP/1.1 103 E\r\n" + b"A: b\r\n" * fields + b"\r\n" + _SIZED)
    limit = {"max_response_headers": 2} if fields == 3 else {}
    with pytest.raises(HTTPException, match=f"got more than {fields - 1} headers"):
        _exchange(connect(on_informational=notes, **limit))
    assert notes.seen == []


def test_without_a_callback_they_are_read_past(client: ModuleType, deliver: Delivery) -> None:
    response = deliver(client, b"".join(head for head, _ in INTERIM.values()) + _SIZED)
    assert (response.status, response.read()) == (200, b"ok")


@pytest.mark.parametrize("code", ["102", "103", "199"])
def test_a_proxys_is_no_tunnel(connect: Connect, script: Script, code: str) -> None:
    """As http.client has it: what is not 200 is a refusal."""
    notes = _Notes()
    script.answers(INTERIM[code][0])
    connection = connect(on_informational=notes)
    connection.set_tunnel("origin.example")
    with pytest.raises(OSError, match=f"Tunnel connection failed: {code}"):
        connection.connect()
    assert notes.seen == []
