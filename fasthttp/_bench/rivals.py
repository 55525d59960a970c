"""Other HTTP clients, each used over one kept connection as its fast user would."""

import asyncio
import importlib
import importlib.util
import math
import socket
import ssl
from collections.abc import Callable
from typing import Any

from .hosting import Place
from .many_rivals import MANY_RIVALS
from .scenarios import Scenario, expected
from .server import limit_waiting
from .visits import Anew, Contestant, NotApplicable, Seen, Sink, Threads, Visit

__all__ = ["RIVALS", "rival_contestant"]

_KEPT = 256 * 1024
_PART = 65536


class _Rival(Visit):
    """A rival's visit: its library, the scenario and the URL."""

    #: What `import` calls it.
    library: str
    #: The ways of fetching it has something for.
    ways = frozenset({"read", "threads", "url"})

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.scenario, self.place = scenario, place
        self.url = place.url(scenario.path)
        # On the loopback the parent process ends what hangs.
        self.timeout = place.timeout if scenario.way == "url" else None
        self.start(importlib.import_module(self.library))

    def start(self, library: Any) -> None:
        """Make what is kept between requests."""
        raise NotImplementedError


class _Urllib3(_Rival):
    library = "urllib3"
    ways = frozenset({"read", "readinto", "read64k", "threads", "url"})

    def start(self, library: Any) -> None:
        place, given = self.place, {"maxsize": 1, "timeout": self.timeout}
        if place.scheme == "https":
            self.pool = library.HTTPSConnectionPool(
                place.host, place.port, ssl_context=place.context(), **given
            )
        else:
            self.pool = library.HTTPConnectionPool(place.host, place.port, **given)
        self.kept = memoryview(bytearray(_KEPT))

    def fetch(self, sink: Sink | None = None) -> Seen:
        scenario = self.scenario
        whole = scenario.way in ("read", "threads", "url")
        response = self.pool.urlopen(
            scenario.method, scenario.path, body=scenario.body,
            headers=scenario.headers or None, retries=False, preload_content=whole,
        )  # fmt: skip
        status, header = response.status, response.headers.get(scenario.asks)
        if whole:
            length = _hand_over(response.data, sink)
        elif scenario.way == "readinto":
            length = 0
            while got := response.readinto(self.kept):
                length += _hand_over(self.kept[:got], sink)
        else:
            length = 0
            while part := response.read(_PART):
                length += _hand_over(part, sink)
        if not whole:
            response.release_conn()
        return status, header, length

    def close(self) -> None:
        self.pool.close()


class _Requests(_Rival):
    library = "requests"
    ways = frozenset({"read", "read64k", "threads", "url"})

    def start(self, library: Any) -> None:
        self.session = library.Session()
        # Proxies and .netrc would be looked up for every request.
        self.session.trust_env = False
        self.session.verify = self.place.cafile or True
        if self.scenario.way == "url":
            self.session.max_redirects = 0  # as the others, which follow none

    def fetch(self, sink: Sink | None = None) -> Seen:
        scenario = self.scenario
        parts = scenario.way == "read64k"
        response = self.session.request(
            scenario.method, self.url, data=scenario.body, headers=scenario.headers, stream=parts,
            timeout=self.timeout,
        )  # fmt: skip
        length = 0
        for part in response.iter_content(_PART) if parts else (response.content,):
            length += _hand_over(part, sink)
        return response.status_code, response.headers.get(scenario.asks), length

    def close(self) -> None:
        self.session.close()


class _Pycurl(_Rival):
    library = "pycurl"

    def start(self, library: Any) -> None:
        scenario, curl = self.scenario, library.Curl()
        self.curl, self.code = curl, library.RESPONSE_CODE
        self.lines: list[bytes] = []
        self.parts: list[bytes] = []
        self.asked = scenario.asks.lower().encode() + b":"
        curl.setopt(library.URL, self.url)
        curl.setopt(library.PROXY, "")
        curl.setopt(library.TIMEOUT, math.ceil(self.timeout or 30))
        curl.setopt(library.NOSIGNAL, 1)
        curl.setopt(library.HEADERFUNCTION, self.lines.append)
        curl.setopt(library.WRITEFUNCTION, self.parts.append)
        if scenario.body is not None:
            curl.setopt(library.POST, 1)
            curl.setopt(library.POSTFIELDS, scenario.body)
        if scenario.headers:
            own = [f"{name}: {value}" for name, value in scenario.headers.items()]
            curl.setopt(library.HTTPHEADER, [*own, "Expect:"])
        if self.place.scheme == "https":
            self._verify(library)

    def _verify(self, library: Any) -> None:
        # A wheel's libcurl does not know where this system keeps its authorities.
        cafile = self.place.cafile or ssl.get_default_verify_paths().cafile
        if cafile is not None:
            self.curl.setopt(library.CAINFO, cafile)
        # Else libcurl would speak HTTP/2 where the server does.
        self.curl.setopt(library.HTTP_VERSION, library.CURL_HTTP_VERSION_1_1)

    def fetch(self, sink: Sink | None = None) -> Seen:
        lines, parts, asked = self.lines, self.parts, self.asked
        lines.clear()
        parts.clear()
        self.curl.perform()
        header = None
        for line in lines:
            if line.lower().startswith(asked):
                header = line[len(asked) :].strip().decode("latin-1")
                break
        length = _hand_over(b"".join(parts), sink)
        return self.curl.getinfo(self.code), header, length

    def close(self) -> None:
        self.curl.close()


class _Httptools(_Rival):
    """A parser and no client: under it, a plain socket."""

    library = "httptools"
    ways = frozenset({"read", "threads"})

    def start(self, library: Any) -> None:
        self.parser = library.HttpResponseParser
        self.connection = socket.create_connection((self.place.host, self.place.port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limit_waiting(self.connection)
        self.kept = memoryview(bytearray(_KEPT))
        self.asked = self.scenario.asks.lower().encode()

    # The names of the parser's callbacks.

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.complete = True

    def _request(self) -> bytes:
        scenario = self.scenario
        lines = [f"{scenario.method} {scenario.path} HTTP/1.1", f"Host: {self.place.host}"]
        lines += [f"{name}: {value}" for name, value in scenario.headers.items()]
        if scenario.body is not None:
            lines.append(f"Content-Length: {len(scenario.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (scenario.body or b"")

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []
        self.complete = False
        self.connection.sendall(self._request())
        parser, receive, kept = self.parser(self), self.connection.recv_into, self.kept
        while not self.complete:
            got = receive(kept)
            if not got:
                raise ConnectionError("the server closed the connection")
            parser.feed_data(kept[:got])
        value = self.headers.get(self.asked)
        header = None if value is None else value.decode("latin-1")
        length = _hand_over(b"".join(self.parts), sink)
        return parser.get_status_code(), header, length

    def close(self) -> None:
        self.connection.close()


class _Aiohttp(_Rival):
    library = "aiohttp"
    ways = frozenset({"read", "read64k", "url"})

    def start(self, library: Any) -> None:
        self.library_module = library
        self.loop = asyncio.new_event_loop()
        self.session: Any = self.loop.run_until_complete(self._session())

    async def _session(self) -> Any:
        secured = self.place.context() if self.place.scheme == "https" else True
        connector = self.library_module.TCPConnector(limit=1, ssl=secured)
        return self.library_module.ClientSession(connector=connector)

    async def _fetch(self, sink: Sink | None) -> Seen:
        scenario = self.scenario
        async with self.session.request(
            scenario.method, self.url, data=scenario.body, headers=scenario.headers,
            allow_redirects=scenario.way != "url",
        ) as response:  # fmt: skip
            length = 0
            if scenario.way == "read64k":
                async for part in response.content.iter_chunked(_PART):
                    length += _hand_over(part, sink)
            else:
                length = _hand_over(await response.read(), sink)
            return response.status, response.headers.get(scenario.asks), length

    async def _batch(self, count: int) -> Seen:
        for _ in range(count - 1):
            await self._fetch(None)
        return await self._fetch(None)

    def fetch(self, sink: Sink | None = None) -> Seen:
        return self.loop.run_until_complete(self._fetch(sink))

    def batch(self, count: int) -> Seen:
        return self.loop.run_until_complete(self._batch(count))

    def close(self) -> None:
        self.loop.run_until_complete(self.session.close())
        self.loop.close()


class _Httpx(_Rival):
    library = "httpx"
    ways = frozenset({"read", "read64k", "threads", "url"})

    def start(self, library: Any) -> None:
        verify = self.place.context() if self.place.scheme == "https" else True
        self.client = library.Client(trust_env=False, timeout=self.timeout or 30, verify=verify)

    def fetch(self, sink: Sink | None = None) -> Seen:
        scenario = self.scenario
        asked = {"headers": scenario.headers or None, "content": scenario.body}
        if scenario.way != "read64k":
            response = self.client.request(scenario.method, self.url, **asked)
            length = _hand_over(response.content, sink)
            return response.status_code, response.headers.get(scenario.asks), length
        with self.client.stream(scenario.method, self.url, **asked) as response:
            length = 0
            for part in response.iter_raw(_PART):
                length += _hand_over(part, sink)
            return response.status_code, response.headers.get(scenario.asks), length

    def close(self) -> None:
        self.client.close()


class _Geventhttpclient(_Rival):
    library = "geventhttpclient"
    ways = frozenset({"read", "read64k", "url"})

    def start(self, library: Any) -> None:
        place = self.place
        given: dict[str, Any] = {"ssl": place.scheme == "https"}
        if place.cafile is not None:
            given["ssl_options"] = {"ca_certs": place.cafile}
        if self.timeout is not None:
            given |= {"connection_timeout": self.timeout, "network_timeout": self.timeout}
        self.client = library.HTTPClient(place.host, place.port, concurrency=1, **given)

    def fetch(self, sink: Sink | None = None) -> Seen:
        scenario = self.scenario
        response = self.client.request(
            scenario.method, scenario.path, body=scenario.body or b"", headers=scenario.headers
        )
        length = 0
        if scenario.way == "read64k":
            while part := response.read(_PART):
                length += _hand_over(part, sink)
        else:
            length = _hand_over(response.read(), sink)
        return response.status_code, response.get(scenario.asks), length

    def close(self) -> None:
        self.client.close()


def _hand_over(part: bytes | memoryview, sink: Sink | None) -> int:
    if sink is not None:
        sink(part)
    return len(part)


RIVALS: dict[str, type[_Rival]] = {
    rival.library: rival
    for rival in (
        _Urllib3, _Requests, _Pycurl, _Httptools, _Aiohttp, _Httpx, _Geventhttpclient,
    )
}  # fmt: skip


def rival_contestant(name: str) -> Contestant:
    """The rival `name`. Raises ImportError where it is not installed."""
    rival = RIVALS[name]
    if importlib.util.find_spec(rival.library) is None:
        raise ImportError(f"{name} is not installed")

    def visit(scenario: Scenario, place: Place) -> Visit:
        if scenario.way == "pool" and name in MANY_RIVALS:
            return MANY_RIVALS[name](scenario, place)
        if scenario.way not in rival.ways:
            raise NotApplicable(f"{name} has nothing like it")
        opens: Callable[[], Visit] = lambda: rival(scenario, place)  # noqa: E731
        if scenario.way == "threads":
            return Threads(expected(scenario), opens, scenario.connections)
        return Anew(expected(scenario), opens) if scenario.way == "url" else opens()

    return Contestant(name, name, visit)
