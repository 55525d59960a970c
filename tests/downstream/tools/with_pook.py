"""pook: which mocks matched, what they answered, and what went through to the server."""

from __future__ import annotations

import http.client
import urllib.request
from typing import Any

import pook
import requests
import traffic
import urllib3


def activate() -> None:
    """pook takes its place on `http.client` and urllib3 while it is on."""


def _mocked() -> list[Any]:
    connection = http.client.HTTPConnection("mocked.test")
    connection.request("GET", "/raw")
    response = connection.getresponse()
    answers: list[Any] = [(response.status, response.getheader("X-Mock"), response.read())]
    with urllib.request.urlopen("http://mocked.test/urllib") as opened:
        answers.append((opened.status, opened.headers["X-Mock"], opened.read()))
    pooled = urllib3.PoolManager().request("GET", "http://mocked.test/urllib3")
    answers.append((pooled.status, pooled.headers["X-Mock"], pooled.data))
    got = requests.get("http://mocked.test/requests", timeout=10)
    answers.append((got.status_code, got.headers["X-Mock"], got.content))
    return answers


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    with pook.use(network=True):
        mocks = [
            pook.get(
                f"http://mocked.test/{way}",
                reply=200,
                response_headers={"X-Mock": way},
                response_body=f"mocked {way}",
            )
            for way in ("raw", "urllib", "urllib3", "requests")
        ]
        answers = _mocked()
        through = traffic.everything(url)
        events = [(mock.total_matches, mock.done) for mock in mocks]
    results = {"through": through, "outside": traffic.everything(url)}
    return {"results": results, "events": events, "mocked": answers}
