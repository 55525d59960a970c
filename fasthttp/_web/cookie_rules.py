"""The rules of cookies, RFC 6265bis: what a Set-Cookie field says, and what it may say.

Sections are those of draft-ietf-httpbis-rfc6265bis-20. A text stands for bytes, one character for
each (ISO-8859-1), as `http.client` gives them; times are in seconds since the epoch.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .public_suffixes import is_public_suffix

#: In bytes (5.6): of name and value together, and of the value of an attribute.
MOST_OF_PAIR = 4_096
MOST_OF_ATTRIBUTE = 1_024
#: In seconds: no cookie that a server sets lasts longer (5.6.1, 5.6.2).
LONGEST_LIFE = 400 * 86_400.0

_GONE = float("-inf")
_BLANKS = " \t"
_NOT_TEXT = re.compile("[^\t\x20-\x7e\x80-\xff]")
_WHOLE_NUMBER = re.compile("-?[0-9]+")
#: What no name of a host has, and what would make a line of a cookie file another one.
_DOMAIN = re.compile(r"""[^\x00-\x20"#$,/;=?@\\\x7f-\U0010ffff]+""")
_PATH = re.compile("/[^\x00-\x1f;\x7f]*")
_NUMBER = re.compile("[0-9]+|0[xX][0-9A-Fa-f]*")
_SAME_SITE = {"none": "None", "lax": "Lax", "strict": "Strict"}

_DELIMITERS = re.compile("[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile("([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile("([0-9]{1,2})(?![0-9])")
_YEAR = re.compile("([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = 719_163
#: How much of a domain or a path is shown in an error.
_SHOWN = 80


class Cookie(NamedTuple):
    """A cookie. Its `repr` leaves the value out, so that a log does not let others in."""

    #: Empty for a cookie without a name, which is sent as its value alone.
    name: str
    value: str
    #: A host; with `host_only` False also the hosts below it. In lower case, without a dot first.
    domain: str
    path: str = "/"
    #: In seconds since the epoch; None for a cookie of this session.
    expires: float | None = None
    secure: bool = False
    http_only: bool = False
    host_only: bool = True
    #: "Strict", "Lax", "None", or "" where the server says nothing. Kept, but nothing is done by
    #: it: which site has led to a request, only a browser knows.
    same_site: str = ""

    def __repr__(self) -> str:
        hosts = self.domain if self.host_only else f"*.{self.domain}"
        return f"<Cookie {self.name if self.name else '(no name)'!r} for {hosts}{self.path}>"


def fault_of(cookie: Cookie) -> str | None:
    """Return what keeps a cookie from being kept, whoever made it, or None."""
    if _NOT_TEXT.search(cookie.name) or _NOT_TEXT.search(cookie.value):
        return "a cookie holds a control character, or one beyond ISO-8859-1: quote it"
    if ";" in cookie.name or ";" in cookie.value:
        return "a cookie holds a ';': quote it"
    if not (cookie.name or cookie.value):
        return "a cookie has neither a name nor a value"
    if _pair_of(f"{cookie.name}={cookie.value}") != (cookie.name, cookie.value):
        return "a cookie has a '=' in its name, or spaces around its name or value: quote it"
    if len(cookie.name) + len(cookie.value) > MOST_OF_PAIR:
        size = len(cookie.name) + len(cookie.value)
        return f"a cookie's name and value have {size} bytes, more than {MOST_OF_PAIR}"
    if not _DOMAIN.fullmatch(cookie.domain) or cookie.domain != cookie.domain.lower():
        return (
            "a cookie's domain must be the name of a host, in ASCII and lower case, such as"
            f" 'example.org', not {cookie.domain[:_SHOWN]!r}"
        )
    if cookie.domain.startswith("."):
        return (
            f"a cookie's domain, {cookie.domain[:_SHOWN]!r}, begins with a dot: leave it out, and"
            " say host_only=False"
        )
    if not _PATH.fullmatch(cookie.path):
        return (
            "a cookie's path must begin with '/', and hold no ';' and no control character, not"
            f" {cookie.path[:_SHOWN]!r}"
        )
    if cookie.expires is not None and cookie.expires != cookie.expires:
        return "a cookie's expires is not a number: it must be seconds since the epoch, or None"
    return _fault_of_prefix(cookie)


def _fault_of_prefix(cookie: Cookie) -> str | None:
    """What names beginning with __Secure- and __Host- promise (5.7, steps 20 to 22)."""
    start = (cookie.name or cookie.value)[:9].lower()
    is_host, is_secure = start.startswith("__host-"), start == "__secure-"
    if not (is_host or is_secure):
        return None
    if not cookie.name:
        return (
            "a cookie without a name, whose value begins with __Secure- or __Host-: give it a name"
        )
    if not cookie.secure:
        return "a cookie named __Secure- or __Host- has to be secure: say secure=True"
    if is_host and not (cookie.host_only and cookie.path == "/"):
        return (
            "a cookie named __Host- has to be for one host alone, and for the path '/': say"
            " host_only=True, path='/'"
        )
    return None


class Said(NamedTuple):
    """What a Set-Cookie field says, whenever it comes."""

    #: Until the date of Expires, if there is one.
    cookie: Cookie
    #: Of Max-Age, in seconds.
    life: int | None
    #: Whether the path is the field's own; else it is made of the target.
    has_path: bool

    def at(self, now: float) -> Cookie:
        """Return the cookie of the field that comes now."""
        cookie, life, _ = self
        expires = cookie.expires
        if life is not None:
            expires = now + min(life, LONGEST_LIFE) if life > 0 else _GONE
        elif expires is None:
            return cookie
        else:
            expires = min(expires, now + LONGEST_LIFE)
        return Cookie(*cookie[:4], expires, *cookie[5:])


def read(field: str, is_secure: bool, host: str, target: str) -> Said | None:
    """Return what a Set-Cookie field says (5.6, 5.7), or None where it is to be ignored.

    `host` is in lower case. A cookie that has expired is one, too: it takes away the one before.
    """
    if _NOT_TEXT.search(field):
        return None
    pair, *attributes = field.split(";")
    name, value = _pair_of(pair)
    said, date = _attributes(attributes)
    domain = _domain_of(said.get("domain", ""), host)
    if domain is None:
        return None
    path = said.get("path", "")
    has_path = path.startswith("/")
    cookie = Cookie(
        name,
        value,
        domain or host,
        path if has_path else default_path(target),
        date,
        "secure" in said,
        "httponly" in said,
        not domain,
        _SAME_SITE.get(said.get("samesite", "").lower(), ""),
    )
    if cookie.secure and not is_secure:
        return None
    if name[:7].lower() == "__host-" and "path" not in said:
        return None
    if fault_of(cookie):
        return None
    return Said(cookie, int(said["max-age"]) if "max-age" in said else None, has_path)


def _pair_of(text: str) -> tuple[str, str]:
    """Return name and value; without a "=", all is the value (5.6, steps 3 and 4)."""
    name, equals, value = text.partition("=")
    if not equals:
        name, value = "", name
    return name.strip(_BLANKS), value.strip(_BLANKS)


def _attributes(attributes: list[str]) -> tuple[dict[str, str], float | None]:
    """Return the last value of each attribute that means something, and the date of Expires."""
    said: dict[str, str] = {}
    date = None
    for attribute in attributes:
        key, _, value = attribute.partition("=")
        key, value = key.strip(_BLANKS).lower(), value.strip(_BLANKS)
        if len(value) > MOST_OF_ATTRIBUTE:
            continue
        if key == "max-age" and not _WHOLE_NUMBER.fullmatch(value):
            continue
        if key == "expires":
            parsed = parse_date(value)
            date = date if parsed is None else parsed
            continue
        said[key] = value
    return said, date


def _domain_of(domain: str, host: str) -> str | None:
    """Return what a Domain attribute comes to: "" for the host alone, None for a refused cookie."""
    domain = domain.removeprefix(".").lower()
    if not domain:
        return ""
    if domain == host:
        return "" if is_address(host) or is_public_suffix(host) else domain
    if not domain_matches(host, domain) or is_public_suffix(domain):
        return None
    return domain


def parse_date(text: str) -> float | None:
    """Return a date of the kind of "Wed, 09 Jun 2021 10:18:14 GMT" (5.1.1), or None."""
    time = day = month = year = None
    for token in _DELIMITERS.split(text):
        if time is None and (found := _TIME.match(token)):
            time = [int(part) for part in found.groups()]
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    hour, minute, second = time
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    import datetime  # at first use: few cookies have a date, and none may come at all

    try:
        days = datetime.date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return days * 86_400.0 + hour * 3_600 + minute * 60 + second


def is_address(host: str) -> bool:
    """Return whether a host is an IP address: it has a colon, or its last label is a number.

    The latter also takes in "127.1" and "0x7f.1", which are addresses to many readers.
    """
    return ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def domain_matches(host: str, domain: str) -> bool:
    """Return whether a host is this domain or below it (5.1.3); both are in lower case."""
    return host == domain or (host.endswith("." + domain) and not is_address(host))


def path_of(target: str) -> str:
    """Return the path of a request target: without its query."""
    path = target.partition("?")[0].partition("#")[0]
    return path if path.startswith("/") else "/"


def default_path(target: str) -> str:
    """Return the path for which a cookie is, where it does not say (5.1.4)."""
    return path_of(target).rpartition("/")[0] or "/"


def path_matches(path: str, cookie_path: str) -> bool:
    """Return whether the path of a request is that of a cookie, or below it (5.1.4)."""
    return path.startswith(cookie_path) and (
        len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"
    )
