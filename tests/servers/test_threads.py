"""Sixteen threads, each with a connection of its own: every answer belongs to its request."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .certificates import Certificates
from .nginx import Nginx
from .site import Site

THREADS, REQUESTS = 16, 50


def _work(connection: Any, start: threading.Barrier, worker: int, site: Site) -> int:
    """Fifty requests in turn of four kinds; how many of the answers were right."""
    right = 0
    with contextlib.closing(connection):
        start.wait(30)
        for number in range(REQUESTS):
            token = f"{worker}-{number}-{'x' * (number * 37 % 500)}"
            method, path, sent, expected = [
                ("GET", f"/say/{token}", None, f"GET /say/{token}".encode()),
                ("POST", "/echo", token * 100, token.encode() * 100),
                ("GET", "/trailer/small.txt", None, site.small),
                ("HEAD", "/text.txt", None, b""),
            ][number % 4]
            connection.request(method, path, body=sent)
            response = connection.getresponse()
            right += response.status == 200 and response.read() == expected
    return right


def _in_threads(connect: Callable[[], Any], site: Site) -> list[int]:
    start = threading.Barrier(THREADS)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(_work, connect(), start, worker, site) for worker in range(THREADS)]
        return [job.result(60) for job in jobs]


def test_threads_get_their_own_answers(client: ModuleType, nginx: Nginx, site: Site) -> None:
    """Plain HTTP."""
    right = _in_threads(lambda: client.HTTPConnection(nginx.host, nginx.port, timeout=30), site)
    assert right == [REQUESTS] * THREADS


def test_threads_share_one_context_and_get_their_own_answers(
    client: ModuleType, nginx: Nginx, site: Site, certificates: Certificates
) -> None:
    """HTTPS, with one context for all, as a program would do it."""
    context = certificates.context()
    right = _in_threads(
        lambda: client.HTTPSConnection("localhost", nginx.tls_port, timeout=30, context=context),
        site,
    )
    assert right == [REQUESTS] * THREADS


def test_connection_may_move_between_threads(plain: Any, site: Site) -> None:
    """Asked in one thread, answered in another, read in a third."""
    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(1) as first:
            first.submit(plain.request, "GET", "/text.txt").result(30)
        with concurrent.futures.ThreadPoolExecutor(1) as second:
            response = second.submit(plain.getresponse).result(30)
        with concurrent.futures.ThreadPoolExecutor(1) as third:
            assert third.submit(response.read).result(30) == site.text
