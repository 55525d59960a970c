"""What a pool is told: the arguments of `Pool`, checked."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage
from time import monotonic, time

from .._client.deadline import seconds_of
from .._client.tls import shared_context
from .._http import rules
from .._http.request import length_of_body
from .._http.response_head import Reading
from .._web.urls import parse
from . import wire

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._web.cookies import Cookies
    from .._web.proxies import Proxy, Routes

#: How many field lines there may be in a head, where nobody sets another limit.
MAX_RESPONSE_HEADERS = 1000


def whole_number(name: str, value: Any, least: int, usual: int) -> int:
    """Return an argument that is a whole number. Raises `TypeError` and `ValueError`, with `usual`
    for an example.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, such as {usual}, not {value!r:.80}")
    number: int = value.__index__()
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def size_of_body(value: Any) -> int:
    """Return a `max_body`, which is in bytes."""
    return whole_number("max_body", value, 0, 10_000_000)


def limit_in_seconds(name: str, value: Any) -> float:
    """Return a limit in seconds; infinite for None."""
    return math.inf if value is None else seconds_of(name, value)


def pause_in_seconds(name: str, value: Any) -> float:
    """Return a number of seconds that may be 0."""
    if value in (0, None):
        return 0.0
    try:
        return seconds_of(name, value)
    except ValueError:
        raise ValueError(f"{name} must be 0 seconds or more, not {value!r}") from None


def _routes(proxy: str | Iterable[str] | None, trust_env: bool) -> Routes | None:
    if proxy is None and not trust_env:
        return None
    from .._web import proxies

    if proxy is not None:
        _check_proxy(proxy)
        return proxies.from_urls(proxy)
    return proxies.from_environment(os.environ)


def _check_proxy(proxy: Any) -> None:
    text = "proxy must be a URL, such as 'http://host:3128', or a list of them, not"
    if isinstance(proxy, Mapping):
        raise TypeError(
            f"{text} a mapping: for a proxy per scheme set http_proxy and https_proxy in the"
            " environment, and trust_env=True"
        )
    if isinstance(proxy, bytes) or not isinstance(proxy, Iterable):
        raise TypeError(f"{text} {type(proxy).__name__}")


def switch(name: str, value: Any) -> bool:
    """Return an argument that is on or off. Raises `TypeError`."""
    if value is not None and (isinstance(value, str) or value not in (0, 1)):
        raise TypeError(f"{name} must be True or False, not {value!r:.80}")
    return bool(value)


def _fields(headers: Any) -> dict[str, Any]:
    """Return the fields that each request has. Raises `TypeError`."""
    if headers is None:
        return {}
    check_headers(headers)
    fault = fault_of_fields(headers)
    if fault is not None:
        raise TypeError(fault)
    return dict(headers.items())


def check_headers(headers: Any) -> None:
    """Raise `TypeError` for header fields that are no mapping: a list of pairs would be taken for
    one by some of what looks at them, and not by others.
    """
    if not hasattr(headers, "items"):
        kind = type(headers).__name__
        text = "headers must be a mapping, such as {'Accept': 'text/html'}"
        raise TypeError(f"{text}, not {kind}")


def _is_bytes_like(value: Any) -> bool:
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def fault_of_fields(headers: Mapping[Any, Any]) -> str | None:
    """Return what is wrong with the types of names and values; None where nothing is."""
    for name, value in headers.items():
        if not isinstance(name, (str, bytes)):
            return f"a header's name must be a str, not {name!r:.80}"
        if not (isinstance(value, int) or hasattr(value, "encode") or _is_bytes_like(value)):
            kind = type(value).__name__  # the value may be a secret
            return f"the value of the header {name!r:.80} must be a str, not {kind}"
    return None


def _check_context(context: Any) -> None:
    # Not by its class: there are contexts that are not of the module ssl.
    if context is not None and not hasattr(context, "wrap_socket"):
        raise TypeError(
            f"context must be an ssl.SSLContext, not {context!r:.80}:"
            " ssl.create_default_context(cafile=...) makes one that trusts a CA of your own"
        )


def _check_source_address(address: Any) -> None:
    if address is not None and not (isinstance(address, tuple) and len(address) >= 2):
        raise TypeError(
            "source_address must be a tuple of an address of this machine and a port, such as"
            f" ('192.0.2.1', 0), not {address!r:.80}"
        )


def _jar(cookies: bool | Cookies) -> Cookies | None:
    if cookies is False or cookies is None:
        return None
    from .._web.cookies import Cookies  # imported, as what decodes, by those who need it

    if cookies is True:
        return Cookies()
    if not isinstance(cookies, Cookies):
        raise TypeError(
            f"cookies must be True or a Cookies, not {type(cookies).__name__}:"
            " Cookies(jar) takes those of a CookieJar"
        )
    return cookies


#: Bytes of a body without a limit. A number that fits into C, and an eighth more, too.
ENDLESS = sys.maxsize // 2


class Settings:
    """The settings of a pool; `Pool` documents them."""

    def __init__(
        self,
        *,
        total: int,
        per_host: int,
        delay: float,
        deadline: float | None,
        timeout: float | None,
        idle_timeout: float | None,
        queue_timeout: float | None,
        max_body: int | None,
        max_head_bytes: int | None,
        max_response_headers: int | None,
        headers: Mapping[str, Any] | None,
        strict: bool,
        skip_bad_lines: bool,
        on_informational: Callable[[int, str, HTTPMessage], object] | None,
        retry_stale: bool,
        context: Any,
        resolver: Callable[[str, int], Any] | None,
        source_address: tuple[str, int] | None,
        proxy: str | Iterable[str] | None,
        trust_env: bool,
        allow: Callable[[str, str, int], object] | None,
        redirects: int,
        retries: int,
        decode: bool,
        cookies: bool | Cookies,
    ) -> None:
        self.total = whole_number("total", total, 1, 100)
        self.per_host = whole_number("per_host", per_host, 1, 6)
        self.delay = pause_in_seconds("delay", delay)
        self.deadline = limit_in_seconds("deadline", deadline)
        self.timeout = limit_in_seconds("timeout", timeout)
        self.idle_timeout = limit_in_seconds("idle_timeout", idle_timeout)
        self.queue_timeout = limit_in_seconds("queue_timeout", queue_timeout)
        self.max_body = ENDLESS if max_body is None else size_of_body(max_body)
        self.max_head_bytes = max_head_bytes
        if max_response_headers is None:
            max_response_headers = MAX_RESPONSE_HEADERS
        self.max_response_headers = whole_number(
            "max_response_headers", max_response_headers, 0, MAX_RESPONSE_HEADERS
        )
        if not (resolver is None or callable(resolver)):
            raise TypeError(f"resolver must be callable, as getaddrinfo is, not {resolver!r}")
        self.redirects = whole_number("redirects", redirects, 0, 10)
        self.retries = whole_number("retries", retries, 0, 2)
        self.decode = switch("decode", decode)
        self.jar = _jar(cookies)
        #: Whether answers lead to more than their pages.
        self.looks_at_answers = bool(redirects or retries or decode or self.jar is not None)
        self.headers = _fields(headers)
        #: Those for what is not decoded: a thread's response, and a part of a page.
        self.headers_if_not_decoded = dict(self.headers)
        if self.decode and not wire.has(self.headers, "accept-encoding"):
            from .._web.codings import accept_encoding

            self.headers["Accept-Encoding"] = accept_encoding()
        #: The Content-Length of a GET; -1 for none, unless a program wants it otherwise.
        length = length_of_body(None, "GET")
        self.length_of_get = -1 if length is None else length
        self.strict = switch("strict", strict)
        self.skip_bad_lines = switch("skip_bad_lines", skip_bad_lines) and not strict
        self.on_informational = on_informational
        self.retry_stale = switch("retry_stale", retry_stale)
        self.resolver = resolver
        if not (allow is None or callable(allow)):
            raise TypeError(f"allow must be callable, as fasthttp.public_only is, not {allow!r}")
        _check_source_address(source_address)
        _check_context(context)
        self.source_address = source_address
        self.allow = allow
        self._routes = _routes(proxy, switch("trust_env", trust_env))
        self._context = context
        # For what it raises.
        chosen = rules.rules_for(strict, self.skip_bad_lines, max_head_bytes, on_informational)
        self._rules = rules.SCRAPING if self.skip_bad_lines else chosen

    def reading(self) -> Reading:
        """Return how responses are read, with the limits that programs have set by now."""
        return Reading(
            self._rules, self.max_response_headers, self.max_head_bytes, self.on_informational
        )

    def cookie_for(self, url: str) -> str | None:
        """Return the Cookie field for a URL; None where there is none. Raises `InvalidURL`."""
        if self.jar is None:
            return None
        to = parse(url)
        return self.jar.header(to.scheme == "https", to.name, to.target, time()) or None

    def proxies_for(self, is_tls: bool, name: str, port: int) -> tuple[Proxy, ...]:
        """Return the proxies that may be asked for a server; none where it is asked directly."""
        if self._routes is None:
            return ()
        return self._routes.proxies_for("https" if is_tls else "http", name, port)

    def next_proxy(self, proxies: tuple[Proxy, ...]) -> Proxy | None:
        """Return the one whose turn it is; None where there is none."""
        if not proxies or self._routes is None:
            return None
        return self._routes.next(proxies, monotonic())

    def avoid_proxy(self, proxy: Proxy) -> None:
        """Ask others for a while."""
        if self._routes is not None:
            self._routes.avoid(proxy, monotonic())

    def tls_context(self) -> Any:
        """Return the context for TLS: the one that was given, else the shared one."""
        return shared_context(11) if self._context is None else self._context
