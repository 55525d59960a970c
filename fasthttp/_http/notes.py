"""What an exception says in notes, from Python 3.11 on, because its text is http.client's.

Each function adds to an exception what its circumstances tell: once, however often it is raised
again. On 3.10 it does nothing.
"""

from __future__ import annotations

import re
from http.client import HTTPException, IncompleteRead

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _Error = TypeVar("_Error", bound=BaseException)


LINE_LIMIT = "the limit is _MAXLINE of http.client, in bytes"
LINES_LIMIT = (
    "the limit is max_response_headers of the connection; _MAXHEADERS of http.client where that is"
    " None"
)
BYTES_LIMIT = "the limit is max_head_bytes of the connection; 1 MiB where that is None"
INTERIMS_LIMIT = "the limit is _MAXINTERIMRESPONSES of http.client"

#: The texts of what is beyond a limit, and which limit that is.
_LIMITS = (
    (re.compile(r"got more than \d+ bytes of (?:headers|trailers)"), BYTES_LIMIT),
    (re.compile(r"got more than \d+ (?:headers|trailers)"), LINES_LIMIT),
    (re.compile(r"got more than \d+ interim responses"), INTERIMS_LIMIT),
    (re.compile(r"got more than \d+ bytes when reading .*"), LINE_LIMIT),
)
#: What the email package takes for a field, or for more of the one before.
_FIELD = re.compile(rb"[\x21-\x39\x3b-\x7e]+:|[ \t]")
_SHOWN = 80  # bytes of a line in a text


def shown_line(line: bytes) -> str:
    """A line as it is put into texts: not too much of it."""
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + b"...")


def add(error: BaseException, note: str) -> None:
    """Add a note, unless the exception has it already."""
    if not hasattr(error, "add_note"):  # before 3.11
        return
    notes = getattr(error, "__notes__", [])
    if isinstance(notes, list) and note not in notes:
        error.add_note(note)


def of_limit(error: BaseException, max_headers: object) -> None:
    """Name the limit that was passed, if one was and nobody has set it for this connection.

    `max_headers` is the connection's max_response_headers. It may be given any error.
    """
    if not isinstance(error, HTTPException) or not error.args:
        return
    text = str(error.args[0])
    for pattern, note in _LIMITS:
        if pattern.fullmatch(text) and (note is not LINES_LIMIT or max_headers is None):
            add(error, note)


def of_lines(error: BaseException, lines: list[bytes], whats: str) -> None:
    """Say how far a section had come, "headers" or "trailers", when waiting for more failed."""
    if not lines:
        add(error, f"no line of {whats} had come, nor the empty one that ends them")
        return
    size, last = sum(map(len, lines)), lines[-1]
    colon = "" if _FIELD.match(last) else ", which is no field"
    came = f"{size} bytes of {whats} had come; the last line was {shown_line(last)}{colon}"
    add(error, f"{came}; the empty line that ends them had not")


def of_field(error: BaseException, name: object) -> None:
    """Name the field whose value cannot be sent. Not the value itself, which may be a secret."""
    encoding = ""
    if isinstance(error, UnicodeEncodeError):
        encoding = ", which is sent in ISO-8859-1: give bytes to send it in another encoding"
    add(error, f"this is the value of the header {name!r:.80}{encoding}")


def of_received(error: BaseException, head: bytes) -> None:
    """Say how far a head had come, by all that had been received of it when waiting failed."""
    whole = [line + b"\n" for line in head.split(b"\n")[:-1]]
    if whole:
        of_lines(error, whole[1:], "headers")


def of_reused(error: BaseException) -> None:
    """Say why there is no answer on a connection that has served other requests."""
    if isinstance(error, ConnectionError):
        add(
            error,
            "an earlier request was answered on this connection; the server may have closed it"
            " meanwhile: retry_stale=True sends such a request once more, idle_timeout leaves"
            " connections that were idle for so long",
        )


def of_body(error: BaseException, response: Any) -> None:
    """Say where the body would have ended, when reading it failed. It may be given any error."""
    of_limit(error, getattr(response, "_max_headers", None))
    length = response.length
    if isinstance(error, TimeoutError) and not response.chunked:
        if length is None:
            add(error, "the body has no length: it ends where the server closes the connection")
            _of_lost_fields(error, response)
        elif length:
            add(error, f"{length} bytes of the body, by its Content-Length, were not read yet")
    elif isinstance(error, IncompleteRead) and not response.chunked:
        add(error, "the connection ended before the body, by its Content-Length, did")
    elif type(error) is IncompleteRead and not getattr(error, "__notes__", None):
        add(error, "the connection ended within a chunk, or before the CRLF behind it")


def _of_lost_fields(error: BaseException, response: Any) -> None:
    lines = getattr(response, "_fasthttp_lines", None)
    if not isinstance(lines, list):
        return
    for line in lines:
        if not _FIELD.match(line):
            add(
                error,
                f"the head has a line that is no field, {shown_line(line)}, and http.client reads"
                " no field behind it: skip_bad_lines=True drops such lines alone",
            )
            return


def of_size_line(error: BaseException, line: bytes) -> None:
    """Say what stood where the size of a chunk should."""
    if line:
        add(error, f"{shown_line(line)} is no chunk-size line")
    else:
        add(error, "the connection ended before the last chunk, which has the size 0")


def taken_from(source: BaseException, error: _Error) -> _Error:
    """The second exception, with the notes of the first."""
    for note in getattr(source, "__notes__", ()):
        add(error, note)
    return error
