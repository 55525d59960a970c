"""Plays the plans of random_plan.py, and says what must not have been.

- Each request ends exactly once, and with the page of its own URL: every answer has the path in its
  body and in a field. What is no answer is an error that is documented, and its page has nothing
  but a beginning of what was sent for it.
- No more sockets than `total`, counted by descriptors, nor than `per_host`, counted by the server,
  which also sees `delay`; no request that is not idempotent is heard twice.
- Where the pool looks at answers: a page has no more redirects and tries than it may, a body is
  decoded or an error, and cookies go back only to where they came from.
- No page takes longer than its deadline, and nothing hangs.
- When a run is over, what counts is what is idle; when the pool is closed, nothing is open.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPException
from itertools import pairwise
from types import ModuleType
from typing import Any

from fasthttp._bench.implementations import load_package

from ..hostile.arena import left_open, open_descriptors
from .random_plan import WRONG, Asked, Deed, Plan
from .stage import End, HangError, Play, Quiet, Stage

_EVIL = b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\nX-Path: evil\r\n\r\nevil"
_CUT = ("cut", "reset", "half-close")
_FAULTS: dict[str, Callable[[End], None]] = {
    "shut": End.stop,
    "stall": End.stall,
    "cut": End.stop,
    "reset": End.reset,
    "half-close": End.half_close,
}
_COOKIE = re.compile(rb"\r\nCookie: ([^\r]*)")
#: The most that a plan allows, where it says nothing.
_NO_COMFORT = {"redirects": 0, "retries": 0, "decode": False, "cookies": False}
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")
#: What a turn of the clock, and a loaded machine, may add to a page's seconds.
_SLACK = 0.01


class OwnError(Exception):
    """What the program itself raises, in a sink or in the iterable."""


class Game:
    """One plan, as it is played."""

    def __init__(self, package: ModuleType, plan: Plan, stage: Stage) -> None:
        self.package = package
        self.plan = plan
        self.stage = stage
        self.wrong: list[str] = []
        #: Answers that were sent to their end, by path: (status, body).
        self.sent: dict[str, list[tuple[int, bytes]]] = {}
        self.heard: Counter[str] = Counter()
        #: The same by path and query, which is another one behind each redirect.
        self.heard_each: Counter[str] = Counter()
        self.comfort = {**_NO_COMFORT, **plan.settings}
        self._hops = itertools.count()
        self.heard_at: list[list[float]] = []
        self.sunk: dict[int, bytes] = {}
        self.pages: dict[int, Any] = {}
        self.order: list[int] = []
        self.sites = [stage.site(self._serving(deeds)) for deeds in plan.sites]
        self.refusing = socket.socket()
        self.refusing.bind(("127.0.0.1", 0))
        self.pool = stage.pool(package, **plan.settings)
        self.slots = self.pool._engine.slots
        self.before = open_descriptors()
        stage.watch = self._count

    # ------------------------------------------------------------------- servers

    def _serving(self, deeds: tuple[Deed, ...]) -> Callable[[End], Play]:
        heard_at: list[float] = []
        self.heard_at.append(heard_at)

        def play(end: End) -> Play:
            while True:
                chosen: list[Deed] = []

                def on_head(target: str, chosen: list[Deed] = chosen) -> None:
                    path = target.partition("?")[0]
                    self._look_at_cookie(end, path)
                    self.heard_each[target] += 1
                    deed = deeds[len(heard_at) % len(deeds)]
                    heard_at.append(self.stage.clock.seconds)
                    self.heard[path] += 1
                    chosen.append(deed)
                    if deed.kind == "early":
                        self._say_all(end, deed, path)

                request = yield from end.request(on_head)
                if request is None:
                    return
                yield from self._do(end, chosen[0], request[0].partition("?")[0])
                if end.closed:
                    return

        return play

    def _look_at_cookie(self, end: End, path: str) -> None:
        found = _COOKIE.search(end.head)
        if found is not None and (
            not self.comfort["cookies"] or found[1] != f"id={path.split('/')[1]}".encode("ascii")
        ):
            self.wrong.append(f"a cookie of another: {found[1]!r} for {path}")

    def _body(self, deed: Deed, path: str, is_decoded: bool = False) -> bytes:
        body = f"{path};".encode("ascii") * deed.size
        if is_decoded or deed.twist not in ("gzip", "cut gzip"):
            return body
        coded = gzip.compress(body, mtime=0)
        return coded if deed.twist == "gzip" else coded[:-5]

    def _twist(self, deed: Deed, path: str) -> tuple[bytes, bytes]:
        """Return the status line of an answer, and the fields that say what is special about it."""
        status, fields, twist = b"HTTP/1.1 200 OK\r\n", "", deed.twist
        if twist in ("redirect", "elsewhere"):
            status = b"HTTP/1.1 %d Go\r\n" % _status(deed)
            port = self.sites[deed.cut % len(self.sites)].port
            place = "" if twist == "redirect" else f"http://127.0.0.1:{port}"
            fields = f"Location: {place}{path}?{next(self._hops)}\r\n"
        elif twist == "not now":
            status = b"HTTP/1.1 %d Not now\r\n" % _status(deed)
            fields = f"Retry-After: {deed.cut % 5}\r\n"
        elif twist in ("gzip", "cut gzip", "odd"):
            fields = f"Content-Encoding: {twist.rpartition(' ')[2]}\r\n"
        elif twist == "cookie":
            fields = f"Set-Cookie: id={path.split('/')[1]}\r\n"
        return status, fields.encode("ascii")

    def _say_all(self, end: End, deed: Deed, path: str) -> None:
        head, body, behind = self._answer(deed, path)
        self._note(deed, path)
        end.say(head + body + behind)

    def _note(self, deed: Deed, path: str) -> None:
        is_empty = deed.kind == "empty"
        is_decoded = self.comfort["decode"] and deed.twist == "gzip"
        body = b"" if is_empty or path.endswith("/HEAD") else self._body(deed, path, is_decoded)
        self.sent.setdefault(path, []).append((204 if is_empty else _status(deed), body))

    def _answer(self, deed: Deed, path: str) -> tuple[bytes, bytes, bytes]:
        """Return head, body, and what is said behind it at once."""
        body, kind = self._body(deed, path), deed.kind
        status, special = self._twist(deed, path)
        fields = b"X-Path: %b\r\n" % path.encode("ascii") + special
        behind = b""
        if kind == "empty":
            return b"HTTP/1.1 204 No\r\n" + fields + b"\r\n", b"", b""
        if kind == "interim":
            status = b"HTTP/1.1 103 E\r\nLink: x\r\n\r\n" + status
        if kind == "odd lines":
            fields += b"no colon\r\nA : b\r\n folded\r\n"
        if kind in ("close", "until close", "endless"):
            fields += b"Connection: close\r\n"
        if kind in ("until close", "endless"):
            framing = b""
        elif kind in ("chunked", "trailers", "bad size"):
            framing = b"Transfer-Encoding: chunked\r\n"
            half = len(body) // 2 or len(body)
            parts = [part for part in (body[:half], body[half:]) if part]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
            end = b"0\r\nX-Sum: 1\r\n\r\n" if kind == "trailers" else b"0\r\n\r\n"
            body = chunks + (b"+1\r\nx\r\n0\r\n\r\n" if kind == "bad size" else end)
        else:
            framing = b"Content-Length: %d\r\n" % len(body)
        if kind == "longer":
            behind = _EVIL
        if path.endswith("/HEAD"):
            body = b""
        return status + fields + framing + b"\r\n", body, behind

    def _do(self, end: End, deed: Deed, path: str) -> Play:
        kind = deed.kind
        head, body, behind = self._answer(deed, path)
        wire = head + body
        if kind in _FAULTS:
            end.say(wire[: deed.cut * len(wire) // 256] if kind in _CUT else b"")
            _FAULTS[kind](end)
        elif kind == "garbage":
            end.say(b"\0\1 no HTTP\r\n\r\n")
        elif kind in ("endless", "drip", "pieces", "slow head"):
            yield from self._do_slowly(end, deed, path, head, body)
        elif kind != "early":
            if kind != "bad size" or path.endswith("/HEAD"):
                self._note(deed, path)
            end.say(wire + behind)
            yield from self._do_behind(end, deed)

    def _do_slowly(self, end: End, deed: Deed, path: str, head: bytes, body: bytes) -> Play:
        kind, wire = deed.kind, head + body
        if kind == "endless":
            end.say(head)
            for _ in range(15):
                end.say(body or f"{path};".encode("ascii"))
                yield 2.0
            return
        self._note(deed, path)
        if kind == "slow head":
            yield deed.seconds
        step = max(1, len(wire) // (12 if kind == "drip" else 4))
        for at in range(0, len(wire), step):
            end.say(wire[at : at + step])
            yield deed.seconds if kind == "drip" else 0.0

    def _do_behind(self, end: End, deed: Deed) -> Play:
        """Do what comes behind an answer that was sent at once."""
        kind = deed.kind
        if kind in ("close", "until close"):
            end.stop()
        elif kind == "hangs up later":
            yield deed.seconds
            end.stop()
        elif kind == "evil":
            yield deed.seconds
            if not end.came:  # else it would be the answer to what has been asked
                end.say(_EVIL)
        elif kind == "no more":
            yield 1000.0

    # ------------------------------------------------------------------ the client

    def _request(self, asked: Asked) -> Any:
        site = None if asked.site is None else self.sites[asked.site]
        port = self.refusing.getsockname()[1] if site is None else site.port
        url = f"http://127.0.0.1:{port}{asked.path}"
        if asked.is_plain:
            return url
        given: dict[str, Any] = {
            "url": url,
            "method": asked.method,
            "headers": dict(asked.fields),
            "body": asked.content,
            "deadline": asked.deadline,
            "max_body": asked.max_body,
            "sink": self._sink_of(asked) if asked.sinks else None,
            "tag": asked,
        }
        return self.package.Request(**{**given, **(WRONG[asked.wrong] if asked.wrong else {})})

    def _sink_of(self, asked: Asked) -> Callable[[bytes], None]:
        def sink(content: bytes) -> None:
            if self.plan.ending == "sink" and len(self.pages) == self.plan.ends_after:
                raise OwnError("of a sink")
            self.sunk[asked.number] = self.sunk.get(asked.number, b"") + content

        return sink

    def _requests(self, asked: list[Asked]) -> Iterator[Any]:
        for each in asked:
            if self.plan.ending == "iterable" and each.number == self.plan.ends_after:
                raise OwnError("of the iterable")
            yield self._request(each)

    def play(self) -> None:
        """Play it all: one run, perhaps one that is ended, and another one behind it."""
        plan, every = self.plan, list(self.plan.asked)
        first, later = every[: len(every) - plan.added], every[len(every) - plan.added :]
        ended = False
        self.stage.ends_when_quiet = plan.ending == "quiet" and plan.ends_after is not None
        try:
            ended = self._run(self._requests(first), later)
        except (OwnError, Quiet):
            ended = True
        except HangError as error:
            self.wrong.append(f"hang: {error}")
            ended = True
        self.stage.ends_when_quiet = False
        self._look_at_rest()
        if not ended:
            self._look_at_all()
        self._run_again()
        self._look_at_rest()
        self.stage.watch = None
        self.pool.close()
        if self.slots.open:
            self.wrong.append(f"{self.slots.open} slots of a closed pool")
        self.refusing.close()
        self.stage.clear()

    def _run(self, requests: Iterator[Any], later: list[Asked]) -> bool:
        """Take the pages of a run. Return whether it was ended early."""
        plan = self.plan
        with contextlib.ExitStack() as stack:
            run = self.pool.map(requests, ordered=plan.ordered)
            if plan.ending == "with":
                stack.enter_context(run)
            for page in run:
                self._take(page)
                if later:
                    run.add(self._request(later.pop(0)))
                if len(self.pages) % plan.away[0] == 0 and plan.away[1]:
                    self.stage.be_away(plan.away[1])
                if plan.ends_after is not None and len(self.pages) > plan.ends_after:
                    if plan.ending == "close":
                        run.close()
                    return True
            for asked in later:  # whose turn did not come, as there were no pages
                self.pages.setdefault(asked.number, None)
        return False

    def _run_again(self) -> None:
        """The pool goes on as if nothing had been."""
        site = self.stage.site(_answering)
        self.before += 1  # its listener
        urls = [site.url(f"/again/{number}") for number in range(3)]
        try:
            pages = list(self.pool.map(urls, ordered=True))
        except HangError as error:
            self.wrong.append(f"hang: {error} in another run")
            return
        if self.plan.settings["queue_timeout"] is None or not self.plan.settings["delay"]:
            expected = [f"/again/{number}".encode() for number in range(3)]
            if [page.body for page in pages] != expected or any(page.error for page in pages):
                self.wrong.append(f"another run gives {pages}")

    # ------------------------------------------------------------------ what must be

    def _count(self) -> None:
        """Look at what is open, between two turns of the servers."""
        slots, settings = self.slots, self.plan.settings
        far = sum(1 for site in self.stage.sites for end in site.ends if not end.closed)
        near = open_descriptors() - self.before - far
        if near > settings["total"]:
            self.wrong.append(f"{near} sockets of {settings['total']}")
        if not 0 <= slots.open <= settings["total"]:
            self.wrong.append(f"{slots.open} slots of {settings['total']}")
        for site in self.sites:
            if site.open() > settings["per_host"]:
                self.wrong.append(f"{site.open()} connections to a host")

    def _take(self, page: Any) -> None:
        request = page.request
        asked = request.tag
        if asked is None:
            number = int(page.url.split("/")[3])
            asked = self.plan.asked[number]
        if asked.number in self.pages:
            self.wrong.append(f"two pages of {asked}")
        self.pages[asked.number] = page
        self.order.append(asked.number)
        for fault in self._faults(asked, page):
            self.wrong.append(f"{fault}: {page}, {page.phase}, {page.body[:60]!r}, of {asked}")

    def _faults(self, asked: Asked, page: Any) -> Iterator[str]:
        error, settings = page.error, self.plan.settings
        got = self.sunk.get(asked.number, b"") if asked.sinks else page.body
        # Of an answer that leads on, or that nobody can decode, no sink has the body.
        is_odd = self.comfort["decode"] and page.getheader("Content-Encoding") == "odd"
        is_aside = error is not None and (page.status not in (None, 200) or is_odd)
        if asked.sinks and page.body and not is_aside:
            yield "a body beside a sink"
        if asked.wrong:
            if not isinstance(error, (ValueError, TypeError, HTTPException, OSError)):
                yield "a wrong request"
            if self.heard[asked.path] and asked.wrong != "body":  # of which the head is sent
                yield "a wrong request was sent"
            return
        unit = f"{asked.path};".encode("ascii")
        is_coded = not self.comfort["decode"] and got[:1] == b"\x1f"
        if not is_coded and got != (unit * (len(got) // len(unit) + 1))[: len(got)]:
            yield "a body of another request"
        most = settings["max_body"] if asked.max_body is None else asked.max_body
        if most is not None and len(got) > most:
            yield "longer than max_body"
        if page.status is not None and page.getheader("X-Path") != asked.path:
            yield "a head of another request"
        seconds = settings["deadline"] if asked.deadline is None else asked.deadline
        if page.elapsed > seconds + _SLACK:
            yield f"{page.elapsed} seconds, of {seconds}"
        if error is None:
            sent = self.sent.get(asked.path, [])
            if (page.status, got) not in sent and not self._may_be_cut(asked):
                yield f"not what was sent: {[(s, len(b)) for s, b in sent]}, {len(got)}"
        elif not isinstance(error, (OSError, HTTPException)):
            yield f"undocumented: {error!r}"
        heard = self.heard[asked.path]
        if heard > max(page.tries, 1):
            yield f"heard {heard} times, in {page.tries} tries"
        if self.heard_each[asked.path] > 1 and not (
            asked.method in _IDEMPOTENT or asked.body == "file"
        ):
            yield f"heard {heard} times"
        redirects, retries = self.comfort["redirects"], self.comfort["retries"]
        if len(page.history) > redirects or len(page.retried) > retries:
            yield f"{len(page.history)} redirects, {len(page.retried)} second tries"
        # Each may be sent once more, over a fresh connection.
        most = 2 * (1 + len(page.history) + len(page.retried))
        if heard > most or page.tries > most + 1:
            yield f"heard {heard} times"

    def _may_be_cut(self, asked: Asked) -> bool:
        """Whether the end of an answer may be that of the connection, which nobody can tell."""
        assert asked.site is not None
        is_redirected = self.comfort["redirects"]
        sites = self.plan.sites if is_redirected else (self.plan.sites[asked.site],)
        return any(deed.kind == "endless" for site in sites for deed in site)

    def _look_at_all(self) -> None:
        """Look at a run that has come to its end."""
        missing = [asked for asked in self.plan.asked if asked.number not in self.pages]
        if missing:
            self.wrong.append(f"no page of {missing[:3]}")
        if self.plan.ordered and not self.plan.added and self.order != sorted(self.order):
            self.wrong.append(f"not in order: {self.order}")
        for heard_at in self.heard_at:
            gaps = [b - a for a, b in pairwise(heard_at)]
            if gaps and min(gaps) < self.plan.settings["delay"] - _SLACK:
                self.wrong.append(f"starts {min(gaps)} seconds apart")

    def _look_at_rest(self) -> None:
        """Look at a pool whose run is over: only idle connections count."""
        engine, slots = self.pool._engine, self.slots
        idle = set(slots.all_idle())
        found = {
            "slots": slots.open == len(idle) == sum(host.open for host in self._hosts()),
            "connections": set(engine.connections) == idle,
            "dials": not engine.dials,
            "paused": not engine.leading.paused,
            "waiting": not slots.waiting and not any(host.waiting for host in self._hosts()),
            "pages": not any(connection.page for connection in idle),
            "timers": len(engine.loop.timers._heap) < 2000,
        }
        wrong = [name for name, is_right in found.items() if not is_right]
        if wrong:
            told = f"{slots.open} slots, {len(idle)} idle, {slots.waiting} waiting"
            self.wrong.append(f"behind a run: {wrong}: {told}")

    def _hosts(self) -> Any:
        return self.pool._engine.directory.hosts()


def _status(deed: Deed) -> int:
    if deed.twist in ("redirect", "elsewhere"):
        return (302, 301, 303, 307, 308)[deed.cut % 5]
    return (503, 429, 500)[deed.cut % 3] if deed.twist == "not now" else 200


def _answering(end: End) -> Play:
    while (request := (yield from end.request())) is not None:
        body = request[0].encode("ascii")
        end.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def play(implementation: str, plan: Plan) -> tuple[list[str], Counter[str]]:
    """Play a plan. Return what is wrong, and what came of the requests."""
    package = load_package(implementation)
    before = open_descriptors()
    with Stage() as stage:
        game = Game(package, plan, stage)
        game.play()
    if more := left_open(before):
        game.wrong.append(f"{more} descriptors are open")
    kinds = Counter(
        "answer" if page.error is None else type(page.error).__name__
        for page in game.pages.values()
        if page is not None
    )
    return game.wrong, kinds
