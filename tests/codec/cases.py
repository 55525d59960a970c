"""Response heads as they come from the wire, and what the codec makes of them.

Nothing here needs knowledge of the code. A head is either accepted, or "incomplete" (well-formed
so far, more has to come), or "odd": not of the plain form, which is no error. Odd heads go to the
line-by-line parser, which does what `email.parser` does; being wrong about them is a bug, being
odd is merely slow.
"""

from __future__ import annotations

from dataclasses import dataclass

INCOMPLETE, ODD = "incomplete", "odd"
LONG_LINE, MANY_FIELDS = 65536, 100


@dataclass(frozen=True)
class Accepted:
    """What is found in a head of the plain form."""

    version: int
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HeadCase:
    """One head: its bytes, its outcome and the reason for it, and the limits in force."""

    name: str
    wire: bytes
    outcome: Accepted | str
    reason: str
    max_line: int = LONG_LINE
    max_fields: int = MANY_FIELDS


def _fields(name: str, block: bytes, reason: str, *fields: tuple[str, str]) -> HeadCase:
    """A good status line, these field lines, and the fields in them."""
    wire = b"HTTP/1.1 200 OK\r\n" + block + b"\r\n"
    return HeadCase(name, wire, Accepted(11, 200, "OK", fields), reason)


def _odd_field(name: str, block: bytes, reason: str) -> HeadCase:
    return HeadCase(name, b"HTTP/1.1 200 OK\r\n" + block + b"\r\n", ODD, reason)


def _odd_status(name: str, line: bytes, reason: str) -> HeadCase:
    return HeadCase(name, line + b"\r\nA: b\r\n\r\n", ODD, reason)


_OK = Accepted(11, 200, "OK")
_NUMBERED = tuple((f"X-{n}", str(n)) for n in range(128))


def _block(count: int) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in _NUMBERED[:count])


STATUS_LINES = (
    HeadCase("the plainest head", b"HTTP/1.1 200 OK\r\n\r\n", _OK, "RFC 9112 section 4"),
    HeadCase(
        "HTTP/1.0",
        b"HTTP/1.0 200 OK\r\n\r\n",
        Accepted(10, 200, "OK"),
        "the other version there is",
    ),
    HeadCase(
        "no reason", b"HTTP/1.1 204 \r\n\r\n", Accepted(11, 204, ""), "it may be empty (9112 4)"
    ),
    HeadCase(
        "no reason and no space",
        b"HTTP/1.1 204\r\n\r\n",
        Accepted(11, 204, ""),
        "many servers leave the space out as well",
    ),
    HeadCase(
        "a reason of many words",
        b'HTTP/1.1 404 Not\tFound: "here" ~\r\n\r\n',
        Accepted(11, 404, 'Not\tFound: "here" ~'),
        "any visible character, space and tab",
    ),
    HeadCase(
        "blanks around the reason",
        b"HTTP/1.1 200  \t OK then \t\r\n\r\n",
        Accepted(11, 200, "OK then"),
        "http.client strips it",
    ),
    HeadCase("LF for CRLF", b"HTTP/1.1 200 OK\n\n", _OK, "RFC 9112 section 2.2 allows reading it"),
    HeadCase(
        "LF and CRLF mixed",
        b"HTTP/1.1 200 OK\nA: b\r\nC: d\n\r\n",
        Accepted(11, 200, "OK", (("A", "b"), ("C", "d"))),
        "each line end by itself",
    ),
    HeadCase("101", b"HTTP/1.1 101 Up\r\n\r\n", Accepted(11, 101, "Up"), "it is final, unlike 100"),
    HeadCase(
        "the greatest status", b"HTTP/1.1 999 \r\n\r\n", Accepted(11, 999, ""), "no 600 limit"
    ),
    HeadCase("100", b"HTTP/1.1 100 Continue\r\n\r\n", ODD, "an interim response is not the answer"),
    HeadCase("102", b"HTTP/1.1 102 Processing\r\n\r\n", ODD, "the same"),
    HeadCase("103", b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", ODD, "the same (RFC 8297)"),
    HeadCase("199", b"HTTP/1.1 199 \r\n\r\n", ODD, "the same, though nobody has defined it"),
    _odd_status("a version to come", b"HTTP/1.2 200 OK", "taken for 1.1, by the slow parser"),
    _odd_status("HTTP/2", b"HTTP/2 200 OK", "an error, for the slow parser to name"),
    _odd_status("a version in lower case", b"http/1.1 200 OK", "an error"),
    _odd_status("another protocol", b"ICY 200 OK abcdef", "Shoutcast; an error"),
    _odd_status("an empty first line", b"", "an error"),
    _odd_status("a blank first", b" HTTP/1.1 200 OK", "str.split() skips it"),
    _odd_status("two spaces", b"HTTP/1.1  200 OK", "str.split() takes them for one"),
    _odd_status("a tab for the space", b"HTTP/1.1\t200 OK", "str.split() takes it for a space"),
    _odd_status("a tab behind the status", b"HTTP/1.1 200\tOK", "the same"),
    _odd_status("two digits", b"HTTP/1.1 20 OK!", "an error"),
    _odd_status("four digits", b"HTTP/1.1 2000 OK", "an error"),
    _odd_status("a zero in front", b"HTTP/1.1 099 OK", "below 100"),
    _odd_status("a sign", b"HTTP/1.1 +20 OK", "int() would take it"),
    _odd_status("a word for the status", b"HTTP/1.1 OK. fine", "an error"),
    _odd_status("NUL in the reason", b"HTTP/1.1 200 O\0K", "no text"),
    _odd_status("DEL in the reason", b"HTTP/1.1 200 O\x7fK", "no text"),
    _odd_status("CR in the reason", b"HTTP/1.1 200 O\rK", "some take it for a line end"),
    _odd_status("obs-text in the reason", b"HTTP/1.1 200 \xa0OK", "str.strip() takes U+00A0 off"),
    HeadCase("the line at its limit", b"HTTP/1.1 200 OK\r\n\r\n", _OK, "the end counts", 17),
    HeadCase("the line beyond it", b"HTTP/1.1 200 OK\r\n\r\n", ODD, "LineTooLong", 16),
)

FIELDS = (
    _fields("one field", b"Name: value\r\n", "RFC 9112 section 5", ("Name", "value")),
    _fields(
        "names as they were sent",
        b"naME: a\r\nNAme: b\r\n",
        "case kept",
        ("naME", "a"),
        ("NAme", "b"),
    ),
    _fields(
        "repeated names", b"A: 1\r\nB: 2\r\nA: 3\r\n", "order kept", *zip("ABA", "123", strict=True)
    ),
    _fields("no space behind the colon", b"A:b\r\n", "it is optional", ("A", "b")),
    _fields("blanks in front of the value", b"A: \t  b\r\n", "not part of it", ("A", "b")),
    _fields(
        "blanks behind the value", b"A: b \t \r\n", "kept, as email.parser does", ("A", "b \t ")
    ),
    _fields("an empty value", b"A:\r\nB: \r\n", "allowed", ("A", ""), ("B", "")),
    _fields("a value of blanks", b"A: \t \t\r\n", "empty", ("A", "")),
    _fields("colons in a value", b"A: b:c: d\r\n", "the first one counts", ("A", "b:c: d")),
    _fields("obs-text in a value", b"A: \x80\xe9\xff\r\n", "Latin-1", ("A", "\x80\xe9\xff")),
    _fields(
        "all of a token that are no letters",
        b"!#$%&'*+-.^_`|~0123456789: b\r\n",
        "RFC 9110 section 5.6.2",
        ("!#$%&'*+-.^_`|~0123456789", "b"),
    ),
    _fields(
        "a type of text",
        b"Content-Type: text/html\r\n",
        "nothing to look for in the payload",
        ("Content-Type", "text/html"),
    ),
    _fields(
        "multipart in another field",
        b"X-Content-Type: multipart/mixed\r\nContent-Typo: message/http\r\n",
        "only Content-Type decides",
        ("X-Content-Type", "multipart/mixed"),
        ("Content-Typo", "message/http"),
    ),
    HeadCase(
        "as many fields as allowed",
        b"HTTP/1.1 200 OK\r\n" + _block(100) + b"\r\n",
        Accepted(11, 200, "OK", _NUMBERED[:100]),
        "the empty line is no field",
    ),
    HeadCase(
        "as many fields as there is room for",
        b"HTTP/1.1 200 OK\r\n" + _block(128) + b"\r\n",
        Accepted(11, 200, "OK", _NUMBERED),
        "128, whatever the limit",
        max_fields=10**6,
    ),
    HeadCase(
        "no field allowed, none there",
        b"HTTP/1.1 200 OK\r\n\r\n",
        _OK,
        "a limit of 0 is one",
        max_fields=0,
    ),
    HeadCase(
        "a field at the line limit",
        b"HTTP/1.1 200 OK\r\nABCDEFGH: 123456\r\n\r\n",
        Accepted(11, 200, "OK", (("ABCDEFGH", "123456"),)),
        "18 bytes with the end",
        18,
    ),
)

ODD_FIELDS = (
    _odd_field("a folded line", b"A: b\r\n c\r\n", "obsolete (9112 5.2), still understood"),
    _odd_field("folded with a tab", b"A: b\r\n\tc\r\n", "the same"),
    _odd_field("a blank in front of the first field", b" A: b\r\n", "a defect in email.parser"),
    _odd_field("no colon", b"A: b\r\nno colon\r\nC: d\r\n", "ends the header in email.parser"),
    _odd_field("no name", b": b\r\n", "a defect in email.parser"),
    *(
        _odd_field(f"{name} in a name", b"a%cb: c\r\n" % name, "email.parser takes it; no token")
        for name in b'(),/;<=>?@[\\]{}"'
    ),
    _odd_field("a space before the colon", b"A : b\r\n", "the way to smuggle (9112 5.1)"),
    _odd_field("a tab before the colon", b"A\t: b\r\n", "the same"),
    _odd_field("a From line", b"From me@here: now\r\nA: b\r\n", "email.parser takes mbox lines"),
    _odd_field("NUL in a name", b"A\0B: c\r\n", "no name"),
    _odd_field("NUL in a value", b"A: b\0c\r\n", "no text"),
    _odd_field("DEL in a value", b"A: b\x7fc\r\n", "no text"),
    _odd_field("DEL in a name", b"A\x7f: b\r\n", "no text"),
    _odd_field("vertical tab in a value", b"A: b\x0bc\r\n", "no text, and str.splitlines() splits"),
    _odd_field("form feed in a value", b"A: b\x0cc\r\n", "the same"),
    _odd_field("a control in the 16th byte", b"A: 0123456789abcde\x01\r\n", "in any place"),
    _odd_field("obs-text in a name", b"\xe9: b\r\n", "no name"),
    _odd_field("CR in a value", b"A: b\rC: d\r\n", "email.parser ends the line there"),
    _odd_field("CR CR LF", b"A: b\r\r\n", "the first CR is in the value"),
    _odd_field("CR in a name", b"A\rB: c\r\n", "no name"),
    _odd_field("CR alone for the empty line", b"A: b\r\n\rC: d\r\n", "no line end"),
    _odd_field("two lengths", b"Content-Length: 1\r\ncontent-LENGTH: 1\r\n", "which one counts?"),
    _odd_field("two codings", b"Transfer-Encoding: a\r\nA: b\r\nTransfer-Encoding: c\r\n", "same"),
    _odd_field("a multipart type", b"Content-Type: multipart/mixed\r\n", "payload is looked at"),
    _odd_field("a message type", b"content-type: x; Message/http\r\n", "in any case and place"),
    HeadCase(
        "one field too many",
        b"HTTP/1.1 200 OK\r\n" + _block(101) + b"\r\n",
        ODD,
        "HTTPException",
    ),
    HeadCase(
        "more fields than there is room for",
        b"HTTP/1.1 200 OK\r\n" + _block(128) + b"One: more\r\n\r\n",
        ODD,
        "128, whatever the limit",
        max_fields=10**6,
    ),
    HeadCase("no field allowed", b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", ODD, "HTTPException", 99, 0),
    HeadCase(
        "a field beyond the line limit",
        b"HTTP/1.1 200 OK\r\nABCDEFGH: 1234567\r\n\r\n",
        ODD,
        "LineTooLong",
        18,
    ),
)

UNFINISHED = tuple(
    HeadCase(f"unfinished: {wire!r}", wire, INCOMPLETE, "nothing in it is wrong so far")
    for wire in (
        b"",
        b"H",
        b"HTTP/1.",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nNam",
        b"HTTP/1.1 200 OK\r\nName:",
        b"HTTP/1.1 200 OK\r\nName: value\r",
        b"HTTP/1.1 200 OK\r\nName: value\r\n",
        b"HTTP/1.1 200 OK\r\nName: value\r\n\r",
    )
)

HEADS = STATUS_LINES + FIELDS + ODD_FIELDS + UNFINISHED
