"""PySocks: requests through a SOCKS5 proxy, by its sockets, by its handler and by urllib3's use."""

from __future__ import annotations

import http.client
import socket
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import requests
import socks
import sockshandler
import traffic
from urllib3.contrib.socks import SOCKSProxyManager


def activate() -> None:
    """Its sockets are set where they are wanted."""


def _by_replaced_socket(url: str, port: int) -> dict[str, Any]:
    """The way of PySocks' own documentation: every socket of the process is one of its own."""
    own = socket.socket
    socks.set_default_proxy(socks.SOCKS5, "127.0.0.1", port)
    socket.socket = socks.socksocket
    try:
        return {"raw": traffic.raw(url), "urllib": traffic.with_urllib(url)}
    finally:
        socket.socket = own
        socks.set_default_proxy()


def observe(url: str, port: int) -> dict[str, Any]:
    events = []
    own_connect = socks.socksocket.connect

    def connect(self: Any, address: Any, *rest: Any) -> Any:
        events.append(("connect", address))
        return own_connect(self, address, *rest)

    socks.socksocket.connect = connect
    try:
        results: dict[str, Any] = {"socket": _by_replaced_socket(url, port)}
        opener = urllib.request.build_opener(
            sockshandler.SocksiPyHandler(socks.SOCKS5, "127.0.0.1", port)
        )
        with opener.open(url + "/handler", timeout=10) as response:
            results["handler"] = response.status, response.read().decode()
        with SOCKSProxyManager(f"socks5h://127.0.0.1:{port}") as pool:
            pooled = pool.request("GET", url + "/urllib3", timeout=10)
            results["urllib3"] = pooled.status, pooled.data.decode()
        proxies = {"http": f"socks5h://127.0.0.1:{port}"}
        got = requests.get(url + "/requests", proxies=proxies, timeout=10)
        results["requests"] = got.status_code, got.text
        results["own socket"] = _by_own_socket(urlsplit(url), port)
    finally:
        socks.socksocket.connect = own_connect
    results["outside"] = traffic.everything(url)
    return {"results": results, "events": events}


def _by_own_socket(target: Any, port: int) -> Any:
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=10)
    connection.sock = socks.create_connection(
        (target.hostname, target.port), 10, None, socks.SOCKS5, "127.0.0.1", port
    )
    connection.request("POST", "/own", b"content")
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer
