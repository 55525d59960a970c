"""The pool against nginx: TCP and TLS, large files beside small ones, connections that close."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..conftest import IMPLEMENTATIONS
from .certificates import Certificates
from .nginx import Nginx
from .site import SMALL

MOST = 8
MANY = 2000


@pytest.fixture(scope="session", params=IMPLEMENTATIONS)
def package(request: pytest.FixtureRequest) -> ModuleType:
    """`fasthttp` in each implementation."""
    return load_package(request.param)


@pytest.fixture
def pool(package: ModuleType, certificates: Certificates) -> Iterator[Any]:
    """A pool that trusts this run's authority."""
    context = certificates.context()
    with package.Pool(total=2 * MOST, per_host=MOST, timeout=30, context=context) as made:
        yield made


def plain_url(nginx: Nginx, path: str) -> str:
    return f"http://{nginx.host}:{nginx.port}{path}"


def secure_url(nginx: Nginx, path: str) -> str:
    return f"https://localhost:{nginx.tls_port}{path}"


@pytest.fixture(params=[plain_url, secure_url], ids=["tcp", "tls"])
def url(request: pytest.FixtureRequest) -> Callable[[Nginx, str], str]:
    """Makes URLs of nginx, with and without TLS."""
    made: Callable[[Nginx, str], str] = request.param
    return made


def test_each_page_is_that_of_its_own_url(
    pool: Any, nginx: Nginx, url: Callable[[Nginx, str], str]
) -> None:
    urls = [url(nginx, f"/say/{number}") for number in range(MANY)]
    pages = list(pool.map(urls, ordered=True))
    assert [page.url for page in pages] == urls
    for number, page in enumerate(pages):
        assert (page.error, page.status) == (None, 200)
        assert page.body == b"GET /say/%d" % number
    assert sum(page.tries for page in pages) == MANY


def test_few_connections_carry_all(pool: Any, nginx: Nginx) -> None:
    ports = Counter(page.body for page in pool.map([plain_url(nginx, "/who")] * MANY))
    assert len(ports) <= MOST


def test_large_files_go_into_sinks_while_small_pages_go_on(
    package: ModuleType, pool: Any, nginx: Nginx, url: Callable[[Nginx, str], str]
) -> None:
    digests = [hashlib.sha256() for _ in range(3)]
    large = [
        package.Request(url(nginx, "/large.bin"), sink=digest.update, tag="large")
        for digest in digests
    ]
    small = [url(nginx, "/small.txt")] * 200
    pages = list(pool.map([*large, *small]))
    assert not [page for page in pages if page.error]
    order = ["large" if page.request.tag else "small" for page in pages]
    assert order[0] == "small" and Counter(order) == {"large": 3, "small": 200}
    assert {page.body for page in pages} == {b"", SMALL}
    assert {digest.hexdigest() for digest in digests} == {nginx.site.large_digest}


def test_ranges(package: ModuleType, pool: Any, nginx: Nginx) -> None:
    asked = [
        package.Request(plain_url(nginx, "/text.txt"), headers={"Range": f"bytes={at}-{at + 99}"})
        for at in range(0, 10_000, 100)
    ]
    pages = list(pool.map(asked, ordered=True))
    assert {page.status for page in pages} == {206}
    assert b"".join(page.body for page in pages) == nginx.site.text[:10_000]


@pytest.mark.parametrize("path", ["/closes-soon", "/closes-idle"])
def test_connections_that_nginx_closes_lose_nothing(
    pool: Any, nginx: Nginx, url: Callable[[Nginx, str], str], path: str
) -> None:
    pages = list(pool.map([url(nginx, path)] * 300))
    assert [page.status for page in pages] == [200] * 300


def test_uploads(package: ModuleType, pool: Any, nginx: Nginx) -> None:
    body = bytes(range(256)) * 2048
    kinds: list[Any] = [
        body,
        iter([body[:1000], body[1000:]]),
        [body[:5], body[5:]],
        bytearray(body),
    ]
    asked = [package.Request(plain_url(nginx, "/echo"), "POST", body=kind) for kind in kinds]
    pages = list(pool.map(asked))
    assert [page.status for page in pages] == [200] * len(kinds)
    assert {page.body for page in pages} == {body}


def test_a_name_that_is_not_the_certificates(pool: Any, nginx: Nginx) -> None:
    wrong = f"https://localhost:{nginx.wrong_name_port}/"
    first, second = pool.map([wrong, secure_url(nginx, "/small.txt")], ordered=True)
    assert type(first.error).__name__ == "SSLCertVerificationError" and first.phase == "TLS"
    assert second.body == SMALL
