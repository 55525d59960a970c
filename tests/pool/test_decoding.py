"""Content codings: what is decoded, while it comes, and what is an error."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import os
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache
from http.client import HTTPException, IncompleteRead
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, closing

TEXT = b"".join(b"line %d of a page\n" % number for number in range(3000))
#: What no coding makes much smaller.
NOISE = os.urandom(100_000)


def _bare(data: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush()


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    "deflate bare": _bare,
}
for _name, _module, _function in (
    ("br", "brotli", "compress"),
    ("zstd", "compression.zstd", "compress"),
    ("zstd", "backports.zstd", "compress"),
    ("zstd", "zstandard", "compress"),
):
    with contextlib.suppress(ImportError, AttributeError):
        CODERS.setdefault(_name, getattr(import_module(_module), _function))


def coded(name: str, content: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer in a coding."""
    return answer(CODERS[name](content), _field(name), *fields, status=status)


def _field(name: str) -> bytes:
    return b"Content-Encoding: " + name.partition(" ")[0].encode()


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


@pytest.fixture
def decoder(make_pool: Callable[..., Any]) -> Any:
    return make_pool(decode=True)


def _split(said: bytes, size: int) -> Callable[[Exchange], None]:
    """Send an answer in so many pieces, which the client sees one by one, mostly."""
    step = max(1, -(-len(said) // size))
    return lambda exchange: exchange.send_slowly(said, 0.0005, step)


@pytest.mark.full(any=("content",))
@pytest.mark.parametrize("name", list(CODERS))
@pytest.mark.parametrize("content", [b"", b"x", TEXT, NOISE], ids=["none", "x", "text", "noise"])
@pytest.mark.parametrize("way", ["whole", "pieces", "chunked", "close", "one by one"])
@pytest.mark.parametrize("has_sink", [False, True])
def test_each_coding_comes_decoded(
    package: ModuleType,
    decoder: Any,
    site: Site,
    name: str,
    content: bytes,
    way: str,
    has_sink: bool,
) -> None:
    said: Any = coded(name, content)
    body = CODERS[name](content)
    if way == "pieces":
        said = _split(said, 40)
    elif way == "chunked":
        parts = [body[at : at + 4000] for at in range(0, len(body), 4000)]
        said = chunked(*parts).replace(b"200 OK", b"200 OK\r\n" + _field(name))
    elif way == "close":
        said = closing(b"HTTP/1.1 200 OK\r\n" + _field(name) + b"\r\n\r\n" + body)
    elif way == "one by one":
        said = _split(said, len(said) if len(said) < 500 else 30)
    site.answers["/"] = said
    pieces: list[bytes] = []
    given: Any = site.url("/")
    if has_sink:
        given = package.Request(given, sink=pieces.append)
    page = _of(decoder, given)
    assert (page.error, page.status) == (None, 200)
    assert (page.body, b"".join(pieces)) == ((b"", content) if has_sink else (content, b""))
    assert page.getheader("content-encoding") == name.partition(" ")[0]
    if way in ("whole", "pieces", "chunked", "one by one"):
        assert _of(decoder, site.url("/next")).body == b"0 /next"


def test_what_can_be_decoded_is_asked_for(
    package: ModuleType,
    make_pool: Callable[..., Any],
    site: Site,
) -> None:
    pool = make_pool(decode=True)
    assert _of(pool, site.url("/")).error is None
    assert _of(pool, package.Request(site.url("/"), "POST", body=b"x")).error is None
    own = package.Request(site.url("/"), headers={"accept-encoding": "identity"})
    assert _of(pool, own).error is None
    asked = [heard.fields.get("accept-encoding") for heard in site.heard]
    assert asked[0] == asked[1]
    assert (asked[0] or "").split(", ")[:2] == ["gzip", "deflate"]
    assert asked[2] == "identity"
    pool = make_pool(decode=True, headers={"ACCEPT-encoding": "deflate"})
    assert _of(pool, site.url("/")).error is None
    assert site.heard[-1].fields["accept-encoding"] == "deflate"
    assert sum(line.lower() == "accept-encoding" for line in site.heard[-1].fields) == 1


def test_a_thread_s_response_is_not_decoded_and_does_not_ask_for_it(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(decode=True)
    response = pool.request("GET", site.url("/"))
    assert response.read() == b"0 /"
    assert site.heard[0].fields["accept-encoding"] == "identity"
    pool = make_pool(decode=True, headers={"Accept-Encoding": "br", "X-Own": "1"})
    pool.request("GET", site.url("/")).read()
    assert site.heard[1].fields["accept-encoding"] == "br"
    assert site.heard[1].fields["x-own"] == "1"


def test_nothing_is_decoded_unless_that_is_asked_for(pool: Any, site: Site) -> None:
    site.answers["/"] = coded("gzip", TEXT)
    site.answers["/odd"] = answer(b"odd", b"Content-Encoding: odd")
    page = _of(pool, site.url("/"))
    assert (page.error, gzip.decompress(page.body)) == (None, TEXT)
    assert _of(pool, site.url("/odd")).body == b"odd"
    assert site.heard[0].fields["accept-encoding"] == "identity"  # as http.client says


@pytest.mark.parametrize(
    ("said", "method"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 500\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: odd\r\nContent-Length: 500\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n", "GET"),
        (b"HTTP/1.1 204 No\r\nContent-Encoding: odd\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", "GET"),
        (answer(b"", b"Content-Encoding: gzip"), "GET"),
        (chunked().replace(b"200 OK", b"200 OK\r\nContent-Encoding: br"), "GET"),
        (answer(b"", b"Content-Encoding:"), "GET"),
        (answer(b"", b"Content-Encoding: identity, ,"), "GET"),
    ],
)
def test_where_there_is_nothing_nothing_is_decoded(
    package: ModuleType, decoder: Any, site: Site, said: bytes, method: str
) -> None:
    if b"br" in said and "br" not in CODERS:
        pytest.skip("no brotli here")
    site.answers["/"] = said
    page = _of(decoder, package.Request(site.url("/"), method))
    assert (page.error, page.body) == (None, b"")
    assert _of(decoder, site.url("/next")).body == b"0 /next"


def test_a_part_is_left_as_it_is(package: ModuleType, decoder: Any, site: Site) -> None:
    """A piece out of the midst of a stream cannot be decoded."""
    part = gzip.compress(TEXT)[100:200]
    site.answers["/"] = answer(part, _field("gzip"), status=b"206 Partial")
    page = _of(decoder, package.Request(site.url("/"), headers={"Range": "bytes=100-199"}))
    assert (page.error, page.status, page.body) == (None, 206, part)
    # So none is asked for, unless the program does.
    fields = {"RANGE": "bytes=0-9", "Accept-Encoding": "gzip"}
    assert _of(decoder, package.Request(site.url("/"), headers=fields)).error is None
    asked = [heard.fields["accept-encoding"] for heard in site.heard]
    assert asked == ["identity", "gzip"]


@pytest.mark.parametrize("status", [b"404 Not", b"500 Error", b"203 Other", b"302 Found"])
def test_pages_of_other_statuses_are_decoded(decoder: Any, site: Site, status: bytes) -> None:
    site.answers["/"] = coded("gzip", TEXT, status=status)
    page = _of(decoder, site.url("/"))
    assert (page.error, page.body) == (None, TEXT)


@pytest.mark.parametrize("name", list(CODERS))
@pytest.mark.parametrize("way", ["length", "chunked", "close", "pieces"])
@pytest.mark.parametrize("kept", [1, 0.5, -1])
def test_a_stream_that_is_cut_is_an_error(
    package: ModuleType, decoder: Any, site: Site, name: str, way: str, kept: float
) -> None:
    body = CODERS[name](TEXT)
    cut = body[: int(kept * len(body))] if kept == 0.5 else body[: int(kept)]
    said: Any = answer(cut, _field(name))
    if way == "chunked":
        said = chunked(cut).replace(b"200 OK", b"200 OK\r\n" + _field(name))
    elif way == "close":
        said = closing(b"HTTP/1.1 200 OK\r\n" + _field(name) + b"\r\n\r\n" + cut)
    elif way == "pieces":
        said = _split(said, 20)
    site.answers["/"] = said
    for given in (site.url("/"), package.Request(site.url("/"), sink=io.BytesIO())):
        page = _of(decoder, given)
        assert isinstance(page.error, package.DecodingError), page
        assert isinstance(page.error, HTTPException)
        assert (page.status, page.phase) == (200, "body")
        got = page.body if isinstance(given, str) else given.sink.getvalue()
        assert TEXT.startswith(got)
        if kept == 0.5 and name != "zstd":
            assert got
        assert page.tries == 1
    assert _of(decoder, site.url("/next")).body.endswith(b" /next")
    if way != "close":  # what came was a whole answer
        assert site.opened == 1


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_a_connection_that_is_cut_is_what_the_error_says(
    decoder: Any, site: Site, name: str
) -> None:
    whole = coded(name, TEXT)
    head = whole.index(b"\r\n\r\n") + 4
    site.answers["/"] = closing(whole[: head + (len(whole) - head) // 2])
    page = _of(decoder, site.url("/"))
    assert isinstance(page.error, IncompleteRead)
    assert page.body
    assert TEXT.startswith(page.body)
    assert page.error.partial == page.body


@pytest.mark.parametrize("coding", [b"odd", b"gzip, odd", b"odd, gzip", b"gzip;q=1", b"aes128gcm"])
@pytest.mark.parametrize("body", [b"as it came", b"x" * 300_000])
@pytest.mark.parametrize("way", ["length", "chunked", "pieces"])
def test_a_coding_that_is_not_known_is_an_error_with_the_body_as_it_came(
    package: ModuleType, decoder: Any, site: Site, coding: bytes, body: bytes, way: str
) -> None:
    field = b"Content-Encoding: " + coding
    said: Any = answer(body, field)
    if way == "chunked":
        said = chunked(body).replace(b"200 OK", b"200 OK\r\n" + field)
    elif way == "pieces":
        said = _split(said, 10)
    site.answers["/"] = said
    sink = io.BytesIO()
    for given in (site.url("/"), package.Request(site.url("/"), sink=sink)):
        page = _of(decoder, given)
        assert isinstance(page.error, package.DecodingError)
        assert (page.status, page.phase, page.body) == (200, "body", body)
    assert sink.getvalue() == b""  # which wants it decoded
    assert _of(decoder, site.url("/next")).body == b"0 /next"


def test_more_codings_than_anybody_needs(package: ModuleType, decoder: Any, site: Site) -> None:
    site.answers["/"] = answer(b"x", b"Content-Encoding: " + b", ".join([b"gzip"] * 6))
    assert isinstance(_of(decoder, site.url("/")).error, package.DecodingError)


@pytest.mark.parametrize("names", [("gzip", "deflate"), ("deflate", "gzip"), ("gzip", "gzip")])
@pytest.mark.parametrize("in_one_field", [True, False])
def test_several_codings(
    decoder: Any, site: Site, names: tuple[str, ...], in_one_field: bool
) -> None:
    body = TEXT
    for name in names:
        body = CODERS[name](body)
    fields = [b"Content-Encoding: " + ", ".join(names).encode()]
    if not in_one_field:
        fields = [_field(name) for name in names]
    for said in (answer(body, *fields), _split(answer(body, *fields), 50)):
        site.answers["/"] = said
        page = _of(decoder, site.url("/"))
        assert (page.error, page.body) == (None, TEXT)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (gzip.compress(b"more", mtime=0), TEXT + b"more"),
        (b"\0" * 1000, TEXT),
        (b"\0" * 10 + gzip.compress(b"more", mtime=0), TEXT + b"more"),
        (b"no gzip", TEXT),
        (b"\x1fx", TEXT),
    ],
)
@pytest.mark.parametrize("pieces", [1, 3, 60])
def test_what_lies_behind_a_gzip_member(
    decoder: Any, site: Site, behind: bytes, expected: bytes, pieces: int
) -> None:
    said = answer(gzip.compress(TEXT) + behind, _field("gzip"))
    site.answers["/"] = _split(said, pieces)
    page = _of(decoder, site.url("/"))
    assert (page.error, page.body) == (None, expected)


@pytest.mark.parametrize("name", list(CODERS))
@pytest.mark.parametrize("at", [0, 30])
def test_a_stream_that_is_broken_is_an_error(
    package: ModuleType, decoder: Any, site: Site, name: str, at: int
) -> None:
    body = bytearray(CODERS[name](TEXT))
    body[at : at + 40] = b"\xff" * 40
    for said in (
        answer(bytes(body), _field(name)),
        _split(answer(bytes(body), _field(name)), 30),
    ):
        site.answers["/"] = said
        page = _of(decoder, site.url("/"))
        assert page.error is not None
        assert isinstance(page.error, package.DecodingError), page.error
        assert (page.status, page.phase) == (200, "body")
        assert _of(decoder, site.url("/next")).body.endswith(b" /next")
    assert decoder._engine.slots.open == len(decoder._engine.slots.all_idle())


# ------------------------------------------------------------------------- limits


@cache
def _bomb(name: str, size: int) -> bytes:
    if name == "gzip twice":
        return gzip.compress(gzip.compress(bytes(size)))
    return CODERS[name](bytes(size))


@pytest.mark.parametrize("name", [*CODERS, "gzip twice"])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("way", ["length", "chunked", "sink"])
def test_a_bomb_costs_max_body_and_no_more(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, name: str, own: bool, way: str
) -> None:
    size, most = 16 << 20, 100_000
    body = _bomb(name, size)
    field = b"Content-Encoding: gzip, gzip" if name == "gzip twice" else _field(name)
    said: Any = answer(body, field)
    if way == "chunked":
        said = chunked(body).replace(b"200 OK", b"200 OK\r\n" + field)
    site.answers["/"] = said
    pool = make_pool(decode=True, max_body=None if own else most)
    sink = io.BytesIO()
    request = package.Request(
        site.url("/"), max_body=most if own else None, sink=sink if way == "sink" else None
    )
    for given in (request,) if own or way == "sink" else (request, site.url("/")):
        if sys.implementation.name == "cpython":
            tracemalloc.start()
        try:
            page = _of(pool, given)
            peak = tracemalloc.get_traced_memory()[1] if tracemalloc.is_tracing() else 0
        finally:
            tracemalloc.stop()
        assert isinstance(page.error, HTTPException)
        assert "max_body" in str(page.error) or name == "gzip twice"
        assert page.phase == "body"
        if "max_body" in str(page.error):
            got = sink.getvalue() if way == "sink" else page.body
            assert got == bytes(most)
        assert peak < 4 << 20
    assert _of(pool, site.url("/next")).error is None


@pytest.mark.parametrize("pieces", [1, 30])
@pytest.mark.parametrize("own", [False, True])
def test_max_body_counts_decoded_bytes(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, pieces: int, own: bool
) -> None:
    site.answers["/text"] = _split(coded("gzip", TEXT), pieces)
    site.answers["/noise"] = _split(coded("gzip", NOISE), pieces)
    for path, content in (("/text", TEXT), ("/noise", NOISE)):
        for less in (0, 1):
            most = len(content) - less
            pool = make_pool(decode=True, max_body=None if own else most)
            request = package.Request(site.url(path), max_body=most if own else None)
            for given in (request,) if own else (request, site.url(path)):
                page = _of(pool, given)
                assert page.body == content[:most]
                if less:
                    assert "max_body" in str(page.error)
                else:
                    assert page.error is None


def test_a_sink_gets_no_more_at_once_than_it_has_to(
    package: ModuleType, decoder: Any, site: Site
) -> None:
    """However small the pieces are from which it was decoded."""
    size = 128 << 20
    made = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    body = b"".join(made.compress(block) for _ in range(size >> 20)) + made.flush()
    site.answers["/"] = answer(body, _field("gzip"))
    got = [0, 0]

    def sink(piece: bytes) -> None:
        got[0] += len(piece)
        got[1] = max(got[1], len(piece))

    page = _of(decoder, package.Request(site.url("/"), sink=sink))
    assert (page.error, got[0]) == (None, size)
    assert got[1] <= 40 << 20


# --------------------------------------------------------------------------- more


def test_many_pages_at_once(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(decode=True, redirects=3, retries=2, cookies=True)
    names = list(CODERS)

    def on(exchange: Exchange) -> None:
        number = int(exchange.path[1:])
        name = names[number % len(names)]
        said = coded(name, b"%d;" % number * (number % 50 * 400))
        if number % 3:
            _split(said, 7)(exchange)
        else:
            exchange.send(said)

    site.default = on
    urls = site.urls(200)
    for page, (number, _) in zip(pool.map(urls, ordered=True), enumerate(urls), strict=True):
        assert page.error is None
        assert page.body == b"%d;" % number * (number % 50 * 400)
    assert site.most_open <= 6


def test_progress_counts_decoded_bytes(package: ModuleType, decoder: Any, site: Site) -> None:
    site.answers["/"] = coded("gzip", TEXT)
    run = decoder.map([site.url("/"), package.Request(site.url("/"), sink=io.BytesIO())])
    assert [page.error for page in run] == [None, None]
    assert run.progress.bytes == 2 * len(TEXT)
    assert (run.progress.done, run.progress.failed) == (2, 0)


def test_text_is_of_what_was_decoded(decoder: Any, site: Site) -> None:
    site.answers["/"] = coded(
        "gzip", "\u20ac".encode("cp1252"), b"Content-Type: text/plain; charset=iso-8859-1"
    )
    page = _of(decoder, site.url("/"))
    assert (page.text, page.charset) == ("\u20ac", "windows-1252")


def test_what_a_sink_raises_comes_out(package: ModuleType, decoder: Any, site: Site) -> None:
    site.answers["/"] = coded("gzip", TEXT)

    def sink(piece: bytes) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        list(decoder.map([package.Request(site.url("/"), sink=sink)]))
    assert decoder._engine.slots.open == 0
    assert _of(decoder, site.url("/x")).error is None


def test_with_tls(make_pool: Callable[..., Any], safe_site: Site, context: Any) -> None:
    pool = make_pool(decode=True, context=context)
    safe_site.answers["/"] = coded("gzip", NOISE)
    assert _of(pool, safe_site.url("/", "localhost")).body == NOISE
    assert _of(pool, safe_site.url("/", "localhost")).body == NOISE
    assert safe_site.opened == 1


def test_in_asyncio(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(decode=True)
    site.answers["/"] = coded("gzip", TEXT)

    async def main() -> list[Any]:
        return [page async for page in pool.amap([site.url("/")] * 10)]

    try:
        pages = asyncio.run(main())
    except NotImplementedError:
        pytest.skip("asyncio is not for this poller")
    assert [(page.error, page.body) for page in pages] == [(None, TEXT)] * 10


def test_with_the_shell_s_functions(package: ModuleType, site: Site) -> None:
    site.answers["/"] = coded("gzip", TEXT)
    assert package.get(site.url("/")).body == TEXT
    (page,) = package.fetch([site.url("/")], decode=False)
    assert gzip.decompress(page.body) == TEXT
