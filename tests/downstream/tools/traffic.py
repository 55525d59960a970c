"""Requests by each of the ways that tools look at, and what came back."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Result = dict[str, Any]
VOLATILE = {"Date", "Server"}
# Identifiers of traces and spans, which are others in every run, and what sampling draws.
_RANDOM = re.compile(r"\b[0-9a-f]{8,}|\b0\.\d{6}\b")


def settled(value: Any) -> Any:
    """Return `value` with the identifiers in its strings, random in every run, made alike."""
    if isinstance(value, str):
        return _RANDOM.sub("ID", value)
    if isinstance(value, Mapping):
        return {str(key): settled(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [settled(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _result(status: int, headers: Any, body: bytes) -> Result:
    kept = sorted((name, value) for name, value in headers if name not in VOLATILE)
    try:
        told = json.loads(body)
    except ValueError:
        told = body.decode("latin-1")
    return {"status": status, "headers": kept, "body": told}


def raw(url: str) -> list[Result]:
    """`http.client` itself: three requests on one connection, one of them with a body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    results = []
    for method, target, body in (
        ("GET", "/raw", None),
        ("POST", "/raw", b"content"),
        ("GET", "/chunked/raw", None),
    ):
        connection.request(method, target, body, {"X-Own": "value"})
        response = connection.getresponse()
        results.append(_result(response.status, response.getheaders(), response.read()))
    connection.close()
    return results


def with_urllib(url: str) -> list[Result]:
    """`urllib.request`, with an error status among the answers."""
    return [
        _opened(url + target, data)
        for target, data in (("/urllib", None), ("/urllib", b"form"), ("/missing", None))
    ]


def _opened(url: str, data: bytes | None) -> Result:
    try:
        response = urllib.request.urlopen(url, data, timeout=10)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return _result(response.status, response.headers.items(), response.read())


def with_urllib3(url: str) -> list[Result]:
    """urllib3, both ways to read a body."""
    import urllib3

    with urllib3.PoolManager() as pool:
        whole = pool.request("GET", url + "/urllib3", headers={"X-Own": "value"}, timeout=10)
        posted = pool.request("POST", url + "/urllib3", body=b"content", timeout=10)
        streamed = pool.request("GET", url + "/chunked/urllib3", preload_content=False, timeout=10)
        body = b"".join(streamed.stream(100))
        streamed.release_conn()
        return [
            _result(whole.status, whole.headers.items(), whole.data),
            _result(posted.status, posted.headers.items(), posted.data),
            _result(streamed.status, streamed.headers.items(), body),
        ]


def with_requests(url: str) -> list[Result]:
    """requests: a session, whose second request carries the cookies of the first."""
    import requests

    with requests.Session() as session:
        responses = [
            session.get(url + "/requests", timeout=10),
            session.post(url + "/requests", data={"a": "b"}, timeout=10),
            session.get(url + "/chunked/requests", timeout=10),
        ]
    return [_result(one.status_code, one.headers.items(), one.content) for one in responses]


WAYS: tuple[Callable[[str], list[Result]], ...] = (raw, with_urllib, with_urllib3, with_requests)


def everything(url: str) -> dict[str, list[Result]]:
    """Return the results of all ways."""
    return {way.__name__: way(url) for way in WAYS}
