"""What exceptions say in notes, from Python 3.11 on: their texts are http.client's and stay so."""

from __future__ import annotations

import http.client
import pickle
from collections.abc import Callable
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from types import SimpleNamespace
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package
from fasthttp._http import notes

from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_INTERIM = b"HTTP/1.1 103 E\r\n\r\n"
_HAS_NOTES = hasattr(BaseException, "add_note")
_FIELDS = b"A: b\r\n" * 101
_LONG = b"A: " + b"b" * 65536 + b"\r\n"
_SHORT = 0.05  # seconds


def _notes_of(error: BaseException) -> list[str]:
    """The notes, each of them once, before and behind pickling."""
    found = list(getattr(error, "__notes__", []))
    assert len(set(found)) == len(found)
    assert getattr(pickle.loads(pickle.dumps(error)), "__notes__", []) == found
    return found


def _is(note: str) -> list[str]:
    return [note] if _HAS_NOTES else []


def _failure(connection: Any) -> Exception:
    with pytest.raises(Exception) as caught:
        connection.request("GET", "/")
        connection.getresponse().read()
    connection.close()
    return caught.value


#: What is beyond a limit, the text as http.client has it or as it was, and what the note names.
LIMITS: dict[str, tuple[bytes, str, str]] = {
    "headers": (_OK + _FIELDS + b"\r\n", "got more than 100 headers", notes.LINES_LIMIT),
    "trailers": (
        _CHUNKED + b"0\r\n" + _FIELDS + b"\r\n",
        "got more than 100 trailers",
        notes.LINES_LIMIT,
    ),
    "interim headers": (
        _INTERIM[:-2] + _FIELDS + b"\r\n",
        "got more than 100 headers",
        notes.LINES_LIMIT,
    ),
    "interims": (_INTERIM * 100, "got more than 100 interim responses", notes.INTERIMS_LIMIT),
    "status line": (
        _OK[:-2] + _LONG,
        "got more than 65536 bytes when reading status line",
        notes.LINE_LIMIT,
    ),
    "header line": (
        _OK + _LONG,
        "got more than 65536 bytes when reading header line",
        notes.LINE_LIMIT,
    ),
    "chunk size": (
        _CHUNKED + b"1;" + _LONG,
        "got more than 65536 bytes when reading chunk size",
        notes.LINE_LIMIT,
    ),
    "trailer line": (
        _CHUNKED + b"0\r\n" + _LONG,
        "got more than 65536 bytes when reading trailer line",
        notes.LINE_LIMIT,
    ),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_limits(connect: Connect, script: Script, kind: str) -> None:
    wire, text, note = LIMITS[kind]
    script.last_words(wire)
    error = _failure(connect())
    assert isinstance(error, HTTPException)
    assert str(error) == text
    assert _notes_of(error) == _is(note)


@pytest.mark.parametrize(
    ("value", "kind", "encoding"),
    [
        (
            "s\u20acret",
            UnicodeEncodeError,
            ", which is sent in ISO-8859-1: give bytes",
        ),
        ("s\u20ac".encode() + b"\r\ncret", ValueError, ""),
    ],
)
def test_a_value_that_cannot_be_sent(
    connect: Connect, value: Any, kind: type[Exception], encoding: str
) -> None:
    connection = connect()
    for send in (
        lambda: connection.request("GET", "/", headers={"A": "b", "X-Name": value}),
        lambda: (connection.putrequest("GET", "/"), connection.putheader("X-Name", "a", value)),
    ):
        with pytest.raises(kind) as caught:
            send()
        assert caught.type is kind
        said = " ".join(_notes_of(caught.value))
        assert said.startswith(f"this is the value of the header 'X-Name'{encoding}") or (
            not _HAS_NOTES
        )
        assert "cret" not in said
        connection.close()


def test_a_value_that_cannot_be_sent_to_a_proxy(connect: Connect) -> None:
    connection = connect()
    connection.set_tunnel("h.test", headers={"X-Name": "\u20ac"})
    with pytest.raises(UnicodeEncodeError) as caught:
        connection.connect()
    assert [note[:40] for note in _notes_of(caught.value)] == _is(
        "this is the value of the header 'X-Name', which"[:40]
    )


def test_names_of_what_can_be_set() -> None:
    assert "max_response_headers" in notes.LINES_LIMIT
    assert "_MAXHEADERS" in notes.LINES_LIMIT
    assert "_MAXLINE" in notes.LINE_LIMIT
    assert "max_head_bytes" in notes.BYTES_LIMIT
    for name in ("_MAXHEADERS", "_MAXLINE"):
        assert hasattr(http.client, name)


def test_max_head_bytes(connect: Connect, script: Script) -> None:
    script.last_words(_OK + b"A: b\r\n" * 9 + b"\r\n")
    error = _failure(connect(max_head_bytes=50))
    assert str(error) == "got more than 50 bytes of headers"
    assert _notes_of(error) == _is(notes.BYTES_LIMIT)


def test_who_has_set_a_limit_knows_its_name(connect: Connect, script: Script) -> None:
    script.last_words(_OK + b"A: b\r\n" * 9 + b"\r\n")
    error = _failure(connect(max_response_headers=5))
    notes.of_limit(error, 5)
    assert str(error) == "got more than 5 headers"
    assert _notes_of(error) == []


@pytest.mark.parametrize(
    "error", [HTTPException(), ValueError("got more than 5 headers"), OSError()]
)
def test_of_limit_of_another_error(error: Exception) -> None:
    notes.of_limit(error, None)
    assert _notes_of(error) == []


@pytest.mark.parametrize("limit", ["5", b"5", [5]])
def test_a_limit_that_is_no_number(connect: Connect, script: Script, limit: Any) -> None:
    """http.client raises TypeError at the first line, too; and where there is none, nothing."""
    script.last_words(_OK + b"A: b\r\n\r\n")
    error = _failure(connect(max_response_headers=limit))
    assert type(error) is TypeError
    assert _notes_of(error) == _is(notes.LINES_LIMIT)
    script.last_words(_OK + b"\r\n")
    connection = connect(max_response_headers=limit)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b""


_LINE = b"X: " + b"y" * 200 + b"\r\n"
_NO_MORE = "; the empty line that ends them had not"

#: What has come of a head, or of trailers, when waiting for more fails, and what the note says.
UNFINISHED: dict[str, tuple[bytes, str]] = {
    "no field": (_OK, "no line of headers had come, nor the empty one that ends them"),
    "half a field": (_OK + b"A: ", "no line of headers had come, nor the empty one that ends them"),
    "a field": (
        _OK + b"A: b\r\n",
        "6 bytes of headers had come; the last line was b'A: b\\r\\n'" + _NO_MORE,
    ),
    "a field and a half": (
        _OK + b"A: b\r\nC: d\r",
        "6 bytes of headers had come; the last line was b'A: b\\r\\n'" + _NO_MORE,
    ),
    "no colon": (
        _OK + b"A: b\r\nno field\r\n",
        "16 bytes of headers had come; the last line was b'no field\\r\\n', which is no field"
        + _NO_MORE,
    ),
    "a long line": (
        _OK + _LINE,
        f"205 bytes of headers had come; the last line was {_LINE[:80] + b'...'!r}" + _NO_MORE,
    ),
    "interim": (
        _INTERIM[:-2] + b"Link: x\r\n",
        "9 bytes of headers had come; the last line was b'Link: x\\r\\n'" + _NO_MORE,
    ),
    "trailers": (
        _CHUNKED + b"0\r\nA: b\r\n",
        "6 bytes of trailers had come; the last line was b'A: b\\r\\n'" + _NO_MORE,
    ),
}


def _waits_in_vain(connect: Connect, script: Script, wire: bytes, **settings: Any) -> Exception:
    script.answers(wire)
    connection = connect(**settings)
    connection.connect()
    connection.sock.settimeout(_SHORT)
    return _failure(connection)


@pytest.mark.parametrize("kind", UNFINISHED)
def test_a_section_that_does_not_end(connect: Connect, script: Script, kind: str) -> None:
    wire, note = UNFINISHED[kind]
    error = _waits_in_vain(connect, script, wire)
    assert isinstance(error, TimeoutError)
    assert _notes_of(error) == _is(note)


def test_a_deadline_says_it_too(connect: Connect, script: Script) -> None:
    script.answers(_CHUNKED + b"0\r\nA: b\r\n")
    error = _failure(connect(deadline=_SHORT))
    assert isinstance(error, TimeoutError)
    assert _notes_of(error) == _is(UNFINISHED["trailers"][1])


@pytest.mark.parametrize("path", ["plain"])
def test_the_error_behind_the_first_says_it_too(connect: Connect, script: Script) -> None:
    """A section that is cut by a reset, and not by time."""
    script.answers(_OK + b"A: b\r\n")
    connection = connect()
    connection.request("GET", "/")
    response = connection.response_class(connection.sock, method="GET")

    def fail(_limit: int) -> bytes:
        raise ConnectionResetError

    lines = iter([_OK, b"A: b\r\n"])
    response.fp.close()
    response.fp = SimpleNamespace(
        readline=lambda limit: next(lines, None) or fail(limit),
        close=lambda: None,
        flush=lambda: None,
    )
    with pytest.raises(ConnectionResetError) as caught:
        response.begin()
    assert _notes_of(caught.value) == _is(UNFINISHED["a field"][1])


# ------------------------------------------------------------------------ the functions alone


def test_a_note_is_added_once() -> None:
    error = ValueError("x")
    for _ in range(3):
        notes.add(error, "a")
        notes.add(error, "b")
    assert _notes_of(error) == (["a", "b"] if _HAS_NOTES else [])
    notes.taken_from(error, error)
    assert _notes_of(notes.taken_from(error, ValueError("y"))) == _notes_of(error)


def test_what_somebody_has_put_there_instead_of_notes_stays() -> None:
    error: Any = ValueError("x")
    error.__notes__ = "mine"
    notes.add(error, "a")
    assert error.__notes__ == "mine"


@pytest.mark.parametrize(
    "kind", [kind for kind in UNFINISHED if kind not in ("interim", "trailers")]
)
def test_of_received(kind: str) -> None:
    wire, note = UNFINISHED[kind]
    error = TimeoutError()
    notes.of_received(error, wire)
    assert _notes_of(error) == _is(note)


@pytest.mark.parametrize("wire", [b"", b"HTTP/1.1 2"])
def test_of_received_without_a_line(wire: bytes) -> None:
    error = TimeoutError()
    notes.of_received(error, wire)
    assert _notes_of(error) == []


def _response(**state: Any) -> Any:
    return SimpleNamespace(
        **{"chunked": False, "length": None, "_fasthttp_lines": None, "_max_headers": None, **state}
    )


_NO_LENGTH = "the body has no length: it ends where the server closes the connection"


def test_of_a_body_that_does_not_end() -> None:
    for lines in (None, [b"A: b\r\n", b" c\r\n"]):
        error = TimeoutError()
        notes.of_body(error, _response(_fasthttp_lines=lines))
        assert _notes_of(error) == _is(_NO_LENGTH)
    error = TimeoutError()
    notes.of_body(error, _response(length=5))
    assert _notes_of(error) == _is("5 bytes of the body, by its Content-Length, were not read yet")


def test_of_a_body_whose_length_is_lost() -> None:
    """The line without a colon hides the fields behind it from http.client."""
    error = TimeoutError()
    response = _response(_fasthttp_lines=[b"A: b\r\n", b"no field\r\n", b"Content-Length: 2\r\n"])
    for _ in range(2):
        notes.of_body(error, response)
    lost = (
        "the head has a line that is no field, b'no field\\r\\n', and http.client reads no field"
        " behind it: skip_bad_lines=True drops such lines alone"
    )
    assert _notes_of(error) == ([_NO_LENGTH, lost] if _HAS_NOTES else [])


def test_of_a_body_that_is_cut() -> None:
    error = IncompleteRead(b"a", 4)
    notes.of_body(error, _response(length=5))
    assert _notes_of(error) == _is(
        "the connection ended before the body, by its Content-Length, did"
    )
    error = IncompleteRead(b"a")
    for _ in range(2):
        notes.of_body(error, _response(chunked=True))
    assert _notes_of(error) == _is(
        "the connection ended within a chunk, or before the CRLF behind it"
    )
    for other in (ValueError(), KeyboardInterrupt(), BadStatusLine("x"), TimeoutError()):
        notes.of_body(other, _response(chunked=True))
        assert _notes_of(other) == []


def test_of_a_size_line() -> None:
    cut, wrong = ValueError(), ValueError()
    notes.of_size_line(cut, b"")
    assert _notes_of(cut) == _is("the connection ended before the last chunk, which has the size 0")
    notes.of_size_line(wrong, b"no size\r\n")
    assert _notes_of(wrong) == _is("b'no size\\r\\n' is no chunk-size line")


def test_of_a_reused_connection() -> None:
    for error in (RemoteDisconnected("x"), BrokenPipeError(), ConnectionResetError()):
        notes.of_reused(error)
        found = _notes_of(error)
        assert len(found) == _HAS_NOTES
        assert all("retry_stale" in note and "idle_timeout" in note for note in found)
    for other in (TimeoutError(), HTTPException()):
        notes.of_reused(other)
        assert _notes_of(other) == []


def test_notes_go_over_to_the_error_with_all_content(implementation: str) -> None:
    """Each chunk's error becomes one of the whole body."""
    strict = load_package(implementation)._http.strict
    for inner in (IncompleteRead(b"a"), strict.MalformedChunk(b"a", "wrong")):
        notes.add(inner, "why")
        outer = strict.with_content(inner, b"content")
        assert (type(outer), outer.partial) == (type(inner), b"content")
        assert getattr(outer, "__notes__", []) == _is("why")


# ------------------------------------------------------------------- where connections say them


@pytest.mark.parametrize("read", ["read", "readinto", "read1", "readline", "peek"])
def test_a_body_whose_length_is_lost(connect: Connect, script: Script, read: str) -> None:
    script.answers(_OK + b"no field\r\nContent-Length: 2\r\n\r\n")
    connection = connect()
    connection.connect()
    connection.sock.settimeout(_SHORT)
    connection.request("GET", "/")
    response = connection.getresponse()
    with pytest.raises(TimeoutError) as caught:
        getattr(response, read)(*([bytearray(5)] if read == "readinto" else []))
    found = _notes_of(caught.value)
    assert len(found) == 2 * _HAS_NOTES
    assert all("closes the connection" in note or "no field" in note for note in found)
    response.close()


def test_a_body_that_is_cut(connect: Connect, script: Script) -> None:
    for wire, note in (
        (_OK + b"Content-Length: 5\r\n\r\nab", "the connection ended before the body,"),
        (_CHUNKED + b"5\r\nab", "the connection ended within a chunk,"),
        (_CHUNKED + b"2\r\nab\r\n", "the connection ended before the last chunk,"),
        (_CHUNKED + b"2\r\nab\r\nno size\r\n", "b'no size\\r\\n' is no chunk-size line"),
    ):
        script.last_words(wire)
        error = _failure(connect())
        assert isinstance(error, IncompleteRead)
        found = _notes_of(error)
        assert len(found) == _HAS_NOTES
        assert all(each.startswith(note) for each in found)


def test_a_connection_that_was_closed_meanwhile(connect: Connect, script: Script) -> None:
    script.answers(_OK + b"Content-Length: 0\r\n\r\n")
    connection = connect()
    connection.request("GET", "/")
    assert connection.getresponse().read() == b""
    connection.request("GET", "/")
    script.hangs_up()
    with pytest.raises(RemoteDisconnected) as caught:
        connection.getresponse()
    found = _notes_of(caught.value)
    assert len(found) == _HAS_NOTES
    script.last_words(b"")
    connection.request("GET", "/")  # on a fresh one
    with pytest.raises(RemoteDisconnected) as caught:
        connection.getresponse()
    assert _notes_of(caught.value) == []


def test_limits_of_a_proxy(connect: Connect, script: Script) -> None:
    script.answers(_OK + _FIELDS + b"\r\n")
    connection = connect()
    connection.set_tunnel("origin.example")
    assert _notes_of(_failure(connection)) == _is(notes.LINES_LIMIT)
