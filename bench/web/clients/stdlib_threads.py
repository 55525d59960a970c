"""http.client by hand: for each host as many threads as connections, and all else written here."""

import http.client
import http.cookiejar
import ssl
import threading
import time
import urllib.request
import zlib
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import quote, urljoin, urlsplit

import brotli

from ..by_hand import pause_before_retry, text_of
from ..job import (
    DEADLINE,
    DEADLINE_IN_FILE,
    MOST,
    MOST_IN_FILE,
    PER_HOST,
    REDIRECTS,
    RETRIES,
    TOTAL,
    Job,
    Result,
)

http.client._MAXHEADERS = 1000  # type: ignore[attr-defined]
_SAFE = "!#$%&'()*+,/:;=?@[]~"


class _Gzip:
    """gzip, and deflate with a zlib wrapper or without."""

    def __init__(self, coding):
        self.zlib = zlib.decompressobj(zlib.MAX_WBITS | 16) if coding == "gzip" else None

    def feed(self, data, most):
        if self.zlib is None:
            wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self.zlib = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return self.zlib.decompress(data, most)

    def is_finished(self):
        return self.zlib is not None and self.zlib.eof


class _Brotli:
    def __init__(self):
        self.brotli = brotli.Decompressor()

    def feed(self, data, most):
        return self.brotli.process(data, output_buffer_limit=most)

    def is_finished(self):
        return self.brotli.is_finished()


class _Crawl:
    def __init__(self, job):
        self.job = job
        self.context = ssl.create_default_context(cafile=job.authority)
        self.cookies = http.cookiejar.CookieJar()
        self.total = threading.BoundedSemaphore(TOTAL)
        self.idle = defaultdict(list)

    def connection(self, url, seconds):
        """A connection to the URL's host, used before where there is one."""
        try:
            connection = self.idle[url.scheme, url.netloc].pop()
        except IndexError:
            if url.scheme == "https":
                return http.client.HTTPSConnection(
                    url.netloc, timeout=seconds, context=self.context
                )
            return http.client.HTTPConnection(url.netloc, timeout=seconds)
        connection.timeout = seconds
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        return connection

    def send(self, url, until):
        """Send a request, once more where the server has closed a used connection."""
        asked = urllib.request.Request(url)
        self.cookies.add_cookie_header(asked)
        headers = {"Accept-Encoding": "gzip, deflate, br", **asked.unredirected_hdrs}
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        while True:
            connection = self.connection(parts, left(until))
            used = connection.sock is not None
            try:
                connection.request("GET", target, headers=headers)
                response = connection.getresponse()
                while 100 <= response.status < 200:
                    response.headers = None
                    response.begin()
                break
            except BaseException as error:
                connection.close()
                if not used or not isinstance(error, ConnectionError):
                    raise
        self.cookies.extract_cookies(response, asked)
        return connection, response

    def read(self, connection, response, file, until):
        coding = response.getheader("Content-Encoding", "").lower()
        decoder = None
        if coding in ("gzip", "x-gzip", "deflate"):
            decoder = _Gzip(coding.removeprefix("x-"))
        elif coding == "br":
            decoder = _Brotli()
        body, size, most = [], 0, MOST_IN_FILE if file else MOST
        while data := response.read1(65536):
            if decoder:
                data = decoder.feed(data, most - size + 1)
            size += len(data)
            if size > most:
                raise ValueError("the body is too large")
            if file:
                file.write(data)
            else:
                body.append(data)
            if connection.sock:
                connection.sock.settimeout(left(until))
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.close()  # read1() does so at the end from Python 3.11.8 and 3.12.2 on
        if decoder and not decoder.is_finished():
            raise ValueError("the body's encoding is cut short")
        return None if file else b"".join(body)

    def follow(self, url, file, until):
        for _ in range(REDIRECTS + 1):
            connection, response = self.send(url, until)
            try:
                body = self.read(connection, response, file, until)
            except BaseException:
                connection.close()
                raise
            parts = urlsplit(url)
            self.idle[parts.scheme, parts.netloc].append(connection)
            location = response.getheader("Location")
            if response.status not in (301, 302, 303, 307, 308) or location is None:
                return response, url, body
            url = urljoin(url, quote(location.encode("latin-1"), safe=_SAFE))
        raise ValueError("too many redirects")

    def get(self, url):
        file = self.job.files.get(url)
        until = time.monotonic() + (DEADLINE_IN_FILE if file else DEADLINE)
        for tries in range(RETRIES + 1):
            response, final, body = self.follow(url, file, until)
            if response.status not in (429, 503):
                break
            pause = pause_before_retry(response.getheader("Retry-After"), tries)
            if time.monotonic() + pause > until:
                break
            time.sleep(pause)
        kind = response.getheader("Content-Type", "")
        content = body
        if body is not None and kind.startswith("text/"):
            content = text_of(kind, body)
        return Result(url, response.status, final, content)

    def page(self, url):
        try:
            with self.total:
                return self.get(url)
        except (http.client.HTTPException, OSError, ValueError, zlib.error, brotli.error) as error:
            return Result(url, error=repr(error))


def left(until):
    """The seconds that are left. Raises `TimeoutError` where there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline has passed")
    return seconds


def fetch(job: Job) -> Iterator[Result]:
    crawl = _Crawl(job)
    hosts = defaultdict(lambda: ThreadPoolExecutor(PER_HOST))
    tasks = [hosts[urlsplit(url).netloc].submit(crawl.page, url) for url in job.urls]
    for task in as_completed(tasks):
        yield task.result()
    for pool in hosts.values():
        pool.shutdown()
