"""A jar of cookies that many requests share: what it keeps, and what it gives to which host.

After RFC 6265bis (draft 20), sections 5.7 and 5.8. What a single field means is in cookie_rules.py.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .cookie_rules import (
    Cookie,
    Said,
    domain_matches,
    fault_of,
    is_address,
    path_matches,
    path_of,
    read,
)
from .public_suffixes import is_public_suffix

if TYPE_CHECKING:
    from http.cookiejar import Cookie as StdlibCookie
    from http.cookiejar import CookieJar
else:
    StdlibCookie = CookieJar = object  # for typing.get_type_hints()

#: More cookies for a domain, or in all, and those used least lately go until `_LEFT` are left (the
#: limits of Chrome; RFC 6265bis asks for 50 and 3,000 at least). By more than one at a time, since
#: all have to be looked at.
_MOST_PER_DOMAIN, _LEFT_PER_DOMAIN = 180, 150
_MOST, _LEFT = 3_300, 3_000
#: Hosts for which the cookies are kept ready.
_MOST_VIEWS = 10_000
#: So many fields, of so many characters, of which is kept what they say: many servers send the same
#: with each answer.
_MOST_READ, _LONGEST_READ = 1_000, 1_000

_FOREVER = float("inf")
_Key = tuple[str, bool, str]


class _Kept:
    """A cookie in the jar."""

    __slots__ = ("cookie", "order", "until", "used")

    def __init__(self, cookie: Cookie, order: int, used: float) -> None:
        self.cookie = cookie
        #: Grows from cookie to cookie: the creation-time of the RFC, without two that are equal.
        self.order = order
        self.used = used
        self.until = _FOREVER if cookie.expires is None else cookie.expires

    def renews(self, cookie: Cookie, now: float) -> bool:
        """Take over what the same cookie says anew, where no view is to change by it."""
        until = _FOREVER if cookie.expires is None else cookie.expires
        old = self.cookie
        if until < self.until or cookie.value != old.value or cookie.secure != old.secure:
            return False
        self.cookie, self.until, self.used = cookie, until, now
        return True


class _View:
    """The cookies for one host, sorted as they are sent, and that as text."""

    __slots__ = ("everywhere", "kept", "parts", "text", "until", "used")

    def __init__(self, kept: list[_Kept], now: float) -> None:
        self.kept = kept
        self.until = min((each.until for each in kept), default=_FOREVER)
        self.used = now
        self.everywhere = all(each.cookie.path == "/" for each in kept)
        self.parts = [(each.cookie.path, _text_of(each.cookie), each) for each in kept]
        self.text = "; ".join(text for _, text, _ in self.parts)


class Cookies:
    """A jar of cookies after RFC 6265bis; a pool, and threads beside it, share it.

    Give it what it is to begin with: another jar, a `CookieJar`, or any iterable of
    cookies of either kind; what could not be sent is left out. Iterating gives each as a `Cookie`.

    Cookies that have expired are never sent. They go when a request comes upon them, or by
    `expire()`; until then they are counted and iterated over.

    SameSite is kept, but not enforced. Hosts of one owner are told from others by the public suffix
    list of `publicsuffixlist` or `tldextract`, where one of them is installed; else by a simple
    rule, which does not know the like of github.io.
    """

    def __init__(self, cookies: Iterable[Cookie | StdlibCookie] = ()) -> None:
        self._lock = threading.Lock()
        self._clear()
        self.update(cookies)

    def _clear(self) -> None:
        self._domains: dict[str, dict[_Key, _Kept]] = {}
        #: The secure ones by their names, for `_would_shadow`.
        self._secure: dict[str, dict[tuple[str, _Key], _Kept]] = {}
        self._number = 0
        self._last_order = 0
        #: The latest time that the jar was told.
        self._latest = 0.0
        #: What fields have said, by whether it came by TLS and from which host.
        self._read: dict[tuple[str, bool, str], Said] = {}
        self._forget_views()

    # What a pool calls.

    def store(
        self, fields: Iterable[str], is_secure: bool, host: str, target: str, now: float
    ) -> None:
        """Keep the cookies of an answer's Set-Cookie fields (5.7).

        `host` is that of the request's URL, an IPv6 address without brackets; `target` is its path,
        a query may be behind it. What the RFC refuses is left out without a word.
        """
        host = host.lower()
        for field in fields:
            said = self._read.get((field, is_secure, host))
            if said is None:
                said = read(field, is_secure, host, target)
                if said is None:
                    continue
                if said.has_path and len(field) <= _LONGEST_READ:
                    if len(self._read) >= _MOST_READ:
                        self._read.clear()
                    self._read[field, is_secure, host] = said
            cookie = said.at(now)
            with self._lock:
                if cookie.secure or is_secure or not self._would_shadow(cookie, now):
                    self._latest = max(self._latest, now)
                    self._keep(cookie, now)

    def header(self, is_secure: bool, host: str, target: str, now: float) -> str:
        """Return what the Cookie field of a request is to hold, or "" (5.8.3).

        Longer paths come first, then older cookies.
        """
        if not self._domains:
            return ""
        view = self._views.get((is_secure, host))
        if view is None or view.until <= now:
            view = self._new_view(is_secure, host, now)
            if view is None:
                return ""
        if view.everywhere:
            view.used = now
            return view.text
        path = path_of(target)
        texts = []
        for cookie_path, text, kept in view.parts:
            if path_matches(path, cookie_path):
                kept.used = now
                texts.append(text)
        return "; ".join(texts)

    # What a program calls.

    def set(
        self,
        name: str,
        value: str,
        domain: str,
        path: str = "/",
        *,
        expires: float | None = None,
        secure: bool = False,
        http_only: bool = False,
        host_only: bool = True,
        same_site: str = "",
    ) -> None:
        """Keep a cookie of one's own; `ValueError` and `TypeError` say what is wrong with it.

        `domain` is a host; with `host_only=False` the cookie goes to the hosts below it too.
        `expires` is in seconds since the epoch; None: at the end of the session.
        """
        for what, given in (("name", name), ("value", value), ("domain", domain), ("path", path)):
            if not isinstance(given, str):
                raise TypeError(f"a cookie's {what} must be a str, not {type(given).__name__}")
        if not (expires is None or isinstance(expires, (int, float))):
            raise TypeError(
                f"a cookie's expires must be in seconds since the epoch, or None, not {expires!r}"
            )
        cookie = Cookie(
            name, value, domain.lower(), path, expires, secure, http_only, host_only, same_site
        )
        fault = fault_of(cookie)
        if fault:
            raise ValueError(fault)
        if not host_only and _is_for_one(cookie.domain):
            raise ValueError(
                f"{cookie.domain!r} is an address or a public suffix: nothing below it belongs to "
                "one owner, so host_only has to be True"
            )
        with self._lock:
            self._keep(cookie, self._latest)

    def update(self, cookies: Iterable[Cookie | StdlibCookie]) -> None:
        """Keep the cookies of another jar, a `Cookies` or a `CookieJar`.

        What could not be sent is left out. A cookie for a public suffix and all below it is kept
        for that one host.
        """
        if not isinstance(cookies, Iterable):
            raise TypeError(_no_cookies(cookies))
        ours = [each if isinstance(each, Cookie) else _converted(each) for each in cookies]
        for cookie in ours:
            if cookie is None or fault_of(cookie):
                continue
            if not cookie.host_only and _is_for_one(cookie.domain):
                cookie = cookie._replace(host_only=True)
            with self._lock:
                self._keep(cookie, self._latest)

    def get(self, name: str, domain: str, path: str | None = None) -> str | None:
        """Return the value of a cookie that is for exactly this domain; where several are, the one
        for the shortest path.
        """
        with self._lock:
            found = [each.cookie for each in self._named(name, domain, path)]
        return min(found, key=lambda cookie: len(cookie.path)).value if found else None

    def delete(self, name: str, domain: str, path: str | None = None) -> int:
        """Drop a cookie that is for exactly this domain, for all paths or the one given; return how
        many have gone.
        """
        with self._lock:
            found = self._named(name, domain, path)
            for each in found:
                self._drop(each)
        return len(found)

    def clear(self, domain: str | None = None) -> None:
        """Drop all cookies, or those that are for exactly this domain."""
        with self._lock:
            if domain is None:
                self._clear()
                return
            for each in list(self._domains.get(domain.lower(), {}).values()):
                self._drop(each)

    def expire(self, now: float) -> None:
        """Drop the cookies that have expired by then, in seconds since the epoch."""
        with self._lock:
            for each in self._all():
                if each.until <= now:
                    self._drop(each)

    def to_cookiejar(self) -> CookieJar:
        """Return a jar of the standard library with these cookies."""
        from . import cookie_files

        return cookie_files.to_cookiejar(self)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        lwp: bool = False,
        ignore_discard: bool = False,
        ignore_expires: bool = False,
    ) -> None:
        """Write a file that only its owner may read: all of it, or the one before stays.

        It has the format of `http.cookiejar.MozillaCookieJar`, as curl has, or of `LWPCookieJar`.
        Cookies for a session are written with `ignore_discard` only. What the format cannot hold is
        left out: with Mozilla's a tab, with LWP's a name that is no token.
        """
        from . import cookie_files

        cookie_files.save(self, path, lwp, ignore_discard, ignore_expires)

    def load(
        self,
        path: str | os.PathLike[str],
        *,
        ignore_discard: bool = False,
        ignore_expires: bool = False,
    ) -> None:
        """Add the cookies of a file in one of the formats of `save`.

        Raises `http.cookiejar.LoadError` for another.
        """
        from . import cookie_files

        self.update(cookie_files.load(path, ignore_discard, ignore_expires))

    def __iter__(self) -> Iterator[Cookie]:
        with self._lock:
            return iter([each.cookie for each in self._all()])

    def __len__(self) -> int:
        return self._number

    def __repr__(self) -> str:
        return f"<Cookies: {self._number} for {len(self._domains)} domains>"

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {"cookies": [(tuple(each.cookie), each.used) for each in self._all()]}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._lock = threading.Lock()
        self._clear()
        for fields, used in state["cookies"]:
            cookie = Cookie(*fields)
            if fault_of(cookie) is None:
                self._add(cookie, used)

    # What is called with the lock held.

    def _all(self) -> list[_Kept]:
        """Return all that are kept, oldest first."""
        kept = [each for domain in self._domains.values() for each in domain.values()]
        return sorted(kept, key=lambda each: each.order)

    def _named(self, name: str, domain: str, path: str | None) -> list[_Kept]:
        return [
            each
            for each in self._domains.get(domain.lower(), {}).values()
            if each.cookie.name == name and path in (None, each.cookie.path)
        ]

    def _would_shadow(self, cookie: Cookie, now: float) -> bool:
        """Whether what came without TLS could stand in for a secure cookie (5.7, step 16)."""
        rivals = self._secure.get(cookie.name)
        return rivals is not None and any(
            other.until > now
            and path_matches(cookie.path, other.cookie.path)
            and (
                domain_matches(other.cookie.domain, cookie.domain)
                or domain_matches(cookie.domain, other.cookie.domain)
            )
            for other in rivals.values()
        )

    def _keep(self, cookie: Cookie, now: float) -> None:
        if self._add(cookie, now):
            self._evict(cookie.domain, now)

    def _add(self, cookie: Cookie, now: float) -> bool:
        """Return whether anything is another than before, but for how long it is kept."""
        kept = self._domains.setdefault(cookie.domain, {})
        key = (cookie.name, cookie.host_only, cookie.path)
        old = kept.get(key)
        if old is None:
            self._number += 1
            self._last_order += 1
        elif old.renews(cookie, now):
            return False
        else:
            self._forget_secure(old.cookie, key)
        new = _Kept(cookie, self._last_order if old is None else old.order, now)
        kept[key] = new
        if cookie.secure:
            self._secure.setdefault(cookie.name, {})[cookie.domain, key] = new
        self._change(cookie.domain)
        return True

    def _drop(self, each: _Kept) -> None:
        cookie = each.cookie
        kept = self._domains[cookie.domain]
        key = (cookie.name, cookie.host_only, cookie.path)
        del kept[key]
        self._forget_secure(cookie, key)
        self._number -= 1
        if not kept:
            del self._domains[cookie.domain]
        self._change(cookie.domain)

    def _forget_secure(self, cookie: Cookie, key: _Key) -> None:
        if cookie.secure:
            same = self._secure[cookie.name]
            del same[cookie.domain, key]
            if not same:
                del self._secure[cookie.name]

    def _evict(self, domain: str, now: float) -> None:
        """Keep within the limits: what has expired goes first, then what is not secure of a domain
        with too many, then what is longest unused (5.7, at its end).
        """
        kept = self._domains[domain]
        for each in [each for each in kept.values() if each.until <= now]:
            self._drop(each)
        if len(kept) > _MOST_PER_DOMAIN:
            self._note_uses()
            worst = sorted(kept.values(), key=lambda e: (e.cookie.secure, e.used, e.order))
            for each in worst[: len(kept) - _LEFT_PER_DOMAIN]:
                self._drop(each)
        if self._number > _MOST:
            self._note_uses()
            worst = sorted(self._all(), key=lambda e: (e.until > now, e.used, e.order))
            for each in worst[: self._number - _LEFT]:
                self._drop(each)

    # Views. One that is being used may be out of date by the time that its text is sent: so may be
    # every answer of a jar that others change.

    def _new_view(self, is_secure: bool, host: str, now: float) -> _View | None:
        """Make ready what this host is sent; None where that is nothing. Takes the lock."""
        name = above = host.lower()
        while above not in self._domains:
            above = above.partition(".")[2]
            if not above:
                return None
        domains = list(_upwards(name))
        with self._lock:
            self._latest = max(self._latest, now)
            kept = []
            for domain in domains:
                for each in list(self._domains.get(domain, {}).values()):
                    if each.until <= now:
                        self._drop(each)
                    elif (domain == name or not each.cookie.host_only) and (
                        is_secure or not each.cookie.secure
                    ):
                        kept.append(each)
            kept.sort(key=lambda each: (-len(each.cookie.path), each.order))
            view = _View(kept, now)
            if len(self._views) >= _MOST_VIEWS:
                self._note_uses()
                self._forget_views()
            self._views[is_secure, host] = view
            for domain in domains:
                self._viewed.setdefault(domain, set()).add((is_secure, host))
            return view

    def _forget_views(self) -> None:
        self._views: dict[tuple[bool, str], _View] = {}
        #: For each domain, the views that are to be made again where its cookies change.
        self._viewed: dict[str, set[tuple[bool, str]]] = {}

    def _change(self, domain: str) -> None:
        """Forget the views of this domain, except for what they know of its cookies' use."""
        for key in self._viewed.pop(domain, ()):
            _note_use(self._views.pop(key))
            for above in _upwards(key[1].lower()):
                if above != domain:
                    self._forget_viewed(above, key)

    def _forget_viewed(self, domain: str, key: tuple[bool, str]) -> None:
        views = self._viewed[domain]
        views.remove(key)
        if not views:
            del self._viewed[domain]

    def _note_uses(self) -> None:
        for view in self._views.values():
            _note_use(view)


def _note_use(view: _View) -> None:
    if view.everywhere:
        for each in view.kept:
            each.used = max(each.used, view.used)


def _text_of(cookie: Cookie) -> str:
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value


def _upwards(host: str) -> Iterator[str]:
    """Give a host and the domains above it, which an address has not."""
    yield host
    if not is_address(host):
        while "." in host:
            host = host.partition(".")[2]
            yield host


def _is_for_one(domain: str) -> bool:
    return is_address(domain) or is_public_suffix(domain)


def _converted(cookie: StdlibCookie) -> Cookie | None:
    from . import cookie_files

    try:
        return cookie_files.from_stdlib(cookie)
    except AttributeError:
        raise TypeError(_no_cookies(cookie)) from None


def _no_cookies(given: object) -> str:
    return (
        "a jar takes a Cookies, a CookieJar, or an iterable of their cookies, not"
        f" {type(given).__name__}: Cookies().set(name, value, domain) keeps one of your own"
    )
