"""Header lines -> `http.client.HTTPMessage`.

Well-formed header blocks are taken apart by the codec. Whatever it does not understand for
certain (folded lines, no colon, bare CR, NUL, "From " lines, multipart types, ...) goes through
`email.parser`, so that the message, its `defects` and its payload are what the stdlib gives.
"""

from __future__ import annotations

import copyreg
import email.parser
import io
import sys
from http.client import HTTPException, HTTPMessage, LineTooLong

from . import hooks
from ._codec import SocketFile, parse_fields

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()


#: The most bytes of a header or trailer section, where the connection sets no other limit.
MAX_HEAD_BYTES = 1 << 20

_END = (b"\r\n", b"\n", b"")

#: Exactly these can be asked for what they hold without consuming it. A subclass, or a file that
#: has nothing but a readline(), is read line by line.
_PEEKABLE = frozenset((io.BufferedReader, SocketFile))


def line_too_long(what: str) -> Exception:
    """The `LineTooLong` for a line of this kind, with the limit in force."""
    error: Exception = hooks.hook("LineTooLong")(what)
    error.args = (f"got more than {hooks.hook('_MAXLINE')} bytes when reading {what}",)
    return error


def read_headers(
    fp: Any,
    max_headers: int | None,
    *,
    max_bytes: int | None = MAX_HEAD_BYTES,
    needs_end: bool = False,
) -> list[bytes]:
    """Read header lines from a file, up to the empty line, which is not among the result.

    `max_headers`: at most so many, None for `_MAXHEADERS`; `max_bytes`: of all lines together, None
    for no such limit; `needs_end`: the end of the connection is not one of the section. Raises
    `LineTooLong` for a line of more than `_MAXLINE` bytes and `HTTPException` for too many (CPython
    3.15's `_read_headers`), or for too many bytes.
    """
    return read_lines(fp, max_headers, max_bytes, "header line", "headers", needs_end)


def read_lines(
    fp: Any,
    max_lines: int | None,
    max_bytes: int | None,
    what: str,
    whats: str,
    needs_end: bool = False,
) -> list[bytes]:
    """Read the lines of a header or trailer section; see `read_headers`."""
    max_line = hooks.max_line()
    if max_lines is None:
        max_lines = hooks.hook("_MAXHEADERS")
    lines: list[bytes] = []
    size = 0
    readline = fp.readline
    while True:
        line = readline(max_line + 1)
        if len(line) > max_line:
            raise line_too_long(what)
        if line in _END:
            if needs_end and not line:
                raise HTTPException(f"the connection ended within {whats} (RFC 9112 section 8)")
            return lines
        lines.append(line)
        if len(lines) > max_lines:
            raise HTTPException(f"got more than {max_lines} {whats}")
        size += len(line)
        if max_bytes is not None and size > max_bytes:
            raise HTTPException(f"got more than {max_bytes} bytes of {whats}")


def message_of(fields: list[tuple[str, str]]) -> HTTPMessage:
    """The message that `email.parser` would make of well-formed fields; keeps the list."""
    message = HTTPMessage()
    inner: Any = message
    inner._headers = fields
    inner._payload = ""
    return message


def parse_header_lines(header_lines: list[bytes], _class: type[Any] = HTTPMessage) -> Any:
    """The message of header lines, given without the empty one; an instance of `_class`."""
    block = b"".join(header_lines)
    if _class is HTTPMessage:
        used, fields = parse_fields(block + b"\r\n", sys.maxsize, sys.maxsize)
        if fields is not None and used == len(block) + 2:
            return message_of(fields)
    return email.parser.Parser(_class=_class).parsestr(block.decode("iso-8859-1"))


def _take_fields(fp: Any, max_headers: int | None) -> list[tuple[str, str]] | None:
    """The fields of a well-formed block that the file holds already; None, and nothing consumed,
    where the lines have to be read one by one.
    """
    limits = hooks.plain_limits()
    if limits is None:
        return None
    max_line, default = limits
    length, fields = parse_fields(
        fp.peek(), max_line, default if max_headers is None else max_headers
    )
    if fields is not None:
        fp.read(length)
    return fields


def parse_headers(
    fp: Any, _class: type[Any] = HTTPMessage, *, _max_headers: int | None = None
) -> Any:
    """Read a header block from a file; the message, an instance of `_class`.

    Raises what `read_headers` raises (CPython 3.15's `parse_headers`).
    """
    if _class is HTTPMessage and type(fp) in _PEEKABLE:
        fields = _take_fields(fp, _max_headers)
        if fields is not None:
            return message_of(fields)
    lines = hooks.hook("_read_headers")(fp, _max_headers)
    return hooks.hook("_parse_header_lines")(lines, _class)


hooks.replace(
    _read_headers=read_headers,
    _parse_header_lines=parse_header_lines,
    parse_headers=parse_headers,
)


def _reduce_line_too_long(error: LineTooLong) -> tuple[Any, ...]:
    return copyreg.__newobj__, (type(error), *error.args), vars(error) or None  # type: ignore[attr-defined]


# Its __init__ makes the text out of a part of it, so that pickle, which calls it with the whole,
# would have it twice.
copyreg.pickle(LineTooLong, _reduce_line_too_long)
