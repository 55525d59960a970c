"""A Scrapy download handler for http and https on fasthttp, in threads of its own.

    DOWNLOAD_HANDLERS = {
        "http": "fasthttp_handler.FasthttpDownloadHandler",
        "https": "fasthttp_handler.FasthttpDownloadHandler",
    }

For Scrapy 2.19 and newer, with a reactor. It honours DOWNLOAD_TIMEOUT, DOWNLOAD_MAXSIZE,
DOWNLOAD_WARNSIZE, DOWNLOAD_FAIL_ON_DATALOSS and the keys of `Request.meta` of these names; `proxy`,
`bindaddress`, DOWNLOAD_BIND_ADDRESS; DOWNLOAD_VERIFY_CERTIFICATES, DOWNLOAD_TLS_MIN_VERSION and
_MAX_VERSION, DOWNLOADER_CLIENT_TLS_CIPHERS; the signals headers_received and bytes_received, and
StopDownload in them. Decompression, redirects, retries and cookies are left to Scrapy's
middlewares.

Otherwise than with Scrapy's own handler: the timeout counts from when a thread is free, not from
when the request is made; several values of a field go out in one line; a request without
Accept-Encoding says "identity"; the system resolves names, without Scrapy's cache and resolver.
There is no https:// proxy in front of an https:// page, and no SOCKS.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead, InvalidURL
from typing import Any
from urllib.parse import urldefrag, urlsplit

from fasthttp_pool import Pool, Route
from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import Request, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.threads import blockingCallFromThread, deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from fasthttp import HTTPConnection, HTTPResponse

logger = logging.getLogger(__name__)
PORTS = {"http": 80, "https": 443}
PIECE = 65536  # bytes of a body that are shown to bytes_received at a time
TLS_VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


@dataclass
class Exchange:
    """A request on its way through a thread, and what has come back. Times in seconds."""

    request: Request
    route: Route
    target: str
    timeout: float
    maxsize: int
    warnsize: int
    is_watched: bool
    begun: float
    latency: float = 0.0
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    protocol: str = ""
    body: bytes = b""
    address: Any = None
    certificate: bytes | None = None
    flags: list[str] = field(default_factory=list)
    stopped: StopDownload | None = None


class FasthttpDownloadHandler(BaseDownloadHandler):
    """Runs each exchange, from connecting to the last byte, in a thread."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        threads = settings.getint("CONCURRENT_REQUESTS") or 64
        self._pool = Pool(
            _tls_context(settings),
            per_route=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            total=4 * threads,
        )
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._warnsize = settings.getint("DOWNLOAD_WARNSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._fail_on_dataloss = settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS")
        self._bind_address = settings.get("DOWNLOAD_BIND_ADDRESS")
        from twisted.internet import reactor  # not before Scrapy has chosen one

        self._reactor: Any = reactor
        self._threads = ThreadPool(minthreads=0, maxthreads=threads, name="fasthttp")
        self._threads.start()

    async def close(self) -> None:
        """End the threads and close the connections."""
        self._threads.stop()
        self._pool.close()

    async def download_request(self, request: Request) -> Response:
        """Fetch; raises the exceptions of `scrapy.exceptions` that download handlers raise."""
        exchange = self._exchange(request)
        await maybe_deferred_to_future(
            deferToThreadPool(self._reactor, self._threads, self._run, exchange)
        )
        request.meta["download_latency"] = exchange.latency
        _check_warnsize(exchange, len(exchange.body))
        response = _response(exchange)
        if exchange.stopped is not None and exchange.stopped.fail:
            exchange.stopped.response = response
            raise exchange.stopped
        return response

    def _exchange(self, request: Request) -> Exchange:
        meta = request.meta
        bind = meta.get("bindaddress") or self._bind_address
        route = _route(request, (bind, 0) if isinstance(bind, str) else bind)
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if route.proxy is not None and not route.is_tunnelled:
            target = f"{parts.scheme}://{parts.netloc}{target}"
        return Exchange(
            request,
            route,
            target,
            timeout=meta.get("download_timeout") or self._timeout,
            maxsize=meta.get("download_maxsize", self._maxsize),
            warnsize=meta.get("download_warnsize", self._warnsize),
            is_watched=self._is_watched(),
            begun=time.monotonic(),
        )

    def _is_watched(self) -> bool:
        """Whether anybody listens to the signals that come in the middle of a response."""
        sender = self.crawler.signals.sender
        watched = (signals.headers_received, signals.bytes_received)
        return any(any(liveReceivers(getAllReceivers(sender, signal))) for signal in watched)

    # ------------------------------------------------ in a thread from here on

    def _run(self, exchange: Exchange) -> None:
        connection = self._pool.take(exchange.route)
        try:
            self._talk(exchange, connection)
        except BaseException as error:
            connection.close()
            raise _scrapy_error(exchange, error) from error
        if exchange.stopped is not None:
            connection.close()
        self._pool.give_back(exchange.route, connection)

    def _talk(self, exchange: Exchange, connection: HTTPConnection) -> None:
        _send(exchange, connection)
        _note_peer(exchange, connection.sock)
        response = connection.getresponse()
        exchange.latency = time.monotonic() - exchange.begun
        exchange.status = response.status
        exchange.protocol = f"HTTP/{response.version / 10}"
        exchange.headers = Headers(_by_name(response))
        if exchange.address is None:  # the connection was stale, and is another one now
            _note_peer(exchange, connection.sock)
        if exchange.is_watched:
            length = response.length
            self._tell(
                exchange, signals.headers_received, headers=exchange.headers, body_length=length
            )
        if exchange.stopped is None:
            self._receive(exchange, connection, response)

    def _receive(
        self, exchange: Exchange, connection: HTTPConnection, response: HTTPResponse
    ) -> None:
        if response.length is not None:
            _check_maxsize(exchange, response.length, "Expected to receive")
        try:
            if exchange.is_watched:
                self._read_watched(exchange, response)
            else:
                exchange.body = _read(exchange, response)
        except IncompleteRead as error:
            fails = exchange.request.meta.get("download_fail_on_dataloss", self._fail_on_dataloss)
            if fails:
                raise
            exchange.body = error.partial
            exchange.flags.append("dataloss")
            connection.close()

    def _read_watched(self, exchange: Exchange, response: HTTPResponse) -> None:
        """Read piece by piece, and let receivers of bytes_received see each."""
        body = bytearray()
        try:
            while exchange.stopped is None and (piece := response.read1(PIECE)):
                body += piece
                _check_maxsize(exchange, len(body), "Received")
                self._tell(exchange, signals.bytes_received, data=piece)
        except IncompleteRead as error:
            raise IncompleteRead(bytes(body) + error.partial, error.expected) from None
        if exchange.stopped is None and response.length:
            raise IncompleteRead(bytes(body), response.length)
        exchange.body = bytes(body)

    def _tell(self, exchange: Exchange, signal: object, **details: Any) -> None:
        """Send a signal in the reactor's thread; a receiver may stop the download."""
        results = blockingCallFromThread(
            self._reactor,
            self.crawler.signals.send_catch_log,
            signal=signal,
            request=exchange.request,
            spider=self.crawler.spider,
            **details,
        )
        for _, result in results:
            if isinstance(result, Failure) and isinstance(result.value, StopDownload):
                exchange.stopped = result.value
                exchange.flags.append("download_stopped")
                return


def _tls_context(settings: Any) -> ssl.SSLContext:
    """Return the context that the settings describe; by default Scrapy verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings["DOWNLOAD_TLS_MIN_VERSION"]:
        context.minimum_version = TLS_VERSIONS[settings["DOWNLOAD_TLS_MIN_VERSION"]]
    if settings["DOWNLOAD_TLS_MAX_VERSION"]:
        context.maximum_version = TLS_VERSIONS[settings["DOWNLOAD_TLS_MAX_VERSION"]]
    if settings["DOWNLOADER_CLIENT_TLS_CIPHERS"]:
        context.set_ciphers(settings["DOWNLOADER_CLIENT_TLS_CIPHERS"])
    return context


def _route(request: Request, source_address: tuple[str, int] | None) -> Route:
    parts = urlsplit(request.url)
    proxy = request.meta.get("proxy")
    via = authorization = None
    if proxy:
        by = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        if by.scheme not in PORTS or (by.scheme, parts.scheme) == ("https", "https"):
            raise NotSupported(f"a proxy of this kind for this URL: {proxy}")
        via = by.scheme, by.hostname or "", by.port or PORTS[by.scheme]
        value = request.headers.get("Proxy-Authorization")
        authorization = value.decode("latin-1") if value else None
    port = parts.port or PORTS[parts.scheme]
    return Route(parts.scheme, parts.hostname or "", port, via, authorization, source_address)


def _send(exchange: Exchange, connection: HTTPConnection) -> None:
    """Send the request with Scrapy's fields and no others but Host and Content-Length."""
    request = exchange.request
    route = exchange.route
    is_for_proxy = route.proxy is not None and not route.is_tunnelled
    connection.timeout = exchange.timeout
    fields = {
        name.decode("latin-1"): (b"; " if name == b"Cookie" else b", ").join(values)
        for name, values in request.headers.items()
        if name != b"Proxy-Authorization" or is_for_proxy
    }
    connection.request(
        request.method,
        exchange.target,
        request.body or None,
        fields,
        deadline=exchange.timeout,
    )


def _by_name(response: HTTPResponse) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in response.getheaders():
        fields.setdefault(name, []).append(value)
    return fields


def _note_peer(exchange: Exchange, sock: socket.socket | None) -> None:
    """Note address and certificate, while the socket is certainly open."""
    if sock is None:
        return
    with contextlib.suppress(OSError):
        exchange.address = ipaddress.ip_address(sock.getpeername()[0])
    if isinstance(sock, ssl.SSLSocket):
        exchange.certificate = sock.getpeercert(binary_form=True)


def _read(exchange: Exchange, response: HTTPResponse) -> bytes:
    """Read a body whose length may not be known, at most one byte more than allowed."""
    if response.length is not None or not exchange.maxsize:
        return response.read()
    body = response.read(exchange.maxsize + 1)
    _check_maxsize(exchange, len(body), "Received")
    return body


def _check_maxsize(exchange: Exchange, size: int, what: str) -> None:
    if exchange.maxsize and size > exchange.maxsize:
        said = f"{what} {size} bytes, more than the {exchange.maxsize} of download_maxsize"
        raise DownloadCancelledError(f"{said}, in {exchange.request}")


def _check_warnsize(exchange: Exchange, size: int) -> None:
    if exchange.warnsize and size > exchange.warnsize:
        logger.warning(
            "Received %d bytes, more than the %d of download_warnsize, in %s",
            size,
            exchange.warnsize,
            exchange.request,
        )


def _response(exchange: Exchange) -> Response:
    url = urldefrag(exchange.request.url)[0]
    headers, body = exchange.headers, exchange.body
    kind = responsetypes.from_args(headers=headers, url=url, body=body)
    return kind(
        url=url,
        status=exchange.status,
        headers=headers,
        body=body,
        flags=exchange.flags,
        certificate=exchange.certificate,
        ip_address=exchange.address,
        protocol=exchange.protocol,
    )


def _scrapy_error(exchange: Exchange, error: BaseException) -> BaseException:
    """Return the exception by which Scrapy's middlewares know what has happened."""
    url = exchange.request.url
    if isinstance(error, TimeoutError):
        said = f"Getting {url} took longer than {exchange.timeout} seconds."
        return DownloadTimeoutError(said)
    if isinstance(error, socket.gaierror):
        return CannotResolveHostError(f"{exchange.route.host}: {error}")
    if isinstance(error, ConnectionRefusedError):
        return DownloadConnectionRefusedError(f"{url}: {error}")
    if isinstance(error, IncompleteRead):
        return ResponseDataLossError(f"{url}: {error}")
    if isinstance(error, (OSError, HTTPException)) and not isinstance(error, InvalidURL):
        return DownloadFailedError(f"{url}: {error!r}")
    return error
