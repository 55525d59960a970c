"""What is asked for in a wrong way: the text says what was given, and what to give instead."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .site import Site, answer, hang

#: Arguments of `Pool`, the kind of their error, and its text.
SETTINGS = [
    ({"total": 0}, ValueError, "total must be at least 1, not 0"),
    ({"total": "5"}, TypeError, "total must be a whole number, such as 100, not '5'"),
    ({"per_host": 1.5}, TypeError, "per_host must be a whole number, such as 6, not 1.5"),
    ({"redirects": True}, TypeError, "redirects must be a whole number, such as 10, not True"),
    ({"retries": "2"}, TypeError, "retries must be a whole number, such as 2, not '2'"),
    ({"max_body": "1M"}, TypeError, "max_body must be a whole number, such as 10000000, not '1M'"),
    ({"delay": -1}, ValueError, "delay must be 0 seconds or more, not -1"),
    ({"delay": "1"}, TypeError, "delay must be a number of seconds, not '1'"),
    (
        {"deadline": 0},
        ValueError,
        "deadline must be more than 0 seconds, not 0.0; for no limit give float('inf')",
    ),
    ({"timeout": "5"}, TypeError, "timeout must be a number of seconds, not '5'"),
    ({"max_head_bytes": 0}, ValueError, "max_head_bytes must be at least 1, not 0"),
    *(
        (
            {"headers": headers},
            TypeError,
            f"headers must be a mapping, such as {{'Accept': 'text/html'}}, not {kind}",
        )
        for headers, kind in ((5, "int"), ("Accept: text/html", "str"), ([("a", "b")], "list"))
    ),
    (
        {"headers": {"X-Own": None}},
        TypeError,
        "the value of the header 'X-Own' must be a str, not NoneType",
    ),
    *(
        ({name: "no"}, TypeError, f"{name} must be True or False, not 'no'")
        for name in ("decode", "strict", "skip_bad_lines", "retry_stale", "trust_env")
    ),
    ({"on_informational": 3}, TypeError, "on_informational must be callable, not 3"),
    ({"resolver": 3}, TypeError, "resolver must be callable, as getaddrinfo is, not 3"),
    ({"allow": 3}, TypeError, "allow must be callable, as fasthttp.public_only is, not 3"),
    (
        {"context": "ca.pem"},
        TypeError,
        "context must be an ssl.SSLContext, not 'ca.pem': ssl.create_default_context(cafile=...)"
        " makes one that trusts a CA of your own",
    ),
    (
        {"source_address": "192.0.2.1"},
        TypeError,
        "source_address must be a tuple of an address of this machine and a port, such as"
        " ('192.0.2.1', 0), not '192.0.2.1'",
    ),
    (
        {"proxy": 3128},
        TypeError,
        "proxy must be a URL, such as 'http://host:3128', or a list of them, not int",
    ),
    (
        {"proxy": {"http": "http://host:3128"}},
        TypeError,
        "proxy must be a URL, such as 'http://host:3128', or a list of them, not a mapping: for a"
        " proxy per scheme set http_proxy and https_proxy in the environment, and trust_env=True",
    ),
    ({"proxy": [b"http://host"]}, TypeError, "a proxy must be a URL, a str, not bytes"),
    ({"proxy": []}, ValueError, "a list of proxies must not be empty: proxy=None is for none"),
    (
        {"proxy": "ftp://host"},
        ValueError,
        "a proxy's URL must begin with one of http, https, socks4, socks4a, socks5, socks5h, not"
        " with 'ftp'",
    ),
    (
        {"proxy": "http://me:secret@:3128"},
        ValueError,
        "a proxy's URL must be http://host:port, perhaps with name:password@ before the host, not"
        " http://:3128",
    ),
    ({"proxy": "host:99999"}, ValueError, "a proxy's port must be from 1 to 65535, not 99999"),
    (
        {"cookies": {"a": "b"}},
        TypeError,
        "cookies must be True or a Cookies, not dict: Cookies(jar) takes those of a CookieJar",
    ),
]

#: URLs, and what is against them.
URLS = {
    "example.org": "a URL must begin with http:// or https://, not with 'example.org'",
    "ftp://example.org/": "a URL must begin with http:// or https://, not with 'ftp'",
    "http:///path": "'' is no host, and no host:port: write http://example.org/ or"
    " http://example.org:8080/",
    "http://me:secret@h:http/": "'h:http' is no host, and no host:port: write http://example.org/"
    " or http://example.org:8080/",
    "http://h:99999/": "the port must be from 1 to 65535, not 99999",
    "http://a b/": "'a b' is no name of a host: ' ' can be in none",
    "http://\xad/": r"'\xad' is no name of a host: nothing is left of it",
    "http://a\\b/": "a backslash before the path, in 'a\\\\b': write / instead",
    "http://h/\n": "a URL can't contain control characters: '\\n' at 9 must be taken out, or be"
    " quoted as %0A",
}

#: Arguments of `Request`, the kind of the page's error, and its text.
REQUESTS = [
    ({"method": 5}, TypeError, "method must be a str, such as 'GET', not 5"),
    ({"method": b"GET"}, TypeError, "method must be a str, such as 'GET', not b'GET'"),
    *(
        (
            {"headers": headers},
            TypeError,
            f"headers must be a mapping, such as {{'Accept': 'text/html'}}, not {kind}",
        )
        for headers, kind in ((None, "NoneType"), ("a: b", "str"), ([("a", "b")], "list"))
    ),
    ({"headers": {5: "a"}}, TypeError, "a header's name must be a str, not 5"),
    (
        {"headers": {"Authorization": ["secret"]}},
        TypeError,
        "the value of the header 'Authorization' must be a str, not list",
    ),
    ({"deadline": "5"}, TypeError, "deadline must be a number of seconds, not '5'"),
    ({"max_body": -1}, ValueError, "max_body must be at least 0, not -1"),
    ({"sink": 5}, TypeError, "sink must be callable or have write(), not 5"),
]

_BODY = "body must be bytes, a str, a file, or an iterable of bytes, not "
#: Bodies, which are found out when they are to be sent, and what is against them.
BODIES = [
    (5, f"{_BODY}int"),
    ({"a": 1}, f"{_BODY}dict: json.dumps() and urllib.parse.urlencode() make a str of one"),
    ([b"a", 1, "b"], f"{_BODY}of int and str"),
]

_ALONE = (
    "requests must be an iterable of URLs and Requests, such as a list, not one alone: put it into"
    " a list"
)


def _to(path: bytes) -> bytes:
    return answer(b"", b"Location: " + path, status=b"302 Found")


def _said(call: Callable[[], object]) -> tuple[type[BaseException], str]:
    with pytest.raises(Exception) as caught:
        call()
    return caught.type, str(caught.value)


@pytest.mark.parametrize(("settings", "kind", "text"), SETTINGS, ids=lambda value: str(value)[:40])
def test_arguments_of_a_pool(
    package: ModuleType, settings: dict[str, Any], kind: type[Exception], text: str
) -> None:
    assert _said(lambda: package.Pool(**settings)) == (kind, text)
    assert _said(lambda: package.fetch([], **settings)) == (kind, text)


@pytest.mark.parametrize("url", URLS)
def test_urls(pool: Any, package: ModuleType, url: str) -> None:
    (page,) = pool.map([url])
    assert (type(page.error), str(page.error)) == (package.client.InvalidURL, URLS[url])
    assert _said(lambda: pool.request("GET", url)) == (package.client.InvalidURL, URLS[url])


@pytest.mark.parametrize(("given", "kind", "text"), REQUESTS, ids=lambda value: str(value)[:40])
def test_arguments_of_a_request(
    pool: Any, package: ModuleType, site: Site, given: dict[str, Any], kind: type, text: str
) -> None:
    request = package.Request(site.url("/"), **given)
    (page,) = pool.map([request])
    assert (type(page.error), str(page.error), page.phase) == (kind, text, "request")
    assert site.heard == []
    assert [page.status for page in pool.map([site.url("/")])] == [200]


@pytest.mark.parametrize(("body", "text"), BODIES, ids=["int", "dict", "list"])
def test_bodies(pool: Any, package: ModuleType, site: Site, body: Any, text: str) -> None:
    (page,) = pool.map([package.Request(site.url("/"), "POST", body=body)])
    assert (type(page.error), str(page.error)) == (TypeError, text)


def test_what_a_body_raises_itself_stays_its_own(
    pool: Any, package: ModuleType, site: Site
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise TypeError("of the program")

    (page,) = pool.map([package.Request(site.url("/"), "POST", body=pieces())])
    assert (type(page.error), str(page.error)) == (TypeError, "of the program")


def test_what_a_mapping_raises_itself(pool: Any, package: ModuleType, site: Site) -> None:
    class Broken(dict[str, str]):
        def items(self) -> Any:
            raise TypeError("of the program")

    request = package.Request(site.url("/"), headers=Broken(a="b", host="c"))
    (page,) = pool.map([request])
    assert (type(page.error), str(page.error)) == (TypeError, "of the program")


def test_what_a_run_is_over(pool: Any, package: ModuleType) -> None:
    begins = "requests must be an iterable of URLs and Requests, such as a list, not "

    async def urls() -> AsyncIterator[str]:
        yield "http://example.org/"

    for alone in ("http://me:secret@example.org/", package.Request("http://example.org/")):
        assert _said(lambda alone=alone: pool.map(alone)) == (TypeError, _ALONE)
        assert _said(lambda alone=alone: package.fetch(alone)) == (TypeError, _ALONE)
    assert _said(lambda: pool.map(None)) == (TypeError, f"{begins}None")
    assert _said(lambda: pool.map(urls())) == (
        TypeError,
        f"{begins}an asynchronous one: collect what it gives first, or add() it to the run while"
        " other pages are still to come",
    )
    needed = "a URL or a Request is needed, a str or a fasthttp.Request, not "
    assert _said(lambda: list(pool.map([b"http://h/"]))) == (
        TypeError,
        f"{needed}b'http://h/': it would be the run's request 1",
    )
    urls_and_none = ["gopher://h/", None]
    assert _said(lambda: list(pool.map(urls_and_none))) == (
        TypeError,
        f"{needed}None: it would be the run's request 2",
    )
    assert _said(lambda: pool.map([], ordered="no")) == (
        TypeError,
        "ordered must be True or False, not 'no'",
    )
    assert _said(lambda: pool.map([]).add(5)) == (
        TypeError,
        f"{needed}5: it would be the run's request 1",
    )


@pytest.mark.parametrize(
    "options",
    [{}, {"decode": True}, {"headers": {"A": "b"}}, {"cookies": True, "redirects": 3}],
    ids=str,
)
@pytest.mark.parametrize("headers", [[("X", "1"), ("Y", "2")], [("X", "1")], "abc", ["X: 1"]])
def test_fields_that_are_no_mapping(
    make_pool: Callable[..., Any],
    package: ModuleType,
    site: Site,
    options: dict[str, Any],
    headers: Any,
) -> None:
    """Whatever else is merged with them, and however the answer comes."""
    pool = make_pool(**options)
    (page,) = pool.map([package.Request(site.url("/"), headers=headers)])
    kind = type(headers).__name__
    assert (type(page.error), page.phase) == (TypeError, "request")
    assert str(page.error) == (
        f"headers must be a mapping, such as {{'Accept': 'text/html'}}, not {kind}"
    )
    assert site.heard == []


def test_a_body_that_is_announced_to_be_too_long(make_pool: Callable[..., Any], site: Site) -> None:
    site.answers["/big"] = answer(b"x" * 500)
    (page,) = make_pool(max_body=100).map([site.url("/big")])
    assert str(page.error) == (
        "the body has 500 bytes, by its Content-Length: the limit is max_body=100"
    )
    assert page.body == b""


def test_what_comes_too_late(pool: Any, site: Site) -> None:
    run = pool.map([site.url("/")])
    assert _said(lambda: pool.map([])) == (
        RuntimeError,
        "a pool has one run at a time: read the one before to its end, close() it, or use another"
        " pool",
    )
    run.close()
    assert _said(lambda: run.add(site.url("/"))) == (
        ValueError,
        "the run has ended: add before its last page comes, or begin another",
    )
    pool.close()
    for call in (lambda: pool.map([]), lambda: pool.request("GET", site.url("/"))):
        assert _said(call) == (
            ValueError,
            "the pool is closed: make a new one, or use it before close()",
        )


def test_arguments_that_there_are_not(package: ModuleType, site: Site) -> None:
    kind, text = _said(lambda: package.get(site.url("/"), params={}))
    assert kind is TypeError
    assert text.startswith(
        "get() has no argument 'params'; it has those of Request: method, headers, body, deadline,"
        " max_body, sink, tag, known; and those of Pool: total, per_host,"
    )
    kind, text = _said(lambda: package.fetch([], concurrency=3))
    assert kind is TypeError
    assert text.startswith(
        "fetch() has no argument 'concurrency'; it has ordered, and those of Pool: total, per_host,"
    )
    assert text.endswith(", retries, decode, cookies")
    with pytest.raises(TypeError, match=r"'verify'"):
        package.Pool(verify=False)


def test_an_argument_that_is_misspelt(package: ModuleType, site: Site) -> None:
    assert _said(lambda: package.fetch([], timeot=3)) == (
        TypeError,
        "fetch() has no argument 'timeot': did you mean 'timeout'?",
    )
    assert _said(lambda: package.fetch([], order=True))[1].endswith("did you mean 'ordered'?")
    assert _said(lambda: package.get(site.url("/"), follow_redirects=True)) == (
        TypeError,
        "get() has no argument 'follow_redirects': did you mean 'redirects'?",
    )
    assert _said(lambda: package.get(site.url("/"), header={}))[1].endswith("'headers'?")


@pytest.mark.parametrize("headers", [None, [("a", "b")], 5])
def test_fields_of_one_request(pool: Any, site: Site, headers: Any) -> None:
    kind = type(headers).__name__
    assert _said(lambda: pool.request("GET", site.url("/"), headers=headers)) == (
        TypeError,
        f"headers must be a mapping, such as {{'Accept': 'text/html'}}, not {kind}",
    )
    assert site.opened == 0


def test_a_time_names_its_limit(make_pool: Callable[..., Any], site: Site) -> None:
    site.answers["/hang"] = hang
    url = site.url("/hang")
    (page,) = make_pool(deadline=0.1).map([url])
    assert str(page.error) == "the deadline of 0.1 seconds has passed"
    (page,) = make_pool(timeout=0.1).map([url])
    assert str(page.error) == "timed out: nothing came for 0.1 seconds, the pool's timeout"
    pages = list(make_pool(total=1, queue_timeout=0.1, deadline=0.5).map([url, url]))
    assert "waited in the queue for 0.1 seconds, its queue_timeout" in map(
        str, (page.error for page in pages)
    )


def test_redirects_name_their_chain(make_pool: Callable[..., Any], site: Site) -> None:
    site.answers["/a"] = _to(b"/b")
    site.answers["/b"] = _to(b"/c")
    a, b, c = map(site.url, ("/a", "/b", "/c"))
    (page,) = make_pool(redirects=1).map([a])
    assert str(page.error) == (
        f"more than 1 redirects; raise `redirects` to follow more: {a} -> {b} -> {c}"
    )
    site.answers["/b"] = _to(b"/a")
    (page,) = make_pool(redirects=5).map([a])
    assert str(page.error) == f"the redirects lead in a circle: {a} -> {b} -> {a}"
    hint = "no cookies are kept, which some sites need: cookies=True keeps them"
    if hasattr(page.error, "__notes__"):
        assert hint in page.error.__notes__
    (page,) = make_pool(redirects=5, cookies=True).map([a])
    assert hint not in getattr(page.error, "__notes__", [])


def test_a_certificate_of_an_unknown_authority(pool: Any, safe_site: Site) -> None:
    url = safe_site.url("/", "localhost")
    (page,) = pool.map([url])
    error = page.error
    assert isinstance(error, ssl.SSLCertVerificationError)
    hint = (
        "; where this is right, say whom to trust: context=ssl.create_default_context(cafile=...),"
        " or --ca of the command"
    )
    assert str(error).endswith(hint)
    assert "certificate verify failed" in str(error)
    assert (error.errno, error.reason) == (1, "CERTIFICATE_VERIFY_FAILED")
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        pool.request("GET", url)
    assert str(caught.value).endswith(hint)


@contextlib.contextmanager
def _plain() -> Iterator[str]:
    """A server on 127.0.0.1 that takes TLS for a bad request; its host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as sock:
                sock.recv(65536)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 100)
                sock.shutdown(socket.SHUT_WR)
                sock.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_tls_where_there_is_none(make_pool: Callable[..., Any]) -> None:
    with _plain() as place:
        (page,) = make_pool().map([f"https://{place}/"])
    assert isinstance(page.error, ssl.SSLError)
    assert str(page.error).endswith(
        "; the server has answered without TLS: the URL may have to begin with http://"
    )


def test_a_proxy_with_tls_that_has_none(make_pool: Callable[..., Any]) -> None:
    with _plain() as place:
        (page,) = make_pool(proxy=f"https://{place}").map(["http://example.org/"])
    assert (page.phase, isinstance(page.error, ssl.SSLError)) == ("proxy", True)
    assert str(page.error).endswith(
        "; the proxy has answered without TLS: its URL may have to begin with http://"
    )


def test_a_lookup_that_finds_nothing(make_pool: Callable[..., Any]) -> None:
    (page,) = make_pool(resolver=lambda host, port: []).map(["http://example.org/"])
    assert str(page.error) == "the lookup of 'example.org' found no address"
