"""What the lines of a response mean: functions of bytes and values, with no socket and no file.

Whoever has the bytes asks here: `HTTPResponse`, which reads them from a file, and `incoming`, which
is fed them. How strictly they are read is one of three objects, LENIENT, STRICT and SKIPPING, which
answer the same questions.
"""

from __future__ import annotations

import re
from http.client import BadStatusLine, HTTPException, UnknownProtocol

from . import hooks, strict

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable


#: RFC 9110 15.2: a client reads past these; 101 is final, because what follows is not HTTP.
INTERIM = frozenset(range(100, 200)) - {101}

#: The most bytes of a header or trailer section, where nobody sets another limit.
MAX_HEAD_BYTES = 1 << 20

#: No chunk is so long: beyond, what announces it is no size.
MAX_CHUNK = (1 << 63) - 1

# Go's rule for CVE-2023-39326: each size line, with the CRLF behind its data, may take 16 bytes and
# two for each byte of data. What the lines take beyond adds up to no more than this.
_ALLOWANCE = 16
_MAX_OVERHEAD = 16384

_HEX_DIGITS = b"0123456789abcdefABCDEF"
_ENDS_OF_SECTION = (b"\r\n", b"\n", b"")

#: What the email package takes for a field, and ends at no other place than the line's end.
_GOOD_LINE = re.compile(rb"(?!From )[\x21-\x39\x3b-\x7e]+:[^\r\n\0]*\r?\n?\Z")
#: A size that no reader takes for another, whatever is behind its semicolon.
_PLAIN_SIZE = re.compile(rb"[0-9A-Fa-f]+[ \t]*(?:;|\r?\n?\Z)")
_CONTINUATION = re.compile(rb"[ \t][^\r\n\0]*\r?\n?\Z")


# ---------------------------------------------------------------- status line


def split_status_line(line: str) -> tuple[str, str, str]:
    """Return version, status and reason, as they stand there; all empty where there is no status.

    The reason has its white space still.
    """
    parts = line.split(None, 2)
    if len(parts) < 3:
        parts = line.split(None, 1)  # which leaves white space behind the status, for int()
    version, status, reason = (*parts, "", "")[:3] if len(parts) > 1 else ("", "", "")
    return version, status, reason


def is_http(version: str) -> bool:
    """Return whether this is the version of an HTTP message at all."""
    return version.startswith("HTTP/")


def status_code(status: str, line: str) -> int:
    """Return the status of a status line. Raises `BadStatusLine`."""
    try:
        code = int(status)
    except ValueError:
        raise BadStatusLine(line) from None
    if not 100 <= code <= 999:
        raise BadStatusLine(line)
    return code


def version_number(version: str) -> int:
    """Return 10 or 11. Raises `UnknownProtocol`."""
    if version in ("HTTP/1.0", "HTTP/0.9"):
        return 10
    if version.startswith("HTTP/1."):
        return 11
    raise UnknownProtocol(version)


# ------------------------------------------------------------------- sections


def line_too_long(what: str, limit: int | None = None) -> Exception:
    """Return the `LineTooLong` for a line of this kind. `limit` is the one in force, in bytes; None
    for `_MAXLINE` as of now.
    """
    error: Exception = hooks.hook("LineTooLong")(what)
    limit = hooks.hook("_MAXLINE") if limit is None else limit
    error.args = (f"got more than {limit} bytes when reading {what}",)
    return error


class Line:
    """A line in the making, out of what is fed. No byte is looked at twice."""

    __slots__ = ("_held", "max_line")

    def __init__(self, max_line: int) -> None:
        self.max_line = max_line
        self._held = bytearray()

    def __bool__(self) -> bool:
        return bool(self._held)

    def take(self, data: bytes, at: int, what: str) -> tuple[bytes | None, int]:
        """Return the line that ends in `data`, from `at` on, and where; None where none does.

        Raises `LineTooLong`.
        """
        stop = at + self.max_line + 1 - len(self._held)
        end = data.find(b"\n", at, stop) + 1
        part = data[at : end or stop]
        if len(self._held) + len(part) > self.max_line:
            raise line_too_long(what, self.max_line)
        if not end:
            self._held += part
            return None, len(data)
        if not self._held:
            return part, end
        self._held += part
        return self.rest(), end

    def rest(self) -> bytes:
        """Return what there is of a line, and forget it."""
        line = bytes(self._held)
        self._held.clear()
        return line


class Section:
    """The lines of a header or trailer section, within limits.

    `max_lines` is how many lines there may be, `max_bytes` how long they may be together, None for
    no such limit; `needs_end`: the end of the connection is not one of the section. `whats` names
    them in errors: "headers" or "trailers".
    """

    __slots__ = ("_max_bytes", "_max_lines", "_needs_end", "_size", "lines", "whats")

    def __init__(
        self, whats: str, max_lines: int, max_bytes: int | None, needs_end: bool = False
    ) -> None:
        self.lines: list[bytes] = []
        self.whats = whats
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._needs_end = needs_end
        self._size = 0

    def add(self, line: bytes) -> bool:
        """Add a line, b"" at the end of the connection. Return whether the section has ended.

        Raises `HTTPException` for one line or byte too many, and for an end that is missing.
        """
        if line in _ENDS_OF_SECTION:
            if self._needs_end and not line:
                text = f"the connection ended within {self.whats} (RFC 9112 section 8)"
                raise HTTPException(text)
            return True
        lines = self.lines
        lines.append(line)
        if len(lines) > self._max_lines:
            raise HTTPException(f"got more than {self._max_lines} {self.whats}")
        self._size += len(line)
        if self._max_bytes is not None and self._size > self._max_bytes:
            raise HTTPException(f"got more than {self._max_bytes} bytes of {self.whats}")
        return False


def too_many_interims(most: int) -> HTTPException:
    """Return the error for more interim responses than that."""
    return HTTPException(f"got more than {most} interim responses")


# --------------------------------------------------------------------- chunks


def plain_size(line: bytes) -> int:
    """Return what a size line says that is nothing but up to 12 digits and CRLF; else -1."""
    # Such a line is within its allowance, and no reader takes another size from it.
    if 3 <= len(line) <= 14 and line.endswith(b"\r\n"):
        return int(line, 16) if line.translate(None, _HEX_DIGITS) == b"\r\n" else -1
    return -1


def chunk_size(line: bytes) -> int:
    """Return the size that a size line says, b"" being the end of the connection.

    Raises `ValueError` where it says none. It is read as leniently as `http.client` reads it.
    """
    size = int(line.partition(b";")[0], 16)
    if not 0 <= size <= MAX_CHUNK:
        raise ValueError("no size of a chunk")
    return size


def overhead_with(overhead: int, line: int, size: int) -> int:
    """Return what size lines have taken beyond their allowance, with one more of `line` bytes for
    a chunk of `size`. Raises `HTTPException` where that is too much.
    """
    overhead += line + 2 - _ALLOWANCE - 2 * size
    if overhead > _MAX_OVERHEAD:
        raise HTTPException(f"got more than {_MAX_OVERHEAD} bytes of overhead in chunk sizes")
    return max(overhead, 0)


# ----------------------------------------------------------------- strictness


class Lenient:
    """How a response is read where nobody asks for more: as `http.client` reads it."""

    #: Whether the connection must not end within a section, or before a body of known length.
    needs_end = False
    #: Whether heads of the codec's plain form have to be looked at, too.
    is_strict = False

    def allows_plain_head(self, head: bytes) -> bool:
        """Return whether a head of the codec's plain form, which begins so, is right as it is."""
        return True

    def check_status_line(self, line: bytes) -> None:
        """Raise `BadStatusLine` for one that is refused."""

    def sift(self, lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Return the field lines to read on with, and those that are left out.

        Raises `HTTPException` for one that is refused.
        """
        return lines, []

    def check_interim(self, lines: list[bytes]) -> None:
        """Raise `HTTPException` where an interim response with these fields is refused."""

    def frame(
        self,
        status: int,
        version: int,
        method: str | None,
        asked_upgrade: bool,
        values_of: Callable[[str], list[str] | None],
        found: tuple[str | None, str | None, bool],
    ) -> tuple[str | None, str | None, bool]:
        """Return coding, length and whether the connection closes, for `framing.frame`: what
        `http.client` has `found`, or what stands in their place. `values_of` gives all values of a
        field. Raises `HTTPException` for a head that is refused.
        """
        return found

    def is_clear_size_line(self, line: bytes) -> bool:
        """Return whether all readers that take a size line take the same from it.

        Raises `MalformedChunk` for one that is refused.
        """
        return strict.is_size_line(line) or strict.is_clear_size_line(line)

    def is_clear_chunk_end(self, end: bytes) -> bool:
        """Return the same of the two bytes behind a chunk."""
        return end == b"\r\n"


class Strict(Lenient):
    """`strict=True`: RFC 9112 to the letter. strict.py has the checks."""

    needs_end = True
    is_strict = True

    def allows_plain_head(self, head: bytes) -> bool:
        # The one thing in which the plain form is laxer than 9112 4: the SP behind the status.
        return head[12:13] == b" "

    def check_status_line(self, line: bytes) -> None:
        strict.check_status_line(line)

    def sift(self, lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        strict.check_field_lines(lines)
        return lines, []

    def check_interim(self, lines: list[bytes]) -> None:
        strict.check_interim(lines)

    def frame(
        self,
        status: int,
        version: int,
        method: str | None,
        asked_upgrade: bool,
        values_of: Callable[[str], list[str] | None],
        found: tuple[str | None, str | None, bool],
    ) -> tuple[str | None, str | None, bool]:
        return strict.frame(status, version, method, asked_upgrade, values_of, found[2])

    def is_clear_size_line(self, line: bytes) -> bool:
        if line and not strict.is_size_line(line):
            raise strict.wrong_size_line(line)
        return True

    def is_clear_chunk_end(self, end: bytes) -> bool:
        if end != b"\r\n":
            raise strict.wrong_chunk_end(end)
        return True


class Skipping(Lenient):
    """`skip_bad_lines=True`: a malformed field line is left out, and the others count."""

    def sift(self, lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        kept: list[bytes] = []
        skipped: list[bytes] = []
        last_is_good = False
        for line in lines:
            if _CONTINUATION.match(line) is None:  # else it shares the fate of the line before
                last_is_good = _GOOD_LINE.match(line) is not None
            (kept if last_is_good else skipped).append(line)
        return kept, skipped


class Scraping(Skipping):
    """How the pool reads where nobody asks for more: as browsers do, where that is safe.

    Malformed field lines are left out. What could be half a message is refused: a head that the end
    of the connection cuts, and a chunk whose size is anything but hexadecimal digits.
    """

    needs_end = True

    def is_clear_size_line(self, line: bytes) -> bool:
        is_clear = super().is_clear_size_line(line)
        if line and not is_clear and _PLAIN_SIZE.match(line) is None:
            raise strict.wrong_size_line(line)
        return is_clear


LENIENT = Lenient()
STRICT = Strict()
SKIPPING = Skipping()
SCRAPING = Scraping()


def rules_for(
    strict: bool, skip_bad_lines: bool, max_head_bytes: int | None, on_informational: object
) -> Lenient:
    """Return how strictly a response is read, by the arguments of these names.

    Raises `ValueError` for arguments that contradict each other, or a limit below 1, and
    `TypeError` for those of a wrong type.
    """
    if strict and skip_bad_lines:
        raise ValueError("strict refuses what skip_bad_lines would skip: ask for one of the two")
    if on_informational is not None and not callable(on_informational):
        raise TypeError(f"on_informational must be callable, not {on_informational!r}")
    if max_head_bytes is not None:
        if isinstance(max_head_bytes, bool) or not hasattr(max_head_bytes, "__index__"):
            text = f"max_head_bytes must be a whole number of bytes, not {max_head_bytes!r}"
            raise TypeError(text)
        if max_head_bytes < 1:
            raise ValueError(f"max_head_bytes must be at least 1, not {max_head_bytes!r}")
    return STRICT if strict else SKIPPING if skip_bad_lines else LENIENT
