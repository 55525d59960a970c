"""What is worth another try, and when."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from http.client import HTTPException, IncompleteRead, InvalidURL

import pytest

from fasthttp._http.rules import Section
from fasthttp._http.strict import MalformedChunk
from fasthttp._web.retries import STATUSES, is_worth, pause, retry_after_seconds, time_of_date

IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")  # RFC 9110 9.2.2


def test_statuses() -> None:
    assert {status for status in range(100, 1000) if is_worth(status, "GET")} == STATUSES
    assert {408, 425, 429, 500, 502, 503, 504} == STATUSES


@pytest.mark.parametrize("method", [*IDEMPOTENT, "POST", "PATCH", "CONNECT", "get", ""])
def test_methods(method: str) -> None:
    for outcome in (503, ConnectionResetError(), TimeoutError(), IncompleteRead(b"")):
        assert is_worth(outcome, method) is (method in IDEMPOTENT)


def _cut_head() -> HTTPException:
    with pytest.raises(HTTPException) as caught:
        Section("headers", 10, None, needs_end=True).add(b"")
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(errno.ECONNRESET, "reset"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        ConnectionAbortedError(),
        BrokenPipeError(),
        http.client.RemoteDisconnected("x"),
        TimeoutError("late"),
        IncompleteRead(b"x", 3),
        OSError(errno.EHOSTUNREACH, "x"),
        OSError(errno.ENETUNREACH, "x"),
        OSError(errno.ETIMEDOUT, "x"),
        socket.gaierror(socket.EAI_AGAIN, "x"),
        ssl.SSLEOFError(8, "x"),
        ssl.SSLZeroReturnError(6, "x"),
        _cut_head(),
    ],
    ids=repr,
)
def test_what_may_be_better_the_next_time(error: Exception) -> None:
    assert is_worth(error, "GET")


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "x"),
        socket.gaierror(socket.EAI_FAIL, "x"),
        ssl.SSLCertVerificationError(1, "x"),
        ssl.SSLError(1, "WRONG_VERSION_NUMBER"),
        InvalidURL("x"),
        ValueError("x"),
        UnicodeEncodeError("ascii", "x", 0, 1, "x"),
        TypeError("x"),
        MalformedChunk(b"", "x"),
        http.client.BadStatusLine("x"),
        http.client.LineTooLong("x"),
        http.client.UnknownProtocol("x"),
        HTTPException("got more than 5 bytes of body: the limit is max_body"),
        HTTPException("got more than 100 headers"),
        OSError(errno.EMFILE, "x"),
        OSError(errno.ENOMEM, "x"),
        OSError(errno.EACCES, "x"),
        OSError("the lookup found no address"),
        MemoryError(),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_what_cannot_get_better(error: BaseException) -> None:
    assert not is_worth(error, "GET")


def test_pauses_double_up_to_a_limit() -> None:
    longest = [pause(tries, None, 0, 0) for tries in range(1, 10)]
    assert longest == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert [pause(tries, None, 0, 1) for tries in range(1, 10)] == [each / 2 for each in longest]
    assert pause(10**9, None, 0, 0) == 60
    assert pause(2, None, 0, 0.5) == 0.75


def test_retry_after_is_heeded_up_to_a_limit() -> None:
    assert pause(1, "7", 0, 0) == 7
    assert pause(1, "7", 0, 0.5) == 7.5  # what failed together does not come back together
    assert pause(1, "0", 0, 0) == 0.5
    assert pause(8, "7", 0, 0) == 60
    assert pause(1, "3600", 0, 0) == 120
    assert pause(1, "9" * 400, 0, 0) == 120
    assert pause(1, "3600", 0, 0, most=5) == 5
    assert pause(1, "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 - 30, 0) == 30
    assert pause(1, "soon", 0, 0) == 0.5


# RFC 9110 5.6.7: its example, in the three forms that are read.
@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT",  # of which the day of the week is wrong
    ],
)
def test_dates(date: str) -> None:
    at = 784111777.0
    assert time_of_date(date, at) == at
    assert retry_after_seconds(date, at - 10) == 10
    assert retry_after_seconds(f" {date} ", at - 10) == 10
    assert retry_after_seconds(date, at + 10) == 0


def test_other_dates() -> None:
    assert time_of_date("Thu, 01 Jan 1970 00:00:00 GMT", 0) == 0
    assert time_of_date("Sat, 31 Dec 2016 23:59:60 GMT", 0) == 1483228799  # a leap second
    assert time_of_date("Tue, 29 Feb 2000 00:00:00 GMT", 0) == 951782400
    assert time_of_date("Sun Nov 16 08:49:37 1994", 0) == 784975777


def test_a_year_of_two_digits_is_never_far_in_the_future() -> None:
    now = time_of_date("Tue, 01 Jul 2025 00:00:00 GMT", 0)
    assert now is not None
    for digits, year in (("25", 2025), ("75", 2075), ("76", 1976), ("99", 1999), ("00", 2000)):
        wanted = time_of_date(f"Sun, 01 Jun {year} 00:00:00 GMT", now)
        assert time_of_date(f"Sunday, 01-Jun-{digits} 00:00:00 GMT", now) == wanted


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", "-1", "+1", "1.5", "1s", "0x10", "1e3", "1_0", "\u0661", "1, 2", "soon",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +0100", "1994-11-06T08:49:37Z",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_ignored(value: str | None) -> None:
    assert retry_after_seconds(value, 784111777.0) is None
    assert pause(1, value, 784111777.0, 0) == 0.5
