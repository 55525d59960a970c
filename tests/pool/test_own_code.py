"""What the program's own code does while the pool calls it: it takes its time, closes the run or
the pool, asks for a page, or is interrupted. No later request has anything of it.
"""

from __future__ import annotations

import gzip
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType, ModuleType
from typing import Any

import pytest

from ..client.response_delivery import PATIENCE
from .site import Site, answer, chunked, hang
from .stage import End, Play, Stage, modules_of

_INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n"
_FOREIGN = answer(b"what nobody has asked for")


class _Own:
    """A program's own code of each kind that a pool calls; `hit` is called by one of them."""

    def __init__(self, package: ModuleType, where: str, hit: Callable[[], object]) -> None:
        self.package, self.where, self._hit = package, where, hit
        self.settings: dict[str, Any] = {}
        if where == "informational":
            self.settings["on_informational"] = lambda *_: hit()
        elif where == "allow":
            self.settings["allow"] = lambda *_: hit() or True
        elif where.startswith("jar"):
            self.settings["cookies"] = self._jar()

    def _jar(self) -> Any:
        hit, of_header = self._hit, self.where == "jar's header"

        class Jar(self.package.Cookies):  # type: ignore[name-defined,misc]
            def header(self, is_tls: bool, name: str, target: str, now: float) -> Any:
                if of_header and target.startswith("/own"):
                    hit()
                return super().header(is_tls, name, target, now)

            def store(self, fields: Any, is_tls: bool, name: str, target: str, now: float) -> None:
                if not of_header and target.startswith("/own"):
                    hit()
                super().store(fields, is_tls, name, target, now)

        return Jar()

    def request(self, url: str) -> Any:
        """The request that has this code of its own."""
        hit = self._hit
        make = self.package.Request
        if self.where == "sink":
            return make(url, sink=lambda _: hit())
        if self.where == "fields":
            return make(url, headers=_Fields(hit))
        if self.where == "body":
            return make(url, method="POST", body=self._pieces())
        if self.where == "file":
            return make(url, method="POST", body=_File(hit))
        return url

    def _pieces(self) -> Iterator[bytes]:
        yield b"a"
        self._hit()
        yield b"b"

    def answer(self, path: str) -> bytes:
        """What the server says to a request."""
        if not path.startswith("/own"):
            return answer(path.encode())
        if self.where == "informational":
            return _INTERIM + answer(path.encode())
        body = path.encode()
        if self.where == "decoder":
            return answer(gzip.compress(body * 30_000), b"Content-Encoding: gzip")
        return answer(body, b"Set-Cookie: a=b")


class _Fields(dict[str, str]):
    def __init__(self, hit: Callable[[], object]) -> None:
        super().__init__({"X": "y"})
        self._hit = hit

    def items(self) -> Any:
        self._hit()
        return super().items()


class _File:
    def __init__(self, hit: Callable[[], object]) -> None:
        self._left = [b"abc", b"def"]
        self._hit = hit

    def read(self, size: int = -1) -> bytes:
        if len(self._left) == 1:
            self._hit()
        return self._left.pop(0) if self._left else b""


def _playing(own: _Own) -> Callable[[End], Play]:
    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            end.say(own.answer(request[0]))

    return play


# ----------------------------------------------------------------- it takes its time


@pytest.mark.parametrize("where", ["sink", "informational", "fields", "decoder"])
@pytest.mark.parametrize("said", ["an answer", "the end"])
def test_what_comes_meanwhile_is_nobodys_answer(
    package: ModuleType, stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str, said: str
) -> None:
    def hit() -> None:
        end = site.ends[-1]
        if said == "an answer":
            end.say(_FOREIGN)
        else:
            end.stop()

    own = _Own(package, where, hit)
    if where == "decoder":
        pages = modules_of(package).page.Page
        decode = pages._decode

        def decode_for_a_while(page: Any, *given: Any) -> None:
            decode(page, *given)
            hit()

        monkeypatch.setattr(pages, "_decode", decode_for_a_while)
        own.settings["decode"] = True
    site = stage.site(_playing(own))
    urls = [site.url("/before"), own.request(site.url("/own")), site.url("/b"), site.url("/c")]
    with stage.pool(package, total=1, **own.settings) as pool:
        pages = list(pool.map(urls))
        assert [page.error for page in pages] == [None] * 4
        for page in pages:
            path = page.url.rpartition("/")[2].encode()
            assert page.request.sink is not None or page.body.startswith(b"/" + path)


def test_a_connection_is_looked_at_behind_a_turn_that_has_failed(
    package: ModuleType, stage: Stage
) -> None:
    def fail(_: bytes) -> None:
        raise LookupError

    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            path = request[0]
            if path == "/a" or path == "/b":
                ready.append((end, path))
                if len(ready) == 2:  # both are there in one turn of the loop, the first one first
                    for each, of in sorted(ready, key=lambda pair: pair[1]):
                        each.say(answer(of.encode()))
            else:
                end.say(answer(path.encode()))

    ready: list[tuple[End, str]] = []
    site = stage.site(play)
    with stage.pool(package, total=2, per_host=2) as pool:
        requests = [site.url("/a"), package.Request(site.url("/b"), sink=fail)]
        with pytest.raises(LookupError):
            list(pool.map(requests))
        for end, _ in ready:
            end.say(_FOREIGN)
        pages = list(pool.map([site.url("/c"), site.url("/d")]))
        assert sorted(page.body for page in pages) == [b"/c", b"/d"]
        assert [page.tries for page in pages] == [1, 1]


# ----------------------------------------------------------------- it raises


def test_a_jar_of_its_own_is_asked_once_and_what_it_raises_is_the_pages(
    package: ModuleType, stage: Stage
) -> None:
    def fail_once() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise LookupError("once")

    asked: list[int] = []
    own = _Own(package, "jar's header", fail_once)
    site = stage.site(_playing(own))
    with stage.pool(package, total=1, **own.settings) as pool:
        pages = list(pool.map([site.url(f"/own{number}") for number in range(4)], ordered=True))
        assert [type(page.error) for page in pages] == [
            type(None),
            LookupError,
            type(None),
            type(None),
        ]
        assert len(asked) == 4


# ----------------------------------------------------------------- it closes, or asks

_KINDS = [
    "sink",
    "informational",
    "fields",
    "body",
    "file",
    "allow",
    "jar's header",
    "jar's store",
]


def _check_nothing_left(pool: Any, site: Any) -> None:
    """The next run has its own pages, and nothing is counted but what there is."""
    slots = pool._engine.slots
    assert (slots.waiting, slots.open) == (0, len(slots.all_idle()))
    pages = list(pool.map([site.url(f"/next{number}") for number in range(3)], ordered=True))
    assert [page.error for page in pages] == [None] * 3
    assert [page.body for page in pages] == [b"/next0", b"/next1", b"/next2"]
    assert slots.open == len(slots.all_idle()) == len(pool._engine.connections)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("where", _KINDS)
def test_a_run_may_be_closed_by_what_it_calls(
    package: ModuleType, stage: Stage, where: str, ordered: bool
) -> None:
    own = _Own(package, where, lambda: run.close())
    site = stage.site(_playing(own))
    with stage.pool(package, total=1, **own.settings) as pool:
        before = [] if where == "allow" else [site.url("/before")]
        after = [site.url(f"/after{number}") for number in range(3)]
        run = pool.map([*before, own.request(site.url("/own")), *after], ordered=ordered)
        paths = [page.url.rpartition("/")[2] for page in run]
        assert paths == ["before"][: len(before)]
        heard = [path for end in site.ends for path in end.heard]
        assert "/after1" not in heard
        own.where = ""
        _check_nothing_left(pool, site)


@pytest.mark.parametrize("where", [*_KINDS, "iterable"])
def test_a_pool_may_be_closed_by_what_it_calls(
    package: ModuleType, stage: Stage, where: str
) -> None:
    def requests() -> Iterator[Any]:
        yield own.request(site.url("/own"))
        if where == "iterable":
            pool.close()
        yield site.url("/after")

    own = _Own(package, where, lambda: pool.close())
    site = stage.site(_playing(own))
    with stage.pool(package, total=1, **own.settings) as pool:
        with pytest.raises(RuntimeError, match="the pool was closed before its run had come"):
            list(pool.map(requests()))
        with pytest.raises(ValueError, match="the pool is closed"):
            pool.map([])
    while stage.turn():
        pass
    assert site.open() == 0


def test_a_sink_is_not_called_behind_the_end_of_its_run(package: ModuleType, stage: Stage) -> None:
    """Whichever of two answers is there first, the other is there in the same turn."""

    def play(end: End) -> Play:
        yield from end.request()
        ready.append(end)
        if len(ready) == 2:
            for each in ready:
                each.say(chunked(b"piece"))

    def sink(data: bytes) -> None:
        sunk.append(data)
        run.close()

    ready: list[End] = []
    sunk: list[bytes] = []
    site = stage.site(play)
    with stage.pool(package, total=2, per_host=2) as pool:
        run = pool.map([package.Request(site.url("/"), sink=sink) for _ in range(2)])
        assert list(run) == []
        assert sunk == [b"piece"]


@pytest.mark.parametrize("where", ["sink", "fields", "jar's header", "allow"])
def test_what_a_run_calls_cannot_have_its_pages(
    package: ModuleType, stage: Stage, where: str
) -> None:
    def ask() -> None:
        if asked:
            return
        with pytest.raises(RuntimeError, match="the run is at work just now"):
            next(run)
        asked.append(where)

    asked: list[str] = []
    own = _Own(package, where, ask)
    site = stage.site(_playing(own))
    with stage.pool(package, total=1, **own.settings) as pool:
        run = pool.map([own.request(site.url("/own")), site.url("/b")])
        assert list(run) == []  # by that error it was closed
        assert asked == [where]
        own.where = ""
        _check_nothing_left(pool, site)


def test_drop_may_close_the_run(package: ModuleType, stage: Stage) -> None:
    own = _Own(package, "", lambda: None)
    site = stage.site(_playing(own))
    with stage.pool(package, total=1) as pool:
        run = pool.map([site.url(f"/{number}") for number in range(9)])
        next(run)
        run.add(site.url("/late"), delay=9.0)
        run.drop(lambda request: run.close())
        assert list(run) == []
        _check_nothing_left(pool, site)


# ----------------------------------------------------------------- at any moment


def _is_in_finalizer(frame: FrameType | None) -> bool:
    """Whether it is the collector that calls: for another test's garbage, and what is raised there
    is dropped by Python.
    """
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _call_at(number: int, what: Callable[[], object], call: Callable[[], object]) -> bool:
    """Call `what` where, within `call`, a function of the pool is called for the so-manieth time.
    Return whether there was one.
    """
    left = [number]

    def on_call(frame: FrameType, event: str, given: object) -> None:
        is_call = event == "call" and "_pool" in frame.f_code.co_filename
        if is_call and not _is_in_finalizer(frame):
            left[0] -= 1
            if not left[0]:
                sys.setprofile(None)
                what()

    sys.setprofile(on_call)
    try:
        call()
    finally:
        sys.setprofile(None)
    return left[0] <= 0


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("kind", ["interrupt", "close"])
@pytest.mark.parametrize("is_warm", [False, True])
def test_at_whichever_call_a_signal_comes(
    package: ModuleType, stage: Stage, ordered: bool, kind: str, is_warm: bool
) -> None:
    """By its handler, which raises KeyboardInterrupt or closes the run."""
    site = stage.site(_playing(_Own(package, "", lambda: None)))
    was_called, number = True, 0
    while was_called:
        number += 1
        with stage.pool(package, total=1) as pool:
            if is_warm:
                list(pool.map([site.url("/warm")]))
            run = pool.map([site.url(f"/old{number}") for number in range(3)], ordered=ordered)
            try:
                what = _interrupt if kind == "interrupt" else run.close
                was_called = _call_at(number, what, partial(list, run))
            except KeyboardInterrupt:
                run.close()
            _check_nothing_left(pool, site)
        stage.clear()
    assert number > 20


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no such signals")
@pytest.mark.parametrize("ordered", [False, True])
def test_a_signal_in_the_middle_of_it(
    make_pool: Callable[..., Any], site: Site, ordered: bool
) -> None:
    """Also within what is compiled."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        # Python drops what is raised in a weak reference's function, as those of threads.
        is_ours = frame is not None and "_pool" in frame.f_code.co_filename
        if not is_ours or _is_in_finalizer(frame):
            signal.setitimer(signal.ITIMER_REAL, 0.0002)
            return
        raise KeyboardInterrupt

    site.default = answer(b"ok")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(20):
            pool = make_pool(total=4, per_host=4)
            list(pool.map(site.urls(4)))
            run = pool.map(site.urls(3000), ordered=ordered)
            signal.setitimer(signal.ITIMER_REAL, 0.002 + number * 0.0003)
            with pytest.raises(KeyboardInterrupt):
                for _ in run:
                    pass
            run.close()
            slots = pool._engine.slots
            assert (slots.waiting, slots.open) == (0, len(slots.all_idle()))
            assert all(page.body == b"ok" for page in pool.map(site.urls(4)))
            pool.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("ordered", [False, True])
def test_another_thread_may_close_a_run(
    make_pool: Callable[..., Any], site: Site, ordered: bool
) -> None:
    for number in range(20):
        pool = make_pool(total=3, per_host=3)
        list(pool.map(site.urls(3)))
        run = pool.map(site.urls(3000, "/old"), ordered=ordered)
        closing = threading.Timer(0.002 + number * 0.0003, run.close)
        closing.start()
        old = [page.url for page in run]
        closing.join(PATIENCE)
        assert len(old) < 3000
        assert not any(page.error for page in pool.map(site.urls(9)))
        assert pool._engine.slots.open == len(pool._engine.slots.all_idle())
        assert [page.url for page in pool.map([site.url("/new")])] == [site.url("/new")]
        pool.close()


# ----------------------------------------------------------------- behind an end


def test_what_was_added_to_a_closed_run_is_not_the_next_ones(
    package: ModuleType, stage: Stage
) -> None:
    """By a thread, for which the loop was to do it."""
    site = stage.site(_playing(_Own(package, "", lambda: None)))
    with stage.pool(package, total=1) as pool:
        old = pool.map([site.url("/old")])
        next(old)
        adder = threading.Thread(target=old.add, args=(site.url("/late"),))
        adder.start()
        adder.join(PATIENCE)
        old.close()
        _check_nothing_left(pool, site)
        assert "/late" not in [path for end in site.ends for path in end.heard]


def test_a_run_may_be_begun_by_what_has_closed_the_one_before(
    package: ModuleType, stage: Stage
) -> None:
    def begin_another() -> None:
        first.close()
        runs.append(pool.map([]))
        runs[0].add(site.url("/second"))

    runs: list[Any] = []
    own = _Own(package, "sink", begin_another)
    site = stage.site(_playing(own))
    with stage.pool(package, total=2, per_host=2) as pool:
        first = pool.map([own.request(site.url("/own")), site.url("/b"), site.url("/c")])
        paths = [page.url.rpartition("/")[2] for page in first]
        assert set(paths) <= {"b"}  # which had come before
        assert [page.body for page in runs[0]] == [b"/second"]
        _check_nothing_left(pool, site)


def test_another_thread_may_go_on_with_a_run_of_its_own(
    make_pool: Callable[..., Any], site: Site
) -> None:
    def take_over() -> None:
        old.close()
        bodies.extend(page.body for page in pool.map(site.urls(3, "/new")))

    site.default = answer(b"ok")
    for number in range(10):
        bodies: list[bytes] = []
        pool = make_pool(total=3, per_host=3)
        old = pool.map(site.urls(3000, "/old"))
        thread = threading.Timer(0.002 + number * 0.0005, take_over)
        thread.start()
        assert len(list(old)) < 3000
        thread.join(PATIENCE)
        assert bodies == [b"ok"] * 3
        pool.close()


def test_a_thread_that_waits_is_told_that_the_pool_was_closed(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """Also where the run waits for that thread."""

    def ask() -> None:
        try:
            pool.request("GET", site.url("/thread"))
        except ValueError as error:
            errors.append(str(error))

    def urls() -> Iterator[str]:
        yield site.url("/hang")
        time.sleep(0.02)  # for longer than requests are taken before they are started
        yield site.url("/waits")
        thread.start()
        while not pool._engine.slots._wanting:
            time.sleep(0.001)
        pool.close()
        thread.join(PATIENCE)

    errors: list[str] = []
    site.answers["/hang"] = hang
    thread = threading.Thread(target=ask)
    pool = make_pool(total=1)
    with pytest.raises(RuntimeError, match="the pool was closed before"):
        list(pool.map(urls()))
    assert errors == ["the pool is closed: make a new one"]


def test_who_adds_what_is_no_request_does_not_drive_from_then_on(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    def add() -> None:
        with pytest.raises(TypeError):
            run.add(5)

    pool = make_pool(total=1)
    run = pool.map([site.url("/")])
    adder = threading.Thread(target=add)
    adder.start()
    adder.join(PATIENCE)
    assert pool._engine._driving.driver == 0
    assert len(list(run)) == 1
