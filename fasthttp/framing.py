"""Where a response ends: status, method and header fields -> no body, length, chunked, until close.

Every decision about this is made here, once, for the fast path and for the plain one. The rules
are those of http.client in CPython 3.15.2, which are RFC 9112 section 6.3 read leniently; clauses
are cited where they differ.
"""


def is_chunked(transfer_encoding: str | None) -> bool:
    """Whether the only transfer coding is chunked. A list that ends in it does not count
    (9112 6.1 would have it so).
    """
    return bool(transfer_encoding) and str(transfer_encoding).lower() == "chunked"


def has_no_body(status: int, method: str | None) -> bool:
    """Whether the status or the method of the request rules out content (9112 6.3, rule 1)."""
    return status in (204, 304) or 100 <= status < 200 or method == "HEAD"


def content_length(field: str | None, chunked: bool) -> int | None:
    """The length in bytes, None where there is no valid one. Chunked wins (9112 6.3, rule 3);
    what `int` does not take, or is negative, counts as absent (rule 5 calls it an error).
    """
    if not field or chunked:
        return None
    try:
        length = int(field)
    except ValueError:
        return None
    return length if length >= 0 else None


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
