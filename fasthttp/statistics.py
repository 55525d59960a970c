"""stats(): how much went through fasthttp, and why what was not accelerated was not.

    with fasthttp.counting():
        crawl()
    print(fasthttp.stats())

Counting is off until it is asked for, and then covers fasthttp's own classes, and `http.client`
while `install()` is in force, in all threads and connections, those that are open included. Pages
of a `Pool`, which needs no `install()`, are not counted. It takes some 50 microseconds of CPU a
request, more where a program puts many fields one by one. Who never counts is none the slower for
it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import patch
from ._counting import children, where, wrappers
from ._counting.totals import thread_time, totals

__all__ = ["Fallback", "Statistics", "counting", "start_counting", "stats", "stop_counting"]

#: Modules of clients that are not built on `http.client`, so that fasthttp cannot reach them.
_ELSEWHERE = (
    "aiohttp",
    "curl_cffi",
    "eventlet.green.http.client",  # a copy of http.client's source
    "geventhttpclient",
    "httpcore",
    "httpx",
    "impit",
    "niquests",
    "primp",
    "pycurl",
    "pyreqwest",
    "rnet",
    "tls_client",
    "tornado.httpclient",
    "twisted.web.client",
)


@dataclass(frozen=True)
class Fallback:
    """Calls that were not accelerated, but done step by step as `http.client` does it: `count`
    calls of `call`, for `reason`.

    `call` is a place of install()'s, such as "HTTPConnection.putheader", or a method of
    fasthttp's own classes, such as "fasthttp.client.HTTPConnection.request".
    """

    call: str
    reason: str
    count: int
    #: Of a response head: the first line that had this fault, cut. Where the value of its field may
    #: be a secret, the name alone.
    example: str = ""


@dataclass(frozen=True)
class Statistics:
    """What has been counted up to a moment; str() is a report for people."""

    #: Whether counting was on.
    counting: bool
    #: Whether install() was in force. If not, only fasthttp's own classes are counted.
    installed: bool
    #: Requests for whose response somebody has asked: calls of getresponse().
    requests: int
    #: Connections that carried them.
    connections: int
    #: Bytes given to the socket, without TLS. Files and iterables that the program gives to
    #: send() itself are not in it, nor are those that it sends past the connection.
    sent: int
    #: Bytes that sockets gave for responses, without TLS: heads, bodies, chunk sizes. Answers to
    #: CONNECT are not in it.
    received: int
    #: Seconds in calls that send, wait for and read responses, over all threads: most of it is
    #: time in which others work. Encoding a head line by line, by putheader(), is not in it.
    seconds: float
    #: Seconds of CPU in the same calls, the counting included, where the system tells; else None.
    #: Under gevent what other greenlets do meanwhile is in it.
    cpu_seconds: float | None
    #: Seconds for which counting was on.
    elapsed: float
    #: What was not accelerated, most frequent first.
    fallbacks: tuple[Fallback, ...]
    #: What install() has left alone, as place and reason.
    left_alone: tuple[tuple[str, str], ...]
    #: HTTP clients that the program has imported and that are not built on `http.client`.
    elsewhere: tuple[str, ...]
    #: Seconds of CPU of this whole process, all threads, while counting was on; without what the
    #: counting took of it, as far as that is known.
    process_cpu_seconds: float | None = None
    #: Child processes that were started meanwhile. What they do is not counted here.
    children: int = 0
    #: Whether the program has looked at `fetch`, `get` or `Pool` of fasthttp. Their pages, which
    #: need no install(), are not counted here.
    pool: bool = False

    def __str__(self) -> str:
        return "\n".join([*_amounts(self), *_ways(self), *_not_seen(self)])


def stats() -> Statistics:
    """What has been counted since counting began, or while it was on."""
    left_alone = tuple(sorted(patch.left_alone().items()))
    overhead = wrappers.overhead() if totals.timed else 0.0
    with totals.lock:
        by_count = sorted(totals.plain.items(), key=lambda item: (-item[1], item[0]))
        return Statistics(
            counting=totals.on,
            installed=patch.installed(),
            requests=totals.requests,
            connections=totals.connections,
            sent=totals.sent,
            received=totals.received,
            seconds=totals.seconds,
            cpu_seconds=totals.cpu_seconds if thread_time else None,
            elapsed=totals.elapsed,
            fallbacks=tuple(
                Fallback(*key, count, totals.examples.get(key, "")) for key, count in by_count
            ),
            left_alone=left_alone,
            elsewhere=tuple(name for name in _ELSEWHERE if name in sys.modules),
            process_cpu_seconds=max(
                totals.process_cpu_seconds - totals.timed * overhead, totals.cpu_seconds
            ),
            children=children.count(),
            pool=f"{__package__}._pool" in sys.modules,
        )


def start_counting() -> None:
    """Count from now on, from zero; does nothing where counting is on."""
    where.start()


def stop_counting() -> None:
    """Count no more; `stats()` keeps what there is."""
    where.stop()


@contextmanager
def counting() -> Iterator[None]:
    """Count for the time of a `with` block; where counting is on, it just goes on."""
    before = totals.on
    where.start()
    try:
        yield
    finally:
        if not before:
            where.stop()


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _amounts(given: Statistics) -> list[str]:
    requests = _plural(given.requests, "request")
    connections = _plural(given.connections, "connection")
    lines = [f"fasthttp: {requests} on {connections} in {given.elapsed:,.2f} s"]
    if given.requests:
        lines.append(f"  bytes: {given.sent:,} sent, {given.received:,} received")
        inside = f"  time inside: {given.seconds:,.3f} s in http.client's calls"
        if given.cpu_seconds is not None:
            each = given.cpu_seconds / given.requests * 1e6
            inside += f", {given.cpu_seconds:,.3f} s of it CPU ({each:,.0f} us a request)"
        lines.append(inside)
        lines += _share(given)
    return lines


def _share(given: Statistics) -> list[str]:
    """What part of the process's CPU a faster `http.client` can change at all."""
    inside, whole = given.cpu_seconds, given.process_cpu_seconds
    if inside is None or not whole:
        return []
    inside = min(inside, whole)  # under gevent, what other greenlets do is in it more than once
    share = round(inside / whole * 100)
    return [
        f"  CPU of the whole process: {whole:,.3f} s, {inside:,.3f} s (about {share}%) of it in"
        " these calls:",
        f"    {'none' if share == 100 else f'the other {100 - share}%'} is spent elsewhere, and no"
        " faster http.client can save it",
    ]


def _ways(given: Statistics) -> list[str]:
    lines = []
    if not given.counting and not given.elapsed:
        lines.append("  counting has not been on: see fasthttp.counting()")
    if given.fallbacks:
        lines.append("  not accelerated, but done step by step as http.client does it, because of:")
        for each in given.fallbacks:
            such_as = f", such as {each.example}" if each.example else ""
            lines.append(f"    {each.count:,} x {each.call}: {each.reason}{such_as}")
    elif given.requests:
        lines.append("  all of these calls were accelerated, none was left to http.client's code")
    if given.left_alone:
        lines.append("  left alone by install():")
        lines += [f"    {place}: {why}" for place, why in given.left_alone]
    return lines


def _not_seen(given: Statistics) -> list[str]:
    """Where requests may have been made that nobody has counted."""
    lines = []
    if not given.installed:
        lines.append("  install() is not in force: only fasthttp.client's classes are counted")
    if given.elapsed and not given.requests:
        named = ", ".join(given.elsewhere)
        lines.append(
            "  no request went through http.client in this process; the program may make some"
        )
        if given.pool:
            lines.append(
                "    by fasthttp's own fetch, get or Pool, which need no install(): not counted"
            )
        lines += [
            f"    in child processes, which are not counted: {_started(given.children)}",
            "    by a client that is not on http.client, so not reached:"
            f" {f'it has imported {named}' if named else 'it has imported none that is known'}",
        ]
        return lines
    if given.pool:
        lines.append(
            "  pages of fasthttp's own fetch, get or Pool, which need no install(): not counted"
        )
    if given.children:
        lines.append(f"  {_started(given.children)}: what such a process asks is not counted here")
    if given.elsewhere:
        lines.append(f"  not on http.client, so not reached: {', '.join(given.elsewhere)}")
    return lines


def _started(children: int) -> str:
    if children == 1:
        return "1 child process was started"
    return f"{children or 'no'} child processes were started"
