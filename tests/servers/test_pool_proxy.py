"""The pool through tinyproxy, in front of both of nginx's ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..conftest import IMPLEMENTATIONS
from .certificates import Certificates
from .nginx import Nginx
from .site import Site
from .tinyproxy import PASSWORD, USER, Tinyproxy

MANY = 200


@pytest.fixture(scope="session", params=IMPLEMENTATIONS)
def package(request: pytest.FixtureRequest) -> ModuleType:
    """`fasthttp` in each implementation."""
    return load_package(request.param)


@pytest.fixture
def make_pool(package: ModuleType, certificates: Certificates) -> Iterator[Callable[..., Any]]:
    """Makes pools that go through a proxy, and trust this run's authority."""
    made: list[Any] = []

    def make(proxy: Tinyproxy, userinfo: str = "", **settings: Any) -> Any:
        url = f"http://{userinfo}{proxy.host}:{proxy.port}"
        pool = package.Pool(proxy=url, timeout=30, context=certificates.context(), **settings)
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


def test_http(make_pool: Callable[..., Any], tinyproxy: Tinyproxy, nginx: Nginx) -> None:
    pool = make_pool(tinyproxy)
    urls = [f"http://{nginx.host}:{nginx.port}/say/{number}" for number in range(MANY)]
    for number, page in enumerate(pool.map(urls, ordered=True)):
        assert (page.error, page.status) == (None, 200)
        assert page.body == b"GET /say/%d" % number
        assert "tinyproxy" in (page.getheader("Via") or "")
    (page,) = pool.map([f"http://{nginx.host}:{nginx.port}/host"])
    assert page.body.decode() == f"{nginx.host}:{nginx.port}"


def test_https(make_pool: Callable[..., Any], tinyproxy: Tinyproxy, nginx: Nginx) -> None:
    pool = make_pool(tinyproxy)
    urls = [f"https://localhost:{nginx.tls_port}/say/{number}" for number in range(MANY)]
    for number, page in enumerate(pool.map(urls, ordered=True)):
        assert (page.error, page.status) == (None, 200)
        assert page.body == b"GET /say/%d" % number
        assert page.getheader("Via") is None
    assert pool.request("GET", f"https://localhost:{nginx.tls_port}/tls").read()


def test_a_password(
    make_pool: Callable[..., Any], guarded_proxy: Tinyproxy, nginx: Nginx, site: Site
) -> None:
    urls = [
        f"http://{nginx.host}:{nginx.port}/small.txt",
        f"https://localhost:{nginx.tls_port}/small.txt",
    ]
    pool = make_pool(guarded_proxy, f"{USER}:{PASSWORD}@")
    assert [page.body for page in pool.map(urls)] == [site.small] * 2
    pool = make_pool(guarded_proxy)
    plain, secure = pool.map(urls, ordered=True)
    assert (plain.error, plain.status) == (None, 407)
    assert isinstance(secure.error, OSError)
    assert "Tunnel connection failed: 407" in str(secure.error)
    assert secure.phase == "proxy"


def test_a_port_that_is_forbidden(
    make_pool: Callable[..., Any], tinyproxy: Tinyproxy, upstream: int
) -> None:
    pool = make_pool(tinyproxy)
    (page,) = pool.map([f"https://localhost:{upstream}/"])
    assert "Tunnel connection failed: 403" in str(page.error)
    with pytest.raises(OSError, match="Tunnel connection failed: 403"):
        pool.request("GET", f"https://localhost:{upstream}/")
