"""`typing.get_type_hints` of all that is public: names in annotations exist at run time."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import fasthttp
import fasthttp.client
import fasthttp.incoming
from fasthttp._pool.keywords import OfFetch, OfGet


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods, and the functions of properties, that a class has from fasthttp."""
    for base in cls.__mro__:
        for name, value in vars(base).items() if base.__module__.startswith("fasthttp") else ():
            if name.startswith("_") and name not in ("__init__", "__enter__", "__exit__"):
                continue
            if isinstance(value, property):
                yield from ((name, each) for each in (value.fget, value.fset) if each is not None)
            elif inspect.isroutine(value):
                yield (
                    name,
                    inspect.unwrap(getattr(value, "__func__", getattr(value, "_make", value))),
                )


def _public() -> dict[str, Any]:
    found = {}
    for module in (fasthttp, fasthttp.client, fasthttp.incoming):
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_") or not getattr(value, "__module__", "").startswith("fasthttp"):
                continue
            if inspect.isclass(value):
                found[name] = value
                for member, function in _members(value):
                    found[f"{function.__module__.rpartition('.')[2]}: {name}.{member}"] = function
            elif inspect.isroutine(value):
                found[name] = value
    return found


_PUBLIC = _public()


@pytest.mark.parametrize("name", _PUBLIC)
def test_they_resolve(name: str) -> None:
    value = _PUBLIC[name]
    hints = typing.get_type_hints(value)
    assert inspect.isclass(value) or hints.keys() == inspect.get_annotations(value).keys()


def test_there_are_some() -> None:
    assert {"install", "installed_for", "stats", "parse_headers", "HTTPConnection"} <= set(_PUBLIC)
    assert len(_PUBLIC) > 40


def _declared(function: Any, passed_on: Any) -> dict[str, str]:
    """What a function declares of its arguments, and of those that it passes on, as it is written.

    What is passed on has no name that is the function's own: type checkers would refuse that.
    """
    its = inspect.get_annotations(function)
    more = {name: hint.__forward_arg__ for name, hint in passed_on.__annotations__.items()}
    assert not its.keys() & more.keys()
    return {**its, **more}


def test_fetch_has_the_arguments_of_pool() -> None:
    of_pool = inspect.get_annotations(fasthttp.Pool.__init__)
    declared = _declared(fasthttp.fetch, OfFetch)
    own = {"requests", "ordered", "settings"}
    assert {**declared, "return": "None"} == {**of_pool, **{name: declared[name] for name in own}}


def test_get_has_the_arguments_of_request_and_of_pool() -> None:
    of_pool = inspect.get_annotations(fasthttp.Pool.__init__)
    of_request = inspect.get_annotations(fasthttp.Request.__init__)
    declared = _declared(fasthttp.get, OfGet)
    every = {**of_pool, **of_request, "settings": declared["settings"]}
    assert {**declared, "return": "None"} == every
    given = inspect.signature(fasthttp.get).parameters
    for name, parameter in inspect.signature(fasthttp.Request).parameters.items():
        assert given[name].default == parameter.default
