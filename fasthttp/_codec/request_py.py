"""Request heads in pure Python: the twin of request_c.pyx, and its contract.

Only what certainly needs no refusal and no special treatment is encoded here; for anything else
the answer is None, and the caller builds the head line by line, with every check and error of
`http.client`.
"""

import re

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
) -> bytes | None:
    """The head of an HTTP/1.1 request as http.client's `request()` writes it, or None.

    `host_line` is the ready Host line with its CRLF, left out where `headers` has a Host of its
    own; so is "Accept-Encoding: identity". `content_length` is that of the body, -1 for none to
    be sent. `headers` is a dict of str to str, bytes or int. None: `headers` decides the framing
    itself, or something is not of the plain form.
    """
    if type(method) is not str or type(target) is not str or type(headers) is not dict:
        return None
    if not _PLAIN_WORD(method) or not _PLAIN_WORD(target) or target.startswith("http"):
        return None
    if len(headers) > MAX_REQUEST_FIELDS:
        return None
    lines: list[str] = []
    identity = "Accept-Encoding: identity\r\n"
    for name, value in headers.items():
        if type(name) is not str or not _PLAIN_NAME(name):
            return None
        lower = name.lower()
        if lower in _FRAMING:
            return None
        if lower == _HOST:
            host_line = b""
        elif lower == _ACCEPT_ENCODING:
            identity = ""
        text = _plain_value(value)
        if text is None:
            return None
        lines.append(f"{name}: {text}\r\n")
    length = f"Content-Length: {content_length}\r\n" if content_length >= 0 else ""
    try:
        head = (
            f"{method} {target} HTTP/1.1\r\n{host_line.decode('latin-1')}"
            f"{identity}{length}{''.join(lines)}\r\n"
        )
        return head.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _plain_value(value: object) -> str | None:
    if type(value) is str:
        return None if _BREAKS_LINE(value) else value
    if type(value) is bytes:
        return None if _BREAKS_LINE_BYTES(value) else value.decode("latin-1")
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return str(value)
    return None


def encode_field(name: object, value: object) -> bytes | None:
    """A field line without its end, or None.

    `name` is str or bytes; `value` str (ISO-8859-1), bytes or int.
    """
    if type(name) is str:
        if not _PLAIN_NAME(name):
            return None
        encoded = name.encode("ascii")
    elif type(name) is bytes and _PLAIN_NAME_BYTES(name):
        encoded = name
    else:
        return None
    if type(value) is str:
        if _BREAKS_LINE(value):
            return None
        try:
            return encoded + b": " + value.encode("latin-1")
        except UnicodeEncodeError:
            return None
    if type(value) is bytes:
        return None if _BREAKS_LINE_BYTES(value) else encoded + b": " + value
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return encoded + b": " + str(value).encode("ascii")
    return None
