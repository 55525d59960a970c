"""Connections that are kept open between requests, by where they lead to."""

from __future__ import annotations

import ssl
import threading
from collections import OrderedDict
from dataclasses import dataclass

from fasthttp import HTTPConnection, HTTPSConnection

IDLE_TIMEOUT = 240.0  # seconds, as in Scrapy's own pool


@dataclass(frozen=True)
class Route:
    """Where a connection leads to: what must be equal for one to serve another request.

    `proxy` is scheme, host and port; `proxy_authorization` the value of its field.
    """

    scheme: str
    host: str
    port: int
    proxy: tuple[str, str, int] | None = None
    proxy_authorization: str | None = None
    source_address: tuple[str, int] | None = None

    @property
    def is_tunnelled(self) -> bool:
        """Whether a proxy passes the bytes on without looking into them."""
        return self.proxy is not None and self.scheme == "https"


class Pool:
    """Idle connections, at most `per_route` for a route and `total` over all. Safe for threads."""

    def __init__(self, context: ssl.SSLContext, per_route: int, total: int) -> None:
        self._context = context
        self._per_route = per_route
        self._total = total
        self._lock = threading.Lock()
        self._idle: OrderedDict[HTTPConnection, Route] = OrderedDict()  # longest idle first
        self._by_route: dict[Route, list[HTTPConnection]] = {}
        self._closed = False

    def take(self, route: Route) -> HTTPConnection:
        """Return a connection: the one that was used last, or a new one."""
        with self._lock:
            idle = self._by_route.get(route)
            if idle:
                connection = idle[-1]
                self._forget(connection)
                return connection
        return self._new(route)

    def give_back(self, route: Route, connection: HTTPConnection) -> None:
        """Keep the connection for the next request, if there is room."""
        with self._lock:
            idle = self._by_route.setdefault(route, [])
            if not self._closed and connection.sock is not None and len(idle) < self._per_route:
                idle.append(connection)
                self._idle[connection] = route
                if len(self._idle) <= self._total:
                    return
                connection = next(iter(self._idle))
                self._forget(connection)
        connection.close()

    def close(self) -> None:
        """Close what is idle, and whatever is given back from now on."""
        with self._lock:
            self._closed = True
            for connection in list(self._idle):
                self._forget(connection)
                connection.close()

    def _forget(self, connection: HTTPConnection) -> None:
        route = self._idle.pop(connection)
        idle = self._by_route[route]
        idle.remove(connection)
        if not idle:
            del self._by_route[route]

    def _new(self, route: Route) -> HTTPConnection:
        scheme, host, port = route.proxy or (route.scheme, route.host, route.port)
        if scheme == "http" and not route.is_tunnelled:
            return HTTPConnection(
                host,
                port,
                source_address=route.source_address,
                retry_stale=True,
                idle_timeout=IDLE_TIMEOUT,
            )
        # To a proxy first, where there is one: TLS begins behind its answer to CONNECT.
        connection = HTTPSConnection(
            host,
            port,
            source_address=route.source_address,
            context=self._context,
            retry_stale=True,
            idle_timeout=IDLE_TIMEOUT,
        )
        if route.is_tunnelled:
            fields = {}
            if route.proxy_authorization:
                fields["Proxy-Authorization"] = route.proxy_authorization
            connection.set_tunnel(route.host, route.port, fields)
        return connection
