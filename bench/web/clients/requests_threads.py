"""requests: one session, and for each host as many threads as connections."""

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

import requests
import urllib3

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


def _read(response, url, job, until):
    file = job.files.get(url)
    body, size, most = [], 0, MOST_IN_FILE if file else MOST
    # Not iter_content: it would wait for so many bytes, however slowly they come.
    while data := response.raw.read1(65536, decode_content=True):
        size += len(data)
        if size > most:
            raise ValueError("the body is too large")
        if time.monotonic() > until:
            raise TimeoutError("the deadline has passed")
        if file:
            file.write(data)
        else:
            body.append(data)
    kind, whole = response.headers.get("Content-Type", ""), b"".join(body)
    content = None if file else text_of(kind, whole) if kind.startswith("text/") else whole
    return Result(url, response.status_code, response.url, content)


def _get(session, url, job):
    until = time.monotonic() + (DEADLINE_IN_FILE if url in job.files else DEADLINE)
    for tries in range(RETRIES + 1):
        left = max(0.001, until - time.monotonic())
        with session.get(url, stream=True, timeout=left) as response:
            result = _read(response, url, job, until)
        if response.status_code not in (429, 503):
            break
        pause = pause_before_retry(response.headers.get("Retry-After"), tries)
        if time.monotonic() + pause > until:
            break
        time.sleep(pause)
    return result


def _page(session, url, job, total):
    try:
        with total:
            return _get(session, url, job)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return Result(url, error=repr(error))


def fetch(job: Job) -> Iterator[Result]:
    total = threading.BoundedSemaphore(TOTAL)
    hosts = defaultdict(lambda: ThreadPoolExecutor(PER_HOST))
    with requests.Session() as session:
        session.verify = job.authority
        session.trust_env = False
        session.max_redirects = REDIRECTS
        adapter = requests.adapters.HTTPAdapter(pool_connections=100, pool_maxsize=PER_HOST)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        tasks = [
            hosts[urlsplit(url).netloc].submit(_page, session, url, job, total) for url in job.urls
        ]
        for task in as_completed(tasks):
            yield task.result()
    for pool in hosts.values():
        pool.shutdown()
