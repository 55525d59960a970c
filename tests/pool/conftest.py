"""Fixtures: the package in each implementation, pools of it, and a server."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..client.response_delivery import PATIENCE
from ..hostile.tls import server_context
from ..servers.certificates import Certificates, make_certificates
from .site import Site, serving
from .stage import Stage

# Windows has no directory of file descriptors to count them in, and nothing that amap() needs.
collect_ignore = ["test_random_servers.py", "test_amap.py"] if sys.platform == "win32" else []


@pytest.fixture(scope="session")
def package(implementation: str) -> ModuleType:
    """`fasthttp` in each implementation."""
    package = load_package(implementation)
    assert package.Pool  # which is imported when it is asked for
    return package


@pytest.fixture
def make_pool(package: ModuleType) -> Iterator[Callable[..., Any]]:
    """Makes pools, which are closed behind the test. None waits for longer than a test may."""
    made: list[Any] = []

    def make(**settings: Any) -> Any:
        settings.setdefault("timeout", PATIENCE)
        pool = package.Pool(**settings)
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


@pytest.fixture
def pool(make_pool: Callable[..., Any]) -> Any:
    """A pool with nothing set."""
    return make_pool()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server."""
    with serving() as server:
        yield server


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Servers and pools in one thread, under one clock."""
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that nobody knows, and what it has signed."""
    return make_certificates(tmp_path_factory.mktemp("pool"))


@pytest.fixture
def safe_site(certificates: Certificates) -> Iterator[Site]:
    """A server with TLS that is called localhost."""
    with serving(server_context(certificates)) as server:
        yield server


@pytest.fixture
def context(certificates: Certificates) -> ssl.SSLContext:
    """A client's context, which trusts that authority."""
    return certificates.context()
