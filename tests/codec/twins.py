"""The two implementations of the codec, loaded directly and next to each other."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from fasthttp._bench.implementations import TWINS


@dataclass(frozen=True)
class Twin:
    """One implementation of the codec, "c" or "py": its six modules."""

    name: str
    chunks: ModuleType
    guard: ModuleType
    headers: ModuleType
    request: ModuleType
    stream: ModuleType


@cache
def load_twin(name: str) -> Twin:
    """Return the twin called `name`; raise ImportError where one of its modules is missing."""

    def module(part: str) -> ModuleType:
        return importlib.import_module(f"fasthttp.{TWINS[part]}_{name}")

    return Twin(
        name,
        chunks=module("chunks"),
        guard=module("guard"),
        headers=module("headers"),
        request=module("request"),
        stream=module("stream"),
    )
