"""What is wrong with a head that the codec does not take: which line, by kind, and no secret."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...client.scripted_server import Script
from ...drawn import examples

LIMITS = 65536, 100
_OK = b"HTTP/1.1 200 OK\r\n"
_LENGTH = b"Content-Length: 0\r\n"

#: Line, kind, and what of the line is shown.
FIELDS = [
    (b"A: b\r\n folded\r\n", "a folded line", "b' folded'"),
    (b"A: b\r\n\tfolded\r\n", "a folded line", "b'\\tfolded'"),
    (b" first\r\n", "a folded line", "b' first'"),
    (b"No colon\r\n", "a line without a colon", "b'No colon'"),
    (b": x\r\n", "a line that begins with its colon", "b': x'"),
    (b"A : b\r\n", "white space before the colon", "b'A : b'"),
    (b"A\t: b\r\n", "white space before the colon", "b'A\\t: b'"),
    (b"\xc4: b\r\n", "a name with a byte above 127", "b'\\xc4: b'"),
    (b"A b: c\r\n", "a name with a character that is not allowed in it", "b'A b: c'"),
    (b"A[]: c\r\n", "a name with a character that is not allowed in it", "b'A[]: c'"),
    (b"A: b\rc\r\n", "a carriage return within the line", "b'A: b\\rc'"),
    (b"A: b\0c\r\n", "a value with a control character", "b'A: b\\x00c'"),
    (b"A: b\x7f\r\n", "a value with a control character", "b'A: b\\x7f'"),
    (
        b"Content-Type: multipart/mixed\r\n",
        "a Content-Type of multipart or message",
        "b'Content-Type: multipart/mixed'",
    ),
    (_LENGTH * 2, "Content-Length for the second time", "b'Content-Length: 0'"),
    (
        b"Transfer-Encoding: gzip\r\n" * 2,
        "Transfer-Encoding for the second time",
        "b'Transfer-Encoding: gzip'",
    ),
    (b"A: " + b"b" * 80 + b"\0\r\n", "a value with a control character", f"b'A: {'b' * 57}'..."),
]
SECRETS = [
    (b"Set-Cookie: s=hidden\0\r\n", "b'Set-Cookie:' and 10 bytes that are not shown"),
    (b"Set-Cookie : s=hidden\r\n", "b'Set-Cookie :' and 9 bytes that are not shown"),
    (b"AUTHORIZATION: hidden\0\r\n", "b'AUTHORIZATION:' and 8 bytes that are not shown"),
    (b"Set-Cookie: a=b\r\n hidden\r\n", "b'Set-Cookie:' and 7 bytes that are not shown"),
    (b"X-Api-Key: hidden\r\n\thidden\r\n", "b'X-Api-Key:' and 7 bytes that are not shown"),
    (b"Set-Cookie hidden\r\n", "17 bytes that are not shown"),
    (b"A: token=hidden\0\r\n", "b'A:' and 14 bytes that are not shown"),
    (b"Location: http://h/?hidden\0\r\n", "b'Location:' and 18 bytes that are not shown"),
    (b"My Secret: hidden\r\n", "17 bytes that are not shown"),
]
STATUSES = [
    (b"ICY 200 OK\r\n", "a first line that does not begin with HTTP/1.0 or HTTP/1.1"),
    (b"HTTP/2 200\r\n", "a first line that does not begin with HTTP/1.0 or HTTP/1.1"),
    (b"HTTP/1.1 20 OK\r\n", "a status that is not three digits"),
    (b"HTTP/1.1 2000 OK\r\n", "a status that is not three digits"),
    (b"HTTP/1.1  200 OK\r\n", "a status that is not three digits"),
    (b"HTTP/1.1 200 caf\xe9\r\n", "a reason with a byte above 127"),
    (b"HTTP/1.1 200 \0\r\n", "a reason with a control character"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + _OK, "an interim response (1xx) before it"),
]


@pytest.fixture
def faults(fasthttp: Any) -> Any:
    with fasthttp.counting():  # loads it
        return fasthttp.statistics.wrappers.reasons.faults


@pytest.mark.parametrize(("lines", "kind", "shown"), FIELDS)
def test_fields(faults: Any, lines: bytes, kind: str, shown: str) -> None:
    for before in (b"", b"Server: x\r\n"):
        data = before + lines + b"\r\n"
        assert faults.in_fields(data, *LIMITS) == (kind, shown)
        assert faults.in_head(_OK + data, *LIMITS) == (kind, shown)


@pytest.mark.parametrize(("lines", "shown"), SECRETS)
def test_secrets_are_not_shown(faults: Any, lines: bytes, shown: str) -> None:
    told = faults.in_head(_OK + lines + b"\r\n", *LIMITS)
    assert told[1] == shown
    assert "hidden" not in str(told)


@pytest.mark.parametrize(("line", "kind"), STATUSES)
def test_status_lines(faults: Any, line: bytes, kind: str) -> None:
    told, shown = faults.in_head(line + _LENGTH + b"\r\n", *LIMITS)
    assert told == kind
    assert shown == repr(line.partition(b"\r\n")[0])


@pytest.mark.parametrize(
    ("max_line", "max_fields", "kind"),
    [
        (65536, 2, "more than 2 header fields"),
        (65536, 0, "more than 0 header fields"),
        (20, 100, "a line of more than 20 bytes"),
        (10, 100, "a status line of more than 10 bytes"),
    ],
)
def test_limits(faults: Any, max_line: int, max_fields: int, kind: str) -> None:
    head = _OK + b"A: b\r\nA: b\r\n" + _LENGTH.replace(b" ", b"   ") + b"\r\n"
    assert faults.in_head(head, max_line, max_fields)[0] == kind


def test_more_fields_than_the_codec_has_room_for(faults: Any) -> None:
    told = faults.in_head(_OK + b"A: b\r\n" * 129 + b"\r\n", 65536, 1000)
    assert told[0] == "more than 128 header fields"


_LINES = st.lists(
    st.one_of(
        st.sampled_from([each for each, *_ in [*FIELDS, *SECRETS]]),
        st.binary(max_size=12).map(lambda each: each + b"\r\n"),
        st.sampled_from([b"A: b\r\n", b"B: c\n", _LENGTH]),
    ),
    max_size=6,
).map(b"".join)


@given(
    status=st.sampled_from([_OK, *(line for line, _ in STATUSES)]),
    lines=_LINES,
    end=st.sampled_from([b"\r\n", b"\n", b""]),
)
@examples(100)
def test_there_is_a_fault_just_where_the_codec_finds_one(
    implementation: str, status: bytes, lines: bytes, end: bytes
) -> None:
    from fasthttp._bench.implementations import load_package

    package: Any = load_package(implementation)
    with package.counting():
        faults = package.statistics.wrappers.reasons.faults
    head = status + lines + end
    told = faults.in_head(head, *LIMITS)
    assert (told is None) == (faults.parse_head(head, *LIMITS)[0] != -2)
    if told is not None:
        assert "unusual" not in told[0]
        assert len(told[1]) < 300 and "hidden" not in told[1]


# -------------------------------------------------------------------------- as counted


def _counted(fasthttp: Any, client: Any, script: Script, heads: list[bytes]) -> list[Any]:
    """The fallbacks of some answers, each on a connection of its own."""
    for head in heads:
        script.answers(head)
    with fasthttp.counting():
        for number in range(len(heads)):
            connection = script.connection(client)
            connection.request("GET", f"/{number}")
            connection.getresponse().read()
            connection.close()
    return [each for each in fasthttp.stats().fallbacks if each.call.endswith(".begin")]


def test_faults_are_counted_by_kind(fasthttp: Any, client: Any, script: Script) -> None:
    """However many different lines have them; the first of each is the example."""
    folded = [
        _OK + b"A: b\r\n " + bytes([65 + at]) + b"\r\n" + _LENGTH + b"\r\n" for at in range(3)
    ]
    spaced = _OK + _LENGTH + b"Set-Cookie : s=hidden\r\n\r\n"
    found = _counted(fasthttp, client, script, [*folded, spaced])
    assert [(each.count, each.reason) for each in found] == [
        (3, "a response head with a folded line"),
        (1, "a response head with white space before the colon"),
    ]
    assert found[0].example == "b' A'"
    text = str(fasthttp.stats())
    assert "a response head with a folded line, such as b' A'" in text
    assert "b'Set-Cookie :' and 9 bytes that are not shown" in text
    assert "hidden" not in text


def test_what_comes_before_an_answer(fasthttp: Any, client: Any, script: Script) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    (found,) = _counted(fasthttp, client, script, [interim + _OK + _LENGTH + b"\r\n"])
    assert found.reason == "a response head with an interim response (1xx) before it"
    assert found.example == "b'HTTP/1.1 103 Early Hints'"


def test_a_connection_that_ends_at_once(fasthttp: Any, client: Any, script: Script) -> None:
    script.last_words(b"")
    connection = script.connection(client)
    with fasthttp.counting():
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    reasons = [each.reason for each in fasthttp.stats().fallbacks]
    assert reasons in ([], ["no response head: the connection has ended"])


def test_parse_headers_by_itself(fasthttp: Any, script: Script) -> None:
    """As `http.client` uses it for the answers of proxies."""
    script.answers(b"A : b\r\n\r\n")
    connection = script.connection(http.client)
    connection.connect()
    with fasthttp.counting(), connection.sock.makefile("rb") as file:
        http.client.parse_headers(file)
    connection.close()
    (found,) = fasthttp.stats().fallbacks
    assert found.call == "parse_headers"
    assert found.reason == "a response head with white space before the colon"
    assert found.example == "b'A : b'"
