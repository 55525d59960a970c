"""robots.txt (RFC 9309): what it allows, and in which order pages wait for it. Nothing here waits.

By `protego` where that is there, which takes the longest rule that matches, with * and $ in it;
else by the stdlib's parser.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from http.client import InvalidURL
from importlib import import_module
from typing import NamedTuple, Protocol
from urllib.robotparser import RobotFileParser

from .._pool import Page
from .._web import urls
from .._web.redirects import TooManyRedirects

__all__ = ["Ask", "Gate", "Go", "RefusedByRobots", "Rules", "Step", "rules_of"]

#: Bytes of a robots.txt that are taken (RFC 9309 2.5 asks for at least 500 KiB).
MAX_BODY = 512 << 10
#: The longest Crawl-delay that is heeded, in seconds.
LONGEST_DELAY = 60.0
#: URLs that may wait for a robots.txt, or for a Crawl-delay.
MOST_HELD = 10_000
#: Bytes of robots.txt of which the rules are kept, and how many an origin counts beyond its own.
#: Rules take some ten times as much memory as their text.
MOST_KEPT = 8 << 20
_ORIGIN_SIZE = 1 << 10


class RefusedByRobots(Exception):  # noqa: N818 - says what has happened
    """robots.txt does not allow the page, or could not be had."""


class Parsed(Protocol):
    """What both parsers do, in one way."""

    def allows(self, url: str) -> bool: ...

    def delay(self) -> float: ...


class _OfStdlib:
    def __init__(self, text: str, agent: str) -> None:
        self._parser = RobotFileParser()
        self._parser.parse(text.splitlines())
        self._agent = agent

    def allows(self, url: str) -> bool:
        return self._parser.can_fetch(self._agent, url)

    def delay(self) -> float:
        return float(self._parser.crawl_delay(self._agent) or 0.0)


class _OfProtego:
    def __init__(self, text: str, agent: str) -> None:
        self._parser = import_module("protego").Protego.parse(text)
        self._agent = agent

    def allows(self, url: str) -> bool:
        return bool(self._parser.can_fetch(url, self._agent))

    def delay(self) -> float:
        return float(self._parser.crawl_delay(self._agent) or 0.0)


def _parse(text: str, agent: str) -> Parsed:
    try:
        return _OfProtego(text, agent)
    except ImportError:
        return _OfStdlib(text, agent)


def _refusal(reason: object) -> str:
    return f"robots.txt could not be had: {reason}"


class Rules(NamedTuple):
    """What an origin allows."""

    parsed: Parsed | None = None
    #: Why nothing is allowed; None where `parsed` decides, or everything is.
    refusal: str | None = None
    delay: float = 0.0
    #: Bytes of text that `parsed` was made of.
    size: int = 0

    def refuses(self, url: str) -> str | None:
        """Return why a page must not be asked for; None if it may be."""
        if self.refusal is not None or self.parsed is None:
            return self.refusal
        try:
            return None if self.parsed.allows(url) else "robots.txt does not allow it"
        except Exception as error:  # as above
            return f"robots.txt cannot be understood: {error!r}"


def rules_of(page: Page, agent: str) -> Rules:
    """Return what the answer for a robots.txt means (RFC 9309 2.3.1).

    None there (4xx), or more redirects than are followed: everything is allowed. A server in
    trouble (5xx), or one that cannot be reached: nothing is. Of one that is too long, what came.
    """
    status = page.status
    is_cut = status == 200 and page.error is not None and len(page.body) >= MAX_BODY
    if page.error is not None and not is_cut:
        if isinstance(page.error, TooManyRedirects):
            return Rules()
        return Rules(refusal=_refusal(repr(page.error)))
    if status is not None and 300 <= status < 500 and status != 429:
        return Rules()
    if status is None or not 200 <= status < 300:
        return Rules(refusal=_refusal(f"status {status}"))
    try:
        parsed = _parse(page.body.decode("utf-8-sig", "replace"), agent)
        delay = max(0.0, min(parsed.delay(), LONGEST_DELAY))
        return Rules(parsed, delay=delay, size=len(page.body))
    except Exception as error:  # a parser's, at a text that it was not made for
        return Rules(refusal=f"robots.txt cannot be understood: {error!r}")


class Ask(NamedTuple):
    """Ask for the robots.txt of an origin."""

    origin: str


class Go(NamedTuple):
    """Ask for a page, after so many seconds."""

    url: str
    delay: float = 0.0


class Refuse(NamedTuple):
    """Do not ask for a page."""

    url: str
    error: RefusedByRobots


Step = Ask | Go | Refuse


class _Lane:
    """The pages of an origin that wait."""

    def __init__(self) -> None:
        #: As they were given, and as robots.txt knows them: without credentials and fragment.
        self.waiting: deque[tuple[str, str]] = deque()
        self.rules: Rules | None = None
        #: When the next one may start, and whether one is under way: with a Crawl-delay.
        self.next_at = 0.0
        self.is_busy = False

    def size(self) -> int:
        """Return what it counts of `MOST_KEPT`."""
        return _ORIGIN_SIZE + (self.rules.size if self.rules is not None else 0)

    def is_idle(self) -> bool:
        """Return whether nothing is lost with it but rules, which can be asked for again."""
        return self.rules is not None and not self.waiting and not self.is_busy


class Gate:
    """Lets pages pass when the robots.txt of their origin is there, and at the pace it asks for.

    With a Crawl-delay, one page of the origin is under way at a time. `steps` is what to do next.
    Rules are forgotten where there are many, those first whose pages came longest ago; a page that
    comes later has its robots.txt asked for again.
    """

    def __init__(self, agent: str, clock: Callable[[], float], least_delay: float = 0.0) -> None:
        self.agent = agent
        self._clock = clock
        self._least_delay = least_delay
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        #: What the lanes with rules count, and, where most cannot be forgotten, what they must
        #: count before it is tried again.
        self._kept = self._try_at = 0
        self._steps: deque[Step] = deque()
        self._held = 0

    def has_room(self) -> bool:
        """Return whether more URLs may come."""
        return self._held < MOST_HELD

    def steps(self) -> Iterator[Step]:
        """Take what is to be done."""
        while self._steps:
            yield self._steps.popleft()

    def offer(self, url: str) -> None:
        """Let a URL wait. What is no URL passes, and is an error of the pool's."""
        try:
            found = urls.parse(url)
        except InvalidURL:
            self._steps.append(Go(url))
            return
        origin = found.origin
        lane = self._lanes.get(origin)
        if lane is None:
            lane = self._lanes[origin] = _Lane()
            self._steps.append(Ask(origin))
        else:
            self._lanes.move_to_end(origin)
        lane.waiting.append((url, origin + found.target))
        self._held += 1
        self._advance(lane)

    def learn(self, origin: str, rules: Rules) -> None:
        """Take what an origin allows."""
        lane = self._lanes[origin]
        delay = max(rules.delay, self._least_delay) if rules.delay else 0.0
        lane.rules = rules._replace(delay=delay)
        lane.next_at = self._clock() + delay  # robots.txt itself was a request
        self._kept += lane.size()
        self._advance(lane)
        if self._kept > max(MOST_KEPT, self._try_at):
            self._forget()

    def _forget(self) -> None:
        """Forget what is idle, until a quarter is free: not to look through all for each one."""
        for origin, lane in list(self._lanes.items()):
            if self._kept <= MOST_KEPT // 4 * 3:
                break
            if lane.is_idle():
                self._kept -= lane.size()
                del self._lanes[origin]
        self._try_at = self._kept + MOST_KEPT // 4

    def end(self, url: str) -> None:
        """A page has come, or failed."""
        try:
            lane = self._lanes.get(urls.parse(url).origin)
        except InvalidURL:
            return
        if lane is not None:
            lane.is_busy = False
            self._advance(lane)

    def _advance(self, lane: _Lane) -> None:
        rules = lane.rules
        while rules is not None and lane.waiting and not lane.is_busy:
            url, place = lane.waiting.popleft()
            self._held -= 1
            refusal = rules.refuses(place)
            if refusal is not None:
                self._steps.append(Refuse(url, RefusedByRobots(refusal)))
                continue
            delay = 0.0
            if rules.delay:
                now = self._clock()
                delay = max(lane.next_at - now, 0.0)
                lane.next_at = now + delay + rules.delay
                lane.is_busy = True
            self._steps.append(Go(url, delay))
