"""Whether a fast way may be taken: nothing that it skips has been changed.

Each guard, an attribute of `guards`, is a `Never` until install() has looked at what stands in the
places that it watches. It then answers whether the very same functions are still there: in the
module, in the class, in a subclass, in the instance.
"""

from __future__ import annotations

import email

from .._client.heads import HEAD_METHODS
from .._client.sending import REQUEST_METHODS
from .._compiled import Limits, Pristine, Unchanged
from .._http import hooks
from . import emails
from .places import CLASSES, STD

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Never:
    """A guard of what was changed before install()."""

    def __init__(
        self, objection: str = "a function that it skips is not http.client's own"
    ) -> None:
        self.objection = objection

    def __call__(self, *_: object) -> bool:
        return False


never = Never()


#: By guard: the class, and the methods of it that are skipped.
METHODS = {
    "sends_whole": ("HTTPConnection", REQUEST_METHODS),
    "starts_plainly": (
        "HTTPConnection",
        ("_encode_request", "_validate_method", "_validate_path", "_wrap_ipv6"),
    ),
    "puts_plainly": ("HTTPConnection", ("putheader", "_output")),
    "sends_plainly": ("HTTPConnection", ("send",)),
    "begins_plainly": ("HTTPResponse", HEAD_METHODS),
    "makes_plainly": ("HTTPResponse", ("__init__", "begin", *HEAD_METHODS)),
    "closes_plainly": (
        "HTTPResponse",
        ("_close_conn", "_safe_read", "close", "flush", "isclosed"),
    ),
    "reads_plainly": (
        "HTTPResponse",
        ("_get_chunk_left", "_read_next_chunk_size", "_safe_read"),
    ),
}

#: By class: what a subclass may have of its own, and could then tell the steps of the original
#: from those of a fast way, which sets and asks for fewer attributes.
ON_CLASS = {
    "HTTPConnection": (
        *("__getattribute__", "__setattr__", "_buffer", "_method"),
        *("_HTTPConnection__response", "_HTTPConnection__state"),
    ),
    "HTTPResponse": (
        *(
            "__del__",
            "__getattribute__",
            "__new__",
            "__setattr__",
            "_method",
            "chunk_left",
            "chunked",
        ),
        *("code", "debuglevel", "fp", "headers", "length", "msg", "reason", "status", "version"),
        "will_close",
    ),
}

#: By guard: functions of the module that are skipped.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "checks_unchanged": hooks.ENCODERS,
    "field_limits": ("_read_headers", "_parse_header_lines"),
    "head_limits": hooks.RESPONSE_PARSERS,
    "fetches_plainly": (),
    "size_limits": (),
}

#: By guard: what else of the module is skipped, with the value that the fast way goes by.
VALUES: dict[str, dict[str, Any]] = {
    "checks_unchanged": {
        "_CS_IDLE": "Idle",
        "_CS_REQ_STARTED": "Request-started",
        "_CS_REQ_SENT": "Request-sent",
    },
    "field_limits": {"email": email},
    "head_limits": {"email": email, "CONTINUE": 100, "NO_CONTENT": 204, "NOT_MODIFIED": 304},
}

#: By guard: what of email is skipped.
EMAIL: dict[str, emails.Places] = {
    "field_limits": emails.MAKING,
    "head_limits": emails.MAKING,
    "fetches_plainly": emails.FETCHING,
}

#: What some versions have not got; others do the same in another function.
OPTIONAL = ("_strip_ipv6_iface", "_parse_header_lines", "HTTPConnection._wrap_ipv6")


class Guards:
    """The guards that are in force."""

    sends_whole: Callable[[Any], bool] = never
    starts_plainly: Callable[[Any], bool] = never
    puts_plainly: Callable[[Any], bool] = never
    sends_plainly: Callable[[Any], bool] = never
    begins_plainly: Callable[[Any], bool] = never
    reads_plainly: Callable[[Any], bool] = never
    makes_plainly: Callable[[Any], bool] = never
    closes_plainly: Callable[[Any], bool] = never
    checks_unchanged: Callable[[], bool] = never
    fetches_plainly: Callable[[], bool] = never
    #: These are false, or (`_MAXLINE`, `_MAXHEADERS`).
    field_limits: Callable[[], Any] = never
    head_limits: Callable[[], Any] = never
    size_limits: Callable[[], Any] = never

    def set_up(self, objections: dict[str, str | None]) -> None:
        """Make all anew, from what stands in the places now.

        `objections` says of each place that a guard watches why it cannot be trusted, or None.
        """
        self.sends_whole = _of_methods("sends_whole", objections)
        self.starts_plainly = _of_methods("starts_plainly", objections)
        self.puts_plainly = _of_methods("puts_plainly", objections)
        self.sends_plainly = _of_methods("sends_plainly", objections)
        self.begins_plainly = _of_methods("begins_plainly", objections)
        self.reads_plainly = _of_methods("reads_plainly", objections)
        self.makes_plainly = _of_methods("makes_plainly", objections)
        self.closes_plainly = _of_methods("closes_plainly", objections)
        self.checks_unchanged = _of_functions("checks_unchanged", objections)
        self.fetches_plainly = _of_functions("fetches_plainly", objections)
        self.field_limits = _of_functions("field_limits", objections)
        self.head_limits = _of_functions("head_limits", objections)
        self.size_limits = _of_functions("size_limits", objections)

    def watched(self) -> list[str]:
        """Return all places that they watch."""
        places = {f"{owner}.{name}" for owner, names in METHODS.values() for name in names}
        return sorted(places.union(*FUNCTIONS.values()))

    def of_methods(self) -> list[Any]:
        """Return those that watch the methods of instances."""
        return [getattr(self, name) for name in METHODS]


guards = Guards()


def _of_methods(guard: str, objections: dict[str, str | None]) -> Callable[[Any], bool]:
    owner, names = METHODS[guard]
    objection, present = _sort(objections, [f"{owner}.{name}" for name in names])
    if objection is not None:
        return Never(objection)
    if _are_set(CLASSES[owner], ON_CLASS[owner]):
        return never
    methods = tuple(place.rpartition(".")[2] for place in present)
    return Pristine(CLASSES[owner], methods, ON_CLASS[owner])


def _of_functions(guard: str, objections: dict[str, str | None]) -> Callable[[], Any]:
    objection, present = _sort(objections, FUNCTIONS[guard])
    return _watch(guard, present) if objection is None else Never(objection)


def _are_set(cls: type, names: tuple[str, ...]) -> bool:
    """Whether somebody has given a class one of these, which `http.client` does not."""
    return any(
        name in vars(base)
        for base in cls.__mro__
        if base.__module__ == "http.client"
        for name in names
    )


def _watch(guard: str, functions: tuple[str, ...]) -> Callable[[], Any]:
    """What watches these functions and whatever else a guard is for."""
    values = VALUES.get(guard, {})
    others = EMAIL.get(guard, ())
    if not emails.are_own(others) or not all(map(_is_usual, values, values.values())):
        return never
    names = (*functions, *values)
    if guard == "checks_unchanged":
        if hooks.unusual_checks():
            return never
        names = (*names, *hooks.REQUEST_CHECKS)
    overrides = emails.SET_ON_POLICY if others else {}
    if guard.endswith("_limits"):
        return Limits(STD, names, overrides, hooks.LIMITS, others)
    return Unchanged(STD, names, overrides, others)


def _is_usual(name: str, usual: Any) -> bool:
    value = STD.get(name)
    return value is usual or (isinstance(value, (int, str)) and value == usual)


def _sort(
    objections: dict[str, str | None], places: list[str] | tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    """Why one of these cannot be trusted, or None; those that this Python has."""
    absent = [place for place in places if objections[place] == "is missing"]
    found = [
        f"{place} {objections[place]}"
        for place in places
        if objections[place] is not None and not (place in OPTIONAL and place in absent)
    ]
    return next(iter(found), None), tuple(place for place in places if place not in absent)
