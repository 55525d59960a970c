"""Answers: where they end, what is kept of them, and what is an error."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, closing

ENDS = b"\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked" + ENDS


@pytest.fixture
def ask(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> Callable[..., tuple[Any, bool]]:
    """`ask(answer, method, **settings)`: the page, and whether its connection was used again."""

    def make(
        said: Any, method: str = "GET", headers: Any = None, **settings: Any
    ) -> tuple[Any, bool]:
        pool = make_pool(**settings)
        site.answers["/asked"] = said
        request = package.Request(site.url("/asked"), method, headers or {})
        (page,) = pool.map([request])
        opened = site.opened
        (following,) = pool.map([site.url("/next")])
        assert (following.error, following.status) == (None, 200)
        assert following.body.endswith(b" /next")  # whatever came before
        slots = pool._engine.slots
        assert slots.open == len(slots.all_idle()) == 1
        return page, site.opened == opened

    return make


def by_bytes(said: bytes, end: bool = False) -> Callable[[Exchange], None]:
    """An answer that comes byte by byte."""

    def send(exchange: Exchange) -> None:
        exchange.send_slowly(said, 0.0005, 1 if len(said) < 500 else 7)
        exchange.is_last = end

    return send


GOOD = [
    # what is said, method, status, body, whether the connection is used again
    (answer(b"body"), "GET", 200, b"body", True),
    (answer(b""), "GET", 200, b"", True),
    (answer(b"body", status=b"404 Not Found"), "GET", 404, b"body", True),
    (answer(b"body", status=b"500 Oh"), "POST", 500, b"body", True),
    (answer(b"body", status=b"301 Moved"), "GET", 301, b"body", True),
    (answer(b"x" * 200_000), "GET", 200, b"x" * 200_000, True),
    (chunked(b"one", b"two" * 10), "GET", 200, b"one" + b"two" * 10, True),
    (chunked(), "GET", 200, b"", True),
    (chunked(*[b"x" * 7000] * 40), "GET", 200, b"x" * 280_000, True),
    (chunked(b"one", trailers=b"T: 1\r\n"), "GET", 200, b"one", True),
    (CHUNKED + b"3;ext=1\r\none\r\n0\r\n\r\n", "GET", 200, b"one", True),
    (CHUNKED + b"003\r\none\r\n000\r\n\r\n", "GET", 200, b"one", True),
    (CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", "GET", 200, b"0123456789", True),
    (HEAD + b"Content-Length: 100" + ENDS, "HEAD", 200, b"", True),
    (HEAD + b"Transfer-Encoding: chunked" + ENDS, "HEAD", 200, b"", True),
    (b"HTTP/1.1 204 No Content" + ENDS, "GET", 204, b"", True),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9" + ENDS, "GET", 304, b"", True),
    (b"HTTP/1.1 100 Continue" + ENDS + answer(b"final"), "GET", 200, b"final", True),
    (
        b"HTTP/1.1 103 Early\r\nLink: x" + ENDS + b"HTTP/1.1 102 W" + ENDS + answer(b"final"),
        "GET",
        200,
        b"final",
        True,
    ),
    (answer(b"body", b"Connection: close"), "GET", 200, b"body", False),
    (answer(b"body").replace(b"1.1", b"1.0"), "GET", 200, b"body", False),
    (answer(b"body", b"Connection: keep-alive").replace(b"1.1", b"1.0"), "GET", 200, b"body", True),
    (answer(b"body", b"Content-Length: 4"), "GET", 200, b"body", True),
]  # fmt: skip


@pytest.mark.parametrize(("said", "method", "status", "body", "again"), GOOD)
@pytest.mark.parametrize("way", ["at once", "by bytes"])
def test_an_answer_ends_where_it_says(
    ask: Callable[..., Any],
    way: str,
    said: bytes,
    method: str,
    status: int,
    body: bytes,
    again: bool,
) -> None:
    if way == "by bytes" and len(said) > 1000:
        said, body = answer(b"0" * 500), b"0" * 500
        status, method, again = 200, "GET", True
    page, is_reused = ask(by_bytes(said) if way == "by bytes" else said, method)
    assert (page.error, page.status, page.body) == (None, status, body)
    assert is_reused == again
    assert (page.phase, page.tries) == (None, 1)


@pytest.mark.parametrize("way", [closing, lambda said: by_bytes(said, end=True)])
@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"1.1", b"1.0")])
def test_an_answer_without_a_length_ends_with_the_connection(
    ask: Callable[..., Any], way: Callable[[bytes], Any], head: bytes
) -> None:
    page, is_reused = ask(way(head + b"A: b" + ENDS + b"until the end"))
    assert (page.error, page.body, is_reused) == (None, b"until the end", False)


def test_what_a_page_says_of_its_head(ask: Callable[..., Any]) -> None:
    fields = (b"A: 1", b"B: two words", b"a: 3", b"Set-Cookie: x", b"Set-Cookie: y")
    for said in (answer(b"body", *fields), by_bytes(answer(b"body", *fields))):
        page, _ = ask(said)
        assert (page.status, page.reason, page.version) == (200, "OK", 11)
        assert page.getheader("a") == "1, 3"
        assert page.getheader("no") is None
        assert page.getheader("no", "other") == "other"
        assert page.headers["b"] == "two words"
        assert page.headers.get_all("Set-Cookie") == ["x", "y"]
        assert page.getheader("b") == "two words"
        assert page.raw_headers == [
            (b"Content-Length", b"4"),
            (b"A", b"1"),
            (b"B", b"two words"),
            (b"a", b"3"),
            (b"Set-Cookie", b"x"),
            (b"Set-Cookie", b"y"),
        ]
        assert page.trailers.items() == []
        assert list(page.skipped_lines) == []
        assert "200" in repr(page)


def test_trailers_are_kept(ask: Callable[..., Any]) -> None:
    page, is_reused = ask(chunked(b"one", trailers=b"Digest: x\r\nMore: y\r\n"))
    assert page.trailers.items() == [("Digest", "x"), ("More", "y")]
    assert (page.body, is_reused) == (b"one", True)


def test_interim_answers_are_told_of(ask: Callable[..., Any]) -> None:
    told: list[tuple[int, str, Any]] = []

    def note(status: int, reason: str, headers: Any) -> None:
        told.append((status, reason, headers["Link"]))

    said = b"HTTP/1.1 103 Early\r\nLink: x" + ENDS + b"HTTP/1.1 100 C" + ENDS + answer(b"final")
    page, is_reused = ask(said, on_informational=note)
    assert (page.body, is_reused) == (b"final", True)
    assert told == [(103, "Early", "x"), (100, "C", None)]


def test_too_many_interim_answers_are_an_error(
    package: ModuleType, ask: Callable[..., Any]
) -> None:
    page, is_reused = ask(b"HTTP/1.1 100 C\r\n\r\n" * 2000)
    assert isinstance(page.error, package.client.HTTPException)
    assert (page.status, page.phase, is_reused) == (None, "head", False)


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "other", "Connection": "Upgrade"}])
def test_a_connection_that_has_switched_protocols_is_not_used_again(
    ask: Callable[..., Any], headers: dict[str, str]
) -> None:
    said = b"HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: Upgrade" + ENDS
    page, is_reused = ask(said, headers=headers)
    assert (page.error, page.status, page.body, is_reused) == (None, 101, b"", False)


BROKEN = [
    # what is said before the connection is closed, what had come, status, phase
    (b"", b"", None, "head"),
    (b"HTTP/1.1 200", b"", None, "head"),
    (b"HTTP/1.1 200 OK\r\n", b"", None, "head"),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n", b"", None, "head"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: ", b"", None, "head"),
    (b"HTTP/1.1 100 Continue\r\n\r\n", b"", None, "head"),
    (answer(b"0123456789")[:-1], b"012345678", 200, "body"),
    (answer(b"0123456789")[:-10], b"", 200, "body"),
    (CHUNKED, b"", 200, "body"),
    (CHUNKED + b"5\r\n", b"", 200, "body"),
    (CHUNKED + b"5\r\nhel", b"hel", 200, "body"),
    (CHUNKED + b"5\r\nhello", b"hello", 200, "body"),
    (CHUNKED + b"5\r\nhello\r\n", b"hello", 200, "body"),
    (CHUNKED + b"5\r\nhello\r\n0", b"hello", 200, "body"),
    (CHUNKED + b"5\r\nhello\r\n0\r\n", b"hello", 200, "body"),
    (CHUNKED + b"5\r\nhello\r\n0\r\nT: x\r\n", b"hello", 200, "body"),
]


@pytest.mark.parametrize(("said", "body", "status", "phase"), BROKEN)
@pytest.mark.parametrize("way", ["cut", "cut by bytes", "reset"])
def test_a_cut_answer_is_an_error_with_what_had_come(
    package: ModuleType,
    ask: Callable[..., Any],
    way: str,
    said: bytes,
    body: bytes,
    status: int | None,
    phase: str,
) -> None:
    ways: dict[str, Any] = {
        "cut": closing(said),
        "cut by bytes": by_bytes(said, end=True),
        "reset": lambda exchange: exchange.reset(said),
    }
    page, is_reused = ask(ways[way])
    assert isinstance(page.error, (package.client.HTTPException, ConnectionError)), page
    if way == "reset":
        assert isinstance(page.error, ConnectionResetError)
    assert (page.body, page.status, page.phase) == (body, status, phase)
    assert not is_reused


@pytest.mark.parametrize("size", [b"0x5", b"+5", b"5_0", b" 5", b"-5", b"5 5", b"", b"g", b"5\r5"])
@pytest.mark.parametrize("way", ["at once", "by bytes"])
def test_a_chunk_size_that_is_not_plain_hexadecimal_is_an_error(
    package: ModuleType, ask: Callable[..., Any], way: str, size: bytes
) -> None:
    said = CHUNKED + b"3\r\none\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"
    page, is_reused = ask(by_bytes(said) if way == "by bytes" else said)
    assert isinstance(page.error, package.client.HTTPException)
    assert (page.body, page.status, page.phase, is_reused) == (b"one", 200, "body", False)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"body", b"Transfer-Encoding: chunked"),
        HEAD + b"Content-Length: 4\r\nContent-Length: 5" + ENDS + b"body",
        answer(b"body", b"Content-Length : 5"),
        answer(b"body", b" folded"),
        HEAD + b"Transfer-Encoding: xchunked\r\nContent-Length: 4" + ENDS + b"body",
        CHUNKED + b"4\r\nbodyXX0\r\n\r\n",
        CHUNKED + b"4\nbody\r\n0\r\n\r\n",
        answer(b"body", b"A: b\rContent-Length: 9"),
    ],
)
def test_a_connection_is_not_used_again_where_others_may_see_another_end(
    ask: Callable[..., Any], said: bytes
) -> None:
    page, is_reused = ask(closing(said))
    assert not is_reused
    assert page.error is not None or page.body == b"body"


def test_malformed_lines_are_left_out_and_reported(
    package: ModuleType, ask: Callable[..., Any]
) -> None:
    said = answer(b"body", b"no colon", b"Good: 1", b": no name", b"a b: 2", b"Also: 3")
    page, _ = ask(said)
    assert (page.error, page.body) == (None, b"body")
    assert (page.getheader("Good"), page.getheader("Also")) == ("1", "3")
    assert b"no colon\r\n" in page.skipped_lines
    assert b": no name\r\n" in page.skipped_lines
    page, is_reused = ask(said, strict=True)
    assert isinstance(page.error, package.client.HTTPException)
    assert (page.phase, is_reused) == ("head", False)


@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"A : b\r\nContent-Length: 4" + ENDS + b"body",
        answer(b"body", b"Content-Length: 4", b"Content-Length: 5"),
        answer(b"body", b"Transfer-Encoding: chunked"),
        CHUNKED + b"0x4\r\nbody\r\n0\r\n\r\n",
        answer(b"body", status=b"2000 OK"),
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade" + ENDS,
        b"HTTP/2 200 OK\r\n\r\n",
    ],
)
def test_strict_refuses_what_breaks_the_rules(
    package: ModuleType, ask: Callable[..., Any], said: bytes
) -> None:
    page, is_reused = ask(closing(said), strict=True)
    assert isinstance(page.error, package.client.HTTPException)
    assert not is_reused
    page, _ = ask(answer(b"good"), strict=True)
    assert (page.error, page.body) == (None, b"good")


@pytest.mark.parametrize(
    "said",
    [b"garbage\r\n\r\n", b"\x00\x01\x02\r\n", b"HTTP/1.1 9 x\r\n\r\n", b"ICY 200 OK\r\n\r\n"],
)
def test_what_is_no_answer_is_an_error(
    package: ModuleType, ask: Callable[..., Any], said: bytes
) -> None:
    page, is_reused = ask(closing(said))
    assert isinstance(page.error, package.client.BadStatusLine)
    assert (page.status, page.body, page.phase, is_reused) == (None, b"", "head", False)


def test_a_thousand_fields_are_taken_and_no_more(
    package: ModuleType, ask: Callable[..., Any]
) -> None:
    fields = [b"F%d: %d" % (number, number) for number in range(999)]
    for make in (lambda said: said, by_bytes):
        page, is_reused = ask(
            make(answer(b"body", *fields[: 999 if make is not by_bytes else 200]))
        )
        assert (page.error, page.body, is_reused) == (None, b"body", True)
    assert page.getheader("F199") == "199"
    page, is_reused = ask(answer(b"body", *fields, b"One: more"))
    assert isinstance(page.error, package.client.HTTPException)
    assert (page.phase, is_reused) == ("head", False)
    page, _ = ask(answer(b"body", *fields[:5]), max_response_headers=5)
    assert isinstance(page.error, package.client.HTTPException)
    page, _ = ask(answer(b"body", *fields[:4]), max_response_headers=5)
    assert page.error is None


def test_max_head_bytes_limits_a_head(package: ModuleType, ask: Callable[..., Any]) -> None:
    page, _ = ask(answer(b"body", b"A: " + b"x" * 800), max_head_bytes=1000)
    assert page.error is None
    for said in (
        answer(b"body", b"A: " + b"x" * 1000),
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000,
        by_bytes(answer(b"body", b"A: " + b"x" * 1000)),
    ):
        page, is_reused = ask(said, max_head_bytes=1000)
        assert isinstance(page.error, package.client.HTTPException)
        assert (page.phase, is_reused) == ("head", False)


def test_a_head_has_a_limit_if_none_is_set(package: ModuleType, ask: Callable[..., Any]) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            exchange.send(b"A: " + b"x" * 30_000 + b"\r\n")

    page, is_reused = ask(endless)
    assert isinstance(page.error, package.client.HTTPException)
    assert (page.phase, is_reused) == ("head", False)


def test_a_line_has_a_limit(package: ModuleType, ask: Callable[..., Any]) -> None:
    page, is_reused = ask(closing(answer(b"body", b"A: " + b"x" * 70_000)))
    assert isinstance(page.error, package.client.LineTooLong)
    assert (page.phase, is_reused) == ("head", False)


def test_an_error_does_not_disturb_the_others(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(per_host=3)
    for number, (said, *_) in enumerate(BROKEN):
        site.answers[f"/broken/{number}"] = closing(said)
    broken = [site.url(f"/broken/{number}") for number in range(len(BROKEN))]
    good = site.urls(len(BROKEN))
    urls = [url for pair in zip(broken, good, strict=True) for url in pair]
    pages = {page.url: page for page in pool.map(urls * 5)}
    assert all(pages[url].error is None for url in good)
    assert all(pages[url].body.endswith(b"/%d" % n) for n, url in enumerate(good))
    assert all(pages[url].error is not None for url in broken)
