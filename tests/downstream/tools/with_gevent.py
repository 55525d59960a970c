"""gevent: requests on its sockets, and whether others run while one waits."""

from __future__ import annotations

from typing import Any

import gevent
import gevent.monkey
import gevent.socket


def activate() -> None:
    gevent.monkey.patch_all()


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    import http.client

    import traffic

    events: list[str] = []

    def fetch(target: str) -> dict[str, Any]:
        events.append(f"begin {target}")
        connection = http.client.HTTPConnection(url.partition("//")[2], timeout=10)
        connection.request("GET", target)
        own = type(connection.sock).__module__
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        events.append(f"end {target}")
        return {"status": response.status, "body": body.strip(), "socket": own}

    slow = gevent.spawn(fetch, "/slow")
    quick = gevent.spawn(fetch, "/quick")
    gevent.joinall([slow, quick], raise_error=True)
    results: dict[str, Any] = {"together": [slow.value, quick.value]}
    results.update(traffic.everything(url))
    return {"results": results, "events": events}
