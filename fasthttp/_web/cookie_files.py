"""Cookies to and from `http.cookiejar`: its jars, and by its own readers and writers its files.

The two keep things differently:

- A dot before the domain there means what `host_only=False` means here. Without one, cookies go to
  hosts below it there unless a policy forbids it; here they never do.
- A host without a dot, "intranet", is "intranet.local" there. A cookie that comes from there goes
  to "intranet.local" here, since there may be such a host; only "localhost" gets its name back.
- A cookie without a name is one without a value there.
- Cookies for certain ports, which browsers do not have, are left out.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from http.cookiejar import Cookie as StdlibCookie
from http.cookiejar import CookieJar, DefaultCookiePolicy, LWPCookieJar, MozillaCookieJar

from .cookie_rules import Cookie, is_address

_LOCAL = ".local"
#: As servers write them, which is how they are kept there. The first is what its files look for.
_HTTP_ONLY = ("HTTPOnly", "HttpOnly", "httponly", "Httponly", "HTTPONLY")
_SAME_SITE = ("SameSite", "samesite", "Samesite", "sameSite", "SAMESITE")
#: What is read back as the same name from a file of LWP's.
_TOKEN = re.compile(r'[^=\s;,"\\]+')
_LWP_FIRST = "#LWP-Cookies-"


def to_cookiejar(cookies: Iterable[Cookie]) -> CookieJar:
    """Return a jar of the standard library with these cookies.

    By its policy, too, a cookie for one host goes to that host alone.
    """
    jar = CookieJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain))
    for cookie in cookies:
        jar.set_cookie(to_stdlib(cookie))
    return jar


def to_stdlib(cookie: Cookie) -> StdlibCookie:
    """Return a cookie as `http.cookiejar` has it."""
    rest = {_HTTP_ONLY[0]: ""} if cookie.http_only else {}
    if cookie.same_site:
        rest[_SAME_SITE[0]] = cookie.same_site
    return StdlibCookie(
        version=0,
        name=cookie.name or cookie.value,
        value=cookie.value if cookie.name else None,
        port=None,
        port_specified=False,
        domain=_to_stdlib_domain(cookie),
        domain_specified=not cookie.host_only,
        domain_initial_dot=not cookie.host_only,
        path=cookie.path,
        path_specified=True,
        secure=cookie.secure,
        expires=None if cookie.expires is None else _whole(cookie.expires),
        discard=cookie.expires is None,
        comment=None,
        comment_url=None,
        rest=rest,
    )


def from_stdlib(cookie: StdlibCookie) -> Cookie | None:
    """Return the cookie that one of `http.cookiejar` is, or None for one with a port."""
    if cookie.port is not None or not cookie.domain:
        return None
    name, value = (cookie.name, cookie.value) if cookie.value is not None else ("", cookie.name)
    sites = (cookie.get_nonstandard_attr(spelling) for spelling in _SAME_SITE)
    same_site = next((str(site) for site in sites if site), "").capitalize()
    return Cookie(
        name,
        value,
        _from_stdlib_domain(cookie.domain.lower()),
        cookie.path,
        None if cookie.expires is None else float(cookie.expires),
        bool(cookie.secure),
        any(cookie.has_nonstandard_attr(spelling) for spelling in _HTTP_ONLY),
        not cookie.domain.startswith("."),
        same_site if same_site in ("Strict", "Lax", "None") else "",
    )


def _to_stdlib_domain(cookie: Cookie) -> str:
    """Return the name under which the standard library looks for a host's cookies."""
    if not cookie.host_only:
        return "." + cookie.domain
    if ":" in cookie.domain:
        return f"[{cookie.domain}]{_LOCAL}"
    if "." not in cookie.domain:
        return cookie.domain + _LOCAL
    return cookie.domain


def _from_stdlib_domain(domain: str) -> str:
    if domain == "localhost.local":
        return "localhost"
    if domain.startswith("[") and domain.endswith("]" + _LOCAL):
        inner = domain[1 : -len("]" + _LOCAL)]
        return inner if is_address(inner) else domain
    return domain.removeprefix(".")


def _whole(seconds: float) -> int:
    """Return a time as files have it: without a fraction, and not beyond the year 9999."""
    return int(max(-(2.0**35), min(seconds, 253_402_300_799.0)))


def save(
    cookies: Iterable[Cookie],
    path: str | os.PathLike[str],
    lwp: bool,
    ignore_discard: bool,
    ignore_expires: bool,
) -> None:
    """Write a cookie file beside the one that is there, and put it in its place."""
    jar = LWPCookieJar() if lwp else MozillaCookieJar()
    fits = _fits_lwp if lwp else _fits_mozilla
    for cookie in cookies:
        if fits(cookie):
            jar.set_cookie(to_stdlib(cookie))
    path = os.path.realpath(path)
    descriptor, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".cookies-")  # 0600
    os.close(descriptor)
    try:
        jar.save(beside, ignore_discard=ignore_discard, ignore_expires=ignore_expires)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def _fits_mozilla(cookie: Cookie) -> bool:
    return "\t" not in cookie.name and "\t" not in cookie.value


def _fits_lwp(cookie: Cookie) -> bool:
    return _TOKEN.fullmatch(cookie.name or cookie.value) is not None


def load(
    path: str | os.PathLike[str], ignore_discard: bool, ignore_expires: bool
) -> MozillaCookieJar | LWPCookieJar:
    """Return the cookies of a file, whichever of the two formats it has."""
    path = os.fspath(path)
    with open(path, "rb") as file:
        is_lwp = file.read(len(_LWP_FIRST)) == _LWP_FIRST.encode()
    jar = LWPCookieJar() if is_lwp else MozillaCookieJar()
    jar.load(path, ignore_discard=ignore_discard, ignore_expires=ignore_expires)
    return jar
