"""What programs set on `http.client`, or on `fasthttp.client`, looked up at each use.

`http.client` reads its own globals at call time, so programs change its behaviour by assigning to
them: `http.client._MAXLINE = 1 << 20`. Here every such name is looked up first among what was
assigned to `fasthttp.client`, then in `http.client` itself.
"""

from __future__ import annotations

import builtins
import http.client
import sys
from http import HTTPStatus

from .._compiled import Limits, Unchanged

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_std: dict[str, Any] = vars(http.client)
_HUGE = sys.maxsize - 1  # what the codec takes, and one more fits

#: Values of CPython 3.15.2 for names that an older `http.client` lacks.
_NEWER: dict[str, Any] = {
    "_MAXINTERIMRESPONSES": 100,
    "_MIN_READ_BUF_SIZE": 1 << 20,
    "print": builtins.print,
    # The names that RFC 9110 gave to four status codes, which http.client has since 3.13.
    "CONTENT_TOO_LARGE": HTTPStatus(413),
    "URI_TOO_LONG": HTTPStatus(414),
    "RANGE_NOT_SATISFIABLE": HTTPStatus(416),
    "UNPROCESSABLE_CONTENT": HTTPStatus(422),
}

#: What has been assigned to `fasthttp.client`; its module type writes here.
overrides: dict[str, Any] = {}

#: Functions of `http.client` for which fasthttp has its own; see `replace`.
_ours: dict[str, Any] = {}

#: `http.client`'s own values at import: while a name still has its value, nobody has set it.
_original: dict[str, Any] = {}
_at_import: dict[str, Any] = {}


def replace(**functions: Any) -> None:
    """Use these in the place of `http.client`'s functions of the same names, for as long as
    nobody assigns others there.
    """
    _ours.update(functions)
    for name in functions:
        _original[name] = _at_import[name] = _std.get(name)


def accept(lent: dict[str, Any]) -> None:
    """Count these functions, which `fasthttp.install()` has put into `http.client`, as the
    originals of their names, and those at import as the originals of all others.
    """
    global plain_limits, request_checks_unchanged
    _original.update({name: lent.get(name, at_import) for name, at_import in _at_import.items()})
    # Where a program has assigned to one, the guard that was there says so.
    if _are_original(_RESPONSE_PARSERS):
        plain_limits = Limits(_std, _RESPONSE_PARSERS, overrides, _LIMITS)
    if _are_original(("_encode", "_strip_ipv6_iface")) and _same_checks():
        request_checks_unchanged = Unchanged(_std, _REQUEST_HOOKS, overrides)


def _are_original(names: tuple[str, ...]) -> bool:
    return all(_std.get(name) is _original[name] for name in names)


def hook(name: str) -> Any:
    """The value of a global of `http.client` that programs may set, as of now."""
    if name in overrides:
        return overrides[name]
    value = _std.get(name, _NEWER.get(name))
    if name in _ours and value is _original[name]:
        return _ours[name]
    return value


def unhooked(name: str) -> Any:
    """What `hook` would say if nothing had been assigned to `fasthttp.client`."""
    if name in _ours and _std.get(name) is _original[name]:
        return _ours[name]
    return _std.get(name, _NEWER.get(name))


def max_line() -> int:
    """The greatest length of a line in bytes, its end included: `_MAXLINE`."""
    limit: int = hook("_MAXLINE") if overrides else _std["_MAXLINE"]
    return limit if limit < _HUGE else _HUGE


def newer_names() -> list[str]:
    """Names of CPython 3.15.2's `http.client` that an older one lacks."""
    return [*newer_values(), *_ours]


def newer_values() -> dict[str, Any]:
    """Those that are no functions, with their values."""
    return {name: value for name, value in _NEWER.items() if name != "print"}


def is_hook(name: str) -> bool:
    """Whether assigning to this name changes what fasthttp does."""
    return name in _std or name in _NEWER or name in _ours


#: By type: `python -bb` lets nobody compare bytes with a str.
_ORIGINAL_PATTERNS: dict[type, tuple[bytes | str, ...]] = {
    bytes: (rb"[^:\s][^:\r\n]*", rb"\n(?![ \t])|\r(?![ \t\n])"),
    str: ("[\x00-\x20\x7f]", "[\x00-\x1f]"),
}


def _is_original_check(value: Any) -> bool:
    """Whether a checking function is the one of http/client.py and not somebody's own."""
    pattern = getattr(getattr(value, "__self__", value), "pattern", None)
    return pattern in _ORIGINAL_PATTERNS.get(type(pattern), ())


_REQUEST_CHECKS = (
    "_is_legal_header_name",
    "_is_illegal_header_value",
    "_contains_disallowed_url_pchar_re",
    "_contains_disallowed_method_pchar_re",
)
_REQUEST_HOOKS = (*_REQUEST_CHECKS, "_encode", "_strip_ipv6_iface")
_RESPONSE_PARSERS = ("parse_headers", "_read_headers", "_parse_header_lines")
_LIMITS = ("_MAXLINE", "_MAXHEADERS")

#: request_checks_unchanged() is whether the checks of methods, targets and fields are still
#: `http.client`'s own, and nothing has been assigned to `fasthttp.client`.
request_checks_unchanged: Callable[[], bool]
_same_checks: Callable[[], bool]
if all(_is_original_check(_std.get(name)) for name in _REQUEST_CHECKS):
    _same_checks = Unchanged(_std, _REQUEST_CHECKS, {})
    request_checks_unchanged = Unchanged(_std, _REQUEST_HOOKS, overrides)
else:

    def _same_checks() -> bool:
        return False

    request_checks_unchanged = _same_checks


#: line_limits() is (`_MAXLINE` in bytes, `_MAXHEADERS`), where nothing has been assigned to
#: `fasthttp.client`; else None.
line_limits = Limits(_std, (), overrides, _LIMITS)

#: plain_limits() is (`_MAXLINE` in bytes, `_MAXHEADERS`), where nobody has put a header parser of
#: their own in the place of `http.client`'s and nothing has been assigned to `fasthttp.client`;
#: else None.
plain_limits = Limits(_std, _RESPONSE_PARSERS, overrides, _LIMITS)
