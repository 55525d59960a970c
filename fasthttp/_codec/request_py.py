"""Request heads in pure Python: the twin of request_c.pyx, and its contract.

Only what certainly needs no refusal and no special treatment is encoded here; for anything else
the answer says why (refusals.py), and the caller builds the head line by line, with every check and
error of `http.client`.
"""

import re

from .refusals import FRAMING, HEADERS, MANY, METHOD, NAME, TARGET, VALUE, WHOLE_URL
from .sizes import MAX_INT, MAX_REQUEST_FIELDS

_PLAIN_WORD = re.compile(r"[\x21-\x7e]+").fullmatch
_PLAIN_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]+").fullmatch
_PLAIN_NAME_BYTES = re.compile(rb"[\x21-\x39\x3b-\x7e]+").fullmatch
_BREAKS_LINE = re.compile("[\r\n]").search
_BREAKS_LINE_BYTES = re.compile(b"[\r\n]").search

_HOST = "host"
_ACCEPT_ENCODING = "accept-encoding"
_FRAMING = frozenset(("content-length", "transfer-encoding"))


def encode_head(
    method: object, target: object, host_line: bytes, content_length: int, headers: object
) -> bytes | tuple[str, object]:
    """The head of an HTTP/1.1 request as http.client's `request()` writes it, or a refusal.

    `host_line` is the ready Host line with its CRLF, left out where `headers` has a Host of its
    own; so is "Accept-Encoding: identity". `content_length` is that of the body, -1 for none to
    be sent. `headers` is a dict of str to str, bytes or int. Refused: `headers` decides the framing
    itself, or something is not of the plain form.
    """
    if type(method) is not str or not _PLAIN_WORD(method):
        return METHOD, method
    if type(target) is not str or not _PLAIN_WORD(target):
        return TARGET, target
    if target.startswith("http"):
        return WHOLE_URL, target
    if type(headers) is not dict:
        return HEADERS, type(headers)
    if len(headers) > MAX_REQUEST_FIELDS:
        return MANY, headers
    lines: list[str] = []
    identity = "Accept-Encoding: identity\r\n"
    for name, value in headers.items():
        if type(name) is not str or not _PLAIN_NAME(name):
            return _first(headers, NAME, name)
        text = _plain_value(value)
        if text is None:
            return _first(headers, VALUE, name)
        lower = name.lower()
        if lower in _FRAMING:
            return _first(headers, FRAMING, name)
        if lower == _HOST:
            host_line = b""
        elif lower == _ACCEPT_ENCODING:
            identity = ""
        lines.append(f"{name}: {text}\r\n")
    length = f"Content-Length: {content_length}\r\n" if content_length >= 0 else ""
    try:
        head = (
            f"{method} {target} HTTP/1.1\r\n{host_line.decode('latin-1')}"
            f"{identity}{length}{''.join(lines)}\r\n"
        )
        return head.encode("latin-1")
    except UnicodeEncodeError:
        return _first(headers, VALUE, None)


def _first(headers: dict[object, object], why: str, refused: object) -> tuple[str, object]:
    """The refusal of the first value that is not ISO-8859-1, or of a field that comes before it."""
    for name, value in headers.items():
        is_named = name is refused
        if type(value) is str and not _is_latin1(value) and not (is_named and why is NAME):
            return VALUE, (name, value)
        if is_named:
            break
    return why, (name, value)


def _is_latin1(text: str) -> bool:
    return text.isascii() or max(text) <= "\xff"


def _plain_value(value: object) -> str | None:
    if type(value) is str:
        return None if _BREAKS_LINE(value) else value
    if type(value) is bytes:
        return None if _BREAKS_LINE_BYTES(value) else value.decode("latin-1")
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return str(value)
    return None


def encode_field(name: object, value: object) -> bytes | tuple[str, object]:
    """A field line without its end, or a refusal.

    `name` is str or bytes; `value` str (ISO-8859-1), bytes or int.
    """
    if type(name) is str and _PLAIN_NAME(name):
        encoded = name.encode("ascii")
    elif type(name) is bytes and _PLAIN_NAME_BYTES(name):
        encoded = name
    else:
        return NAME, (name, value)
    if type(value) is str:
        if not _BREAKS_LINE(value) and _is_latin1(value):
            return encoded + b": " + value.encode("latin-1")
    elif type(value) is bytes:
        if not _BREAKS_LINE_BYTES(value):
            return encoded + b": " + value
    elif type(value) is int and -MAX_INT <= value <= MAX_INT:
        return encoded + b": " + str(value).encode("ascii")
    return VALUE, (name, value)
