"""What a head that is read at once skips of the email package, and whether it is email's own.

`http.client` lets `email.parser` make the message of a head, and asks the message for the fields
that decide where the body ends. Of all that runs there, each method, function and value is here
that somebody can put another in the place of.
"""

from __future__ import annotations

import email
import email.feedparser
import email.parser
import sys
from email._policybase import Compat32, compat32
from types import FunctionType

from .known import codes_of
from .places import HTTPMessage

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    #: Namespaces or classes, each with names in it.
    Places = tuple[tuple[Any, tuple[str, ...]], ...]

#: What somebody has set on the policy itself, past its `__setattr__`.
SET_ON_POLICY = vars(compat32)

_FETCHING = ("_sanitize_header", "header_fetch_parse")

#: What is skipped where the fields of a message are asked for.
FETCHING: Places = (
    (HTTPMessage, ("__getattribute__", "get_all")),
    (Compat32, ("__getattribute__", *_FETCHING)),
)

#: What is skipped where one is made; and where http.client asks it then. docs/install.md lists
#: what is left out: names that the modules have for themselves.
MAKING: Places = (
    (email.parser.Parser, ("__init__", "parse", "parsestr")),
    (
        email.feedparser.FeedParser,
        (
            *("__init__", "_call_parse", "_new_message", "_parse_headers", "_parsegen"),
            *("_pop_message", "close", "feed"),
        ),
    ),
    (
        HTTPMessage,
        (
            *("__getattribute__", "__init__", "__setattr__", "get", "get_content_maintype"),
            *("get_content_type", "get_default_type", "set_payload", "set_raw"),
        ),
    ),
    (Compat32, ("__getattribute__", *_FETCHING, "header_source_parse")),
    (vars(email), ("parser",)),
    (vars(email.parser), ("FeedParser", "Parser")),
)


def are_own(places: Places) -> bool:
    """Whether all of this is what the files of the email package define."""
    return all(
        _is_inherited(owner, name) if isinstance(owner, type) else _is_held(owner, name)
        for owner, names in places
        for name in names
    )


def _is_inherited(cls: type, name: str) -> bool:
    """Whether what a class has under a name is from its file; or it has nothing there, as is so
    for attributes of instances.
    """
    owner = next((base for base in cls.__mro__ if name in vars(base)), object)
    if owner is object:
        return True
    return _is_defined(owner.__module__, f"{owner.__name__}.{name}", vars(owner)[name])


def _is_defined(module: str, place: str, function: Any) -> bool:
    return (
        isinstance(function, FunctionType)
        and module in sys.modules
        and function.__globals__ is vars(sys.modules[module])
        and not hasattr(function, "__wrapped__")
        and function.__code__ == codes_of(module).get(place)
    )


def _is_held(namespace: dict[str, Any], name: str) -> bool:
    """The same for a class or a module that a module has."""
    value = namespace.get(name)
    if isinstance(value, type):
        return value.__name__ == name and value.__module__.startswith("email.")
    return value is sys.modules.get(f"{namespace['__name__']}.{name}")
