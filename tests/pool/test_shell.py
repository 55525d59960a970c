"""`fasthttp.get` and `fasthttp.fetch`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from .site import Site, answer, closing, hang


def test_get_gives_a_page(package: ModuleType, site: Site) -> None:
    page = package.get(site.url("/x"))
    assert (page.status, page.body, page.url) == (200, b"0 /x", site.url("/x"))
    page = package.get(site.url("/x"), method="PUT", body=b"content", headers={"A": "b"})
    assert (page.status, site.heard[1].body, site.heard[1].fields["a"]) == (200, b"content", "b")
    assert site.opened == 1


def test_get_raises_the_error_of_its_page(package: ModuleType, site: Site) -> None:
    site.answers["/cut"] = closing(b"")
    site.answers["/404"] = answer(b"none", status=b"404 Not Found")
    site.answers["/hang"] = hang
    with pytest.raises(ConnectionError):
        package.get(site.url("/cut"))
    with pytest.raises(package.client.InvalidURL):
        package.get("no url")
    with pytest.raises(TimeoutError):
        package.get(site.url("/hang"), deadline=0.1)
    with pytest.raises(TypeError):
        package.get(site.url("/"), no_such_argument=1)
    assert package.get(site.url("/404")).status == 404


def test_get_works_in_many_threads(package: ModuleType, site: Site) -> None:
    meeting = threading.Barrier(8, timeout=20)
    site.answers["/meet"] = lambda exchange: (meeting.wait(), exchange.send(answer(b"met")))
    with ThreadPoolExecutor(8) as executor:
        pages = list(executor.map(package.get, [site.url("/meet")] * 8))
        assert [page.body for page in pages] == [b"met"] * 8
        urls = site.urls(100)
        for url, page in zip(urls, executor.map(package.get, urls), strict=True):
            assert page.body.endswith(url.removeprefix(site.url("")).encode())


def test_get_works_while_a_page_of_another_is_looked_at(package: ModuleType, site: Site) -> None:
    """As in a sink."""
    got: list[bytes] = []

    def sink(piece: bytes) -> None:
        got.append(package.get(site.url("/inner")).body)

    assert package.get(site.url("/outer"), sink=sink).status == 200
    assert got == [b"1 /inner"]  # over a connection of its own
    assert package.get(site.url("/after")).status == 200


def test_fetch_gives_pages_and_closes_its_pool(package: ModuleType, site: Site) -> None:
    urls = site.urls(50)
    assert [page.url for page in package.fetch(urls, ordered=True, per_host=3)] == urls
    assert site.most_open <= 3
    site.wait_until_open(0)
    assert sorted(page.url for page in package.fetch(iter(urls))) == sorted(urls)
    with pytest.raises(ValueError, match="total"):
        package.fetch(urls, total=0)


def test_fetch_is_ended_by_leaving_it(package: ModuleType, site: Site) -> None:
    site.answers["/hang"] = hang
    with package.fetch([site.url("/first"), site.url("/hang")]) as run:
        next(run)
    site.wait_until_open(0)


def test_get_takes_arguments_of_the_pool(package: ModuleType, site: Site) -> None:
    page = package.get(
        site.url("/to"), redirects=0, timeout=5, headers={"A": "b"}, deadline=5, retries=1
    )
    assert (page.status, page.history) == (200, [])
    with pytest.raises(OSError, match=r"not allowed|refused|allow"):
        package.get(site.url("/x"), allow=lambda host, address, port: False)
    with pytest.raises(ValueError, match="timeout must be more than 0"):
        package.get(site.url("/x"), timeout=0)
    assert package.get(site.url("/x")).status == 200
