"""Header lines -> `http.client.HTTPMessage`.

Well-formed header blocks are taken apart by the codec. Whatever it does not understand for
certain (folded lines, no colon, bare CR, NUL, "From " lines, multipart types, ...) goes through
`email.parser`, so that the message, its `defects` and its payload are what the stdlib gives.
"""

from __future__ import annotations

import copyreg
import email.parser
import sys
from http.client import HTTPMessage, LineTooLong

from .._compiled import parse_fields
from . import hooks

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


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


def raw_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """(name, value) of the lines that are fields, the white space around a value taken off."""
    fields: list[tuple[bytes, bytes]] = []
    is_field = False
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if is_field:
                name, value = fields[-1]
                fields[-1] = name, value + line
            continue
        name, colon, value = line.partition(b":")
        is_field = bool(colon and name)
        if is_field:
            fields.append((name, value))
    return [(name, value.strip(b" \t\r\n")) for name, value in fields]


hooks.replace(_parse_header_lines=parse_header_lines)


def _reduce_line_too_long(error: LineTooLong) -> tuple[Any, ...]:
    return copyreg.__newobj__, (type(error), *error.args), vars(error) or None  # type: ignore[attr-defined]


# Its __init__ makes the text out of a part of it, so that pickle, which calls it with the whole,
# would have it twice.
copyreg.pickle(LineTooLong, _reduce_line_too_long)
