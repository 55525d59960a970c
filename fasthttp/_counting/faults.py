"""What keeps the codec from taking the head of a response: which line, and what is wrong with it.

Asked after the fact, of the bytes that the codec has refused. The kinds are few, so that they can
be counted; the line itself is told once, as an example, without what may be a secret.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from .._codec.sizes import MAX_FIELDS
from .._codec.stops import ODD_HEAD
from .._compiled import parse_fields, parse_head

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SHOWN = 60

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PARTED = re.compile(rb"multipart|message", re.IGNORECASE)
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
    # The codec itself says which line: the first that it refuses with all before it.
    if parse(data, max_line, max_fields)[0] != ODD_HEAD:
        return None
    ends = [match.end() for match in re.finditer(b"\n", data)] + [len(data)]
    at = bisect_left(
        ends, True, key=lambda end: parse(data[:end], max_line, max_fields)[0] == ODD_HEAD
    )
    begins = [0, *ends]
    lines = [data[begins[which] : ends[which]] for which in range(at + 1)]
    line = lines[-1]
    if at < status_lines:
        return _of_status(line, max_line), _shown(line, line)
    fields = lines[status_lines:]
    return _of_field(fields, max_line, max_fields), _shown(line, _owner(fields))


def _of_status(line: bytes, max_line: int) -> str:
    if len(line) > max_line:
        return f"a status line of more than {max_line:,} bytes"
    if not re.match(rb"HTTP/1\.[01] ", line):
        return "a first line that does not begin with HTTP/1.0 or HTTP/1.1"
    if not re.match(rb".{9}[1-9][0-9]{2}[ \r\n]", line):
        return "a status that is not three digits"
    reason = line[12:].rstrip(b"\r\n")
    if re.search(rb"[\x80-\xff]", reason):
        return "a reason with a byte above 127"
    if _CONTROL.search(reason):
        return "a reason with a control character"
    if line[9:10] == b"1":
        return "an interim response (1xx) before it"
    return "a status line of an unusual form"


def _of_field(fields: list[bytes], max_line: int, max_fields: int) -> str:
    line = fields[-1]
    name, colon, value = line.partition(b":")
    most = max(0, min(max_fields, MAX_FIELDS))
    if line[:1] in (b" ", b"\t"):
        return "a folded line"
    if len(line) > max_line:
        return f"a line of more than {max_line:,} bytes"
    if len(fields) > most and line.rstrip(b"\r\n"):
        return f"more than {most} header fields"
    if not colon:
        return "a line without a colon"
    return _of_name(name) or _of_value(name.lower(), value) or "a line of an unusual form"


def _of_name(name: bytes) -> str | None:
    if not name:
        return "a line that begins with its colon"
    if name[-1:] in (b" ", b"\t"):
        return "white space before the colon"
    if not name.isascii():
        return "a name with a byte above 127"
    if not _TOKEN.fullmatch(name):
        return "a name with a character that is not allowed in it"
    return None


def _of_value(name: bytes, value: bytes) -> str | None:
    value = value.removesuffix(b"\n").removesuffix(b"\r")
    if b"\r" in value:
        return "a carriage return within the line"
    if _CONTROL.search(value):
        return "a value with a control character"
    if name == b"content-type" and _PARTED.search(value):
        return "a Content-Type of multipart or message"
    if name in (b"content-length", b"transfer-encoding"):
        return f"{name.decode('ascii').title()} for the second time"
    return None


def _owner(fields: list[bytes]) -> bytes:
    """The line to which the last one belongs: the field that a folded one goes on with."""
    return next((line for line in reversed(fields) if line[:1] not in b" \t"), b"")


def _shown(line: bytes, owner: bytes) -> str:
    """A line for people: as it was sent, cut; no more than a name where it may hold a secret."""
    line = line.rstrip(b"\r\n")
    if not _SECRET.search(line) and not _SECRET.search(owner):
        return repr(line[:_SHOWN]) + ("..." if len(line) > _SHOWN else "")
    name, colon, value = owner.rstrip(b"\r\n").partition(b":")
    if not colon or not _TOKEN.fullmatch(name.rstrip(b" \t")):
        return f"{len(line)} bytes that are not shown"
    hidden = value if owner.startswith(line) else line
    return f"{name[:_SHOWN] + colon!r} and {len(hidden)} bytes that are not shown"
