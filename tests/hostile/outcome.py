"""What an exchange came to, and the tally of many."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Beside these only what the socket module raises: OSError and its subclasses, TimeoutError.
DOCUMENTED = (http.client.HTTPException, OSError)

#: A wait for what cannot come; descriptors left open; an answer to another request; a request on a
#: connection that is broken; an error of the next request; an error that is none of HTTP or of the
#: socket; another result than what arrived allows; bytes that arrived and were not given out;
#: another request of a pool's run that this one disturbed.
SORTS = (
    *("hang", "leak", "crossing", "kept", "not usable", "undocumented", "wrong", "lost"),
    "disturbed",
)

GOOD = b"HTTP/1.1 299 Good\r\nContent-Length: 6\r\n\r\nsecond"
SECOND = "/second"


@dataclass
class Outcome:
    """The status, the pieces of the body that were given out, and the error if there was one."""

    status: int | None = None
    pieces: list[bytes] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def got(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def kind(self) -> str:
        """The name of the error's class, or "answer"."""
        return "answer" if self.error is None else type(self.error).__name__

    def __str__(self) -> str:
        return f"{self.status} {self.got!r} {self.error!r}"


def attempt(act: Callable[[Outcome], Any]) -> Outcome:
    """Let `act` fill in an outcome; any Exception becomes part of it."""
    outcome = Outcome()
    try:
        act(outcome)
    except Exception as error:
        outcome.error = error.with_traceback(None)  # whose frames would keep sockets alive
        error.__context__ = error.__cause__ = None
    return outcome


@dataclass
class Tally:
    """Counts over many cases: `kinds` of outcomes, and findings by sort, each with its case."""

    cases: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[str]] = field(default_factory=dict)

    def find(self, sort: str, case: str, what: object) -> None:
        """Note a finding of one of SORTS."""
        self.findings.setdefault(sort, []).append(f"{case}: {what}")

    def count(self, sort: str) -> int:
        return len(self.findings.get(sort, ()))

    def add(self, other: Tally) -> None:
        self.cases += other.cases
        self.kinds += other.kinds
        for sort, cases in other.findings.items():
            self.findings.setdefault(sort, []).extend(cases)

    def __str__(self) -> str:
        """For an assertion: how many of each sort, and the first of each."""
        first = {f"{len(cases)} x {sort}": cases[0] for sort, cases in self.findings.items()}
        return "; ".join(f"{sort}: {case}" for sort, case in first.items())
