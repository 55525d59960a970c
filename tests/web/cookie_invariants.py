"""What must hold of a jar, whatever servers say: asked by hypothesis here, and by tests/fuzz.

- A cookie is for the host that has set it or a domain above it that is no public suffix; it lasts
  400 days at most; a secure one comes over TLS, and keeps what comes without TLS from its place.
- What is sent is what a slow and simple reading of the jar's cookies gives: for this host, path,
  scheme and time, in order.
- Nothing that is sent can end a line or holds a control character.
- Limits; a copy and a pickle are the same jar; the standard library takes every cookie.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import NamedTuple

from fasthttp._web import cookies as module
from fasthttp._web.cookie_rules import Cookie
from fasthttp._web.cookies import Cookies
from fasthttp._web.public_suffixes import is_public_suffix

HOSTS = (
    "example.com",
    "www.example.com",
    "a.www.example.com",
    "badexample.com",
    "com",
    "co.uk",
    "a.co.uk",
    "b.co.uk",
    "127.0.0.1",
    "1.127.0.0.1",
    "::1",
    "localhost",
    "a.localhost",
    "example.com.",
)
TARGETS = ("/", "/a", "/a/", "/a/b", "/a/b?c=/d", "/ab", "/a/b/c/", "*", "", "?x", "/a//b")
#: What fields are made of.
WORDS = (
    *("a", "b", "=", ";", "; ", " ", "\t", ",", '"', "a=1", "b=2", "a=", "=a", "\r\n", "\0", "\n"),
    *("; Domain=", "; domain=.", "; Path=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"),
    *("; Max-Age=", "; Max-Age=0", "; Max-Age=9", "; Max-Age=-1", "99999999999", "; Expires="),
    *(
        "Wed, 09 Jun 2021 10:18:14 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "; expires=9 May 2090 1:2:3",
    ),
    *("__Host-a", "__Secure-a", "__host-", "__SECURE-", "/a", "/a/b", "/", "\xe9", "\x7f", "\x85"),
    *(host for host in HOSTS),
    *("." + host for host in HOSTS[:3]),
    *("uk", "a" * 1_020, "b" * 4_000, "EXAMPLE.com", "[::1]", "\u0100", "x; Domain=example.com"),
)


class Step(NamedTuple):
    """What a server sends, from where, and how many seconds after the step before."""

    fields: tuple[str, ...]
    is_secure: bool
    host: str
    target: str
    later: float


def broken(steps: Sequence[Step]) -> list[str]:
    """Return what does not hold, in words, after each of these answers."""
    jar, now, wrong = Cookies(), 1_600_000_000.0, []
    for step in steps:
        now += step.later
        before = list(jar)
        jar.store(step.fields, step.is_secure, step.host, step.target, now)
        new = [cookie for cookie in jar if cookie not in before]
        wrong += [f"{said}: {tuple(each)}" for each in new for said in _of_new(each, step, now)]
        wrong += _lost_secure(before, list(jar), step)
        wrong += _sent(jar, now)
    wrong += _same(jar, pickle.loads(pickle.dumps(jar)), "a pickle")
    wrong += _same(jar, copy.copy(jar), "a copy")
    again = [cookie._replace(expires=None) for cookie in Cookies(jar.to_cookiejar())]
    # See cookie_files.py: only these names come back as they were.
    here = [each._replace(expires=None) for each in jar if "." in each.domain.strip(".")]
    wrong += [f"lost by the standard library: {tuple(each)}" for each in here if each not in again]
    return wrong


def _of_new(cookie: Cookie, step: Step, now: float) -> list[str]:
    wrong = []
    if cookie.host_only:
        if cookie.domain != step.host:
            wrong.append("for another host")
    elif not _is_below(step.host, cookie.domain) or is_public_suffix(cookie.domain):
        wrong.append("for a domain that is not the host's")
    if cookie.secure and not step.is_secure:
        wrong.append("secure without TLS")
    if cookie.expires is not None and not now < cookie.expires <= now + 400 * 86_400:
        wrong.append("expires too early or late")
    if len(cookie.name) + len(cookie.value) > 4_096 or len(cookie.path) > 1_024:
        wrong.append("too long")
    start = (cookie.name or cookie.value).lower()
    if start.startswith(("__secure-", "__host-")) and not (cookie.secure and cookie.name):
        wrong.append("breaks the promise of its name")
    if start.startswith("__host-") and not (cookie.host_only and cookie.path == "/"):
        wrong.append("breaks the promise of its name: __Host-")
    return wrong


def _lost_secure(before: list[Cookie], after: list[Cookie], step: Step) -> list[str]:
    if step.is_secure or len(before) > module._LEFT_PER_DOMAIN:
        return []
    gone = [each for each in before if each.secure and each not in after and each.expires is None]
    return [f"taken away without TLS: {tuple(each)}" for each in gone]


def _is_below(host: str, domain: str) -> bool:
    labels, above = host.split("."), domain.split(".")
    is_number = ":" in host or host.replace(".", "").isdigit()
    return host == domain or (not is_number and labels[-len(above) :] == above)


def _sent(jar: Cookies, now: float) -> list[str]:
    wrong = []
    for host in HOSTS:
        for is_secure in (True, False):
            for target in TARGETS:
                sent = jar.header(is_secure, host, target, now)
                expected = _expected(list(jar), is_secure, host, target, now)
                if sent != expected:
                    wrong.append(f"sent to {is_secure} {host} {target}: {sent!r}, not {expected!r}")
                if any((c < " " and c != "\t") or c == "\x7f" or c > "\xff" for c in sent):
                    wrong.append(f"not text: {sent!r}")
    return wrong


def _expected(jar: list[Cookie], is_secure: bool, host: str, target: str, now: float) -> str:
    path = target.split("?")[0] or "/"
    path = path if path.startswith("/") else "/"
    chosen = []
    for cookie in jar:
        if cookie.secure and not is_secure:
            continue
        if cookie.expires is not None and cookie.expires <= now:
            continue
        if not (host == cookie.domain if cookie.host_only else _is_below(host, cookie.domain)):
            continue
        below = cookie.path if cookie.path.endswith("/") else cookie.path + "/"
        if path == cookie.path or path.startswith(below):
            chosen.append(cookie)
    chosen.sort(key=lambda cookie: -len(cookie.path))
    return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in chosen)


def _same(jar: Cookies, other: Cookies, what: str) -> list[str]:
    return [] if list(jar) == list(other) else [f"{what} differs: {list(jar)} and {list(other)}"]
