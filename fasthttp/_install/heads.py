"""Response heads in `http.client`: its `parse_headers`, and `HTTPResponse`'s begin and getheader.

The bytes are looked at in the `io.BufferedReader` that `makefile` gave, and taken from it only if
they are of the plain form, whole, and within every limit. Else nothing has happened yet, and the
original function goes its way from there.
"""

from __future__ import annotations

import io
import sys
from email._policybase import compat32
from http.client import HTTPMessage

from .. import framing
from .._codec import find_values, parse_fields, parse_head
from ..message import message_of
from . import guards
from .places import STD, behind, leaf

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_File = io.BufferedReader
_HUGE = sys.maxsize
_get_all = HTTPMessage.get_all


def buffered(fp: Any) -> bytes:
    """What a file holds; nothing where the original shall say what is wrong with it."""
    try:
        data: bytes = fp.peek()
    except ValueError:  # it is closed
        return b""
    return data


def _limits(max_headers: int | None) -> tuple[int, int]:
    """The greatest length of a line, and a number of fields that no version objects to."""
    max_line = STD["_MAXLINE"]
    if max_headers is None:
        max_headers = STD["_MAXHEADERS"]
    if max_headers < 1:
        return 0, 0  # no line is short enough
    # Up to 3.14 the empty line counts as a field.
    return min(max_line, _HUGE), min(max_headers, _HUGE) - 1


def _take_fields(fp: Any, max_headers: int | None) -> Any:
    max_line, max_fields = _limits(max_headers)
    length, fields = parse_fields(buffered(fp), max_line, max_fields)
    if fields is None:
        return None
    fp.read(length)
    return message_of(fields)


def _begin(response: Any, max_headers: int | None) -> bool:
    """Read the head at once, if it is there and of the plain form; whether it was."""
    fp = response.fp
    if (
        response.headers is not None
        or type(fp) is not _File
        or response.debuglevel > 0
        or not guards.begins_plainly(response)
        or not guards.parsers_unchanged()
        or not guards.email_parser_unchanged()
    ):
        return False
    max_line, max_fields = _limits(max_headers)
    length, head = parse_head(buffered(fp), max_line, max_fields)
    if head is None:
        return False
    fp.read(length)
    status, version = head.status, head.version
    response.code = response.status = status
    response.reason = head.reason
    response.version = version
    response.headers = response.msg = message_of(head.items())
    coding, content_length, connection, keep_alive, proxy_connection = head.framing()
    closing = framing.closes(version, connection, keep_alive, proxy_connection)
    chunked, response.length, response.will_close, _ = framing.frame(
        status, response._method, coding, content_length, closing, as_http_client=True
    )
    response.chunked = chunked
    if chunked:
        response.chunk_left = None
    return True


def _keyword(max_headers: int | None) -> dict[str, int]:
    # After uninstall(), a wrapper that is still there leads to an older original.
    return {} if max_headers is None else {"_max_headers": max_headers}


@leaf("parse_headers", newest=True)
def parse_headers(
    fp: Any, _class: type[Any] = HTTPMessage, *, _max_headers: int | None = None
) -> Any:
    if _class is HTTPMessage and type(fp) is _File and _parses_plainly():
        message = _take_fields(fp, _max_headers)
        if message is not None:
            return message
    return behind["parse_headers"](fp, _class, **_keyword(_max_headers))


@leaf("parse_headers", newest=False)
def parse_headers_without_limit(fp: Any, _class: type[Any] = HTTPMessage) -> Any:
    if _class is HTTPMessage and type(fp) is _File and _parses_plainly():
        message = _take_fields(fp, None)
        if message is not None:
            return message
    return behind["parse_headers"](fp, _class)


@leaf("HTTPResponse.begin", newest=True)
def begin(self: Any, *, _max_headers: int | None = None) -> None:
    if _begin(self, _max_headers):
        self._max_headers = _max_headers
    else:
        behind["HTTPResponse.begin"](self, **_keyword(_max_headers))


@leaf("HTTPResponse.begin", newest=False)
def begin_without_limit(self: Any) -> None:
    if not _begin(self, None):
        behind["HTTPResponse.begin"](self)


def _parses_plainly() -> bool:
    return guards.lines_unchanged() and guards.email_parser_unchanged()


@leaf("HTTPResponse.getheader")
def getheader(self: Any, name: str, default: Any = None) -> Any:
    headers: Any = self.headers
    if (
        type(headers) is HTTPMessage
        and headers.policy is compat32
        and HTTPMessage.get_all is _get_all
    ):
        values = find_values(vars(headers).get("_headers"), name)
        if values:
            return values[0] if len(values) == 1 else ", ".join(values)
        if values is not None and (default is None or type(default) is str):
            return default
    return behind["HTTPResponse.getheader"](self, name, default)
