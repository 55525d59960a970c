"""Where a response ends, and whether its connection goes on: every rule, with its exceptions."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from types import ModuleType

import pytest

from ..conftest import is_ours
from ..response_delivery import Delivery

_BODY = b"3\r\nabc\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Framing:
    """Header lines (and a status line, if not the usual one), and what follows from them."""

    name: str
    fields: bytes
    chunked: bool = False
    length: int | None = None
    closes: bool = False
    body: bytes = _BODY
    line: bytes = b"HTTP/1.1 200 OK"
    method: str | None = "GET"
    #: What ours does otherwise: it looks at each Connection field (docs/deviations.md).
    closes_ours: bool = False


def _length(name: str, value: bytes, length: int | None) -> Framing:
    body = _BODY if length is None else _BODY[:length]
    return Framing(
        name, b"Content-Length:" + value + b"\r\n", length=length, closes=length is None, body=body
    )


def _coding(name: str, fields: bytes, chunked: bool) -> Framing:
    if chunked:
        return Framing(name, fields, chunked=True, body=b"abc")
    return Framing(name, fields, length=5, body=_BODY[:5])


def _persistence(
    name: str, line: bytes, fields: bytes, closes: bool, closes_ours: bool | None = None
) -> Framing:
    fields += b"Content-Length: 3\r\n"
    ours = closes if closes_ours is None else closes_ours
    body = _BODY[:3]
    return Framing(name, fields, length=3, closes=closes, body=body, line=line, closes_ours=ours)


def _fields(*connections: str) -> bytes:
    return b"".join(b"Connection: %b\r\n" % each.encode() for each in connections)


def _empty(name: str, line: bytes, fields: bytes, method: str = "GET") -> Framing:
    chunked = b"chunked" in fields
    return Framing(name, fields, chunked, 0, body=b"", line=line, method=method)


_11, _10 = b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK"
_TE, _CL = b"Transfer-Encoding: ", b"Content-Length: 5\r\n"

RULES = (
    Framing("nothing said", b"", closes=True),
    Framing("nothing said, but to stay open", b"Connection: keep-alive\r\n", closes=True),
    # Content-Length
    _length("a length", b" 5", 5),
    _length("a length of 0", b" 0", 0),
    _length("a length without a space", b"5", 5),
    _length("blanks around it", b" \t 5 \t ", 5),
    _length("zeros in front", b" 005", 5),
    _length("a plus", b" +5", 5),
    _length("an underscore", b" 1_0", 10),
    _length("negative", b" -5", None),
    _length("minus nothing", b" -0", 0),
    _length("empty", b"", None),
    _length("a blank", b"  ", None),
    _length("a word", b" five", None),
    _length("hexadecimal", b" 0x5", None),
    _length("a fraction", b" 5.0", None),
    _length("a list", b" 5, 5", None),
    _length("two numbers", b" 5 5", None),
    _length("the first of two", b" 5\r\nContent-Length: 3", 5),
    _length("the first of two, if it is wrong", b" x\r\nContent-Length: 3", None),
    _length("the name in any case", b" 5\r\nCONTENT-LENGTH: 3", 5),
    # Transfer-Encoding
    _coding("chunked", _TE + b"chunked\r\n", True),
    _coding("Chunked", _TE + b"Chunked\r\n", True),
    _coding("CHUNKED", b"TRANSFER-ENCODING:CHUNKED\r\n", True),
    _coding("cHuNkEd", b"transfer-encoding: \tcHuNkEd\r\n", True),
    _coding("chunked wins over a length", _CL + _TE + b"chunked\r\n", True),
    _coding("chunked and a blank", _TE + b"chunked \r\n" + _CL, False),
    _coding("a list that ends in chunked", _TE + b"gzip, chunked\r\n" + _CL, False),
    _coding("a list that begins with it", _TE + b"chunked, gzip\r\n" + _CL, False),
    _coding("chunked with a parameter", _TE + b"chunked;q=1\r\n" + _CL, False),
    _coding("identity", _TE + b"identity\r\n" + _CL, False),
    _coding("no coding", b"Transfer-Encoding:\r\n" + _CL, False),
    _coding("the first of two", _TE + b"chunked\r\n" + _TE + b"gzip\r\n", True),
    _coding("the second of two", _TE + b"gzip\r\n" + _TE + b"chunked\r\n" + _CL, False),
    # no content
    _empty("204", b"HTTP/1.1 204 No", _CL),
    _empty("204, chunked", b"HTTP/1.1 204 No", _TE + b"chunked\r\n"),
    _empty("304", b"HTTP/1.1 304 Not", _CL),
    _empty("304 with nothing said", b"HTTP/1.1 304 Not", b""),
    _empty("101", b"HTTP/1.1 101 Up", b"Upgrade: x\r\n"),
    _empty("103", b"HTTP/1.1 103 Early", _CL),
    _empty("199", b"HTTP/1.1 199 x", b""),
    _empty("HEAD", _11, _CL, "HEAD"),
    _empty("HEAD, chunked", _11, _TE + b"chunked\r\n", "HEAD"),
    _empty("HEAD with nothing said", _11, b"", "HEAD"),
    Framing("205 has content", _CL, length=5, body=_BODY[:5], line=b"HTTP/1.1 205 Reset"),
    Framing("head is not HEAD", _CL, length=5, body=_BODY[:5], method="head"),
    Framing("no method is not HEAD", _CL, length=5, body=_BODY[:5], method=None),
    Framing("CONNECT has content", _CL, length=5, body=_BODY[:5], method="CONNECT"),
    # HTTP/1.1 stays open
    _persistence("close", _11, b"Connection: close\r\n", True),
    _persistence("Close", _11, b"connection: Close\r\n", True),
    _persistence("close in a list", _11, b"Connection: x, CLOSE\r\n", True),
    _persistence("close in a word", _11, b"Connection: disclosed\r\n", True),
    _persistence("anything else", _11, b"Connection: clos\r\n", False),
    _persistence("the second of two", _11, _fields("x", "close"), False, True),
    _persistence("the third of three", _11, _fields("x", "", "a, Close"), False, True),
    _persistence("the second of two in a word", _11, _fields("x", "disclosed"), False, True),
    _persistence("the first of two", _11, _fields("close", "keep-alive"), True),
    _persistence("staying open, and closing", _11, _fields("keep-alive", "close"), False, True),
    _persistence("none of two", _11, _fields("keep-alive", "Transfer-Encoding"), False),
    _persistence("half in one, half in the other", _11, _fields("clo", "se"), False),
    _persistence(
        "what a proxy says in its second",
        _11,
        b"Proxy-Connection: x\r\nProxy-Connection: close\r\nKeep-Alive: close\r\n",
        False,
    ),
    _persistence("what a proxy says", _11, b"Proxy-Connection: close\r\n", False),
    # HTTP/1.0 does not
    _persistence("HTTP/1.0", _10, b"", True),
    _persistence("HTTP/1.0, Connection", _10, b"Connection: Keep-Alive\r\n", False),
    _persistence("HTTP/1.0, in a list", _10, b"Connection: x, keep-alive\r\n", False),
    _persistence("HTTP/1.0, Keep-Alive", _10, b"Keep-Alive: timeout=5\r\n", False),
    _persistence("HTTP/1.0, no value", _10, b"Keep-Alive:\r\n", True),
    _persistence("HTTP/1.0, a proxy", _10, b"Proxy-Connection: Keep-Alive\r\n", False),
    _persistence("HTTP/1.0, both", _10, b"Connection: close\r\nKeep-Alive: 1\r\n", False),
    _persistence("HTTP/1.0, close", _10, b"Connection: close\r\n", True),
    # A later field may close it, and none keeps it open.
    _persistence("HTTP/1.0, close behind", _10, _fields("keep-alive", "close"), False, True),
    _persistence("HTTP/1.0, close before", _10, _fields("close", "keep-alive"), True),
    _persistence("HTTP/1.0, twice", _10, _fields("keep-alive", "keep-alive"), False),
    _persistence("HTTP/1.0, keep-alive behind", _10, _fields("x", "keep-alive"), True),
    _persistence(
        "HTTP/1.0, all three", _10, b"Keep-Alive: 1\r\n" + _fields("x", "close"), False, True
    ),
    _persistence("HTTP/1.0, Keep-Alive behind", _10, b"Keep-Alive:\r\nKeep-Alive: 1\r\n", True),
    _persistence(
        "HTTP/1.0, a proxy behind",
        _10,
        b"Proxy-Connection: x\r\nProxy-Connection: keep-alive\r\n",
        True,
    ),
    _persistence("HTTP/0.9", b"HTTP/0.9 200 OK", b"", True),
    _persistence("HTTP/1.2", b"HTTP/1.2 200 OK", b"", False),
    Framing(
        "HTTP/1.0 stays open for what has an end",
        b"Connection: keep-alive\r\n",
        closes=True,
        line=_10,
    ),
    Framing(
        "HTTP/1.0, chunked",
        b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n",
        chunked=True,
        body=b"abc",
        line=_10,
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_framing(every_client: ModuleType, deliver: Delivery, rule: Framing) -> None:
    """By the fast way, and by the one that goes through email.parser."""
    for other in (b"", b"X: folded\r\n header\r\n"):
        wire = rule.line + b"\r\n" + other + rule.fields + b"\r\n" + _BODY
        if is_ours(every_client) and rule.line[9:12] in (b"103", b"199"):
            with pytest.raises(http.client.BadStatusLine):  # it is read past, and no answer follows
                deliver(every_client, wire, method=rule.method)
            continue
        response = deliver(every_client, wire, method=rule.method)
        # http.client reads a chunked body even where the status says that there is none.
        empty = is_ours(every_client) and response.status in (101, 204, 304)
        chunked = rule.chunked and not empty
        assert (response.chunked, response.length) == (chunked, rule.length)
        closes = rule.closes or (rule.closes_ours and is_ours(every_client))
        assert response.will_close is closes
        body = b"abc" if chunked else b"" if rule.chunked else rule.body
        assert response.read() == (b"" if rule.method == "HEAD" else body)
        assert response.isclosed()


@pytest.mark.parametrize("status", [100, 101, 199, 200, 204, 299, 304, 404, 599, 600, 999])
def test_every_status_from_100_to_999(
    every_client: ModuleType, deliver: Delivery, status: int
) -> None:
    wire = b"HTTP/1.1 %d \r\nContent-Length: 1\r\n\r\nx" % status
    if status == 100 or (status == 199 and is_ours(every_client)):
        wire += b"HTTP/1.1 200 OK\r\n\r\n"
        with pytest.raises(http.client.BadStatusLine):  # the x is no part of the interim one
            deliver(every_client, wire)
        return
    response = deliver(every_client, wire)
    assert response.status == response.code == response.getcode() == status
    assert response.read() == (b"" if status < 200 or status in (204, 304) else b"x")


def test_a_connection_closes_where_the_response_says_so(every_client: ModuleType) -> None:
    """And is kept where it does not; the body can be read all the same."""
    from ..response_delivery import socket_pair

    for fields, kept in ((b"", True), (b"Connection: close\r\n", False)):
        near, far = socket_pair()
        with near, far:
            far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + b"\r\nxy")
            connection = every_client.HTTPConnection("example.org")
            connection.sock = near
            connection.request("GET", "/")
            response = connection.getresponse()
            assert (connection.sock is near) is kept
            assert response.read() == b"xy"
            connection.close()


def test_a_later_connection_field_closes(every_client: ModuleType) -> None:
    """So that the next request is not sent to a server that has gone, by any way of reading."""
    from ..response_delivery import socket_pair

    for other in (b"", b"X: folded\r\n header\r\n"):
        near, far = socket_pair()
        with near, far:
            fields = other + _fields("Keep-Alive", "Close")
            far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + b"\r\nxy")
            connection = every_client.HTTPConnection("example.org")
            connection.sock = near
            connection.request("GET", "/")
            response = connection.getresponse()
            assert (connection.sock is None) is is_ours(every_client)
            assert response.read() == b"xy"
            connection.close()


def test_fields_that_are_no_message(client: ModuleType, deliver: Delivery) -> None:
    """Programs put dicts of their own there."""
    response = deliver(client, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxy")
    for fields, closes in (({"connection": "close"}, True), ({}, False)):
        response.headers = fields
        assert response._check_close() is closes
