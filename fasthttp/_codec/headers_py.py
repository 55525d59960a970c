"""Response heads in pure Python: the twin of headers_c.pyx, and its contract.

Strategy: a head of the plain form (see csrc/fh_headers.h) is taken apart here; for every other
one the answer is "odd", and the caller's line-by-line parser, which hands it to `email.parser`,
decides. Being odd is no error, so both twins must find the very same heads odd.
"""

import re

from .sizes import MAX_FIELDS
from .stops import INCOMPLETE
from .stops import ODD_HEAD as ODD

# The patterns for text that may not match leave white space around a value alone: one that took it
# off as well would try every way to share a run of blanks between its parts, in quadratic time.
_BLANKS = " \t"

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?=[ \r\n])([\x20-\x7e\t]*)\r?\n")
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 5.6.2
_VALUE = rb"[\x20-\x7e\x80-\xff\t]*"
_FIELD_LINE = re.compile(rb"(%b):(%b)\r?\n" % (_TOKEN, _VALUE))
_BLOCK = re.compile(rb"(?:%b:%b\r?\n)*\r?\n" % (_TOKEN, _VALUE))
#: Only for a block that is known to be well-formed: see below.
_FIELDS = re.compile(r"([^:\r\n]+):[ \t]*([^\r\n]*)\r?\n")
_SPECIAL_LENGTHS = frozenset(map(len, ("content-type", "content-length", "transfer-encoding")))
_COMPOSITE = re.compile("multipart|message", re.IGNORECASE)
_FRAMING_NAMES = (
    "transfer-encoding",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-connection",
)

_Text = str | None
#: What `Head.outline` returns.
Outline = tuple[int, int, str, _Text, _Text, _Text, _Text, _Text, bool]


class Head:
    """A status line and its header fields, kept as bytes until somebody asks.

    Attributes: `version` (10 or 11), `status` (100 to 999) and `reason` (str), as
    `http.client.HTTPResponse` has them.
    """

    __slots__ = ("_fields", "reason", "status", "version")

    def __init__(
        self, version: int, status: int, reason: str, fields: list[tuple[str, str]]
    ) -> None:
        self.version = version
        self.status = status
        self.reason = reason
        self._fields = fields

    def outline(self) -> Outline:
        """What says how a connection goes on: (`version`, `status`, `reason`, the first value, or
        None, of each of Transfer-Encoding, Content-Length, Connection, Keep-Alive and
        Proxy-Connection, and whether there is more than one Connection field).
        """
        first: dict[str, str] = {}
        connections = 0
        for name, value in self._fields:
            key = name.lower()
            first.setdefault(key, value)
            connections += key == "connection"
        te, cl, conn, keep, proxy = map(first.get, _FRAMING_NAMES)
        line = self.version, self.status, self.reason
        return *line, te, cl, conn, keep, proxy, connections > 1

    def plain_length(self, method: str | None) -> int:
        """Content-Length as an int, and -1 for "Transfer-Encoding: chunked", where that alone says
        where the message ends and nothing says that the connection does: in HTTP/1.1, plain digits,
        not both, and no Connection but "keep-alive". Else -2, also where there is no content,
        whatever the fields say (RFC 9112 6.3, rule 1). `method` is that of the request, or None.
        """
        if self.status < 200 or self.status in (204, 304) or method in ("HEAD", "CONNECT"):
            return -2
        values: dict[str, str | None] = dict.fromkeys(("content-length", "transfer-encoding"))
        values["connection"] = "keep-alive"
        found = [(name.lower(), value) for name, value in self._fields]
        found = [field for field in found if field[0] in values]
        values.update(found)
        length, coding = values["content-length"], values["transfer-encoding"]
        if (
            self.version != 11
            or str(values["connection"]).lower() != "keep-alive"
            or len(found) != len(dict(found))
        ):
            return -2
        if coding is not None:
            return -1 if coding.lower() == "chunked" and length is None else -2
        if length is None:
            return -2
        is_plain = length.isascii() and length.isdecimal() and len(length) <= 18
        return int(length) if is_plain else -2

    def get(self, name: str) -> str | None:
        """The values of the field, ASCII case aside, joined by ", "; None where it is absent."""
        values = self.get_all(name)
        return ", ".join(values) if values else None

    def get_all(self, name: str) -> list[str]:
        """A new list of the values of all fields of this name, ASCII case aside, in order."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def items(self) -> list[tuple[str, str]]:
        """All fields as a new list of (name, value), as sent and in order."""
        return list(self._fields)


def parse_head(data: bytes, max_line: int, max_fields: int) -> tuple[int, Head | None]:
    """Take a response head from the start of `data`.

    `max_line` is the greatest length of a line in bytes, its end included; `max_fields` the
    greatest number of header fields. Returns (its length in bytes, the head), (INCOMPLETE, None)
    or (ODD, None). An interim response, of a status below 200 but 101, is odd: no answer.
    """
    found = _STATUS_LINE.match(data)
    if found is None:
        return _why_no_status_line(data), None
    used = found.end()
    status = int(found[2])
    if used > max_line or (status < 200 and status != 101):
        return ODD, None
    length, fields = _fields_at(data, used, max_line, max_fields)
    if fields is None:
        return length, None
    version = 11 if found[1] == b"1" else 10
    return length, Head(version, status, found[3].decode("ascii").strip(_BLANKS), fields)


def parse_fields(
    data: bytes, max_line: int, max_fields: int
) -> tuple[int, list[tuple[str, str]] | None]:
    """Take header lines, up to and with the empty one, from the start of `data`.

    Limits and results are those of `parse_head`, with a list of (name, value) for the head.
    """
    return _fields_at(data, 0, max_line, max_fields)


def _fields_at(
    data: bytes, start: int, max_line: int, max_fields: int
) -> tuple[int, list[tuple[str, str]] | None]:
    max_fields = max(0, min(max_fields, MAX_FIELDS))
    found = _BLOCK.match(data, start)
    if found is None:
        return _why_no_block(data, start, max_line, max_fields), None
    end = found.end()
    fields = _FIELDS.findall(found[0].decode("latin-1"))
    too_many = len(fields) > max_fields
    if too_many or (end - start > max_line and _has_longer_line(found[0], max_line)):
        return ODD, None
    once: set[str] = set()
    for name, value in fields:
        if len(name) in _SPECIAL_LENGTHS and _is_odd_field(name.lower(), value, once):
            return ODD, None
    return end, fields


def _is_odd_field(name: str, value: str, once: set[str]) -> bool:
    """Whether a field makes its head odd; `once` has those so far that may not be repeated."""
    if name == "content-type":
        return _COMPOSITE.search(value) is not None
    if name in ("content-length", "transfer-encoding"):
        if name in once:
            return True
        once.add(name)
    return False


def _has_longer_line(block: bytes, max_line: int) -> bool:
    return max(map(len, block.split(b"\n"))) + 1 > max_line


def _why_no_block(data: bytes, at: int, max_line: int, max_fields: int) -> int:
    """Whether the end of a block is missing, or something in it is odd: line by line."""
    count = 0
    once: set[str] = set()
    while (found := _FIELD_LINE.match(data, at)) is not None:
        name, value = found.group(1, 2)
        is_odd = _is_odd_field(name.decode().lower(), value.decode("latin-1"), once)
        if found.end() - at > max_line or count >= max_fields or is_odd:
            return ODD
        count += 1
        at = found.end()
    if data[at : at + 2] in (b"", b"\r"):
        return INCOMPLETE
    return INCOMPLETE if count < max_fields and _FIELD_BEGINS.match(data, at) else ODD


_FIELD_BEGINS = re.compile(rb"%b(:%b\r?)?\Z" % (_TOKEN, _VALUE))

_STATUS_LINE_BEGINS = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}( [\x20-\x7e\t]*)?\r?\Z")


def _why_no_status_line(data: bytes) -> int:
    if len(data) < 13:
        begins = b"HTTP/1.".startswith(data[:7]) and b"\n" not in data
        return INCOMPLETE if begins else ODD
    return INCOMPLETE if _STATUS_LINE_BEGINS.match(data) else ODD


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
