"""The head of a response, line by line: the complete way, for any response of http.client's kind.

It reads from any file, in the steps and with the hooks of http.client, so that subclasses and
programs may put their own in the place of each.
"""

from __future__ import annotations

from . import framing, hooks, message, rules, strict
from .policy import sift

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

    from .policy import Policy


#: http.client takes the others for the answer.
INTERIM_FOR_HTTP_CLIENT = frozenset((100,))


def begin_by_lines(
    response: Any,
    max_headers: int | None,
    find: Callable[[str], Any],
    interim: Container[int] = INTERIM_FOR_HTTP_CLIENT,
    policy: Policy | None = None,
) -> None:
    """Do what `HTTPResponse.begin` does.

    `find` says by its name what does a step: "parse_headers"; `interim`: which statuses are read
    past. Raises what `HTTPResponse.begin` raises.
    """
    version, status, reason = _read_final_status(response, max_headers, find, interim, policy)
    response.code = response.status = status
    response.reason = reason.strip()
    response.version = rules.version_number(version)
    headers = response.headers = response.msg = _read_message(response, max_headers, find, policy)
    if response.debuglevel > 0:
        for name, value in headers.items():
            hooks.hook("print")("header:", name + ":", value)
    found = headers.get("transfer-encoding"), headers.get("content-length"), response._check_close()
    if policy is not None:
        found = policy.rules.frame(
            status,
            response.version,
            response._method,
            response._fasthttp_upgrade,
            headers.get_all,
            found,
        )
    as_http_client = interim is INTERIM_FOR_HTTP_CLIENT
    response.chunked, response.length, response.will_close, is_clear = framing.frame(
        status, response._method, *found, as_http_client=as_http_client
    )
    if not as_http_client and not (is_clear and framing.agree(headers)):
        response._fasthttp_ends_connection = True
    if response.chunked:
        response.chunk_left = None


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
        skipped = read_lines(response, max_headers, find, policy)
        if response.debuglevel > 0:
            hooks.hook("print")("headers:", skipped)
        if policy is not None:
            lines = sift(response, skipped)
            policy.rules.check_interim(lines)
            if policy.on_informational is not None:
                policy.on_informational(status, reason.strip(), find("_parse_header_lines")(lines))
    raise rules.too_many_interims(most)


def read_lines(
    response: Any, max_headers: int | None, find: Callable[[str], Any], policy: Policy | None
) -> list[bytes]:
    """The lines of a header section, within the limits of the connection."""
    read = find("_read_headers")
    limits: dict[str, Any] = {}
    if policy is not None and read is message.read_headers:
        limits = {"max_bytes": policy.head_bytes(), "needs_end": policy.rules.needs_end}
    lines: list[bytes] = read(response.fp, max_headers, **limits)
    return lines


def _read_message(
    response: Any, max_headers: int | None, find: Callable[[str], Any], policy: Policy | None
) -> Any:
    parse = find("parse_headers")
    if parse is not message.parse_headers:
        # Programs have put parsers of their own here that take nothing but the file.
        return parse(response.fp, **({} if max_headers is None else {"_max_headers": max_headers}))
    lines = response._fasthttp_lines = read_lines(response, max_headers, find, policy)
    if policy is not None:
        lines = sift(response, lines)
    # What hides a Content-Length from one reader and not from another.
    response._fasthttp_ends_connection = strict.has_two_readings(response._fasthttp_lines)
    return find("_parse_header_lines")(lines)


def closes(response: Any) -> bool:
    """Whether the server closes the connection behind a response, by all Connection fields."""
    headers = response.headers
    get = headers.get
    closing = framing.closes(
        response.version, get("connection"), get("keep-alive"), get("proxy-connection")
    )
    if closing or not hasattr(headers, "get_all"):  # programs have put plain dicts there
        return closing
    connections = headers.get_all("connection") or ()
    return len(connections) > 1 and framing.says_close(connections)


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
