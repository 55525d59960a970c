"""Asking only for what has changed: validators of a page given before (RFC 9110 13.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._http.request import folded

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

#: A request with one of these has its own conditions, or asks for a part only.
_OWN = frozenset(
    (
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "if-range",
        "range",
    )
)
#: What may stand in a field (RFC 9110 5.5), of what may be sent back.
_SENDABLE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")


def fields_for(
    method: str, headers: Mapping[Any, Any], etag: str | None, last_modified: str | None
) -> dict[str, str]:
    """Return the fields that ask for a page only where it is not the known one any more.

    `headers` are the request's own; `etag` and `last_modified` are fields of the known page, which
    must be a whole answer (200) to GET from the same URL. They are sent back as they came: the
    server knows what it meant (RFC 9110 13.1.3 says so of dates). Both are sent where there are
    both: who knows If-None-Match ignores the other. Empty for other methods than GET and HEAD, and
    for requests that have conditions of their own or ask for a range.
    """
    if method not in ("GET", "HEAD") or any(folded(name) in _OWN for name in headers):
        return {}
    fields = {}
    for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)):
        if value is not None:
            value = value.strip(" \t")
            if _SENDABLE.fullmatch(value) is not None:
                fields[name] = value
    return fields


def is_known(status: int, fields: Mapping[str, str]) -> bool:
    """Return whether the known body is the answer's, too: to a request with these fields, which
    `fields_for` has made. Without them, a 304 is an answer to the request's own conditions.
    """
    return status == 304 and bool(fields)
