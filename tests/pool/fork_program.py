"""Forks in the midst of a run; prints what parent and child got, as JSON.

python -m tests.pool.fork_program URL [CAFILE]
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
import warnings
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


def _hold_locks(pool: Any) -> threading.Event:
    """Let another thread be in the midst of something, which the child does not have."""
    are_held, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with pool._engine.lookups._lock, pool._engine.slots._lock:
            are_held.set()
            may_go_on.wait(30)

    threading.Thread(target=hold, daemon=True).start()
    are_held.wait(30)
    return may_go_on


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
    may_go_on = _hold_locks(pool)
    warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with threads
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
    may_go_on.set()
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
