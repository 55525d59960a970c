"""What must hold of URLs and Locations, whatever they are.

- Nothing but `InvalidURL` is raised.
- A host, an origin, a target, a fragment and credentials are printable ASCII without a space: none
  can end a line.
- What a URL is taken apart into is a URL that means the same.
- Where a Location leads is an http or https URL that leads to itself, from anywhere; the host that
  it names is the host that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.client import InvalidURL
from urllib.parse import urlsplit

from fasthttp._web import urls as rules

from .plan import SETTINGS
from .verdict import Finding

_BASES = (
    "http://a/b/c/d;p?q",
    "https://name:word@h.test:8443/a/../b#part",
    "http://[fe80::1%25eth0]?q",
    " HTTP://b\u00fccher.test/\u00fc x ",
)
#: What bytes from 0xc0 on stand for, so that URLs are met often.
_PIECES = (
    *("http:", "https:", "HTTP:", "ftp:", "//", "/", "\\", "\\\\", "///", "@", ":", "::", "#", "?"),
    *("..", ".", "/../", "/./", "%2e", "%2E%2e", "%25", "%", "%0d%0a", "%00", "%2f", "%40", "%zz"),
    *("[", "]", "[::1]", "[fe80::1%25eth0]", "[::ffff:1.2.3.4]", "[fe80::1%e]", "[::]", "[v1.a]"),
    *("\u00e4", "\u00df", "\u2100", "\u3002", "\uff0e", "\uff0f", "\u200d", "\u0301", "\u05d0"),
    *("\U0001f4a9", "\ud800", "\u2028", "\u00a0", "\u0130", "\u00ad", "xn--", "xn--4ca", "-"),
    *("h.test", "a", "127.0.0.1", ":80", ":443", ":0", ":65536", "name:word@", "name@", " "),
)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Given:
    """A URL, and a Location that came from it."""

    base: str
    reference: str


def decode(data: bytes) -> Given:
    """Return what an input stands for: its first byte chooses the base, or lets it be the text."""
    settings, rest = data[:SETTINGS].ljust(SETTINGS, b"\0"), data[SETTINGS:]
    text = "".join(
        chr(byte) if byte < 0xC0 else _PIECES[(byte - 0xC0) % len(_PIECES)] for byte in rest
    )
    choice = settings[0] % (len(_BASES) + 1)
    if choice == len(_BASES):
        base, _, text = text.partition("\n")
        return Given(base, text)
    return Given(_BASES[choice], text)


class Verdict:
    """Takes apart, joins, and looks at what comes of it."""

    def __call__(self, given: Given) -> list[Finding]:
        """All that is wrong."""
        findings: list[Finding] = []
        self._played("parse", lambda: self._parse(given.reference), findings)
        self._played("join", lambda: self._join(given), findings)
        return findings

    def _played(self, name: str, play: Callable[[], str | None], findings: list[Finding]) -> None:
        try:
            wrong = play()
        except InvalidURL:
            return
        except Exception as error:  # whichever it is, it must not be
            wrong = f"{type(error).__name__} is not documented: {error!r}"
        if wrong is not None:
            findings.append(Finding(f"{name}: {wrong.partition(': ')[0]}", wrong))

    def _parse(self, text: str) -> str | None:
        found = rules.parse(text)
        wrong = _faults_of(found)
        if wrong is not None:
            return wrong
        again = _again(found.origin + found.target)
        if again != found._replace(fragment=None, authorization=None):
            return f"its parts mean something else: {found!r}, {again!r}"
        return None

    def _join(self, given: Given) -> str | None:
        made = rules.join(given.base, given.reference)
        if _PRINTABLE.fullmatch(made) is None:
            return f"no URL of printable ASCII: {made!r}"
        found = _again(made)
        if not isinstance(found, rules.Url):
            return f"it leads to no URL: {made!r}, {found!r}"
        for base in (made, *_BASES):
            # A fragment is the base's where the Location has none.
            if rules.join(base.partition("#")[0], made) != made:
                return f"it does not lead to itself: {made!r}"
        try:
            parts = urlsplit(made)
        except ValueError:
            # It takes any bracket for that of an address, also that of a password.
            if "[" in made or "]" in made:
                return _faults_of(found)
            return f"another reader refuses it: {made!r}"
        if "[" not in parts.netloc and (parts.hostname, parts.scheme) != (found.name, found.scheme):
            return f"another reader finds another host: {made!r}"
        return _faults_of(found)


def _again(url: str) -> rules.Url | Exception:
    try:
        return rules.parse(url)
    except InvalidURL as error:
        return error


def _faults_of(found: rules.Url) -> str | None:
    for text in (found.name, found.origin, found.target, *(found.fragment or "x").split()):
        if _PRINTABLE.fullmatch(text) is None:
            return f"not of printable ASCII: {found!r}"
    if not found.target.startswith("/") or "#" in found.target:
        return f"no target: {found!r}"
    if re.fullmatch(r"Basic [A-Za-z0-9+/]+=*", found.authorization or "Basic x") is None:
        return f"no credentials: {found!r}"
    if not found.name or not 0 < found.port < 65536:
        return f"no host: {found!r}"
    return None
