"""Systems without epoll: each selector serves, within what it can look at, or refuses clearly."""

from __future__ import annotations

import select
import selectors
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .churn import wrongs
from .site import Site

SELECTORS = [
    kind
    for name in ("SelectSelector", "PollSelector", "KqueueSelector")
    if (kind := getattr(selectors, name, None)) is not None
]


@pytest.fixture(params=SELECTORS)
def selector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A system whose best selector this is."""
    monkeypatch.delattr(select, "epoll", raising=False)
    monkeypatch.setattr(selectors, "DefaultSelector", request.param)
    return request.param


def test_pages_come(selector: Any, package: ModuleType) -> None:
    assert wrongs(package, 300, total=8, per_host=8) == []


def test_threads_beside_a_run(selector: Any, make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(total=4)
    with pool.map(site.url(f"/{number}") for number in range(50)) as run:
        for number, page in enumerate(run):
            assert page.error is None
            if number % 10 == 0:
                assert pool.request("GET", site.url("/thread")).read() is not None


def test_more_than_select_can_look_at_is_refused(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(select, "epoll", raising=False)
    monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    with package.Pool(total=500):
        pass
    with pytest.raises(ValueError, match="total must be at most 500, not 501: select"):
        package.Pool(total=501)


def test_asyncio_is_refused_where_it_cannot_wait_for_the_selector(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(select, "epoll", raising=False)
    monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    with package.Pool() as pool, pytest.raises(NotImplementedError, match="to_thread"):
        pool.amap([])
