"""What `fasthttp.incoming` promises beside what it makes of bytes, which test_same.py compares."""

from __future__ import annotations

import array
import gc
import http.client
import sys
import traceback
import weakref
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_WHOLE = _CHUNKED + b"2\r\nok\r\n0\r\nA: b\r\n\r\n"


@pytest.fixture
def incoming(implementation: str) -> Any:
    return load_package(implementation).incoming


@pytest.fixture
def parser_of(incoming: Any) -> Callable[..., Any]:
    """`parser_of(wire, **arguments)`: a parser, fed with these bytes."""

    def make(wire: bytes = b"", method: str | None = "GET", **given: Any) -> Any:
        parser = incoming.ResponseParser(method, **given)
        parser.feed(wire)
        return parser

    return make


Make = Callable[..., Any]


def _fed_by(parser: Any, wire: bytes, size: int) -> bytes:
    """Feed pieces of a size. Return the content."""
    return b"".join(parser.feed(wire[at : at + size]) for at in range(0, len(wire), size))


def _bytewise(parser: Any, wire: bytes) -> bytes:
    return _fed_by(parser, wire, 1)


# ---------------------------------------------------------------------- errors

BROKEN: dict[str, tuple[bytes, type[Exception]]] = {
    "no status line": (b"ICY 200\r\n", http.client.BadStatusLine),
    "version": (b"HTTP/3 200 OK\r\n", http.client.UnknownProtocol),
    "long line": (_OK + b"A: " + b"b" * 70000, http.client.LineTooLong),
    "many fields": (_OK + b"A: b\r\n" * 101, http.client.HTTPException),
    "size": (_CHUNKED + b"zz\r\n", http.client.IncompleteRead),
    "trailer": (_CHUNKED + b"0\r\nA: " + b"b" * 70000, http.client.LineTooLong),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("pieces", ["whole", "byte by byte"])
def test_an_error_is_raised_again(parser_of: Make, kind: str, pieces: str) -> None:
    wire, expected = BROKEN[kind]
    parser = parser_of()
    assert parser.error is None
    with pytest.raises(expected) as first:
        parser.feed(wire) if pieces == "whole" else _bytewise(parser, wire)
    assert parser.error is first.value
    seen = parser.head, parser.leftover, parser.skipped_lines, parser.trailers.items()
    depths = []
    for _ in range(3):
        for call in (lambda: parser.feed(_SIZED), lambda: parser.feed(b""), parser.eof):
            with pytest.raises(expected) as again:
                call()
            assert again.value is first.value
            depths.append(len(traceback.extract_tb(again.value.__traceback__)))
    assert len(set(depths[::3])) == 1, "its traceback grows"
    assert not parser.ended
    assert not parser.can_reuse
    assert (parser.head, parser.leftover, parser.skipped_lines, parser.trailers.items()) == seen


def test_an_error_at_the_end_is_raised_again(parser_of: Make) -> None:
    for wire, expected in (
        (b"", http.client.RemoteDisconnected),
        (b"HTTP/1.1 103 E\r\n\r\n", http.client.RemoteDisconnected),
        (_SIZED[:-1], http.client.IncompleteRead),
        (_WHOLE[: len(_CHUNKED) + 4], http.client.IncompleteRead),
    ):
        parser = parser_of(wire)
        with pytest.raises(expected) as first:
            parser.eof()
        for call in (parser.eof, lambda parser=parser: parser.feed(b"k")):
            with pytest.raises(expected) as again:
                call()
            assert again.value is first.value


def test_the_content_of_a_call_is_in_its_error(parser_of: Make) -> None:
    parser = parser_of(_CHUNKED)
    assert parser.feed(b"3\r\nabc\r\n") == b"abc"
    with pytest.raises(http.client.IncompleteRead) as caught:
        parser.feed(b"3\r\ndef\r\n2;x\r\ngh\r\nno size\r\n")
    assert caught.value.partial == b"defgh"
    assert parser.content_of_error == b"defgh"
    assert parser.error is caught.value


def test_the_content_of_a_call_that_fails_behind_it(parser_of: Make) -> None:
    parser = parser_of(_CHUNKED)
    assert parser.feed(b"3\r\nabc\r\n") == b"abc"
    assert parser.content_of_error == b""
    for wire in (b"3\r\ndef\r\n0\r\nA: " + b"b" * 70000, b"more"):
        with pytest.raises(http.client.LineTooLong):
            parser.feed(wire)
        assert parser.content_of_error == b"def"


@pytest.mark.parametrize("error", [ValueError("mine"), http.client.HTTPException("x"), OSError()])
def test_what_the_callback_raises(parser_of: Make, error: Exception) -> None:
    def refuse(*_: object) -> None:
        raise error

    parser = parser_of(b"HTTP/1.1 103 E\r\n", on_informational=refuse)
    for call in (lambda: parser.feed(b"\r\n" + _SIZED), lambda: parser.feed(_SIZED), parser.eof):
        with pytest.raises(type(error)) as caught:
            call()
        assert caught.value is error
    assert parser.head is None


def test_an_interrupted_call(parser_of: Make) -> None:
    """What is no Exception is not raised again, but the parser is of no more use."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    parser = parser_of(on_informational=interrupt)
    with pytest.raises(KeyboardInterrupt):
        parser.feed(b"HTTP/1.1 103 E\r\n\r\n")
    for call in (lambda: parser.feed(_SIZED), parser.eof):
        with pytest.raises(
            http.client.HTTPException, match=r"^a call of the parser was interrupted"
        ):
            call()


@pytest.mark.parametrize("call", ["feed", "eof"])
def test_a_callback_that_calls_the_parser(parser_of: Make, call: str) -> None:
    def again(*_: object) -> None:
        parser.eof() if call == "eof" else parser.feed(b"A: b\r\n")

    parser = parser_of(on_informational=again)
    with pytest.raises(http.client.HTTPException, match="called by its own on_informational"):
        parser.feed(b"HTTP/1.1 103 E\r\n\r\n" + _SIZED)


# ------------------------------------------------------------------- arguments


def test_arguments_are_checked_as_those_of_a_connection(implementation: str, incoming: Any) -> None:
    connection = load_package(implementation).client.HTTPConnection
    for wrong in (
        {"strict": True, "skip_bad_lines": True},
        {"on_informational": 1},
        {"max_head_bytes": "100"},
        {"max_head_bytes": 1.5},
        {"max_head_bytes": True},
        {"max_head_bytes": 0},
        {"max_head_bytes": -1},
    ):
        with pytest.raises((TypeError, ValueError)) as expected:
            connection("h.invalid", **wrong)
        with pytest.raises((TypeError, ValueError)) as got:
            incoming.ResponseParser(**wrong)
        assert (got.type, str(got.value)) == (expected.type, str(expected.value)), wrong


@pytest.mark.parametrize("method", [b"HEAD", 1, ["GET"]])
def test_a_method_is_text(incoming: Any, method: Any) -> None:
    """b"HEAD" would be taken for none, and what follows for content."""
    with pytest.raises(TypeError, match=r"^method must be a str or None, not "):
        incoming.ResponseParser(method)


def test_options_are_by_keyword(incoming: Any) -> None:
    with pytest.raises(TypeError):
        incoming.ResponseParser("GET", 100)


@pytest.mark.parametrize("limit", ["100", 2.5, None])
def test_a_limit_of_a_wrong_type(incoming: Any, limit: Any, monkeypatch: Any) -> None:
    """As in HTTPResponse, for both codecs: what can be compared with a number is a limit."""
    monkeypatch.setattr(http.client, "_MAXHEADERS", limit)
    parser = incoming.ResponseParser()
    kind = http.client.HTTPException if isinstance(limit, float) else TypeError
    with pytest.raises(kind) as caught:
        parser.feed(_OK + b"A: b\r\n" * 3 + b"\r\n")
    with pytest.raises(kind) as again:
        parser.feed(b"")
    assert again.value is caught.value


# ------------------------------------------------------------- what it is fed


def _strided(wire: bytes) -> memoryview:
    doubled = bytearray(2 * len(wire))
    doubled[::2] = wire
    return memoryview(doubled)[::2]


KINDS: dict[str, Callable[[bytes], Any]] = {
    "bytearray": bytearray,
    "memoryview": memoryview,
    "of a bytearray": lambda wire: memoryview(bytearray(wire)),
    "not contiguous": _strided,
    "backwards": lambda wire: memoryview(wire[::-1])[::-1],
    "a subclass": type("Bytes", (bytes,), {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_bytes(parser_of: Make, kind: str) -> None:
    parser = parser_of()
    content = b"".join(parser.feed(KINDS[kind](part)) for part in (_WHOLE[:60], _WHOLE[60:]))
    assert type(content) is bytes
    assert content == b"ok"
    assert parser.trailers.items() == [("A", "b")]
    assert parser.can_reuse


def test_items_of_several_bytes(parser_of: Make) -> None:
    """Their bytes, as they lie in memory."""
    wire = _SIZED + b"k" * (len(_SIZED) % 2)
    for data in (array.array("H", wire), memoryview(array.array("H", wire))):
        parser = parser_of()
        assert parser.feed(data) == b"ok"
        assert parser.leftover == wire[len(_SIZED) :]


@pytest.mark.parametrize("wrong", ["text", 5, None, [72], object()])
def test_what_is_no_bytes(parser_of: Make, wrong: Any) -> None:
    """`bytes(5)` would be five NULs; and a wrong call is no error of the response."""
    parser = parser_of(_SIZED[:-1])
    with pytest.raises(TypeError):
        parser.feed(wrong)
    assert parser.error is None
    assert parser.feed(b"k") == b"k"
    assert parser.can_reuse


def test_a_buffer_is_given_back(parser_of: Make) -> None:
    data = bytearray(_SIZED)
    parser = parser_of()
    assert parser.feed(data) == b"ok"
    data[:] = b"x"  # a BufferError, were it still in use
    data.extend(b"y" * 100)
    assert parser.head.getheader("content-length") == "2"


def test_nothing_is_fed(parser_of: Make) -> None:
    """b"" is not the end of the connection, wherever it comes."""
    parser = parser_of()
    content = b""
    for at in range(len(_WHOLE)):
        assert parser.feed(b"") == parser.feed(bytearray()) == b""
        content += parser.feed(_WHOLE[at : at + 1])
    assert parser.feed(b"") == b""
    assert content == b"ok"
    assert parser.can_reuse


# ----------------------------------------------------------------------- ends


@pytest.mark.parametrize("wire", [_SIZED, _WHOLE, _OK + b"Content-Length: 0\r\n\r\n"])
def test_feeding_behind_the_end(parser_of: Make, wire: bytes) -> None:
    parser = parser_of(wire)
    assert parser.ended
    assert parser.can_reuse
    assert parser.leftover == b""
    assert parser.feed(b"HTTP/1.1") == b""
    assert not parser.can_reuse
    assert parser.feed(b" 500") == b""
    assert parser.leftover == b"HTTP/1.1 500"
    assert parser.head.status == 200
    assert parser.eof() == b""
    assert parser.ended


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_leftover(parser_of: Make, size: int) -> None:
    wire = _WHOLE + b"HTTP/1.1 200 Evil\r\n\r\n"
    parser = parser_of()
    content = _fed_by(parser, wire, size)
    assert content == b"ok"
    assert parser.leftover == b"HTTP/1.1 200 Evil\r\n\r\n"
    assert type(parser.leftover) is bytes
    assert not parser.can_reuse


def test_the_end_of_the_connection_twice(parser_of: Make) -> None:
    for wire in (_OK + b"\r\nuntil the end", _SIZED, _CHUNKED + b"0\r\n", _OK + b"\r\n"):
        parser = parser_of(wire)
        for _ in range(2):
            assert parser.eof() == b""
            assert parser.ended
            assert not parser.can_reuse


def test_a_connection_that_has_ended_serves_nobody(parser_of: Make) -> None:
    parser = parser_of(_SIZED)
    assert parser.can_reuse
    parser.eof()
    assert not parser.can_reuse
    assert not parser.will_close
    assert parser.is_clear


def test_nothing_has_come(parser_of: Make) -> None:
    parser = parser_of()
    assert parser.head is None
    assert (parser.chunked, parser.length, parser.will_close) == (False, None, False)
    assert (parser.ended, parser.can_reuse, parser.is_clear) == (False, False, True)
    assert (parser.leftover, parser.skipped_lines, parser.trailers.items()) == (b"", [], [])
    assert parser.error is None
    with pytest.raises(http.client.RemoteDisconnected):
        parser.eof()


# -------------------------------------------------------------------- methods


def test_head(parser_of: Make) -> None:
    for wire in (_SIZED[:-2], _CHUNKED, _OK + b"\r\n"):
        parser = parser_of(wire, "HEAD")
        assert parser.ended
        assert parser.can_reuse
        assert parser.length == 0
    assert parser_of(_SIZED, "HEAD").leftover == b"ok"
    assert not parser_of(_SIZED, "head").leftover, "methods have a case"


@pytest.mark.parametrize("method", [None, "GET", "POST", "get"])
def test_methods_that_say_nothing(parser_of: Make, method: str | None) -> None:
    parser = parser_of(_SIZED, method)
    assert parser.method == method
    assert parser.can_reuse
    assert parser.leftover == b""


def test_connect(parser_of: Make) -> None:
    """Lenient, it has a body as http.client reads one; strict, what follows is the tunnel's. The
    connection serves no other request either way.
    """
    lenient = parser_of(_SIZED, "CONNECT")
    assert (lenient.ended, lenient.leftover, lenient.can_reuse) == (True, b"", False)
    strict = parser_of(_SIZED, "CONNECT", strict=True)
    assert (strict.ended, strict.leftover, strict.can_reuse) == (True, b"ok", False)
    strict = parser_of(_OK + b"\r\n", "CONNECT", strict=True)
    assert (strict.ended, strict.leftover, strict.can_reuse) == (True, b"", False)
    refused = parser_of(_SIZED.replace(b"200", b"407"), "CONNECT", strict=True)
    assert (refused.ended, refused.leftover) == (True, b"")


def test_another_protocol(parser_of: Make) -> None:
    wire = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nits bytes"
    for given in ({}, {"strict": True, "asked_upgrade": True}, {"asked_upgrade": True}):
        parser = parser_of(wire, **given)
        assert parser.head.status == 101
        assert (parser.ended, parser.can_reuse, parser.leftover) == (True, False, b"its bytes")
    with pytest.raises(http.client.HTTPException, match="101 without Upgrade"):
        parser_of(wire, strict=True)


# ----------------------------------------------------------- what it tells of


def test_framing(parser_of: Make) -> None:
    for fields, told in (
        (b"Content-Length: 9\r\n", (False, 9, False)),
        (b"Transfer-Encoding: chunked\r\n", (True, None, False)),
        (b"Content-Length: 9\r\nConnection: close\r\n", (False, 9, True)),
        (b"", (False, None, True)),
    ):
        parser = parser_of(_OK + fields)
        assert (parser.chunked, parser.length, parser.will_close) == (False, None, False)
        parser.feed(b"\r\n")
        assert (parser.chunked, parser.length, parser.will_close) == told
    parser.feed(b"abc")
    parser.eof()
    assert (parser.chunked, parser.length, parser.will_close) == told


def test_length_does_not_count_down(parser_of: Make) -> None:
    parser = parser_of(_SIZED[:-1])
    assert parser.length == 2
    parser.feed(b"k")
    assert parser.length == 2


@pytest.mark.parametrize(
    "wire",
    [
        _OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n",
        _OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        _OK + b"no colon\r\nContent-Length: 2\r\n\r\n",
        _OK + b"Content-Length: +2\r\n\r\nok",
        _CHUNKED + b"2\r\nokXX",
        _CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    ],
)
def test_two_readings(parser_of: Make, wire: bytes) -> None:
    parser = parser_of(wire)
    assert not parser.is_clear
    assert not parser.can_reuse
    parser = parser_of()
    _bytewise(parser, wire)
    assert not parser.is_clear


def test_it_is_clear_until_it_is_not(parser_of: Make) -> None:
    parser = parser_of(_CHUNKED + b"2\r\nok\r")
    assert parser.is_clear
    parser.feed(b"x")
    assert not parser.is_clear


def test_trailers(parser_of: Make) -> None:
    parser = parser_of(_WHOLE[:-4])
    assert parser.trailers.items() == []
    parser.feed(_WHOLE[-4:])
    assert parser.trailers.items() == [("A", "b")]
    parser.trailers["C"] = "d"
    assert parser.trailers.items() == [("A", "b")], "a new one each time"
    assert isinstance(parser.trailers, http.client.HTTPMessage)


def test_skipped_lines(parser_of: Make) -> None:
    wire = (
        b"HTTP/1.1 103 E\r\none\r\n\r\n"
        + _CHUNKED[:-2]
        + b"two \r\n folded\r\n\r\n0\r\nthree\r\nA: b\r\n\r\n"
    )
    told: list[Any] = []
    parser = parser_of(
        wire, skip_bad_lines=True, on_informational=lambda *seen: told.append(seen[2].items())
    )
    expected = [b"one\r\n", b"two \r\n", b" folded\r\n", b"three\r\n"]
    assert parser.skipped_lines == expected
    parser.skipped_lines.clear()
    assert parser.skipped_lines == expected, "a list of the caller's"
    assert parser.trailers.items() == [("A", "b")]
    assert told == [[]]
    assert not parser.can_reuse
    assert parser_of(_SIZED, skip_bad_lines=True).skipped_lines == []


def test_informational(parser_of: Make) -> None:
    told: list[Any] = []
    wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103  Early \r\nLink: a\r\nLink: b\r\n\r\n"
    parser = parser_of(on_informational=lambda *seen: told.append(seen))
    _bytewise(parser, wire)
    assert parser.head is None
    assert [seen[:2] for seen in told] == [(100, "Continue"), (103, "Early")]
    assert all(isinstance(seen[2], http.client.HTTPMessage) for seen in told)
    assert told[1][2].get_all("link") == ["a", "b"]
    assert parser.feed(_SIZED) == b"ok"
    assert parser.can_reuse


# ----------------------------------------------------------------------- heads

_PLAIN = (
    b"HTTP/1.0 404 Not  Found\r\nSet-Cookie: a\r\n"
    b"Empty:\r\nset-cookie:  b\xe9 \r\nContent-Length: 0\r\n\r\n"
)


@pytest.mark.parametrize("way", ["whole", "byte by byte"])
def test_head_of_a_response(parser_of: Make, way: str) -> None:
    """The same, whether the codec takes it whole or it is read by lines. White space behind a value
    is kept in text, as http.client keeps it.
    """
    parser = parser_of()
    parser.feed(_PLAIN) if way == "whole" else _bytewise(parser, _PLAIN)
    head = parser.head
    assert (head.version, head.status, head.reason) == (10, 404, "Not  Found")
    assert head.raw_headers == [
        (b"Set-Cookie", b"a"),
        (b"Empty", b""),
        (b"set-cookie", b"b\xe9"),
        (b"Content-Length", b"0"),
    ]
    assert head.getheader("SET-COOKIE") == "a, bé "
    assert head.getheader("empty") == ""
    assert head.getheader("absent") is None
    assert head.getheader("absent", "-") == "-"
    assert isinstance(head.headers, http.client.HTTPMessage)
    assert head.headers is head.headers
    assert head.headers.get_all("set-cookie") == ["a", "bé "]
    assert head.getheader("set-cookie") == "a, bé ", "with the message made"
    assert repr(head) == "<ResponseHead 404 Not  Found>"


@pytest.mark.parametrize("way", ["whole", "byte by byte"])
def test_names_that_are_no_text(parser_of: Make, way: str) -> None:
    """No field has such a name, as in an HTTPMessage."""
    parser = parser_of()
    parser.feed(_PLAIN) if way == "whole" else _bytewise(parser, _PLAIN)
    assert parser.head.getheader(b"set-cookie", "-") == "-"
    assert parser.head.getheader(type("Text", (str,), {})("set-cookie")) == "a, bé "


@pytest.mark.parametrize("way", ["whole", "byte by byte"])
def test_a_message_that_is_changed(parser_of: Make, way: str) -> None:
    """`getheader` looks where `headers` is; what was sent stays."""
    parser = parser_of()
    parser.feed(_PLAIN) if way == "whole" else _bytewise(parser, _PLAIN)
    del parser.head.headers["set-cookie"]
    parser.head.headers["New"] = "1"
    assert parser.head.getheader("set-cookie") is None
    assert parser.head.getheader("new") == "1"
    assert parser.head.raw_headers[0] == (b"Set-Cookie", b"a")


def test_raw_headers_of_odd_lines(parser_of: Make) -> None:
    parser = parser_of(_OK + b"A: b\r\n c\r\nno colon\r\nD : e\r\n\r\n")
    assert parser.head.raw_headers == [(b"A", b"b\r\n c"), (b"D ", b"e")]
    assert isinstance(parser.head.headers, Message)


# ---------------------------------------------------------------------- limits


@pytest.fixture(params=["http.client", "fasthttp.client"])
def assign(
    request: pytest.FixtureRequest, implementation: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, object], None]:
    """`assign(name, value)`, to `http.client` or to `fasthttp.client`."""
    ours = load_package(implementation).client
    place = http.client if request.param == "http.client" else ours

    def set_there(name: str, value: object) -> None:
        monkeypatch.setattr(place, name, value, raising=False)

    return set_there


def test_the_limits_of_the_moment_it_is_made(parser_of: Make, assign: Any) -> None:
    before = parser_of()
    assign("_MAXLINE", 30)
    within = parser_of()
    assign("_MAXLINE", 40)
    wire = _OK + b"A: " + b"b" * 30 + b"\r\n"
    before.feed(wire)
    with pytest.raises(http.client.LineTooLong, match=r"^got more than 30 bytes when reading head"):
        within.feed(wire)


@pytest.mark.parametrize("way", ["whole", "byte by byte"])
def test_the_limit_of_fields(parser_of: Make, assign: Any, way: str) -> None:
    before = parser_of()
    assign("_MAXHEADERS", 2)
    within, own = parser_of(), parser_of(max_response_headers=3)
    assign("_MAXHEADERS", 1)
    wire = _OK + b"A: b\r\n" * 3 + b"\r\n"
    for parser in (before, own):
        parser.feed(wire) if way == "whole" else _bytewise(parser, wire)
        assert parser.head.status == 200
    with pytest.raises(http.client.HTTPException, match=r"^got more than 2 headers"):
        within.feed(wire) if way == "whole" else _bytewise(within, wire)


def test_the_limit_of_interim_responses(parser_of: Make, assign: Any) -> None:
    assign("_MAXINTERIMRESPONSES", 3)
    parser = parser_of()
    assign("_MAXINTERIMRESPONSES", 1)
    parser.feed(b"HTTP/1.1 103 E\r\n\r\n" * 2)
    with pytest.raises(http.client.HTTPException, match=r"^got more than 3 interim responses"):
        parser.feed(b"HTTP/1.1 103 E\r\n\r\n")


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (b"", "status line"),
        (_OK, "header line"),
        (_CHUNKED, "chunk size"),
        (_CHUNKED + b"0\r\n", "trailer line"),
    ],
)
def test_lines_of_the_limit(parser_of: Make, begin: bytes, what: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(http.client, "_MAXLINE", 50)
    line = {"status line": b"HTTP/1.1 200 ", "chunk size": b"1;"}.get(what, b"A: ")
    right, wrong = (line.ljust(length, b"x") + b"\r\n" for length in (48, 49))
    for cut in (1, 7, 1000):
        _fed_by(parser_of(), begin + right, cut)
        text = f"more than 50 bytes when reading {what}"
        with pytest.raises(http.client.LineTooLong, match=text):
            _fed_by(parser_of(), begin + wrong, cut)


@pytest.mark.parametrize("section", ["headers", "trailers"])
def test_bytes_of_a_section(parser_of: Make, section: str) -> None:
    begin = _OK if section == "headers" else _CHUNKED + b"0\r\n"
    most = max(len(_CHUNKED), 60)
    line = b"A: ".ljust(most // 2 - 2, b"b") + b"\r\n"
    parser = parser_of(begin + line * 2 + b"\r\n", max_head_bytes=most)
    assert parser.head.status == 200
    with pytest.raises(
        http.client.HTTPException, match=f"^got more than {most} bytes of {section}"
    ):
        parser_of(begin + line * 2 + b"A:\r\n\r\n", max_head_bytes=most)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_an_error_names_the_limit(parser_of: Make) -> None:
    for given, noted in (({}, True), ({"max_response_headers": 100}, False)):
        with pytest.raises(http.client.HTTPException) as caught:
            parser_of(_OK + b"A: b\r\n" * 101, **given)
        assert hasattr(caught.value, "__notes__") is noted


# ------------------------------------------------------------- memory and work


_of_cpython = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="counts references, or sizes of objects"
)


def _kept(parser: Any) -> int:
    """Bytes that a parser keeps of what it was fed, the head's fields aside."""
    objects = [getattr(parser, name) for name in type(parser).__slots__ if name != "head"]
    line = parser._line
    objects += [] if line is None else [line._held]
    return sum(sys.getsizeof(o) for o in objects if isinstance(o, (bytes, bytearray, list)))


@_of_cpython
def test_no_buffer_is_held_while_none_is_needed(parser_of: Make) -> None:
    least = _kept(parser_of())
    large = b"x" * 50_000
    for begin, end in (
        (_OK + b"Content-Length: 100000\r\n\r\n", b""),
        (_OK + b"\r\n", b""),
        (_CHUNKED + b"186a0\r\n", b"\r\n0\r\n\r\n"),
        (_CHUNKED + b"186a0;odd\r\n", b"\r\n0\r\n\r\n"),
        (_CHUNKED + b"186a0\r\n", b"\r\n0\r\nA: " + b"b" * 50_000 + b"\r\n\r\n"),
    ):
        parser = parser_of()
        _bytewise(parser, begin)
        assert _kept(parser) <= least + 100, begin
        for _ in range(2):
            assert parser.feed(large) == large
            assert _kept(parser) <= least + 100, begin
        parser.feed(end)
        parser._trailer_lines = ()
        assert _kept(parser) <= least + 100, begin


@_of_cpython
def test_a_long_line_is_let_go(parser_of: Make) -> None:
    least = _kept(parser_of())
    parser = parser_of(_OK + b"A: " + b"b" * 60_000)
    assert _kept(parser) > 60_000
    parser.feed(b"\r\nContent-Length: 2\r\n\r\n")
    assert _kept(parser) <= least + 100
    parser = parser_of(_OK + b"A: " + b"b" * 60_000)
    with pytest.raises(http.client.LineTooLong):
        parser.feed(b"b" * 60_000)
    assert _kept(parser) <= least + 100, "nor is it kept behind an error"


@_of_cpython
def test_what_is_fed_is_not_kept(parser_of: Make) -> None:
    """Content is the very bytes that were fed where they are all content, and no one else's."""
    parser = parser_of(_OK + b"Content-Length: 200000\r\n\r\n")
    data = b"x" * 100_000
    before = sys.getrefcount(data)
    content = parser.feed(data)
    assert content == data
    del content
    assert sys.getrefcount(data) == before


@_of_cpython
def test_a_parser_is_freed_at_once(parser_of: Make) -> None:
    """It is in no cycle, which would keep it until the collector comes."""

    class Callback:
        def __call__(self, *_: object) -> None:
            pass

    gc.disable()
    try:
        for wire in (_WHOLE, b"HTTP/1.1 103 E\r\n\r\n" + _SIZED, _OK + b"A: b\r\n"):
            callback = Callback()
            parser = parser_of(wire, on_informational=callback)
            watched = weakref.ref(callback)
            del callback, parser
            assert watched() is None
    finally:
        gc.enable()


class _Work:
    """What feeding costs: calls of functions, and bytes that the codec is given."""

    def __init__(self, incoming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = self.scanned = 0
        for place, name in (
            (incoming, "parse_head"),
            (incoming, "decode_chunks"),
            (incoming.message, "parse_fields"),
        ):
            monkeypatch.setattr(place, name, self._counted(getattr(place, name)))

    def _counted(self, scan: Any) -> Any:
        def count(data: bytes, *given: Any) -> Any:
            self.scanned += len(data) - (given[3] if len(given) > 3 else 0)
            return scan(data, *given)

        return count

    def __call__(self, parser: Any, pieces: Iterator[bytes]) -> tuple[int, int]:
        """(calls, bytes scanned) for these pieces."""
        self.calls = self.scanned = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            self.calls += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            for piece in pieces:
                parser.feed(piece)
        finally:
            sys.setprofile(before)
        return self.calls, self.scanned


@pytest.fixture
def work(incoming: Any, monkeypatch: pytest.MonkeyPatch) -> _Work:
    return _Work(incoming, monkeypatch)


#: Of about `n` bytes each.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "status line": lambda n: b"HTTP/1.1 200 " + b"x" * n,
    "field line": lambda n: _OK + b"A: " + b"b" * n,
    "fields": lambda n: _OK + b"A: bcd\r\n" * (n // 8) + b"\r\n",
    "long fields": lambda n: _OK + (b"A: " + b"b" * 507 + b"\r\n") * (n // 512) + b"\r\n",
    "folded": lambda n: _OK + b"A: b\r\n" + b" cdefg\r\n" * (n // 8) + b"\r\n",
    "chunks of a byte": lambda n: _CHUNKED + b"1\r\nx\r\n" * (n // 6),
    "odd chunks": lambda n: _CHUNKED + b"1;\r\nx\r\n" * (n // 7),
    "odd chunk ends": lambda n: _CHUNKED + b"1\r\nxXX" * (n // 6),
    "odd and plain chunks": lambda n: _CHUNKED + b"1;\r\nx\r\n1\r\nx\r\n" * (n // 13),
    "padded sizes": lambda n: _CHUNKED + b"1   \r\nx\r\n" * (n // 9),
    "size line": lambda n: _CHUNKED + b"1;" + b"x" * n,
    "zeros": lambda n: _CHUNKED + b"0" * n,
    "size lines": lambda n: (
        _CHUNKED + (b"200;" + b"x" * 508 + b"\r\n" + b"x" * 512 + b"\r\n") * (n // 1028)
    ),
    "trailers": lambda n: _CHUNKED + b"0\r\n" + b"A: bcd\r\n" * (n // 8) + b"\r\n",
    "trailer line": lambda n: _CHUNKED + b"0\r\nA: " + b"b" * n,
    "content": lambda n: _OK + b"\r\n" + b"x" * n,
    "behind the end": lambda n: _SIZED + b"x" * n,
    "interims": lambda n: b"HTTP/1.1 103 E\r\n\r\n" * (n // 18),
}


@pytest.mark.full(any=("size",))
@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_work_grows_with_the_bytes(parser_of: Make, work: _Work, kind: str, size: int) -> None:
    """Four times as many bytes, four times the work, about: quadratic would be 16 times."""
    costs = []
    most = 8192 if size == 1 else 32768
    for n in (most // 4, most):
        wire = HOSTILE[kind](n)
        parser = parser_of(max_response_headers=1 << 20)
        parser._reading.max_interims = 1 << 20
        pieces = (wire[at : at + size] for at in range(0, len(wire), size))
        costs.append((*work(parser, pieces), len(wire)))
    (few_calls, few_scanned, few), (calls, scanned, many) = costs
    assert many > 3.5 * few
    assert calls <= 8 * few_calls
    assert scanned <= 8 * few_scanned + 4096
    assert scanned <= 25 * many + 4096


@pytest.mark.parametrize("size", [1, 16384, 1 << 21])
def test_as_much_as_is_allowed(parser_of: Make, work: _Work, size: int) -> None:
    """A line of 64 KiB, a head of 1 MiB, 100,000 chunks of a byte, trailers of 1 MiB."""
    line = b"A: ".ljust(65534, b"b") + b"\r\n"
    lines = (b"A: ".ljust(1022, b"b") + b"\r\n") * 1000
    if size == 1:
        lines = lines[: 1024 * 64]  # a million calls are for nobody's patience
    chunks = b"1\r\nx\r\n" * (100_000 if size > 1 else 10_000)
    wire = _CHUNKED[:-2] + line + lines + b"\r\n" + chunks + b"0\r\n" + lines + b"\r\n"
    parser = parser_of(max_response_headers=2000, max_head_bytes=1 << 21)
    _, scanned = work(parser, (wire[at : at + size] for at in range(0, len(wire), size)))
    assert parser.can_reuse
    assert scanned <= 12 * len(wire)


def test_interim_responses_are_not_for_the_codec(parser_of: Make, work: _Work) -> None:
    """It would get all that is behind them, once more for each."""
    wire = b"HTTP/1.1 103 E\r\n\r\n" * 99 + _SIZED + b"x" * (1 << 20)
    parser = parser_of()
    _, scanned = work(parser, iter([wire]))
    assert parser.head.status == 200
    assert scanned <= 3 * 65536


def test_a_misspelt_attribute(incoming: Any) -> None:
    with pytest.raises(AttributeError):
        incoming.ResponseParser().on_informatonal = print
