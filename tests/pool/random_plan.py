"""What a pool and its servers do, drawn from bytes: any bytes mean something, none the simplest.

So the same plans can be drawn by Hypothesis, by a seed and by a fuzzer, and be made smaller.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

_T = TypeVar("_T")

#: What a server does when it has heard a request: the first three are answers as they should be.
DEEDS = (
    *("length", "chunked", "pieces", "close", "until close", "interim", "empty", "trailers"),
    *("slow head", "drip", "early", "hangs up later", "evil", "longer", "odd lines", "no more"),
    *("cut", "reset", "stall", "garbage", "half-close", "bad size", "shut", "endless"),
)
#: What is special about an answer, where a pool looks at answers.
TWISTS = ("", "", "redirect", "elsewhere", "not now", "gzip", "cut gzip", "odd", "cookie")
_METHODS = ("GET", "GET", "GET", "POST", "HEAD", "PUT", "DELETE")
_BODIES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "bytes": lambda: b"x" * 300,
    "str": lambda: "text",
    "file": lambda: io.BytesIO(b"f" * 500),
    "pieces": lambda: iter([b"i" * 100, b"", b"j" * 100]),
    "large": lambda: b"l" * 200_000,
}
#: What is wrong with a request, as arguments of `Request`.
WRONG: dict[str, dict[str, Any]] = {
    "scheme": {"url": "ftp://127.0.0.1/"},
    "no host": {"url": "http:///x"},
    "space": {"url": "http://127.0.0.1:9/a b"},
    "field": {"headers": {"A": "b\r\nC: d"}},
    "body": {"body": object()},
    "method": {"method": "GE\nT"},
}


class Dice:
    """Draws from bytes; from zeros, where there are no more."""

    def __init__(self, data: bytes) -> None:
        self._left = iter(data)

    def below(self, limit: int) -> int:
        return next(self._left, 0) % limit

    def choice(self, choices: Sequence[_T]) -> _T:
        return choices[self.below(len(choices))]

    def one_in(self, times: int) -> bool:
        return self.below(times) == times - 1


@dataclass(frozen=True)
class Deed:
    """What a server does for one request; `size` is of the body, in copies of the path."""

    kind: str
    size: int
    cut: int
    seconds: float
    twist: str = ""


@dataclass(frozen=True)
class Asked:
    """A request, by number: to which server, None being one that refuses connections."""

    number: int
    site: int | None
    method: str
    body: str
    wrong: str | None = None
    sinks: bool = False
    deadline: float | None = None
    max_body: int | None = None
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return f"/{self.number}/{self.method}"

    @property
    def content(self) -> Any:
        return _BODIES[self.body]()

    @property
    def is_plain(self) -> bool:
        """Whether it can be put as a URL."""
        return self == Asked(self.number, self.site, "GET", "none")


@dataclass(frozen=True)
class Plan:
    """All of it. `added`: so many of the requests are added while the run goes on."""

    settings: dict[str, Any]
    sites: tuple[tuple[Deed, ...], ...]
    asked: tuple[Asked, ...]
    added: int
    ordered: bool
    #: After so many pages the consumer is away for so many seconds, at each of them.
    away: tuple[int, float]
    #: After so many pages the run is ended in this way, and another one begun.
    ends_after: int | None
    ending: str


def _deed(dice: Dice) -> Deed:
    kind = dice.choice(DEEDS)
    size = dice.choice((1, 2, 0, 5, 300, 9000))
    return Deed(kind, size, dice.below(256), dice.choice((0.0, 0.3, 1.0, 2.5, 7.0)))


def _asked(dice: Dice, number: int, sites: int) -> Asked:
    if dice.one_in(3):
        return Asked(number, dice.below(sites), "GET", "none")
    site = None if dice.one_in(20) else dice.below(sites)
    wrong = dice.choice(list(WRONG)) if dice.one_in(15) else None
    return Asked(
        number,
        site,
        dice.choice(_METHODS),
        dice.choice(list(_BODIES)) if dice.one_in(3) else "none",
        wrong,
        sinks=dice.one_in(6),
        deadline=dice.choice((2.0, 6.0)) if dice.one_in(6) else None,
        max_body=dice.choice((0, 10, 5000)) if dice.one_in(6) else None,
        fields=(("X-More", "y"),) if dice.one_in(3) else (),
    )


def draw(data: bytes) -> Plan:
    """The plan that these bytes stand for."""
    dice = Dice(data)
    settings = {
        "total": dice.choice((3, 1, 2, 6, 20)),
        "per_host": dice.choice((2, 1, 3, 10)),
        "delay": dice.choice((0, 0, 0, 0.5)),
        "timeout": dice.choice((3.0, 1.0, 20.0)),
        "deadline": dice.choice((15.0, 4.0, 60.0)),
        "idle_timeout": dice.choice((60.0, 2.0)),
        "queue_timeout": dice.choice((None, None, None, 5.0)),
        "max_body": dice.choice((None, None, None, 1000)),
        "retry_stale": not dice.one_in(4),
        "strict": dice.one_in(8),
    }
    sites = tuple(
        tuple(_deed(dice) for _ in range(1 + dice.below(6))) for _ in range(1 + dice.below(4))
    )
    count = 1 + dice.below(16)
    asked = tuple(_asked(dice, number, len(sites)) for number in range(count))
    plan = Plan(
        settings=settings,
        sites=sites,
        asked=asked,
        added=dice.below(count + 1) if dice.one_in(3) else 0,
        ordered=dice.one_in(4),
        away=(1 + dice.below(5), dice.choice((0.0, 0.0, 1.5, 40.0))),
        ends_after=dice.below(count) if dice.one_in(4) else None,
        ending=dice.choice(("close", "with", "sink", "iterable", "quiet")),
    )
    return _with_comfort(dice, plan) if dice.one_in(2) else plan


def _with_comfort(dice: Dice, plan: Plan) -> Plan:
    """The same, for a pool that looks at answers."""
    comfort = {
        "redirects": dice.choice((5, 0, 1, 2)),
        "retries": dice.choice((2, 0, 1, 3)),
        "decode": not dice.one_in(3),
        "cookies": not dice.one_in(3),
    }
    sites = tuple(
        tuple(replace(deed, twist=dice.choice(TWISTS)) for deed in deeds) for deeds in plan.sites
    )
    return replace(plan, settings={**plan.settings, **comfort}, sites=sites)
