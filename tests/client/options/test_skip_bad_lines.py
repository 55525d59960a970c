"""`skip_bad_lines=True`: malformed header lines are dropped and recorded, the others are read."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = b"Content-Length: 2\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\n2d"

#: Lines that are dropped, with what belongs to them.
BAD: dict[str, list[bytes]] = {
    "no colon": [b"no colon\r\n"],
    "colon alone": [b": b\r\n"],
    "blank before the colon": [b"A : b\r\n"],
    "tab before the colon": [b"A\t: b\r\n"],
    "blank in the name": [b"A b: c\r\n"],
    "8-bit name": [b"\xc4: b\r\n"],
    "NUL in the name": [b"A\0: b\r\n"],
    "control in the name": [b"A\x01: b\r\n"],
    "NUL": [b"A: b\0c\r\n"],
    "bare CR": [b"A: b\rSet-Cookie: c\r\n"],
    "bare CR before the end": [b"A: b\r\r\n"],
    "CR alone": [b"\rA: b\r\n"],
    "From": [b"From me\r\n"],
    "From with a colon": [b"From me: you\r\n"],
    "a status line": [b"HTTP/1.1 200 OK\r\n"],
    "its continuation": [b"no colon\r\n", b" and more\r\n", b"\tand: more\r\n"],
    "two": [b"no colon\r\n", b"A : b\r\n"],
    "bad continuation": [b" \0\r\n", b" and more\r\n"],
}
#: Lines that are kept, and what they are read as: as http.client does where nothing is bad.
GOOD: dict[str, tuple[bytes, tuple[str, str]]] = {
    "ordinary": (b"A: b\r\n", ("A", "b")),
    "LF": (b"A: b\n", ("A", "b")),
    "empty": (b"A:\r\n", ("A", "")),
    "no token": (b"A(b)/@: c\r\n", ("A(b)/@", "c")),
    "8-bit value": (b"A: \xe9\r\n", ("A", "\xe9")),
    "control in the value": (b"A: \x01\r\n", ("A", "\x01")),
    "folded": (b"A: b\r\n c\r\n\td\r\n", ("A", "b\r\n c\r\n\td")),
    "From:": (b"From: me\r\n", ("From", "me")),
}


def _exchange(connection: Any) -> Any:
    connection.request("GET", "/")
    response = connection.getresponse()
    response.content = response.read()
    return response


@pytest.mark.parametrize("kind", BAD)
def test_bad_lines_are_recorded_and_the_others_read(
    connect: Connect, script: Script, kind: str
) -> None:
    """In front of, between and behind the others; in order, as they were sent."""
    bad = BAD[kind]
    if kind != "bad continuation":  # which is one of the line before it, wherever that is
        script.answers(_OK + b"".join(bad) + _SIZED + b"\r\nok")
        response = _exchange(connect(skip_bad_lines=True))
        assert (response.getheaders(), response.skipped_lines) == ([("Content-Length", "2")], bad)
    lines = [b"X: y\r\n", *bad, _SIZED, *bad, b"Z: z\r\n"]
    script.answers(_OK + b"".join(lines) + b"\r\nok")
    response = _exchange(connect(skip_bad_lines=True))
    if kind == "bad continuation":
        assert b" \0\r\n" in response.skipped_lines
        assert "\0" not in str(response.getheaders())
    else:
        assert response.getheaders() == [("X", "y"), ("Content-Length", "2"), ("Z", "z")]
        assert response.skipped_lines == bad * 2
    assert response.content == b"ok"


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("with_bad", [False, True])
def test_good_lines_are_kept(connect: Connect, script: Script, kind: str, with_bad: bool) -> None:
    line, field = GOOD[kind]
    bad = [b"no colon\r\n"] * with_bad
    script.answers(_OK + b"X: y\r\n" + b"".join(bad) + line + _SIZED + b"\r\nok")
    response = _exchange(connect(skip_bad_lines=True))
    assert response.getheaders() == [("X", "y"), field, ("Content-Length", "2")]
    assert (response.skipped_lines, response.headers.defects) == (bad, [])


def test_a_continuation_without_a_line_is_bad(connect: Connect, script: Script) -> None:
    script.answers(_OK + b" folded\r\nA: b\r\n" + _SIZED + b"\r\nok")
    response = _exchange(connect(skip_bad_lines=True))
    assert response.getheaders() == [("A", "b"), ("Content-Length", "2")]
    assert response.skipped_lines == [b" folded\r\n"]


@pytest.mark.parametrize(
    "line",
    [b"Content-Length : 1\r\n", b"Content-Length: 1\r2\r\n", b"Transfer-Encoding\0: chunked\r\n"],
)
def test_a_bad_framing_field_does_not_count(connect: Connect, script: Script, line: bytes) -> None:
    """Another reader may have taken it for good: no other answer follows on that connection."""
    script.answers(_OK + line + _SIZED + b"\r\nok", _SECOND)
    connection = connect(skip_bad_lines=True)
    response = _exchange(connection)
    assert (response.content, response.skipped_lines) == (b"ok", [line])
    connection.request("GET", "/second")
    assert script.opened == 2
    assert connection.getresponse().status == 299


def test_without_a_framing_field_the_body_ends_with_the_connection(
    connect: Connect, script: Script
) -> None:
    script.last_words(_OK + b"Content-Length : 1\r\n\r\nok")
    response = _exchange(connect(skip_bad_lines=True))
    assert (response.content, response.length, response.will_close) == (b"ok", None, True)


def test_a_bad_line_does_not_hide_the_framing(connect: Connect, script: Script) -> None:
    """As it does to http.client, which loses all fields behind it."""
    wire = _OK + b"no colon\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    script.last_words(wire)
    assert _exchange(connect()).content == b"2\r\nok\r\n0\r\n\r\n"
    script.answers(wire)
    assert _exchange(connect(skip_bad_lines=True)).content == b"ok"


@pytest.mark.parametrize("kind", BAD)
def test_trailers(connect: Connect, script: Script, kind: str) -> None:
    bad = BAD[kind]
    lines = [b"T: u\r\n", *([] if kind == "bad continuation" else bad), b"V: w\r\n"]
    script.answers(_CHUNKED + b"2\r\nok\r\n0\r\n" + b"".join(lines) + b"\r\n")
    response = _exchange(connect(skip_bad_lines=True))
    assert response.content == b"ok"
    assert response.trailers.items() == [("T", "u"), ("V", "w")]
    assert response.skipped_lines == lines[1:-1]


def test_head_interim_and_trailers_have_one_record(connect: Connect, script: Script) -> None:
    seen: list[Any] = []
    script.answers(
        b"HTTP/1.1 103 E\r\nbad 1\r\nL: m\r\n\r\n"
        + _CHUNKED[:-2]
        + b"bad 2\r\n\r\n2\r\nok\r\n0\r\nbad 3\r\nT: u\r\n\r\n"
    )
    connection = connect(
        skip_bad_lines=True, on_informational=lambda *got: seen.append(got[2].items())
    )
    response = _exchange(connection)
    assert seen == [[("L", "m")]]
    assert response.skipped_lines == [b"bad 1\r\n", b"bad 2\r\n", b"bad 3\r\n"]


def test_the_answer_of_a_proxy(connect: Connect, script: Script) -> None:
    script.answers(_OK + b"no colon\r\nA: b\r\n\r\n")
    connection = connect(skip_bad_lines=True)
    connection.set_tunnel("origin.example")
    connection.connect()
    script.says(_OK + _SIZED + b"\r\nok")
    assert _exchange(connection).content == b"ok"
    assert connection.get_proxy_response_headers().items() == [("A", "b")]


def test_nothing_is_recorded_where_nothing_is_bad(connect: Connect, script: Script) -> None:
    """Nor where nothing is skipped; each response has its own record."""
    script.answers(_OK + _SIZED + b"\r\nok")
    connection = connect(skip_bad_lines=True)
    first = _exchange(connection)
    connection.request("GET", "/")
    script.says(_OK + b"no colon\r\n" + _SIZED + b"\r\n")
    second = connection.getresponse()
    assert (first.skipped_lines, second.skipped_lines) == ([], [b"no colon\r\n"])
    script.last_words(_OK + b"no colon\r\n\r\n")
    assert _exchange(connect()).skipped_lines == []


def test_it_is_not_strict(client: ModuleType) -> None:
    with pytest.raises(ValueError, match="strict refuses what skip_bad_lines would skip"):
        client.HTTPConnection("example.org", strict=True, skip_bad_lines=True)
