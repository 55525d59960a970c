"""The status line and the headers of a response: what is understood, and what is an error."""

from __future__ import annotations

import email.message
import http.client
import io
import platform
from http.client import BadStatusLine, LineTooLong, RemoteDisconnected, UnknownProtocol
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery
from ..response_observer import head_of, observe, without_blank_line

_HEAD = b"HTTP/1.1 200 OK\r\n"

STATUS_LINES = {
    b"HTTP/1.1 200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 200 OK\n": (11, 200, "OK"),
    b"HTTP/1.1 200 OK": (11, 200, "OK"),
    b"HTTP/1.1 200\r\n": (11, 200, ""),
    b"HTTP/1.1 200 \r\n": (11, 200, ""),
    b"HTTP/1.1 200": (11, 200, ""),
    b"HTTP/1.1  200\t  Very   OK \t\r\n": (11, 200, "Very   OK"),
    b" HTTP/1.1 200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 200 \xa0caf\xe9\x85\r\n": (11, 200, "caf\xe9"),
    b"HTTP/1.1\x0b200\x0cOK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 200\xa0\r\n": (11, 200, ""),
    b"HTTP/1.1 200 a\0b\r\n": (11, 200, "a\0b"),
    b"HTTP/1.1 200 a\rb\r\n": (11, 200, "a\rb"),
    b"HTTP/1.1 0200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 +200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 2_0_0 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1 999 OK\r\n": (11, 999, "OK"),
    b"HTTP/1.0 200 OK\r\n": (10, 200, "OK"),
    b"HTTP/0.9 200 OK\r\n": (10, 200, "OK"),
    b"HTTP/1.2 200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1. 200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.1.1 200 OK\r\n": (11, 200, "OK"),
    b"HTTP/1.0x 200 OK\r\n": (11, 200, "OK"),
}


@pytest.mark.parametrize("line", STATUS_LINES)
def test_status_lines(every_client: ModuleType, deliver: Delivery, line: bytes) -> None:
    wire = line + b"A: b\r\n\r\n" if line.endswith(b"\n") else line
    response = deliver(every_client, wire)
    assert (response.version, response.status, response.reason) == STATUS_LINES[line]
    assert response.code == response.getcode() == response.status


@pytest.mark.parametrize("blank", ["\x0b", "\x0c", *"\x1c\x1d\x1e\x1f", "\x85", "\xa0"], ids=repr)
def test_blanks_of_a_status_line(every_client: ModuleType, deliver: Delivery, blank: str) -> None:
    """They are those of `str.split()`, of which PyPy knows fewer in a text that is all ASCII."""
    line = f"HTTP/1.1{blank}200{blank}OK\r\n"
    if len(line.split()) == 1:
        assert platform.python_implementation() == "PyPy"
        with pytest.raises(BadStatusLine):
            deliver(every_client, line.encode("latin-1"))
        return
    response = deliver(every_client, line.encode("latin-1") + b"A: b\r\n\r\n")
    assert (response.version, response.status, response.reason) == (11, 200, "OK")


BAD_STATUS_LINES: dict[bytes, tuple[type[Exception], tuple[Any, ...]]] = {
    b"": (RemoteDisconnected, ("Remote end closed connection without response",)),
    b"\r\n": (BadStatusLine, ("\r\n",)),
    b"\n": (BadStatusLine, ("\n",)),
    b"HTTP/1.1\r\n": (BadStatusLine, ("HTTP/1.1\r\n",)),
    b"HTTP/1.1": (BadStatusLine, ("HTTP/1.1",)),
    b"HTTP/1.1 2": (BadStatusLine, ("HTTP/1.1 2",)),
    b"HTTP/1.1 OK\r\n": (BadStatusLine, ("HTTP/1.1 OK\r\n",)),
    b"HTTP/1.1 99 OK\r\n": (BadStatusLine, ("HTTP/1.1 99 OK\r\n",)),
    b"HTTP/1.1 099 OK\r\n": (BadStatusLine, ("HTTP/1.1 099 OK\r\n",)),
    b"HTTP/1.1 1000 OK\r\n": (BadStatusLine, ("HTTP/1.1 1000 OK\r\n",)),
    b"HTTP/1.1 -200 OK\r\n": (BadStatusLine, ("HTTP/1.1 -200 OK\r\n",)),
    b"HTTP/1.1 2 0 0\r\n": (BadStatusLine, ("HTTP/1.1 2 0 0\r\n",)),
    b"HTTP/1.1 200.0 OK\r\n": (BadStatusLine, ("HTTP/1.1 200.0 OK\r\n",)),
    b"HTTP/1.1 200OK\r\n": (BadStatusLine, ("HTTP/1.1 200OK\r\n",)),
    # A space to str.split(), but none to int().
    b"HTTP/1.1 200\x1c\r\n": (BadStatusLine, ("HTTP/1.1 200\x1c\r\n",)),
    b"http/1.1 200 OK\r\n": (BadStatusLine, ("http/1.1 200 OK\r\n",)),
    b"HTTP 1.1 200 OK\r\n": (BadStatusLine, ("HTTP 1.1 200 OK\r\n",)),
    b"ICY 200 OK\r\n": (BadStatusLine, ("ICY 200 OK\r\n",)),
    b"<html>\r\n": (BadStatusLine, ("<html>\r\n",)),
    b"\x16\x03\x01\x02\x00\n": (BadStatusLine, ("\x16\x03\x01\x02\x00\n",)),
    b"HTTP/2 200 OK\r\n": (UnknownProtocol, ("HTTP/2",)),
    b"HTTP/2.0 200 OK\r\n": (UnknownProtocol, ("HTTP/2.0",)),
    b"HTTP/ 200 OK\r\n": (UnknownProtocol, ("HTTP/",)),
    b"HTTP/11 200 OK\r\n": (UnknownProtocol, ("HTTP/11",)),
    b"HTTP/1.1" + b" " * 70_000: (
        LineTooLong,
        ("got more than 65536 bytes when reading status line",),
    ),
    b"HTTP/1.1 200 " + b"x" * 65_530 + b"\r\n": (
        LineTooLong,
        ("got more than 65536 bytes when reading status line",),
    ),
}


@pytest.mark.parametrize("line", BAD_STATUS_LINES, ids=lambda line: repr(line[:20]))
def test_bad_status_lines(every_client: ModuleType, deliver: Delivery, line: bytes) -> None:
    expected, args = BAD_STATUS_LINES[line]
    with pytest.raises(expected) as caught:
        deliver(every_client, line + b"A: b\r\n\r\n" if line.endswith(b"\n") else line)
    assert type(caught.value) is expected
    assert caught.value.args == args


def test_a_disconnection_is_a_connection_error_with_an_empty_line(
    every_client: ModuleType, deliver: Delivery
) -> None:
    """urllib3 and botocore retry on it."""
    with pytest.raises(ConnectionResetError) as caught:
        deliver(every_client, b"")
    assert isinstance(caught.value, BadStatusLine)
    assert caught.value.line == "''"


def test_what_is_no_http_closes_the_response(every_client: ModuleType, deliver: Delivery) -> None:
    for line, closed in ((b"ICY 200 OK\r\n", True), (b"HTTP/1.1 OK\r\n", False)):
        response = deliver.response(every_client, line)
        with pytest.raises(BadStatusLine):
            response.begin()
        assert response.isclosed() is closed


@pytest.mark.parametrize("length", [65_536, 65_537])
def test_the_greatest_line(every_client: ModuleType, deliver: Delivery, length: int) -> None:
    """65,536 bytes with its end, for a status line and for a header."""
    lines = (
        b"HTTP/1.1 200 " + b"x" * (length - 15) + b"\r\n\r\n",
        _HEAD + b"A: " + b"x" * (length - 5) + b"\r\n\r\n",
        _HEAD + b"A: b\r\n " + b"x" * (length - 3) + b"\r\n\r\n",
    )
    for wire, kind in zip(lines, ("status line", "header line", "header line"), strict=True):
        if length == 65_536:
            assert deliver(every_client, wire).status == 200
        else:
            with pytest.raises(LineTooLong, match=f"more than 65536 bytes when reading {kind}"):
                deliver(every_client, wire)


#: Header blocks that are of the plain form, or not quite, or not at all.
BLOCKS = {
    "none": b"",
    "one": b"A: b\r\n",
    "blanks around a value": b"A: \t b \t\r\nC:d\r\nE:\r\nF: \r\n",
    "colons": b"A: b: c\r\nD::e\r\n",
    "repeated": b"A: 1\r\na: 2\r\nA: 3\r\n",
    "Latin-1": b"A: caf\xe9 \xff\x80\x85\xa0\r\n",
    "folded": b"A: b\r\n c\r\n\td\r\nE: f\r\n",
    "folded at once": b"A:\r\n b\r\n",
    "folded, empty": b"A: b\r\n \r\nC: d\r\n",
    "folded before any": b" A: b\r\nC: d\r\n",
    "a space before the colon": b"A : b\r\nC: d\r\n",
    "no name": b": b\r\nC: d\r\n",
    "no colon": b"A: b\r\nno colon\r\nC: d\r\n",
    "no colon at first": b"no colon\r\nC: d\r\n",
    "a From line": b"From me Thu\r\nA: b\r\n",
    "a From line later": b"A: b\r\nFrom me Thu\r\nC: d\r\n",
    "a From header": b"From: me\r\n",
    "LF": b"A: b\nC: d\n",
    "CR in a value": b"A: b\rC: d\r\n",
    "CR CR LF": b"A: b\r\r\nC: d\r\n",
    "CR at the end of a name": b"A\r: b\r\n",
    "NUL": b"A: b\0c\r\nD\0: e\r\n",
    "controls": b"A: \x01\x0b\x0c\x1c\x1d\x1e\x7f\r\nB: c\r\n",
    "Latin-1 in a name": b"\xe9: b\r\nC: d\r\n",
    "odd names": b'(A): b\r\nC/D: e\r\nF=G: h\r\n"I": j\r\n',
    "multipart": b"Content-Type: multipart/mixed; boundary=x\r\nA: b\r\n",
    "multipart without a boundary": b"Content-Type: multipart/mixed\r\n",
    "multipart in other letters": b"content-TYPE: MultiPart/Mixed; Boundary=x\r\n",
    "multipart, encoded": b"Content-Type: multipart/x\r\nContent-Transfer-Encoding: gzip\r\n",
    "a message": b"Content-Type: message/http\r\n",
    "a delivery status": b"Content-Type: message/delivery-status\r\n",
    "a partial message": b"Content-Type: message/partial\r\n",
    "multipart, of two": b"Content-Type: text/plain\r\nContent-Type: multipart/mixed\r\n",
    "a charset": b"Content-Type: text/html; charset=UTF-8\r\n",
    "an unknown charset": b'Content-Type: text/html; charset="x-y"\r\n',
    "encoded words": b"A: =?utf-8?q?caf=C3=A9?=\r\n",
    "ninety-nine": b"".join(b"X-%d: y\r\n" % n for n in range(99)),
    "a long one": b"A: " + b"x" * 65_000 + b"\r\n",
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_header_blocks_are_those_of_the_stdlib(
    client: ModuleType, deliver: Delivery, kind: str
) -> None:
    """Fields, defects, payload, joined values, and where the body begins."""
    wire = _HEAD + BLOCKS[kind] + b"\r\nbody"
    got = observe(deliver, client, wire)
    expected = observe(deliver, http.client, wire)
    assert got == without_blank_line(expected, got)


@pytest.mark.parametrize("kind", BLOCKS)
def test_header_blocks_cut_off_are_those_of_the_stdlib(
    client: ModuleType, deliver: Delivery, kind: str
) -> None:
    """The end of the stream ends the headers."""
    for cut in (1, 2, 3, 5):
        wire = (_HEAD + BLOCKS[kind])[:-cut]
        got = observe(deliver, client, wire)
        expected = observe(deliver, http.client, wire)
        assert got == expected


def test_defects_and_payload(newest_client: ModuleType, deliver: Delivery) -> None:
    """Spelt out: the lines behind one that is none are the payload."""
    response = deliver(newest_client, _HEAD + b"A: b\r\nno colon\r\nC: d\r\n\r\nbody")
    headers = response.headers
    assert headers.items() == [("A", "b")]
    assert [type(defect).__name__ for defect in headers.defects] == [
        "MissingHeaderBodySeparatorDefect"
    ]
    assert headers.get_payload() == "no colon\r\nC: d\r\n"
    assert response.read() == b"body"


def test_headers_are_an_http_message(every_client: ModuleType, deliver: Delivery) -> None:
    for block in (b"A: b\r\n", b"A: b\r\n c\r\n"):
        headers = deliver(every_client, _HEAD + block + b"\r\n").headers
        assert type(headers) is http.client.HTTPMessage
        assert isinstance(headers, email.message.Message)
        assert headers.get_payload() == ""
        assert headers.is_multipart() is False
        assert bytes(headers).startswith(b"A: b")


def test_interim_responses_are_skipped(every_client: ModuleType, deliver: Delivery) -> None:
    wire = (
        b"HTTP/1.1 100 Continue\r\nA: interim\r\n\r\n"
        b"HTTP/1.0 100\r\n\r\n"
        b"HTTP/1.1 201 Made\r\nB: final\r\nContent-Length: 1\r\n\r\nx"
    )
    response = deliver(every_client, wire)
    assert (response.status, response.getheaders()[0]) == (201, ("B", "final"))
    assert response.read() == b"x"


@pytest.mark.parametrize("count", [99, 100])
def test_interim_responses_have_a_limit(
    newest_client: ModuleType, deliver: Delivery, count: int
) -> None:
    wire = b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" * count + _HEAD + b"\r\n"
    if count < 100:
        assert deliver(newest_client, wire).status == 200
    else:
        with pytest.raises(
            http.client.HTTPException, match=r"^got more than 100 interim responses$"
        ):
            deliver(newest_client, wire)


@pytest.mark.parametrize("limit", [None, 0, 1, 5, 100, 120, 128, 129, 200])
@pytest.mark.parametrize("folded", [False, True])
def test_the_number_of_headers_has_a_limit(
    newest_client: ModuleType, deliver: Delivery, limit: int | None, folded: bool
) -> None:
    """100, or as begin() is told; lines are counted, those of a folded header too."""
    most = 100 if limit is None else limit
    for count in {max(most - 1, 0), most, most + 1}:
        lines = [b"X-%d: y\r\n" % n for n in range(count)]
        if folded and count > 1:
            lines[-1] = b" folded\r\n"
        wire = _HEAD + b"".join(lines) + b"\r\n"
        if count <= most:
            response = deliver(newest_client, wire, max_headers=limit)
            assert len(response.headers) == count - (folded and count > 1)
        else:
            with pytest.raises(http.client.HTTPException) as caught:
                deliver(newest_client, wire, max_headers=limit)
            assert type(caught.value) is http.client.HTTPException
            assert caught.value.args == (f"got more than {most} headers",)


def test_max_response_headers_of_a_connection(newest_client: ModuleType) -> None:
    class Sock:
        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(_HEAD + b"A: b\r\n" * 3 + b"\r\n")

        def sendall(self, data: bytes) -> None: ...

        def close(self) -> None: ...

    for limit, accepted in ((None, True), (3, True), (2, False), (10**30, True)):
        connection = newest_client.HTTPConnection("example.org", max_response_headers=limit)
        assert connection.max_response_headers == limit
        connection.sock = Sock()
        connection.request("GET", "/")
        if accepted:
            assert len(connection.getresponse().headers) == 3
        else:
            with pytest.raises(http.client.HTTPException, match="got more than 2 headers"):
                connection.getresponse()
        connection.close()


def test_begin_twice_reads_once(every_client: ModuleType, deliver: Delivery) -> None:
    wire = _HEAD + b"A: b\r\n\r\nHTTP/1.1 404 Second\r\n\r\n"
    response = deliver(every_client, wire)
    response.begin()
    assert response.status == 200
    seen = head_of(response)
    response.begin()
    assert head_of(response) == seen


def test_before_begin_all_is_unknown(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver.response(every_client, _HEAD + b"\r\n", method="PUT")
    assert response.headers is None
    assert response.msg is None
    assert response.info() is None
    for name in ("version", "status", "reason", "chunked", "chunk_left", "length", "will_close"):
        assert getattr(response, name) == "UNKNOWN"
    assert response.debuglevel == 0
    assert response._method == "PUT"
    assert not hasattr(response, "code")
    assert not hasattr(response, "url")
    assert not response.isclosed()
    assert not response.closed
    for use in (response.getheaders, lambda: response.getheader("A")):
        with pytest.raises(http.client.ResponseNotReady):
            use()


def test_a_url_is_whatever_urllib_puts_there(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver(every_client, _HEAD + b"\r\n")
    with pytest.raises(AttributeError):
        response.geturl()
    response.url = "http://example.org/"
    assert response.geturl() == "http://example.org/"
