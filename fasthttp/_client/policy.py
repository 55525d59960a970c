"""What one connection asks for beyond http.client: its limits, its strictness, its patience.

A connection that asks for nothing has no `Policy`, so that ordinary requests do not pay for it.
"""

from __future__ import annotations

from .._codec.sizes import BUFFER_SIZE
from .._http.reasons import HEAD_LIMIT, LINE_BY_LINE
from .._http.rules import LENIENT, MAX_HEAD_BYTES, STRICT, Lenient, rules_for
from .deadline import seconds_of

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import Any

    from .._http.reasons import Reason


class Policy:
    """The settings of a connection, which `HTTPConnection` documents.

    Raises `ValueError` for settings that contradict each other or are no sensible numbers, and
    `TypeError` for those that are no numbers at all.
    """

    __slots__ = (
        "deadline",
        "idle_timeout",
        "max_head_bytes",
        "on_informational",
        "retry_stale",
        "rules",
        "skip_bad_lines",
        "strict",
    )

    def __init__(
        self,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
        strict: bool = False,
        skip_bad_lines: bool = False,
        max_head_bytes: int | None = None,
        deadline: float | None = None,
        retry_stale: bool = False,
        idle_timeout: float | None = None,
    ) -> None:
        #: How strictly responses are read.
        self.rules = rules_for(strict, skip_bad_lines, max_head_bytes, on_informational)
        self.on_informational = on_informational
        self.strict = strict
        self.skip_bad_lines = skip_bad_lines
        self.max_head_bytes = max_head_bytes
        self.deadline = None if deadline is None else seconds_of("deadline", deadline)
        self.retry_stale = retry_stale
        self.idle_timeout = (
            None if idle_timeout is None else seconds_of("idle_timeout", idle_timeout)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Policy, (
            self.on_informational,
            self.strict,
            self.skip_bad_lines,
            self.max_head_bytes,
            self.deadline,
            self.retry_stale,
            self.idle_timeout,
        )

    def head_bytes(self) -> int:
        """The most bytes of a header or trailer section."""
        return MAX_HEAD_BYTES if self.max_head_bytes is None else self.max_head_bytes

    def refuses_whole_heads(self, file: Any) -> Reason | None:
        """Why a head of the codec's plain form, next in `file`, needs a look at each of its lines;
        None where it needs none.
        """
        if self.max_head_bytes is not None and self.max_head_bytes < BUFFER_SIZE:
            return HEAD_LIMIT, self.max_head_bytes
        if self.rules is STRICT and not STRICT.allows_plain_head(file.peek()):
            return LINE_BY_LINE
        return None


def policy_of(response: Any) -> Policy | None:
    """Return what the connection asks of a response; None where nothing, or where nobody knows."""
    exchange = getattr(response, "_fasthttp_exchange", None)
    return None if exchange is None else exchange.policy


def rules_of(response: Any) -> Lenient:
    """Return how strictly a response is read."""
    policy = policy_of(response)
    return LENIENT if policy is None else policy.rules


def sift(response: Any, lines: list[bytes]) -> list[bytes]:
    """Return the field lines of a response to read on with; `skipped_lines` has the others.

    Raises `HTTPException` for those that are refused.
    """
    kept, skipped = rules_of(response).sift(lines)
    if skipped:
        response._fasthttp_skipped = [*response._fasthttp_skipped, *skipped]
    return kept
