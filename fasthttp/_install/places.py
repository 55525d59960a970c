"""The places in `http.client` where fasthttp's functions can stand, and what stands there.

A place is a name in the module, "parse_headers", or in one of its classes,
"HTTPResponse.begin". `leaf` marks the fast function that fasthttp has for one. Where its fast way
does not apply, it calls what is `behind` it: the very function that was there, so that whatever is
unusual is done by CPython's own code; or, with `install(newest=True)`, one marked with `newer`.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

from .. import client

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

#: The module that everything here is about: the one that fasthttp's own classes are made of,
#: whatever its name leads to by now.
MODULE: ModuleType = vars(client)["_std"]

STD: dict[str, Any] = vars(MODULE)

#: The stdlib's classes by name: those that fasthttp's own inherit from. Some tools put others in
#: their place for a while, and it is not those that everybody has inherited from.
CLASSES: dict[str, type[Any]] = {
    inherited.__name__: inherited
    for name in ("HTTPConnection", "HTTPResponse", "HTTPSConnection")
    if hasattr(client, name)
    for inherited in getattr(client, name).__mro__
    if inherited.__module__ == "http.client"
}

#: Whether the running Python has 3.15's behaviour, and signatures, itself.
IS_NEWEST = sys.version_info >= (3, 15)

#: Its message class.
HTTPMessage: Any = client._own["HTTPMessage"]

#: Classes that nobody puts others in the place of; all of them are others after a reload.
_LASTING = {name: client._own[name] for name in ("HTTPException", "HTTPMessage", "NotConnected")}

#: What a place holds where there is nothing.
MISSING = object()

#: The fast functions by place; and those that differ where the behaviour is to be 3.15's.
leaves: dict[str, Any] = {}
newer_leaves: dict[str, Any] = {}

#: Functions and values of CPython 3.15.2's behaviour by place, some of them new names.
newer: dict[str, Any] = {}

#: What a leaf calls, by place.
behind: dict[str, Any] = {}

#: What is called in the place of that while somebody counts: with the place, why the fast way was
#: not taken, the function behind it, and its arguments.
counted: Callable[..., Any] | None = None

#: What install() found, by place; it is never forgotten, as wrappers of leaves go on calling it.
found: dict[str, Any] = {}


def leaf(place: str, *, newest: bool | None = None) -> Callable[[Function], Function]:
    """Mark the fast function for a place. `newest`: whether only for 3.15's behaviour, or only for
    that of older versions; None for both.
    """

    def mark(function: Function) -> Function:
        _disguise(function, place)
        if newest is not False:
            newer_leaves[place] = function
        if newest is None or newest is IS_NEWEST:
            leaves[place] = function
        return function

    return mark


def newest(place: str) -> Callable[[Function], Function]:
    """Mark a function as having CPython 3.15.2's behaviour."""

    def mark(function: Function) -> Function:
        _disguise(function, place)
        newer[place] = function
        return function

    return mark


def lend(place: str, function: Any) -> None:
    """Mark a copy of a function of fasthttp's own classes as having CPython 3.15.2's behaviour."""
    copy = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    newest(place)(copy)


def step_aside(place: str, why: Any, *given: Any, **named: Any) -> Any:
    """Call what is behind a place. `why` is what its fast way has returned."""
    if counted is None:
        return behind[place](*given, **named)
    return counted(place, why, behind[place], *given, **named)


def _disguise(function: Any, place: str) -> None:
    """Let a function look as the one in its place does."""
    now = standing(place)
    now = None if now is MISSING else now
    function.__module__ = "http.client"
    function.__qualname__ = place
    function.__name__ = place.rpartition(".")[2]
    function.__doc__ = None if now is None else now.__doc__
    # Ours have names that can be looked up here only, by type checkers.
    function.__annotations__ = dict(getattr(now, "__annotations__", ()))
    function.__code__ = function.__code__.replace(co_name=function.__name__)


def is_loaded_anew() -> bool:
    """Whether importlib.reload() has put other classes into the module, with which those that
    fasthttp knows, and their subclasses, have nothing more to do.
    """
    return all(STD.get(name) is not value for name, value in _LASTING.items())


def is_imported_anew() -> bool:
    """Whether programs that import `http.client` now get another module of that name, which is
    not `fasthttp.client` either.
    """
    now = sys.modules.get("http.client", MODULE)
    return now is not MODULE and getattr(now, "__name__", "") == "http.client"


def split(place: str) -> tuple[Any, str]:
    """The object whose attribute a place is, and the attribute's name."""
    owner, _, name = place.rpartition(".")
    return (CLASSES[owner] if owner else MODULE), name


def exists(place: str) -> bool:
    """Whether this Python has what a place is in; without ssl it has no HTTPSConnection."""
    owner = place.rpartition(".")[0]
    return not owner or owner in CLASSES


def standing(place: str) -> Any:
    """What stands in a place; MISSING where the module or the class itself has no such name."""
    owner, name = split(place)
    return vars(owner).get(name, MISSING)


def is_ours(place: str, value: Any) -> bool:
    """Whether a value in a place is what fasthttp has put there, at any time."""
    return (
        place in found
        and value is not MISSING
        and any(value is table.get(place, MISSING) for table in (leaves, newer_leaves, newer))
    )
