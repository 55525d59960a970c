"""A program under gevent's monkey-patching; prints what its greenlets got, as JSON.

    python -m tests.hostile.gevent_program before|after PORT GREENLETS [CAFILE]

"before" and "after" say when patch_all() is called: before or after fasthttp is imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

if sys.argv[1] == "before":
    from gevent import monkey

    monkey.patch_all()

from fasthttp import client
from fasthttp._compiled import SocketFile

if sys.argv[1] == "after":
    from gevent import monkey

    monkey.patch_all()

import ssl

import gevent


def _fetch(path: str, port: int, context: Any) -> dict[str, Any]:
    if context is None:
        connection = client.HTTPConnection("localhost", port, timeout=60)
    else:
        connection = client.HTTPSConnection("localhost", port, timeout=60, context=context)
    connection.request("POST", path, body=b"small")
    response = connection.getresponse()
    plain = not isinstance(response.fp, SocketFile)
    first = response.read().decode("ascii")
    connection.request("GET", "/next")
    second = connection.getresponse().read().decode("ascii")
    connection.close()
    return {"plain": plain, "first": first, "second": second}


def main() -> None:
    port, greenlets = int(sys.argv[2]), int(sys.argv[3])
    context = None
    if len(sys.argv) > 4:
        context = ssl.create_default_context(cafile=sys.argv[4])
    jobs = [gevent.spawn(_fetch, f"/together/{n}", port, context) for n in range(greenlets)]
    gevent.joinall(jobs, timeout=60)
    print(json.dumps([job.get(block=False) for job in jobs]))


if __name__ == "__main__":
    main()
