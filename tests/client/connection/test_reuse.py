"""A connection is used again only in step: no byte of one answer is ever read as the next.

This is where fasthttp deviates from the stdlib on purpose: http.client drops what its buffer
happened to hold, and takes what is left in the socket for the answer to the next request.
"""

from __future__ import annotations

import contextlib
import select
import threading
from collections.abc import Callable
from http.client import CannotSendRequest, HTTPException, RemoteDisconnected, ResponseNotReady
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...drawn import examples
from ..conftest import is_ours
from ..response_delivery import PATIENCE
from ..scripted_server import Script

_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"
_EVIL = b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"


def _sized(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


ANSWERS: dict[str, tuple[str, bytes]] = {
    "sized": ("GET", _sized(b"hello")),
    "empty": ("GET", _sized(b"")),
    "chunked": ("GET", _chunked(b"hello")),
    "chunked with trailers": ("GET", _chunked(b"hello")[:-2] + b"A: b\r\n\r\n"),
    "204": ("GET", b"HTTP/1.1 204 No\r\n\r\n"),
    "304": ("GET", b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n"),
    "HEAD": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    "folded": ("GET", b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 5\r\n\r\nhello"),
    "interim": ("GET", b"HTTP/1.1 100 Go on\r\n\r\n" + _sized(b"hello")),
    "1.0": ("GET", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"),
}
READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read in parts": lambda response: list(iter(lambda: response.read(2), b"")),
    "readinto": lambda response: [response.readinto(bytearray(9)) for _ in range(2)],
    "iteration": lambda response: (list(response), response.read()),
}


def _first(script: Script, client: ModuleType, method: str, answer: bytes) -> tuple[Any, Any]:
    script.answers(answer, _SECOND)
    connection = script.connection(client)
    connection.request(method, "/first")
    return connection, connection.getresponse()


def _second(connection: Any) -> Any:
    connection.request("GET", "/second")
    response = connection.getresponse()
    return response.status, response.read()


# ------------------------------------------------------------------------ in step


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_response_that_was_read_leaves_the_connection_to_the_next(
    every_client: ModuleType, script: Script, kind: str, read: str
) -> None:
    connection, response = _first(script, every_client, *ANSWERS[kind])
    READS[read](response)
    connection.request("GET", "/second")
    script.says(_SECOND)
    assert connection.getresponse().status == 299
    assert script.opened == 1


@pytest.mark.parametrize("kind", ["empty", "204", "304", "HEAD"])
def test_a_response_without_content_needs_no_reading(
    every_client: ModuleType, script: Script, kind: str
) -> None:
    """`with` or close() is enough: nothing of its message is still to come."""
    connection, response = _first(script, every_client, *ANSWERS[kind])
    response.close()
    connection.request("GET", "/second")
    script.says(_SECOND)
    assert connection.getresponse().status == 299
    assert script.opened == 1


def test_a_response_closed_behind_its_last_byte_is_no_hindrance(
    every_client: ModuleType, script: Script
) -> None:
    connection, response = _first(script, every_client, *ANSWERS["sized"])
    with response:
        assert response.read(5) == b"hello"
    connection.request("GET", "/second")
    script.says(_SECOND)
    assert connection.getresponse().status == 299
    assert script.opened == 1


# ---------------------------------------------------------------------- leftovers


@pytest.mark.full(any=("tail",))
@pytest.mark.parametrize("tail", [b"\r\n", b"x", b"\0", _EVIL])
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_bytes_behind_a_response_are_never_the_next(
    client: ModuleType, script: Script, kind: str, read: str, tail: bytes
) -> None:
    method, answer = ANSWERS[kind]
    connection, response = _first(script, client, method, answer + tail)
    READS[read](response)
    assert _second(connection) == (299, b"ok")
    assert script.opened == 2


@pytest.mark.parametrize("size", [10_000, 65_500, 82_000, 85_000, 100_000, 200_000, 1_000_000])
@pytest.mark.parametrize("make", [_sized, _chunked], ids=["sized", "chunked"])
def test_bytes_behind_a_large_response_are_never_the_next(
    client: ModuleType, script: Script, make: Callable[[bytes], bytes], size: int
) -> None:
    """Sent together with it, though a reader may leave them in the kernel's buffer."""
    script.answers(b"", _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/first")
    thread = threading.Thread(target=script.says, args=(make(b"x" * size) + _EVIL,))
    thread.start()
    thread.join(0.05)  # what fits is there before anybody reads
    response = connection.getresponse()
    assert len(response.read()) == size
    thread.join()
    assert _second(connection) == (299, b"ok")


@pytest.mark.parametrize("start", ["request", "putrequest"])
def test_bytes_that_come_between_two_requests_are_never_the_next(
    client: ModuleType, script: Script, start: str
) -> None:
    """Nobody has asked for them: the 408 of a server that is tired of waiting, or worse."""
    connection, response = _first(script, client, "GET", _sized(b"hello"))
    response.read()
    script.says(_EVIL)
    select.select([connection.sock], [], [], PATIENCE)
    getattr(connection, start)("GET", "/second")
    if start == "putrequest":
        connection.endheaders()
    second = connection.getresponse()
    assert (second.status, second.read()) == (299, b"ok")
    assert script.opened == 2


@pytest.mark.parametrize("size", [5, 85_000])
def test_bytes_behind_a_response_are_never_that_of_a_request_started_before(
    client: ModuleType, script: Script, size: int
) -> None:
    """Started while the first was unread, and sent when it had been read."""
    connection, response = _first(script, client, "GET", _sized(b"x" * size) + _EVIL)
    connection.putrequest("GET", "/second")
    assert len(response.read()) == size
    try:
        connection.endheaders()
        second = connection.getresponse()
    except RemoteDisconnected:
        return
    assert (second.status, second.read()) == (299, b"ok")


def test_a_server_that_hung_up_is_found_by_asking(every_client: ModuleType, script: Script) -> None:
    """http.client's request fails, and the one after it opens a new connection; fasthttp sees the
    end before it sends anything.
    """
    script.last_words(_sized(b"hello"))
    connection = script.connection(every_client)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"hello"
    if not is_ours(every_client):
        with pytest.raises(ConnectionError):
            _second(connection)
        connection.close()
    script.answers(_SECOND)
    assert _second(connection) == (299, b"ok")


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_body_where_none_may_be_is_never_the_next(
    client: ModuleType, script: Script, kind: str
) -> None:
    """The answer to a HEAD, a 204 or a 304 that has content all the same."""
    if kind not in ("204", "304", "HEAD"):
        return
    method, answer = ANSWERS[kind]
    for finish in (
        lambda it: it.read(),
        lambda it: it.close(),
        lambda it: it.readinto(bytearray(1)),
    ):
        before = script.opened
        connection, response = _first(script, client, method, answer + _EVIL)
        finish(response)
        assert _second(connection) == (299, b"ok")
        assert script.opened == before + 2


# --------------------------------------------------------------- closed in mid-body


@pytest.mark.parametrize("amount", [0, 1, 4])
@pytest.mark.parametrize("kind", ["sized", "chunked", "folded"])
def test_a_response_closed_in_mid_body_takes_the_connection_along(
    client: ModuleType, script: Script, kind: str, amount: int
) -> None:
    connection, response = _first(script, client, *ANSWERS[kind])
    response.read(amount)
    response.close()
    assert _second(connection) == (299, b"ok")
    assert script.opened == 2


def test_a_chunked_response_is_not_over_before_its_last_chunk(
    client: ModuleType, script: Script
) -> None:
    connection, response = _first(script, client, *ANSWERS["chunked"])
    assert response.read(5) == b"hello"
    response.close()
    assert _second(connection) == (299, b"ok")
    assert script.opened == 2


def test_a_broken_response_takes_the_connection_along(client: ModuleType, script: Script) -> None:
    for answer in (_chunked(b"hello")[:-5] + b"x\r\n", _chunked(b"hello").replace(b"5", b"z")):
        before = script.opened
        connection, response = _first(script, client, "GET", answer + _EVIL)
        with pytest.raises(Exception, match="IncompleteRead"):
            response.read()
        response.close()
        assert _second(connection) == (299, b"ok")
        assert script.opened == before + 2


def test_a_forgotten_response_takes_the_connection_along(
    client: ModuleType, script: Script
) -> None:
    connection, response = _first(script, client, *ANSWERS["sized"])
    response.fp.close()
    response.fp = None
    assert _second(connection) == (299, b"ok")
    assert script.opened == 2


# -------------------------------------------------- requests sent before the end is known


@pytest.mark.parametrize("finish", ["read", "close"])
def test_a_request_sent_too_early_fails_where_its_answer_cannot_be_told(
    client: ModuleType, script: Script, finish: str
) -> None:
    """It went out while the first response was unread, which then turned out not to be in step."""
    connection, response = _first(script, client, "GET", _sized(b"hello") + _EVIL)
    connection.request("GET", "/early")
    getattr(response, finish)()
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    assert connection.sock is None
    assert _second(connection) == (299, b"ok")


@pytest.mark.parametrize("again", ["putrequest", "request"])
def test_a_started_request_stays_started(client: ModuleType, script: Script, again: str) -> None:
    """Whatever becomes of the response before it: two requests must never be put into one."""
    connection, response = _first(script, client, "GET", _sized(b"hello") + _EVIL)
    connection.putrequest("GET", "/started")
    response.close()
    with pytest.raises(CannotSendRequest):
        getattr(connection, again)("GET", "/another")
    connection.close()
    assert b"/another" not in script.heard(0)


def test_a_started_request_is_finished_on_a_connection_in_step(
    client: ModuleType, script: Script
) -> None:
    """Started while the response was unread, ended when it was closed in mid-body."""
    connection, response = _first(script, client, "GET", _sized(b"hello") + _EVIL)
    connection.putrequest("GET", "/started")
    response.close()
    try:
        connection.endheaders()
        second = connection.getresponse()
    except RemoteDisconnected:
        return
    assert (second.status, second.read()) == (299, b"ok")


# ---------------------------------------------------------------------- generated

_bodies = st.binary(max_size=60)
_answers = st.one_of(
    _bodies.map(_sized),
    _bodies.filter(bool).map(_chunked),
    st.sampled_from([answer for _, answer in ANSWERS.values()]),
)


@given(
    answer=_answers,
    method=st.sampled_from(["GET", "GET", "POST", "HEAD"]),
    cut=st.integers(0, 6),
    tail=st.one_of(st.just(b""), st.just(_EVIL), st.binary(max_size=20)),
    steps=st.lists(st.integers(0, 30), max_size=3),
    finish=st.sampled_from(["read", "close", "neither"]),
)
@examples(150)
def test_the_second_answer_is_the_second_answer(
    client: ModuleType,
    answer: bytes,
    method: str,
    cut: int,
    tail: bytes,
    steps: list[int],
    finish: str,
) -> None:
    """Whatever the first one was, however much of it was read, and whatever came behind it."""
    wire = answer[: len(answer) - cut] + tail
    with Script() as script:
        script.last_words(wire)
        script.answers(_SECOND)
        connection = script.connection(client)
        connection.request(method, "/first")
        try:
            response = connection.getresponse()
        except HTTPException:
            return  # cut off within its head
        with contextlib.closing(response):
            _use(response, steps, finish)
            try:
                assert _second(connection) == (299, b"ok")
            except ResponseNotReady:
                assert not response.isclosed()
            except OSError:  # the server had hung up
                assert script.opened == 1


def _use(response: Any, steps: list[int], finish: str) -> None:
    try:
        for amount in steps:
            response.read(amount)
        if finish == "read":
            response.read()
    except Exception as error:
        assert type(error).__name__ in ("IncompleteRead", "HTTPException", "ValueError")
    if finish == "close":
        response.close()
