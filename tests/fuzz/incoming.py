"""What must hold of `fasthttp.incoming`, whatever it is fed: it gives what `HTTPResponse` gives.

- The pull parser and the push parser, each with both codecs, give the same head, content, trailers,
  error and verdict on the connection, however the bytes are cut (tests/incoming/outcomes.py).
- Under the rules of the pool, for which there is no pull parser, the push parsers agree.
- What `take_whole` takes, it takes as the parser does; with both codecs the same.
- Nothing but documented exceptions; the same one again by each later call.
- Between two calls no more is kept than a line.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from unittest import mock

from ..incoming.outcomes import MODES, SCRAPING, Outcome, fed, pulled, whole_differs
from .plan import MAX_LINES, SETTINGS, cut, numbers_from
from .verdict import Finding

_METHODS = ("GET", "GET", "GET", "HEAD", "POST", "CONNECT", None)
_SETTINGS = {**MODES, "scraping": SCRAPING}
_MODES = tuple(_SETTINGS)


@dataclass(frozen=True)
class Feeding:
    """Bytes of an answer, as they are fed, and what the parser is told before."""

    method: str | None
    mode: str
    max_line: int
    pieces: tuple[bytes, ...]

    @property
    def wire(self) -> bytes:
        return b"".join(self.pieces)


def decode(data: bytes) -> Feeding:
    """The feeding that an input stands for; what is missing of its settings is 0."""
    settings, wire = data[:SETTINGS].ljust(SETTINGS, b"\0"), data[SETTINGS:]
    numbers = numbers_from(settings[5] << 8 | settings[6])
    return Feeding(
        method=_METHODS[settings[0] % len(_METHODS)],
        mode=_MODES[settings[1] % len(_MODES)],
        max_line=MAX_LINES[settings[3] % len(MAX_LINES)],
        pieces=cut(wire, settings[4], numbers),
    )


class Verdict:
    """Feeds, and compares with what is pulled."""

    def __init__(self, implementations: tuple[str, ...] = ("c", "py")) -> None:
        self._implementations = implementations

    def __call__(self, feeding: Feeding) -> list[Finding]:
        """All that is wrong with what they made of these bytes."""
        findings: list[Finding] = []
        with mock.patch.object(http.client, "_MAXLINE", feeding.max_line):
            outcomes = self._outcomes(feeding, findings)
            self._take_whole(feeding, findings)
        if not outcomes:
            return findings
        first, expected = next(iter(outcomes.items()))
        for who, got in outcomes.items():
            differing = [name for name in expected if expected[name] != got[name]]
            if differing:
                kind = f"{first} and {who} differ: {' '.join(differing)}"
                lines = (f"  {n}: {expected[n]!r:.300}\n  {'':8}{got[n]!r:.300}" for n in differing)
                findings.append(Finding(kind, "\n".join(lines)))
        return findings

    def _outcomes(self, feeding: Feeding, findings: list[Finding]) -> dict[str, dict[str, Any]]:
        given = {"method": feeding.method, **_SETTINGS[feeding.mode]}
        wire = feeding.wire
        ways = {
            "pulled": lambda name: pulled(name, wire, **given),
            "fed whole": lambda name: fed(name, (wire,), **given),
            "fed": lambda name: fed(name, feeding.pieces, **given),
        }
        if feeding.mode not in MODES:
            del ways["pulled"]
        outcomes = {}
        for name in self._implementations:
            for way, play in ways.items():
                who = f"{name} {way}"
                outcome = _played(who, partial(play, name), findings)
                if outcome is not None:
                    outcomes[who] = _comparable(outcome)
        return outcomes

    def _take_whole(self, feeding: Feeding, findings: list[Finding]) -> None:
        given = _SETTINGS[feeding.mode]
        taken = {
            name: whole_differs(name, feeding.wire, feeding.method, **given)
            for name in self._implementations
        }
        for name, differs in taken.items():
            if differs:
                findings.append(Finding(f"{name} take_whole gives something else", differs))
        if len({differs is None for differs in taken.values()}) > 1:
            findings.append(Finding("take_whole takes it with one codec only", repr(taken)))


def _played(who: str, play: Callable[[], Outcome], findings: list[Finding]) -> Outcome | None:
    try:
        return play()
    except Exception as error:  # whichever it is, it must not be
        findings.append(Finding(f"{who}: {type(error).__name__} is not documented", repr(error)))
        return None


def _comparable(outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None and outcome.error[0] != "IncompleteRead":
        outcome.body = b""  # of which the error of the pull parser says nothing
    return asdict(outcome)
