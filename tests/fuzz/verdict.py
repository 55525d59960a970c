"""What must hold, whatever a server answers.

- Nothing but documented exceptions: `http.client.HTTPException` and `OSError`, timeouts included.
- The compiled codec and its pure twin give the same; so do the fast way and the plain one.
- The judge, a CPython's http.client, gives the same but for the documented deviations.
- What `strict` and the limits let pass is the same as without them; what only watches changes
  nothing.
- A second request is answered by its own answer, whatever came of the first: on the same connection
  where that is in step, on a new one otherwise. It fails only where the first response is still
  being read.
- There is an end to everything: see target.py.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from fasthttp._bench.implementations import load_implementation

from ..client.response_observer import LOOSE_STYLES
from . import play_plan
from .judge import closes_at_last_byte, is_newest, leftover
from .link import ForeignSocket
from .plan import Plan
from .play_plan import Seen

#: Not compared, but judged alone.
_ALONE = ("documented", "second", "again", "finished")
#: What the judge does not have, or is known to do otherwise with the connection.
_NOT_JUDGED = ("informed", "raw_headers", "trailers", "skipped_lines", "conn_sock_open")
_PLACE = ("length_after", "chunk_left_after")
#: How a request fails on a connection that is in use: at once, or because the server has hung up.
_IN_THE_WAY = (
    *("http.client.ResponseNotReady", "http.client.RemoteDisconnected"),
    *("builtins.BrokenPipeError", "builtins.ConnectionResetError"),
)
#: What it looks like where bytes are read as an answer that are none.
_CROSSED = tuple(
    f"http.client.{name}"
    for name in (
        *("BadStatusLine", "HTTPException", "IncompleteRead"),
        *("LineTooLong", "UnknownProtocol"),
    )
)
#: Documented deviations: lengths that the stdlib's own arithmetic or the memory refuses.
_STDLIB_FAILS = ("builtins.OverflowError", "builtins.MemoryError")


@dataclass(frozen=True)
class Finding:
    """Something that must not be. Findings of the same `kind` are most likely the same."""

    kind: str
    detail: str


class Verdict:
    """Plays plans to all that are to be compared."""

    def __init__(self, judge: Any, implementations: tuple[str, ...] = ("c", "py")) -> None:
        self._judge = judge
        self._clients = {name: load_implementation(name) for name in implementations}
        self._is_newest = is_newest(judge)
        self._is_old = not closes_at_last_byte(judge)

    def __call__(self, plan: Plan) -> list[Finding]:
        """All that is wrong with what they made of this plan."""
        told, relaxed = None, None
        client = next(iter(self._clients.values()))
        with self._limits(plan):
            seen = {
                f"{name}/{way}": play_plan.play(client, plan, kind)
                for name, client in self._clients.items()
                for way, kind in (("fast", socket.socket), ("plain", ForeignSocket))
            }
            if plan.policy:
                relaxed = play_plan.play(client, plan.under(""), socket.socket)
            elif plan.max_headers is None or self._is_newest:
                told = play_plan.play(self._judge, plan, socket.socket)
        first = next(iter(seen))
        findings = []
        for who, got in seen.items():
            findings += list(_wrong_alone(got, who))
            # The plain way cannot tell whether an answer may still be waited for.
            ignored = () if who.endswith("/fast") else ("conn_sock_open",)
            if differing := _differing(plan, seen[first], got, ignored):
                findings.append(_difference(first, seen[first], who, got, differing))
        if told is not None:
            findings += self._against_judge(plan, told, seen[first])
            findings += list(self._about_connections(plan, told, seen))
        if relaxed is not None:
            findings += _against_relaxed(plan, relaxed, seen[first])
        return findings

    def _against_judge(self, plan: Plan, told: Seen, got: Seen) -> list[Finding]:
        if told["exc_class"] in _STDLIB_FAILS:
            return []
        if not self._is_newest:
            if _is_limited_otherwise(told, got):
                return []
            told = _without_blank_line(told, got)
        if self._is_old:
            told = _closed_at_last_byte(plan, told, got)
        differing = _differing(plan, told, got, _NOT_JUDGED)
        return [_difference("judge", told, "fasthttp", got, differing)] if differing else []

    def _about_connections(
        self, plan: Plan, told: Seen, everybody: dict[str, Seen]
    ) -> Iterator[Finding]:
        """Used again where it is in step, as the judge does, and never where it is not."""
        rest = leftover(self._judge, plan.answer, plan.method)
        for who, got in everybody.items():
            way = who.partition("/")[2]
            if got["second"] != play_plan.SECOND or not _is_read(plan, got):
                continue
            if rest and not got["again"]:
                yield Finding(f"{way}: a connection with bytes left over was used again", who)
            # What follows a 101 is another protocol (RFC 9110 15.2.2).
            in_step = rest == b"" and told["second"] == play_plan.SECOND and not told["again"]
            in_step = in_step and got["status"] != 101 and not _is_coded_otherwise(got)
            if in_step and got["again"] and self._is_strict(plan):
                yield Finding(f"{way}: a connection in step was not used again", who)

    def _is_strict(self, plan: Plan) -> bool:
        """Whether the answer has one reading, so that its connection may be used again."""
        client = next(iter(self._clients.values()))
        with self._limits(plan):
            return not play_plan.play(client, plan.under("strict"), socket.socket)["exc_class"]

    @contextlib.contextmanager
    def _limits(self, plan: Plan) -> Iterator[None]:
        with (
            mock.patch.object(http.client, "_MAXLINE", plan.max_line),
            mock.patch.object(self._judge, "_MAXLINE", plan.max_line),
        ):
            yield


def _is_coded_otherwise(got: Seen) -> bool:
    """Whether a coding is not exactly chunked, which ends the connection even behind a HEAD."""
    fields = ((name.lower(), value.lower()) for name, value in got["headers"])
    return any(name == "transfer-encoding" and value != "chunked" for name, value in fields)


def _is_limited_otherwise(told: Seen, got: Seen) -> bool:
    """Whether one met a limit that a judge before 3.15 does not have, or draws elsewhere."""
    texts = (str(seen.get("exc_str")) for seen in (told, got))
    return any(text.startswith("got more than 100 ") for text in texts)


def _without_blank_line(told: Seen, got: Seen) -> Seen:
    """What a judge before 3.15 gave without the blank line behind the headers, which it keeps in
    the payload that the email package makes of lines it does not take for headers.
    """
    payload = got.get("payload")
    if isinstance(payload, str) and told.get("payload") in (payload + "\r\n", payload + "\n"):
        return {**told, "payload": payload}
    return told


def _closed_at_last_byte(plan: Plan, told: Seen, got: Seen) -> Seen:
    """What a judge gave that does not close a response with its last byte, as if it did; nor need
    it know the cause of an error, as 3.10 does not.
    """
    told = {**told, "exc_cause": told.get("exc_cause") or got.get("exc_cause")}
    if told.get("length_after") == 0:
        told["isclosed_after"] = got.get("isclosed_after")
    if plan.style == "calls" and ("isclosed", None) in plan.calls:
        told["trace"] = got.get("trace")
    return told


def _against_relaxed(plan: Plan, relaxed: Seen, got: Seen) -> list[Finding]:
    watching = plan.policy in ("deadline", "informed")
    if plan.policy == "skip_bad_lines" or (got["exc_class"] and not watching):
        return []
    framing = ("chunked", "length", "will_close")
    if plan.policy == "strict" and any(got.get(field) != relaxed.get(field) for field in framing):
        return []  # what http.client takes for no length and no coding may be one by RFC 9112 6.3
    differing = _differing(plan, relaxed, got, ("informed", "conn_sock_open"))
    if not differing:
        return []
    return [_difference("without a policy", relaxed, plan.policy, got, differing)]


def _comparable(plan: Plan, seen: Seen) -> Seen:
    """What does not depend on how the bytes came."""
    dropped: tuple[str, ...] = _ALONE
    if seen["exc_class"] and not seen["exc_class"].startswith("http.client."):
        dropped += _PLACE  # of no consequence: after such an error nothing more can be read
    if plan.style in LOOSE_STYLES:
        # Where a body was when it broke, or ended, depends on how much was read at a time.
        dropped += ("trace", "isclosed_after", "closed_after", "conn_sock_open", *_PLACE)
        if seen["exc_class"]:
            dropped += ("exc_str", "exc_partial", "exc_expected", "exc_cause")
    return {field: value for field, value in seen.items() if field not in dropped}


def _differing(plan: Plan, one: Seen, other: Seen, ignored: tuple[str, ...]) -> list[str]:
    one, other = _comparable(plan, one), _comparable(plan, other)
    fields = (one.keys() | other.keys()) - set(ignored)
    return sorted(field for field in fields if one.get(field) != other.get(field))


def _difference(whose: str, one: Seen, name: str, other: Seen, fields: list[str]) -> Finding:
    kind = f"{whose} and {name} differ: {' '.join(fields)}"
    if "exc_class" in fields:
        kind += f" ({one['exc_class']}, {other['exc_class']})"
    lines = (f"  {f}: {one.get(f)!r:.300}\n  {'':{len(f)}}  {other.get(f)!r:.300}" for f in fields)
    return Finding(kind, "\n".join(lines))


def _wrong_alone(got: Seen, who: str) -> Iterator[Finding]:
    way = who.partition("/")[2]
    if not got["documented"]:
        yield Finding(f"{way}: {got['exc_class']} is not documented", f"{who}: {got['exc_str']}")
    if not _is_right_second(got):
        second, behind = got["second"], got["exc_class"] or "a body"
        if isinstance(second, list) or second in _CROSSED:
            second = "what belongs to the first"
        kind = f"{way}: the second request got {second}, behind {behind}"
        yield Finding(kind, f"{who}: {got['second']!r}")


def _is_right_second(got: Seen) -> bool:
    if got["second"] == play_plan.SECOND:
        return True
    # A response in good order is in the way until it is read or closed, as in http.client.
    in_the_way = not got["finished"] and not got["exc_class"]
    return in_the_way and got["second"] in _IN_THE_WAY


def _is_read(plan: Plan, seen: Seen) -> bool:
    """Whether a response was read to the end of its message, and not just closed."""
    done = seen["phase"] == "done" and seen["isclosed_after"]
    return bool(done) and ("close", None) not in plan.calls
