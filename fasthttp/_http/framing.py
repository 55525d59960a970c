"""Where a response ends: status, method and header fields -> no body, length, chunked, until close.

Every decision about this is made here, once, for the fast path and for the plain one. The rules
are those of http.client in CPython 3.15.2, which are RFC 9112 section 6.3 read leniently, but for
two; clauses are cited where they differ.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def frame(
    status: int,
    method: str | None,
    transfer_encoding: str | None,
    content_length: str | None,
    closing: bool,
    as_http_client: bool = False,
) -> tuple[bool, int | None, bool, bool]:
    """How the body is delimited: (chunked, its length in bytes or None, whether the connection
    closes behind it, whether all readers agree on that).

    `method` is that of the request, `closing` what `closes` says; the others are the first values
    of the fields of their names. `as_http_client`: with the chunks that http.client reads where
    there can be no content.
    """
    is_clear = method != "CONNECT"  # behind which there is no HTTP, as behind a 101 (9110 9.3.6)
    chunked = False
    length = None
    if transfer_encoding is not None:
        # A list of codings that ends in chunked does not count, though 9112 6.1 would have it so.
        chunked = transfer_encoding.lower() == "chunked"
        if content_length is not None or not chunked:
            is_clear = False  # 9112 6.1, 6.3: what another reader made of it, it made differently
    # Chunked wins (9112 6.3, rule 3). What int() does not take, or is negative, counts as absent
    # (rule 5 calls it an error).
    if content_length and not chunked:
        try:
            length = int(content_length)
        except ValueError:
            pass
        else:
            if length < 0:
                length = None
            if not (content_length.isdigit() or content_length.strip(" \t").isdigit()):
                is_clear = False
    # Rule 1: no content after these, whatever the fields say; what looks like chunks is the next
    # response to everybody else.
    if status < 200 or status == 204 or status == 304:
        length = 0
        chunked = chunked and as_http_client
        is_clear = is_clear and status != 101
    elif method == "HEAD":
        length = 0
    # Rule 8: what has no end of its own ends with the connection.
    return chunked, length, closing or not (chunked or length is not None), is_clear


def agree(headers: Any) -> bool:
    """Return whether fields that may stand there once do, or say the same each time."""
    lengths = headers.get_all("content-length") or ()
    return len(set(lengths)) <= 1 and len(headers.get_all("transfer-encoding") or ()) <= 1


def closes(
    version: int, connection: str | None, keep_alive: str | None, proxy_connection: str | None
) -> bool:
    """Whether the server will close the connection after this response (9112 9.3).

    `version` is 10 or 11; the others are the first values of the fields of their names.
    """
    if version == 11:
        return bool(connection) and "close" in str(connection).lower()
    # HTTP/1.0: persistent only by announcement, in any of the three ways that were in use.
    if keep_alive:
        return False
    if connection and "keep-alive" in connection.lower():
        return False
    return not (proxy_connection and "keep-alive" in proxy_connection.lower())


def says_close(connections: Iterable[object]) -> bool:
    """Whether one of several Connection fields, of which these are the values, says close.

    `closes` looks at the first, as http.client does; but they are one list (RFC 9110 5.3), and a
    request on a connection that the server closes is lost. So each may close the connection; none
    but the first keeps it open where http.client closes it, which harms nobody.
    """
    return any("close" in str(value).lower() for value in connections)


def closes_by(version: int, headers: Any) -> bool:
    """Return whether the server closes the connection behind a response with these fields."""
    get = headers.get
    closing = closes(version, get("connection"), get("keep-alive"), get("proxy-connection"))
    if closing or not hasattr(headers, "get_all"):  # programs have put plain dicts there
        return closing
    connections = headers.get_all("connection") or ()
    return len(connections) > 1 and says_close(connections)
