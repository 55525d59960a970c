"""A message that other readers may read otherwise is not followed by another on its connection;
one that has a single reading costs no connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_LENGTH = b"Content-Length: 2\r\n"
_SIZED = _OK + _LENGTH + b"\r\nok"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\n2d"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"

#: Header lines before a Content-Length, none of which says anything about framing.
ORDINARY: dict[str, bytes] = {
    "none": b"",
    "usual": b'Date: Sat, 21 Nov 2026 12:00:00 GMT\r\nServer: x/1 (y)\r\nETag: W/"a"\r\n',
    "colons": b"A:: b:c\r\n",
    "empty value": b"A:\r\nB: \t\r\n",
    "8 bits": b"A: caf\xe9 \xff\r\n",
    "control": b"A: \x01\r\n",
    "LF": b"A: b\n",
    "no token": b"A(b)@/[]: c\r\n",
    "folded by a blank": b"A: b\r\n c\r\n",
    "folded by tabs": b"A: b\r\n\tc\r\n\t\td\r\n",
    "folded with a colon": b"A: b\r\n Content-Length: 9\r\n",
    "cookies": b"Set-Cookie: a=b; Path=/\r\n" * 3,
    "keep-alive": b"Connection: keep-alive\r\nKeep-Alive: timeout=5, max=100\r\n",
    "trailer": b"Trailer: T\r\nVary: *\r\n",
    "multipart": b"Content-Type: multipart/mixed; boundary=x\r\n",
    "message": b"Content-Type: message/http\r\n",
    "many": b"X: y\r\n" * 98,
    "large": b"X: " + b"y" * 30_000 + b"\r\n",
    "names like it": b"X-Content-Length: 9\r\nContent-Lengths: 9\r\nX-Transfer-Encoding: x\r\n",
}
#: Whole answers of one reading.
ANSWERS: dict[str, tuple[str, bytes]] = {
    "same length twice": ("GET", _OK + _LENGTH * 2 + b"\r\nok"),
    "zeros": ("GET", _OK + b"Content-Length: 0002\r\n\r\nok"),
    "white space": ("GET", _OK + b"Content-Length: \t2 \t\r\n\r\nok"),
    "folded length": ("GET", _OK + b"Content-Length: 2\r\nA: b\r\n c\r\n\r\nok"),
    "chunks": ("GET", _CHUNKED + b"1\r\no\r\n01\r\nk\r\n0\r\n\r\n"),
    "Chunked": ("GET", _CHUNKED.replace(b"chunked", b"ChUnKeD") + b"2\r\nok\r\n0\r\n\r\n"),
    "blanks behind a size": ("GET", _CHUNKED + b"2 \t\r\nok\r\n0 \r\n\r\n"),
    "extensions": ("GET", _CHUNKED + b'2;a=b;c="d;e"\r\nok\r\n0;f\r\n\r\n'),
    "trailers": ("GET", _CHUNKED + b"2\r\nok\r\n0\r\nT: u\r\nV: w\r\n\r\n"),
    "204": ("GET", b"HTTP/1.1 204 No\r\n\r\n"),
    "304": ("GET", b"HTTP/1.1 304 No\r\nContent-Length: 500\r\nETag: x\r\n\r\n"),
    "HEAD": ("HEAD", _OK + b"Content-Length: 500\r\n\r\n"),
    "HEAD chunked": ("HEAD", _CHUNKED),
    "100": ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + _SIZED),
    "1.0": ("GET", b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + _LENGTH + b"\r\nok"),
    "no reason": ("GET", b"HTTP/1.1 200\r\n" + _LENGTH + b"\r\nok"),
    "OPTIONS": ("OPTIONS", _SIZED),
    "DELETE": ("DELETE", _SIZED),
}


def _opened_for_two(connect: Connect, script: Script, method: str, answer: bytes) -> int:
    """How many connections two requests take."""
    before = script.opened
    script.answers(answer)
    connection = connect()
    connection.request(method, "/first")
    connection.getresponse().read()
    script.answers(_SECOND)
    connection.request("GET", "/second")
    opened = script.opened - before
    if opened == 1:
        script.says(_SECOND)
        script._answers.clear()
    assert connection.getresponse().status == 299
    return opened


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_heads_cost_no_connection(connect: Connect, script: Script, kind: str) -> None:
    lines = ORDINARY[kind]
    for answer in (
        _OK + lines + _LENGTH + b"\r\nok",
        _OK + _LENGTH + lines + b"\r\nok",
        _OK + lines + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No\r\n" + lines + b"\r\n",
    ):
        assert _opened_for_two(connect, script, "GET", answer) == 1


@pytest.mark.parametrize("kind", ANSWERS)
def test_ordinary_answers_cost_no_connection(connect: Connect, script: Script, kind: str) -> None:
    assert _opened_for_two(connect, script, *ANSWERS[kind]) == 1


@pytest.mark.parametrize("style", STYLES)
def test_nor_does_any_way_of_reading(connect: Connect, script: Script, style: str) -> None:
    for kind in ("same length twice", "folded length", "chunks", "extensions", "trailers", "100"):
        method, answer = ANSWERS[kind]
        script.answers(answer)
        connection = connect()
        connection.request(method, "/first")
        response = connection.getresponse()
        assert b"".join(STYLES[style](response)) == b"ok"
        assert response.isclosed()
        before = script.opened
        connection.request("GET", "/second")
        assert script.opened == before, kind


#: Answers of two readings, but not all that tests/hostile/test_cves_reuse.py has.
DOUBTFUL: dict[str, bytes] = {
    "blank before the colon": _OK + _LENGTH + b"Content-Length : 9\r\n\r\nok",
    "tab before the colon": _OK + _LENGTH + b"A\t: b\r\n\r\nok",
    "NUL": _OK + b"A: b\0c\r\n" + _LENGTH + b"\r\nok",
    "bare CR": _OK + _LENGTH + b"A: b\rContent-Length: 9\r\n\r\nok",
    "two CR": _OK + _LENGTH + b"A: b\r\r\n\r\nok",
    "no colon": _OK + _LENGTH + b"Content-Length 9\r\n\r\nok",
    "no name": _OK + _LENGTH + b": 9\r\n\r\nok",
    "8-bit name": _OK + _LENGTH + b"Content\xa0Length: 9\r\n\r\nok",
    "blank in the name": _OK + _LENGTH + b"Content Length: 9\r\n\r\nok",
    "plus": _OK + b"Content-Length: +2\r\n\r\nok",
    "underscore": _OK + b"Content-Length: 0_2\r\n\r\nok",
    "length first": _OK + _LENGTH + b"Transfer-Encoding: gzip\r\n\r\nok",
    "coding first": _OK + b"Transfer-Encoding: identity\r\n" + _LENGTH + b"\r\nok",
    "chunked and an empty length": _OK + b"Transfer-Encoding: chunked\r\nContent-Length:\r\n\r\n"
    b"2\r\nok\r\n0\r\n\r\n",
    "chunked twice": _OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n2\r\nok\r\n0\r\n\r\n",
    "lengths 2 and 02": _OK + _LENGTH + b"Content-Length: 02\r\n\r\nok",
    "0x": _CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    "plus in a size": _CHUNKED + b"+2\r\nok\r\n0\r\n\r\n",
    "LF behind a size": _CHUNKED + b"2\nok\r\n0\r\n\r\n",
    "LF in an extension": _CHUNKED + b"2;a\nok\r\n0\r\n\r\n",
    "LF behind the last size": _CHUNKED + b"2\r\nok\r\n0\n\r\n",
    "no CRLF behind a chunk": _CHUNKED + b"2\r\nok\n\n0\r\n\r\n",
    "304 with chunks": b"HTTP/1.1 304 No\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_nothing_follows_what_has_two_readings(connect: Connect, script: Script, kind: str) -> None:
    assert _opened_for_two(connect, script, "GET", DOUBTFUL[kind]) == 2


@pytest.mark.parametrize("kind", [kind for kind in DOUBTFUL if DOUBTFUL[kind].startswith(_CHUNKED)])
def test_nor_however_it_is_read(connect: Connect, script: Script, kind: str) -> None:
    for style, read in STYLES.items():
        script.answers(DOUBTFUL[kind])
        connection = connect()
        connection.request("GET", "/first")
        assert b"".join(read(connection.getresponse())) == b"ok", style
        before = script.opened
        connection.request("GET", "/second")
        assert script.opened == before + 1, style
