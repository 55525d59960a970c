"""Second tries: what is tried again, when, and what becomes of it where that does not help.

The clock is a stage's: nothing here waits.
"""

from __future__ import annotations

import gc
import gzip
import io
import pickle
import socket
import sys
import weakref
from collections.abc import Callable
from email.utils import formatdate
from http.client import HTTPException, IncompleteRead
from time import asctime, gmtime, time
from types import ModuleType
from typing import Any

import pytest

from .site import Site, answer
from .stage import End, Play, Quiet, Stage

STATUSES = (408, 425, 429, 500, 502, 503, 504)


def no(status: int = 503, after: str | None = None, body: bytes = b"not now") -> bytes:
    """An answer that says: not now."""
    fields = [] if after is None else [b"Retry-After: " + after.encode()]
    return answer(body, *fields, status=b"%d Not now" % status)


def saying(*said: bytes | str, heard: list[tuple[float, str]] | None = None) -> Any:
    """A server that says these things, one for each request, and then "there". A str is something
    that it does; "cut" is said of an answer.
    """
    left = list(said)

    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            if heard is not None:
                heard.append((end.site.stage.clock.seconds, request[0]))
            each = left.pop(0) if left else answer(b"there")
            if isinstance(each, bytes):
                end.say(each)
                continue
            if each == "cut":
                end.say(answer(b"x" * 100)[:-50])
            elif each == "cut head":
                end.say(b"HTTP/1.1 200 OK\r\nContent-")
            elif each == "stall":
                yield 1000.0
            end.reset() if each == "reset" else end.stop()
            return

    return play


def _of(pool: Any, given: Any) -> Any:
    (page,) = pool.map([given])
    return page


def _check_idle(pool: Any) -> None:
    engine = pool._engine
    assert not engine.leading.paused
    assert engine.slots.waiting == 0
    assert engine.slots.open == len(engine.slots.all_idle())


# --------------------------------------------------------------- what is tried again


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_statuses(package: ModuleType, stage: Stage, status: int, method: str) -> None:
    body = b"" if method == "HEAD" else b"no"
    said = no(status, body=body)
    heard: list[tuple[float, str]] = []
    site = stage.site(saying(said, said, answer(body), heard=heard))
    with stage.pool(package, retries=3) as pool:
        request = package.Request(site.url("/"), method, body=b"x" if method == "PUT" else None)
        page = _of(pool, request)
        assert (page.error, page.status, page.body) == (None, 200, body)
        assert (page.retried, page.tries, page.history) == ([status, status], 3, [])
        assert len(site.ends) == 1
        first, second, third = (at for at, _ in heard)
        assert 0.24 < second - first < 0.6
        assert 0.49 < third - second < 1.1
        assert page.elapsed == pytest.approx(third - first, abs=0.1)
        _check_idle(pool)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 407, 410, 501, 505, 511])
def test_other_statuses_are_answers(package: ModuleType, stage: Stage, status: int) -> None:
    site = stage.site(saying(no(status, "1")))
    with stage.pool(package, retries=3) as pool:
        page = _of(pool, site.url("/"))
        assert (page.error, page.status, page.retried, page.tries) == (None, status, [], 1)


@pytest.mark.parametrize("method", ["POST", "PATCH", "get"])
def test_what_is_not_idempotent_is_not_tried_again(
    package: ModuleType, stage: Stage, method: str
) -> None:
    site = stage.site(saying(no(), "cut"))
    with stage.pool(package, retries=3) as pool:
        page = _of(pool, package.Request(site.url("/"), method))
        assert (page.error, page.status, page.tries) == (None, 503, 1)
        page = _of(pool, package.Request(site.url("/"), method))
        assert isinstance(page.error, IncompleteRead)
        assert page.tries == 1


def test_nothing_is_tried_again_unless_that_is_asked_for(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying(no()))
    with stage.pool(package) as pool:
        page = _of(pool, site.url("/"))
        assert (page.status, page.body, page.retried, page.tries) == (503, b"not now", [], 1)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("reset", ConnectionError),
        ("close", ConnectionError),
        ("cut", IncompleteRead),
        ("cut head", HTTPException),
        ("stall", TimeoutError),
    ],
)
def test_errors_of_connections(
    package: ModuleType, stage: Stage, fault: str, kind: type[Exception]
) -> None:
    site = stage.site(saying(fault, fault))
    with stage.pool(package, retries=2, timeout=5.0) as pool:
        page = _of(pool, site.url("/"))
        assert (page.error, page.body, page.phase) == (None, b"there", None)
        assert page.tries == 3
        assert [isinstance(each, kind) for each in page.retried] == [True, True]
        assert all(each.__traceback__ is None for each in page.retried)
        _check_idle(pool)


def test_who_refuses_is_asked_again(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying())

    def resolver(host: str, port: int) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with stage.pool(package, retries=2, resolver=resolver) as pool:
            url = f"http://h.test:{bound.getsockname()[1]}/"
            page = _of(pool, url)
            assert isinstance(page.error, ConnectionRefusedError)
            assert (page.tries, page.phase) == (3, "connect")
            assert [type(each) for each in page.retried] == [ConnectionRefusedError] * 2
            assert page.error not in page.retried
            _check_idle(pool)
    assert site.ends == []


@pytest.mark.parametrize(
    "url", ["http://no-such-name.invalid/", "http://h.test:0/", "ftp://h.test/"]
)
def test_what_cannot_get_better_is_tried_once(
    package: ModuleType, make_pool: Callable[..., Any], url: str
) -> None:
    def resolver(host: str, port: int) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    pool = make_pool(retries=5, resolver=resolver)
    page = _of(pool, url)
    assert page.error is not None
    assert (page.retried, page.tries) == ([], 1 if "invalid" in url else 0)


def test_a_certificate_that_nobody_knows_is_tried_once(
    make_pool: Callable[..., Any], safe_site: Site
) -> None:
    page = _of(make_pool(retries=5), safe_site.url("/", "localhost"))
    assert isinstance(page.error, OSError)
    assert (page.phase, page.retried, page.tries) == ("TLS", [], 1)
    assert safe_site.opened == 1


@pytest.mark.parametrize(
    "said",
    [
        b"no HTTP at all\r\n\r\n",
        answer(b"x" * 100),
        answer(b"no gzip", b"Content-Encoding: gzip"),
        answer(b"x", b"Content-Encoding: odd"),
        answer().replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"+1\r\n",
    ],
)
def test_what_is_wrong_with_an_answer_is_not_tried_again(
    package: ModuleType, stage: Stage, said: bytes
) -> None:
    if said.endswith(b"+1\r\n") and package is not sys.modules["fasthttp"]:
        pytest.skip("what a second copy of the package imports late has classes of the first one")
    site = stage.site(saying(said))
    with stage.pool(package, retries=5, decode=True, max_body=50, timeout=5.0) as pool:
        page = _of(pool, site.url("/"))
        assert isinstance(page.error, HTTPException)
        assert (page.retried, page.tries) == ([], 1)


def test_what_is_refused_is_tried_once(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying())
    asked = []

    def allow(host: str, address: str, port: int) -> bool:
        asked.append(address)
        return False

    with stage.pool(package, retries=5, allow=allow) as pool:
        page = _of(pool, site.url("/"))
        assert isinstance(page.error, PermissionError)
        assert (len(asked), page.retried) == (1, [])


# ------------------------------------------------------------------------- bodies


@pytest.mark.parametrize("fault", ["reset", "cut", no()])
def test_bodies_are_sent_again_where_they_can_be(
    package: ModuleType, stage: Stage, fault: Any
) -> None:
    bodies: list[bytes] = []
    left = [fault, fault]

    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            bodies.append(request[1])
            each = left.pop(0) if left else answer(b"there")
            end.say(each if isinstance(each, bytes) else b"HTTP/1.1 200 OK\r\nContent-")
            if not isinstance(each, bytes):
                end.reset() if each == "reset" else end.stop()
                return

    site = stage.site(play)
    file = io.BytesIO(b"not this content")
    file.seek(9)
    for body in (b"content", "content", [b"con", b"tent"], file):
        left[:] = [fault, fault]
        bodies.clear()
        with stage.pool(package, retries=2) as pool:
            page = _of(pool, package.Request(site.url("/"), "PUT", body=body))
            assert (page.error, page.body, page.tries) == (None, b"there", 3)
        assert bodies == [b"content"] * 3
    left[:] = [fault]
    with stage.pool(package, retries=2) as pool:
        page = _of(pool, package.Request(site.url("/"), "PUT", body=iter([b"once"])))
        assert (page.tries, page.retried) == (1, [])
        assert (page.error is None) is isinstance(fault, bytes)
        if isinstance(fault, bytes):
            assert (page.status, page.body) == (503, b"not now")


@pytest.mark.parametrize("begun", [True, False])
def test_what_has_begun_to_fill_a_sink_is_not_tried_again(
    package: ModuleType, stage: Stage, begun: bool
) -> None:
    site = stage.site(saying("cut" if begun else "cut head"))
    sink = io.BytesIO()
    with stage.pool(package, retries=2) as pool:
        page = _of(pool, package.Request(site.url("/"), sink=sink))
        if begun:
            assert isinstance(page.error, IncompleteRead)
            assert (page.tries, page.retried, sink.getvalue()) == (1, [], b"x" * 50)
        else:
            assert (page.error, page.tries, sink.getvalue()) == (None, 2, b"there")


def test_an_answer_that_says_not_now_is_not_for_a_sink_unless_it_is_the_last(
    package: ModuleType, stage: Stage
) -> None:
    site = stage.site(saying(no(), no(), no(503, None, b"at last"), no(body=b"x" * 200_000)))
    sink = io.BytesIO()
    with stage.pool(package, retries=2) as pool:
        page = _of(pool, package.Request(site.url("/"), sink=sink))
        assert (page.error, page.status, page.body) == (None, 503, b"")
        assert (page.retried, sink.getvalue()) == ([503, 503], b"at last")
        page = _of(pool, package.Request(site.url("/"), sink=sink))
        assert (page.retried, sink.getvalue()) == ([503], b"at lastthere")


# -------------------------------------------------------------------- Retry-After


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("7", 7, 8.1),
        ("0", 0.2, 1.1),
        ("110", 110, 111.1),
        ("nonsense", 0.2, 0.6),
        ("-5", 0.2, 0.6),
        ("1.5", 0.2, 0.6),
        ("", 0.2, 0.6),
        ("date 9", 7, 10.1),
        ("date -9", 0.2, 1.1),
        ("asctime 9", 7, 10.1),
    ],
)
def test_retry_after_is_heeded(
    package: ModuleType, stage: Stage, after: str, least: float, most: float
) -> None:
    form, _, seconds = after.partition(" ")
    if form == "date":
        after = formatdate(time() + int(seconds), usegmt=True)
    elif form == "asctime":
        after = asctime(gmtime(time() + int(seconds)))
    heard: list[tuple[float, str]] = []
    site = stage.site(saying(no(429, after), heard=heard))
    with stage.pool(package, retries=1) as pool:
        page = _of(pool, site.url("/"))
        assert (page.error, page.body, page.retried) == (None, b"there", [429])
        assert least <= heard[1][0] - heard[0][0] <= most


@pytest.mark.parametrize("after", ["121", "86400", "9" * 400, "date 3600"])
def test_who_wants_to_be_left_alone_for_long_is(
    package: ModuleType, stage: Stage, after: str
) -> None:
    if after.startswith("date"):
        after = formatdate(time() + 3600, usegmt=True)
    site = stage.site(saying(no(503, after)))
    with stage.pool(package, retries=5, deadline=None) as pool:
        page = _of(pool, site.url("/"))
        assert (page.error, page.status, page.body) == (None, 503, b"not now")
        assert (page.tries, page.retried) == (1, [])


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("has_sink", [False, True])
def test_beyond_the_deadline_the_answer_that_is_there_is_given(
    package: ModuleType, stage: Stage, coded: bool, has_sink: bool
) -> None:
    said = no(429, "20")
    if coded:
        body = gzip.compress(b"not now")
        said = no(429, "20", body).replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    site = stage.site(saying(no(), said))
    sink = io.BytesIO()
    with stage.pool(package, retries=5, deadline=10.0, decode=True) as pool:
        begun = stage.clock.seconds
        page = _of(pool, package.Request(site.url("/"), sink=sink if has_sink else None))
        assert (page.error, page.status) == (None, 429)
        assert (page.body, sink.getvalue()) == (
            (b"", b"not now") if has_sink else (b"not now", b"")
        )
        assert (page.retried, page.tries) == ([503], 2)
        assert stage.clock.seconds - begun < 2  # and at once
        request = package.Request(site.url("/"), deadline=30.0)
        assert _of(pool, request).body == b"there"


def test_where_the_deadline_passes_while_it_waits_the_answer_is_given(
    package: ModuleType, stage: Stage
) -> None:
    """It has paused, and waits for the host's `delay` now."""
    coded = no(503, None, gzip.compress(b"not now"))
    said = coded.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    site = stage.site(saying(said))
    settings = {"retries": 5, "deadline": 5.0, "delay": 20.0, "decode": True}
    with stage.pool(package, **settings) as pool:
        for given in (site.url("/"),):
            page = _of(pool, given)
            assert (page.error, page.status, page.body) == (None, 503, b"not now")
            assert (page.retried, page.tries, page.phase) == ([], 1, None)
            _check_idle(pool)


def test_where_an_error_is_all_there_is_the_page_has_one(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying("cut"))
    with stage.pool(package, retries=5, deadline=5.0, delay=20.0) as pool:
        page = _of(pool, site.url("/"))
        assert isinstance(page.error, (TimeoutError, IncompleteRead))
        assert page.status is None or page.body == b"x" * 50
        _check_idle(pool)


def test_errors_are_tried_again_within_the_deadline_only(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying(*["stall"] * 9))
    with stage.pool(package, retries=9, timeout=4.0, deadline=10.0) as pool:
        begun = stage.clock.seconds
        page = _of(pool, site.url("/"))
        assert isinstance(page.error, TimeoutError)
        assert 9.9 < stage.clock.seconds - begun < 10.1 or page.tries == 2
        assert page.elapsed <= 10.01
        assert 2 <= page.tries <= 3


# ------------------------------------------------------------------ when it is over


@pytest.mark.parametrize("most", [1, 3])
def test_the_last_answer_or_error_is_given(package: ModuleType, stage: Stage, most: int) -> None:
    site = stage.site(saying(*[no(500)] * most, no(502, None, b"last"), *["cut"] * (most + 1)))
    with stage.pool(package, retries=most) as pool:
        page = _of(pool, site.url("/"))
        assert (page.error, page.status, page.body) == (None, 502, b"last")
        assert (page.retried, page.tries) == ([500] * most, most + 1)
        page = _of(pool, site.url("/"))
        assert isinstance(page.error, IncompleteRead)
        assert (page.status, page.body, page.phase) == (200, b"x" * 50, "body")
        assert [type(each) for each in page.retried] == [IncompleteRead] * most
        _check_idle(pool)


def test_a_page_says_why(package: ModuleType, make_pool: Callable[..., Any], stage: Stage) -> None:
    site = stage.site(saying("reset", no(429, "1"), "cut", no(500)))
    with stage.pool(package, retries=4) as pool:
        page = _of(pool, site.url("/"))
    assert page.error is None
    kinds = [each if isinstance(each, int) else type(each).__name__ for each in page.retried]
    assert kinds == [kinds[0], 429, "IncompleteRead", 500]
    assert isinstance(page.retried[0], ConnectionError)
    assert page.tries == 5
    page.retried.clear()
    assert len(page.retried) == 4
    if package is sys.modules["fasthttp"]:
        again = pickle.loads(pickle.dumps(page))
        assert [str(each) for each in again.retried] == [str(each) for each in page.retried]
        assert (again.tries, again.body) == (5, b"there")


def test_a_pause_holds_no_connection_and_nobody_up(package: ModuleType, stage: Stage) -> None:
    """With one connection in all, the others are done before it is tried again."""
    heard: list[tuple[float, str]] = []
    site = stage.site(saying(no(503, "30"), heard=heard))
    other = stage.site(saying(heard=heard))
    with stage.pool(package, retries=1, total=1) as pool:
        urls = [site.url("/slow"), *(site.url(f"/{n}") for n in range(20)), other.url("/other")]
        pages = list(pool.map(urls))
        assert [page.url for page in pages][-1] == site.url("/slow")
        assert pages[-1].retried == [503]
        assert all(page.error is None and page.body == b"there" for page in pages)
        times = [at for at, _ in heard]
        assert times[-2] - times[0] < 5
        assert times[-1] - times[0] >= 30
        _check_idle(pool)


def test_order_and_progress(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying(no(503, "3"), "cut"))
    with stage.pool(package, retries=2, per_host=1) as pool:
        urls = [site.url(f"/{n}") for n in range(6)]
        run = pool.map(urls, ordered=True)
        assert [page.url for page in run] == urls
        assert run.progress[:5] == (6, 0, 0, 0, 6 * len(b"there"))


def test_a_request_may_be_added_while_others_pause(package: ModuleType, stage: Stage) -> None:
    site = stage.site(saying(no(503, "3")))
    with stage.pool(package, retries=1) as pool, pool.map([site.url("/1"), site.url("/2")]) as run:
        assert next(run).url == site.url("/2")
        assert run.progress[:4] == (1, 0, 1, 0)
        run.add(site.url("/3"))
        assert [page.url for page in run] == [site.url("/3"), site.url("/1")]


def test_what_pauses_can_be_dropped(package: ModuleType, stage: Stage) -> None:
    """And what is added with a delay. Nothing is left that would come back."""
    site = stage.site(saying(no(503, "3")))
    with stage.pool(package, retries=1) as pool, pool.map([site.url("/1"), site.url("/2")]) as run:
        run.add(site.url("/4"), delay=50)
        assert next(run).url == site.url("/2")
        assert run.progress[:4] == (1, 0, 1, 1)
        dropped = run.drop(lambda request: True)
        assert {request.url for request in dropped} == {site.url("/1"), site.url("/4")}
        assert list(run) == []
        assert run.progress[:4] == (1, 0, 0, 0)


@pytest.mark.parametrize("how", ["run", "pool", "quiet"])
def test_what_pauses_ends_with_its_run(package: ModuleType, stage: Stage, how: str) -> None:
    site = stage.site(saying(no(503, "50"), no(503, "60")))
    with stage.pool(package, retries=2) as pool:
        engine = pool._engine
        run = pool.map([site.url("/1"), site.url("/2"), site.url("/3")])
        assert next(run).body == b"there"
        assert len(engine.leading.paused) == 2
        if how == "quiet":
            stage.ends_when_quiet = True
            with pytest.raises(Quiet):
                next(run)
            stage.ends_when_quiet = False
        else:
            (run if how == "run" else pool).close()
        assert not engine.leading.paused
        if how == "pool":
            with pytest.raises(RuntimeError, match="the pool was closed before"):
                next(run)
        else:
            assert list(run) == []
        assert engine.slots.open == len(engine.slots.all_idle())
        if how != "pool":
            heard = sum(len(end.heard) for end in site.ends)
            stage.be_away(100.0)
            assert [page.url for page in pool.map([site.url("/4")])] == [site.url("/4")]
            assert sum(len(end.heard) for end in site.ends) == heard + 1


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts references")
@pytest.mark.parametrize("fault", ["reset", "cut", "cut head", "stall", no()])
def test_what_is_tried_again_keeps_no_run(
    package: ModuleType, stage: Stage, fault: bytes | str
) -> None:
    site = stage.site(saying(*[fault] * 3))
    with stage.pool(package, retries=2) as pool:
        run = pool.map([site.url("/")])
        page = next(run)
        gone = weakref.ref(run)
        gc.disable()
        try:
            del run
            assert gone() is None
        finally:
            gc.enable()
        assert len(page.retried) == 2


# ------------------------------------------------------------ together with others


def test_redirects_and_second_tries(package: ModuleType, stage: Stage) -> None:
    def to(where: str) -> bytes:
        return answer(b"", b"Location: " + where.encode(), status=b"302 F")

    heard: list[tuple[float, str]] = []
    site = stage.site(saying("cut", to("/1"), no(), to("/2"), no(503, "2"), "reset", heard=heard))
    with stage.pool(package, retries=4, redirects=2) as pool:
        page = _of(pool, site.url("/0"))
        assert (page.error, page.body, page.url) == (None, b"there", site.url("/2"))
        assert [path for _, path in heard] == ["/0", "/0", "/1", "/1", "/2", "/2", "/2"]
        assert [each.url for each in page.history] == [site.url("/0"), site.url("/1")]
        # The last one was of a kept connection that had ended: that is no try.
        assert [each if isinstance(each, int) else 0 for each in page.retried] == [0, 503, 503]
        assert page.tries == 7
        _check_idle(pool)


def test_a_redirected_post_is_tried_again_as_a_get(package: ModuleType, stage: Stage) -> None:
    see = answer(b"", b"Location: /1", status=b"303 See")
    site = stage.site(saying(see, no(), "cut"))
    with stage.pool(package, retries=2, redirects=2) as pool:
        for body in (b"x", io.BytesIO(b"x"), iter([b"x"])):
            page = _of(pool, package.Request(site.url("/0"), "POST", body=body))
            assert page.error is None
        page = _of(pool, package.Request(site.url("/0"), "POST", body=iter([b"x"])))
        assert page.error is None


def test_a_second_answer_is_decoded_and_its_cookies_kept(package: ModuleType, stage: Stage) -> None:
    coded = gzip.compress(b"there")
    said = answer(coded, b"Content-Encoding: gzip", b"Set-Cookie: b=2")
    first = no().replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=1\r\n\r\n", 1)
    site = stage.site(saying(first, said))
    with stage.pool(package, retries=2, decode=True, cookies=True) as pool:
        page = _of(pool, site.url("/"))
        assert (page.body, page.retried) == (b"there", [503])
        assert {(each.name, each.value) for each in pool.cookies} == {("a", "1"), ("b", "2")}


def test_in_asyncio(make_pool: Callable[..., Any], site: Site) -> None:
    import asyncio

    left = [no(), no()]
    site.answers["/"] = lambda exchange: exchange.send(left.pop() if left else answer(b"there"))
    pool = make_pool(retries=2)

    async def main() -> list[Any]:
        return [page async for page in pool.amap([site.url("/"), site.url("/x")])]

    try:
        pages = asyncio.run(main())
    except NotImplementedError:
        pytest.skip("asyncio is not for this poller")
    assert [page.body for page in pages][1:] == [b"there"]
    assert pages[1].retried == [503, 503]


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", None, True])
def test_retries_must_be_a_number(package: ModuleType, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="retries"):
        package.Pool(retries=wrong)
