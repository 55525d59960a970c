"""Fixtures: fasthttp in each implementation, never left installed behind a test."""

from __future__ import annotations

import http.client
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..client.scripted_server import Script
from .surface import surface


@pytest.fixture(scope="session")
def package(implementation: str) -> ModuleType:
    """`fasthttp` in each implementation, with `fasthttp.patch`."""
    importlib.import_module("fasthttp.patch")
    return load_package(implementation)


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """After each test `http.client` is what it was before."""
    before = surface()
    yield
    assert surface() == before


@pytest.fixture
def fasthttp(package: ModuleType) -> Iterator[Any]:
    """The package; whatever a test installs is taken back."""
    yield package
    package.uninstall()


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


@pytest.fixture
def connection(script: Script) -> Any:
    """`http.client`'s own connection, which can reach nothing but the script."""
    return script.connection(http.client)
