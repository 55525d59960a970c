"""Over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..servers.certificates import Certificates
from ..tls import test_refused_sessions as refused
from .site import Exchange, Site, answer, closing, serving


def test_many_requests_over_tls(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    urls = [safe_site.url(f"/{n}", "localhost") for n in range(300)]
    pages = list(pool.map(urls))
    assert [page.error for page in pages] == [None] * 300
    for page in pages:
        assert page.body.decode().split(" ")[1] == "/" + page.url.rpartition("/")[2]
    assert safe_site.opened <= 6


def test_http_and_https_are_two_hosts(
    make_pool: Callable[..., Any], context: ssl.SSLContext, site: Site, safe_site: Site
) -> None:
    pool = make_pool(
        context=context,
        resolver=lambda host, port: (safe_site if port == 443 else site).resolve(host, port),
    )
    for _ in range(2):
        urls = ["http://localhost/plain", "https://localhost/safe"]
        assert sorted(page.body for page in pool.map(urls)) == [b"0 /plain", b"0 /safe"]
    assert (site.heard[0].host, safe_site.heard[0].host) == ("localhost", "localhost")


def test_an_unknown_authority_is_an_error(pool: Any, safe_site: Site) -> None:
    (page,) = pool.map([safe_site.url("/", "localhost")])
    assert isinstance(page.error, ssl.SSLCertVerificationError)
    assert (page.phase, page.status, safe_site.heard) == ("TLS", None, [])
    with pytest.raises(ssl.SSLCertVerificationError):
        pool.request("GET", safe_site.url("/", "localhost"))
    assert pool._engine.slots.open == 0
    safe_site.wait_until_open(0)


def test_a_wrong_name_is_an_error(
    make_pool: Callable[..., Any], certificates: Certificates
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.wrong_name.chain, certificates.wrong_name.key)
    pool = make_pool(context=certificates.context())
    with serving(context) as site:
        (page,) = pool.map([site.url("/", "localhost")])
        assert isinstance(page.error, ssl.SSLCertVerificationError)
        assert "localhost" in str(page.error)
        assert (page.phase, site.heard) == ("TLS", [])


def test_a_server_without_tls_is_an_error(
    make_pool: Callable[..., Any], context: ssl.SSLContext, site: Site
) -> None:
    def refuse(sock: Any) -> None:
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        raise OSError

    site.welcome = refuse
    pool = make_pool(context=context)
    (page,) = pool.map([site.url("/").replace("http:", "https:")])
    assert isinstance(page.error, OSError)
    assert (page.phase, pool._engine.slots.open) == ("TLS", 0)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("is_run", [True, False])
def test_sessions_are_resumed(
    make_pool: Callable[..., Any], certificates: Certificates, version: str, is_run: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.load_cert_chain(certificates.server.chain, certificates.server.key)
    resumed: list[bool] = []

    def note(exchange: Exchange) -> None:
        resumed.append(bool(exchange.sock.session_reused))
        exchange.end(answer(b"noted", b"Connection: close"))

    pool = make_pool(context=certificates.context())
    with serving(context) as site:
        site.default = note
        for _ in range(5):
            if is_run:
                (page,) = pool.map([site.url("/", "localhost")])
                assert (page.error, page.body) == (None, b"noted")
            else:
                assert pool.request("GET", site.url("/", "localhost")).read() == b"noted"
    assert resumed[0] is False
    assert sum(resumed) >= 3


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("refuse", [refused._send_alert, refused._reset, refused._end])
@pytest.mark.parametrize("is_run", [True, False])
def test_a_server_that_refuses_sessions_is_asked_without(
    make_pool: Callable[..., Any],
    certificates: Certificates,
    version: str,
    refuse: Callable[[Any], None],
    is_run: bool,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.load_cert_chain(certificates.server.chain, certificates.server.key)
    pool = make_pool(context=certificates.context(), per_host=1)
    with refused.Server(context) as server:
        server.refuse = refuse
        url = f"https://localhost:{server.port}/"
        for _ in range(5):
            if is_run:
                (page,) = pool.map([url])
                assert (page.error, page.body) == (None, b"ok")
            else:
                assert pool.request("GET", url).read() == b"ok"
        # One that was offered a session is asked once more, and no session is offered again.
        assert server.offered.count(True) == 1
        assert len(server.offered) == 6
    assert pool._engine.slots.open == 0


def test_a_connection_that_the_server_closes_is_opened_again(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    for number in range(3):
        (page,) = pool.map([safe_site.url("/x", "localhost")])
        assert (page.error, page.body, page.tries) == (None, b"%d /x" % number, 1)
        safe_site.hang_up()


def test_a_stale_connection_is_replaced(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    safe_site.answers["/second"] = lambda exchange: (
        exchange.end() if exchange.number == 0 else exchange.send(answer(b"again"))
    )
    (page,) = pool.map([safe_site.url("/first", "localhost")])
    (page,) = pool.map([safe_site.url("/second", "localhost")])
    assert (page.error, page.body, page.tries) == (None, b"again", 2)


def test_large_bodies_go_both_ways(
    package: ModuleType, make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    content = bytes(range(256)) * 16384
    safe_site.answers["/echo"] = lambda exchange: exchange.send(answer(exchange.body))
    safe_site.answers["/close"] = lambda exchange: exchange.end(
        b"HTTP/1.1 200 OK\r\n\r\n" + exchange.body
    )
    requests = [
        package.Request(safe_site.url(path, "localhost"), "PUT", body=body)
        for path in ("/echo", "/close")
        for body in (content, [content[:1_000_000], content[1_000_000:]])
    ]
    for page in pool.map([*requests, safe_site.url("/small", "localhost")]):
        assert page.error is None
        assert page.body == content or page.url.endswith("/small")
    pieces: list[bytes] = []
    request = package.Request(
        safe_site.url("/echo", "localhost"), "PUT", body=content, sink=pieces.append
    )
    (page,) = pool.map([request])
    assert (page.error, b"".join(pieces)) == (None, content)


def test_a_body_that_is_cut_is_an_error(
    package: ModuleType, make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    safe_site.answers["/"] = closing(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
    (page,) = pool.map([safe_site.url("/", "localhost")])
    assert isinstance(page.error, (package.client.IncompleteRead, OSError))
    assert (page.body, page.phase) == (b"12345", "body")


def test_contexts_that_are_given_to_nobody_are_the_shared_one(
    package: ModuleType, pool: Any, safe_site: Site
) -> None:
    settings = pool._engine.settings
    assert settings.tls_context() is settings.tls_context()


def test_an_answer_comes_byte_by_byte(
    make_pool: Callable[..., Any], context: ssl.SSLContext, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    safe_site.answers["/"] = lambda exchange: exchange.send_slowly(answer(b"slow"), 0.001)
    (page,) = pool.map([safe_site.url("/", "localhost")])
    assert (page.error, page.body) == (None, b"slow")
