"""The places in `http.client` where fasthttp's functions can stand, and what stands there.

A place is a name in the module or in one of its classes. `lend` marks the function that fasthttp
has for it; `original` is what such a function calls where its own fast way does not apply: the
very function that was there, so that whatever is unusual is done by CPython's own code.
"""

from __future__ import annotations

import http.client

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

STD: dict[str, Any] = vars(http.client)

#: By place, "parse_headers" or "HTTPResponse.begin": what fasthttp lends.
ours: dict[str, Any] = {}

#: By place: what install() found there and replaced.
original: dict[str, Any] = {}


def lend(place: str) -> Callable[[Function], Function]:
    """Mark a function as fasthttp's own for `place`, and let it look as the one there does."""

    def mark(function: Function) -> Function:
        function.__module__ = "http.client"
        function.__qualname__ = place
        function.__doc__ = getattr(standing(place), "__doc__", None)
        ours[place] = function
        return function

    return mark


def split(place: str) -> tuple[Any, str]:
    """The object whose attribute a place is, and the attribute's name."""
    owner, _, name = place.rpartition(".")
    return (STD[owner] if owner else http.client), name


def standing(place: str) -> Any:
    """What stands in a place; None where the class itself has nothing of that name."""
    owner, name = split(place)
    return vars(owner).get(name)
