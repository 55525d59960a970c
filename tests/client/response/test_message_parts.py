"""More of a response than http.client keeps: `raw_headers`, and `trailers`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from http.client import HTTPMessage, ResponseNotReady
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"

#: Header lines, and what they are as fields, as they were sent.
HEADS: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {
    "none": (b"", []),
    "one": (b"Server: x\r\n", [(b"Server", b"x")]),
    "order": (b"B: 1\r\nA: 2\r\nC: 3\r\n", [(b"B", b"1"), (b"A", b"2"), (b"C", b"3")]),
    "case": (
        b"SERVER: x\r\nsErVeR: y\r\ncontent-LENGTH: 0\r\n",
        [(b"SERVER", b"x"), (b"sErVeR", b"y"), (b"content-LENGTH", b"0")],
    ),
    "duplicates": (
        b"Set-Cookie: a\r\nX: y\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n",
        [(b"Set-Cookie", b"a"), (b"X", b"y"), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")],
    ),
    "lengths twice": (
        b"Content-Length: 0\r\nContent-Length: 0\r\n",
        [(b"Content-Length", b"0"), (b"Content-Length", b"0")],
    ),
    "white space": (
        b"A:b\r\nB: \t c d \t \r\nC:\r\nD: \r\n",
        [(b"A", b"b"), (b"B", b"c d"), (b"C", b""), (b"D", b"")],
    ),
    "colons": (b"A:: b:c\r\n", [(b"A", b": b:c")]),
    "8 bits": (b"A: \xe9\xff\x80\r\n", [(b"A", b"\xe9\xff\x80")]),
    "LF": (b"A: b\nC: d\n", [(b"A", b"b"), (b"C", b"d")]),
    "folds": (
        b"A: b\r\n c\r\n\t d \r\nE: f\r\n",
        [(b"A", b"b\r\n c\r\n\t d"), (b"E", b"f")],
    ),
    "fold of nothing": (b"A:\r\n b\r\n", [(b"A", b"b")]),
    "multipart": (
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        [(b"Content-Type", b"multipart/mixed; boundary=x")],
    ),
    "no field": (b"A: b\r\nno colon\r\nC: d\r\n", [(b"A", b"b"), (b"C", b"d")]),
    "control": (b"A: \x01\x7f\r\n", [(b"A", b"\x01\x7f")]),
    "many": (
        b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(98)),
        [(b"X-%d" % i, b"%d" % i) for i in range(98)],
    ),
}


def _change(response: Any) -> None:
    response.headers["Added"] = "x"
    del response.headers["Server"]
    response.headers["A"] = "other"


LOOKS: dict[str, Callable[[Any], Any]] = {
    "not looked at": lambda response: None,
    "headers": lambda response: response.headers.items(),
    "msg": lambda response: response.msg.keys(),
    "getheaders": lambda response: response.getheaders(),
    "getheader": lambda response: response.getheader("A"),
    "changed": _change,
    "read": lambda response: response.read(),
    "closed": lambda response: response.close(),
}


@pytest.mark.parametrize("kind", HEADS)
def test_raw_headers(client: ModuleType, deliver: Delivery, kind: str) -> None:
    """In order and as sent, however they come and whatever has been done with the headers."""
    lines, fields = HEADS[kind]
    for look, act in LOOKS.items():
        response = deliver(client, _OK + lines + b"\r\n")
        act(response)
        assert response.raw_headers == fields, look
        response.raw_headers.clear()
        assert response.raw_headers == fields, look


def test_other_headers_do_not_change_what_was_sent(client: ModuleType, deliver: Delivery) -> None:
    for lines in (b"A: b\r\n", b"A: b\r\nno colon\r\n"):
        response = deliver(client, _OK + lines + b"\r\n")
        response.headers = response.msg = HTTPMessage()
        assert (response.raw_headers, response.getheaders()) == ([(b"A", b"b")], [])


def test_raw_headers_before_there_are_any(client: ModuleType, deliver: Delivery) -> None:
    response = deliver.response(client, _OK + b"\r\n")
    with pytest.raises(ResponseNotReady):
        response.raw_headers  # noqa: B018


def test_raw_headers_are_those_of_the_answer(connect: Connect, script: Script) -> None:
    """Not those of what came before it, or behind its body."""
    script.answers(
        b"HTTP/1.1 103 E\r\nL: m\r\n\r\n" + _OK + b"A: b\r\ntransfer-encoding: chunked\r\n\r\n"
        b"0\r\nT: u\r\n\r\n"
    )
    connection = connect()
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    assert response.raw_headers == [(b"A", b"b"), (b"transfer-encoding", b"chunked")]


#: The trailer section, and what it is read as.
TRAILERS: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "none": (b"", []),
    "one": (b"T: u\r\n", [("T", "u")]),
    "order and case": (b"b: 1\r\nA: 2\r\nB:3\r\n", [("b", "1"), ("A", "2"), ("B", "3")]),
    "8 bits": (b"T: \xe9\r\n", [("T", "\xe9")]),
    "LF": (b"T: u\n", [("T", "u")]),
    "fold": (b"T: u\r\n v\r\n", [("T", "u\r\n v")]),
    "framing": (
        b"Content-Length: 5\r\nTransfer-Encoding: x\r\n",
        [("Content-Length", "5"), ("Transfer-Encoding", "x")],
    ),
    "many": (b"T: u\r\n" * 100, [("T", "u")] * 100),
    "large": (b"T: " + b"u" * 30_000 + b"\r\n", [("T", "u" * 30_000)]),
}


@pytest.mark.parametrize("kind", TRAILERS)
def test_trailers(client: ModuleType, deliver: Delivery, kind: str) -> None:
    """Empty until the body has been read to its end; in each way of reading."""
    lines, fields = TRAILERS[kind]
    head = _OK + b"A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire = head + b"3\r\na\nb\r\n1\r\nc\r\n0\r\n" + lines + b"\r\n"
    for style, read in STYLES.items():
        if style == "peek" and deliver.way == "bytesio":
            continue  # which cannot
        response = deliver(client, wire)
        assert response.trailers.items() == []
        response.read(1)
        assert (type(response.trailers), response.trailers.items()) == (HTTPMessage, [])
        assert b"".join(read(response)) == b"\nbc", style
        assert response.read() == b""
        assert response.trailers.items() == fields, style
        assert response.isclosed()
        assert response.getheader("T") is None


def test_trailers_are_looked_up_like_headers(client: ModuleType, deliver: Delivery) -> None:
    response = deliver(
        client, _OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\ndigest: y\r\n\r\n"
    )
    response.read()
    assert response.trailers["DIGEST"] == "x"
    assert response.trailers.get_all("digest") == ["x", "y"]


@pytest.mark.parametrize("body", [b"Content-Length: 2\r\n\r\nok", b"\r\nok"])
def test_without_chunks_there_are_none(client: ModuleType, deliver: Delivery, body: bytes) -> None:
    response = deliver(client, _OK + body)
    assert response.read() == b"ok"
    assert response.trailers.items() == []


def test_a_copy_keeps_them(client: ModuleType, deliver: Delivery) -> None:
    response = deliver(
        client, _OK + b"a: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: u\r\n\r\n"
    )
    response.read()
    again = copy.copy(response)
    assert again.raw_headers == [(b"a", b"b"), (b"Transfer-Encoding", b"chunked")]
    assert again.trailers.items() == [("T", "u")]
