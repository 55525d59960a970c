"""Whether a fast way may be taken: nothing that it skips has been changed.

Each guard is `never` until install() has looked at what stands in the places that it watches.
It then answers whether the very same functions are still there: in the module, in the class, in
a subclass, in the instance.
"""

from __future__ import annotations

import email.parser

from .._codec import Pristine, Unchanged
from .places import CLASSES, STD

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def never(*_: object) -> bool:
    """The answer where something was changed before install()."""
    return False


#: By guard: the class, and the methods of it that are skipped.
METHODS = {
    "sends_whole": (
        "HTTPConnection",
        (
            "putrequest",
            "putheader",
            "endheaders",
            "send",
            "_send_output",
            "_output",
            "_encode_request",
            "_validate_method",
            "_validate_path",
            "_get_content_length",
            "_wrap_ipv6",
        ),
    ),
    "starts_plainly": (
        "HTTPConnection",
        ("_encode_request", "_validate_method", "_validate_path", "_wrap_ipv6"),
    ),
    "puts_plainly": ("HTTPConnection", ("putheader", "_output")),
    "sends_plainly": ("HTTPConnection", ("send",)),
    "begins_plainly": ("HTTPResponse", ("_read_status", "_check_close")),
    "reads_plainly": (
        "HTTPResponse",
        ("_get_chunk_left", "_read_next_chunk_size", "_safe_read"),
    ),
}

#: By guard: functions of the module that are skipped.
FUNCTIONS = {
    "checks_unchanged": ("_encode", "_strip_ipv6_iface"),
    "lines_unchanged": ("_read_headers", "_parse_header_lines"),
    "parsers_unchanged": ("parse_headers", "_read_headers", "_parse_header_lines"),
}

#: What some versions have not got; others do the same in another function.
OPTIONAL = ("_strip_ipv6_iface", "_parse_header_lines", "HTTPConnection._wrap_ipv6")

_CHECKS = {
    "_is_legal_header_name": rb"[^:\s][^:\r\n]*",
    "_is_illegal_header_value": rb"\n(?![ \t])|\r(?![ \t\n])",
    "_contains_disallowed_url_pchar_re": "[\x00-\x20\x7f]",
    "_contains_disallowed_method_pchar_re": "[\x00-\x1f]",
}

sends_whole: Callable[[Any], bool] = never
starts_plainly: Callable[[Any], bool] = never
puts_plainly: Callable[[Any], bool] = never
sends_plainly: Callable[[Any], bool] = never
begins_plainly: Callable[[Any], bool] = never
reads_plainly: Callable[[Any], bool] = never
checks_unchanged: Callable[[], bool] = never
lines_unchanged: Callable[[], bool] = never
parsers_unchanged: Callable[[], bool] = never


#: Whether `email.parser.Parser`, which the message would be made by, is the stdlib's.
email_parser_unchanged: Callable[[], bool] = never
if email.parser.Parser.__module__ == "email.parser":
    email_parser_unchanged = Unchanged(vars(email.parser), ("Parser",), {})


def _pattern_of(value: Any) -> Any:
    return getattr(getattr(value, "__self__", value), "pattern", None)


#: What set_up() was told last: why guards are `never`, for those who ask.
objections_known: dict[str, str | None] = {}


def set_up(objections: dict[str, str | None]) -> None:
    """Make all guards anew, from what stands in the places now.

    `objections` says of each place that a guard watches why it cannot be trusted, or None.
    """
    objections_known.update(objections)
    for guard, (owner, names) in METHODS.items():
        trusted, present = _sort(objections, [f"{owner}.{name}" for name in names])
        methods = tuple(place.rpartition(".")[2] for place in present)
        globals()[guard] = Pristine(CLASSES[owner], methods) if trusted else never
    for guard, functions in FUNCTIONS.items():
        trusted, present = _sort(objections, functions)
        if guard == "checks_unchanged":
            trusted = trusted and all(_pattern_of(STD.get(n)) == p for n, p in _CHECKS.items())
            present = (*present, *_CHECKS)
        globals()[guard] = Unchanged(STD, present, {}) if trusted else never


def _sort(
    objections: dict[str, str | None], places: list[str] | tuple[str, ...]
) -> tuple[bool, tuple[str, ...]]:
    """Whether all of these can be trusted; those that this Python has."""
    absent = [place for place in places if objections[place] == "is missing"]
    trusted = all(
        objections[place] is None or (place in OPTIONAL and place in absent) for place in places
    )
    return trusted, tuple(place for place in places if place not in absent)


def watched() -> list[str]:
    """All places that guards watch."""
    places = {f"{owner}.{name}" for owner, names in METHODS.values() for name in names}
    return sorted(places.union(*FUNCTIONS.values()))
