"""Other clients with many requests at a time, each as its fast user would have it."""

import asyncio
import importlib
import io
import time
from collections.abc import Iterator
from typing import Any

from .many import KEPT_FOR, Many, epoll, select
from .visits import NotApplicable, Seen, Sink

__all__ = ["MANY_RIVALS"]

_WITHIN = 30


class _Easy:
    """One of pycurl's handles, with what came by it."""

    def __init__(self, library: Any, url: str) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.body = io.BytesIO()
        self.handle = handle = library.Curl()
        handle.setopt(library.URL, url)
        handle.setopt(library.PROXY, "")
        handle.setopt(library.NOSIGNAL, 1)
        handle.setopt(library.TIMEOUT, _WITHIN)
        handle.setopt(library.MAXAGE_CONN, KEPT_FOR)
        handle.setopt(library.HEADERFUNCTION, self.take_line)
        handle.setopt(library.WRITEDATA, self.body)
        # Else libcurl would speak HTTP/2 where the server does.
        handle.setopt(library.HTTP_VERSION, library.CURL_HTTP_VERSION_1_1)

    def take_line(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        if colon:
            self.headers[name.lower()] = value.strip()

    def begin(self) -> None:
        """Forget what came of the request before."""
        self.headers.clear()
        self.body.seek(0)
        self.body.truncate()


class _PycurlMulti(Many):
    """libcurl's multi interface, told by epoll which sockets are ready."""

    def start(self) -> None:
        self.library = library = importlib.import_module("pycurl")
        self.asked = self.asks.lower().encode()
        self.epoll = epoll()
        self.due: float | None = None
        self.multi = multi = library.CurlMulti()
        multi.setopt(library.M_SOCKETFUNCTION, self.on_socket)
        multi.setopt(library.M_TIMERFUNCTION, self.on_timer)
        multi.setopt(library.M_MAXCONNECTS, self.connections)
        self.masks = {
            library.POLL_IN: select.EPOLLIN,
            library.POLL_OUT: select.EPOLLOUT,
            library.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
        }
        self.watched: set[int] = set()
        self.easies = {}
        for _ in range(self.connections):
            easy = _Easy(library, self.url)
            if self.place.scheme == "https":
                easy.handle.setopt(library.CAINFO_BLOB, self.place.authority)
            self.easies[easy.handle] = easy

    # What libcurl calls.

    def on_socket(self, what: int, descriptor: int, multi: Any, data: Any) -> None:
        if what == self.library.POLL_REMOVE:
            if descriptor in self.watched:
                self.watched.remove(descriptor)
                self.epoll.unregister(descriptor)
        elif descriptor in self.watched:
            self.epoll.modify(descriptor, self.masks[what])
        else:
            self.watched.add(descriptor)
            self.epoll.register(descriptor, self.masks[what])

    def on_timer(self, milliseconds: int) -> None:
        self.due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def turn(self) -> None:
        """Wait for something to do, and have it done."""
        action, library = self.multi.socket_action, self.library
        seconds = _WITHIN if self.due is None else max(0, self.due - time.monotonic())
        for descriptor, mask in self.epoll.poll(seconds, self.connections):
            ready = library.CSELECT_IN if mask & select.EPOLLIN else 0
            if mask & select.EPOLLOUT:
                ready |= library.CSELECT_OUT
            if mask & (select.EPOLLERR | select.EPOLLHUP):
                ready |= library.CSELECT_ERR
            action(descriptor, ready)
        if self.due is not None and self.due <= time.monotonic():
            self.due = None
            action(library.SOCKET_TIMEOUT, 0)

    def ended(self) -> Iterator[Any]:
        """The handles whose requests have ended. Raises OSError for one that failed."""
        queued = 1
        while queued:
            queued, done, failed = self.multi.info_read(self.connections)
            for _, code, text in failed:
                raise OSError(code, text)
            yield from done

    def run(self, count: int, sink: Sink | None) -> Seen:
        right, multi, easies, code = self.seen, self.multi, self.easies, self.library.RESPONSE_CODE
        seen: Seen = (0, None, 0)
        to_send = count
        for handle, easy in list(easies.items())[:count]:
            easy.begin()
            multi.add_handle(handle)
            to_send -= 1
        while count:
            self.turn()
            for handle in self.ended():
                easy = easies[handle]
                header = easy.headers.get(self.asked)
                body = easy.body.getvalue()
                told = None if header is None else header.decode("latin-1")
                seen = handle.getinfo(code), told, len(body)
                multi.remove_handle(handle)
                if seen != right:
                    return seen
                count -= 1
                if sink is not None:
                    sink(body)
                if to_send:
                    to_send -= 1
                    easy.begin()
                    multi.add_handle(handle)
        return seen

    def close(self) -> None:
        for handle in self.easies:
            handle.close()
        self.multi.close()
        self.epoll.close()


class _InTasks(Many):
    """Clients of asyncio's: a task for each connection."""

    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.client: Any = self.loop.run_until_complete(self.make())

    async def make(self) -> Any:
        """What is kept between requests."""
        raise NotImplementedError

    async def one(self, sink: Sink | None) -> Seen:
        """Fetch once."""
        raise NotImplementedError

    async def _work(self, left: Iterator[int], sink: Sink | None) -> Seen:
        right = self.seen
        for _ in left:
            seen = await self.one(sink)
            if seen != right:
                return seen
        return right

    async def _run(self, count: int, sink: Sink | None) -> Seen:
        left = iter(range(count))
        tasks = [self._work(left, sink) for _ in range(min(count, self.connections))]
        for seen in await asyncio.gather(*tasks):
            if seen != self.seen:
                return seen
        return self.seen

    def run(self, count: int, sink: Sink | None) -> Seen:
        return self.loop.run_until_complete(self._run(count, sink))

    async def end(self) -> None:
        """Close what is kept."""
        raise NotImplementedError

    def close(self) -> None:
        self.loop.run_until_complete(self.end())
        self.loop.close()


class _Aiohttp(_InTasks):
    """One session of aiohttp's."""

    async def make(self) -> Any:
        library = importlib.import_module("aiohttp")
        secured = self.place.context() if self.place.scheme == "https" else True
        connector = library.TCPConnector(
            limit=self.connections, ssl=secured, keepalive_timeout=KEPT_FOR
        )
        return library.ClientSession(connector=connector)

    async def one(self, sink: Sink | None) -> Seen:
        async with self.client.get(self.url) as response:
            body = await response.read()
            if sink is not None:
                sink(body)
            return response.status, response.headers.get(self.asks), len(body)

    async def end(self) -> None:
        await self.client.close()


class _Httpx(_InTasks):
    """One AsyncClient of httpx's."""

    # It takes milliseconds for a request, and with more connections tens of them.
    for_each = 1
    most = 32

    def start(self) -> None:
        if self.connections > self.most:
            raise NotApplicable(f"httpx would take minutes with more than {self.most} connections")
        super().start()

    async def make(self) -> Any:
        library = importlib.import_module("httpx")
        verify = self.place.context() if self.place.scheme == "https" else True
        limits = library.Limits(
            max_connections=self.connections,
            max_keepalive_connections=self.connections,
            keepalive_expiry=KEPT_FOR,
        )
        return library.AsyncClient(
            limits=limits, trust_env=False, timeout=2 * _WITHIN, verify=verify
        )

    async def one(self, sink: Sink | None) -> Seen:
        response = await self.client.get(self.url)
        body = response.content
        if sink is not None:
            sink(body)
        return response.status_code, response.headers.get(self.asks), len(body)

    async def end(self) -> None:
        await self.client.aclose()


#: By the names of `rivals.RIVALS`.
MANY_RIVALS: dict[str, type[Many]] = {
    "pycurl": _PycurlMulti, "aiohttp": _Aiohttp, "httpx": _Httpx,
}  # fmt: skip
