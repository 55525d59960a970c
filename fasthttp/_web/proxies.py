"""Proxies: what their URLs say, and which of them is asked for which server.

Sources: RFC 9110 7.3 and 11.7.2, RFC 7617 (Basic); for the environment, `urllib.request`.
"""

from __future__ import annotations

import itertools
import re
from base64 import b64encode
from urllib.parse import unquote_to_bytes

TYPE_CHECKING = False  # importing typing would take longer than all of this module
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The port where a URL names none.
_PORTS = {
    "http": 80,
    "https": 443,
    "socks4": 1080,
    "socks4a": 1080,
    "socks5": 1080,
    "socks5h": 1080,
}
_HOST_AND_PORT = re.compile(
    r"(?P<name>\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~-]+)?\]"
    r"""|[^\x00- "#%/:<>?@\[\\\]^`{|}\x7f]+)(?::(?P<port>[0-9]{0,5}))?/?"""
)
#: For so many seconds others are asked in the place of a proxy that could not be reached.
AVOIDED = 5.0
#: The most bytes of a name or a password (RFC 1929 2).
_MOST_OF_SOCKS = 255


class Proxy:
    """A proxy, by its URL. Its text is that URL without name and password."""

    __slots__ = (
        "authorization",
        "is_socks",
        "is_tls",
        "name",
        "password",
        "port",
        "scheme",
        "user",
    )

    def __init__(self, scheme: str, name: str, port: int, user: bytes | None, password: bytes):
        self.scheme = scheme
        self.name = name
        self.port = port
        self.user = user
        self.password = password
        self.is_tls = scheme == "https"
        self.is_socks = scheme.startswith("socks")
        #: The value of Proxy-Authorization; None where nobody has a name and a password.
        self.authorization: str | None = None
        if user is not None and not self.is_socks:
            self.authorization = "Basic " + b64encode(user + b":" + password).decode("ascii")

    def __repr__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.scheme}://{name}:{self.port}"

    @property
    def looks_up(self) -> bool:
        """Whether it looks names up itself. Else it is told an address (`socks4`, `socks5`)."""
        return self.scheme not in ("socks4", "socks5")


def parse(url: str) -> Proxy:
    """Return the proxy that a URL names; one without a scheme is an `http://`.

    Raises `ValueError`, whose text tells neither name nor password, and `TypeError`.
    """
    if not isinstance(url, str):
        raise TypeError(f"a proxy must be a URL, a str, not {type(url).__name__}")
    scheme, colon, rest = url.strip().partition("://")
    if not colon:
        scheme, rest = "http", scheme
    scheme = scheme.lower()
    if scheme not in _PORTS:
        raise ValueError(
            f"a proxy's URL must begin with one of {', '.join(_PORTS)}, not with {scheme[:20]!r}"
        )
    userinfo, at, place = rest.rpartition("@")
    found = _HOST_AND_PORT.fullmatch(place)
    if found is None:
        raise ValueError(
            f"a proxy's URL must be {scheme}://host:port, perhaps with name:password@ before the"
            f" host, not {scheme}://{place[:80]}"
        )
    name = found["name"].strip("[]")
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise ValueError(f"a proxy's port must be from 1 to 65535, not {port}")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"{name[:80]!r} is no name of a host: {error}") from None
    user, password = _credentials(scheme, userinfo) if at else (None, b"")
    return Proxy(scheme, name.lower(), port, user, password)


def _credentials(scheme: str, userinfo: str) -> tuple[bytes | None, bytes]:
    """Return name and password, without their quoting. Raises `ValueError`."""
    if not userinfo:
        return None, b""
    name, _, word = userinfo.partition(":")
    user, password = unquote_to_bytes(name), unquote_to_bytes(word)
    if scheme in ("http", "https"):
        if b":" in user:
            raise ValueError("the name before a proxy's host must not hold a colon (RFC 7617 2)")
    elif scheme in ("socks4", "socks4a"):
        if b"\0" in user or word:
            raise ValueError("SOCKS 4 has no passwords, and no NUL in a name: use socks5://")
    elif len(user) > _MOST_OF_SOCKS or len(password) > _MOST_OF_SOCKS:
        raise ValueError("name and password of a SOCKS proxy have at most 255 bytes each")
    elif not user:
        raise ValueError("a SOCKS proxy takes no password without a name (RFC 1929 2)")
    return user, password


class Routes:
    """Which proxies there are for which servers.

    `by_scheme` has those for "http" and for "https", which are taken in turn. `no_proxy` is a list
    of names as the variable of that name has it.
    """

    def __init__(self, by_scheme: Mapping[str, tuple[Proxy, ...]], no_proxy: str = "") -> None:
        self._by_scheme = by_scheme
        self._no_proxy = no_proxy
        self._turn = itertools.count()
        #: Until when those are not asked that could not be reached.
        self._avoided: dict[Proxy, float] = {}

    def proxies_for(self, scheme: str, name: str, port: int) -> tuple[Proxy, ...]:
        """Return the proxies that may be asked for a server; none where it is asked directly."""
        found = self._by_scheme.get(scheme, ())
        if found and self._no_proxy and self._is_direct(name, port):
            return ()
        return found

    def next(self, proxies: tuple[Proxy, ...], now: float = 0.0) -> Proxy:
        """Return one of them: the next one, whatever server the last one was for, but none that is
        avoided where there is another.
        """
        if self._avoided:
            good = tuple(each for each in proxies if self._avoided.get(each, now) <= now)
            proxies = good or proxies
        return proxies[next(self._turn) % len(proxies)]

    def avoid(self, proxy: Proxy, now: float) -> None:
        """Ask others for a while: this one could not be reached."""
        self._avoided[proxy] = now + AVOIDED

    def _is_direct(self, name: str, port: int) -> bool:
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

        listed = {"no": self._no_proxy}
        if ":" not in name:
            return bool(proxy_bypass_environment(f"{name}:{port}", listed))
        # urllib asks with brackets alone; people write an address without.
        ways = (f"[{name}]:{port}", name)
        return any(proxy_bypass_environment(way, listed) for way in ways)


def from_urls(given: str | Iterable[str]) -> Routes:
    """Return routes through one proxy, or through several in turn. Raises as `parse` does."""
    urls = [given] if isinstance(given, str) else list(given)
    if not urls:
        raise ValueError("a list of proxies must not be empty: proxy=None is for none")
    proxies = tuple(map(parse, urls))
    return Routes({"http": proxies, "https": proxies})


def from_environment(environ: Mapping[str, str]) -> Routes | None:
    """Return what `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say; None for nothing.

    They are read as `urllib.request.getproxies_environment` reads them: names in lower case come
    first, and one that is empty takes away what its twin in upper case says. In a CGI program,
    where REQUEST_METHOD is set, HTTP_PROXY is a client's "Proxy" field, and does not count. What
    urllib does not know, `all_proxy`, is for schemes that have none of their own.

    Raises `ValueError` for a proxy that is none.
    """
    said: dict[str, str] = {}
    lower: list[tuple[str, str]] = []
    for variable, value in environ.items():
        if variable[-6:].lower() != "_proxy" or len(variable) < 7:
            continue
        kind = variable[:-6].lower()
        if variable.endswith("_proxy"):
            lower.append((kind, value))
        if value:
            said[kind] = value
    if "REQUEST_METHOD" in environ:
        said.pop("http", None)
    for kind, value in lower:
        if value:
            said[kind] = value
        else:
            said.pop(kind, None)
    by_scheme = {}
    for scheme in ("http", "https"):
        kind = scheme if scheme in said else "all"
        if kind in said:
            by_scheme[scheme] = (_parse_variable(kind, said[kind]),)
    return Routes(by_scheme, said.get("no", "")) if by_scheme else None


def _parse_variable(kind: str, value: str) -> Proxy:
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"the variable {kind}_proxy: {error}") from None
