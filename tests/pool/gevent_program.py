"""A run, and requests of other greenlets, under gevent's monkey-patching; prints JSON.

    python -m tests.pool.gevent_program before|after URL [CAFILE]

"before" and "after" say when patch_all() is called: before or after fasthttp is imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

if sys.argv[1] == "before":
    from gevent import monkey

    monkey.patch_all()

import fasthttp
import fasthttp._pool  # the package imports it when it is asked for

if sys.argv[1] == "after":
    from gevent import monkey

    monkey.patch_all()

import ssl

import gevent


def main() -> None:
    url = sys.argv[2]
    settings: dict[str, Any] = {}
    if len(sys.argv) > 3:
        settings["context"] = ssl.create_default_context(cafile=sys.argv[3])
    said: dict[str, Any] = {}
    turns = [0]

    def count() -> None:
        while True:
            turns[0] += 1
            gevent.sleep(0.01)

    counting = gevent.spawn(count)
    with fasthttp.Pool(**settings) as pool:
        try:
            pool.amap([url])
        except Exception as error:
            said["amap"] = type(error).__name__
        jobs = [
            gevent.spawn(lambda: pool.request("GET", f"{url}/together").read().decode())
            for _ in range(3)
        ]
        said["map"] = [page.body.decode() for page in pool.map([f"{url}/together"] * 3)]
        gevent.joinall(jobs, timeout=30)
        said["request"] = [job.get(block=False) for job in jobs]
        said["many"] = sum(page.error is None for page in pool.map([f"{url}/x"] * 100))
        request = fasthttp.Request(f"{url}/hang", deadline=0.3)
        said["timeout"] = type(next(pool.map([request])).error).__name__
    said["turns"] = turns[0]
    counting.kill()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
