"""Fixtures: clients that must behave alike, and the ways in which a response reaches them."""

from __future__ import annotations

import contextlib
import http.client
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_implementation, load_package

from ..implementations import IMPLEMENTATIONS
from .exchange_paths import PATHS, on_path
from .response_delivery import WAYS, Delivery
from .scripted_server import Script

_IS_NEWEST = sys.version_info >= (3, 15)
_OURS = (*IMPLEMENTATIONS, *(f"installed-{name}" for name in IMPLEMENTATIONS))


def is_ours(client: ModuleType) -> bool:
    """Whether a client is `fasthttp.client`, which deviates where its documentation says so."""
    return client is not http.client


@contextlib.contextmanager
def _client(name: str, newest: bool) -> Iterator[ModuleType]:
    """`fasthttp.client` in an implementation, or `http.client` as it is or with install()."""
    if name == "stdlib":
        yield http.client
    elif name in IMPLEMENTATIONS:
        yield load_implementation(name)
    else:
        with load_package(name.removeprefix("installed-")).installed_for(newest=newest):
            yield http.client


@pytest.fixture(params=(*_OURS, "stdlib"))
def every_client(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Both implementations, and the stdlib, which proves that the expectation itself is right,
    without and with install().
    """
    with _client(request.param, newest=False) as client:
        yield client


@pytest.fixture(params=(*_OURS, "stdlib") if _IS_NEWEST else _OURS)
def newest_client(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The same for what http.client does from 3.15 on only, or with install(newest=True)."""
    with _client(request.param, newest=True) as client:
        yield client


@pytest.fixture(params=WAYS)
def deliver(request: pytest.FixtureRequest) -> Iterator[Delivery]:
    """Each way for bytes to reach a response: `deliver(client, b"HTTP/1.1 ...")` begins one."""
    with Delivery(request.param) as delivery:
        yield delivery


@pytest.fixture(params=[way for way in WAYS if way != "bytesio"])
def deliver_buffered(request: pytest.FixtureRequest) -> Iterator[Delivery]:
    """The ways that can peek, which a BytesIO cannot."""
    with Delivery(request.param) as delivery:
        yield delivery


@pytest.fixture
def deliver_by_socket() -> Iterator[Delivery]:
    """The way on which the fast path is taken."""
    with Delivery("socket") as delivery:
        yield delivery


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    """Each of the paths that an exchange can take."""
    name: str = request.param
    return name


@pytest.fixture
def connect(client: ModuleType, path: str, script: Script) -> Callable[..., Any]:
    """`connect(**settings)` makes a connection to the script, in both implementations, on each
    path.
    """

    def make(**settings: Any) -> Any:
        return on_path(script.connection(client, **settings), path)

    return make


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(implementation: str, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of deadlines and idle connections."""
    made = Clock()
    package = load_package(implementation)
    for module in (package._client.deadline, package._client.exchange):
        monkeypatch.setattr(module, "monotonic", made)
    return made


@pytest.fixture
def opened() -> Iterator[Callable[[Any], Any]]:
    """Notes connections and responses, to be closed behind the test."""
    noted: list[Any] = []

    def note(closable: Any) -> Any:
        noted.append(closable)
        return closable

    yield note
    for closable in reversed(noted):
        closable.close()
