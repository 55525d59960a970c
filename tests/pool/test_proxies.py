"""Through proxies."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

import pytest

from ..cut_off import RESET
from ..hostile.tls import server_context
from ..servers.certificates import Certificates
from .proxy import Proxy, proxying
from .site import Exchange, Site, answer, silent

AUTHORIZATION = b"Proxy-Authorization: Basic " + base64.b64encode(b"me:sec:ret")
USERINFO = "me:sec%3Aret@"


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    """A proxy that leads to the server without TLS."""
    with proxying(site.address) as made:
        yield made


@pytest.fixture
def tunnel(safe_site: Site) -> Iterator[Proxy]:
    """A proxy that leads to the server with TLS."""
    with proxying(safe_site.address) as made:
        yield made


@pytest.fixture(params=[True, False], ids=["map", "request"])
def get(request: pytest.FixtureRequest) -> Callable[[Any, str], bytes]:
    """Gets one body from a pool, by a run or by `Pool.request`."""

    def by_map(pool: Any, url: str) -> bytes:
        (page,) = pool.map([url])
        if page.error is not None:
            raise page.error
        body: bytes = page.body
        return body

    def by_request(pool: Any, url: str) -> bytes:
        body: bytes = pool.request("GET", url).read()
        return body

    return by_map if request.param else by_request


def _names(head: bytes) -> list[bytes]:
    return [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]


def test_http_in_absolute_form(
    make_pool: Callable[..., Any], site: Site, proxy: Proxy, get: Callable[[Any, str], bytes]
) -> None:
    pool = make_pool(proxy=proxy.url(userinfo=USERINFO))
    for number in range(3):
        assert get(pool, f"http://Nowhere.test:81/a?b={number}") == b"%d /a?b=%d" % (number, number)
    lines = proxy.heard[0].split(b"\r\n")
    assert lines[0] == b"GET http://nowhere.test:81/a?b=0 HTTP/1.1"
    assert lines.count(b"Host: nowhere.test:81") == 1
    assert lines.count(AUTHORIZATION) == 1
    assert proxy.opened == 1  # which is kept
    assert site.heard[0].fields == {
        "host": "nowhere.test:81",
        "accept-encoding": "identity",
    }
    assert pool._engine.slots.open == 1


def test_a_request_of_any_kind_in_absolute_form(
    package: Any, make_pool: Callable[..., Any], proxy: Proxy
) -> None:
    pool = make_pool(proxy=proxy.url(userinfo=USERINFO), headers={"X-Pool": "1"})
    own = package.Request("http://nowhere.test/", headers={"proxy-authorization": "mine", "X": "2"})
    assert [page.error for page in pool.map([own])] == [None]
    (head,) = proxy.heard
    assert head.startswith(b"GET http://nowhere.test/ HTTP/1.1\r\n")
    assert _names(head).count(b"proxy-authorization") == 1
    assert b"\r\nproxy-authorization: mine" in head
    assert b"\r\nX-Pool: 1" in head and b"\r\nX: 2" in head


def test_https_by_connect(
    make_pool: Callable[..., Any],
    context: ssl.SSLContext,
    safe_site: Site,
    tunnel: Proxy,
    get: Callable[[Any, str], bytes],
) -> None:
    pool = make_pool(proxy=tunnel.url(userinfo=USERINFO), context=context)
    for number in range(3):
        assert get(pool, f"https://localhost/{number}") == b"0 /%d" % number
    assert tunnel.heard == [
        b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n" + AUTHORIZATION
    ]
    assert site_fields(safe_site) == {"host", "accept-encoding"}
    assert safe_site.targets == ["/0", "/1", "/2"]
    assert pool._engine.slots.open == 1
    pool.close()
    tunnel.wait_until_open(0)


def site_fields(site: Site) -> set[str]:
    return {name for exchange in site.heard for name in exchange.fields}


def test_the_certificate_is_that_of_the_server(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site, tunnel: Proxy
) -> None:
    pool = make_pool(proxy=tunnel.url(), context=context)
    (page,) = pool.map(["https://nowhere.test/"])
    assert isinstance(page.error, ssl.SSLCertVerificationError)
    assert (page.phase, safe_site.heard) == ("TLS", [])
    assert pool._engine.slots.open == 0


def test_tls_with_the_proxy(
    make_pool: Callable[..., Any],
    certificates: Certificates,
    site: Site,
    get: Callable[[Any, str], bytes],
) -> None:
    with proxying(site.address, server_context(certificates)) as proxy:
        url = proxy.url("https", USERINFO, "localhost")
        pool = make_pool(proxy=url, context=certificates.context())
        for number in range(3):
            assert get(pool, f"http://nowhere.test/{number}") == b"%d /%d" % (number, number)
        assert AUTHORIZATION in proxy.heard[0]
        assert proxy.opened == 1
        pool.close()
        proxy.wait_until_open(0)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls_within_tls(
    make_pool: Callable[..., Any],
    certificates: Certificates,
    safe_site: Site,
    get: Callable[[Any, str], bytes],
    version: str,
) -> None:
    body = bytes(range(256)) * 4096
    safe_site.answers["/big"] = answer(body)
    context = certificates.context()
    context.maximum_version = ssl.TLSVersion[version]
    with proxying(safe_site.address, server_context(certificates)) as proxy:
        pool = make_pool(proxy=proxy.url("https", USERINFO, "localhost"), context=context)
        for number in range(3):
            assert get(pool, f"https://localhost/{number}") == b"0 /%d" % number
            assert get(pool, "https://localhost/big") == body
        assert (proxy.opened, safe_site.opened) == (1, 1)
        assert site_fields(safe_site) == {"host", "accept-encoding"}
        pages = list(pool.map([f"https://localhost/{number}" for number in range(300)]))
        assert [page.error for page in pages] == [None] * 300
        for page in pages:
            assert page.body.split(b" ")[1] == page.url[17:].encode()
        safe_site.hang_up()
        proxy.wait_until_open(0)
        assert get(pool, "https://localhost/").endswith(b" /")
        pool.close()
        proxy.wait_until_open(0)


def test_a_large_body_is_sent_within_tls_within_tls(
    package: Any, make_pool: Callable[..., Any], certificates: Certificates, safe_site: Site
) -> None:
    body = bytes(range(256)) * 16384
    safe_site.default = lambda exchange: exchange.send(answer(b"%d" % len(exchange.body)))
    with proxying(safe_site.address, server_context(certificates)) as proxy:
        url = proxy.url("https", host="localhost")
        pool = make_pool(proxy=url, context=certificates.context())
        requests = [package.Request("https://localhost/", "POST", body=body) for _ in range(3)]
        for page in pool.map(requests):
            assert (page.error, page.body) == (None, b"%d" % len(body))
        assert all(exchange.body == body for exchange in safe_site.heard)
        response = pool.request("POST", "https://localhost/", body)
        assert response.read() == b"%d" % len(body)


@pytest.mark.parametrize("is_cut", [True, False])
def test_tls_within_tls_with_a_server_that_is_not_the_one(
    make_pool: Callable[..., Any],
    certificates: Certificates,
    safe_site: Site,
    get: Callable[[Any, str], bytes],
    is_cut: bool,
) -> None:
    with proxying(safe_site.address, server_context(certificates)) as proxy:
        if is_cut:
            proxy.on_head = lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        url = proxy.url("https", host="localhost")
        pool = make_pool(proxy=url, context=certificates.context())
        with pytest.raises(OSError):
            get(pool, "https://nowhere.test/")
        (page,) = pool.map(["https://nowhere.test/"])
        assert isinstance(page.error, OSError)
        if not is_cut:
            assert isinstance(page.error, ssl.SSLCertVerificationError)
            assert page.phase == "TLS"
        assert (safe_site.heard, pool._engine.slots.open) == ([], 0)
        proxy.wait_until_open(0)


def test_a_proxy_that_nobody_vouches_for(
    make_pool: Callable[..., Any], certificates: Certificates, site: Site
) -> None:
    with proxying(site.address, server_context(certificates)) as proxy:
        pool = make_pool(proxy=proxy.url("https", USERINFO, "localhost"))
        (page,) = pool.map(["http://nowhere.test/"])
        assert isinstance(page.error, ssl.SSLCertVerificationError)
        assert (page.phase, proxy.heard) == ("proxy", [])


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("socks5h", b"\5\1\0\3\x0cnowhere.test\0\x50"),
        ("socks5", b"\5\1\0\1\x7f\0\0\1\0\x50"),
    ],
)
def test_socks_5(
    make_pool: Callable[..., Any],
    site: Site,
    proxy: Proxy,
    get: Callable[[Any, str], bytes],
    scheme: str,
    said: bytes,
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    pool = make_pool(proxy=proxy.url(scheme, USERINFO), resolver=resolve)
    for number in range(3):
        assert get(pool, f"http://nowhere.test/{number}") == b"0 /%d" % number
    assert proxy.heard == [b"me:sec:ret", b"\5" + said[1:]]
    assert ("nowhere.test" in asked) is (scheme == "socks5")
    assert site_fields(site) == {"host", "accept-encoding"}


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("socks4a", [b"\1\0\x50\0\0\0\1", b"me", b"nowhere.test"]),
        ("socks4", [b"\1\0\x50\x7f\0\0\1", b"me"]),
    ],
)
def test_socks_4(
    make_pool: Callable[..., Any],
    site: Site,
    proxy: Proxy,
    get: Callable[[Any, str], bytes],
    scheme: str,
    said: list[bytes],
) -> None:
    pool = make_pool(proxy=proxy.url(scheme, "me@"), resolver=site.resolve)
    proxy_port = proxy.port
    pool.close()

    def resolve(host: str, port: int) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    pool = make_pool(proxy=f"{scheme}://me@127.0.0.1:{proxy_port}", resolver=resolve)
    assert get(pool, "http://nowhere.test/") == b"0 /"
    assert proxy.heard == said


def test_what_a_socks_proxy_cannot_be_told(
    make_pool: Callable[..., Any], proxy: Proxy, get: Callable[[Any, str], bytes]
) -> None:
    pool = make_pool(proxy=proxy.url("socks4"))
    with pytest.raises(OSError, match="IPv6"):
        get(pool, "http://[::1]/")
    (page,) = pool.map(["http://[::1]/"])
    assert (page.phase, pool._engine.slots.open) == ("proxy", 0)
    proxy.wait_until_open(0)


def test_https_through_socks(
    make_pool: Callable[..., Any],
    context: ssl.SSLContext,
    tunnel: Proxy,
    get: Callable[[Any, str], bytes],
) -> None:
    pool = make_pool(proxy=tunnel.url("socks5h"), context=context)
    for number in range(3):
        assert get(pool, f"https://localhost/{number}") == b"0 /%d" % number


def test_several_proxies_in_turn(make_pool: Callable[..., Any], site: Site) -> None:
    def close_each(exchange: Exchange) -> None:
        exchange.end(answer(b"done", b"Connection: close"))

    site.default = close_each
    with proxying(site.address) as first, proxying(site.address) as second:
        pool = make_pool(proxy=[first.url(), second.url("socks5h")], per_host=2)
        urls = [f"http://host{number}.test/" for number in range(10)]
        assert [page.error for page in pool.map(urls)] == [None] * 10
        assert [pool.request("GET", url).read() for url in urls] == [b"done"] * 10
        assert (first.opened, second.opened) == (10, 10)


def test_the_environment(
    make_pool: Callable[..., Any], site: Site, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy.url())
    monkeypatch.setenv("no_proxy", "direct.test")
    pool = make_pool(trust_env=True, resolver=site.resolve)
    pool.close()
    lookup = {"direct.test": site.address}

    def resolve(host: str, port: int) -> list[Any]:
        target = lookup.get(host, ("127.0.0.1", port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target)]

    pool = make_pool(trust_env=True, resolver=resolve)
    urls = ["http://direct.test/", "http://proxied.test/"]
    assert [page.error for page in pool.map(urls)] == [None, None]
    assert [head.split(b" ")[1] for head in proxy.heard] == [b"http://proxied.test/"]
    pool = make_pool(resolver=site.resolve)
    assert [page.error for page in pool.map(urls)] == [None, None]  # not trusted unless asked for
    assert len(proxy.heard) == 1


def test_limits_count_tunnels(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site, tunnel: Proxy
) -> None:
    pool = make_pool(proxy=tunnel.url(), context=context, total=3, per_host=2)
    pages = list(pool.map([f"https://localhost/{number}" for number in range(50)]))
    assert [page.error for page in pages] == [None] * 50
    assert safe_site.most_open <= 2
    assert tunnel.opened == 2


def test_a_kept_connection_that_has_ended_is_opened_again(
    make_pool: Callable[..., Any],
    context: ssl.SSLContext,
    safe_site: Site,
    tunnel: Proxy,
    get: Callable[[Any, str], bytes],
) -> None:
    pool = make_pool(proxy=tunnel.url(), context=context)
    assert get(pool, "https://localhost/") == b"0 /"
    safe_site.hang_up()
    tunnel.wait_until_open(0)
    assert get(pool, "https://localhost/") == b"1 /"
    assert len(tunnel.heard) == 2


# ---------------------------------------------------------------------------- hostile ones


def _say(data: bytes) -> Callable[[Any, bytes], object]:
    return lambda sock, head: sock.sendall(data)


def _reset(sock: Any, head: bytes) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


_HUGE = b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 60_000 + b"\r\n"
_INJECTED = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected"


@pytest.mark.parametrize(
    ("on_head", "kind", "text"),
    [
        (
            _say(b"HTTP/1.1 407 Who are you\r\nContent-Length: 3\r\n\r\nno!"),
            OSError,
            "407 Who are you",
        ),
        (_say(b"HTTP/1.1 403 " + b"x" * 5000 + b"\r\n\r\n"), OSError, "403 xxx"),
        (_say(b"HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n"), OSError, "302"),
        (_say(b"HTTP/1.1 101 Switching\r\n\r\n"), OSError, "101"),
        (_say(b"HTTP/1.1 200 OK\r\n\r\n" + _INJECTED), OSError, "behind its answer"),
        (_say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"), OSError, "behind its answer"),
        (_say(b"HTTP/1.1 200 OK\r\nX: y"), (HTTPException, OSError), ""),
        (_say(b""), ConnectionError, ""),
        (_say(b"\5\0" * 50 + b"\r\n\r\n"), HTTPException, ""),
        (_say(b"SSH-2.0-x\r\n"), HTTPException, ""),
        (_say(_HUGE * 40), HTTPException, "got more than"),
        (_say(b"HTTP/1.1 100 Continue\r\n\r\n" * 200), HTTPException, "got more than"),
        (_say(b"HTTP/1.1 200 " + b"x" * 100_000), HTTPException, "got more than"),
        (_reset, ConnectionError, ""),
    ],
)
def test_hostile_answers_to_connect(
    make_pool: Callable[..., Any],
    context: ssl.SSLContext,
    safe_site: Site,
    tunnel: Proxy,
    get: Callable[[Any, str], bytes],
    on_head: Callable[[Any, bytes], object],
    kind: Any,
    text: str,
) -> None:
    tunnel.on_head = on_head
    told: list[int] = []
    pool = make_pool(
        proxy=tunnel.url(userinfo="me:secret@"),
        context=context,
        on_informational=lambda status, *_: told.append(status),
    )
    with pytest.raises(kind, match=text or None) as caught:
        get(pool, "https://localhost/")
    assert "secret" not in str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
    assert len(str(caught.value)) < 1000
    assert (safe_site.heard, told, pool._engine.slots.open) == ([], [], 0)
    (page,) = pool.map(["https://localhost/"])
    assert (page.phase, page.status, page.body) == ("proxy", None, b"")
    tunnel.wait_until_open(0)


@pytest.mark.parametrize("is_late", [True, False])
def test_what_a_proxy_says_before_tls_is_no_answer(
    make_pool: Callable[..., Any], context: ssl.SSLContext, tunnel: Proxy, is_late: bool
) -> None:
    def inject(sock: Any, head: bytes) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        if is_late:
            sock.recv(1)  # of TLS
        sock.sendall(_INJECTED)

    tunnel.on_head = inject
    pool = make_pool(proxy=tunnel.url(), context=context)
    for _ in range(3):
        (page,) = pool.map(["https://localhost/"])
        assert isinstance(page.error, OSError)
        assert (page.status, page.body) == (None, b"")


def _dripping(data: bytes) -> Callable[[Any, bytes], object]:
    def drip(sock: Any, head: bytes) -> None:
        for at in range(len(data)):
            sock.sendall(data[at : at + 1])
            stop.wait(0.02)

    stop = threading.Event()
    return drip


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
@pytest.mark.parametrize("is_silent", [True, False])
def test_times_of_a_proxy(
    make_pool: Callable[..., Any],
    context: ssl.SSLContext,
    tunnel: Proxy,
    get: Callable[[Any, str], bytes],
    limit: str,
    is_silent: bool,
) -> None:
    tunnel.on_head = (lambda sock, head: sock.recv(1)) if is_silent else _dripping(_HUGE)
    pool = make_pool(proxy=tunnel.url(), context=context, **{limit: 0.2})
    with pytest.raises(TimeoutError):
        get(pool, "https://localhost/")
    (page,) = pool.map(["https://localhost/"])
    assert isinstance(page.error, TimeoutError)
    assert (page.phase, pool._engine.slots.open) == ("proxy", 0)


@pytest.mark.parametrize("data", [b"", b"\5", b"\5\1", b"\5\xff", b"HTTP/1.1 400 Bad\r\n\r\n"])
@pytest.mark.parametrize("scheme", ["socks5h", "socks4a"])
def test_hostile_answers_of_socks(
    make_pool: Callable[..., Any],
    proxy: Proxy,
    get: Callable[[Any, str], bytes],
    data: bytes,
    scheme: str,
) -> None:
    def refuse(sock: Any) -> None:
        sock.sendall(data)

    proxy._talk_socks_5 = proxy._talk_socks_4 = refuse  # type: ignore[method-assign]
    pool = make_pool(proxy=proxy.url(scheme, "me@"))
    with pytest.raises(OSError):
        get(pool, "http://nowhere.test/")
    (page,) = pool.map(["http://nowhere.test/"])
    assert (page.phase, pool._engine.slots.open) == ("proxy", 0)


def test_what_a_socks_proxy_says_too_early_is_no_answer(
    make_pool: Callable[..., Any], proxy: Proxy, get: Callable[[Any, str], bytes]
) -> None:
    def inject(sock: Any) -> None:
        sock.sendall(b"\5\0")
        sock.recv(100)
        sock.sendall(b"\5\0\0\1" + bytes(6) + _INJECTED)
        sock.recv(100)

    proxy._talk_socks_5 = inject  # type: ignore[method-assign]
    pool = make_pool(proxy=proxy.url("socks5h"))
    with pytest.raises(OSError, match="behind its answer"):
        get(pool, "http://nowhere.test/")


def test_a_proxy_that_is_not_there(
    make_pool: Callable[..., Any], get: Callable[[Any, str], bytes]
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        pool = make_pool(proxy=f"http://me:secret@127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(ConnectionRefusedError) as caught:
            get(pool, "http://nowhere.test/")
        notes = getattr(caught.value, "__notes__", None)
        if notes is not None:
            assert any("through the proxy http://127.0.0.1:" in note for note in notes)
            assert "secret" not in "".join(notes)
        (page,) = pool.map(["http://nowhere.test/"])
        assert page.phase == "proxy"


def test_a_proxy_of_a_list_that_is_not_there_is_asked_once(
    make_pool: Callable[..., Any], get: Callable[[Any, str], bytes], proxy: Proxy
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{bound.getsockname()[1]}"
        pool = make_pool(proxy=[dead, proxy.url()], per_host=1)
        urls = [f"http://host{number}.test/" for number in range(6)]
        with pytest.raises(ConnectionRefusedError):
            get(pool, urls[0])
        assert [get(pool, url) for url in urls] == [b"%d /" % number for number in range(6)]


def test_a_proxy_that_does_not_answer(make_pool: Callable[..., Any]) -> None:
    with silent() as (host, port):
        pool = make_pool(proxy=f"http://{host}:{port}", timeout=0.2)
        (page,) = pool.map(["http://nowhere.test/"])
        assert isinstance(page.error, TimeoutError)
        assert (page.phase, pool._engine.slots.open) == ("proxy", 0)


def test_a_proxy_of_which_nobody_knows_the_address(make_pool: Callable[..., Any]) -> None:
    def resolve(host: str, port: int) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, host)

    pool = make_pool(proxy="http://proxy.test:3128", resolver=resolve)
    (page,) = pool.map(["http://nowhere.test/"])
    assert (type(page.error), page.phase) == (socket.gaierror, "proxy")
    pool = make_pool(proxy="socks5://127.0.0.1:1", resolver=resolve)
    (page,) = pool.map(["http://nowhere.test/"])
    assert (type(page.error), page.phase) == (socket.gaierror, "lookup")  # of the host


def test_leaving_a_run_closes_what_is_said_to_a_proxy(
    make_pool: Callable[..., Any], site: Site, context: ssl.SSLContext, tunnel: Proxy
) -> None:
    tunnel.on_head = lambda sock, head: sock.recv(1)
    pool = make_pool(context=context, proxy=tunnel.url())
    with pool.map(["https://localhost/"] * 3) as run:
        while len(tunnel.heard) < 3:
            pool._engine.step(run._work, 0.01)
    tunnel.wait_until_open(0)
    assert pool._engine.slots.open == 0


@pytest.mark.parametrize("given", ["gopher://me:secret@a", "http://me:secret@:1", []])
def test_arguments_that_are_none(package: Any, given: Any) -> None:
    with pytest.raises(ValueError) as caught:
        package.Pool(proxy=given)
    assert "secret" not in str(caught.value)
    with pytest.raises(TypeError):
        package.Pool(proxy=1)
