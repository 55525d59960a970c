"""Where a pool may go: `allow`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from fasthttp._web.addresses import public_only

from .proxy import proxying
from .site import Site, answer, silent

Asked = list[tuple[str, str, int]]


def _address(target: tuple[str, int]) -> Any:
    family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", target


def _asking(asked: Asked, *refused: str) -> Callable[[str, str, int], bool]:
    def allow(host: str, address: str, port: int) -> bool:
        asked.append((host, address, port))
        return address not in refused

    return allow


def _fails(pool: Any, url: str, kind: type[Exception]) -> str:
    """Return the text of the error that a page and a request both have."""
    (page,) = pool.map([url])
    assert type(page.error) is kind, page.error
    with pytest.raises(kind) as caught:
        pool.request("GET", url)
    assert str(caught.value) == str(page.error)
    assert pool._engine.slots.open == 0
    return str(page.error)


def test_it_is_asked_before_each_connection(make_pool: Callable[..., Any], site: Site) -> None:
    asked: Asked = []
    pool = make_pool(resolver=site.resolve, allow=_asking(asked))
    once = ("one.test", "127.0.0.1", site.port)
    for _ in range(3):
        assert [page.error for page in pool.map(["http://one.test/"])] == [None]
    assert pool.request("GET", "http://one.test/").read()
    assert asked == [once]
    site.hang_up()
    assert [page.error for page in pool.map(["http://one.test/"])] == [None]
    site.hang_up()
    assert pool.request("GET", "http://one.test/").read()
    assert asked == [once] * 3


def test_a_refused_address_is_left_out(make_pool: Callable[..., Any], site: Site) -> None:
    asked: Asked = []
    addresses = [_address(("127.0.0.9", site.port)), _address(site.address)]
    pool = make_pool(resolver=lambda *_: addresses, allow=_asking(asked, "127.0.0.9"))
    assert [page.error for page in pool.map(["http://one.test/"])] == [None]
    assert [address for _, address, _ in asked] == ["127.0.0.9", "127.0.0.1"]


def test_each_raced_address_is_asked_for(make_pool: Callable[..., Any], site: Site) -> None:
    asked: Asked = []
    with silent() as quiet:
        addresses = [_address(quiet), _address(("127.0.0.9", 1)), _address(site.address)]
        pool = make_pool(resolver=lambda *_: addresses, allow=_asking(asked, "127.0.0.9"))
        assert [page.error for page in pool.map(["http://one.test/"])] == [None]
    assert [port for _, _, port in asked] == [quiet[1], 1, site.port]
    assert pool._engine.slots.open == 1


def test_where_all_are_refused(make_pool: Callable[..., Any], site: Site) -> None:
    addresses = [_address(("127.0.0.9", 1)), _address(("::1", 2)), _address(site.address)]
    pool = make_pool(resolver=lambda *_: addresses, allow=lambda *_: False)
    text = _fails(pool, "http://one.test/", PermissionError)
    assert "127.0.0.9, ::1, 127.0.0.1" in text
    assert "allow" in text and "http://one.test" in text
    (page,) = pool.map(["http://one.test/"])
    assert page.phase == "connect"
    assert (site.opened, page.tries) == (0, 1)


def test_refused_and_not_there(make_pool: Callable[..., Any]) -> None:
    """The error is that of the one that might have been."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        addresses = [_address(bound.getsockname()), _address(("127.0.0.9", 1))]
        pool = make_pool(resolver=lambda *_: addresses, allow=_asking([], "127.0.0.9"))
        _fails(pool, "http://one.test/", ConnectionRefusedError)


@pytest.mark.parametrize("kind", [ValueError, OSError, StopIteration, KeyError])
def test_what_it_raises_is_the_page_s_error(
    make_pool: Callable[..., Any], site: Site, kind: type[Exception]
) -> None:
    def allow(*given: Any) -> bool:
        raise kind("of its own")

    pool = make_pool(resolver=site.resolve, allow=allow)
    assert "of its own" in _fails(pool, "http://one.test/", kind)
    assert site.opened == 0


def test_what_stops_the_program_goes_through(make_pool: Callable[..., Any], site: Site) -> None:
    def allow(*given: Any) -> bool:
        raise KeyboardInterrupt

    pool = make_pool(resolver=site.resolve, allow=allow)
    with pytest.raises(KeyboardInterrupt):
        list(pool.map(["http://one.test/"]))


@pytest.mark.parametrize("target", [(), ("127.0.0.1",), (b"127.0.0.1", 80), ("localhost", 80)])
def test_a_resolver_s_address_that_is_none(make_pool: Callable[..., Any], target: Any) -> None:
    """Above all, none that would be looked up once more behind `allow`."""
    pool = make_pool(
        resolver=lambda *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target)], allow=public_only
    )
    (page,) = pool.map(["http://one.test/"])
    assert isinstance(page.error, OSError)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "0x7f.1", "0"])
def test_public_only_keeps_a_pool_out_of_loopback(
    make_pool: Callable[..., Any], site: Site, host: str
) -> None:
    pool = make_pool(allow=public_only)
    _fails(pool, f"http://{host}:{site.port}/", PermissionError)
    assert site.opened == 0


def test_a_name_that_changes_its_address(make_pool: Callable[..., Any], site: Site) -> None:
    """What was looked up is what is asked for and connected to: there is no second lookup."""
    answers = iter([site.address, ("127.0.0.9", site.port)])
    pool = make_pool(
        resolver=lambda *_: [_address(next(answers))], allow=_asking([], "127.0.0.9"), per_host=1
    )
    site.default = lambda exchange: exchange.end(answer(b"", b"Connection: close"))
    assert [page.error for page in pool.map(["http://one.test/"])] == [None]
    pool._engine.lookups.forget("one.test", 80)
    _fails(pool, "http://one.test/", PermissionError)
    assert site.opened == 1


def test_it_must_be_callable(package: Any) -> None:
    with pytest.raises(TypeError, match="allow"):
        package.Pool(allow=True)


# ------------------------------------------------------------------------- with a proxy


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks4a"])
def test_a_proxy_and_what_it_is_asked_for(
    make_pool: Callable[..., Any], site: Site, scheme: str
) -> None:
    asked: Asked = []
    with proxying(site.address) as proxy:
        pool = make_pool(proxy=proxy.url(scheme), allow=_asking(asked))
        urls = ["http://name.test/", "http://127.0.0.1:81/", "http://127.1:82/"]
        assert [page.error for page in pool.map(urls, ordered=True)] == [None] * 3
        of_proxy = ("127.0.0.1", "127.0.0.1", proxy.port)
        assert sorted(asked) == sorted(
            [("name.test", "", 80), ("127.0.0.1", "127.0.0.1", 81), ("127.1", "127.0.0.1", 82)]
            + [of_proxy] * 3
        )
        pool.request("GET", "http://other.test/").read()
        assert asked[-2:] == [("other.test", "", 80), of_proxy]


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.parametrize("host", ["name.test", "127.0.0.1", "127.1", "[::1]"])
def test_a_target_that_is_refused_is_not_told_to_the_proxy(
    make_pool: Callable[..., Any], site: Site, scheme: str, host: str
) -> None:
    with proxying(site.address) as proxy:

        def allow(name: str, address: str, port: int) -> bool:
            return port == proxy.port or public_only(name, address, port)

        pool = make_pool(proxy=proxy.url(scheme), allow=allow)
        text = _fails(pool, f"http://{host}/", PermissionError)
        assert ("only the proxy knows" in text) is (host == "name.test")
        assert [page.phase for page in pool.map([f"http://{host}/"])] == ["connect"]
        assert proxy.opened == 0


def test_a_proxy_that_is_refused_is_not_connected_to(
    make_pool: Callable[..., Any], site: Site
) -> None:
    with proxying(site.address) as proxy:
        pool = make_pool(proxy=proxy.url(), allow=lambda name, *_: name == "name.test")
        assert "127.0.0.1" in _fails(pool, "http://name.test/", PermissionError)
        assert proxy.opened == 0


@pytest.mark.parametrize("scheme", ["socks5", "socks4"])
def test_a_proxy_that_looks_nothing_up_is_told_an_allowed_address(
    make_pool: Callable[..., Any], site: Site, scheme: str
) -> None:
    asked: Asked = []
    found = [_address(("192.0.2.1", 80)), _address(("192.0.2.2", 80)), _address(("192.0.2.3", 80))]
    with proxying(site.address) as proxy:
        proxy_address = [_address(("127.0.0.1", proxy.port))]
        pool = make_pool(
            proxy=proxy.url(scheme),
            resolver=lambda host, port: found if host == "name.test" else proxy_address,
            allow=_asking(asked, "192.0.2.1"),
        )
        assert [page.error for page in pool.map(["http://name.test/"])] == [None]
        assert b"\xc0\x00\x02\x02" in proxy.heard[0]
        assert [address for _, address, _ in asked] == ["192.0.2.1", "192.0.2.2", "127.0.0.1"]
        pool = make_pool(
            proxy=proxy.url(scheme),
            resolver=lambda host, port: found if host == "name.test" else proxy_address,
            allow=_asking(asked, "192.0.2.1", "192.0.2.2", "192.0.2.3"),
        )
        assert "192.0.2.3" in _fails(pool, "http://name.test/", PermissionError)
        assert proxy.opened == 1


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks5"])
def test_what_it_raises_of_a_proxy_s_target(
    make_pool: Callable[..., Any], site: Site, scheme: str
) -> None:
    asked: list[str] = []

    def allow(name: str, address: str, port: int) -> bool:
        asked.append(name)
        raise ValueError("of its own")

    pool = make_pool(proxy=f"{scheme}://127.0.0.1:1", allow=allow, resolver=site.resolve)
    assert "of its own" in _fails(pool, "http://name.test/", ValueError)
    assert asked == ["name.test"] * 2
