"""What programs set on `http.client`, or on `fasthttp.client`, looked up at each use.

`http.client` reads its own globals at call time, so programs change its behaviour by assigning to
them: `http.client._MAXLINE = 1 << 20`. Here every such name is looked up first among what was
assigned to `fasthttp.client`, then in `http.client` itself.
"""

from __future__ import annotations

import builtins
import http.client
from http import HTTPStatus

from .._codec.sizes import MOST
from .._compiled import Limits, Unchanged

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_std: dict[str, Any] = vars(http.client)

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
    _original.update({name: lent.get(name, at_import) for name, at_import in _at_import.items()})
    # Where a program has assigned to one, the guard that was there says so.
    if _are_original(RESPONSE_PARSERS):
        plain_limits.renew()
    if not unusual_checks() and _are_original(ENCODERS):
        request_checks_unchanged.renew()


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
    return limit if limit < MOST else MOST


def newer_names() -> list[str]:
    """Names of CPython 3.15.2's `http.client` that an older one lacks."""
    return [*newer_values(), *_ours]


def newer_values() -> dict[str, Any]:
    """Those that are no functions, with their values."""
    return {name: value for name, value in _NEWER.items() if name != "print"}


def is_hook(name: str) -> bool:
    """Whether assigning to this name changes what fasthttp does."""
    return name in _std or name in _NEWER or name in _ours


#: The checks of requests, by the pattern that each of `http.client`'s own has: what the codec sends
#: passes all of them.
REQUEST_CHECKS: dict[str, bytes | str] = {
    "_is_legal_header_name": rb"[^:\s][^:\r\n]*",
    "_is_illegal_header_value": rb"\n(?![ \t])|\r(?![ \t\n])",
    "_contains_disallowed_url_pchar_re": "[\x00-\x20\x7f]",
    "_contains_disallowed_method_pchar_re": "[\x00-\x1f]",
}
ENCODERS = ("_encode", "_strip_ipv6_iface")
RESPONSE_PARSERS = ("parse_headers", "_read_headers", "_parse_header_lines")
LIMITS = ("_MAXLINE", "_MAXHEADERS")


def unusual_checks() -> dict[str, Any]:
    """The checks of requests that are somebody's own now."""
    return {name: _std.get(name) for name in REQUEST_CHECKS if not _is_usual(name)}


def _is_usual(name: str) -> bool:
    value, wanted = _std.get(name), REQUEST_CHECKS[name]
    pattern = getattr(getattr(value, "__self__", value), "pattern", None)
    # By type: `python -bb` lets nobody compare bytes with a str.
    return type(pattern) is type(wanted) and pattern == wanted


#: request_checks_unchanged() is whether the checks of methods, targets and fields are still
#: `http.client`'s own, and nothing has been assigned to `fasthttp.client`. Where one was somebody's
#: own at import, it never is.
request_checks_unchanged = Unchanged(
    _std, (*REQUEST_CHECKS, *ENCODERS), unusual_checks() or overrides
)

#: line_limits() is (`_MAXLINE` in bytes, `_MAXHEADERS`), where nothing has been assigned to
#: `fasthttp.client`; else None.
line_limits = Limits(_std, (), overrides, LIMITS)

#: plain_limits() is (`_MAXLINE` in bytes, `_MAXHEADERS`), where nobody has put a header parser of
#: their own in the place of `http.client`'s and nothing has been assigned to `fasthttp.client`;
#: else None.
plain_limits = Limits(_std, RESPONSE_PARSERS, overrides, LIMITS)
