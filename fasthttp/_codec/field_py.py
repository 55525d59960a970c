"""Single pieces of a message in pure Python: the twin of field_c.pyx, and its contract.

For programs that put a request together line by line, and look at single fields of a response.
As everywhere in the codec, None means "not of the plain form": the caller then does as
`http.client` does.
"""

import re

_PLAIN_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]+").fullmatch
_PLAIN_NAME_BYTES = re.compile(rb"[\x21-\x39\x3b-\x7e]+").fullmatch
_BREAKS_LINE = re.compile("[\r\n]").search
_BREAKS_LINE_BYTES = re.compile(b"[\r\n]").search
_MAX_INT = (1 << 63) - 1  # str() refuses to write very long ones


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
    if type(value) is int and -_MAX_INT <= value <= _MAX_INT:
        return encoded + b": " + str(value).encode("ascii")
    return None


def find_values(fields: object, name: object) -> list[str] | None:
    """The values of all fields of a name, ASCII case aside, in order; or None.

    `fields` is a list of pairs of str, as `email.message.Message` keeps them. None: something is
    no such pair, or not ISO-8859-1.
    """
    if type(fields) is not list or type(name) is not str or not name.isascii():
        return None
    wanted = name.lower()
    found: list[str] = []
    for pair in fields:
        if type(pair) is not tuple or len(pair) != 2:
            return None
        key, value = pair
        if type(key) is not str or type(value) is not str or not key.isascii():
            return None
        if key.lower() == wanted:
            if not _is_latin1(value):
                return None
            found.append(value)
    return found


def _is_latin1(text: str) -> bool:
    return text.isascii() or max(text) <= "\xff"
