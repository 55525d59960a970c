"""libcurl's multi interface, told by epoll which sockets are ready."""

import heapq
import select
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pycurl

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

_EVENTS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class _Transfer:
    def __init__(self, url, file):
        self.url = url
        self.host = urlsplit(url).netloc
        self.file = file
        self.most = MOST_IN_FILE if file else MOST
        self.seconds = DEADLINE_IN_FILE if file else DEADLINE
        self.until = None
        self.tries = 0

    def begin(self):
        self.body = []
        self.size = 0
        if self.until is None:
            self.until = time.monotonic() + self.seconds

    def write(self, data):
        self.size += len(data)
        if self.size > self.most:
            return -1
        if self.file:
            self.file.write(data)
        else:
            self.body.append(data)
        return None


class _Multi:
    def __init__(self, job):
        self.epoll = select.epoll()
        self.watched = set()
        self.due = None
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self.on_socket)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self.on_timer)
        self.share = pycurl.CurlShare()
        self.share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_COOKIE)
        self.idle = [self.handle(job) for _ in range(TOTAL)]
        self.transfers = {}
        self.active = Counter()
        self.waiting = defaultdict(deque)
        self.paused = []
        for url in job.urls:
            transfer = _Transfer(url, job.files.get(url))
            self.waiting[transfer.host].append(transfer)

    def handle(self, job):
        handle = pycurl.Curl()
        handle.setopt(pycurl.SHARE, self.share)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        handle.setopt(pycurl.CAINFO, job.authority)
        handle.setopt(pycurl.ACCEPT_ENCODING, "")
        handle.setopt(pycurl.COOKIEFILE, "")
        handle.setopt(pycurl.FOLLOWLOCATION, 1)
        handle.setopt(pycurl.MAXREDIRS, REDIRECTS)
        handle.setopt(pycurl.BUFFERSIZE, 128 << 10)
        places = [f":{port}:127.0.0.1:{port}" for port in job.ports]  # the site's place
        handle.setopt(pycurl.CONNECT_TO, places)  # the site's place
        return handle

    def on_socket(self, what, descriptor, multi, data):
        if what == pycurl.POLL_REMOVE:
            if descriptor in self.watched:
                self.watched.remove(descriptor)
                self.epoll.unregister(descriptor)
        elif descriptor in self.watched:
            self.epoll.modify(descriptor, _EVENTS[what])
        else:
            self.watched.add(descriptor)
            self.epoll.register(descriptor, _EVENTS[what])

    def on_timer(self, milliseconds):
        self.due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def start(self, transfer):
        transfer.begin()
        handle = self.idle.pop()
        handle.setopt(pycurl.URL, transfer.url)
        handle.setopt(pycurl.WRITEFUNCTION, transfer.write)
        left = transfer.until - time.monotonic()
        handle.setopt(pycurl.TIMEOUT_MS, max(1, int(left * 1000)))
        self.active[transfer.host] += 1
        self.transfers[handle] = transfer
        self.multi.add_handle(handle)

    def fill(self):
        now = time.monotonic()
        while self.paused and self.paused[0][0] <= now:
            transfer = heapq.heappop(self.paused)[2]
            self.waiting[transfer.host].appendleft(transfer)
        for host in list(self.waiting):
            queue = self.waiting[host]
            while queue and self.idle and self.active[host] < PER_HOST:
                self.start(queue.popleft())
            if not queue:
                del self.waiting[host]

    def turn(self):
        now = time.monotonic()
        times = [self.due, self.paused[0][0] if self.paused else None]
        wait = min((max(0, each - now) for each in times if each is not None), default=1)
        for descriptor, event in self.epoll.poll(wait):
            ready = pycurl.CSELECT_IN if event & select.EPOLLIN else 0
            if event & select.EPOLLOUT:
                ready |= pycurl.CSELECT_OUT
            if event & (select.EPOLLERR | select.EPOLLHUP):
                ready |= pycurl.CSELECT_ERR
            self.multi.socket_action(descriptor, ready)
        if self.due is not None and self.due <= time.monotonic():
            self.due = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def ended(self):
        queued = 1
        while queued:
            queued, done, failed = self.multi.info_read()
            yield from ((handle, None) for handle in done)
            yield from ((handle, text) for handle, code, text in failed)

    def result(self, handle, error):
        self.multi.remove_handle(handle)
        self.idle.append(handle)
        transfer = self.transfers.pop(handle)
        self.active[transfer.host] -= 1
        if error is not None:
            return Result(transfer.url, error=error)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if status in (429, 503) and transfer.tries < RETRIES:
            asked = handle.getinfo(pycurl.RETRY_AFTER)
            pause = pause_before_retry(str(asked) if asked else None, transfer.tries)
            if (at := time.monotonic() + pause) < transfer.until:
                transfer.tries += 1
                heapq.heappush(self.paused, (at, id(transfer), transfer))
                return None
        kind = handle.getinfo(pycurl.CONTENT_TYPE) or ""
        body = None if transfer.file else b"".join(transfer.body)
        content = text_of(kind, body) if kind.startswith("text/") else body
        return Result(transfer.url, status, handle.getinfo(pycurl.EFFECTIVE_URL), content)


def fetch(job: Job) -> Iterator[Result]:
    crawl = _Multi(job)
    crawl.fill()
    while crawl.transfers or crawl.paused or crawl.waiting:
        crawl.turn()
        for handle, error in crawl.ended():
            if result := crawl.result(handle, error):
                yield result
        crawl.fill()
