"""The pool's ordinary exchange in C: it is taken where it should be, steps aside wherever anything
is out of the ordinary, and gives the pages, in the order, that the pool gives without it.
"""

from __future__ import annotations

import socket
import ssl
import sysconfig
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..client.response_delivery import PATIENCE
from ..implementations import WITHOUT_C
from .site import Exchange, Site, answer, chunked

pytestmark = pytest.mark.skipif(WITHOUT_C, reason="there is nothing compiled here, on purpose")

#: Where threads run at once, another may always be in the middle of what decides who is next: there
#: Python decides, with its lock.
_LOCKS = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

_HEAD = b"HTTP/1.1 200 OK\r\n"
#: What comes in one piece, and leaves the connection to the next.
_TAKEN = {
    "length": answer(b"ok", b"Content-Type: text/plain"),
    "empty": answer(),
    "keep-alive": answer(b"ok", b"Connection: keep-alive"),
    "chunked": chunked(b"ok", b"and more"),
    "no chunks": chunked(),
    "404": answer(b"no", status=b"404 Not Found"),
}
#: What is left to Python.
_ASIDE = {
    "1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "close": answer(b"ok", b"Connection: close"),
    "to the end": _HEAD + b"\r\nok",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"ok"),
    "trailers": chunked(b"ok", trailers=b"X: y\r\n"),
    "behind": answer(b"ok") + b"more",
    "behind chunks": chunked(b"ok") + b"more",
    "two lengths": _HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "both": _HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "no field": _HEAD + b"nothing\r\nContent-Length: 2\r\n\r\nok",
    "folded": _HEAD + b"X: y\r\n z\r\nContent-Length: 2\r\n\r\nok",
    "bad chunks": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    "bad status": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "too long": answer(b"o" * 3001),
    "too long in chunks": chunked(b"o" * 3001),
    "larger than a receive": answer(b"o" * 70_000),
}
_KINDS = {**_TAKEN, **_ASIDE}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what Python does of exchanges, of pools of the compiled package."""
    names = vars(type(_engine_of_new_pool()))["_begin"].__globals__
    did: Counter[str] = Counter()
    for owner, name in (
        (names["Connection"], "start"),
        (names["Connection"], "_take_received"),
        (names["Engine"], "add"),
        (names["Engine"], "done"),
        (names["Slots"], "release"),
    ):
        monkeypatch.setattr(owner, name, _counting(getattr(owner, name), did))
    return did


def _counting(function: Callable[..., Any], did: Counter[str]) -> Callable[..., Any]:
    def counted(*given: Any, **named: Any) -> Any:
        did[function.__name__] += 1
        return function(*given, **named)

    return counted


def _engine_of_new_pool() -> Any:
    with load_package("c").Pool() as pool:
        return pool._engine


def _pool(implementation: str = "c", **settings: Any) -> Any:
    return load_package(implementation).Pool(timeout=PATIENCE, **settings)


def _said(page: Any) -> tuple[Any, ...]:
    """What a page says, but for the times."""
    error = page.error and (type(page.error).__name__, str(page.error))
    fields = page.raw_headers, list(page.skipped_lines), page.trailers.items()
    return page.url, page.status, page.reason, page.body, error, page.phase, page.tries, fields


@pytest.mark.parametrize("kind", _TAKEN)
def test_it_is_taken(watched: Counter[str], site: Site, kind: str) -> None:
    site.default = _TAKEN[kind]
    with _pool(total=2, per_host=2) as pool:
        pages = list(pool.map(site.urls(40)))
    assert len({page.body for page in pages}) == 1
    assert {(page.error, page.tries) for page in pages} == {(None, 1)}
    assert watched["start"] == site.opened <= 2  # the first on each connection
    assert watched["_take_received"] == watched["done"] == 0
    if not _LOCKS:
        assert watched["add"] == 1  # which makes the host known
        assert watched["release"] <= 2  # at the end


def test_it_is_taken_with_tls(
    watched: Counter[str], safe_site: Site, context: ssl.SSLContext
) -> None:
    safe_site.default = answer(b"ok")
    with _pool(total=2, per_host=2, context=context) as pool:
        urls = [safe_site.url(f"/{number}", "localhost") for number in range(40)]
        pages = list(pool.map(urls))
    assert {(page.body, page.tries) for page in pages} == {(b"ok", 1)}
    assert watched["start"] == safe_site.opened <= 2
    # A record may have to be waited for, of which Python takes what there is.
    assert watched["_take_received"] <= 4


def test_what_looks_at_answers_is_taken_but_for_the_end(watched: Counter[str], site: Site) -> None:
    site.default = answer(b"ok", b"Set-Cookie: a=b")
    with _pool(total=1, cookies=True, redirects=5, retries=2, decode=True) as pool:
        assert [page.body for page in pool.map(site.urls(40))] == [b"ok"] * 40
    assert watched["start"] == site.opened == 1
    assert watched["_take_received"] == 0
    assert [each.fields.get("cookie") for each in site.heard] == [None, *["a=b"] * 39]


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"strict": True}, "_take_received"),
        ({"queue_timeout": 60}, "add"),
        ({"max_body": 1}, "_take_received"),
        ({"headers": {"X-Text": "\N{GREEK SMALL LETTER PI}"}}, None),
        ({"headers": {"Content-Length": "0"}}, "start"),
        ({"delay": 0.001}, "release"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_settings_that_are_for_python(
    watched: Counter[str], site: Site, settings: dict[str, Any], what: str | None
) -> None:
    site.default = answer(b"ok")
    said = []
    for implementation in ("c", "py"):
        watched.clear()
        with _pool(implementation, total=1, per_host=1, **settings) as pool:
            said.append([_said(page) for page in pool.map(site.urls(5))])
        if implementation == "c" and what is not None:
            assert watched[what] >= 5
    assert said[0] == said[1]


@pytest.mark.full(any=("how",))
@pytest.mark.parametrize("how", ["whole", "halves", "bytes"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", _KINDS)
def test_pages_are_the_same(site: Site, kind: str, method: str, how: str) -> None:
    """Two for each connection: what is left of one answer would be taken for the next."""
    data = _KINDS[kind]
    piece = {"whole": len(data), "halves": -(-len(data) // 2), "bytes": max(1, len(data) // 50)}[
        how
    ]
    ends = kind == "to the end"

    def send(exchange: Exchange) -> None:
        exchange.send_slowly(data, 0.002 if how != "whole" else 0, piece)
        exchange.is_last = ends

    site.default = send
    said, connections = [], []
    for implementation in ("c", "py"):
        package = load_package(implementation)
        before = site.opened
        with _pool(implementation, total=1, per_host=1, max_body=3000) as pool:
            requests = site.urls(2) if method == "GET" else [
                package.Request(url, method=method) for url in site.urls(2)
            ]  # fmt: skip
            said.append([_said(page) for page in pool.map(requests)])
        connections.append(site.opened - before)
    # What comes behind an answer, one to HEAD with a body too, is seen before the next request, or
    # behind it: where it comes later, that is a matter of time.
    has_more = "behind" in kind or (method == "HEAD" and not data.endswith(b"\r\n\r\n"))
    if has_more and how != "whole":
        assert said[0][0] == said[1][0]
    else:
        assert said[0] == said[1]
        assert connections[0] == connections[1]


def test_a_replaced_method_of_sockets_is_called(
    watched: Counter[str], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.default = answer(b"ok")
    for name in ("send", "recv"):
        did: Counter[str] = Counter()
        with _pool(total=1) as before, monkeypatch.context() as patch:
            patch.setattr(socket.socket, name, _counting(getattr(socket.socket, name), did))
            with _pool(total=1) as behind:
                for pool in (before, behind):
                    assert [page.body for page in pool.map(site.urls(5))] == [b"ok"] * 5
        assert did[name] >= 10, name
    watched.clear()
    with _pool(total=1) as pool:
        assert [page.body for page in pool.map(site.urls(5))] == [b"ok"] * 5
    assert watched["start"] == 1


def test_a_replaced_method_of_tls_is_called(
    safe_site: Site, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe_site.default = answer(b"ok")
    did: Counter[str] = Counter()
    urls = [safe_site.url(f"/{number}", "localhost") for number in range(5)]
    with _pool(total=1, context=context) as before:
        for name in ("send", "recv"):
            monkeypatch.setattr(ssl.SSLSocket, name, _counting(getattr(ssl.SSLSocket, name), did))
        with _pool(total=1, context=context) as behind:
            for pool in (before, behind):
                assert [page.body for page in pool.map(urls)] == [b"ok"] * 5
    assert did["send"] >= 10 <= did["recv"]


@pytest.mark.parametrize("total", [1, 2])
def test_hosts_take_turns_as_without_it(site: Site, total: int) -> None:
    """More requests to each than may go over one connection before it is another's turn."""
    heard = []
    for implementation in ("c", "py"):
        before = len(site.heard)
        with _pool(implementation, total=total, per_host=1, resolver=site.resolve) as pool:
            urls = [site.url(f"/{n}", f"{'abc'[n % 3]}.test") for n in range(450)]
            assert not any(page.error for page in pool.map(urls))
        heard.append([each.fields["host"] + each.target for each in site.heard[before:]])
    if total == 1:
        assert heard[0] == heard[1]
    assert sorted(heard[0]) == sorted(heard[1])


def test_a_jar_that_fails_is_the_error_of_the_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.default = answer(b"ok")
    with _pool(total=1, cookies=True) as pool:
        monkeypatch.setattr(type(pool.cookies), "header", _failing, raising=True)
        errors = [repr(page.error) for page in pool.map(site.urls(3))]
        assert errors == ["LookupError('its own')"] * 3
        monkeypatch.undo()
        assert [page.body for page in pool.map(site.urls(3))] == [b"ok"] * 3


def _failing(*given: Any) -> Any:
    raise LookupError("its own")


def test_pages_in_order(site: Site) -> None:
    with _pool(total=3, per_host=3) as pool:
        urls = site.urls(100)
        assert [page.url for page in pool.map(urls, ordered=True)] == urls


def test_threads_that_take_connections_are_waited_for(watched: Counter[str], site: Site) -> None:
    """As long as they have one, who is next is decided under the lock."""
    site.default = answer(b"ok")
    with _pool(total=3, per_host=3) as pool:
        bodies: list[bytes] = []

        def ask() -> None:
            for _ in range(30):
                with closing(pool.request("GET", site.url("/thread"))) as response:
                    bodies.append(response.read())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert [page.body for page in pool.map(site.urls(200))] == [b"ok"] * 200
        for thread in threads:
            thread.join(PATIENCE)
        assert bodies == [b"ok"] * 60
        assert pool._engine.slots.waiting == 0
        site.answers["/long"] = answer(b"long" * 9)
        with closing(pool.request("GET", site.url("/long"))) as response:
            response.read(1)
            watched.clear()
            assert len(list(pool.map(site.urls(20)))) == 20
            assert watched["release"] >= 20
        watched.clear()
        assert len(list(pool.map(site.urls(20)))) == 20
        assert _LOCKS or watched["release"] <= 3
    assert site.most_open <= 3


def test_an_iterable_that_ends_or_closes_its_run(site: Site) -> None:
    site.default = answer(b"ok")
    with _pool(total=1) as pool:
        assert list(pool.map(iter(()))) == []
        run: Any = None

        def given() -> Iterator[str]:
            yield from site.urls(3)
            run.close()
            yield site.url("/never")

        run = pool.map(given())
        list(run)
        assert "/never" not in site.targets

        def raising() -> Iterator[str]:
            yield from site.urls(3)
            raise LookupError("its own")

        with pytest.raises(LookupError, match="its own"):
            list(pool.map(raising()))
        assert [page.body for page in pool.map(site.urls(3))] == [b"ok"] * 3


@pytest.mark.parametrize(
    "url",
    ["/a b", "/\N{LATIN SMALL LETTER E WITH ACUTE}", "/a#b", "", "?q", "/a?b#c", "//x", "/%41"],
)
def test_urls_that_are_not_plain(site: Site, url: str) -> None:
    """To a host that is known."""
    said = []
    for implementation in ("c", "py"):
        before = len(site.heard)
        with _pool(implementation, total=1) as pool:
            base = site.url("/known").removesuffix("/known")
            pages = list(pool.map([f"{base}/known", base + url, f"{base}/known"]))
        assert [page.error for page in pages] == [None] * 3
        said.append([each.target for each in site.heard[before:]])
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "given", [None, 1, b"http://h/", object()], ids=lambda given: type(given).__name__
)
def test_what_is_no_request(site: Site, given: Any) -> None:
    with _pool(total=1) as pool, pytest.raises(TypeError, match="is needed"):
        list(pool.map([site.url("/"), given]))
