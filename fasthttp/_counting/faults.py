"""What keeps the codec from taking the head of a response: which line, and what is wrong with it.

Asked after the fact, of the bytes that the codec has refused: it is given parts of them, to find
the line, and what of it; here are the words for that. The kinds are few, so that they can be
counted; the line itself is told once, as an example, without what may be a secret.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left

from .._codec.stops import ODD_HEAD
from .._compiled import parse_fields, parse_head

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SHOWN = 60

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
#: Lines with one of these are told by name only: their values are keys to something, or URLs, which
#: often hold keys.
_SECRET = re.compile(
    rb"auth|cookie|credential|csrf|jwt|key|link|location|nonce|otp|passw|refer|refresh|secret"
    rb"|session|sid|signature|sso|token|ur[il]|xsrf",
    re.IGNORECASE,
)


def in_head(data: bytes, max_line: int, max_fields: int) -> tuple[str, str] | None:
    """The first fault in a response head at the start of `data`: its kind, and the line.

    Limits are those of `parse_head`. None where the codec takes the head, or waits for its rest.
    """
    return _first(parse_head, data, max_line, max_fields, 1)


def in_fields(data: bytes, max_line: int, max_fields: int) -> tuple[str, str] | None:
    """The same of header lines alone."""
    return _first(parse_fields, data, max_line, max_fields, 0)


def _first(
    parse: Callable[[bytes, int, int], Any],
    data: bytes,
    max_line: int,
    max_fields: int,
    status_lines: int,
) -> tuple[str, str] | None:
    def refuses(data: bytes) -> bool:
        return bool(parse(data, max_line, max_fields)[0] == ODD_HEAD)

    # The codec itself says which line: the first that it refuses with all before it.
    if not refuses(data):
        return None
    ends = [match.end() for match in re.finditer(b"\n", data)] + [len(data)]
    at = bisect_left(ends, True, key=lambda end: refuses(data[:end]))
    begins = [0, *ends]
    lines = [data[begins[which] : ends[which]] for which in range(at + 1)]
    line = lines[-1]
    if at < status_lines:
        return _of_status(line, max_line), _shown(line, line)
    before = b"".join(lines[:-1])
    fields = lines[status_lines:]
    if _refuses(line, parse_fields):
        kind = _of_field(line)
    # By itself it is right: it is the limits, or the lines before it.
    elif parse(before + line, sys.maxsize, max_fields)[0] != ODD_HEAD:
        kind = f"a line of more than {max_line:,} bytes"
    elif refuses(before + b"A:\r\n"):
        kind = f"more than {len(fields) - 1} header fields"
    else:
        kind = f"{line.partition(b':')[0].decode('ascii').title()} for the second time"
    return kind, _shown(line, _owner(fields))


def _refuses(line: bytes, parse: Callable[[bytes, int, int], Any] = parse_head) -> bool:
    """Whether the codec refuses this line by itself, whatever the limits are."""
    return bool(parse(line, sys.maxsize, 1)[0] == ODD_HEAD)


def _of_status(line: bytes, max_line: int) -> str:
    if not _refuses(line):
        return f"a status line of more than {max_line:,} bytes"
    if _refuses(line[:9] + b"200\n"):
        return "a first line that does not begin with HTTP/1.0 or HTTP/1.1"
    if not _refuses(line[:9] + b"2" + line[10:]) and line[9:10] == b"1":
        return "an interim response (1xx) before it"
    if _refuses(line[:13].rstrip(b"\r\n") + b"\n"):
        return "a status that is not three digits"
    if line.isascii():
        return "a reason with a control character"
    return "a reason with a byte above 127"


def _of_field(line: bytes) -> str:
    name, colon, value = line.partition(b":")
    if _refuses(name + b":\n", parse_fields):
        return _of_name(name, colon)
    value = value.removesuffix(b"\n").removesuffix(b"\r")
    if b"\r" in value:
        return "a carriage return within the line"
    if _CONTROL.search(value):
        return "a value with a control character"
    return "a Content-Type of multipart or message"


def _of_name(name: bytes, colon: bytes) -> str:
    if name[:1] in (b" ", b"\t"):
        return "a folded line"
    if not colon:
        return "a line without a colon"
    if not name:
        return "a line that begins with its colon"
    if name[-1:] in (b" ", b"\t"):
        return "white space before the colon"
    if not name.isascii():
        return "a name with a byte above 127"
    return "a name with a character that is not allowed in it"


def _owner(fields: list[bytes]) -> bytes:
    """The line to which the last one belongs: the field that a folded one goes on with."""
    return next((line for line in reversed(fields) if line[:1] not in b" \t"), b"")


def _shown(line: bytes, owner: bytes) -> str:
    """A line for people: as it was sent, cut; no more than a name where it may hold a secret."""
    line = line.rstrip(b"\r\n")
    if not _SECRET.search(line) and not _SECRET.search(owner):
        return repr(line[:_SHOWN]) + ("..." if len(line) > _SHOWN else "")
    name, colon, value = owner.rstrip(b"\r\n").partition(b":")
    if not colon or not _NAME.fullmatch(name.rstrip(b" \t")):
        return f"{len(line)} bytes that are not shown"
    hidden = value if owner.startswith(line) else line
    return f"{name[:_SHOWN] + colon!r} and {len(hidden)} bytes that are not shown"
