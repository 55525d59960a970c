"""The server, a process of its own: `python -m bench.web.serve` prints where and what it is."""

import argparse
import asyncio
import json
import os
import socket
import ssl
import struct
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import trustme

from .answers import Fixed, Later
from .site import TLS, Site
from .wire import whole

#: For whoever counts the connections, and before each round.
RESET = b"GET /-/reset "
_DRIP = 0.25
_NOTHING_THERE = Fixed(whole(404, [], b"nothing there"))


@dataclass
class Seen:
    """How many connections there were at most, to all hosts and to one."""

    open: Counter[bytes] = field(default_factory=Counter)
    total: int = 0
    most: int = 0
    most_to_one: int = 0
    requests: int = 0
    connections: int = 0

    def opened(self, host: bytes) -> None:
        self.open[host] += 1
        self.total += 1
        self.connections += 1
        self.most = max(self.most, self.total)
        self.most_to_one = max(self.most_to_one, self.open[host])

    def closed(self, host: bytes) -> None:
        self.open[host] -= 1
        self.total -= 1

    def reset(self) -> bytes:
        found = {
            "most": self.most,
            "most_to_one": self.most_to_one,
            "requests": self.requests,
            "connections": self.connections,
        }
        self.most, self.most_to_one = self.total, 0
        self.requests = self.connections = 0
        return json.dumps(found).encode()


class Connection(asyncio.Protocol):
    """Answers each request at once with bytes that are there."""

    def __init__(self, site: Site, seen: Seen) -> None:
        self._answers = site.answers
        self._seen = seen
        self._begun = b""
        self._host: bytes | None = None
        self._deaf = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._host is not None:
            self._seen.closed(self._host)

    def data_received(self, data: bytes) -> None:
        self._begun += data
        while b"\r\n\r\n" in self._begun and not self._deaf:
            head, _, self._begun = self._begun.partition(b"\r\n\r\n")
            self._take(head + b"\r\n")

    def _take(self, head: bytes) -> None:
        if head.startswith(RESET):
            self._reset()
            return
        start = head.lower().find(b"\r\nhost:") + 7
        host = head[start : head.find(b"\r\n", start)].strip()
        if self._host is None:
            self._host = host
            self._seen.opened(host)
        self._seen.requests += 1
        target = head.split(b" ", 2)[1]
        answer = self._answers.get(host + target, _NOTHING_THERE).chosen(head)
        if wire := answer.bytes_for(head):
            self._transport.write(wire)
        if answer.end != "keep":
            self._deaf = True
            self._finish(answer.end)

    def _finish(self, end: str) -> None:
        if end == "close":
            self._transport.close()
        elif end == "drip":
            self._drip()
        elif end == "reset":
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self._transport.abort()

    def _drip(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b".")
            asyncio.get_running_loop().call_later(_DRIP, self._drip)

    def _reset(self) -> None:
        for answer in self._answers.values():
            if isinstance(answer, Later):
                answer.forget()
        self._transport.write(whole(200, [], self._seen.reset()))


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=1024)


async def _serve(pages: int, seed: int, bomb_size: int) -> None:
    plain, secure = _listener(), _listener()
    ports = plain.getsockname()[1], secure.getsockname()[1]
    site, seen = Site(pages, ports, seed, bomb_size), Seen()
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*TLS).configure_cert(context)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Connection(site, seen), sock=plain)
    await loop.create_server(lambda: Connection(site, seen), sock=secure, ssl=context)
    known = {
        "ports": ports,
        "authority": authority.cert_pem.bytes().decode(),
        "expected": [asdict(each) for each in site.expected],
    }
    print(json.dumps(known), flush=True)
    # Until whoever started it is gone, or has closed its end.
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--bomb", type=int, default=1 << 30, help="bytes that it inflates to")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.pages, arguments.seed, arguments.bomb))


if __name__ == "__main__":
    main()
