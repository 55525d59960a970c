"""Forks in the midst of a run; prints what parent and child got, as JSON.

python -m tests.pool.fork_program URL [CAFILE]
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Callable
from typing import Any

import fasthttp


def _of(ask: Callable[[], Any]) -> str:
    try:
        said: str = ask()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return said


def _in_child(pool: Any, run: Any, url: str, settings: dict[str, Any]) -> dict[str, str]:
    said = {
        "next": _of(lambda: next(run)),
        "map": _of(lambda: pool.map([url])),
        "amap": _of(lambda: pool.amap([url])),
        "request": _of(lambda: pool.request("GET", f"{url}/child")),
    }
    with fasthttp.Pool(**settings) as own:
        said["own"] = _of(lambda: next(own.map([f"{url}/child"])).body.decode())
        said["get"] = _of(lambda: own.request("GET", f"{url}/get-child").read().decode())
    if not settings:
        said["get"] = _of(lambda: fasthttp.get(f"{url}/get-child").body.decode())
    run.close()
    pool.close()
    return said


def main() -> None:
    url = sys.argv[1]
    settings: dict[str, Any] = {}
    if len(sys.argv) > 2:
        settings["context"] = ssl.create_default_context(cafile=sys.argv[2])
    pool = fasthttp.Pool(**settings)
    if not settings:
        fasthttp.get(f"{url}/get")
    run = pool.map([f"{url}/kept", f"{url}/kept-2", f"{url}/late", f"{url}/late"])
    pages = [next(run), next(run)]
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            said = json.dumps(_in_child(pool, run, url, settings))
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os.close(writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        child = file.read()
    os.waitpid(pid, 0)
    pages += run
    got = [page.body.decode().split(" ")[1] if not page.error else repr(page) for page in pages]
    tries = [page.tries for page in pages]
    print(json.dumps({"child": json.loads(child), "parent": got, "tries": tries}))


if __name__ == "__main__":
    main()
