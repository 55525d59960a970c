"""responses: which mocks matched, what they answered, and what passed through to the server."""

from __future__ import annotations

from typing import Any

import requests
import responses
import traffic


def activate() -> None:
    """The mock takes its place on requests' adapter when it is entered."""


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    with responses.RequestsMock() as mock:
        mock.get("http://mocked.test/a", json={"mocked": True}, headers={"X-Mock": "1"})
        mock.post("http://mocked.test/b", body=b"posted", status=201)
        mock.add_passthru(url)
        answers = [
            requests.get("http://mocked.test/a", timeout=10),
            requests.post("http://mocked.test/b", data={"a": "b"}, timeout=10),
        ]
        results = traffic.everything(url)
        events = [(call.request.method, call.request.url, call.request.body) for call in mock.calls]
    mocked = [(one.status_code, dict(one.headers), one.text) for one in answers]
    results["outside"] = traffic.everything(url)
    return {"results": results, "events": events, "mocked": mocked}
