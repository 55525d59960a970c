"""`idle_timeout=`: a connection that has been idle for longer is not used for a request."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..conftest import Clock
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "sized": ("GET", _OK + b"Content-Length: 2\r\n\r\nok"),
    "empty": ("GET", _OK + b"Content-Length: 0\r\n\r\n"),
    "chunked": ("GET", _OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    "trailers": ("GET", _OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"),
    "204": ("GET", b"HTTP/1.1 204 No\r\n\r\n"),
    "HEAD": ("HEAD", _OK + b"Content-Length: 2\r\n\r\n"),
}
READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read in parts": lambda response: [response.read(1) for _ in range(4)],
    "readinto": lambda response: [response.readinto(bytearray(3)) for _ in range(2)],
    "read1": lambda response: [response.read1(), response.read1(), response.read()],
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_it_counts_from_the_end_of_the_last_response(
    connect: Connect, script: Script, clock: Clock, kind: str, read: str
) -> None:
    method, answer = ANSWERS[kind]
    script.answers(answer, answer)
    connection = connect(idle_timeout=10)
    connection.request(method, "/")
    response = connection.getresponse()
    clock.now += 60
    READS[read](response)
    for pause, opened in ((9.5, 1), (9.5, 1), (10.5, 2)):
        clock.now += pause
        connection.request(method, "/")
        assert script.opened == opened
        if opened == 1:
            script.says(answer)
        READS[read](connection.getresponse())


def test_without_it_a_connection_is_kept(connect: Connect, script: Script, clock: Clock) -> None:
    _, answer = ANSWERS["sized"]
    script.answers(answer)
    connection = connect(retry_stale=True)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    clock.now += 1e6
    connection.request("GET", "/")
    assert script.opened == 1


def test_a_new_connection_is_not_idle(connect: Connect, script: Script, clock: Clock) -> None:
    """However long it was open before its first request, or since another one was closed."""
    _, answer = ANSWERS["sized"]
    script.answers(answer, answer)
    connection = connect(idle_timeout=10)
    for opened in (1, 2):
        connection.connect()
        clock.now += 60
        connection.request("GET", "/")
        assert script.opened == opened
        assert connection.getresponse().read() == b"ok"
        connection.close()


def test_it_is_more_than_nothing(client: ModuleType) -> None:
    for bad in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="idle_timeout must be more than 0 seconds"):
            client.HTTPConnection("example.org", idle_timeout=bad)


def test_a_copy_has_the_same_settings_and_a_time_of_its_own(
    connect: Connect, script: Script, clock: Clock
) -> None:
    method, answer = ANSWERS["sized"]
    script.answers(answer, answer, answer)
    connection = connect(idle_timeout=10)
    other = copy.copy(connection)
    for one, pause in ((connection, 8), (other, 4), (connection, 0)):
        one.request(method, "/")
        one.getresponse().read()
        clock.now += pause
    assert script.opened == 3
    other.close()
