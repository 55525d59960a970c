"""Heads and trailers out of a file, line by line: the complete way, for any response of
http.client's kind.

It reads from any file, in the steps and with the hooks of http.client, so that subclasses and
programs may put their own in the place of each.
"""

from __future__ import annotations

import io
from http.client import HTTPMessage

from .._compiled import Head, SocketFile, parse_fields
from .._http import framing, hooks, notes, rules, strict
from .._http.hooks import plain_limits
from .._http.message import message_of
from .by_hand import ReadByHand
from .policy import sift

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

    from .policy import Policy
else:
    Any = object  # for typing.get_type_hints()


#: The methods of a response that taking a whole head passes by.
HEAD_METHODS = ("_read_status", "_check_close")

#: Exactly these can be asked for what they hold without consuming it. A subclass, or a file that
#: has nothing but a readline(), is read line by line.
_PEEKABLE = frozenset((io.BufferedReader, SocketFile))

#: http.client takes the others for the answer.
_INTERIM_FOR_HTTP_CLIENT = frozenset((100,))


def begin_by_lines(
    response: Any,
    max_headers: int | None,
    find: Callable[[str], Any],
    policy: Policy | None = None,
    *,
    as_http_client: bool = False,
) -> None:
    """Do what `HTTPResponse.begin` does.

    `find` says by its name what does a step: "parse_headers"; `as_http_client`: without what
    docs/deviations.md lists. Raises what `HTTPResponse.begin` raises.
    """
    interim = _INTERIM_FOR_HTTP_CLIENT if as_http_client else rules.INTERIM
    version, status, reason = _read_final_status(response, max_headers, find, interim, policy)
    # One by one, and not by apply_head(): when a step fails, http.client's are there up to it.
    response.code = response.status = status
    response.reason = reason.strip()
    response.version = rules.version_number(version)
    headers = response.headers = response.msg = _read_message(response, max_headers, find, policy)
    if response.debuglevel > 0:
        for name, value in headers.items():
            hooks.hook("print")("header:", name + ":", value)
    found = headers.get("transfer-encoding"), headers.get("content-length"), response._check_close()
    is_clear = _frame(response, status, *found, policy, as_http_client)
    if not as_http_client and not (is_clear and framing.agree(headers)):
        response._fasthttp_ends_connection = True


def apply_head(response: Any, head: Head, policy: Policy | None, as_http_client: bool) -> bool:
    """Set what the codec's head says. Return whether all readers agree on where its body ends."""
    version, status, reason, coding, length, connection, keep_alive, proxy, repeats = head.outline()
    response.code = response.status = status
    response.reason = reason
    response.version = version
    closing = framing.closes(version, connection, keep_alive, proxy)
    if repeats and not closing and not as_http_client:
        closing = framing.says_close((head.get("connection"),))
    return _frame(response, status, coding, length, closing, policy, as_http_client)


def _frame(
    response: Any,
    status: int,
    coding: str | None,
    length: str | None,
    closing: bool,
    policy: Policy | None,
    as_http_client: bool,
) -> bool:
    """Set what a response's head says of its body. Return whether all readers agree on it.

    `coding` and `length` are the first values of Transfer-Encoding and Content-Length.
    """
    if policy is not None:
        coding, length, closing = _by_policy(response, policy, (coding, length, closing))
    chunked, length_left, response.will_close, is_clear = framing.frame(
        status, response._method, coding, length, closing, as_http_client
    )
    response.length = length_left
    response.chunked = chunked
    if chunked:
        response.chunk_left = None
        file = response.fp
        if length_left is None and type(file) is SocketFile:
            by_hand = ReadByHand()
            by_hand.file = file
            response.fp = response._fasthttp_by_hand = by_hand
            response._fasthttp_overhead = 0
    return is_clear


def _by_policy(
    response: Any, policy: Policy, found: tuple[str | None, str | None, bool]
) -> tuple[str | None, str | None, bool]:
    # Apart, because of the function in it: where it is, each look at the response takes longer.
    return policy.rules.frame(
        response.status,
        response.version,
        response._method,
        response._fasthttp_upgrade,
        lambda name: response.headers.get_all(name),
        found,
    )


def _read_final_status(
    response: Any,
    max_headers: int | None,
    find: Callable[[str], Any],
    interim: Container[int],
    policy: Policy | None,
) -> tuple[str, int, str]:
    most = hooks.hook("_MAXINTERIMRESPONSES")
    for _ in range(most):
        version, status, reason = response._read_status()
        if status not in interim:
            return version, status, reason
        skipped = read_head_lines(response, max_headers, find, policy)
        if response.debuglevel > 0:
            hooks.hook("print")("headers:", skipped)
        if policy is not None:
            lines = sift(response, skipped)
            policy.rules.check_interim(lines)
            if policy.on_informational is not None:
                policy.on_informational(status, reason.strip(), find("_parse_header_lines")(lines))
    raise rules.too_many_interims(most)


def read_head_lines(
    response: Any, max_headers: int | None, find: Callable[[str], Any], policy: Policy | None
) -> list[bytes]:
    """The lines of a header section, within the limits of the connection."""
    read = find("_read_headers")
    limits: dict[str, Any] = {}
    if policy is not None and read is read_headers:
        limits = {"max_bytes": policy.head_bytes(), "needs_end": policy.rules.needs_end}
    lines: list[bytes] = read(response.fp, max_headers, **limits)
    return lines


def _read_message(
    response: Any, max_headers: int | None, find: Callable[[str], Any], policy: Policy | None
) -> Any:
    parse = find("parse_headers")
    if parse is not parse_headers:
        # Programs have put parsers of their own here that take nothing but the file.
        return parse(response.fp, **({} if max_headers is None else {"_max_headers": max_headers}))
    lines = response._fasthttp_lines = read_head_lines(response, max_headers, find, policy)
    if policy is not None:
        lines = sift(response, lines)
    # What hides a Content-Length from one reader and not from another.
    response._fasthttp_ends_connection = strict.has_two_readings(response._fasthttp_lines)
    return find("_parse_header_lines")(lines)


def read_headers(
    fp: Any,
    max_headers: int | None,
    *,
    max_bytes: int | None = rules.MAX_HEAD_BYTES,
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
    if max_lines is None:
        max_lines = hooks.hook("_MAXHEADERS")
    section = rules.Section(whats, max_lines, max_bytes, needs_end)
    max_line = hooks.max_line()
    readline = fp.readline
    try:
        while True:
            line = readline(max_line + 1)
            if len(line) > max_line:
                raise rules.line_too_long(what)
            if section.add(line):
                return section.lines
    except OSError as error:
        if type(fp) is SocketFile and error is fp.starved:
            fp.put_back(b"".join(section.lines))
        notes.of_lines(error, section.lines, whats)
        raise
    except TypeError as error:
        if not isinstance(max_lines, (int, float)):
            notes.add(error, notes.LINES_LIMIT)
        raise


def _take_fields(fp: Any, max_headers: int | None) -> list[tuple[str, str]] | None:
    """The fields of a well-formed block that the file holds already; None, and nothing consumed,
    where the lines have to be read one by one.
    """
    limits = plain_limits()
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


hooks.replace(_read_headers=read_headers, parse_headers=parse_headers)
