"""Gives each thread of pytest-run-parallel fixtures of its own.

It runs a test in many threads at once, with one set of fixtures for all of them; but most of ours
hold a socket, a server or a response.
"""

from __future__ import annotations

import functools
import inspect
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

#: Of function scope, but set up once for all threads, since what they do holds for the process.
PROCESS_WIDE = {"every_client", "newest_client"}


class OwnFixtures:
    """A test's function which, in any thread but the main one, sets its fixtures up anew."""

    def __init__(self, item: pytest.Function) -> None:
        functools.update_wrapper(self, item.obj)
        self.__globals__ = item.obj.__globals__  # where the plugin looks for what is not safe
        self._item, self._test = item, item.obj

    def __call__(self, **shared: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            self._test(**shared)
            return
        with ExitStack() as stack:
            made = self._folder(shared)
            for name in shared:
                if self._is_ours(name):
                    shared[name] = self._own(stack, made, name)
            self._test(**shared)

    def _folder(self, shared: dict[str, Any]) -> dict[str, Any]:
        """The directory, if there is one: the plugin makes only that which the test asks for."""
        if "tmp_path" in shared or "tmp_path" not in self._item.funcargs:
            return {name: value for name, value in shared.items() if name == "tmp_path"}
        return {"tmp_path": Path(tempfile.mkdtemp(dir=self._item.funcargs["tmp_path"]))}

    def _definitions(self, name: str) -> Any:
        return self._item._fixtureinfo.name2fixturedefs.get(name, ())

    def _is_ours(self, name: str) -> bool:
        return name not in PROCESS_WIDE and any(
            definition.scope == "function" and definition.func.__module__.startswith("tests.")
            for definition in self._definitions(name)
        )

    def _own(self, stack: ExitStack, made: dict[str, Any], name: str, depth: int = 1) -> Any:
        """This thread's value of a fixture; `depth` 2 is the one that `name` overrides."""
        if depth == 1 and name in made:
            return made[name]
        definition = self._definitions(name)[-depth]
        arguments: dict[str, Any] = {}
        for needed in definition.argnames:
            if needed == "request":
                arguments[needed] = self._request(name)
            elif self._is_ours(needed):
                deeper = depth + 1 if needed == name else 1
                arguments[needed] = self._own(stack, made, needed, deeper)
            else:
                arguments[needed] = made.get(needed, self._item.funcargs[needed])
        value = _set_up(stack, definition.func, arguments)
        if depth == 1:
            made[name] = value
        return value

    def _request(self, name: str) -> Any:
        parameters = self._item.callspec.params if hasattr(self._item, "callspec") else {}
        return SimpleNamespace(param=parameters.get(name))


def _set_up(stack: ExitStack, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    if inspect.isgeneratorfunction(function):
        return stack.enter_context(contextmanager(function)(**arguments))
    return function(**arguments)
