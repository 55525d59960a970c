"""A program whose request is never answered, and that is interrupted by Ctrl-C.

    python -m tests.pool.interrupted_program map|request|get URL

Prints, as JSON, whether it was, how many sockets count then that are not idle, and what the next
request has got.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

import fasthttp


def _ask(place: str, pool: Any, url: str) -> None:
    if place == "map":
        list(pool.map([f"{url}/hang"]))
    elif place == "request":
        pool.request("GET", f"{url}/hang")
    else:
        fasthttp.get(f"{url}/hang")


def _get(place: str, pool: Any, url: str) -> bytes:
    if place == "map":
        body: bytes = next(pool.map([f"{url}/next"])).body
    elif place == "request":
        body = pool.request("GET", f"{url}/next").read()
    else:
        body = fasthttp.get(f"{url}/next").body
    return body


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    place, url = sys.argv[1:]
    said: dict[str, Any] = {}
    with fasthttp.Pool() as pool:
        try:
            _ask(place, pool, url)
        except KeyboardInterrupt:
            said["interrupted"] = True
        slots = pool._engine.slots
        said["slots"] = slots.open - len(slots.all_idle())
        said["next"] = _get(place, pool, url).decode().split(" ")[1]
    print(json.dumps(said))


if __name__ == "__main__":
    main()
