"""`strict=True`: what RFC 9112 asks of a response and http.client does not.

Each check takes bytes as they came from the wire and raises the exception of http.client that is
closest; its text names the clause. A bare LF in the place of CRLF passes in heads, because 2.2
lets a recipient read it so, and nowhere else.
"""

from __future__ import annotations

import re
from http.client import BadStatusLine, HTTPException, IncompleteRead

from . import notes
from .notes import shown_line

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*\r?\n\Z")
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 5.6.2
_FIELD_LINE = re.compile(rb"%b:[\t\x20-\x7e\x80-\xff]*\r?\n\Z" % _TOKEN)
_NAME = re.compile(_TOKEN)
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'  # RFC 9110 5.6.4
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
#: A size of up to 2^63 - 1; beyond, it would overflow somebody's integers (9112 7.1).
_SIZE_LINE = re.compile(rb"0*[0-7]?[0-9A-Fa-f]{1,15}(?:%b)*\r\n\Z" % _EXTENSION)
_CLEAR_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]+[ \t]*(?:;[^\r\n\"]*)?\r\n\Z")
#: Lines after which, or inside which, readers differ in where the next field is.
_ONE_READING = re.compile(rb"(?:[\x21-\x39\x3b-\x7e]+:|[ \t])[^\r\n\0]*\r?\n\Z")
_LENGTH = re.compile(r"[0-9]{1,20}", re.ASCII)  # no body is longer than 64 bits say
# RFC 9110 10.1.4 and 5.6.1: the members of a Transfer-Encoding, and what is between them.
_PARAMETER = rb"[ \t]*;[ \t]*%b[ \t]*=[ \t]*(?:%b|%b)" % (_TOKEN, _TOKEN, _QUOTED)
_CODING = re.compile((rb"(%b)((?:%b)*)" % (_TOKEN, _PARAMETER)).decode())
_BETWEEN_CODINGS = re.compile(r"[ \t]*((?:,[ \t]*)*)")
_SHOWN = 80  # characters of a value in an error's text
_SHOWN_VALUES = 4


class MalformedChunk(IncompleteRead):
    """A chunked body that breaks RFC 9112 section 7.1, on a strict connection.

    `partial` is what was read of it, `reason` says what is wrong and names the clause.
    """

    def __init__(self, partial: bytes, reason: str) -> None:
        super().__init__(partial)
        self.args = (partial, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self!r}: {self.reason}"


def with_content(error: IncompleteRead, content: bytes) -> IncompleteRead:
    """The error of a broken chunk, with all of the body that was read, and with its notes."""
    if isinstance(error, MalformedChunk):
        return notes.taken_from(error, MalformedChunk(content, error.reason))
    return notes.taken_from(error, IncompleteRead(content))


def _shown_values(values: list[str]) -> str:
    return repr([value[:_SHOWN] for value in values[:_SHOWN_VALUES]])


def check_status_line(line: bytes) -> None:
    """Raise `BadStatusLine` unless it is HTTP-version SP 3DIGIT SP [reason-phrase]."""
    if _STATUS_LINE.match(line) is None:
        text = line.decode("iso-8859-1")
        error = BadStatusLine(text)
        error.args = (f"{shown_line(line)} is no status-line (RFC 9112 section 4)",)
        raise error


def check_field_lines(lines: Iterable[bytes]) -> None:
    """Raise `HTTPException` for a line that is not token ":" OWS field-value OWS."""
    for line in lines:
        if _FIELD_LINE.match(line) is None:
            raise HTTPException(f"{_fault_of_field(line)}: {shown_line(line)}")


def has_two_readings(lines: list[bytes]) -> bool:
    """Whether these lines hide a field from some readers, or show them one that is none."""
    return not all(map(_ONE_READING.match, lines))


def _fault_of_field(line: bytes) -> str:
    if line[:1] in (b" ", b"\t"):
        return "a folded field line (RFC 9112 section 5.2)"
    content = line[:-2] if line.endswith(b"\r\n") else line[:-1]
    if b"\r" in content:
        return "a bare CR in a field line (RFC 9112 section 2.2)"
    name, colon, _ = content.partition(b":")
    if not colon:
        return "a field line without a colon (RFC 9112 section 5)"
    if name[-1:] in (b" ", b"\t"):
        return "white space before the colon (RFC 9112 section 5.1)"
    if _NAME.fullmatch(name) is None:
        return "a field name that is no token (RFC 9110 section 5.1)"
    if not line.endswith(b"\n"):
        return "a field line without an end (RFC 9112 section 8)"
    return "NUL or a control in a field value (RFC 9110 section 5.5)"


def frame(
    status: int,
    version: int,
    method: str | None,
    asked_upgrade: bool,
    values_of: Callable[[str], list[str] | None],
    closing: bool,
) -> tuple[str | None, str | None, bool]:
    """How a response ends by RFC 9112: its final coding or None, its length or None, and whether
    its connection closes behind it.

    `values_of` gives all values of a field; `closing` is whether http.client would close the
    connection. Raises `HTTPException` for what must not be.
    """
    if status == 101 and not asked_upgrade:
        raise HTTPException("101 without Upgrade in the request (RFC 9110 section 7.8)")
    closing = closing or closes(version, values_of("connection") or [])
    if method == "CONNECT" and 200 <= status < 300:
        return None, "0", closing  # what it says of content MUST be ignored (9110 9.3.6)
    coding, length = check_framing(
        version, values_of("transfer-encoding") or [], values_of("content-length") or []
    )
    _check_content(status, coding, length)
    return coding, length, closing


def check_interim(lines: list[bytes]) -> None:
    """Raise `HTTPException` where the field lines of a 1xx, which are of the grammar, announce
    content, or contradict each other.
    """
    codings, lengths = _values(lines, b"transfer-encoding"), _values(lines, b"content-length")
    _check_content(100, *check_framing(11, codings, lengths))


def _values(lines: list[bytes], wanted: bytes) -> list[str]:
    fields = (line.partition(b":") for line in lines)
    return [
        value.strip(b" \t\r\n").decode("latin-1")
        for name, _, value in fields
        if name.lower() == wanted
    ]


def _check_content(status: int, coding: str | None, length: str | None) -> None:
    empty = status < 200 or status == 204
    if empty and coding is not None:
        raise HTTPException("Transfer-Encoding in a 1xx or 204 (RFC 9112 section 6.1)")
    # A length of 0 must not be there either, but is, and all readers take the same from it.
    if length is not None and int(length):
        if empty:
            raise HTTPException("Content-Length in a 1xx or 204 (RFC 9110 section 8.6)")
        if status == 205:
            raise HTTPException("a 205 with content (RFC 9110 section 15.3.6)")


def asks_upgrade(names: Iterable[str | bytes]) -> bool:
    """Whether Upgrade is among the names of a request's fields, so that 101 may answer it."""
    texts = (name if isinstance(name, str) else str(name, "latin-1") for name in names)
    return any(text.lower() == "upgrade" for text in texts)


def closes(version: int, connections: list[str]) -> bool:
    """Whether a connection is not persistent (9112 9.3), by the values of all Connection fields.

    In HTTP/1.0 (10) only the option keep-alive keeps it; Keep-Alive and Proxy-Connection say
    nothing (9112 C.2.2).
    """
    options = {option for each in connections for option in _members(each)}
    return "close" in options or (version == 10 and "keep-alive" not in options)


def check_framing(
    version: int, codings: list[str], lengths: list[str]
) -> tuple[str | None, str | None]:
    """What the body's end is by RFC 9112 section 6.3: (the final coding in lower case or None, a
    length or None).

    Takes the version (10 or 11) and the values of all Transfer-Encoding and Content-Length fields.
    Raises `HTTPException` where they are malformed or contradict each other.
    """
    if codings and lengths:
        raise HTTPException("Transfer-Encoding with Content-Length (RFC 9112 section 6.3)")
    if codings and version == 10:
        raise HTTPException("Transfer-Encoding in an HTTP/1.0 message (RFC 9112 section 6.1)")
    return _final_coding(codings), _one_length(lengths)


def _final_coding(codings: list[str]) -> str | None:
    names = [name for each in codings for name in _codings_of(each)]
    if not codings:
        return None
    if not names or "chunked" in names[:-1]:
        raise HTTPException(
            "chunked is not the last transfer coding (RFC 9112 section 6.1):"
            f" {_shown_values(codings)}"
        )
    return names[-1]


def _codings_of(value: str) -> list[str]:
    """The names in a Transfer-Encoding, in lower case."""
    names = []
    at = _separator(value, 0).end()
    while at < len(value):
        coding = _CODING.match(value, at)
        separator = coding and _separator(value, coding.end())
        if not coding or not separator or (separator.end() < len(value) and not separator[1]):
            text = "not a list of transfer codings (RFC 9112 section 6.1)"
            raise HTTPException(f"{text}: {value[:_SHOWN]!r}")
        names.append(coding[1].lower())
        if coding[2] and names[-1] == "chunked":
            text = "chunked with a parameter (RFC 9112 section 7)"
            raise HTTPException(f"{text}: {value[:_SHOWN]!r}")
        at = separator.end()
    return names


def _separator(value: str, at: int) -> re.Match[str]:
    found = _BETWEEN_CODINGS.match(value, at)
    assert found is not None  # noqa: S101 - it matches nothing, too
    return found


def _one_length(lengths: list[str]) -> str | None:
    values = [value for each in lengths for value in _members(each)]
    for value in values:
        if _LENGTH.fullmatch(value) is None:
            shown = value[:_SHOWN]
            raise HTTPException(f"not a Content-Length (RFC 9110 section 8.6): {shown!r}")
    if len({int(value) for value in values}) > 1:
        text = f"conflicting Content-Lengths (RFC 9112 section 6.3): {_shown_values(lengths)}"
        raise HTTPException(text)
    return values[0] if values else None


def _members(value: str) -> list[str]:
    return [member.strip(" \t").lower() for member in value.split(",")]


def is_size_line(line: bytes) -> bool:
    """Whether it is 1*HEXDIG [ chunk-ext ] CRLF."""
    return _SIZE_LINE.match(line) is not None


def is_clear_size_line(line: bytes) -> bool:
    """Whether all readers that take it take the same size from it, and as much of what follows."""
    return _CLEAR_SIZE_LINE.match(line) is not None


def wrong_size_line(line: bytes) -> MalformedChunk:
    """The error for a line that is no such."""
    return MalformedChunk(b"", f"{shown_line(line)} is no chunk-size line (RFC 9112 section 7.1)")


def wrong_chunk_end(end: bytes) -> MalformedChunk:
    """The error for what stands where a chunk's CRLF should be."""
    return MalformedChunk(b"", f"{end!r} instead of CRLF behind a chunk (RFC 9112 section 7.1)")
