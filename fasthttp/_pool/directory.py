"""The hosts that are known, by what stands before the path of a URL."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .._web import urls
from . import wire
from .hosts import Host

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from .settings import Settings

#: Hosts of which nothing is needed are forgotten when there are so many.
_MOST_HOSTS = 4096


class Directory:
    """All hosts that requests were made to. `clock` returns the time, as `Host.not_before` has it.

    Any thread may ask.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._hosts: dict[str, Host] = {}
        #: The same, by all the ways to write scheme, name and port that were met.
        self._by_origin: dict[str, Host] = {}
        self._most = _MOST_HOSTS
        self._lock = threading.Lock()

    def hosts(self) -> list[Host]:
        """Return all of them."""
        return list(self._hosts.values())

    def place_of(self, url: str) -> tuple[Host, str, str | None]:
        """Return the host of a URL, the target to ask it for, and the Authorization field that its
        name and password make, if any. Raises `InvalidURL`, and `TypeError` for what is no str.
        """
        if not isinstance(url, str):
            raise TypeError(f"a URL must be a str, not {type(url).__name__}")
        # What is known needs not be taken apart. Of "https://h" the path begins at 8 or behind it.
        at = url.find("/", 8)
        host = self._by_origin.get(url[:at]) if at > 0 else None
        if host is not None and url.isascii() and "#" not in url and " " not in url:
            return host, url[at:], None
        origin, target, fragment = urls.split(url)
        host = self._by_origin.get(origin)
        if host is not None:
            return host, target, None
        parts = urls.of_parts(origin, target, fragment)
        return self._find(origin, parts), target, parts.authorization

    def _find(self, origin: str, url: urls.Url) -> Host:
        found = wire.host_of(url)
        found.proxies = self._settings.proxies_for(found.is_tls, found.name, found.port)
        with self._lock:
            host = self._hosts.setdefault(found.origin, found)
            if max(len(self._by_origin), len(self._hosts)) >= self._most:
                self._forget()
                self._hosts[host.origin] = host
            if url.authorization is None:
                self._by_origin[origin] = host
        return host

    def _forget(self) -> None:
        now = self._clock()
        kept = {key: host for key, host in self._hosts.items() if not host.is_unused(now)}
        self._hosts = kept
        self._by_origin = {
            key: host for key, host in self._by_origin.items() if host.origin in kept
        }
        # What is swept grows with what is there: so it costs the same for each host.
        self._most = max(_MOST_HOSTS, 2 * len(self._by_origin), 2 * len(self._hosts))
