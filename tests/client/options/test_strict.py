"""`strict=True`: each rule of RFC 9112 that is held against a server, by the clause that the error
names; and that what the RFC allows passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http.client import BadStatusLine, HTTPException, IncompleteRead
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from .. import oracle
from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nab"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_INTERIM = b"HTTP/1.1 103 Early\r\n"

#: Status lines that break RFC 9112 4, whether before the answer or of an interim one.
STATUS_LINES = {
    "HTTP/2": b"HTTP/2 %d OK\r\n",
    "HTTP/2.0": b"HTTP/2.0 %d OK\r\n",
    "HTTP/0.9": b"HTTP/0.9 %d OK\r\n",
    "HTTP/1": b"HTTP/1 %d OK\r\n",
    "HTTP/1.10": b"HTTP/1.10 %d OK\r\n",
    "lower case": b"http/1.1 %d OK\r\n",
    "blank before": b" HTTP/1.1 %d OK\r\n",
    "two blanks": b"HTTP/1.1  %d OK\r\n",
    "tab": b"HTTP/1.1\t%d OK\r\n",
    "tab behind the status": b"HTTP/1.1 %d\tOK\r\n",
    "no blank behind the status": b"HTTP/1.1 %d\r\n",
    "sign": b"HTTP/1.1 +%d OK\r\n",
    "an empty line before": b"\r\nHTTP/1.1 %d OK\r\n",
    "no class": b"HTTP/1.1 099 OK\r\n",
    "two digits": b"HTTP/1.1 20 OK\r\n",
    "leading zero": b"HTTP/1.1 0%d OK\r\n",
    "underscore": b"HTTP/1.1 1_00 OK\r\n",
    "bare CR": b"HTTP/1.1 %d O\rK\r\n",
    "two CR": b"HTTP/1.1 %d OK\r\r\n",
    "NUL": b"HTTP/1.1 %d O\0K\r\n",
    "control": b"HTTP/1.1 %d O\x01K\r\n",
    "DEL": b"HTTP/1.1 %d O\x7fK\r\n",
    "another protocol": b"ICY %d OK\r\n",
}

#: Field lines that break the RFCs, and the clause that each breaks.
FIELDS: dict[str, tuple[bytes, str]] = {
    "blank before the colon": (b"A : b\r\n", "RFC 9112 section 5.1"),
    "tab before the colon": (b"A\t: b\r\n", "RFC 9112 section 5.1"),
    "blank in the name": (b"A b: c\r\n", "RFC 9110 section 5.1"),
    "no name": (b": b\r\n", "RFC 9110 section 5.1"),
    "brackets in the name": (b"A(b): c\r\n", "RFC 9110 section 5.1"),
    "8-bit name": (b"\xc4: b\r\n", "RFC 9110 section 5.1"),
    "NUL in the name": (b"A\0: b\r\n", "RFC 9110 section 5.1"),
    "quoted name": (b'"A": b\r\n', "RFC 9110 section 5.1"),
    "no colon": (b"no colon\r\n", "RFC 9112 section 5"),
    "From": (b"From me\r\n", "RFC 9112 section 5"),
    "folded by a blank": (b"A: b\r\n c\r\n", "RFC 9112 section 5.2"),
    "folded by a tab": (b"A: b\r\n\tc\r\n", "RFC 9112 section 5.2"),
    "folded with nothing": (b"A: b\r\n \r\n", "RFC 9112 section 5.2"),
    "folded at the beginning": (b" A: b\r\n", "RFC 9112 section 5.2"),
    "bare CR": (b"A: b\rc\r\n", "RFC 9112 section 2.2"),
    "bare CR and a field": (b"A: b\rSet-Cookie: c\r\n", "RFC 9112 section 2.2"),
    "bare CR before the end": (b"A: b\r\r\n", "RFC 9112 section 2.2"),
    "bare CR in the name": (b"A\rb: c\r\n", "RFC 9112 section 2.2"),
    "CR alone": (b"\rA: b\r\n", "RFC 9112 section 2.2"),
    "NUL": (b"A: b\0c\r\n", "RFC 9110 section 5.5"),
    "control": (b"A: \x01\r\n", "RFC 9110 section 5.5"),
    "vertical tab": (b"A: b\x0bc\r\n", "RFC 9110 section 5.5"),
    "DEL": (b"A: \x7f\r\n", "RFC 9110 section 5.5"),
}

#: Framing fields that break the RFCs.
FRAMINGS: dict[str, tuple[bytes, str]] = {
    "coding and length": (
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "RFC 9112 section 6.3",
    ),
    "length and coding": (
        b"content-length: 2\r\ntransfer-encoding: gzip\r\n",
        "RFC 9112 section 6.3",
    ),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 3\r\n", "RFC 9112 section 6.3"),
    "two lengths in one": (b"Content-Length: 2, 3\r\n", "RFC 9112 section 6.3"),
    "plus": (b"Content-Length: +2\r\n", "RFC 9110 section 8.6"),
    "minus": (b"Content-Length: -2\r\n", "RFC 9110 section 8.6"),
    "underscore": (b"Content-Length: 0_2\r\n", "RFC 9110 section 8.6"),
    "hexadecimal": (b"Content-Length: 0x2\r\n", "RFC 9110 section 8.6"),
    "decimal point": (b"Content-Length: 2.0\r\n", "RFC 9110 section 8.6"),
    "word": (b"Content-Length: two\r\n", "RFC 9110 section 8.6"),
    "empty length": (b"Content-Length:\r\n", "RFC 9110 section 8.6"),
    "empty member": (b"Content-Length: 2,\r\n", "RFC 9110 section 8.6"),
    "two numbers": (b"Content-Length: 2 2\r\n", "RFC 9110 section 8.6"),
    "superscript": (b"Content-Length: \xb2\r\n", "RFC 9110 section 8.6"),
    "5,000 digits": (b"Content-Length: " + b"0" * 4999 + b"2\r\n", "RFC 9110 section 8.6"),
    "chunked not last": (b"Transfer-Encoding: chunked, gzip\r\n", "RFC 9112 section 6.1"),
    "chunked twice": (b"Transfer-Encoding: chunked, chunked\r\n", "RFC 9112 section 6.1"),
    "chunked in two fields": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "RFC 9112 section 6.1",
    ),
    "no coding": (b"Transfer-Encoding:\r\n", "RFC 9112 section 6.1"),
    "no coding, but commas": (b"Transfer-Encoding: , ,\r\n", "RFC 9112 section 6.1"),
    "chunked first, in two fields": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
        "RFC 9112 section 6.1",
    ),
    "chunked with a parameter": (b"Transfer-Encoding: chunked;q=1\r\n", "RFC 9112 section 7"),
    "and blanks": (b"Transfer-Encoding: gzip, Chunked ; q = 1\r\n", "RFC 9112 section 7"),
    "and quotes": (b'Transfer-Encoding: chunked;q="a,b"\r\n', "RFC 9112 section 7"),
    "and another coding": (b"Transfer-Encoding: chunked;q=1, chunked\r\n", "RFC 9112 section 7"),
    "half a parameter": (b"Transfer-Encoding: chunked;\r\n", "RFC 9112 section 6.1"),
    "a name alone": (b"Transfer-Encoding: gzip;q, chunked\r\n", "RFC 9112 section 6.1"),
    "a value alone": (b"Transfer-Encoding: gzip;=q, chunked\r\n", "RFC 9112 section 6.1"),
    "no comma": (b"Transfer-Encoding: gzip chunked\r\n", "RFC 9112 section 6.1"),
    "quoted coding": (b'Transfer-Encoding: "chunked"\r\n', "RFC 9112 section 6.1"),
    "open quotes": (b'Transfer-Encoding: gzip;q="a, chunked\r\n', "RFC 9112 section 6.1"),
    "no token": (b"Transfer-Encoding: chunked/1\r\n", "RFC 9112 section 6.1"),
    "8-bit coding": (b"Transfer-Encoding: chunked\xa0\r\n", "RFC 9112 section 6.1"),
    "10,000 commas": (
        b"Transfer-Encoding: " + b"gzip, " * 5000 + b"chunked;" + b" ," * 5000 + b"\r\n",
        "RFC 9112 section 6.1",
    ),
}

#: Chunked bodies that break RFC 9112 7.1, and what of them is content.
CHUNKS: dict[str, tuple[bytes, bytes]] = {
    "plus": (b"+2\r\nab\r\n0\r\n\r\n", b""),
    "minus": (b"-2\r\nab\r\n0\r\n\r\n", b""),
    "0x": (b"0x2\r\nab\r\n0\r\n\r\n", b""),
    "underscore": (b"0_2\r\nab\r\n0\r\n\r\n", b""),
    "blank before": (b" 2\r\nab\r\n0\r\n\r\n", b""),
    "blank behind": (b"2 \r\nab\r\n0\r\n\r\n", b""),
    "no size": (b"\r\nab\r\n0\r\n\r\n", b""),
    "no hexadecimal": (b"2g\r\nab\r\n0\r\n\r\n", b""),
    "second size": (b"2\r\nab\r\n2x\r\ncd\r\n0\r\n\r\n", b"ab"),
    "2^63": (b"8000000000000000\r\nab\r\n0\r\n\r\n", b""),
    "2^64": (b"10000000000000000\r\nab\r\n0\r\n\r\n", b""),
    "2^64 and 2, with zeros": (b"00010000000000000002\r\nab\r\n0\r\n\r\n", b""),
    "LF": (b"2\nab\r\n0\r\n\r\n", b""),
    "LF behind the last": (b"2\r\nab\r\n0\n\r\n", b"ab"),
    "bare CR": (b"2\rx\r\nab\r\n0\r\n\r\n", b""),
    "NUL": (b"2\0\r\nab\r\n0\r\n\r\n", b""),
    "LF in an extension": (b"2;a\nab\r\n0\r\n\r\n", b""),
    "LF in the last extension": (b"2\r\nab\r\n0;a\n\r\n", b"ab"),
    "CR in an extension": (b"2;a\rb\r\nab\r\n0\r\n\r\n", b""),
    "empty extension": (b"2;\r\nab\r\n0\r\n\r\n", b""),
    "extension without a name": (b"2;=a\r\nab\r\n0\r\n\r\n", b""),
    "open quotes": (b'2;a="b\r\nab\r\n0\r\n\r\n', b""),
    "NUL in quotes": (b'2;a="\0"\r\nab\r\n0\r\n\r\n', b""),
    "no CRLF behind": (b"2\r\nabXY0\r\n\r\n", b"ab"),
    "LF behind the content": (b"2\r\nab\n0\r\n\r\n", b"ab"),
    "LFLF behind the content": (b"2\r\nab\n\n0\r\n\r\n", b"ab"),
    "more than the size": (b"2\r\nabc\r\n0\r\n\r\n", b"ab"),
}

#: What the RFCs allow, and its content.
ALLOWED: dict[str, tuple[bytes, bytes]] = {
    "length": (_SIZED, b"ab"),
    "no reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab", b"ab"),
    "reason of any text": (b"HTTP/1.1 599 \tO K\xe9 \r\nContent-Length: 2\r\n\r\nab", b"ab"),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nab", b"ab"),
    "HTTP/1.7": (b"HTTP/1.7 200 OK\r\n\r\nab", b"ab"),
    "LF in a head": (b"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nab", b"ab"),
    "until the end": (_OK + b"\r\nab", b"ab"),
    "white space around a value": (_OK + b"A:\r\nB:\t b\xe9 \t\r\nC:c\r\n\r\nab", b"ab"),
    "any token": (_OK + b"!#$%&'*+-.^_`|~09azAZ: b\r\n\r\nab", b"ab"),
    "length twice": (_OK + b"Content-Length: 2\r\ncontent-length: 2\r\n\r\nab", b"ab"),
    "length as a list": (_OK + b"Content-Length: 2, 2 ,02\r\n\r\nab", b"ab"),
    "zeros before the length": (_OK + b"Content-Length: 0000000000000002\r\n\r\nab", b"ab"),
    "a coding of its own": (_OK + b"Transfer-Encoding: gzip\r\n\r\nab", b"ab"),
    "a coding with a parameter": (_OK + b'Transfer-Encoding: gzip ;a=b;c = ",;"\r\n\r\nab', b"ab"),
    "commas within quotes": (
        _OK + b'Transfer-Encoding: x;a="b, c\\"",, ,chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
        b"ab",
    ),
    "a coding that only begins so": (_OK + b"Transfer-Encoding: chunked2;q=1\r\n\r\nab", b"ab"),
    "a status that nobody knows": (b"HTTP/1.1 999 ?\r\nContent-Length: 2\r\n\r\nab", b"ab"),
    "no content": (b"HTTP/1.1 204 No\r\n\r\n", b""),
    "no content, of no length": (b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", b""),
    "not modified": (b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", b""),
    "not modified, in chunks": (
        b"HTTP/1.1 304 Not\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"",
    ),
    "reset": (b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", b""),
    "reset, in chunks": (
        b"HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"",
    ),
    "interim with no length": (b"HTTP/1.1 100 Go\r\nContent-Length: 0\r\n\r\n" + _SIZED, b"ab"),
    "zeros before a size": (_CHUNKED + b"0" * 99 + b"2\r\nab\r\n" + b"0" * 99 + b"\r\n\r\n", b"ab"),
    "codings": (_OK + b"Transfer-Encoding: gzip, , Chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", b"ab"),
    "codings in two fields": (
        _OK + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        b"ab",
    ),
    "chunks": (_CHUNKED + b"1\r\na\r\n01\r\nb\r\n000\r\n\r\n", b"ab"),
    "hexadecimal": (
        _CHUNKED + b"a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n",
        b"0123456789abcdefghij",
    ),
    "extensions": (_CHUNKED + b'2;a;b=c; d = "e\\"\xe9;\t" \t;f\r\nab\r\n0;g=h\r\n\r\n', b"ab"),
    "trailers": (_CHUNKED + b"2\r\nab\r\n0\r\nA: b\r\nC:\r\n\r\n", b"ab"),
    "interim": (_INTERIM + b"Link: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + _SIZED, b"ab"),
}


def _exchange(connection: Any, style: str = "read") -> bytes:
    connection.request("GET", "/")
    return b"".join(STYLES[style](connection.getresponse()))


def _refused(connect: Connect, script: Script, wire: bytes, style: str = "read") -> HTTPException:
    """The error by which it is refused; the connection is of use for another request."""
    script.last_words(wire)
    script.answers(_SIZED)
    connection = connect(strict=True)
    with pytest.raises(HTTPException) as caught:
        _exchange(connection, style)
    assert len(str(caught.value)) < 500
    before = script.opened
    assert _exchange(connection) == b"ab"
    assert script.opened == before + 1
    return caught.value


@pytest.mark.parametrize("where", ["final", "interim", "proxy"])
@pytest.mark.parametrize("kind", STATUS_LINES)
def test_status_lines(connect: Connect, script: Script, kind: str, where: str) -> None:
    line = STATUS_LINES[kind]
    if b"%d" in line:
        line %= 103 if where == "interim" else 200
    if where == "proxy":
        script.last_words(line + b"\r\n")
        connection = connect(strict=True)
        connection.set_tunnel("origin.example")
        with pytest.raises(BadStatusLine, match=r"\(RFC 9112 section 4\)"):
            connection.connect()
        return
    error = _refused(connect, script, line + b"\r\n" + _SIZED)
    assert type(error) is BadStatusLine
    assert str(error).endswith("is no status-line (RFC 9112 section 4)")


@pytest.mark.parametrize("where", ["head", "behind others", "interim", "trailer", "proxy"])
@pytest.mark.parametrize("kind", FIELDS)
def test_field_lines(connect: Connect, script: Script, kind: str, where: str) -> None:
    line, clause = FIELDS[kind]
    wire = {
        "head": _OK + line + b"Content-Length: 2\r\n\r\nab",
        "behind others": _OK + b"Content-Length: 2\r\nX: y\r\n" + line + b"\r\nab",
        "interim": _INTERIM + line + b"\r\n" + _SIZED,
        "trailer": _CHUNKED + b"2\r\nab\r\n0\r\n" + line + b"\r\n",
        "proxy": _OK + line + b"\r\n",
    }[where]
    if where == "proxy":
        script.last_words(wire)
        connection = connect(strict=True)
        connection.set_tunnel("origin.example")
        with pytest.raises(HTTPException, match=re.escape(f"({clause})")):
            connection.connect()
        return
    error = _refused(connect, script, wire)
    assert type(error) is HTTPException
    assert f"({clause}): " in str(error)


@pytest.mark.parametrize("kind", FRAMINGS)
def test_framing(connect: Connect, script: Script, kind: str) -> None:
    fields, clause = FRAMINGS[kind]
    for rest in (b"", b"X: y\r\n"):
        error = _refused(connect, script, _OK + rest + fields + b"\r\n2\r\nab\r\n0\r\n\r\n")
        assert type(error) is HTTPException
        assert f"({clause})" in str(error)


#: Content that is announced where there must be none, and the clause.
NO_CONTENT: dict[str, tuple[bytes, str]] = {
    "204 with a length": (b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n", "RFC 9110 section 8.6"),
    "204 in chunks": (b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n", "RFC 9112 section 6.1"),
    "204 in a coding": (b"HTTP/1.1 204 No\r\nTransfer-Encoding: gzip\r\n", "RFC 9112 section 6.1"),
    "100 with a length": (
        b"HTTP/1.1 100 Go\r\nA: b\r\nContent-Length: 2\r\n",
        "RFC 9110 section 8.6",
    ),
    "103 in chunks": (_INTERIM + b"transfer-encoding: chunked\r\n", "RFC 9112 section 6.1"),
    "103 with two lengths": (_INTERIM + b"Content-Length: 0, 1\r\n", "RFC 9112 section 6.3"),
    "103 with no length": (_INTERIM + b"content-length: x\r\n", "RFC 9110 section 8.6"),
    "205 with a length": (
        b"HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n",
        "RFC 9110 section 15.3.6",
    ),
}


@pytest.mark.parametrize("kind", NO_CONTENT)
def test_content_where_there_must_be_none(connect: Connect, script: Script, kind: str) -> None:
    head, clause = NO_CONTENT[kind]
    error = _refused(connect, script, head + b"\r\n" + _SIZED)
    assert type(error) is HTTPException
    assert f"({clause})" in str(error)


TUNNELS = {
    "length": b"Content-Length: 2\r\n",
    "chunks": b"Transfer-Encoding: chunked\r\n",
    "both": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "no length": b"Content-Length: x\r\n",
    "chunked with a parameter": b"Transfer-Encoding: chunked;q=1\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("status", [200, 201, 299])
@pytest.mark.parametrize("kind", TUNNELS)
def test_a_tunnel_has_no_body(connect: Connect, script: Script, kind: str, status: int) -> None:
    """RFC 9110 9.3.6: whatever an answer to CONNECT says of its content is ignored."""
    wire = b"HTTP/1.1 %d OK\r\n%b\r\n2\r\nab\r\n0\r\n\r\n" % (status, TUNNELS[kind])
    for style in STYLES:
        script.answers(wire)
        script.answers(_SIZED)
        connection = connect(strict=True)
        connection.request("CONNECT", "origin.example:443")
        response = connection.getresponse()
        assert (response.chunked, response.length, response.will_close) == (False, 0, False)
        assert b"".join(STYLES[style](response)) == b"", style
        before = script.opened
        assert _exchange(connection) == b"ab"
        assert script.opened == before + 1  # what follows in a tunnel is no HTTP


def test_a_tunnel_that_is_refused_has_a_body(connect: Connect, script: Script) -> None:
    script.answers(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nab")
    connection = connect(strict=True)
    connection.request("CONNECT", "origin.example:443")
    assert connection.getresponse().read() == b"ab"


SWITCH = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"


def test_a_switch_that_nobody_asked_for(connect: Connect, script: Script) -> None:
    assert "(RFC 9110 section 7.8)" in str(_refused(connect, script, SWITCH))
    assert "(RFC 9110 section 7.8)" in str(_refused(connect, script, _INTERIM + b"\r\n" + SWITCH))


def test_whether_a_request_asks_for_a_switch(implementation: str) -> None:
    asks = load_package(implementation)._http.strict.asks_upgrade
    for names in (["A", "Upgrade"], [b"upgrade"], {"uPGRADE": "x"}, ["\xe9", b"\xe9", "UPGRADE"]):
        assert asks(names)
    for names in ([], ["Upgrades"], [b"Connection"], {"A": "Upgrade"}):
        assert not asks(names)


def test_a_switch_that_was_asked_for(connect: Connect, script: Script) -> None:
    """By request(), on its fast way and by lines, or piece by piece; and for that request alone."""
    for headers in ({"Upgrade": "x"}, {"uPGRADE": "x", "Accept": b"x"}):
        script.answers(SWITCH, SWITCH)
        connection = connect(strict=True)
        connection.request("GET", "/", headers=headers)
        response = connection.getresponse()
        assert (response.status, response.read()) == (101, b"")
        connection.request("GET", "/")
        with pytest.raises(HTTPException, match=r"RFC 9110 section 7\.8"):
            connection.getresponse()
    for name in ("Upgrade", b"upgrade"):
        script.answers(SWITCH, SWITCH)
        connection = connect(strict=True)
        connection.putrequest("GET", "/")
        connection.putheader(name, "x")
        connection.putheader("A", "b")
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, response.read()) == (101, b"")
        connection.putrequest("GET", "/")
        connection.endheaders()
        with pytest.raises(HTTPException, match=r"RFC 9110 section 7\.8"):
            connection.getresponse()


#: The version, the fields, and whether the connection is not persistent (RFC 9112 9.3, C.2.2).
PERSISTENCE: dict[str, tuple[bytes, bytes, bool]] = {
    "nothing": (b"1.1", b"", False),
    "close": (b"1.1", b"Connection: close\r\n", True),
    "close in a list": (b"1.1", b"Connection: x,CLOSE\t,y\r\n", True),
    "close in the second": (b"1.1", b"Connection: x\r\nConnection: close\r\n", True),
    "another version": (b"1.9", b"Connection: x\r\n", False),
    "what a proxy says": (b"1.1", b"Proxy-Connection: close\r\n", False),
    "1.0": (b"1.0", b"", True),
    "1.0, Keep-Alive alone": (b"1.0", b"Keep-Alive: timeout=5\r\n", True),
    "1.0, Proxy-Connection": (b"1.0", b"Proxy-Connection: keep-alive\r\n", True),
    "1.0, both": (b"1.0", b"Keep-Alive: 1\r\nProxy-Connection: keep-alive\r\n", True),
    "1.0, another option": (b"1.0", b"Connection: Keep-Alive-x\r\nKeep-Alive: x\r\n", True),
    "1.0, keep-alive": (b"1.0", b"Connection: x, Keep-Alive\r\n", False),
    "1.0, and its parameters": (
        b"1.0",
        b"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n",
        False,
    ),
    "1.0, close too": (b"1.0", b"Connection: keep-alive, close\r\n", True),
    "1.0, close in the second": (
        b"1.0",
        b"Connection: keep-alive\r\nConnection: close\r\n",
        True,
    ),
}


@pytest.mark.parametrize("kind", PERSISTENCE)
def test_persistence(connect: Connect, script: Script, kind: str) -> None:
    version, fields, closes = PERSISTENCE[kind]
    rest = b"Content-Length: 2\r\n\r\nab"
    script.answers(b"HTTP/%b 200 OK\r\n%b%b" % (version, fields, rest))
    connection = connect(strict=True)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.will_close, connection.sock is None) == (closes, closes)
    assert response.read() == b"ab"


def test_trailers_decide_nothing(connect: Connect, script: Script) -> None:
    """RFC 9110 6.5.1: they are kept apart from the fields of the head."""
    fields = b"Content-Length: 9\r\nTransfer-Encoding: x;\r\nConnection: close\r\nHost: x\r\n"
    script.answers(_CHUNKED + b"2\r\nab\r\n0\r\n" + fields + b"\r\n")
    connection = connect(strict=True)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.read() == b"ab"
    assert response.getheaders() == [("Transfer-Encoding", "chunked")]
    assert len(response.trailers) == 4
    connection.request("GET", "/")
    script.says(_SIZED)
    assert connection.getresponse().read() == b"ab"
    assert script.opened == 1


def test_head_has_no_body(connect: Connect, script: Script) -> None:
    for fields in (b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"):
        script.answers(_OK + fields + b"\r\n")
        connection = connect(strict=True)
        connection.request("HEAD", "/")
        assert connection.getresponse().read() == b""


def test_a_coding_in_1_0(connect: Connect, script: Script) -> None:
    wire = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert "(RFC 9112 section 6.1)" in str(_refused(connect, script, wire))


def test_a_status_line_without_an_end(connect: Connect, script: Script) -> None:
    error = _refused(connect, script, b"HTTP/1.1 200 OK")
    assert type(error) is BadStatusLine
    assert "(RFC 9112 section 4)" in str(error)


@pytest.mark.parametrize("kind", CHUNKS)
def test_chunks(connect: Connect, script: Script, kind: str) -> None:
    """In each way of reading; where one call reads it all, `partial` is all the content."""
    wire, content = CHUNKS[kind]
    for style in STYLES:
        error = _refused(connect, script, _CHUNKED + wire, style)
        assert isinstance(error, IncompleteRead), style
        assert type(error).__name__ == "MalformedChunk", style
        assert str(error).endswith("(RFC 9112 section 7.1)"), style
        if style in ("read", "read(None)", "read(100000)", "readinto(100000)"):
            assert error.partial == content, style


@pytest.mark.parametrize("style", STYLES)
def test_a_body_that_is_cut_off(connect: Connect, script: Script, style: str) -> None:
    """RFC 9112 8: it is never taken for a whole one."""
    for wire in (_OK + b"Content-Length: 9\r\n\r\na\nbc", _CHUNKED + b"9\r\na\nbc", _CHUNKED):
        script.last_words(wire)
        with pytest.raises(IncompleteRead):
            _exchange(connect(strict=True), style)


@pytest.mark.parametrize("kind", ALLOWED)
def test_what_is_allowed_passes(connect: Connect, script: Script, kind: str) -> None:
    wire, content = ALLOWED[kind]
    for style in STYLES:
        script.last_words(wire)
        assert _exchange(connect(strict=True), style) == content, style


def _outcome(connection: Any) -> Any:
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        head = response.status, response.reason, response.getheaders()
        return head, response.read()
    except HTTPException as error:
        return type(error), error.args


_EVERY = (
    *[
        (line % 200 if b"%d" in line else line) + b"Content-Length: 2\r\n\r\nab"
        for line in STATUS_LINES.values()
    ],
    *[_OK + line + b"Content-Length: 2\r\n\r\nab" for line, _ in FIELDS.values()],
    *[_INTERIM + line + b"\r\n" + _SIZED for line, _ in FIELDS.values()],
    *[_CHUNKED + b"0\r\n" + line + b"\r\n" for line, _ in FIELDS.values()],
    *[_OK + fields + b"\r\n2\r\nab\r\n0\r\n\r\n" for fields, _ in FRAMINGS.values()],
    *[_CHUNKED + body for body, _ in CHUNKS.values()],
    *[head + b"\r\n" + _SIZED for head, _ in NO_CONTENT.values()],
    *[
        b"HTTP/%b 200 OK\r\n%b\r\nab" % (version, fields)
        for version, fields, _ in PERSISTENCE.values()
    ],
    *[_OK + fields + b"\r\n2\r\nab\r\n0\r\n\r\n" for fields in TUNNELS.values()],
    SWITCH,
)


def test_without_it_all_of_that_is_as_in_http_client(connect: Connect, script: Script) -> None:
    """With another setting as well, which takes the same way through the code as `strict`."""
    for wire in _EVERY:
        seen = []
        for make in (lambda: script.connection(oracle), connect, lambda: connect(idle_timeout=60)):
            script.last_words(wire)
            seen.append(_outcome(make()))  # type: ignore[no-untyped-call]
        assert seen[1:] == seen[:1] * 2, wire
