"""Which functions of the running `http.client` are the stdlib's own, and known to fasthttp.

A function is *pristine* where it was defined by `http.client` itself, nobody has wrapped it, and
its code is the code that the module's file gives. That it stood there when fasthttp was imported
proves nothing: a tracing tool may have been first.

It is *known* where its source has a fingerprint in `SEEN`, which lists all that fasthttp was made
and tested for. In a newer Python a function may do more than it did; then it is left alone, and
so is whatever would skip it.
"""

from __future__ import annotations

import functools
import sys
from types import CodeType, FunctionType

from .places import MISSING, MODULE, STD, is_loaded_anew, leaves, standing
from .seen import SEEN

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


#: Why what somebody else has put into a place is left to him.
FOREIGN = "is not http.client's own"
#: Why nothing is put anywhere after importlib.reload(http.client).
LOADED_ANEW = "is of a http.client that was loaded again"


def fingerprint(source: list[str], first_line: int) -> str:
    """The fingerprint of the function that begins in a line of a file, counted from 1.

    Empty lines and lines that are comments do not count, nor does how deep the function stands.
    """
    import hashlib  # not with the package: it takes longer than all of it, and few install()

    lines = source[first_line - 1 :]
    depth = len(lines[0]) - len(lines[0].lstrip())
    kept = [lines[0].strip()]
    in_body = False
    for line in lines[1:]:
        text = line.strip()
        if not text:
            continue
        inside = len(line) - len(line.lstrip()) > depth
        # Decorators and the end of an argument list may stand as deep as the first line.
        if not inside and in_body:
            break
        in_body = in_body or (inside and not kept[-1].startswith("@"))
        if not text.startswith("#"):
            kept.append(line.rstrip()[depth:])
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


def function_at(place: str) -> Any:
    """The function in a place, out of its staticmethod if it is in one; None if there is none."""
    found = standing(place)
    if isinstance(found, staticmethod):
        found = found.__func__
    return found if isinstance(found, FunctionType) else None


def _defaults(function: Any) -> Any:
    return function.__defaults__, function.__kwdefaults__


def _codes(module: CodeType) -> dict[str, CodeType]:
    """The code of each function and method of a module, by its place."""
    found = {}
    for code in module.co_consts:
        if isinstance(code, CodeType):
            found[code.co_name] = code
            for inner in code.co_consts:
                if isinstance(inner, CodeType):
                    found[f"{code.co_name}.{inner.co_name}"] = inner
    return found


@functools.cache
def codes_of(name: str) -> dict[str, CodeType]:
    """The code of each function and method in the file of a module, by its place; {} where there
    is no such file to be read."""
    loader: Any = getattr(sys.modules[name].__spec__, "loader", None)
    try:
        code = loader.get_code(name)
    except (AttributeError, ImportError, OSError):
        code = None
    return {} if code is None else _codes(code)


class Knowledge:
    """What is known of the running `http.client`; reads its file once."""

    def __init__(self) -> None:
        loader: Any = getattr(MODULE.__spec__, "loader", None)
        try:
            code = loader.get_code("http.client")
            source = loader.get_source("http.client")
        except (AttributeError, ImportError, OSError):
            code = source = None
        self._codes = _codes(code) if code is not None else {}
        self._source: list[str] = source.splitlines() if source else []
        self._forms: dict[str, str] = {}

    def objection(self, place: str) -> str | None:
        """Why the function in a place must be left alone; None where it is pristine and known."""
        if is_loaded_anew():
            return LOADED_ANEW
        function = function_at(place)
        if function is None:
            return "is missing" if standing(place) is MISSING else FOREIGN
        is_pristine = (
            function.__globals__ is STD
            and not hasattr(function, "__wrapped__")
            and function.__code__ == self._codes.get(place)
            and _defaults(function) == _defaults(leaves.get(place, function))
        )
        if not self._codes or not self._source:
            return "has no source to be checked by"
        if not is_pristine:
            return FOREIGN
        return None if self._form(place) in SEEN.get(place, ()) else "has a form that is not known"

    def is_newest(self, place: str) -> bool:
        """Whether the function that this Python has for a place is that of CPython 3.15.2."""
        return place in SEEN and self._form(place) == SEEN[place][-1]

    def _form(self, place: str) -> str | None:
        code = self._codes.get(place)
        if code is None or not self._source:
            return None
        if place not in self._forms:
            self._forms[place] = fingerprint(self._source, code.co_firstlineno)
        return self._forms[place]


@functools.cache
def knowledge() -> Knowledge:
    """What is known, found out once."""
    return Knowledge()
