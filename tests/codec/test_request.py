"""Request heads: what the codec writes at once, and what it leaves to the line-by-line way."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import pytest

from fasthttp._codec import refusals

from .twins import Twin

_HOST = b"Host: example.org\r\n"
_TOP = b"GET / HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: identity\r\n"


class _Word(str):
    """A str that may answer differently from what it holds."""


@dataclass(frozen=True)
class Case:
    """A request, and the whole head for it; or why the codec must leave it alone."""

    name: str
    expected: bytes | str
    reason: str
    method: Any = "GET"
    target: Any = "/"
    length: int = -1
    headers: Any = field(default_factory=dict)


WRITTEN = (
    Case("no header", _TOP + b"\r\n", "the least"),
    Case("a length", _TOP + b"Content-Length: 0\r\n\r\n", "0 is one", length=0),
    Case("a great length", _TOP + b"Content-Length: %d\r\n\r\n" % 2**62, "", length=2**62),
    Case("a header", _TOP + b"A: b\r\n\r\n", "", headers={"A": "b"}),
    Case("order", _TOP + b"B: 1\r\nA: 2\r\n\r\n", "kept", headers={"B": "1", "A": "2"}),
    Case("bytes", _TOP + b"A: \xff\0\r\n\r\n", "as they are", headers={"A": b"\xff\0"}),
    Case("Latin-1", _TOP + b"A: \xe9\xff\r\n\r\n", "encoded", headers={"A": "\xe9\xff"}),
    Case("an int", _TOP + b"A: -12\r\n\r\n", "in decimal", headers={"A": -12}),
    Case("a long int", refusals.VALUE, "str() may refuse to write it", headers={"A": 10**99}),
    Case(
        "the longest int",
        _TOP + b"A: %d\r\n\r\n" % -(2**63 - 1),
        "decimal",
        headers={"A": -(2**63 - 1)},
    ),
    Case("an empty value", _TOP + b"A: \r\n\r\n", "allowed", headers={"A": ""}),
    Case(
        "controls in a value",
        _TOP + b"A: \0\x0b\x7f\r\n\r\n",
        "as ever",
        headers={"A": "\0\x0b\x7f"},
    ),
    Case(
        "a Host of one's own",
        b"GET / HTTP/1.1\r\nAccept-Encoding: identity\r\nhOST: x\r\n\r\n",
        "in the place of ours",
        headers={"hOST": "x"},
    ),
    Case(
        "an Accept-Encoding of one's own",
        b"GET / HTTP/1.1\r\nHost: example.org\r\naccept-ENCODING: gzip\r\n\r\n",
        "in the place of ours",
        headers={"accept-ENCODING": "gzip"},
    ),
    Case(
        "both",
        b"GET / HTTP/1.1\r\nContent-Length: 3\r\nAccept-Encoding: a\r\nHost: b\r\n\r\n",
        "length in front",
        length=3,
        headers={"Accept-Encoding": "a", "Host": "b"},
    ),
    Case("an odd name", _TOP + b"A(b)/c: d\r\n\r\n", "visible", headers={"A(b)/c": "d"}),
    Case("any word for a method", b"a-B! " + _TOP[4:] + b"\r\n", "as it is", method="a-B!"),
    Case("any target", b"GET *?#\x22~ " + _TOP[6:] + b"\r\n", "as it is", target='*?#"~'),
)

LEFT_ALONE = (
    Case("no method", refusals.METHOD, "an error later", method=""),
    Case("no target", refusals.TARGET, "becomes /", target=""),
    Case("a space in the method", refusals.METHOD, "allowed, oddly", method="GE T"),
    Case("a control in the method", refusals.METHOD, "ValueError", method="GET\n"),
    Case("DEL in the target", refusals.TARGET, "InvalidURL", target="/\x7f"),
    Case("a space in the target", refusals.TARGET, "InvalidURL", target="/ x"),
    Case("CRLF in the target", refusals.TARGET, "CVE-2019-9740", target="/\r\nX: y"),
    Case("a target of Latin-1", refusals.TARGET, "UnicodeEncodeError", target="/\xe9"),
    Case("a target of more", refusals.TARGET, "UnicodeEncodeError", target="/\u20ac"),
    Case("an absolute target", refusals.WHOLE_URL, "decides the Host", target="http://other/"),
    Case("much like it", refusals.WHOLE_URL, "nobody looks further", target="httpx"),
    Case("a method of bytes", refusals.METHOD, "TypeError later", method=b"GET"),
    Case("a method of one's own type", refusals.METHOD, "may do anything", method=_Word("GET")),
    Case("a target of one's own type", refusals.TARGET, "may do anything", target=_Word("/")),
    Case("a target of None", refusals.TARGET, "becomes /", target=None),
    Case("a header list", refusals.HEADERS, "AttributeError later", headers=[("A", "b")]),
    Case("a dict of another type", refusals.HEADERS, "may do anything", headers=OrderedDict(A="b")),
    Case("Content-Length", refusals.FRAMING, "frames the body", headers={"content-LENGTH": "3"}),
    Case(
        "Transfer-Encoding",
        refusals.FRAMING,
        "frames the body",
        headers={"TRANSFER-encoding": "chunked"},
    ),
    Case("a number for it", refusals.FRAMING, "frames the body", headers={"Content-Length": 0}),
    Case("a name of bytes", refusals.NAME, "allowed, slowly", headers={b"A": "b"}),
    Case("a name of one's own type", refusals.NAME, "may do anything", headers={_Word("A"): "b"}),
    Case("no name", refusals.NAME, "ValueError", headers={"": "b"}),
    Case("a space in a name", refusals.NAME, "allowed, oddly", headers={"A b": "c"}),
    Case("a colon in a name", refusals.NAME, "ValueError", headers={"A:": "b"}),
    Case("a name of Latin-1", refusals.NAME, "UnicodeEncodeError", headers={"\xe9": "b"}),
    Case("LF in a name", refusals.NAME, "ValueError", headers={"A\n": "b"}),
    Case("CR in a value", refusals.VALUE, "ValueError", headers={"A": "b\rc"}),
    Case("LF in a value", refusals.VALUE, "ValueError", headers={"A": "b\nc"}),
    Case("a folded value", refusals.VALUE, "allowed, slowly", headers={"A": "b\r\n c"}),
    Case("LF in bytes", refusals.VALUE, "ValueError", headers={"A": b"b\n"}),
    Case("a value beyond Latin-1", refusals.VALUE, "UnicodeEncodeError", headers={"A": "\u20ac"}),
    Case("a bool", refusals.VALUE, "is written as True", headers={"A": True}),
    Case("a float", refusals.VALUE, "TypeError", headers={"A": 1.5}),
    Case("None", refusals.VALUE, "TypeError", headers={"A": None}),
    Case("a list", refusals.VALUE, "TypeError", headers={"A": ["b"]}),
    Case("a bytearray", refusals.VALUE, "allowed, slowly", headers={"A": bytearray(b"b")}),
    Case("a value of one's own type", refusals.VALUE, "may do anything", headers={"A": _Word("b")}),
)


@pytest.mark.parametrize("case", WRITTEN + LEFT_ALONE, ids=lambda case: case.name)
def test_head(twin: Twin, case: Case) -> None:
    got = twin.request.encode_head(case.method, case.target, _HOST, case.length, case.headers)
    if isinstance(case.expected, bytes):
        assert got == case.expected, case.reason
        return
    why, about = got
    assert why == case.expected, case.reason
    parts = case.method, case.target, type(case.headers), *dict(case.headers).items()
    assert about in parts


@pytest.mark.parametrize("count", [1, 63, 64])
def test_many_headers(twin: Twin, count: int) -> None:
    headers = {f"X-{n}": "y" * n for n in range(count)}
    lines = b"".join(b"X-%d: %b\r\n" % (n, b"y" * n) for n in range(count))
    assert twin.request.encode_head("GET", "/", _HOST, -1, headers) == _TOP + lines + b"\r\n"


@pytest.mark.parametrize("count", [65, 100, 1000])
def test_twins_agree_about_very_many_headers(both: tuple[Twin, Twin], count: int) -> None:
    """Whether the codec writes so many or leaves them alone is free, but the same for both."""
    headers = {f"X-{n}": "y" for n in range(count)}
    first, second = (twin.request.encode_head("GET", "/", _HOST, -1, headers) for twin in both)
    assert first == second


def test_an_empty_host_line_is_none(twin: Twin) -> None:
    got = twin.request.encode_head("GET", "/", b"", -1, {})
    assert got == b"GET / HTTP/1.1\r\nAccept-Encoding: identity\r\n\r\n"


def test_headers_are_not_written_to(twin: Twin) -> None:
    headers = {"A": "b", "C": 5}
    twin.request.encode_head("GET", "/", _HOST, -1, headers)
    assert headers == {"A": "b", "C": 5}
