"""The words of a reason, as `stats()` tells it. Of what was sent they have nothing but the names of
fields.
"""

from __future__ import annotations

from .._codec import refusals
from .._compiled import parse_head
from .._http import reasons
from .._install.guards import Never
from . import faults

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._http.reasons import Reason

#: Of a method that somebody has of his own, so that no fast way was even asked: the instance, and
#: its name.
NOT_REACHED = "{} overrides it"

_UNDER_WAY = "a response head that has not come in one piece"
_FOR_A_MOMENT = "a change that was taken back at once"


def told(why: Reason) -> tuple[str, str]:
    """The words of a reason, "" where it is none; and of what there are many of, an example."""
    if isinstance(why, str):
        return why, ""
    text, about = why
    found = _WORDS[text](about) if text in _WORDS else text.format(_shown(about))
    return found if isinstance(found, tuple) else (found, "")


def _shown(about: Any) -> str:
    return _named(about) if isinstance(about, type) else str(about)


def _named(kind: type) -> str:
    module, name = kind.__module__, kind.__qualname__
    return name if module == "builtins" else f"{module}.{name}"


# ------------------------------------------------------------ who has changed what


def _methods(about: tuple[Any, Any]) -> str:
    guard, instance = about
    if isinstance(guard, Never):
        return guard.objection
    return _who_changed((instance, guard.changed(instance)))


def _who_changed(about: tuple[Any, str | None]) -> str:
    """Who has put something of his own in the place of a method."""
    instance, name = about
    cls = type(instance)
    if name is None:
        return _FOR_A_MOMENT
    if name in vars(instance):
        return f"{name} is set on an instance of {_named(cls)}"
    owner = next((base for base in cls.__mro__ if name in vars(base)), cls)
    if owner.__module__ == "http.client" or owner.__module__.startswith("fasthttp."):
        return f"{owner.__name__}.{name} has been replaced"
    return f"{_named(owner)} overrides {name}"


def _functions(guard: Any, prefix: str = "") -> str:
    if isinstance(guard, Never):
        return guard.objection
    # A guard that has no such method is for what was replaced before fasthttp was imported.
    name = guard.changed() if hasattr(guard, "changed") else "a check of http.client's"
    if name is None:
        return _FOR_A_MOMENT
    return reasons.FUNCTIONS.format(name if "." in name else prefix + name)


# ------------------------------------------------------------------------ requests


def _word(text: str) -> Callable[[Any], str]:
    """What there is against a method or a target, of which the text is."""

    def words(word: Any) -> str:
        if type(word) is not str:
            return text.format(f"that is no str: {_named(type(word))}")
        if not word:
            return text.format("that is empty")
        return text.format("with more in it than visible ASCII characters")

    return words


def _name(about: tuple[Any, Any]) -> str:
    name = about[0]
    if isinstance(name, (str, bytes)):
        return f"a field name with more in it than visible ASCII characters: {name!r:.60}"
    return f"a field name that is no str or bytes: {_named(type(name))}"


def _value(about: tuple[Any, Any]) -> str:
    name, value = about
    shown, kind = f"{name!r:.60}", type(value)
    if kind is int:
        return f"a header field that is a very large int: {shown}"
    fault = "not ISO-8859-1"
    if kind not in (str, bytes):
        fault = "no str, bytes or int"
    elif any(each in value for each in (("\r", "\n") if kind is str else (b"\r", b"\n"))):
        return f"a header field with a line break in it: {shown}, a {_named(kind)}"
    return f"a header field that is {fault}: {shown}, a {_named(kind)}"


# ----------------------------------------------------------------------- responses


def _file(fp: Any) -> str:
    if fp is None:
        return reasons.NOTHING
    sock = getattr(getattr(fp, "raw", None), "_sock", None)
    if sock is None:
        return reasons.FILE.format(_named(type(fp)))
    return f"a socket of another kind, or non-blocking: {_named(type(sock))}"


def _head(about: tuple[Any, Any, int, int]) -> str | tuple[str, str]:
    """What is wrong with a head that the codec has not taken, or that some is missing.

    Nothing is received for that where something is there: `fp` has been asked for it already.
    """
    parse, fp, max_line, max_fields = about
    try:
        data = fp.peek() if getattr(fp, "heard", True) else b""
    except (OSError, ValueError):
        data = b""
    if not data:
        return reasons.NOTHING  # then that is an error, or the end
    look = faults.in_head if parse is parse_head else faults.in_fields
    fault = look(bytes(data), max_line, max_fields)
    return _UNDER_WAY if fault is None else (reasons.HEAD.format(fault[0]), fault[1])


#: By reason, of those that take more than a name.
_WORDS: dict[str, Callable[[Any], str | tuple[str, str]]] = {
    NOT_REACHED: _who_changed,
    reasons.METHODS: _methods,
    reasons.FUNCTIONS: _functions,
    reasons.LENT_FUNCTIONS: lambda guard: _functions(guard, "http.client."),
    refusals.METHOD: _word(refusals.METHOD),
    refusals.TARGET: _word(refusals.TARGET),
    refusals.NAME: _name,
    refusals.VALUE: _value,
    refusals.FRAMING: lambda about: refusals.FRAMING.format(about[0]),
    reasons.FILE: _file,
    reasons.HEAD: _head,
}
