"""httpretty: the requests that it took from the sockets, and its answers to them."""

from __future__ import annotations

import http.client
import urllib.request
from typing import Any

import httpretty
import requests
import traffic
import urllib3

HOST = "http://mocked.test"


def activate() -> None:
    """httpretty puts its own sockets in place while it is enabled."""


def _mocked() -> list[Any]:
    connection = http.client.HTTPConnection("mocked.test", timeout=10)
    connection.request("POST", "/raw", b"content", {"X-Own": "value"})
    response = connection.getresponse()
    answers: list[Any] = [(response.status, response.getheader("X-Mock"), response.read())]
    connection.close()
    with urllib.request.urlopen(f"{HOST}/urllib", timeout=10) as opened:
        answers.append((opened.status, opened.headers["X-Mock"], opened.read()))
    pooled = urllib3.PoolManager().request("GET", f"{HOST}/urllib3", timeout=10)
    answers.append((pooled.status, pooled.headers["X-Mock"], pooled.data))
    got = requests.get(f"{HOST}/requests", timeout=10)
    answers.append((got.status_code, got.headers["X-Mock"], got.content))
    return answers


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    with httpretty.enabled(allow_net_connect=True):
        for way in ("urllib", "urllib3", "requests"):
            httpretty.register_uri("GET", f"{HOST}/{way}", body=f"mocked {way}", x_mock=way)
        httpretty.register_uri("POST", f"{HOST}/raw", body="mocked raw", status=201, x_mock="raw")
        answers = _mocked()
        events = [
            (one.method, one.path, sorted(one.headers.items()), one.body)
            for one in httpretty.latest_requests()
        ]
    return {"results": {"outside": traffic.everything(url)}, "events": events, "mocked": answers}
