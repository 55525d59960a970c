"""Which functions `http.client` has, and how often each is called."""

from __future__ import annotations

import http.client
import sys
import types
from collections import Counter
from collections.abc import Mapping
from typing import Any

Place = tuple[object, str]
OWNERS = (
    http.client,
    http.client.HTTPConnection,
    http.client.HTTPSConnection,
    http.client.HTTPResponse,
)


def functions_of_http_client() -> dict[Place, Any]:
    """Return the functions that `http.client`'s module and classes hold at this moment."""
    return {
        (owner, name): value
        for owner in OWNERS
        for name, value in vars(owner).items()
        if isinstance(value, staticmethod | classmethod | property)
        or (callable(value) and not isinstance(value, type))
    }


def label(place: Place) -> str:
    owner, name = place
    return name if owner is http.client else f"{getattr(owner, '__name__', owner)}.{name}"


class Calls:
    """Counts the calls of functions written in Python, without standing in their way."""

    TOOL = 4  # none of the numbers that sys.monitoring sets aside for debuggers and the like

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._names: dict[types.CodeType, str] = {}
        sys.monitoring.use_tool_id(self.TOOL, "fasthttp.downstream")
        sys.monitoring.register_callback(self.TOOL, sys.monitoring.events.PY_START, self._started)

    def _started(self, code: types.CodeType, _offset: int) -> None:
        self.counts[self._names[code]] += 1

    def watch(self, functions: Mapping[Place, Any], prefix: str) -> None:
        for place, function in functions.items():
            code = getattr(getattr(function, "__func__", function), "__code__", None)
            if isinstance(code, types.CodeType):
                self._names[code] = prefix + label(place)
                sys.monitoring.set_local_events(self.TOOL, code, sys.monitoring.events.PY_START)
