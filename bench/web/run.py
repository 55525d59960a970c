"""One client in a process of its own: `python -m bench.web.run CLIENT JOB` prints JSON.

The clock runs while pages are fetched, from before the client is made; neither while modules are
imported, for which a few pages are fetched before, by another client of the same kind, nor while
digests are made.
"""

import gc
import importlib
import json
import socket
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from .job import Job, Result
from .site import digest_of

#: Clients by what they are called in the report.
CLIENTS = {
    "fasthttp": "fasthttp_pool",
    "pycurl": "pycurl_multi",
    "aiohttp": "aiohttp_tasks",
    "httpx": "httpx_tasks",
    "requests": "requests_threads",
    "http.client": "stdlib_threads",
}
#: The modules that each needs beside Python and fasthttp, and those that the server needs.
NEEDS = {
    "pycurl": ("pycurl",),
    "aiohttp": ("aiohttp",),
    "httpx": ("httpx",),
    "requests": ("requests", "urllib3"),
    "http.client": ("brotli",),
}
SERVER_NEEDS = ("trustme",)


def know_the_names() -> None:
    """Have names that end with .test found, as if they were in /etc/hosts."""
    find = socket.getaddrinfo

    def found(host: Any, *arguments: Any, **keywords: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.endswith(".test"):
            host = "127.0.0.1"
        return find(host, *arguments, **keywords)

    socket.getaddrinfo = found


def _outcome(result: Result, files: dict[str, BinaryIO]) -> dict[str, Any]:
    if result.error is not None:
        return {"url": result.url, "error": result.error}
    content = result.content
    if result.url in files:
        files[result.url].seek(0)
        content = files[result.url].read()
    digest = None if content is None else digest_of(content)
    return {"url": result.url, "status": result.status, "final": result.final, "digest": digest}


def run(client: str, given: dict[str, Any]) -> dict[str, Any]:
    """Fetch all; return the outcomes, and the seconds by the clock and of the CPU."""
    know_the_names()
    module = importlib.import_module(f".clients.{CLIENTS[client]}", __package__)
    files: dict[str, BinaryIO] = {url: tempfile.TemporaryFile() for url in given["in_file"]}  # noqa: SIM115
    job = Job(given["urls"], given["authority"], given["ports"], files)
    list(module.fetch(replace(job, urls=given["first"])))
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    results = list(module.fetch(job))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    outcomes = [_outcome(result, files) for result in results]
    return {"wall": wall, "cpu": cpu, "outcomes": outcomes}


def main() -> None:
    client, job = sys.argv[1:]
    json.dump(run(client, json.loads(Path(job).read_text(encoding="utf-8"))), sys.stdout)


if __name__ == "__main__":
    main()
